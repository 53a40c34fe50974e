"""Every sentence can be translated and has room for a translation: a whole journey in the
pseudo-language.

Its sentences are in [brackets] and two fifths longer. Outside of brackets, a text may have only
times, numbers, signs, places and links.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest

from reminder_bot import texts
from reminder_bot.content import facts, foods
from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import CheckIn, Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import Habit, HabitKind, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup, User
from reminder_bot.simulator import Message, Person
from reminder_bot.texts.translation import PSEUDO, translation
from tests.support.journal import too_long
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
# What is the same in every language: places on buttons, links, and a source as it is cited.
_SAME = re.compile(r"https?://\S+|\b\d\d:\d\d\b|\d+")


@cache
def cut_caveats() -> tuple[str, ...]:
    """The sentences of caveats. Only those that fit are shown, so a bracket may not be closed."""
    caveats = (texts.foods.caveat(translation(PSEUDO), food) for food in foods())
    return tuple(part for caveat in caveats for part in caveat.split(". ") if part)


def unbracketed(text: str) -> str:
    """The part of a text outside of all brackets, without what is the same in every language."""
    inside = re.compile(r"\[[^\[\]]*\]")
    for part in cut_caveats() if "🥛" in text else ():
        text = text.replace(part, "")
    while inside.search(text):
        text = inside.sub("", text)
    return "".join(re.findall(r"[^\W\d_]+", _SAME.sub("", text)))


def not_translated(person: Person, *, sources: tuple[str, ...] = ()) -> list[str]:
    """All texts, buttons and toasts that this person saw and that were not translated."""
    found = []
    for message in (each for each in person.messages if each.from_bot):
        for version in message.versions:
            if not any(source in version.text for source in sources) and unbracketed(version.text):
                found.append(version.text)
            found += [
                f"button {button.text}"
                for row in version.buttons
                for button in row
                if unbracketed(button.text) and not (button.data or "").startswith("v1:zone:")
            ]
    return found + [f"toast {toast.text}" for toast in person.toasts if unbracketed(toast.text)]


def find_button(message: Message, verb: str, argument: str = "") -> str | None:
    """The data of the button with this verb and argument; its label is translated."""
    for row in message.buttons:
        for button in row:
            if (button.data or "").startswith(f"v1:{verb}") and argument in (button.data or ""):
                return button.data
    return None


async def tap(
    person: Person, message: Message, verb: str, argument: str = "", *, is_edited: bool = True
) -> None:
    """Tap a button when it is there, and wait for the answer, and for the edit that follows."""
    await person.until(lambda: find_button(message, verb, argument) is not None)
    before = len(message.versions)
    data = find_button(message, verb, argument)
    assert data is not None
    await (await person.tap(data, message)).answered()
    if is_edited:
        await person.until(lambda: len(message.versions) > before)


async def test_a_whole_journey_in_the_pseudo_language_leaves_no_sentence_untranslated(
    world: World,
) -> None:
    ana = world.server.person(1, "Ana", language_code=PSEUDO)
    for words in ("hello", "/help", "/privacy"):
        await ana.send(words)
        await ana.expect("[")
    await ana.send("/start")
    card = await ana.expect("[Small daily")
    await tap(ana, card, "start", is_edited=False)
    await ana.expect("[What time")
    for verb in ("all", "back", "city", "back"):
        await tap(ana, ana.newest, verb)
    await ana.send("Atlantis")
    await ana.expect("Atlantis")
    await ana.send("Springfield")
    await ana.expect("[Which one")
    await tap(ana, ana.newest, "back", is_edited=False)
    lost = await ana.expect("[What time")
    await tap(ana, lost, "location", is_edited=False)
    await ana.until(lambda: ana.keyboard is not None)
    assert not [key.text for row in ana.keyboard or [] for key in row if unbracketed(key.text)]
    await world.until(lambda: has_helper(world), "the helper to be known")
    await ana.share_location(52.52, 13.40)
    check = await ana.expect("[Berlin: is it 07:01")
    await tap(ana, check, "zone", "Europe/Berlin", is_edited=False)
    await ana.expect("Berlin: 07:01. ")
    await ana.send("25:00")
    await ana.expect("25:00")
    await ana.send("9 16")
    await ana.expect("[These hours")
    await tap(ana, ana.newest, "wake", is_edited=False)
    await ana.expect("[When do you get up?")
    await tap(ana, ana.newest, "wake", "0700", is_edited=False)
    await ana.expect("[When do you want")
    await tap(ana, ana.newest, "sleep", "0700-2300", is_edited=False)
    habits = await ana.expect("[Which should I help with?")
    await tap(ana, habits, "notes")
    await tap(ana, habits, "back")
    for off in range(4):
        await tap(ana, habits, "habit", ("hydration", "probiotic", "meditation", "bedtime")[off])
    await tap(ana, habits, "ready")  # none is chosen
    await tap(ana, habits, "back")
    await ana.expect("[When do you get up")
    await tap(ana, habits, "skip")
    await tap(ana, habits, "diet", "vegan")
    await tap(ana, habits, "diet", "vegan")
    await tap(ana, habits, "ready")
    plan = await ana.expect("[All set.")
    await tap(ana, plan, "try", "yes")
    await tap(ana, plan, "untry")
    await tap(ana, plan, "try", "no")

    water = await world.asked(ana, "2026-03-02 07:30", "💧")
    await tap(ana, water, "later")
    await tap(ana, water, "back")
    await tap(ana, water, "later")
    await tap(ana, water, "15m")
    again = await world.asked(ana, "2026-03-02 07:45", "💧")
    await tap(ana, again, "more")
    await tap(ana, again, "undo")
    await tap(ana, again, "yes")
    await tap(ana, await world.asked(ana, "2026-03-02 08:00", "🧘"), "yes")
    await tap(ana, await world.asked(ana, "2026-03-02 12:00", "🥛"), "yes")
    late = await world.asked(ana, "2026-03-02 17:30", "💧")
    await tap(ana, late, "no")
    for words in ("25:00", "what?", "/nonsense", "1 l", "no"):
        await ana.send(words)
        await world.server.updates.confirmed()
    await tap(ana, await world.asked(ana, "2026-03-02 22:15", "🌙"), "yes")
    await tap(ana, await world.asked(ana, "2026-03-03 07:15", "🌙"), "yes")
    skipped = await world.asked(ana, "2026-03-03 07:30", "💧")
    await tap(ana, skipped, "later")
    await tap(ana, skipped, "skip")
    first = again.message_id
    for data in ("v1:undo:1", "v1:yes:1", "v1:15m:1", "v1:nothing", "v1:undo:9999"):
        await (await ana.tap_raw(data, first)).answered()
    world.move_to(local("2026-03-08 18:00", BERLIN))
    digest = await ana.expect("[Your week")
    assert len(digest.text) <= 1000, len(digest.text)
    await tap(ana, digest, "source", is_edited=False)
    cited = [fact.source.title for fact in facts() if fact.text in digest.text]
    assert len(cited) == 1
    await ana.expect(cited[0])
    world.move_to(local("2026-03-15 18:00", BERLIN))
    await ana.expect("[A quiet week")
    await ana.send("/delete")
    await tap(ana, await ana.expect("[This deletes"), "erase", "no")
    await ana.send("/delete")
    await tap(ana, await ana.expect("[This deletes"), "erase", "yes")
    group = world.server.group(-100, "Friends")
    await group.send(ana, "/start")
    await world.server.updates.confirmed()

    assert not_translated(ana, sources=tuple(cited)) == [], ana.transcript()
    assert too_long(ana) == []


async def has_helper(world: World) -> bool:
    return await world.rows("SELECT count(*) FROM users WHERE helper_message_id IS NOT NULL") == [
        (1,)
    ]


NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)


def row(kind: HabitKind) -> Row:
    """A check-in of this habit as it is asked at noon."""
    check_in = CheckIn(
        1,
        1,
        1,
        1,
        kind,
        Role.QUESTION,
        date(2026, 3, 2),
        time(12),
        NOON,
        NOON,
        NOON,
        NOON + timedelta(hours=9),
        Status.SENT,
        1,
        0,
    )
    return Row(check_in, Habit(1, kind), 0, is_done=False, is_loud=True, has_new_food=True)


@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_every_food_can_be_suggested_on_a_lock_screen(language: str) -> None:
    t = translation(language)
    too_long = []
    for food in (food for food in foods() if food.kind == "fermented"):
        user = User(1, language, Setup.DONE, BERLIN, DayHours(time(7), time(23)))
        text = texts.check_in.line(t, user, row(HabitKind.PROBIOTIC), food, NOON)
        # The second line holds the cautions, which are never cut.
        if len(text.splitlines()[0]) > 160:
            too_long.append((len(text), text))
        assert language == "en" or not unbracketed(text), text

    assert too_long == []


@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_every_fact_fits_a_caption_in_the_fullest_week(language: str) -> None:
    t = translation(language)
    kinds = (HabitKind.HYDRATION, HabitKind.PROBIOTIC, HabitKind.MEDITATION, HabitKind.BEDTIME)
    full = Figures(
        tuple(HabitWeek(each, Adherence(5, 7), Adherence(6, 7)) for each in kinds),
        40,
        date(2026, 3, 4),
    )
    digest = Digest(1, 1, date(2026, 3, 28), NOON, NOON, NOON, Status.PLANNED, 0, "x", full)
    lengths = {}
    for fact in facts():
        shown = re.sub(r"<[^>]+>", "", texts.digest.caption(t, digest, fact)).replace("&amp;", "&")
        lengths[fact.id] = len(shown)
        assert fact.text in shown.replace("&lt;", "<").replace("&gt;", ">")
        assert language == "en" or not unbracketed(shown), shown

    assert max(lengths.values()) <= 1000
    if language == "en":
        assert sorted(lengths.values())[len(lengths) * 9 // 10] <= 900


def test_an_error_is_reported_in_the_persons_language() -> None:
    t = translation(PSEUDO)
    said = (
        texts.strangers.not_invited(t),
        texts.strangers.start_first(t),
        texts.errors.old_button(t),
        texts.zones.no_zone_there(t),
        texts.zones.location_not_shared(t),
    )

    assert [text for text in said if unbracketed(text)] == []
    assert [text for text in said if len(text) > 120] == []

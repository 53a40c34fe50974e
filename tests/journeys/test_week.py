"""A person's week: the real process, HTTP, a clock that is moved, two restarts and one digest."""

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from reminder_bot.content import FOOTER, facts
from reminder_bot.simulator import Message, Person
from reminder_bot.storage.tables import check_ins, habits, reminders
from tests.support.journal import Journal, too_long
from tests.support.world import World, labels, local

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)
TWO_SECONDS = timedelta(seconds=2)

# What a person who wakes at 7 and sleeps at 23 is asked, in local time. The repeat comes only
# without a tap.
WALL_TIMES = {
    "💧": ("07:30", "10:00", "12:30", "15:00", "17:30", "20:00"),
    "🥛": ("12:00",),
    "🧘": ("08:00",),
    "🌙": ("07:15", "22:15", "22:35"),
}
TYPED: dict[str, int | str] = {"1.5 l": 1500, "2 glasses": 500, "yep": "yes"}

# Sunday to Sunday, including the night in which summer time begins: what is asked when, and what
# Ana does. Anything else must not be asked, because the goal is reached, the habit is skipped for
# the day, or the prompt was answered.
SCRIPT = """
Sun 15:00 💧 Yes | 17:30 💧 +500 ml | 20:00 💧 2 glasses | 22:15 🌙 Good night
Mon 07:15 🌙 Yes | 07:30 💧 1.5 l | 08:00 🧘 No | 12:00 🥛 Later 1 h | 13:00 🥛 Yes, Undo, Yes
  | 22:15 🌙 Good night
Tue 07:15 🌙 - | 07:30 💧 - | 08:00 🧘 - | 10:00 💧 Skip | 12:00 🥛 - | 22:15 🌙 - | 22:35 🌙 -
Wed 07:15 🌙 No | 07:30 💧 No | 08:00 🧘 yep | 10:00 💧 1.5 l | 12:00 🥛 Skip | 22:15 🌙 Good night
Thu 07:15 🌙 Yes | 07:30 💧 1.5 l | 08:00 🧘 Yes, Undo, No | 12:00 🥛 kill | 22:15 🌙 Good night
Fri 07:15 🌙 Yes | 07:30 💧 1.5 l | 08:00 🧘 Yes | 12:00 🥛 - | 22:15 🌙 Good night
Sat stop 07:15 🌙 No, Undo, Yes | 07:30 💧 1.5 l | 08:00 🧘 Yes | 12:00 🥛 Yes | 22:15 🌙 Good night
Sun 07:15 🌙 Yes | 07:30 💧 Skip | 08:00 🧘 - | 12:00 🥛 -
"""


def days_of(script: str) -> list[tuple[bool, dict[str, tuple[str, list[str]]]]]:
    """For each day, whether the bot is stopped before it, and by wall time what is asked and what
    Ana does.
    """
    days = []
    for text in re.split(r"\n(?=\w)", script.strip()):
        entries = re.findall(r"(\d\d:\d\d) (\S) ([^|\n]+)", text)
        days.append(
            ("stop" in text, {at: (sign, acts.strip().split(", ")) for at, sign, acts in entries})
        )
    return days


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)]
)  # on the other database it is the same week, which takes a minute because of the limit of a chat
async def test_seven_days_are_asked_to_the_minute_and_counted_as_the_server_saw_them(
    kind: str, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    address = (
        request.getfixturevalue("postgres").new_database("week") if kind == "postgresql" else None
    )
    # About 43 s are due to the limit of one message a second in a chat. A machine that is busy with
    # other work may take longer.
    longest = timedelta(seconds=60 if os.getloadavg()[0] <= (os.cpu_count() or 1) else 110)
    begun = datetime.now(UTC)
    async with World(folder, address) as world:
        world.move_to(local("2026-03-22 12:45", BERLIN))
        await world.start()
        ana = world.server.person(7)
        await world.set_up(ana, BERLIN)
        journal = Journal(world.server, ana, BERLIN, TYPED)

        expected = await live(world, ana, date(2026, 3, 22), days_of(SCRIPT))
        world.move_to(local("2026-03-29 18:00", BERLIN))
        digest = await ana.expect("Your week, ")
        assert datetime.now(UTC) - begun < longest

        asks = journal.asks()
        assert [(each.sign, nearest_minute(each.at)) for each in asks] == expected, ana.transcript()
        assert all(abs(each.at - nearest_minute(each.at)) <= TWO_SECONDS for each in asks)
        known = journal.outcomes()
        entries = await world.rows(
            "SELECT count(*), count(DISTINCT check_in_id) FROM entries WHERE undone_at IS NULL"
        )
        assert entries == [(journal.yeses(), journal.yeses())]
        replied = await world.rows("SELECT id, reply FROM check_ins WHERE reply IS NOT NULL")
        of_questions = {check_in: reply for check_in, reply in replied if check_in in known}
        assert of_questions == {each: known[each].outcome for each in known if known[each].outcome}
        assert figures_in(digest) == journal.week(date(2026, 3, 28)), ana.transcript()
        assert_tells_one_fact(digest)
        await assert_cites(ana, digest)
        assert [method for method, words in told(world, ana) if words.startswith("Your week,")] == [
            "sendPhoto"
        ]
        assert not too_long(ana)
        assert "Traceback" not in world.log(), world.log()
        (tmp_path / "week.txt").write_text(ana.transcript())


async def live(
    world: World,
    ana: Person,
    first: date,
    days: list[tuple[bool, dict[str, tuple[str, list[str]]]]],
) -> list[tuple[str, datetime]]:
    """Go through every minute at which Ana could be asked; returns what must have been asked, in
    order.
    """
    expected = []
    last = max(days[-1][1])
    for passed, (is_stopped, script) in enumerate(days):
        day = first + passed * DAY
        if is_stopped:
            assert await world.stop() == 0
            await world.start()
        slots = {wall_time for times in WALL_TIMES.values() for wall_time in times} | script.keys()
        for wall_time in sorted(slots):
            at = local(f"{day} {wall_time}", BERLIN)
            if at < world.now():
                continue
            if passed == len(days) - 1 and wall_time > last:
                break
            world.move_to(at)
            if wall_time not in script:
                await world.settled(ana.id, at)
                continue
            sign, acts = script[wall_time]
            question = await ana.expect(asks_about(sign))
            await world.settled(ana.id, at)
            expected.append((sign, at))
            for act in acts:
                await do(world, ana, question, act)
    return expected


def asks_about(sign: str) -> Callable[[Message], bool]:
    return lambda message: (
        message.text.startswith(sign) and bool(message.buttons) and not message.history
    )


async def do(world: World, ana: Person, question: Message, act: str) -> None:
    """Do one action of the script, and check what the message shows after it."""
    sign = question.text[0]
    if act == "-":
        return
    if act == "kill":  # while a tap is being delivered
        await ana.tap("Yes", question)
        await world.kill()
        await world.start()
        await ana.expect(
            lambda message: message is question and "Undo" in labels(message), new=False
        )
    elif act in TYPED:
        await ana.send(act, reply_to=question)
        if act == "1.5 l":
            doubt = await ana.expect("Shall I note it?")
            await ana.tap("Note 1,500 ml", doubt)
        await ana.expect(lambda message: message is question and "Undo" in labels(message))
    elif act == "Undo":
        await (await ana.tap("Undo", question)).answered()
        await ana.expect(lambda message: message is question and "Yes" in labels(message))
    elif act.startswith("Later") or act == "Skip":
        await ana.tap("Later", question)
        await ana.expect(lambda message: message is question and "Skip today" in labels(message))
        await ana.tap("Skip today" if act == "Skip" else act.removeprefix("Later "), question)
        result = "Skipped today." if act == "Skip" else "Back at"
        await ana.expect(f"{sign} {result}")
    else:
        await (await ana.tap(act, question)).answered()
        await ana.expect(lambda message: message is question and labels(message) == {"Undo"})


def nearest_minute(at: datetime) -> datetime:
    return (at + timedelta(seconds=30)).replace(second=0, microsecond=0)


def told(world: World, person: Person) -> list[tuple[str, str]]:
    """Every message that was sent to a person: the method, and the text without markup."""
    calls = [
        *world.server.accepted("sendMessage", person.id),
        *world.server.accepted("sendPhoto", person.id),
    ]
    words = (str(call.parameters.get("caption") or call.parameters["text"]) for call in calls)
    return [
        (call.method, re.sub(r"<[^>]*>", "", each)) for call, each in zip(calls, words, strict=True)
    ]


NAMES = {"Water": "💧", "Fermented food": "🥛", "Quiet minutes": "🧘", "Bedtime": "🌙"}


def figures_in(digest: Message) -> dict[str, tuple[int, int]]:
    """The figures "n of m days" of a digest, by sign."""
    found = re.findall(r"^(\S) ([\w ]+): (\d+) of (\d+) days?", digest.text, re.MULTILINE)
    assert all(NAMES[name] == sign for sign, name, _, _ in found)
    return {sign: (int(kept), int(due)) for sign, _, kept, due in found}


def assert_tells_one_fact(digest: Message) -> str:
    """Check that a digest has exactly one fact, its certainty in words, and the footer, verbatim
    and in italics. Returns the id of the fact.
    """
    told = [fact for fact in facts() if fact.text in digest.text]
    assert len(told) == 1, digest.text
    words = {"good": "well supported", "moderate": "some evidence", "early": "early research"}
    assert words[told[0].certainty] in digest.text
    assert digest.html.endswith(f"<i>{escape(FOOTER, quote=False)}</i>")
    return told[0].id


async def assert_cites(ana: Person, digest: Message) -> None:
    [fact] = [fact for fact in facts() if fact.text in digest.text]
    await (await ana.tap("Source", digest)).answered()
    source = await ana.expect(fact.source.title)
    assert source.is_silent
    assert source.reply_to is digest


async def choose(person: Person, question: Message, choice: str) -> str | None:
    """Tap Later, then a choice; returns the toast."""
    await (await person.tap("Later", question)).answered()
    await person.expect(
        lambda message: message is question and choice in labels(message), new=False
    )
    toast = await (await person.tap(choice, question)).answered()
    return toast.text if toast else None


async def test_later_asks_again_once_at_the_time_shown_and_never_in_quiet_hours(
    world: World,
) -> None:
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    await world.set_up(ana, BERLIN)
    await world.set_up(ben, BERLIN)

    water = await world.asked(ana, "2026-03-02 07:30", "💧")
    await choose(ana, water, "15 min")
    await ana.expect("💧 Back at 07:45.")
    again = await world.asked(ana, "2026-03-02 07:45", "💧")
    await ana.until(lambda: not water.buttons)  # the older message is not a question any more
    await (await ana.tap("Yes", again)).answered()
    await ana.expect("💧 07:45 a glass · 250 of 1,250 ml today")
    await choose(ana, await world.asked(ana, "2026-03-02 08:00", "🧘"), "1 h")
    await ana.expect("🧘 Back at 09:00.")
    await world.asked(ana, "2026-03-02 09:00", "🧘")
    food = await world.asked(ana, "2026-03-02 12:00", "🥛")
    await choose(ana, food, "This evening")
    await ana.expect("🥛 Back at 20:00.")
    await choose(ben, await world.asked(ben, "2026-03-02 12:30", "💧"), "Skip today")
    await ben.expect("💧 Skipped today.")

    world.move_to(local("2026-03-02 20:00", BERLIN))
    both = await ana.expect(
        lambda message: "🥛" in message.text and "💧" in message.text
    )  # one card, a row each
    await world.settled(ben.id, local("2026-03-02 20:00", BERLIN))
    world.move_to(local("2026-03-02 22:50", BERLIN))
    await (await ana.tap("🥛 Later", both)).answered()
    await ana.expect(lambda message: message is both and "🥛 15 min" in labels(message))
    refused = await (await ana.tap("🥛 15 min", both)).answered()
    assert refused is not None
    assert refused.text == "That would be in your quiet hours. The latest is 22:59."
    await world.asked(ben, "2026-03-03 07:15", "🌙")
    await world.asked(ben, "2026-03-03 07:30", "💧")
    of_ben = [ask for ask in Journal(world.server, ben, BERLIN).asks() if ask.sign == "💧"]
    assert [f"{ask.at.astimezone(ZoneInfo(BERLIN)):%d %H:%M}" for ask in of_ben][-2:] == [
        "02 12:30",
        "03 07:30",
    ]


async def test_two_check_ins_due_within_three_minutes_come_as_one_card(world: World) -> None:
    ana = world.server.person(1, "Ana")
    await world.set_up(ana, BERLIN)
    at = local("2026-03-02 07:32", BERLIN)
    quiet = select(habits.c.id).where(habits.c.kind == "meditation").scalar_subquery()
    of_quiet = update(reminders).where(reminders.c.habit_id == quiet)
    await world.rows(of_quiet.values(schedule="1234567 07:32", next_due_at=at))

    world.move_to(at - timedelta(minutes=2))
    await world.until(lambda: waits_until(world, at), "the earlier one to wait for the later")
    world.move_to(at)
    card = await ana.expect("💧 A glass of water?")
    await (await ana.tap("🧘 Yes", card)).answered()

    await ana.expect("🧘 07:32 · done for today")
    assert card.text.split("\n") == [
        "💧 A glass of water? · 0 of 1,250 ml today",
        "🧘 07:32 · done for today",
    ]
    assert {"💧 Yes", "💧 No", "💧 Later", "🧘 Undo"} <= labels(card)
    assert len([message for message in ana.messages if "A glass of water?" in message.text]) == 1


async def waits_until(world: World, at: datetime) -> bool:
    planned = select(check_ins.c.send_after).where(check_ins.c.status == "planned")
    return await world.rows(planned) == [(at,)]


async def test_an_empty_week_gets_a_short_kind_digest_and_the_next_one_another_fact(
    world: World,
) -> None:
    ana = world.server.person(1, "Ana")
    await world.set_up(ana, BERLIN)
    world.move_to(local("2026-03-08 18:00", BERLIN))
    first = await ana.expect("Your week, 2 Mar to 7 Mar")
    await world.kill()
    await world.start()
    world.move_to(local("2026-03-15 18:00", BERLIN))
    second = await ana.expect("Your week, 8 Mar to 14 Mar")

    for digest in (first, second):
        assert "A quiet week. That's fine" in digest.text
        assert " of 7 days" not in digest.text
        assert len(digest.text) <= 900
    assert assert_tells_one_fact(first) != assert_tells_one_fact(second)
    assert [method for method, words in told(world, ana) if words.startswith("Your week, ")] == [
        "sendMessage"
    ] * 2

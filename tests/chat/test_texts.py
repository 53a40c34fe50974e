"""Every kind of message as the person reads it, short enough for a lock screen, and safe whatever is put in."""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from reminder_bot.chat import texts
from reminder_bot.chat.language import PSEUDO, translation
from reminder_bot.chat.messenger import card_text, fact_of, food_of
from reminder_bot.content import facts, foods
from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.quiet_hours import Hours
from tests.chat.cards import ANA, TEN, card, row

ENGLISH = translation("en")
YES: dict[str, Any] = {"reply": Reply.YES, "status": Status.REPLIED, "replied_at": TEN + timedelta(minutes=32)}
LOCK_SCREEN = 160


def read(*rows: Any, food: str | None = None, user: Any = ANA) -> str:
    return card_text(card(*rows, user=user), TEN + timedelta(minutes=32), food)


# Check-ins


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (row(HabitKind.HYDRATION, done_ml=500), "💧 A glass of water? · 2 of 6 today"),
        (row(HabitKind.MEDITATION), "🧘 A few quiet minutes?"),
        (row(HabitKind.PROBIOTIC), "🥛 Something fermented today?"),
        (row(HabitKind.BEDTIME, slot=time(7, 15)), "🌙 Asleep by 23:00 last night?"),
        (
            row(HabitKind.BEDTIME, Role.WIND_DOWN, slot=time(22, 15), send_after=TEN + timedelta(hours=12, minutes=15)),
            "🌙 22:15. Asleep by 23:00 gives you 8 h. Time to wind down.",
        ),
    ],
    ids=["water", "quiet", "food", "bed", "wind down"],
)
def test_the_questions(shown: Any, text: str) -> None:
    assert read(shown) == text


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (row(HabitKind.HYDRATION, done_ml=750, amount=250, **YES), "💧 10:32 a glass · 3 of 6 today"),
        (row(HabitKind.HYDRATION, done_ml=1000, amount=500, **YES), "💧 10:32 500 ml · 4 of 6 today"),
        (row(HabitKind.MEDITATION, **YES), "🧘 10:32 · done for today"),
        (row(HabitKind.PROBIOTIC, **YES), "🥛 10:32 · done for today"),
        (row(HabitKind.BEDTIME, **YES), "🌙 Asleep by 23:00 last night: yes."),
        (row(HabitKind.BEDTIME, Role.WIND_DOWN, **YES), "🌙 Good night."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.NO}), "🧘 Noted."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.SKIPPED}), "🧘 Skipped today."),
        (
            row(HabitKind.MEDITATION, status=Status.PLANNED, ask=2, send_after=TEN + timedelta(hours=1)),
            "🧘 Back at 11:00.",
        ),
    ],
    ids=["a glass", "more", "quiet", "food", "bed", "good night", "no", "skip", "later"],
)
def test_the_results(shown: Any, text: str) -> None:
    assert read(shown) == text


def test_an_answer_for_an_earlier_day_says_so() -> None:
    late = YES | {"replied_at": TEN + timedelta(days=2)}

    assert read(row(HabitKind.HYDRATION, done_ml=250, amount=250, **late)) == "💧 10:00 a glass · 1 of 6 that day"
    assert read(row(HabitKind.MEDITATION, **late)) == "🧘 10:00 · done for that day"


def test_two_check_ins_are_two_lines() -> None:
    assert read(row(HabitKind.HYDRATION), row(HabitKind.MEDITATION, **YES)) == (
        "💧 A glass of water? · 0 of 6 today\n🧘 10:32 · done for today"
    )


def test_a_food_names_its_allergen_until_a_diet_is_set() -> None:
    kefir = next(each for each in foods() if each.kind == "fermented" and "dairy" in each.tags)

    assert "Contains milk" in read(row(HabitKind.PROBIOTIC), food=kefir.id)
    assert "Contains" not in read(
        row(HabitKind.PROBIOTIC), food=kefir.id, user=replace(ANA, diet=frozenset({"low-salt"}))
    )


@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_every_check_in_fits_a_lock_screen(language: str) -> None:
    user = replace(ANA, language=language)
    asked = [row(kind) for kind in HabitKind] + [row(HabitKind.BEDTIME, Role.WIND_DOWN)]
    lines = [read(each, user=user) for each in asked]
    for diet in (frozenset(), frozenset({"vegan"})):
        lines += [
            read(row(HabitKind.PROBIOTIC), food=each.id, user=replace(user, diet=diet))
            for each in foods()
            if each.kind == "fermented"
        ]

    assert max(map(len, lines)) <= (LOCK_SCREEN if language == "en" else LOCK_SCREEN * 1.5)


# The digest

WEEK = Figures(
    (
        HabitWeek(HabitKind.HYDRATION, Adherence(5, 7), Adherence(3, 6)),
        HabitWeek(HabitKind.PROBIOTIC, Adherence(1, 1), Adherence(0, 0)),
        HabitWeek(HabitKind.MEDITATION, Adherence(0, 0), Adherence(0, 0)),
    ),
    answers=20,
    best_day=date(2026, 3, 3),
)


def digest(figures: Figures, fact_id: str | None = None) -> Digest:
    return Digest(1, 7, date(2026, 3, 7), TEN, TEN, TEN, Status.SENT, 0, fact_id or facts()[0].id, figures)


def test_a_week_as_it_is_told() -> None:
    fact = facts()[0]

    lines = texts.digest(ENGLISH, digest(WEEK), fact).splitlines()

    assert lines[:5] == [
        "<b>Your week, 1 Mar to 7 Mar</b> · 6 of 8",
        "💧 Water: 5 of 7 days (last week 3 of 6)",
        "🥛 Fermented food: 1 of 1 day",
        "🧘 Quiet minutes: not asked",
        "Best day: Tuesday",
    ]
    assert lines[5] == ""
    assert lines[-1].startswith("<i>")


def test_an_empty_week_is_kind_and_short() -> None:
    lines = texts.digest(ENGLISH, digest(replace(WEEK, answers=0, best_day=None)), facts()[0]).splitlines()

    assert lines[1:3] == [
        "A quiet week. That's fine: the next one starts today.",
        "One tap when a question comes is enough.",
    ]
    assert not any("of 7" in line for line in lines)


@pytest.mark.parametrize("language", ["en", PSEUDO])
@pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))
def test_every_fact_fits_a_digest_with_how_certain_it_is(fact: Any, language: str) -> None:
    t = translation(language)

    told = texts.digest(t, digest(WEEK, fact.id), fact)

    assert texts.certainty(t, fact.certainty) in told
    assert told.count("(" + texts.certainty(t, fact.certainty)) == 1
    assert len(told) <= texts.LONGEST_CAPTION * (1 if language == "en" else 1.5)
    assert_html(told)


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))
def test_every_source_can_be_shown(fact: Any) -> None:
    assert_html(texts.source(fact.source))
    assert fact.source.title.split()[0] in texts.source(fact.source)


# The rest


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (texts.welcome(ENGLISH), "<b>Small daily habits for gut and skin.</b>\n"
         "I remind you of water, fermented food, quiet minutes and bedtime. You answer with one tap.\n"
         "Once a week you see how it went. Your answers stay on this server: /privacy"),
        (texts.recorded_already(ENGLISH), "That is noted already. Undo changes it."),
        (texts.nothing_to_undo(ENGLISH), "Nothing to undo here."),
        (texts.day_is_over(ENGLISH), "That day has ended, so it stays as it is."),
        (texts.too_old(ENGLISH), "That was more than 14 days ago, so it stays as it is."),
        (texts.too_late_to_snooze(ENGLISH, "22:59"), "That would be in your quiet hours. The latest is 22:59."),
        (texts.old_button(ENGLISH), "This button is from an older message."),
        (texts.not_invited(ENGLISH), "This bot is private. Its host can add you."),
        (texts.in_private(ENGLISH, "gut_bot"), "I talk in private only: https://t.me/gut_bot"),
        (texts.unknown_command(ENGLISH), "I don't know this command. /help lists what I can do."),
        (texts.erased(ENGLISH, 1), "Deleted: 1 row. Nothing is known of you here any more. /start begins anew."),
        (texts.erased(ENGLISH, 12), "Deleted: 12 rows. Nothing is known of you here any more. /start begins anew."),
        (texts.hours(time(7), time(23)), "7 – 23"),
        (texts.hours(time(8), time(0)), "8 – 24"),
        (texts.hours(time(6, 30), time(22, 15)), "6:30 – 22:15"),
    ],
)  # fmt: skip
def test_short_words_as_they_are_read(text: str, wanted: str) -> None:
    assert text == wanted


SUNDAY = TEN + timedelta(days=6, hours=8)


def plan(first_at: Any = TEN, user: Any = ANA, t: Any = ENGLISH) -> str:
    return texts.plan(t, user, first_at, SUNDAY, 10, TEN)


def test_the_plan_says_when_it_begins_how_much_and_when_it_is_quiet() -> None:
    assert plan(TEN + timedelta(hours=2)).splitlines()[:4] == [
        "<b>All set.</b>",
        "The next reminder comes today at 12:00.",
        "Up to 10 short messages a day, quiet from 23:00 to 07:00.",
        "Your week comes on Sunday, 8 Mar, at 18:00.",
    ]


@pytest.mark.parametrize(
    ("ahead", "when"), [(timedelta(days=1), "tomorrow at 10:00"), (timedelta(days=3), "on Thursday at 10:00")]
)
def test_the_next_reminder_is_named_by_its_day(ahead: timedelta, when: str) -> None:
    assert f"The next reminder comes {when}." in plan(TEN + ahead)


def test_short_or_long_sleep_is_noticed_in_one_line() -> None:
    short = replace(ANA, hours=Hours(time(6), time(1)))

    assert "That is 5 h of sleep; 7 to 9 is advised for most adults." in plan(None, short)


HOSTILE = ["<b>bold", "&amp;", "</i><script>", "\u202eevil", "%s {0} {typed}", '" onclick="']


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("say", [texts.no_amount, texts.no_city, texts.no_hours])
def test_what_somebody_typed_is_never_markup(say: Any, typed: str) -> None:
    assert_html(say(ENGLISH, typed))


class _Strict(HTMLParser):
    """Telegram's HTML: few tags, each closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in {"b", "i", "tg-time", "a"}, tag
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_html(text: str) -> None:
    parser = _Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert not re.search(r"&(?!(amp|lt|gt|quot|#\d+);)", text), "an ampersand that is no entity"


# The pseudo-language


def sentences(t: Any) -> list[str]:
    plain = [
        texts.yes, texts.no, texts.good_night, texts.later, texts.undo, texts.back, texts.skip_today,
        texts.recorded_already, texts.nothing_to_undo, texts.day_is_over, texts.too_old, texts.old_button,
        texts.start_first, texts.not_invited, texts.not_understood, texts.no_open_question, texts.unknown_command,
        texts.start, texts.ask_clock, texts.ask_city, texts.which_city, texts.type_city_now, texts.no_zone_there,
        texts.other, texts.type_city, texts.ask_location, texts.cancel, texts.zone_found, texts.ask_wake,
        texts.ask_sleep, texts.impossible_hours, texts.source_button, texts.erase_all, texts.keep, texts.kept,
    ]  # fmt: skip
    said = [say(t) for say in plain]
    said += [texts.later_choice(t, each) for each in Later] + [texts.weekday(t, day) for day in range(1, 8)]
    return said + [texts.habit(t, kind) for kind in HabitKind] + [texts.more_water(t, 500)]


def test_every_sentence_can_be_translated() -> None:
    """A sentence without brackets went past gettext."""
    said = sentences(translation(PSEUDO))

    assert [each for each in said if not (each.startswith("[") and each.endswith("]"))] == []


def test_the_pseudo_language_is_longer_by_two_fifths() -> None:
    plain, pseudo = sentences(ENGLISH), sentences(translation(PSEUDO))

    for source, longer in zip(plain, pseudo, strict=True):
        assert len(longer) >= len(source) * 1.4 - 3


def test_a_digest_and_a_plan_are_translated_line_by_line() -> None:
    t = translation(PSEUDO)
    told = texts.digest(t, digest(WEEK), fact_of(facts()[0].id)) + plan(t=t)

    for line in filter(None, told.splitlines()):
        assert "[" in line, line


@pytest.mark.parametrize("code", ["en", "de", "pt-BR", "zz", "", "x" * 16])
def test_whoever_speaks_what_we_do_not_is_spoken_to_in_english(code: str) -> None:
    assert texts.yes(translation(code)) == "Yes"


def test_a_food_that_is_no_longer_known_is_left_out() -> None:
    assert food_of("no-such-food") is None
    assert read(row(HabitKind.PROBIOTIC), food="no-such-food") == "🥛 Something fermented today?"

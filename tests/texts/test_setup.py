"""The first contact's cards as they are read. Its safety lines are in test_safety."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from reminder_bot.domain.entry import Entry
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import User
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import setup
from tests.chat.cards import ANA, TEN
from tests.texts.reading import BRACKETED, ENGLISH, assert_html

SUNDAY = TEN + timedelta(days=6, hours=8)


def plan(
    first_at: datetime | None = TEN, user: User = ANA, digest_at: datetime | None = SUNDAY
) -> list[str]:
    return setup.plan(ENGLISH, user, first_at, digest_at, 10, TEN).splitlines()


def test_the_description_of_an_empty_chat() -> None:
    assert setup.description(ENGLISH) == (
        "Small daily habits for gut and skin: water, fermented food, quiet minutes, bedtime. You "
        "answer with one tap. General information, not medical advice."
    )


def test_the_welcome_says_what_it_is_and_where_answers_stay() -> None:
    assert setup.welcome(ENGLISH).splitlines() == [
        "<b>Small daily habits for gut and skin.</b>",
        "I remind you of water, fermented food, quiet minutes and bedtime. You answer with one "
        "tap.",
        "Once a week you see how it went. Your answers stay on this server: /privacy",
    ]


def test_hours_are_asked_beside_the_phones_own_time() -> None:
    card = setup.ask_hours(ENGLISH, ANA, TEN)

    assert_html(card)
    assert card == (
        f'Berlin: 10:00. Your phone says <tg-time unix="{int(TEN.timestamp())}" format="t">10:00'
        "</tg-time>. If they differ, go back.\n\n"
        "When do you get up, and when do you want to be asleep?"
    )


def test_habits_are_asked_with_the_hours_that_were_chosen() -> None:
    chosen = setup.ask_habits(ENGLISH, ANA, is_none_chosen=False).splitlines()
    none_chosen = setup.ask_habits(ENGLISH, ANA, is_none_chosen=True).splitlines()

    assert chosen[:4] == [
        "Up at 07:00, asleep by 23:00.",
        "",
        "<b>Which should I help with?</b>",
        "And how do you eat?",
    ]
    assert none_chosen[:4] == [*chosen[:3], "Choose at least one."]


def test_the_plan_says_when_it_begins_how_much_and_when_it_is_quiet() -> None:
    assert plan(TEN + timedelta(hours=2))[:5] == [
        "<b>All set.</b>",
        "The next reminder comes today at 12:00.",
        "About 10 short messages a day, quiet from 23:00 to 07:00.",
        "Your week comes on Sunday, 8 Mar, at 18:00.",
        "",
    ]


def test_a_plan_without_reminder_and_digest_leaves_their_lines_out() -> None:
    assert plan(None, digest_at=None)[:3] == [
        "<b>All set.</b>",
        "About 10 short messages a day, quiet from 23:00 to 07:00.",
        "",
    ]


@pytest.mark.parametrize(
    ("ahead", "when"),
    [
        (timedelta(hours=13), "today at 23:00"),
        (timedelta(hours=14), "tomorrow at 00:00"),
        (timedelta(days=1), "tomorrow at 10:00"),
        (timedelta(days=2), "on Wednesday at 10:00"),
        (timedelta(days=3), "on Thursday at 10:00"),
    ],
)
def test_the_next_reminder_is_named_by_its_day(ahead: timedelta, when: str) -> None:
    assert f"The next reminder comes {when}." in plan(TEN + ahead)


def test_short_sleep_is_noticed_in_the_plan_and_long_sleep_is_not() -> None:
    long = replace(ANA, weekday_hours=DayHours(time(10), time(22)))
    short = replace(ANA, weekday_hours=DayHours(time(6), time(1)))
    notice = "That is short. If you can't sleep longer, a doctor can help."

    assert notice in plan(user=short)
    for enough in (ANA, long):
        assert not any("sleep" in line for line in plan(user=enough))


def test_a_plan_is_translated_line_by_line() -> None:
    told = setup.plan(BRACKETED, ANA, TEN, SUNDAY, 10, TEN)

    assert [line for line in told.splitlines() if line and "[" not in line] == []


def test_the_card_of_all_ticks_says_what_they_do() -> None:
    asked = setup.ask_diets(ENGLISH)

    assert_html(asked)
    assert asked == (
        "<b>What shall I leave out?</b>\nFood ideas leave out what you tick. Always read the label."
    )


def test_the_button_to_more_ticks_counts_those_behind_it() -> None:
    assert setup.more_diets_button(ENGLISH, 0) == "More"
    assert setup.more_diets_button(ENGLISH, 2) == "More (2 ticked)"


# The first answer


def test_every_habit_that_is_tried_has_a_question() -> None:
    assert {
        kind: setup.ask_to_try(ENGLISH, kind) for kind in HabitKind if kind.spec.is_tried_at_setup
    } == {
        HabitKind.HYDRATION: "💧 Try it now: had a glass of water?",
        HabitKind.PROBIOTIC: "🥛 Try it now: something fermented today?",
        HabitKind.MEDITATION: "🧘 Try it now: a few quiet minutes today?",
    }


def test_a_habit_that_cannot_be_tried_has_no_question() -> None:
    with pytest.raises(NotImplementedError):
        setup.ask_to_try(ENGLISH, HabitKind.BEDTIME)


def test_the_first_answer_says_what_was_recorded() -> None:
    glass = Entry(1, 1, TEN.date(), 300, TEN, None)
    water = DayRow(Habit(1, HabitKind.HYDRATION, 1500, 300), (glass,), None)
    food = DayRow(Habit(1, HabitKind.PROBIOTIC), (), None)

    assert setup.tried(ENGLISH, ANA, water, TEN) == "💧 10:00 a glass · 300 of 1,500 ml today"
    assert setup.tried(ENGLISH, ANA, food, TEN) == "🥛 10:00 · done for today"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (setup.start_button(ENGLISH), "Start"),
        (setup.ready_button(ENGLISH), "Ready"),
        (setup.not_yet_button(ENGLISH), "Not yet"),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

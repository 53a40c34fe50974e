"""The sentences of /today and of a noted glass as they are read."""

from datetime import date

import pytest

from reminder_bot.domain.entry import Entry
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import today
from tests.chat.cards import TEN
from tests.texts.reading import ENGLISH

MONDAY = date(2026, 3, 2)


def water(*amounts: int, goal_ml: int = 1500) -> DayRow:
    drunk = tuple(Entry(number, 1, MONDAY, each, TEN, None) for number, each in enumerate(amounts))
    return DayRow(Habit(1, HabitKind.HYDRATION, goal_ml, 250), drunk, None)


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (water(), "0 of 1,500 ml"),
        (water(250, 500), "750 of 1,500 ml"),
        (water(250, 100), "350 of 1,500 ml"),
        (water(100), "100 of 1,500 ml"),
        (water(500, goal_ml=1600), "500 of 1,600 ml"),
    ],
    ids=["nothing", "glasses", "more than a glass", "less than a glass", "an uneven goal"],
)
def test_water_is_shown_as_it_is_and_not_in_whole_glasses(row: DayRow, shown: str) -> None:
    assert today.amount_of_goal(ENGLISH, row) == shown


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (today.title(ENGLISH, MONDAY, is_today=True), "Today, Monday 2 Mar"),
        (today.title(ENGLISH, MONDAY, is_today=False), "Monday 2 Mar"),
        (today.no_habit_is_on(ENGLISH), "No habit is on. /habits adds one."),
        (today.paused(ENGLISH), "Paused. What you note counts all the same."),
        (today.done(ENGLISH), "done"),
        (today.no_answer(ENGLISH), "no answer"),
        (today.still_open(ENGLISH), "open"),
        (today.not_asked(ENGLISH), "not asked"),
        (today.take_last_back_button(ENGLISH), "− last"),
        (today.taken_back(ENGLISH), "Taken back"),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

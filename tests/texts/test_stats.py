"""The lines under the picture of /stats."""

from datetime import date

import pytest

from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.digest import HabitWeek
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.texts import stats
from tests.texts.reading import ENGLISH, assert_html

OWN = Habit(1, HabitKind.CUSTOM, words="Salt & <b>pepper")


def test_seven_days_stand_beside_the_seven_before() -> None:
    line = stats.seven_days(ENGLISH, date(2026, 3, 8), Adherence(21, 28), Adherence(5, 6))

    assert line == "Seven days to 8 Mar: 21 of 28 kept. The seven before: 5 of 6."


def test_where_nothing_was_due_before_nothing_is_compared() -> None:
    line = stats.seven_days(ENGLISH, date(2026, 3, 8), Adherence(0, 2), Adherence(0, 0))

    assert line == "Seven days to 8 Mar: 0 of 2 kept."


def test_seven_days_before_of_which_none_was_kept_are_told_all_the_same() -> None:
    line = stats.seven_days(ENGLISH, date(2026, 3, 8), Adherence(1, 2), Adherence(0, 6))

    assert line == "Seven days to 8 Mar: 1 of 2 kept. The seven before: 0 of 6."


def test_the_hardest_habit_is_named_and_never_markup() -> None:
    week = HabitWeek(OWN.kind, Adherence(1, 7), Adherence(0, 0), words=OWN.words)

    line = stats.hardest(ENGLISH, week)

    assert_html(line)
    assert line == "Hardest: ⭐ Salt &amp; &lt;b&gt;pepper, 1 of 7."


def test_a_streak_is_named_and_never_markup() -> None:
    bedtime = stats.streak(ENGLISH, Habit(1, HabitKind.BEDTIME), 1)
    own = stats.streak(ENGLISH, OWN, 12)

    assert bedtime == "🌙 Bedtime: 1 day, never two missed in a row."
    assert own == "⭐ Salt &amp; &lt;b&gt;pepper: 12 days, never two missed in a row."


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (stats.without_numbers(ENGLISH), "Numbers are off. /settings shows them again."),
        (stats.nothing_yet(ENGLISH), "Not much to show yet. Come back tomorrow."),
        (stats.week_button(ENGLISH), "7 days"),
        (stats.weeks_button(ENGLISH), "12 weeks"),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

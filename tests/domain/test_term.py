"""Which goal held on a day, and on which days less was asked."""

from dataclasses import replace
from datetime import date

import pytest

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.term import GapTerm, GoalTerm, Terms

WATER, FOOD = Habit(1, HabitKind.HYDRATION, 3000, 500), Habit(2, HabitKind.PROBIOTIC)
TODAY = date(2026, 3, 20)


def march(day: int) -> date:
    return date(2026, 3, day)


GOALS = (
    GoalTerm(1, march(2), 1000, 250),
    GoalTerm(1, march(9), 2000, 250),
    GoalTerm(1, march(8), 1500, 300),  # set after the one for the 9th, on a day lived twice
    GoalTerm(3, march(2), 700, 100),
)


@pytest.mark.parametrize(
    ("day", "goal"),
    [
        (1, (1000, 250)),  # filled in for a day before the first goal
        (2, (1000, 250)),
        (7, (1000, 250)),
        (8, (1500, 300)),
        (9, (1500, 300)),
        (19, (1500, 300)),
        (20, (3000, 500)),  # today holds what is set now
    ],
)
def test_a_day_has_the_goal_that_was_set_last_for_it(day: int, goal: tuple[int, int]) -> None:
    assert Terms(GOALS).goal(WATER, march(day), TODAY) == goal


def test_without_a_term_the_present_goal_holds() -> None:
    assert Terms().goal(WATER, march(1), TODAY) == (3000, 500)
    assert Terms(GOALS).goal(FOOD, march(1), TODAY) == (None, None)


def test_a_day_has_the_limit_that_was_set_last_for_it() -> None:
    terms = Terms([GoalTerm(1, march(2), 1000, 250), GoalTerm(1, march(9), 1000, 250, True)])
    is_limit = replace(WATER, is_limit=True)

    assert [terms.is_limit(WATER, march(day), TODAY) for day in (1, 8, 9, 19)] == [
        False,
        False,
        True,
        True,
    ]
    # Today holds what is set now, and so it does without a term.
    assert not terms.is_limit(WATER, TODAY, TODAY)
    assert terms.is_limit(is_limit, TODAY, TODAY)
    assert Terms().is_limit(is_limit, march(1), TODAY)


def test_a_gap_is_of_one_habit_or_of_all_and_includes_both_ends() -> None:
    terms = Terms(
        (),
        [
            GapTerm(None, Gap.BLOCKED, march(3), march(5)),
            GapTerm(1, Gap.LATE, march(5), march(5)),
            GapTerm(2, Gap.FIRST, march(2), march(2)),
            GapTerm(1, Gap.FIRST, march(4), march(4)),
        ],
    )

    assert [len(terms.gaps(2, march(day))) for day in range(2, 7)] == [1, 1, 1, 1, 0]
    assert terms.gaps(1, march(5)) == {Gap.BLOCKED, Gap.LATE}
    assert terms.first_day == march(2)
    assert Terms().first_day is None

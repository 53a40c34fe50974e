"""Which goals the questions of a day can reach, and where questions are added."""

from datetime import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.day import minutes
from reminder_bot.domain.goal import MOST_QUESTIONS, questions_needed, with_more_questions
from reminder_bot.domain.habit import (
    GLASS_ML,
    LARGEST_GOAL_ML,
    HabitKind,
    Role,
    default_goal_ml,
    default_slots,
)
from reminder_bot.domain.hours import DayHours
from tests.domain.test_habit import hours

USUAL = DayHours(time(7), time(23))
GLASSES = default_slots(HabitKind.HYDRATION, Role.QUESTION, USUAL)


def after_waking(slot: time, day: DayHours) -> int:
    return (minutes(slot) - minutes(day.wake)) % 1440


@pytest.mark.parametrize(
    ("goal", "glass", "needed"), [(1250, 250, 5), (1251, 250, 6), (1250, 200, 7), (500, 500, 1)]
)
def test_a_goal_needs_a_question_for_each_glass(goal: int, glass: int, needed: int) -> None:
    assert questions_needed(goal, glass) == needed


@given(hours=hours())
def test_the_default_goal_is_reached_with_one_question_less(hours: DayHours) -> None:
    goal = default_goal_ml(HabitKind.HYDRATION, hours)
    asks = len(default_slots(HabitKind.HYDRATION, Role.QUESTION, hours))

    assert goal is not None
    assert questions_needed(goal, GLASS_ML) == asks - 1


def test_the_largest_goal_fits_into_a_usual_day() -> None:
    assert with_more_questions(GLASSES, questions_needed(LARGEST_GOAL_ML, GLASS_ML), USUAL)


@pytest.mark.parametrize(
    ("slots", "count", "added"),
    [
        (GLASSES, 7, ["21:30"]),
        (GLASSES, 8, ["08:45", "21:30"]),
        ([time(12)], 2, ["21:30"]),
        ([time(12)], 3, ["16:45", "21:30"]),
        ([time(8), time(21, 30)], 3, ["14:45"]),
        (GLASSES, 6, []),
    ],
)
def test_questions_are_added_where_they_are_farthest_from_the_others(
    slots: list[time], count: int, added: list[str]
) -> None:
    found = with_more_questions(slots, count, USUAL)

    assert found is not None
    assert [f"{each:%H:%M}" for each in found if each not in slots] == added
    assert set(slots) <= set(found)


@given(day=hours(), count=st.integers(1, 20), data=st.data())
def test_added_questions_are_in_the_day_and_not_too_close_or_do_not_fit(
    day: DayHours, count: int, data: st.DataObject
) -> None:
    usual = default_slots(HabitKind.HYDRATION, Role.QUESTION, day)
    slots = data.draw(st.lists(st.sampled_from(usual), min_size=1, unique=True))
    if count < len(slots):
        return

    found = with_more_questions(slots, count, day)

    room = int(day.waking_length.total_seconds()) // 60 - 120
    if found is None:
        assert count > min(room // 50 + 1, MOST_QUESTIONS)  # 45 minutes, in steps of five
        return
    assert len(found) == len(set(found)) == count
    assert not any(day.are_quiet_at(slot) for slot in found)
    apart = [after_waking(b, day) - after_waking(a, day) for a, b in pairwise(found)]
    assert all(each >= 45 for each in apart)

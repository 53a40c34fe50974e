"""When each habit is asked by default, relative to a person's wake and sleep times."""

from datetime import time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.habit import (
    AFTER_WAKING,
    BEFORE_SLEEP,
    FOUR,
    GLASS_ML,
    LARGEST_ENTRY_ML,
    LARGEST_GOAL_ML,
    PORTIONS_ML,
    SMALLEST_GOAL_ML,
    HabitKind,
    Role,
    default_goal_ml,
    default_slots,
    roles_of,
)
from reminder_bot.domain.hours import SHORTEST_SLEEP, SHORTEST_WAKING, DayHours

USUAL = DayHours(time(7), time(23))


@st.composite
def hours(draw: st.DrawFn) -> DayHours:
    """Any hours that a person may choose, to the quarter of an hour."""
    wake = draw(st.integers(0, 95)) * 15
    longest = timedelta(days=1) - SHORTEST_SLEEP
    awake = draw(
        st.integers(SHORTEST_WAKING // timedelta(minutes=15), longest // timedelta(minutes=15))
    )
    return DayHours(wall(wake), wall(wake + awake * 15))


@pytest.mark.parametrize(
    ("kind", "role", "slots"),
    [
        (HabitKind.HYDRATION, Role.QUESTION, "07:30 10:00 12:30 15:00 17:30 20:00"),
        (HabitKind.PROBIOTIC, Role.QUESTION, "12:00"),
        (HabitKind.MEDITATION, Role.QUESTION, "08:00"),
        (HabitKind.BEDTIME, Role.QUESTION, "07:15"),
        (HabitKind.BEDTIME, Role.WIND_DOWN, "22:15"),
        (HabitKind.FIBRE, Role.QUESTION, "12:30"),
        (HabitKind.BREAK, Role.QUESTION, "15:00"),
        (HabitKind.CUSTOM, Role.QUESTION, "17:30"),
        (HabitKind.SUGAR, Role.QUESTION, "20:00"),
        (HabitKind.SKINCARE, Role.QUESTION, "21:45"),
    ],
)
def test_a_usual_day_is_asked_at_these_times(kind: HabitKind, role: Role, slots: str) -> None:
    assert [f"{each:%H:%M}" for each in default_slots(kind, role, USUAL)] == slots.split()


def test_every_kind_of_habit_has_one_rule_for_its_time() -> None:
    kinds = [HabitKind.HYDRATION, *AFTER_WAKING, *BEFORE_SLEEP]

    assert sorted(kinds) == sorted(HabitKind)


def test_bedtime_has_a_prompt_and_a_question_all_others_a_question() -> None:
    assert {kind: roles_of(kind) for kind in HabitKind if kind is not HabitKind.BEDTIME} == {
        kind: (Role.QUESTION,) for kind in HabitKind if kind is not HabitKind.BEDTIME
    }
    assert roles_of(HabitKind.BEDTIME) == (Role.WIND_DOWN, Role.QUESTION)


@given(hours=hours())
def test_nothing_is_asked_by_default_in_quiet_hours(hours: DayHours) -> None:
    for kind in HabitKind:
        for role in roles_of(kind):
            for slot in default_slots(kind, role, hours):
                assert not hours.are_quiet_at(slot), (kind, slot)


def test_the_four_come_first_and_the_others_are_off() -> None:
    assert tuple(HabitKind)[:4] == FOUR


@given(hours=hours())
@pytest.mark.parametrize("kind", [kind for kind in HabitKind if kind not in FOUR])
def test_an_optional_habit_is_asked_once_an_hour_from_either_end_of_the_day(
    kind: HabitKind, hours: DayHours
) -> None:
    (slot,) = default_slots(kind, Role.QUESTION, hours)

    assert (minutes(hours.sleep) - minutes(slot)) % 1440 >= 60
    assert (minutes(slot) - minutes(hours.wake)) % 1440 >= 60


@given(hours=hours())
def test_the_goal_is_never_more_than_the_slots_ask_for(hours: DayHours) -> None:
    asks = len(default_slots(HabitKind.HYDRATION, Role.QUESTION, hours))

    assert default_goal_ml(hours) == asks * GLASS_ML <= 1500
    assert asks >= 1


@given(hours=hours())
def test_glasses_are_two_and_a_half_hours_apart(hours: DayHours) -> None:
    slots = default_slots(HabitKind.HYDRATION, Role.QUESTION, hours)

    assert all((minutes(later) - minutes(slot)) % 1440 == 150 for slot, later in pairwise(slots))


@pytest.mark.parametrize(("awake", "asks"), [("8:00", 3), ("14:30", 6), ("17:00", 6), ("21:00", 6)])
def test_six_glasses_are_asked_if_the_day_has_fourteen_and_a_half_hours(
    awake: str, asks: int
) -> None:
    hour, minute = map(int, awake.split(":"))
    day = DayHours(time(5), wall(5 * 60 + hour * 60 + minute))

    assert len(default_slots(HabitKind.HYDRATION, Role.QUESTION, day)) == asks


def test_portions_and_goals_are_those_of_the_product() -> None:
    assert PORTIONS_ML == (150, 200, 250, 300, 330, 500)
    assert GLASS_ML in PORTIONS_ML
    assert (SMALLEST_GOAL_ML, LARGEST_GOAL_ML, LARGEST_ENTRY_ML) == (500, 3500, 2000)

"""The table of habits: what sets each kind apart, and when it is asked by default."""

from dataclasses import replace
from datetime import time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import String

from reminder_bot.content import facts
from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.habit import (
    GLASS_ML,
    LARGEST_ENTRY_ML,
    LARGEST_GOAL_ML,
    OFFERED_AT_SETUP,
    PORTIONS_ML,
    SMALLEST_GOAL_ML,
    AfterWaking,
    HabitKind,
    Measure,
    Role,
    default_goal_ml,
    default_slots,
)
from reminder_bot.domain.hours import SHORTEST_SLEEP, SHORTEST_WAKING, DayHours
from reminder_bot.storage.tables import users
from reminder_bot.texts.understanding import MOST_TIMES

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


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

# Each kind, by the value that databases and exports hold, which never changes: when it is asked
# from 07:00 to 23:00, how late a question is worth asking, and the topic of the facts about it.
KINDS = {
    "hydration": ("07:30 10:00 12:30 15:00 17:30 20:00", 30 * MINUTE, "hydration"),
    "probiotic": ("12:00", 4 * HOUR, "probiotic"),
    "meditation": ("08:00", 2 * HOUR, "meditation-stress"),
    "bedtime": ("07:15", 4 * HOUR, "sleep"),
    "fibre": ("12:30", 4 * HOUR, "prebiotic-fibre"),
    "sugar": ("20:00", 4 * HOUR, "sugar-diet"),
    "skincare": ("21:45", 2 * HOUR, "skincare"),
    "break": ("15:00", 2 * HOUR, "meditation-stress"),
    "custom": ("17:30", 4 * HOUR, "gut-skin-axis"),
}


def clocks(kind: HabitKind, role: Role) -> str:
    return " ".join(f"{each:%H:%M}" for each in default_slots(kind, role, USUAL))


def test_every_kind_has_its_figures() -> None:
    found = {
        kind.value: (clocks(kind, Role.QUESTION), kind.spec.grace, kind.spec.topic)
        for kind in HabitKind
    }

    assert found == KINDS


def test_what_sets_a_kind_apart() -> None:
    """What most kinds are not: the kinds for which each of these holds."""

    def kinds(field: str) -> set[HabitKind]:
        return {kind for kind in HabitKind if getattr(kind.spec, field)}

    food, quiet = HabitKind.PROBIOTIC, HabitKind.MEDITATION
    assert kinds("is_frequent") == {HabitKind.HYDRATION}
    assert kinds("is_about_last_night") == {HabitKind.BEDTIME}
    assert {kind: kind.spec.food_kind for kind in HabitKind if kind.spec.food_kind} == {
        food: "fermented",
        HabitKind.FIBRE: "prebiotic",
    }
    assert kinds("is_offered_at_setup") == {HabitKind.HYDRATION, food, quiet, HabitKind.BEDTIME}
    assert kinds("is_tried_at_setup") == {HabitKind.HYDRATION, food, quiet}
    assert {kind: kind.spec.measure for kind in HabitKind} == dict.fromkeys(
        HabitKind, Measure.DONE
    ) | {HabitKind.HYDRATION: Measure.MILLILITRES, quiet: Measure.MINUTES}


def test_bedtime_has_a_prompt_and_a_question_all_others_a_question() -> None:
    assert {kind: kind.spec.roles for kind in HabitKind} == dict.fromkeys(
        HabitKind, (Role.QUESTION,)
    ) | {HabitKind.BEDTIME: (Role.WIND_DOWN, Role.QUESTION)}
    assert clocks(HabitKind.BEDTIME, Role.WIND_DOWN) == "22:15"


@pytest.mark.parametrize("field", ["sign", "drawing"])
def test_every_kind_is_told_apart_at_a_glance(field: str) -> None:
    found = [getattr(kind.spec, field) for kind in HabitKind]

    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize("kind", HabitKind)
def test_there_are_facts_about_every_kind(kind: HabitKind) -> None:
    assert kind.spec.topic in {fact.topic for fact in facts()}


def test_a_kind_is_found_by_its_value() -> None:
    assert [HabitKind(kind.value) for kind in HabitKind] == list(HabitKind)


def test_a_kind_without_a_specification_is_refused() -> None:
    with pytest.raises(TypeError, match="a value and a specification, got 'walk' alone"):

        class Kinds(StrEnum):
            __new__ = HabitKind.__new_member__  # type: ignore[attr-defined]

            WALK = "walk"


@pytest.mark.parametrize("value", ["", "Walk", "a walk", "walk:1", "a,b", "a/b", "1st", "w" * 17])
def test_a_value_that_buttons_or_a_database_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=f"the kind of habit '{value}': a value is"):
        HabitKind.__new_member__(HabitKind, value, HabitKind.FIBRE.spec)  # type: ignore[attr-defined]


def test_the_longest_value_fits() -> None:
    value = "w" * 16

    kind = HabitKind.__new_member__(HabitKind, value, HabitKind.FIBRE.spec)  # type: ignore[attr-defined]

    assert kind.value == value


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sign": ""}, "'': the sign must be one emoji of one character"),
        ({"sign": "W"}, "'W': the sign must be one emoji"),
        ({"sign": "🚶🍃"}, "'🚶🍃': the sign must be one emoji"),
        ({"grace": timedelta(0)}, "'🌾': grace is 0:00:00, so every question would be too late"),
        ({"grace": -HOUR}, "'🌾': grace is -1 day, 23:00:00, so every"),
        ({"roles": ()}, "'🌾': roles are empty: set a question"),
        ({"roles": (Role.WIND_DOWN,)}, "'🌾': roles are wind_down: set a question"),
        ({"roles": (Role.QUESTION,) * 2}, "'🌾': roles are question, question: set a question"),
        (
            {"roles": (Role.WIND_DOWN, Role.QUESTION)},
            "'🌾': a wind-down is about the night that the next morning's question asks about",
        ),
    ],
)
def test_a_specification_that_would_fail_when_somebody_is_asked_is_refused(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"the habit with the sign {message}"):
        replace(HabitKind.FIBRE.spec, **wrong)


@pytest.mark.parametrize("sign", ["🚶", "☕", "🌬\N{VARIATION SELECTOR-16}"])
def test_a_sign_is_one_emoji_in_either_form(sign: str) -> None:
    assert replace(HabitKind.FIBRE.spec, sign=sign).sign == sign


@given(hours=hours())
@pytest.mark.parametrize("kind", HabitKind)
def test_the_default_slots_are_those_that_a_person_may_choose(
    kind: HabitKind, hours: DayHours
) -> None:
    for role in kind.spec.roles:
        slots = default_slots(kind, role, hours)

        assert 1 <= len(slots) == len(set(slots)) <= MOST_TIMES, (role, slots)
        assert [slot for slot in slots if hours.are_quiet_at(slot)] == [], (role, slots)


def test_those_offered_at_set_up_come_first() -> None:
    assert tuple(HabitKind)[: len(OFFERED_AT_SETUP)] == OFFERED_AT_SETUP


def test_the_set_up_has_room_to_remember_what_is_not_ticked() -> None:
    """Only PostgreSQL would refuse more."""
    remembered = f"notes:{','.join(sorted(OFFERED_AT_SETUP))}"

    room = users.c.setup_view.type
    assert isinstance(room, String)
    assert len(remembered) <= (room.length or 0), remembered


@given(hours=hours(), hours_after=st.integers(1, 23))
def test_a_habit_that_is_asked_after_waking_is_asked_an_hour_before_sleep(
    hours: DayHours, hours_after: int
) -> None:
    (slot,) = AfterWaking(hours_after * HOUR).slots(hours)

    after_waking = (minutes(slot) - minutes(hours.wake)) % 1440
    assert after_waking == min(hours_after * 60, hours.waking_length // MINUTE - 60)


@given(hours=hours())
@pytest.mark.parametrize("kind", HabitKind)
def test_the_goal_leaves_room_for_one_question_that_is_missed(
    kind: HabitKind, hours: DayHours
) -> None:
    asks = len(default_slots(kind, Role.QUESTION, hours))
    is_counted = kind.spec.measure is Measure.MILLILITRES

    assert default_goal_ml(kind, hours) == ((asks - 1) * GLASS_ML if is_counted else None)


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

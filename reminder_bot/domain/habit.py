"""The kinds of habit, and at which wall times each is asked by default.

The figures are product decisions: when a habit is asked, what a yes records, and the goal. The
default goal is never more than what the default slots ask for. The optional habits are asked at
times when water is asked anyway, so that both arrive as one card.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import assert_never

from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.schedule import window

__all__ = [
    "FOUR",
    "GLASS_ML",
    "LARGEST_ENTRY_ML",
    "LARGEST_GOAL_ML",
    "PORTIONS_ML",
    "SMALLEST_GOAL_ML",
    "Habit",
    "HabitKind",
    "Role",
    "default_goal_ml",
    "default_slots",
    "roles_of",
]

GLASS_ML = 250
GLASSES_A_DAY = 6
BETWEEN_GLASSES = timedelta(minutes=150)
LARGEST_ENTRY_ML = 2000
SMALLEST_GOAL_ML, LARGEST_GOAL_ML = 500, 3500
PORTIONS_ML = (150, 200, 250, 300, 330, 500)


class HabitKind(StrEnum):
    HYDRATION = "hydration"
    PROBIOTIC = "probiotic"
    MEDITATION = "meditation"
    BEDTIME = "bedtime"
    FIBRE = "fibre"
    SUGAR = "sugar"
    SKINCARE = "skincare"
    BREAK = "break"
    CUSTOM = "custom"


FOUR = (HabitKind.HYDRATION, HabitKind.PROBIOTIC, HabitKind.MEDITATION, HabitKind.BEDTIME)
"""What everybody is offered during set-up; the others are off until a user adds them."""

# Minutes after wake time, or before sleep time, at which a habit is asked. Water has its own rule.
AFTER_WAKING = {
    HabitKind.PROBIOTIC: 300,
    HabitKind.MEDITATION: 60,
    HabitKind.BEDTIME: 15,
    HabitKind.FIBRE: 330,
    HabitKind.BREAK: 480,
    HabitKind.CUSTOM: 630,
}
BEFORE_SLEEP = {HabitKind.SUGAR: 180, HabitKind.SKINCARE: 75}
WIND_DOWN_BEFORE_SLEEP = 45
FIRST_GLASS_AFTER_WAKING, LAST_GLASS_BEFORE_SLEEP = 30, 90
# Where a day is too short for the usual time, a habit is asked this long before sleep time.
LATEST_BEFORE_SLEEP = 60


class Role(StrEnum):
    """What a reminder is for: a question, or an evening prompt whose answer is not counted."""

    QUESTION = "question"
    WIND_DOWN = "wind_down"


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit of one user.

    goal_ml, portion_ml: None for habits that are not measured. words: the user's name for a custom
    habit. is_removed: it is no longer asked, its records are kept.
    """

    id: int
    kind: HabitKind
    goal_ml: int | None = None
    portion_ml: int | None = None
    words: str | None = None
    is_removed: bool = False


def roles_of(kind: HabitKind) -> tuple[Role, ...]:
    """The reminders of a habit: bedtime has an evening prompt and a question the next morning."""
    return (Role.WIND_DOWN, Role.QUESTION) if kind is HabitKind.BEDTIME else (Role.QUESTION,)


def default_slots(kind: HabitKind, role: Role, hours: DayHours) -> tuple[time, ...]:
    """The wall times at which a habit is asked on a day with these hours."""
    match role:
        case Role.WIND_DOWN:
            return (wall(minutes(hours.sleep) - WIND_DOWN_BEFORE_SLEEP),)
        case Role.QUESTION:
            return _question_slots(kind, hours)
    assert_never(role)


def _question_slots(kind: HabitKind, hours: DayHours) -> tuple[time, ...]:
    wake, sleep = minutes(hours.wake), minutes(hours.sleep)
    if kind is HabitKind.HYDRATION:
        first = wall(wake + FIRST_GLASS_AFTER_WAKING)
        last = wall(sleep - LAST_GLASS_BEFORE_SLEEP)
        return window(first, last, BETWEEN_GLASSES)[:GLASSES_A_DAY]
    if kind in BEFORE_SLEEP:
        return (wall(sleep - BEFORE_SLEEP[kind]),)
    latest = hours.waking_length // timedelta(minutes=1) - LATEST_BEFORE_SLEEP
    return (wall(wake + min(AFTER_WAKING[kind], latest)),)


def default_goal_ml(hours: DayHours) -> int:
    """A glass for each default slot: six, or fewer on a short day."""
    return GLASS_ML * len(default_slots(HabitKind.HYDRATION, Role.QUESTION, hours))

"""The habits, and the slots each hangs on a person's wake and sleep time.

The figures are product decisions, one table each: when a habit is asked by default, what a yes
records, and the goal. The default goal is never above what a default day asks. The optional habits
stand where a glass of water is asked anyway, so that both arrive as one card.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

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
"""What everybody is offered at first; the others are off until somebody wants them."""

# Minutes.
AFTER_WAKING = {
    HabitKind.PROBIOTIC: 300,
    HabitKind.MEDITATION: 60,
    HabitKind.BEDTIME: 15,
    HabitKind.FIBRE: 330,
    HabitKind.BREAK: 480,
    HabitKind.CUSTOM: 630,
}
BEFORE_SLEEP = {HabitKind.SUGAR: 180, HabitKind.SKINCARE: 75}


class Role(StrEnum):
    """What a reminder is for: a question that is answered, or a prompt that is counted nowhere."""

    QUESTION = "question"
    WIND_DOWN = "wind_down"


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit of one user. Goal and portion are millilitres; None for habits that are not
    measured.

    words: what somebody calls their custom habit. is_removed: its past is kept, nothing is asked.
    """

    id: int
    kind: HabitKind
    goal_ml: int | None = None
    portion_ml: int | None = None
    words: str | None = None
    is_removed: bool = False


def roles_of(kind: HabitKind) -> tuple[Role, ...]:
    """The reminders a habit has: bedtime prompts in the evening and asks the next morning."""
    return (Role.WIND_DOWN, Role.QUESTION) if kind is HabitKind.BEDTIME else (Role.QUESTION,)


def default_slots(kind: HabitKind, role: Role, hours: DayHours) -> tuple[time, ...]:
    """The wall times at which a habit is asked on a day with these hours."""
    wake, sleep = minutes(hours.wake), minutes(hours.sleep)
    if role is Role.WIND_DOWN:
        return (wall(sleep - 45),)
    if kind is HabitKind.HYDRATION:
        return window(wall(wake + 30), wall(sleep - 90), BETWEEN_GLASSES)[:GLASSES_A_DAY]
    if kind in BEFORE_SLEEP:
        return (wall(sleep - BEFORE_SLEEP[kind]),)
    # An hour before sleep at the latest, on a day too short for the usual time.
    return (wall(wake + min(AFTER_WAKING[kind], hours.waking_length // timedelta(minutes=1) - 60)),)


def default_goal_ml(hours: DayHours) -> int:
    """Six glasses, or as many as a short day asks for."""
    return GLASS_ML * len(default_slots(HabitKind.HYDRATION, Role.QUESTION, hours))

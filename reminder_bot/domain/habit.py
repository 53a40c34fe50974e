"""The habits, and the slots each hangs on a person's wake and sleep time.

The figures are product decisions, one table each: when a habit is asked by default, what a yes records,
and the goal. The goal is never above what a default day asks.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.quiet_hours import Hours
from reminder_bot.domain.schedule import window

__all__ = ["GLASS_ML", "Habit", "HabitKind", "Role", "default_goal_ml", "default_slots", "roles_of"]

GLASS_ML = 250
GLASSES_A_DAY = 6
BETWEEN_GLASSES = timedelta(minutes=150)
LARGEST_ENTRY_ML = 2000


class HabitKind(StrEnum):
    HYDRATION = "hydration"
    PROBIOTIC = "probiotic"
    MEDITATION = "meditation"
    BEDTIME = "bedtime"


class Role(StrEnum):
    """What a reminder is for: a question that is answered, or a prompt that is counted nowhere."""

    QUESTION = "question"
    WIND_DOWN = "wind_down"


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit of one user. Goal and portion are millilitres; None for habits that are not measured."""

    id: int
    kind: HabitKind
    goal_ml: int | None = None
    portion_ml: int | None = None


def roles_of(kind: HabitKind) -> tuple[Role, ...]:
    """The reminders a habit has: bedtime prompts in the evening and asks the next morning."""
    return (Role.WIND_DOWN, Role.QUESTION) if kind is HabitKind.BEDTIME else (Role.QUESTION,)


def default_slots(kind: HabitKind, role: Role, hours: Hours) -> tuple[time, ...]:
    """The wall times at which a habit is asked on a day with these hours."""
    wake, sleep = minutes(hours.wake), minutes(hours.sleep)
    if role is Role.WIND_DOWN:
        return (wall(sleep - 45),)
    if kind is HabitKind.HYDRATION:
        return window(wall(wake + 30), wall(sleep - 90), BETWEEN_GLASSES)[:GLASSES_A_DAY]
    after_waking = {HabitKind.PROBIOTIC: 300, HabitKind.MEDITATION: 60, HabitKind.BEDTIME: 15}
    return (wall(wake + after_waking[kind]),)


def default_goal_ml(hours: Hours) -> int:
    """Six glasses, or as many as a short day asks for."""
    return GLASS_ML * len(default_slots(HabitKind.HYDRATION, Role.QUESTION, hours))

"""The rules of reminders: how late they may be sent, how often they repeat, when they expire.

Grace is how long after its time an ask is still worth sending. A question about water that is half
an hour late only disturbs, because the next one comes soon; a fermented food can wait for dinner.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import assert_never

from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.hours import Hours
from reminder_bot.domain.schedule import Due

__all__ = [
    "REPEATS",
    "closes_at",
    "counted_day",
    "default_repeats",
    "earliest_counted_day",
    "grace",
    "repeat_at",
    "send_until",
]

BEFORE_REPEAT = {Role.WIND_DOWN: timedelta(minutes=20), Role.QUESTION: timedelta(minutes=30)}
DEFAULT_REPEATS = {Role.WIND_DOWN: 1, Role.QUESTION: 0}
# What the repeat buttons offer: how often a question is repeated while nobody answers it.
REPEATS = {"off": 0, "gentle": 1, "firm": 3}


def grace(kind: HabitKind, role: Role) -> timedelta | None:
    """How late an ask may be. None for the evening prompt: it is worth sending until sleep time."""
    match role:
        case Role.WIND_DOWN:
            return None
        case Role.QUESTION:
            return kind.spec.grace
    assert_never(role)


def default_repeats(role: Role) -> int:
    return DEFAULT_REPEATS[role]


@lru_cache(maxsize=4096)
def send_until(kind: HabitKind, role: Role, hours: Hours, day: date, ask_at: datetime) -> datetime:
    """The instant before which an ask meant for `ask_at` must be sent.

    It is bounded by the grace, by sleep time and by the end of the day.
    """
    bounds = [hours.day_is_over_at(day)]
    # A person may have set a slot in their own quiet hours: then sleep time has passed already.
    if not hours.is_quiet_at(ask_at):
        bounds.append(hours.sleeps_at(hours.day_of(ask_at)))
    allowed = grace(kind, role)
    if allowed is not None:
        bounds.append(ask_at + allowed)
    return min(bounds)


def closes_at(hours: Hours, day: date, following: Due | None) -> datetime:
    """When a check-in expires unanswered: when the reminder is due next, or when the day ends."""
    over = hours.day_is_over_at(day)
    return over if following is None else min(following.due_at, over)


def repeat_at(role: Role, hours: Hours, asked_at: datetime, repeats_left: int) -> datetime | None:
    """When to ask again if nobody answers; None if no repeat is left, or not before quiet hours."""
    if repeats_left <= 0:
        return None
    again = asked_at + BEFORE_REPEAT[role]
    return None if hours.is_quiet_at(again) else again


def counted_day(kind: HabitKind, day: date) -> date:
    """The day that an answer counts for.

    The question about bedtime is asked in the morning and counts for the evening before.
    """
    return day - ONE_DAY if kind.spec.is_about_last_night else day


def earliest_counted_day(day: date) -> date:
    """The earliest day that an answer given on `day` may count for, over all kinds."""
    return day - ONE_DAY

"""Which day an instant belongs to, and which instant a wall time means.

A person's day is not the calendar's: it ends at 04:00 local, or, where they are awake at that hour,
in the middle of their sleep. A tap at 00:30 counts for the evening it belongs to. `Week.day_ends`
decides it; everything that needs a day asks this module.

Clock changes follow RFC 5545, section 3.3.5: a wall time that the clock skips is read with the
offset in force before the gap, one that the clock shows twice means the first. Python's `fold=0` is
that rule.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["at", "day_of", "day_starts", "in_day", "minutes", "wall"]

ONE_DAY = timedelta(days=1)


def minutes(wall_time: time) -> int:
    """Minutes since midnight."""
    return wall_time.hour * 60 + wall_time.minute


def wall(minutes_since_midnight: int) -> time:
    """The wall time so many minutes after midnight, counted around the clock.

    >>> wall(7 * 60 - 480)
    datetime.time(23, 0)
    """
    hour, minute = divmod(minutes_since_midnight % 1440, 60)
    return time(hour, minute)


@lru_cache(maxsize=16384)
def at(on: date, wall_time: time, zone: str) -> datetime:
    """The instant, in UTC, at which the clock of `zone` shows `wall_time` on the calendar date
    `on`.
    """
    return datetime.combine(on, wall_time, ZoneInfo(zone)).astimezone(UTC)


def in_day(day: date, wall_time: time, day_ends: time, zone: str) -> datetime:
    """The instant of a wall time within a person's day: before `day_ends` it is the next
    calendar date.
    """
    return at(day if wall_time >= day_ends else day + ONE_DAY, wall_time, zone)


@lru_cache(maxsize=4096)
def day_starts(day: date, day_ends: time, zone: str) -> datetime:
    """The instant at which a person's day begins: the end of the one before."""
    return at(day, day_ends, zone)


def day_of(instant: datetime, day_ends: time, zone: str) -> date:
    """The person's day that holds `instant`.

    Decided by instants, not by the clock's face: an hour shown twice around `day_ends` would
    otherwise fall back into the day before.
    """
    if instant.tzinfo is None:
        raise ValueError(f"day_of needs an aware datetime, got the naive {instant.isoformat()}")
    day = instant.astimezone(ZoneInfo(zone)).date()
    while day_starts(day, day_ends, zone) > instant:
        day -= ONE_DAY
    return day

"""Which day an instant belongs to, and which instant a wall time means.

A person's day is not the calendar day. It ends at 04:00 local time, or in the middle of their sleep
if they are awake at 04:00 (`Hours.day_ends` decides). A tap at 00:30 counts for the evening before.
Everything that needs a day asks this module.

Clock changes follow RFC 5545, section 3.3.5: a wall time that the clock skips is read with the
offset in force before the gap; a wall time that the clock shows twice means the first. Python's
`fold=0` is that rule.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = [
    "MINUTES_A_DAY",
    "ONE_DAY",
    "day_of",
    "day_starts",
    "instant_at",
    "instant_in_day",
    "minutes",
    "wall",
]

ONE_DAY = timedelta(days=1)
MINUTES_A_DAY = 24 * 60


def minutes(wall_time: time) -> int:
    """Minutes since midnight."""
    return wall_time.hour * 60 + wall_time.minute


def wall(minutes_since_midnight: int) -> time:
    """The wall time that many minutes after midnight, counted around the clock.

    >>> wall(7 * 60 - 480)
    datetime.time(23, 0)
    """
    hour, minute = divmod(minutes_since_midnight % MINUTES_A_DAY, 60)
    return time(hour, minute)


@lru_cache(maxsize=16384)
def instant_at(on: date, wall_time: time, zone: str) -> datetime:
    """The instant (UTC) at which clocks in `zone` show `wall_time` on the calendar date `on`."""
    return datetime.combine(on, wall_time, ZoneInfo(zone)).astimezone(UTC)


def instant_in_day(day: date, wall_time: time, day_ends: time, zone: str) -> datetime:
    """The instant of a wall time within a person's day.

    Wall times before `day_ends` are on the next calendar date.
    """
    on = day if wall_time >= day_ends else day + ONE_DAY
    return instant_at(on, wall_time, zone)


@lru_cache(maxsize=4096)
def day_starts(day: date, day_ends: time, zone: str) -> datetime:
    """The instant at which a person's day begins, which is the end of the day before."""
    return instant_at(day, day_ends, zone)


def day_of(instant: datetime, day_ends: time, zone: str) -> date:
    """The person's day that contains `instant`; ValueError for a naive datetime.

    Instants are compared, not wall times: an hour that the clock shows twice around `day_ends`
    would otherwise fall back into the day before.
    """
    if instant.tzinfo is None:
        raise ValueError(f"day_of needs an aware datetime, got the naive {instant.isoformat()}")
    day = instant.astimezone(ZoneInfo(zone)).date()
    while day_starts(day, day_ends, zone) > instant:
        day -= ONE_DAY
    return day

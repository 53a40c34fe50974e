"""When a reminder is due.

A schedule is kept in wall-clock time, because that is the promise; every instant that leaves this
module is in UTC. Slots are wall times for each weekday of the person's day (see `day`), so a slot
at 00:30 belongs to the evening before. The slots of a day are ordered by instant. Slots that a
clock change moves to the same instant are due once.

Recurrence rules of libraries are not used: measured over a year, the usual cron trigger missed 50
days and fired twice 45 times around clock changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from reminder_bot.domain.day import (
    MINUTES_A_DAY,
    ONE_DAY,
    day_of,
    day_starts,
    instant_in_day,
    minutes,
    wall,
)

__all__ = ["Due", "Schedule", "due_around", "latest_due", "next_due", "window"]

# How many days to search: seven hold every weekday, seven more cover a weekday that the zone skips
# (Samoa, 30 December 2011), the rest the days at both ends of the search.
SEARCH_DAYS = 17
# Around a clock change the due times of neighbouring days overlap: a gap near the end of a day can
# move its last slots past the first slots of the next day; the zone may skip a day in between.
OVERLAPPING_DAYS = 3


class Due(NamedTuple):
    """One due time: the instant in UTC, the person's day it belongs to, and the slot as planned."""

    due_at: datetime
    day: date
    slot: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """Wall times for each weekday (Monday first, seven tuples), where a day ends, and the zone."""

    zone: str
    day_ends: time
    slots: tuple[tuple[time, ...], ...]

    def __post_init__(self) -> None:
        if len(self.slots) != 7:
            raise ValueError(f"a schedule has slots for 7 weekdays, got {len(self.slots)}")

    @classmethod
    def of_week(
        cls,
        zone: str,
        day_ends: time,
        weekdays: Iterable[time],
        weekend: Iterable[time] | None = None,
    ) -> "Schedule":
        """The same slots on working days, and at the weekend too unless `weekend` is given."""
        on_weekdays = tuple(weekdays)
        on_weekend = on_weekdays if weekend is None else tuple(weekend)
        return cls(zone, day_ends, (on_weekdays,) * 5 + (on_weekend,) * 2)

    @classmethod
    def parse(cls, zone: str, day_ends: time, text: str) -> "Schedule":
        """Read what `format` wrote; the zone and the day's end are stored with the user.

        >>> Schedule.parse("UTC", time(4), "12345 07:30,09:00 67 10:00").slots[5]
        (datetime.time(10, 0),)
        """
        return cls(zone, day_ends, _slots(text))

    def format(self) -> str:
        """The slots as text: weekdays (ISO, Monday = 1) that share their times, then the times.

        >>> Schedule.of_week("UTC", time(4), [time(7, 30)], weekend=[time(9), time(20)]).format()
        '12345 07:30 67 09:00,20:00'
        """
        weekdays_by_times: dict[tuple[time, ...], str] = {}
        for weekday, times in enumerate(self.slots, 1):
            if times:
                weekdays_by_times[times] = weekdays_by_times.get(times, "") + str(weekday)
        words = []
        for times, weekdays in weekdays_by_times.items():
            words += [weekdays, ",".join(f"{each:%H:%M}" for each in times)]
        return " ".join(words)

    def of(self, weekdays: Mapping[int, tuple[time, ...]]) -> "Schedule":
        """The same schedule with other times on some weekdays (ISO, Monday = 1)."""
        slots = tuple(weekdays.get(number, times) for number, times in enumerate(self.slots, 1))
        return Schedule(self.zone, self.day_ends, slots)


def window(start: time, end: time, every: timedelta) -> tuple[time, ...]:
    """The wall times from `start` to `end`, `every` apart; both ends are included.

    A window may cross midnight. ValueError for steps below a minute.

    >>> [f"{each:%H:%M}" for each in window(time(22), time(1), timedelta(minutes=90))]
    ['22:00', '23:30', '01:00']
    """
    step = every // timedelta(minutes=1)
    if step < 1:
        raise ValueError(f"a window needs a step of at least one minute, got {every}")
    first = minutes(start)
    length = (minutes(end) - first) % MINUTES_A_DAY
    return tuple(wall(first + passed) for passed in range(0, length + 1, step))


@lru_cache(maxsize=4096)
def due_around(schedule: Schedule, now: datetime) -> tuple[Due | None, Due | None]:
    """The latest due time at or before `now`, and the next one after it.

    Cached because many people share a schedule, and planning asks for all of them in one minute.
    """
    return latest_due(schedule, now), next_due(schedule, now)


def next_due(schedule: Schedule, after: datetime) -> Due | None:
    """The first due time strictly after `after` (aware); None for a schedule without slots."""
    # Begin a day early: a clock change can move yesterday's last slots past `after`.
    yesterday = day_of(after, schedule.day_ends, schedule.zone) - ONE_DAY
    for days_ahead in range(SEARCH_DAYS):
        day = yesterday + days_ahead * ONE_DAY
        due_times = _of_day(schedule, day)
        if due_times and due_times[-1].due_at > after:
            near = _of_days(schedule, day, ONE_DAY)
            later = (due for due in near if due.due_at > after)
            # Of two days with a slot at the same instant the later one counts, as in `latest_due`.
            return min(later, key=lambda due: (due.due_at, -due.day.toordinal()))
    return None


def latest_due(schedule: Schedule, until: datetime) -> Due | None:
    """The last due time at or before `until` (aware); None for a schedule without slots."""
    tomorrow = day_of(until, schedule.day_ends, schedule.zone) + ONE_DAY
    for days_back in range(SEARCH_DAYS):
        day = tomorrow - days_back * ONE_DAY
        due_times = _of_day(schedule, day)
        if due_times and due_times[0].due_at <= until:
            near = _of_days(schedule, day, -ONE_DAY)
            earlier = (due for due in near if due.due_at <= until)
            return max(earlier, key=lambda due: (due.due_at, due.day))
    return None


@lru_cache(maxsize=16384)
def _slots(text: str) -> tuple[tuple[time, ...], ...]:
    slots: dict[int, tuple[time, ...]] = {}
    words = text.split()
    for weekdays, times in zip(words[::2], words[1::2], strict=True):
        wall_times = tuple(time.fromisoformat(each) for each in times.split(","))
        slots.update({int(weekday): wall_times for weekday in weekdays})
    return tuple(slots.get(weekday, ()) for weekday in range(1, 8))


def _of_days(schedule: Schedule, day: date, step: timedelta) -> Iterator[Due]:
    """The due times of `day` and of the neighbours whose due times may overlap with its own."""
    for number in range(OVERLAPPING_DAYS):
        yield from _of_day(schedule, day + number * step)


@lru_cache(maxsize=65536)
def _of_day(schedule: Schedule, day: date) -> tuple[Due, ...]:
    """A day's due times by instant. Cached, because many people share a schedule."""
    if _is_skipped(schedule, day):
        return ()
    by_instant: dict[datetime, Due] = {}
    for slot in schedule.slots[day.weekday()]:
        due_at = instant_in_day(day, slot, schedule.day_ends, schedule.zone)
        by_instant.setdefault(due_at, Due(due_at, day, slot))
    return tuple(by_instant[instant] for instant in sorted(by_instant))


def _is_skipped(schedule: Schedule, day: date) -> bool:
    """Whether the zone skips this calendar day, as Samoa skipped 30 December 2011."""
    begins = day_starts(day, schedule.day_ends, schedule.zone)
    return begins == day_starts(day + ONE_DAY, schedule.day_ends, schedule.zone)

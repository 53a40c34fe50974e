"""When a reminder is due.

A schedule is kept in wall-clock time, because that is the promise; every instant that leaves this
module is in UTC. Its slots are wall times for each weekday of the person's day (see `day`), so that
a slot at 00:30 belongs to the evening before it. Slots of a day are ordered by instant; equal
instants, as a gap of the clock makes them, are due once.

Recurrence rules of libraries are not used: measured over a year, the usual trigger missed 50 days
and fired 45 times twice around clock changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from reminder_bot.domain.day import ONE_DAY, day_of, day_starts, instant_in_day, minutes, wall

__all__ = ["Due", "Schedule", "due_around", "latest_due", "next_due", "window"]

# Days to look through: a week holds every slot, another one where the zone skips the very day, and
# both ends.
FAR_ENOUGH = 17
# Around a gap the days don't follow one another neatly: one near a day's end pushes that day's last
# slots behind the first of the next, one across a day's end lets the next day begin early, and the
# zone may skip a day between.
DAYS_MIXED = 3


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
        usual = tuple(weekdays)
        return cls(
            zone, day_ends, (usual,) * 5 + (usual if weekend is None else tuple(weekend),) * 2
        )

    @classmethod
    def parse(cls, zone: str, day_ends: time, text: str) -> "Schedule":
        """Read what `format` wrote.

        >>> Schedule.parse("UTC", time(4), "12345 07:30,09:00 67 10:00").slots[5]
        (datetime.time(10, 0),)
        """
        return cls(zone, day_ends, _slots(text))

    def format(self) -> str:
        """The slots as text: ISO weekdays that share their times, then the times."""
        shared: dict[tuple[time, ...], str] = {}
        for weekday, times in enumerate(self.slots, 1):
            if times:
                shared[times] = shared.get(times, "") + str(weekday)
        return " ".join(
            f"{days} {','.join(f'{each:%H:%M}' for each in times)}"
            for times, days in shared.items()
        )

    def of(self, weekdays: Mapping[int, tuple[time, ...]]) -> "Schedule":
        """The same schedule with other times on some weekdays (ISO, Monday = 1)."""
        return Schedule(
            self.zone,
            self.day_ends,
            tuple(weekdays.get(n, times) for n, times in enumerate(self.slots, 1)),
        )


def window(start: time, end: time, every: timedelta) -> tuple[time, ...]:
    """The wall times from `start` to `end` (both included, across midnight where end is earlier),
    `every` apart.

    >>> [f"{each:%H:%M}" for each in window(time(22), time(1), timedelta(minutes=90))]
    ['22:00', '23:30', '01:00']
    """
    step = every // timedelta(minutes=1)
    if step < 1:
        raise ValueError(f"a window needs a step of at least one minute, got {every}")
    length = (minutes(end) - minutes(start)) % 1440
    return tuple(wall(minutes(start) + passed) for passed in range(0, length + 1, step))


@lru_cache(maxsize=4096)
def due_around(schedule: Schedule, now: datetime) -> tuple[Due | None, Due | None]:
    """The latest due time by `now` and the next one after it; many people share a schedule and
    its minute.
    """
    return latest_due(schedule, now), next_due(schedule, now)


def next_due(schedule: Schedule, after: datetime) -> Due | None:
    """The first due time strictly after `after` (aware); None where the schedule has no slots."""
    yesterday = day_of(after, schedule.day_ends, schedule.zone) - ONE_DAY
    for ahead in range(FAR_ENOUGH):
        day = yesterday + ahead * ONE_DAY
        own = _of_day(schedule, day)
        if own and own[-1].due_at > after:
            near = chain(
                own, *(_of_day(schedule, day + each * ONE_DAY) for each in range(1, DAYS_MIXED))
            )
            return min(
                (due for due in near if due.due_at > after),
                key=lambda due: (due.due_at, -due.day.toordinal()),
            )
    return None


def latest_due(schedule: Schedule, until: datetime) -> Due | None:
    """The last due time at or before `until` (aware); None where the schedule has no slots."""
    tomorrow = day_of(until, schedule.day_ends, schedule.zone) + ONE_DAY
    for back in range(FAR_ENOUGH):
        day = tomorrow - back * ONE_DAY
        own = _of_day(schedule, day)
        if own and own[0].due_at <= until:
            near = chain(
                own, *(_of_day(schedule, day - each * ONE_DAY) for each in range(1, DAYS_MIXED))
            )
            return max(
                (due for due in near if due.due_at <= until), key=lambda due: (due.due_at, due.day)
            )
    return None


@lru_cache(maxsize=16384)
def _slots(text: str) -> tuple[tuple[time, ...], ...]:
    slots: dict[int, tuple[time, ...]] = {}
    words = text.split()
    for weekdays, times in zip(words[::2], words[1::2], strict=True):
        wall_times = tuple(time.fromisoformat(each) for each in times.split(","))
        slots.update({int(weekday): wall_times for weekday in weekdays})
    return tuple(slots.get(weekday, ()) for weekday in range(1, 8))


@lru_cache(maxsize=65536)
def _of_day(schedule: Schedule, day: date) -> tuple[Due, ...]:
    """A day's due times in order; equal instants once. Many people share a schedule, so it is
    remembered.
    """
    by_instant: dict[datetime, Due] = {}
    for slot in schedule.slots[day.weekday()]:
        due_at = instant_in_day(day, slot, schedule.day_ends, schedule.zone)
        by_instant.setdefault(due_at, Due(due_at, day, slot))
    if day_starts(day, schedule.day_ends, schedule.zone) == day_starts(
        day + ONE_DAY, schedule.day_ends, schedule.zone
    ):
        return ()  # a calendar day that the zone skipped (Samoa, 30 December 2011): nobody lived it
    return tuple(by_instant[instant] for instant in sorted(by_instant))

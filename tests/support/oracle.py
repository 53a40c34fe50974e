"""When a schedule is due, found in a slow way: go through UTC minute by minute, and read the wall
clock of the zone at each.

`reminder_bot.domain.schedule` is tested against this, and they share no code. The only thing used
here is what `datetime.astimezone(ZoneInfo(...))` returns for a minute.

- A wall time is due at the first minute that shows it. If it is shown again, it is not due again.
- A wall time that the clock skips is due as long after the change as it is after the gap's start.
- Wall times before `day_ends` belong to the calendar date before.
- A calendar date that the zone skips has no slots.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LAST = datetime(2030, 1, 1, tzinfo=UTC)


class Shown(NamedTuple):
    """A wall time of a calendar date, to the minute, and the instant at which it is due."""

    instant: datetime
    wall: datetime


@dataclass(frozen=True)
class Walk:
    """What the clock of one zone showed between two instants, and the dates it skipped."""

    zone: str
    shown: Mapping[time, Sequence[Shown]]
    skipped: frozenset[date]

    def due(
        self, slots: Sequence[Collection[time]], day_ends: time
    ) -> dict[datetime, set[tuple[date, time]]]:
        """The instants at which slots (by weekday, Monday first) are due, in order, and which slots
        of which days are due then.
        """
        found: dict[datetime, set[tuple[date, time]]] = defaultdict(set)
        for slot in {slot for each in slots for slot in each}:
            for instant, wall in self.shown[slot]:
                day = wall.date() if slot >= day_ends else wall.date() - DAY
                if slot in slots[day.weekday()] and day not in self.skipped:
                    found[instant].add((day, slot))
        return dict(sorted(found.items()))


def walk(zone: str, start: datetime, end: datetime, times: Collection[time]) -> Walk:
    """Read the clock at each minute, and keep what it shows if the time of day is in `times`."""
    clock = ZoneInfo(zone)
    shown: dict[time, list[Shown]] = {each: [] for each in times}
    skipped: set[date] = set()
    minutes_wanted = frozenset(each.minute for each in times)  # a quick check before the full one
    minute = start
    # Python compares and subtracts two datetimes with the same tzinfo by what the clock shows.
    latest = (start - MINUTE).astimezone(clock)
    while minute < end:
        wall = minute.astimezone(clock)
        passed = wall - latest
        if passed == MINUTE:
            latest = wall
            if wall.minute in minutes_wanted and wall.time() in times:
                shown[wall.time()].append(Shown(minute, wall.replace(tzinfo=None)))
        elif passed > MINUTE:  # the clock was set forward
            jumped = [
                latest.replace(tzinfo=None) + step * MINUTE for step in range(1, passed // MINUTE)
            ]
            skipped |= {
                day
                for day, minutes in Counter(each.date() for each in jumped).items()
                if minutes == 1440
            }
            late = (Shown(minute + step * MINUTE, each) for step, each in enumerate(jumped))
            for each in (*late, Shown(minute, wall.replace(tzinfo=None))):
                shown.get(each.wall.time(), []).append(each)
            latest = wall
        minute += MINUTE
    return Walk(zone, shown, frozenset(skipped))


def changes(
    zone: str, start: datetime = FIRST, end: datetime = LAST
) -> Iterator[tuple[datetime, timedelta]]:
    """The offset at `start`, then each further one with the minute at which it begins."""
    clock = ZoneInfo(zone)
    day, offset = start, start.astimezone(clock).utcoffset()
    assert offset is not None
    yield start, offset
    while day < end:
        tomorrow = (day + DAY).astimezone(clock).utcoffset()
        assert tomorrow is not None
        if tomorrow != offset:
            low, high = 0, DAY // MINUTE
            while high - low > 1:
                middle = (low + high) // 2
                is_before = (day + middle * MINUTE).astimezone(clock).utcoffset() == offset
                low, high = (middle, high) if is_before else (low, middle)
            yield day + high * MINUTE, tomorrow
        day, offset = day + DAY, tomorrow


@lru_cache(maxsize=1)
def rule_sets() -> dict[tuple[tuple[datetime, timedelta], ...], tuple[str, ...]]:
    """All zones of the database, by their offsets from 2026 to the end of 2029."""
    alike: dict[tuple[tuple[datetime, timedelta], ...], list[str]] = defaultdict(list)
    for zone in sorted(available_timezones()):
        alike[tuple(changes(zone))].append(zone)
    return {rules: tuple(zones) for rules, zones in alike.items()}

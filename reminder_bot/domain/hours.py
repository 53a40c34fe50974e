"""A person's wake and sleep times, their quiet hours, and when their day ends.

Quiet hours run from sleep time (included) to wake time (not included). They hold for everything the
bot starts by itself; what a person asks for is answered at any hour. Working days and the weekend
may differ.

`DayHours` and `Hours` compute their derived values once, when they are constructed, because every
send asks for them and many people share the same hours.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reminder_bot.domain.day import (
    MINUTES_A_DAY,
    ONE_DAY,
    day_of,
    day_starts,
    instant_in_day,
    minutes,
    wall,
)

__all__ = ["DayHours", "Hours"]

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SATURDAY = 6  # ISO: Monday is 1
USUAL_DAY_END = time(4, 0)
SHORTEST_SLEEP = timedelta(hours=3)
SHORTEST_WAKING = timedelta(hours=8)
# Less than what is advised for most adults gets one line of notice, and is accepted. More than nine
# hours can be right, so they get none.
ADVISED_SLEEP, SHORT_SLEEP = timedelta(hours=7), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class DayHours:
    """The hours of one kind of day; ValueError if the time awake or asleep would be too short."""

    wake: time
    sleep: time
    waking_length: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Equal times count as a whole day awake, which the check below refuses.
        waking = (minutes(self.sleep) - minutes(self.wake)) % MINUTES_A_DAY or MINUTES_A_DAY
        object.__setattr__(self, "waking_length", timedelta(minutes=waking))
        if self.sleep_length < SHORTEST_SLEEP or self.waking_length < SHORTEST_WAKING:
            raise ValueError(
                f"{self.wake:%H:%M} to {self.sleep:%H:%M} leaves no day or no night: "
                f"at least {SHORTEST_WAKING // HOUR} hours awake "
                f"and {SHORTEST_SLEEP // HOUR} asleep"
            )

    @property
    def sleep_length(self) -> timedelta:
        return ONE_DAY - self.waking_length

    @property
    def is_less_than_advised(self) -> bool:
        return self.sleep_length < ADVISED_SLEEP

    @property
    def is_short(self) -> bool:
        return self.sleep_length < SHORT_SLEEP

    def are_quiet_at(self, wall_time: time) -> bool:
        since_sleep = (minutes(wall_time) - minutes(self.sleep)) % MINUTES_A_DAY
        return since_sleep < self.sleep_length // MINUTE

    def middle_of_sleep(self) -> time:
        half = self.sleep_length // MINUTE // 2
        return wall(minutes(self.sleep) + half)


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's hours, on working days and at the weekend, in their zone.

    day_ends: 04:00, or the middle of the sleep of working days for somebody who is awake at 04:00.
    Raises ValueError for somebody who is awake at that time at the weekend.
    """

    zone: str
    weekdays: DayHours
    weekend: DayHours
    day_ends: time = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "day_ends", _day_end(self.weekdays, self.weekend))
        if not self.weekend.are_quiet_at(self.day_ends):
            raise ValueError(
                f"the weekend's {self.weekend.wake:%H:%M} to {self.weekend.sleep:%H:%M} includes "
                f"the middle of the night of working days ({self.day_ends:%H:%M}): "
                "choose hours that share a part of the night"
            )

    def of_weekday(self, weekday: int) -> DayHours:
        """The hours of an ISO weekday."""
        return self.weekend if weekday >= SATURDAY else self.weekdays

    def hours_of(self, day: date) -> DayHours:
        return self.of_weekday(day.isoweekday())

    def day_of(self, instant: datetime) -> date:
        return day_of(instant, self.day_ends, self.zone)

    def day_is_over_at(self, day: date) -> datetime:
        return day_starts(day + ONE_DAY, self.day_ends, self.zone)

    def wakes_at(self, day: date) -> datetime:
        return instant_in_day(day, self.hours_of(day).wake, self.day_ends, self.zone)

    def sleeps_at(self, day: date) -> datetime:
        """When the quiet hours at the end of `day` begin; at the latest when the day ends."""
        sleep, over = self.hours_of(day).sleep, self.day_is_over_at(day)
        if sleep == self.day_ends:  # instant_in_day would take it for the beginning of the day
            return over
        # A clock change can move a sleep time past the end of the day.
        return min(instant_in_day(day, sleep, self.day_ends, self.zone), over)

    def is_quiet_at(self, instant: datetime) -> bool:
        return _is_quiet(self, instant)

    def next_waking(self, instant: datetime) -> datetime:
        """`instant` itself while the person is awake, else the end of the current quiet hours."""
        if not self.is_quiet_at(instant):
            return instant
        day = self.day_of(instant)
        waking = self.wakes_at(day)
        return waking if instant < waking else self.wakes_at(day + ONE_DAY)

    def local(self, instant: datetime) -> datetime:
        """The instant as the person's clock shows it."""
        return instant.astimezone(ZoneInfo(self.zone))


def _day_end(weekdays: DayHours, weekend: DayHours) -> time:
    if weekdays.are_quiet_at(USUAL_DAY_END) and weekend.are_quiet_at(USUAL_DAY_END):
        return USUAL_DAY_END
    return weekdays.middle_of_sleep()


@lru_cache(maxsize=4096)
def _is_quiet(hours: Hours, instant: datetime) -> bool:
    day = hours.day_of(instant)
    return not hours.wakes_at(day) <= instant < hours.sleeps_at(day)

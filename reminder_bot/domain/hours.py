"""When the bot keeps silent, and with it when a person's day ends.

Quiet hours run from sleep time (included) to wake time (not included). They hold for all that the
bot starts by itself; what a person asks for is answered at any hour. Working days and the weekend
may differ.

`DayHours` and `Hours` reckon once, when they are made, what every send asks of them; many people share
theirs.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reminder_bot.domain.day import ONE_DAY, day_of, day_starts, instant_in_day, minutes, wall

__all__ = ["DayHours", "Hours"]

USUAL_DAY_END = time(4, 0)
SHORTEST_SLEEP = timedelta(hours=3)
SHORTEST_WAKING = timedelta(hours=8)
HEALTHY_SLEEP = (timedelta(hours=7), timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class DayHours:
    """Wake and sleep time of one kind of day."""

    wake: time
    sleep: time
    waking_length: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        waking = timedelta(minutes=(minutes(self.sleep) - minutes(self.wake)) % 1440 or 1440)
        object.__setattr__(self, "waking_length", waking)
        if self.sleep_length < SHORTEST_SLEEP or self.waking_length < SHORTEST_WAKING:
            raise ValueError(
                f"{self.wake:%H:%M} to {self.sleep:%H:%M} leaves no day or no night: "
                f"at least {SHORTEST_WAKING // timedelta(hours=1)} hours awake "
                f"and {SHORTEST_SLEEP // timedelta(hours=1)} asleep"
            )

    @property
    def sleep_length(self) -> timedelta:
        return ONE_DAY - self.waking_length

    @property
    def is_healthy(self) -> bool:
        return HEALTHY_SLEEP[0] <= self.sleep_length <= HEALTHY_SLEEP[1]

    def are_quiet_at(self, wall_time: time) -> bool:
        since_sleep = (minutes(wall_time) - minutes(self.sleep)) % 1440
        return since_sleep < self.sleep_length // timedelta(minutes=1)

    def middle_of_sleep(self) -> time:
        return wall(minutes(self.sleep) + self.sleep_length // timedelta(minutes=2))


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's hours, on working days and at the weekend, in their zone.

    day_ends: 04:00, or the middle of the sleep that both kinds of day share where one is awake at
    04:00.
    """

    zone: str
    weekdays: DayHours
    weekend: DayHours
    day_ends: time = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        is_usual = all(hours.are_quiet_at(USUAL_DAY_END) for hours in (self.weekdays, self.weekend))
        object.__setattr__(
            self, "day_ends", USUAL_DAY_END if is_usual else self.weekdays.middle_of_sleep()
        )
        if not self.weekend.are_quiet_at(self.day_ends) or not self.weekdays.are_quiet_at(
            self.day_ends
        ):
            raise ValueError(
                f"the weekend's {self.weekend.wake:%H:%M} to {self.weekend.sleep:%H:%M} is awake "
                f"where the night of "
                f"working days is ({self.day_ends:%H:%M}): choose hours that share a part of the "
                f"night"
            )

    def hours_of(self, day: date) -> DayHours:
        return self.weekend if day.isoweekday() >= 6 else self.weekdays

    def day_of(self, instant: datetime) -> date:
        return day_of(instant, self.day_ends, self.zone)

    def day_is_over_at(self, day: date) -> datetime:
        return day_starts(day + ONE_DAY, self.day_ends, self.zone)

    def wakes_at(self, day: date) -> datetime:
        return instant_in_day(day, self.hours_of(day).wake, self.day_ends, self.zone)

    def sleeps_at(self, day: date) -> datetime:
        """The instant at which the quiet hours begin that end this day; at the latest the day's
        end.
        """
        sleep, over = self.hours_of(day).sleep, self.day_is_over_at(day)
        # Asleep at 04:00 sharp is the end of this day, not its beginning.
        return (
            over
            if sleep == self.day_ends
            else min(instant_in_day(day, sleep, self.day_ends, self.zone), over)
        )

    def is_quiet_at(self, instant: datetime) -> bool:
        return _is_quiet(self, instant)

    def next_waking(self, instant: datetime) -> datetime:
        """`instant` itself where the person is awake, else the end of these quiet hours."""
        if not self.is_quiet_at(instant):
            return instant
        day = self.day_of(instant)
        return self.wakes_at(day) if instant < self.wakes_at(day) else self.wakes_at(day + ONE_DAY)

    def local(self, instant: datetime) -> datetime:
        """The instant as the person's clock shows it."""
        return instant.astimezone(ZoneInfo(self.zone))


@lru_cache(maxsize=4096)
def _is_quiet(hours: Hours, instant: datetime) -> bool:
    day = hours.day_of(instant)
    return not hours.wakes_at(day) <= instant < hours.sleeps_at(day)

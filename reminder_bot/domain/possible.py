"""Which settings are possible together: waking hours, the digest's hour, the times of habits.

The bot starts nothing in quiet hours, so a wall time is possible on a weekday if the person is
awake then, and the hours of working days and of the weekend must have a part of the night in
common. Everything that sets one of these asks this module:

- A time that somebody types is refused, with what would be possible.
- New hours move all times that they make impossible, each to the nearest possible one, and the same
  answer says so.
- Buttons lead to possible times only.

Weekdays are ISO weekdays of the person's day.
"""

from datetime import time

from reminder_bot.domain.day import MINUTES_A_DAY, minutes, wall
from reminder_bot.domain.hours import DayHours, Hours

__all__ = ["are_possible", "is_possible", "nearest", "next_possible"]

# Times are moved to an hour before the sleep time at the latest, not to the last waking minute.
BEFORE_SLEEP = 60


def are_possible(weekdays: DayHours, weekend: DayHours) -> bool:
    """Whether somebody can have these hours on working days and at the weekend."""
    try:
        Hours("UTC", weekdays, weekend)
    except ValueError:
        return False
    return True


def is_possible(hours: Hours, weekday: int, at: time) -> bool:
    """Whether a digest or a reminder can be due at this wall time of a weekday."""
    return not hours.of_weekday(weekday).are_quiet_at(at)


def nearest(hours: Hours, weekday: int, at: time) -> time:
    """`at` itself if it is possible, else the waking time or an hour before the sleep time,
    whichever is nearer around the clock; the waking time if both are as near.
    """
    if is_possible(hours, weekday, at):
        return at
    of_day = hours.of_weekday(weekday)
    last = wall(minutes(of_day.sleep) - BEFORE_SLEEP)
    until_waking = (minutes(of_day.wake) - minutes(at)) % MINUTES_A_DAY
    since_last = (minutes(at) - minutes(last)) % MINUTES_A_DAY
    return of_day.wake if until_waking <= since_last else last


def next_possible(hours: Hours, weekday: int, at: time, step: int) -> time:
    """The first possible time in steps of so many minutes from `at`, negative for earlier ones; the
    quiet hours are skipped.
    """
    found = wall(minutes(at) + step)
    while not is_possible(hours, weekday, found):
        found = wall(minutes(found) + step)
    return found

"""Which hours, digest times and times of habits are possible together."""

from datetime import time, timedelta
from itertools import product

import pytest

from reminder_bot.domain.day import MINUTES_A_DAY, minutes, wall
from reminder_bot.domain.hours import DayHours, Hours
from reminder_bot.domain.possible import are_possible, is_possible, nearest, next_possible

WHOLE_HOURS = [time(hour) for hour in range(24)]
MONDAY, SUNDAY = 1, 7
NIGHT_SHIFT = DayHours(time(22), time(14))
USUAL = DayHours(time(7), time(23))


def day_hours() -> list[DayHours]:
    """All pairs of whole hours that leave a day and a night."""
    found = []
    for wake, sleep in product(WHOLE_HOURS, WHOLE_HOURS):
        awake = (sleep.hour - wake.hour) % 24 or 24
        if 8 <= awake <= 21:
            found.append(DayHours(wake, sleep))
    return found


def waking(hours: DayHours) -> list[time]:
    """The whole hours from waking on, without the sleep time."""
    awake = hours.waking_length // timedelta(hours=1)
    return [wall(minutes(hours.wake) + 60 * passed) for passed in range(awake)]


def distance(one: time, other: time) -> int:
    apart = abs(minutes(one) - minutes(other))
    return min(apart, MINUTES_A_DAY - apart)


def test_all_pairs_of_hours_are_walked() -> None:
    assert len(day_hours()) == 24 * 14


def test_whatever_the_hours_the_digest_moves_to_the_nearest_possible_hour() -> None:
    for each in day_hours():
        hours, possible = Hours("UTC", each, each), waking(each)

        for at in WHOLE_HOURS:
            to = nearest(hours, SUNDAY, at)

            assert to in possible, (each, at)
            assert distance(at, to) == min(distance(at, other) for other in possible), (each, at)


def test_whatever_the_hours_buttons_reach_each_possible_hour_and_no_other() -> None:
    for each in day_hours():
        hours, possible = Hours("UTC", each, each), waking(each)

        for at, step in product(possible, (60, -60)):
            after = possible[(possible.index(at) + step // 60) % len(possible)]
            assert next_possible(hours, SUNDAY, at, step) == after, (each, at)


def test_a_time_counts_by_the_hours_of_its_weekday() -> None:
    hours = Hours("UTC", USUAL, DayHours(time(10), time(1)))

    assert not is_possible(hours, MONDAY, time(0, 30))
    assert is_possible(hours, SUNDAY, time(0, 30))
    assert nearest(hours, MONDAY, time(0, 30)) == time(22)
    assert nearest(hours, SUNDAY, time(8)) == time(10)


@pytest.mark.parametrize(
    ("at", "to"),
    [
        ("18:00", "22:00"),
        ("14:00", "13:00"),
        ("17:30", "22:00"),
        ("17:29", "13:00"),
        ("13:59", "13:59"),
        ("22:00", "22:00"),
    ],
)
def test_for_a_night_shift_a_time_in_the_sleep_moves_to_its_nearer_end(at: str, to: str) -> None:
    hours = Hours("UTC", NIGHT_SHIFT, NIGHT_SHIFT)

    assert nearest(hours, SUNDAY, time.fromisoformat(at)) == time.fromisoformat(to)


def test_the_weekend_needs_a_part_of_the_night_of_working_days() -> None:
    assert are_possible(USUAL, DayHours(time(10), time(2)))
    assert not are_possible(NIGHT_SHIFT, USUAL)

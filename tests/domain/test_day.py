"""Which day an instant belongs to, and which instant a wall time means."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.day import day_of, day_starts, instant_at, instant_in_day, minutes, wall
from tests.support import oracle

MINUTE = timedelta(minutes=1)
FOUR = time(4)
DAY_ENDS = (time(0), time(0, 30), time(2, 30), time(3), time(4), time(12))
zones = st.sampled_from(
    [
        "Africa/Cairo",
        "America/New_York",
        "Antarctica/Troll",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "Pacific/Chatham",
        "UTC",
    ]
)
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


# Wall times and instants


def test_minutes_and_wall_times_convert_both_ways() -> None:
    assert [minutes(wall(each)) for each in range(1440)] == list(range(1440))


def test_minutes_are_counted_around_the_clock() -> None:
    assert (wall(-60), wall(1440), wall(25 * 60)) == (time(23), time(0), time(1))


@pytest.mark.parametrize(
    ("zone", "on", "wall_time", "instant"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:30"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("America/New_York", "2026-03-08", "02:00", "2026-03-08T07:00"),
        ("Africa/Cairo", "2026-04-24", "00:30", "2026-04-23T22:30"),
        ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-28T22:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        ("Antarctica/Troll", "2026-03-29", "02:30", "2026-03-29T02:30"),
        ("Asia/Kathmandu", "2026-01-01", "00:00", "2025-12-31T18:15"),
    ],
)
def test_a_skipped_time_keeps_the_old_offset_and_a_repeated_one_is_the_first(
    zone: str, on: str, wall_time: str, instant: str
) -> None:
    assert instant_at(date.fromisoformat(on), time.fromisoformat(wall_time), zone) == utc(instant)


@given(zones, instants)
def test_the_instant_of_what_a_clock_shows_now_is_not_in_the_future(
    zone: str, instant: datetime
) -> None:
    look = instant.replace(second=0, microsecond=0)
    shown = look.astimezone(ZoneInfo(zone))

    assert instant_at(shown.date(), shown.time(), zone) in (
        look,
        look - timedelta(minutes=30),
        look - timedelta(hours=1),
        look - timedelta(hours=2),
    )


# Days


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-01-02T02:59:59", "2026-01-01"),
        ("2026-01-02T03:00", "2026-01-02"),
        ("2026-01-01T23:30", "2026-01-01"),
        ("2026-01-01T22:59", "2026-01-01"),
    ],
)
def test_a_day_ends_at_four_by_the_clock_of_its_zone(instant: str, day: str) -> None:
    assert day_of(utc(instant), FOUR, "Europe/Berlin") == date.fromisoformat(day)


def test_a_wall_time_before_the_end_of_the_day_is_on_the_next_calendar_date() -> None:
    assert instant_in_day(date(2026, 1, 1), time(0, 30), FOUR, "UTC") == utc("2026-01-02T00:30")
    assert instant_in_day(date(2026, 1, 1), FOUR, FOUR, "UTC") == utc("2026-01-01T04:00")


def test_an_hour_shown_twice_around_the_end_of_a_day_does_not_bring_the_day_before_back() -> None:
    # In Berlin 02:00–03:00 is shown twice on 25 October 2026, from 00:00 and from 01:00 UTC.
    days = [
        day_of(utc(f"2026-10-25T{look}"), time(2, 30), "Europe/Berlin").day
        for look in ("00:29", "00:30", "01:15")
    ]

    assert days == [24, 25, 25]


def test_a_calendar_day_that_a_zone_skips_holds_no_instant() -> None:
    looks = (utc("2011-12-29T00:00") + minute * MINUTE for minute in range(4 * 1440))

    assert date(2011, 12, 30) not in {day_of(look, FOUR, "Pacific/Apia") for look in looks}


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"aware datetime, got the naive 2026-01-01T08:00:00"):
        day_of(datetime(2026, 1, 1, 8), FOUR, "UTC")  # noqa: DTZ001


@pytest.mark.parametrize("ends", DAY_ENDS, ids=str)
def test_days_follow_each_other_across_every_clock_change(ends: time) -> None:
    for rules, (zone, *_) in oracle.rule_sets().items():
        for since, _ in rules[1:3]:
            looks = [since + step * timedelta(minutes=15) for step in range(-60, 61)]
            days = [day_of(look, ends, zone) for look in looks]

            assert all(
                timedelta(0) <= later - earlier <= oracle.DAY for earlier, later in pairwise(days)
            ), (
                zone,
                since,
            )


@given(zones, st.sampled_from(DAY_ENDS), instants)
def test_an_instant_lies_between_the_start_of_its_day_and_of_the_next(
    zone: str, ends: time, instant: datetime
) -> None:
    day = day_of(instant, ends, zone)

    assert day_starts(day, ends, zone) <= instant < day_starts(day + oracle.DAY, ends, zone)

"""A person's quiet hours, and when their day ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.hours import DayHours, Hours
from tests.support import oracle

MINUTE = timedelta(minutes=1)
USUAL = DayHours(time(7), time(23))
LATE_RISER = DayHours(time(14), time(6))
NIGHT_WORKER = DayHours(time(20), time(12))

wall_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
zones = st.sampled_from(
    [
        "Africa/Cairo",
        "America/New_York",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Europe/Berlin",
        "Pacific/Chatham",
        "UTC",
    ]
)
days = st.dates(date(2026, 1, 1), date(2029, 12, 31))


def possible(wake: time, sleep: time) -> DayHours | None:
    try:
        return DayHours(wake, sleep)
    except ValueError:
        return None


def shared(zone: str, weekdays: DayHours, weekend: DayHours) -> Hours | None:
    try:
        return Hours(zone, weekdays, weekend)
    except ValueError:
        return None


some_hours = st.builds(possible, wall_times, wall_times).filter(bool)
some_weeks = st.builds(shared, zones, some_hours, some_hours).filter(bool)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


# The hours of a day


@pytest.mark.parametrize(
    ("hours", "awake"),
    [
        (USUAL, 16),
        (LATE_RISER, 16),
        (NIGHT_WORKER, 16),
        (DayHours(time(8), time(0)), 16),
        (DayHours(time(6), time(3)), 21),
    ],
)
def test_waking_and_sleep_add_up_to_a_day(hours: DayHours, awake: int) -> None:
    assert hours.waking_length == timedelta(hours=awake)
    assert hours.sleep_length == timedelta(hours=24 - awake)


def test_quiet_hours_include_sleep_time_and_leave_out_wake_time() -> None:
    quiet = [USUAL.are_quiet_at(look) for look in (time(22, 59), time(23), time(6, 59), time(7))]

    assert quiet == [False, True, True, False]


@pytest.mark.parametrize(
    ("sleep", "is_less_than_advised", "is_short"),
    [
        (time(19), False, False),
        (time(0), False, False),
        (time(0, 1), True, False),
        (time(1), True, False),
        (time(1, 1), True, True),
    ],
)
def test_less_than_seven_hours_of_sleep_are_few_and_less_than_six_are_short(
    sleep: time, is_less_than_advised: bool, is_short: bool
) -> None:
    hours = DayHours(time(7), sleep)

    assert (hours.is_less_than_advised, hours.is_short) == (is_less_than_advised, is_short)


@pytest.mark.parametrize(
    ("wake", "sleep"),
    [(time(7), time(7)), (time(7), time(4, 1)), (time(7), time(14, 59)), (time(0), time(23))],
)
def test_hours_that_leave_no_day_or_no_night_are_refused(wake: time, sleep: time) -> None:
    with pytest.raises(
        ValueError,
        match=rf"{wake:%H:%M} to {sleep:%H:%M} leaves no day or no night: at least 8 hours",
    ):
        DayHours(wake, sleep)


@pytest.mark.parametrize(("wake", "sleep"), [(time(7), time(4)), (time(7), time(15))])
def test_three_hours_asleep_and_eight_awake_are_enough(wake: time, sleep: time) -> None:
    assert DayHours(wake, sleep).sleep_length >= timedelta(hours=3)


# Where the day ends


def test_somebody_who_sleeps_from_the_end_of_the_day_is_awake_until_then() -> None:
    hours = Hours("UTC", DayHours(time(12), time(4)), DayHours(time(12), time(4)))

    quiet = [
        hours.is_quiet_at(utc(f"2026-01-05T{look}"))
        for look in ("03:59", "04:00", "11:59", "12:00", "23:00")
    ]

    assert quiet == [False, True, True, False, False]


def test_a_sleep_time_that_a_long_gap_moves_never_passes_the_end_of_the_day() -> None:
    hours = Hours(
        "Antarctica/Troll", DayHours(time(9), time(2, 30)), DayHours(time(9), time(2, 30))
    )

    assert (
        hours.sleeps_at(date(2026, 3, 28))
        == hours.day_is_over_at(date(2026, 3, 28))
        == utc("2026-03-29T02:00")
    )


@pytest.mark.parametrize(
    ("hours", "ends"),
    [
        (USUAL, time(4)),
        (DayHours(time(9), time(1)), time(4)),
        (DayHours(time(12), time(4)), time(4)),
        (DayHours(time(4), time(20)), time(0)),
        (LATE_RISER, time(10)),
        (NIGHT_WORKER, time(16)),
        (DayHours(time(13, 15), time(5, 0)), time(9, 7)),
    ],
)
def test_a_day_ends_at_four_or_in_the_middle_of_the_sleep(hours: DayHours, ends: time) -> None:
    assert Hours("UTC", hours, hours).day_ends == ends


@pytest.mark.parametrize(("hours", "ends"), [(LATE_RISER, "10:00"), (NIGHT_WORKER, "16:00")])
def test_a_night_workers_waking_hours_are_one_day(hours: DayHours, ends: str) -> None:
    week = Hours("Europe/Berlin", hours, hours)
    wakes = week.wakes_at(date(2026, 1, 5))

    through_the_night = {week.day_of(wakes + hour * timedelta(hours=1)) for hour in range(16)}

    assert through_the_night == {date(2026, 1, 5)}
    assert f"{week.local(week.day_is_over_at(date(2026, 1, 5))):%d %H:%M}" == f"06 {ends}"


def test_hours_of_the_weekend_that_share_no_night_are_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"the weekend's 07:00 to 23:00 includes the middle of the night of working days "
        r"\(.*\): choose hours that share a part of the night$",
    ):
        Hours("UTC", NIGHT_WORKER, USUAL)


# The week


def test_the_weekend_has_its_own_hours() -> None:
    hours = Hours("UTC", USUAL, DayHours(time(9), time(1)))

    assert [f"{hours.wakes_at(date(2026, 1, day)):%H:%M}" for day in (2, 3, 4, 5)] == [
        "07:00",
        "09:00",
        "09:00",
        "07:00",
    ]
    assert hours.sleeps_at(date(2026, 1, 3)) == utc("2026-01-04T01:00")


def test_friday_night_ends_with_the_hours_of_saturday() -> None:
    hours = Hours("UTC", USUAL, DayHours(time(9), time(1)))
    eight_on_saturday = utc("2026-01-03T08:00")

    assert hours.is_quiet_at(eight_on_saturday)
    assert hours.next_waking(eight_on_saturday) == utc("2026-01-03T09:00")


def test_next_waking_is_now_for_somebody_who_is_awake() -> None:
    hours = Hours("UTC", USUAL, USUAL)

    assert hours.next_waking(utc("2026-01-03T08:00")) == utc("2026-01-03T08:00")


@pytest.mark.parametrize(
    "moment", ["2026-01-02T23:00", "2026-01-03T03:59", "2026-01-03T04:00", "2026-01-03T06:59"]
)
def test_the_night_ends_at_wake_time_before_and_after_the_end_of_the_day(moment: str) -> None:
    hours = Hours("UTC", USUAL, USUAL)

    assert hours.next_waking(utc(moment)) == utc("2026-01-03T07:00")


@pytest.mark.parametrize(
    "hours",
    [
        Hours("UTC", USUAL, USUAL),
        Hours("UTC", USUAL, DayHours(time(9), time(2, 30))),
        Hours("UTC", LATE_RISER, LATE_RISER),
        Hours("UTC", NIGHT_WORKER, NIGHT_WORKER),
        Hours("UTC", DayHours(time(4), time(20)), DayHours(time(5), time(22))),
        Hours("UTC", DayHours(time(9), time(0)), DayHours(time(9, 30), time(1, 30))),
    ],
    ids=["usual", "long weekend", "late riser", "night worker", "early riser", "late"],
)
def test_a_night_with_a_clock_change_is_quiet_from_sleep_to_wake_time(hours: Hours) -> None:
    for rules, (zone, *_) in oracle.rule_sets().items():
        # Antarctica/Troll is left out: its gap of two hours moves a sleep time of 02:30 past the
        # end of the day, where the quiet hours begin then.
        for since, _ in rules[1:3] if zone != "Antarctica/Troll" else ():
            here = replace(hours, zone=zone)
            becomes_quiet = turns(here, since - timedelta(days=2), since + timedelta(days=1))

            for moment in (since + step * timedelta(minutes=30) for step in range(-36, 37)):
                last_turn = max(turn for turn in becomes_quiet if turn <= moment)
                assert here.is_quiet_at(moment) == becomes_quiet[last_turn], f"{here} at {moment}"


def turns(week: Hours, start: datetime, end: datetime) -> dict[datetime, bool]:
    """By the oracle: the instants at which a person falls asleep (True) or wakes (False)."""
    both = [week.weekdays] * 5 + [week.weekend] * 2
    walk = oracle.walk(
        week.zone,
        start,
        end,
        frozenset(each for hours in both for each in (hours.wake, hours.sleep)),
    )
    wakes = walk.due([{hours.wake} for hours in both], week.day_ends)
    sleeps = walk.due([{hours.sleep} for hours in both], week.day_ends)
    return dict.fromkeys(wakes, False) | dict.fromkeys(sleeps, True)


def test_a_sleep_time_shown_twice_begins_the_quiet_hours_the_first_time() -> None:
    hours = DayHours(time(9), time(2, 30))
    week = Hours("Europe/Berlin", hours, hours)

    quiet = [
        week.is_quiet_at(utc(f"2026-10-25T{look}"))
        for look in ("00:29", "00:30", "01:00", "01:29", "01:30")
    ]

    assert quiet == [False, True, True, True, True]


# Properties


@given(some_weeks, days, st.integers(0, 1439))
def test_the_next_waking_is_the_first_minute_that_is_not_quiet(
    hours: Hours, day: date, minute: int
) -> None:
    moment = datetime.combine(day, time(0), UTC) + minute * MINUTE

    waking = hours.next_waking(moment)

    assert waking >= moment
    assert not hours.is_quiet_at(waking)
    assert all(
        hours.is_quiet_at(moment + step * MINUTE)
        for step in range(0, (waking - moment) // MINUTE, 7)
    )


@given(some_weeks, days)
def test_a_person_wakes_and_sleeps_within_their_day(hours: Hours, day: date) -> None:
    begins, over = hours.day_is_over_at(day - timedelta(days=1)), hours.day_is_over_at(day)

    assert begins <= hours.wakes_at(day) < hours.sleeps_at(day) <= over


@given(some_weeks)
def test_the_day_ends_where_both_kinds_of_day_are_quiet(hours: Hours) -> None:
    assert hours.weekdays.are_quiet_at(hours.day_ends)
    assert hours.weekend.are_quiet_at(hours.day_ends)

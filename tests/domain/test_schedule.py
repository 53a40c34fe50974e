"""When a reminder is due, compared with a listing made minute by minute (tests/support/oracle.py).

The default run checks six days around each clock change of every rule set in the zone data;
`pytest -m sweep` checks every day of four years and every quarter of an hour.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.day import day_of, day_starts
from reminder_bot.domain.schedule import Due, Schedule, latest_due, next_due, window
from tests.support import oracle

SECOND = timedelta(seconds=1)
AROUND = timedelta(days=3)
LONGEST_GAP = timedelta(hours=2)  # Antarctica/Troll's
PARTS = 8
QUARTERS = frozenset(time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45))

DAY_ENDS = (time(4), time(0), time(0, 30), time(2), time(2, 30), time(3), time(9), time(12))
# A week in which each day has its own slots, among them those that clock changes skip or repeat.
NIGHT = tuple(
    time(hour, minute)
    for hour, minute in ((0, 0), (0, 30), (1, 59), (2, 0), (2, 30), (3, 0), (3, 30))
)
LATE = (time(23, 30), time(23, 59))
ACROSS_A_GAP = window(time(22, 10), time(5, 0), timedelta(minutes=25))
WEEKS = (
    (NIGHT + LATE,) * 7,
    ((time(8), time(2, 30), time(23, 45)),) * 5 + (ACROSS_A_GAP,) * 2,
    (
        ACROSS_A_GAP,
        (),
        LATE,
        NIGHT,
        (time(0, 15),),
        (time(2, 30),),
        (time(1, 45), time(2, 15), time(9)),
    ),
)
ASKED_FOR = frozenset(slot for week in WEEKS for slots in week for slot in slots)

wall_times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
day_ends = st.sampled_from(DAY_ENDS)
weeks = st.tuples(
    *[st.lists(wall_times, max_size=5, unique=True).map(lambda each: tuple(sorted(each)))] * 7
)
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
schedules = st.builds(Schedule, zones, day_ends, weeks)
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


# Against the oracle


@cache
def walks_around_changes(part: int) -> tuple[tuple[oracle.Walk, datetime, datetime], ...]:
    """Three days before to three days after each clock change of an eighth of the rule sets."""
    rule_sets = list(oracle.rule_sets().items())[part::PARTS]
    spans = (
        (zones[0], since - AROUND, since + AROUND)
        for rules, zones in rule_sets
        for since, _ in rules[1:]
    )
    return tuple(
        (oracle.walk(zone, start, end, ASKED_FOR), start, end) for zone, start, end in spans
    )


def chained(schedule: Schedule, after: datetime, until: datetime) -> Iterator[Due]:
    """Every due time from `after` to before `until`, each found from the one before."""
    due = next_due(schedule, after)
    while due is not None and due.due_at < until:
        yield due
        due = next_due(schedule, due.due_at)


def assert_equal_to_the_oracle(
    walk: oracle.Walk, start: datetime, end: datetime, schedule: Schedule
) -> None:
    listed = walk.due(schedule.slots, schedule.day_ends)
    found = list(chained(schedule, start - SECOND, end))
    told = f"{schedule}, {start} to {end}"

    assert [due.due_at for due in found] == list(listed), told
    assert all((due.day, due.slot) in listed[due.due_at] for due in found), told


def test_the_rule_sets_cover_every_zone_of_the_database() -> None:
    grouped = [zone for zones in oracle.rule_sets().values() for zone in zones]

    assert sorted(grouped) == sorted(available_timezones())
    assert len(oracle.rule_sets()) < 100


@pytest.mark.parametrize("part", range(PARTS))
def test_next_due_equals_the_slow_listing_around_every_clock_change(part: int) -> None:
    for walk, start, end in walks_around_changes(part):
        for number, ends in enumerate(DAY_ENDS):
            schedule = Schedule(walk.zone, ends, WEEKS[number % len(WEEKS)])

            assert_equal_to_the_oracle(walk, start, end, schedule)


@pytest.mark.parametrize("part", range(PARTS))
def test_latest_due_equals_the_slow_listing_around_every_clock_change(part: int) -> None:
    for walk, start, end in walks_around_changes(part):
        schedule = Schedule(
            walk.zone, time(4) if part % 2 else time(2, 30), WEEKS[part % len(WEEKS)]
        )
        listed = list(walk.due(schedule.slots, schedule.day_ends))

        for earlier, later in pairwise(listed):
            for moment in (earlier, later - SECOND):
                found = latest_due(schedule, moment)
                assert found is not None
                assert found.due_at == earlier, f"{schedule} until {moment}, {start} to {end}"


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))],
)
@pytest.mark.parametrize("ends", DAY_ENDS, ids=str)
@pytest.mark.parametrize("week", WEEKS, ids=("night", "window", "mixed"))
def test_a_calendar_day_that_a_zone_skips_is_due_for_nobody(
    zone: str, skipped: date, ends: time, week: tuple[tuple[time, ...], ...]
) -> None:
    middle = datetime.combine(skipped, time(12), UTC)
    start, end = middle - AROUND, middle + AROUND
    walk = oracle.walk(zone, start, end, ASKED_FOR)
    schedule = Schedule(zone, ends, week)

    assert walk.skipped == {skipped}
    assert_equal_to_the_oracle(walk, start, end, schedule)
    assert skipped not in {due.day for due in chained(schedule, start, end)}


@pytest.mark.sweep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", range(PARTS))
def test_next_due_equals_the_slow_listing_at_every_quarter_of_four_years(part: int) -> None:
    for zones in list(oracle.rule_sets().values())[part::PARTS]:
        walk = oracle.walk(zones[0], oracle.FIRST, oracle.LAST, QUARTERS)
        for eight_hours_apart in (sorted(QUARTERS)[first::32] for first in range(32)):
            schedule = Schedule.of_week(walk.zone, time(4), eight_hours_apart)

            assert_equal_to_the_oracle(walk, oracle.FIRST, oracle.LAST, schedule)


# The rules one by one


def at_berlin(day_and_time: str) -> str:
    """When a slot ("2026-03-29 02:30") is due, as the UTC time of that day."""
    day, slot = day_and_time.split()
    schedule = Schedule.of_week("Europe/Berlin", time(4), [time.fromisoformat(slot)])
    due = next_due(schedule, datetime.fromisoformat(f"{day}T00:00Z") - timedelta(hours=2))
    assert due is not None
    return f"{due.due_at:%H:%M}"


def test_a_time_that_the_clock_skips_is_read_with_the_offset_before_the_gap() -> None:
    assert at_berlin("2026-03-29 02:30") == "01:30"


def test_a_time_the_clock_shows_twice_is_due_once_the_first_time() -> None:
    schedule = Schedule.of_week("Europe/Berlin", time(4), [time(2, 30)])

    found = [due.due_at for due in chained(schedule, utc(2026, 10, 24, 12), utc(2026, 10, 25, 12))]

    assert found == [utc(2026, 10, 25, 0, 30)]


def test_two_times_that_a_gap_makes_equal_are_due_once() -> None:
    schedule = Schedule.of_week("Europe/Berlin", time(4), [time(2, 30), time(3, 30)])

    found = [due.due_at for due in chained(schedule, utc(2026, 3, 28, 12), utc(2026, 3, 29, 12))]

    assert found == [utc(2026, 3, 29, 1, 30)]


def test_a_slot_after_midnight_belongs_to_the_evening_before() -> None:
    schedule = Schedule("Europe/Berlin", time(4), ((),) * 4 + ((time(0, 30),),) + ((),) * 2)

    due = next_due(schedule, utc(2026, 1, 1))

    assert due == Due(utc(2026, 1, 2, 23, 30), date(2026, 1, 2), time(0, 30))


def test_the_next_time_is_strictly_later_and_the_latest_one_may_be_now() -> None:
    schedule = Schedule.of_week("UTC", time(4), [time(8)])
    now = utc(2026, 1, 5, 8)

    following, latest = next_due(schedule, now), latest_due(schedule, now)

    assert following is not None
    assert latest is not None
    assert (following.due_at, latest.due_at) == (utc(2026, 1, 6, 8), now)


def test_a_week_with_one_slot_is_due_once_a_week() -> None:
    schedule = Schedule("Asia/Tokyo", time(4), ((),) * 6 + ((time(10),),))

    found = [due.day for due in chained(schedule, utc(2026, 1, 1), utc(2026, 1, 31))]

    assert found == [date(2026, 1, 4), date(2026, 1, 11), date(2026, 1, 18), date(2026, 1, 25)]


def test_a_schedule_without_slots_is_never_due() -> None:
    schedule = Schedule.of_week("Europe/Berlin", time(4), [])

    assert next_due(schedule, utc(2026, 1, 1)) is None
    assert latest_due(schedule, utc(2026, 1, 1)) is None


def test_working_days_and_the_weekend_may_differ() -> None:
    schedule = Schedule.of_week("UTC", time(4), [time(7)], weekend=[time(9)])

    found = [f"{due.due_at:%a %H}" for due in chained(schedule, utc(2026, 1, 2), utc(2026, 1, 6))]

    assert found == ["Fri 07", "Sat 09", "Sun 09", "Mon 07"]


def test_other_times_on_one_weekday_leave_the_others_alone() -> None:
    schedule = Schedule.of_week("UTC", time(4), [time(7)]).of({3: (time(9), time(20))})

    assert schedule.format() == "124567 07:00 3 09:00,20:00"


@pytest.mark.parametrize("ask", [next_due, latest_due])
def test_an_instant_without_a_zone_is_refused(
    ask: Callable[[Schedule, datetime], object],
) -> None:
    schedule = Schedule.of_week("UTC", time(4), [time(7)])

    with pytest.raises(ValueError, match=r"aware datetime, got the naive 2026-01-01T00:00:00"):
        ask(schedule, datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_schedule_of_fewer_than_seven_days_is_refused() -> None:
    with pytest.raises(ValueError, match="slots for 7 weekdays, got 5"):
        Schedule("UTC", time(4), ((time(7),),) * 5)


# Properties


@given(schedules, instants)
def test_due_times_increase_strictly(schedule: Schedule, after: datetime) -> None:
    due = next_due(schedule, after)

    assert due is None or due.due_at > after


@given(schedules, instants)
def test_nothing_is_due_between_the_latest_and_the_next(schedule: Schedule, now: datetime) -> None:
    latest, following = latest_due(schedule, now), next_due(schedule, now)

    if latest is not None and following is not None:
        assert latest.due_at <= now < following.due_at
        assert next_due(schedule, latest.due_at) == following
        assert latest_due(schedule, following.due_at - SECOND) == latest


@given(schedules, instants)
def test_every_due_time_is_within_its_day(schedule: Schedule, after: datetime) -> None:
    due = next_due(schedule, after)

    if due is not None:
        held = day_of(due.due_at, schedule.day_ends, schedule.zone)
        begins, ends = (
            day_starts(due.day + n * oracle.DAY, schedule.day_ends, schedule.zone) for n in (0, 1)
        )
        # A due time may be outside its day only if a gap touches the end of the day, and then by no
        # more than the gap.
        assert begins - LONGEST_GAP <= due.due_at < ends + LONGEST_GAP
        assert (
            held == due.day or min(abs(due.due_at - begins), abs(due.due_at - ends)) <= LONGEST_GAP
        )


@given(schedules)
def test_parse_reads_what_format_wrote(schedule: Schedule) -> None:
    assert Schedule.parse(schedule.zone, schedule.day_ends, schedule.format()) == schedule


@given(wall_times, wall_times, st.integers(1, 2000))
def test_a_window_starts_at_its_start_and_never_passes_its_end(
    start: time, end: time, step: int
) -> None:
    times = window(start, end, timedelta(minutes=step))

    length = (minutes(end) - minutes(start)) % 1440
    assert [(minutes(each) - minutes(start)) % 1440 for each in times] == list(
        range(0, length + 1, step)
    )


# Windows


def test_a_window_includes_both_ends() -> None:
    assert shown(window(time(9), time(12), timedelta(minutes=90))) == "09:00 10:30 12:00"


def test_a_window_may_run_across_midnight() -> None:
    assert shown(window(time(22), time(1), timedelta(minutes=90))) == "22:00 23:30 01:00"


def test_a_window_that_ends_where_it_starts_has_one_time() -> None:
    assert shown(window(time(9), time(9), timedelta(hours=1))) == "09:00"


@pytest.mark.parametrize("step", [timedelta(0), timedelta(seconds=59), timedelta(minutes=-5)])
def test_a_window_with_a_step_below_a_minute_is_refused(step: timedelta) -> None:
    with pytest.raises(ValueError, match=r"a step of at least one minute, got "):
        window(time(9), time(12), step)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def minutes(wall_time: time) -> int:
    return wall_time.hour * 60 + wall_time.minute


def shown(times: Iterable[time]) -> str:
    return " ".join(f"{each:%H:%M}" for each in times)


def test_where_two_days_share_an_instant_it_is_of_the_day_that_has_begun() -> None:
    """The day ends at 3:00. On 29 March 2:30, still of the 28th, does not exist and means 3:30."""
    schedule = Schedule.parse("Europe/Berlin", time(3), "1234567 02:30,03:30")
    shared = Due(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), date(2026, 3, 29), time(3, 30))

    assert next_due(schedule, shared.due_at - SECOND) == shared
    assert latest_due(schedule, shared.due_at) == shared

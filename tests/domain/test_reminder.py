"""How late an ask may be, when a question closes, and when it is repeated."""

from datetime import date, datetime, time, timedelta

import pytest

from reminder_bot.domain.habit import HabitKind, Role, default_slots
from reminder_bot.domain.hours import DayHours, Hours
from reminder_bot.domain.reminder import (
    BEFORE_REPEAT,
    DEFAULT_REPEATS,
    REPEATS,
    closes_at,
    counted_day,
    default_repeats,
    grace,
    repeat_at,
    send_until,
)
from reminder_bot.domain.schedule import Schedule, next_due
from tests.support.world import local

BERLIN = "Europe/Berlin"
USUAL = DayHours(time(7), time(23))
WEEK = Hours(BERLIN, USUAL, USUAL)
MONDAY = date(2026, 3, 2)
HOUR = timedelta(hours=1)


def at(clock: str, day: str = "2026-03-02") -> datetime:
    return local(f"{day} {clock}", BERLIN)


@pytest.mark.parametrize(
    ("kind", "asked", "until"),
    [
        (HabitKind.HYDRATION, "12:30", "13:00"),
        (HabitKind.PROBIOTIC, "12:00", "16:00"),
        (HabitKind.MEDITATION, "08:00", "10:00"),
        (HabitKind.BEDTIME, "07:15", "11:15"),
        (HabitKind.PROBIOTIC, "20:00", "23:00"),
        (HabitKind.HYDRATION, "22:45", "23:00"),
    ],
)
def test_an_ask_may_be_as_late_as_its_grace_and_never_after_sleep_time(
    kind: HabitKind, asked: str, until: str
) -> None:
    assert send_until(kind, Role.QUESTION, WEEK, MONDAY, at(asked)) == at(until)


def test_every_role_has_its_figures() -> None:
    assert set(BEFORE_REPEAT) == set(DEFAULT_REPEATS) == set(Role)


@pytest.mark.parametrize("kind", HabitKind)
def test_a_question_is_late_after_its_grace(kind: HabitKind) -> None:
    assert grace(kind, Role.QUESTION) == kind.spec.grace


def test_the_evening_prompt_is_worth_sending_until_sleep_time() -> None:
    assert grace(HabitKind.BEDTIME, Role.WIND_DOWN) is None
    assert send_until(HabitKind.BEDTIME, Role.WIND_DOWN, WEEK, MONDAY, at("22:15")) == at("23:00")


def test_an_ask_meant_for_quiet_hours_is_bounded_by_its_grace_alone() -> None:
    until = send_until(HabitKind.MEDITATION, Role.QUESTION, WEEK, MONDAY, at("23:30"))

    assert until == at("01:30", "2026-03-03")


def test_a_night_owls_ask_ends_with_their_sleep_after_midnight() -> None:
    owl = DayHours(time(10), time(2))
    hours = Hours(BERLIN, owl, owl)

    assert send_until(
        HabitKind.MEDITATION, Role.QUESTION, hours, MONDAY, at("01:15", "2026-03-03")
    ) == at("02:00", "2026-03-03")


def test_lateness_across_a_clock_change_is_elapsed_time() -> None:
    """02:00 to 03:00 is skipped on 29 March 2026: two hours after 00:30 the clock shows 03:30."""
    owl = DayHours(time(12), time(5))
    hours = Hours(BERLIN, owl, owl)

    asked = at("00:30", "2026-03-29")
    assert (
        send_until(HabitKind.MEDITATION, Role.QUESTION, hours, date(2026, 3, 28), asked)
        == asked + 2 * HOUR
    )


def test_a_question_closes_when_its_reminder_is_due_next() -> None:
    schedule = Schedule.of_week(
        BERLIN, WEEK.day_ends, default_slots(HabitKind.HYDRATION, Role.QUESTION, USUAL)
    )

    assert closes_at(WEEK, MONDAY, next_due(schedule, at("12:30"))) == at("15:00")


def test_the_last_question_closes_with_the_day() -> None:
    schedule = Schedule.of_week(BERLIN, WEEK.day_ends, [time(20)])

    assert closes_at(WEEK, MONDAY, next_due(schedule, at("20:00"))) == at("04:00", "2026-03-03")


def test_a_question_without_another_closes_with_the_day() -> None:
    assert closes_at(WEEK, MONDAY, None) == at("04:00", "2026-03-03")


@pytest.mark.parametrize(
    ("role", "asked", "left", "again"),
    [
        (Role.WIND_DOWN, "22:15", 1, "22:35"),
        (Role.QUESTION, "12:00", 3, "12:30"),
        (Role.WIND_DOWN, "22:15", 0, None),
        (Role.WIND_DOWN, "22:40", 1, None),
        (Role.QUESTION, "22:30", 1, None),
        (Role.QUESTION, "22:29", 1, "22:59"),
    ],
)
def test_a_question_repeats_while_repeats_are_left_but_not_in_quiet_hours(
    role: Role, asked: str, left: int, again: str | None
) -> None:
    assert repeat_at(role, WEEK, at(asked), left) == (at(again) if again else None)


def test_only_the_evening_prompt_is_repeated_by_default() -> None:
    repeats = {role: default_repeats(role) for kind in HabitKind for role in kind.spec.roles}

    assert repeats == {Role.QUESTION: 0, Role.WIND_DOWN: 1}


def test_the_mornings_question_counts_for_the_evening_before() -> None:
    assert counted_day(HabitKind.BEDTIME, MONDAY) == date(2026, 3, 1)
    assert {
        counted_day(kind, MONDAY) for kind in HabitKind if not kind.spec.is_about_last_night
    } == {MONDAY}


def test_repeats_are_off_gentle_or_firm() -> None:
    assert REPEATS == {"off": 0, "gentle": 1, "firm": 3}

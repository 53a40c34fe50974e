"""When a check-in is open or snoozed, and when a snoozed one is asked again."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from reminder_bot.domain.check_in import BACK_FILL, Later, Reply, Status, later_at
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours, Hours
from tests.chat.cards import TEN, row
from tests.support.world import local

SECOND = timedelta(seconds=1)
CHECK_IN = row(HabitKind.MEDITATION).check_in


def test_a_question_is_open_until_it_closes() -> None:
    assert CHECK_IN.is_open(CHECK_IN.closes_at - SECOND)
    assert not CHECK_IN.is_open(CHECK_IN.closes_at)


@pytest.mark.parametrize("given", list(Reply))
def test_an_answered_question_is_not_open(given: Reply) -> None:
    assert not replace(CHECK_IN, reply=given).is_open(TEN)


@pytest.mark.parametrize(
    ("status", "ask", "is_snoozed"),
    [
        (Status.PLANNED, 1, False),
        (Status.PLANNED, 2, True),
        (Status.SENT, 2, False),
        (Status.CLAIMED, 2, False),
    ],
)
def test_a_check_in_that_waits_for_its_next_ask_is_snoozed(
    status: Status, ask: int, is_snoozed: bool
) -> None:
    assert replace(CHECK_IN, status=status, ask=ask).is_snoozed is is_snoozed


@pytest.mark.parametrize(
    ("choice", "hours", "now", "again"),
    [
        (Later.TIMER, (7, 23), "2026-03-02 10:07", "2026-03-02 10:12"),
        (Later.QUARTER, (7, 23), "2026-03-02 10:07", "2026-03-02 10:22"),
        (Later.HOUR, (7, 23), "2026-03-02 10:07", "2026-03-02 11:07"),
        (Later.EVENING, (7, 23), "2026-03-02 10:07", "2026-03-02 20:00"),
        (Later.EVENING, (10, 2), "2026-03-03 00:30", "2026-03-02 23:00"),
        # Clocks go forward on 29 March: an hour later means an elapsed hour, also across the gap.
        (Later.HOUR, (12, 5), "2026-03-29 01:30", "2026-03-29 03:30"),
    ],
)
def test_later_is_an_interval_or_three_hours_before_sleep(
    choice: Later, hours: tuple[int, int], now: str, again: str
) -> None:
    day = DayHours(time(hours[0]), time(hours[1]))
    week = Hours("Europe/Berlin", day, day)

    assert later_at(choice, week, local(now, "Europe/Berlin")) == local(again, "Europe/Berlin")


def test_days_can_be_corrected_for_two_weeks() -> None:
    assert timedelta(weeks=2) == BACK_FILL


def test_a_new_check_in_has_no_attempts_no_reply_and_no_repeats_left() -> None:
    assert (CHECK_IN.attempts, CHECK_IN.reply, CHECK_IN.repeats_left) == (0, None, 0)

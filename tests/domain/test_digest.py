"""Which days a digest covers, when it is due, and its figures."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.adherence import NOT_DUE, Ask, Cell, DayRecord, Mark
from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.digest import (
    Digest,
    figures,
    latest_digest_due,
    next_digest_due,
    week_until,
)
from reminder_bot.domain.habit import Habit, HabitKind
from tests.chat.cards import ANA
from tests.support.world import local

SATURDAY = date(2026, 3, 7)
YES = DayRecord([Ask(Status.REPLIED, Reply.YES)], entry_count=1)
NO = DayRecord([Ask(Status.REPLIED, Reply.NO)])
SILENCE = DayRecord([Ask(Status.UNANSWERED)])
QUIET = {HabitKind.MEDITATION: Habit(1, HabitKind.MEDITATION)}


def at(text: str) -> datetime:
    return local(text, "Europe/Berlin")


def test_a_week_has_seven_days_and_ends_with_its_last() -> None:
    assert week_until(SATURDAY) == tuple(date(2026, 3, day) for day in range(1, 8))


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-02 10:00", "2026-03-08 18:00"),
        ("2026-03-08 17:59", "2026-03-08 18:00"),
        ("2026-03-08 18:00", "2026-03-15 18:00"),
        ("2026-03-22 18:00", "2026-03-29 18:00"),  # the day the clocks go forward
        ("2026-12-28 10:00", "2027-01-03 18:00"),
    ],
)
def test_a_digest_is_due_on_sunday_at_six_by_the_clock(after: str, due: str) -> None:
    assert next_digest_due(ANA, at(after)).due_at == at(due)


def test_the_latest_digest_is_the_one_before() -> None:
    latest = latest_digest_due(ANA, at("2026-03-15 17:59"))

    assert latest is not None
    assert latest.due_at == at("2026-03-08 18:00")


@given(
    weekdays=st.lists(st.integers(1, 7), min_size=2, max_size=6),
    gaps=st.lists(st.integers(1, 400), min_size=6, max_size=6),
)
def test_two_digests_are_five_days_apart_however_the_weekday_is_moved(
    weekdays: list[int], gaps: list[int]
) -> None:
    now, last, told = at("2026-03-02 10:00"), None, []
    for weekday, gap in zip(weekdays, gaps, strict=False):
        last = next_digest_due(replace(ANA, digest_weekday=weekday), now, last).due_at
        told.append(last)
        now = last + timedelta(hours=gap)

    assert all(later - earlier >= timedelta(days=5) for earlier, later in pairwise(told))


def test_figures_are_shown_beside_those_of_the_week_before() -> None:
    records = {
        HabitKind.MEDITATION: {
            date(2026, 3, 2): YES,
            date(2026, 3, 3): NO,
            date(2026, 3, 4): SILENCE,
            date(2026, 2, 25): YES,
            date(2026, 2, 20): YES,
            date(2026, 3, 8): YES,
        }
    }

    week = figures(QUIET, records, SATURDAY)

    (line,) = week.habits
    assert ((line.this.kept, line.this.due), (line.last.kept, line.last.due)) == ((1, 3), (1, 1))
    assert week.answers == 2
    assert week.best_day == date(2026, 3, 2)


def test_the_week_before_is_the_seven_days_before() -> None:
    every_day = {date(2026, 2, day): YES for day in range(1, 29)}

    (line,) = figures(QUIET, {HabitKind.MEDITATION: every_day}, SATURDAY).habits
    (on_28,) = figures(QUIET, {HabitKind.MEDITATION: {date(2026, 2, 28): YES}}, SATURDAY).habits

    assert (line.this.kept, line.last.kept) == (0, 7)
    assert (on_28.this.kept, on_28.last.kept) == (0, 1)


@pytest.mark.parametrize(("food_on", "best"), [((2,), 2), ((2, 5), None), ((4,), None)])
def test_the_best_day_has_most_habits_kept_and_there_is_none_among_equals(
    food_on: tuple[int, ...], best: int | None
) -> None:
    both = QUIET | {HabitKind.PROBIOTIC: Habit(2, HabitKind.PROBIOTIC)}
    records = {
        HabitKind.MEDITATION: {date(2026, 3, day): YES for day in (2, 5, 6)},
        HabitKind.PROBIOTIC: {date(2026, 3, day): YES for day in food_on},
    }

    best_day = figures(both, records, SATURDAY).best_day

    assert best_day == (None if best is None else date(2026, 3, best))


def test_a_week_without_an_answer_is_empty() -> None:
    week = figures(QUIET, {HabitKind.MEDITATION: {date(2026, 3, 2): SILENCE}}, SATURDAY)

    assert (week.answers, week.best_day) == (0, None)


def test_an_entry_without_a_question_counts_as_an_answer() -> None:
    done = DayRecord([], amount=500, entry_count=1)

    assert figures(QUIET, {HabitKind.MEDITATION: {date(2026, 3, 2): done}}, SATURDAY).answers == 1


def test_after_a_shorter_gap_only_new_days_are_reported() -> None:
    records = {
        HabitKind.MEDITATION: {date(2026, 3, day): YES for day in range(1, 8)}
        | {date(2026, 2, 25): YES}
    }

    week = figures(QUIET, records, SATURDAY, first_day=date(2026, 3, 5))

    (line,) = week.habits
    assert ((line.this.kept, line.this.due), (line.last.kept, line.last.due)) == ((3, 3), (1, 1))
    assert line.cells == (Cell(Mark.KEPT, 1.0),) * 3
    assert week.answers == 3


def test_the_best_day_is_one_of_those_that_are_reported() -> None:
    records = {HabitKind.MEDITATION: {date(2026, 3, 2): YES, date(2026, 3, 6): NO}}

    assert figures(QUIET, records, SATURDAY, first_day=date(2026, 3, 5)).best_day is None


@pytest.mark.parametrize("first_day", [None, date(2026, 3, 5)])
def test_a_digest_begins_seven_days_before_its_end_or_later(first_day: date | None) -> None:
    noon = at("2026-03-08 12:00")
    empty = figures(QUIET, {}, SATURDAY)

    digest = Digest(
        1, 7, SATURDAY, noon, noon, noon, Status.PLANNED, 0, "", empty, first_day=first_day
    )

    assert digest.begins_on == (first_day or date(2026, 3, 1))


def test_a_week_has_a_cell_for_each_of_its_days() -> None:
    records = {
        HabitKind.MEDITATION: {
            date(2026, 3, 2): YES,
            date(2026, 3, 3): NO,
            date(2026, 3, 4): SILENCE,
        }
    }

    (line,) = figures(QUIET, records, SATURDAY).habits

    assert line.cells == (
        NOT_DUE,
        Cell(Mark.KEPT, 1.0),
        Cell(Mark.NO, 0.0),
        Cell(Mark.UNANSWERED, 0.0),
        NOT_DUE,
        NOT_DUE,
        NOT_DUE,
    )


def test_a_custom_habit_keeps_its_name() -> None:
    own = {HabitKind.CUSTOM: Habit(3, HabitKind.CUSTOM, words="Walk")}

    assert figures(own, {HabitKind.CUSTOM: {SATURDAY: YES}}, SATURDAY).habits[0].words == "Walk"


def test_a_habit_without_records_has_no_line() -> None:
    assert figures(QUIET, {}, SATURDAY).habits == ()

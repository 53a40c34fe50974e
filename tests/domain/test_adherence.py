"""Which days count, which are kept, and how many in a row."""

from datetime import date, timedelta

import pytest

from reminder_bot.domain.adherence import (
    NOT_DUE,
    Adherence,
    Cell,
    DayRecord,
    Mark,
    adherence,
    cell,
    streak,
)
from reminder_bot.domain.check_in import Reply, Status

DAY = date(2026, 3, 2)
YES, NO, SKIP = (
    (Status.REPLIED, Reply.YES),
    (Status.REPLIED, Reply.NO),
    (Status.REPLIED, Reply.SKIPPED),
)
SILENCE, MISFIRED, UNCERTAIN = (
    (Status.UNANSWERED, None),
    (Status.MISFIRED, None),
    (Status.UNCERTAIN, None),
)
TODAY = DAY + timedelta(days=3)
CANCELLED, OPEN = (Status.CANCELLED, None), (Status.SENT, None)
KEPT, MISSED, NEUTRAL = (True, True), (False, True), (False, False)


@pytest.mark.parametrize(
    ("record", "goal", "wanted"),
    [
        (DayRecord([YES], entry_count=1), None, KEPT),
        (DayRecord([NO]), None, MISSED),
        (DayRecord([SILENCE]), None, MISSED),
        (DayRecord([OPEN]), None, MISSED),
        (DayRecord([SKIP]), None, NEUTRAL),
        (DayRecord([MISFIRED]), None, NEUTRAL),
        (DayRecord([UNCERTAIN]), None, NEUTRAL),
        (DayRecord([CANCELLED]), None, NEUTRAL),
        (DayRecord(), None, NEUTRAL),
        # One check-in that reached the person makes the day count.
        (DayRecord([MISFIRED, SILENCE]), None, MISSED),
        (DayRecord([UNCERTAIN, NO]), None, MISSED),
        # Done without being asked, or before being asked.
        (DayRecord([CANCELLED], entry_count=1), None, KEPT),
        (DayRecord([], entry_count=1), None, KEPT),
        (DayRecord([MISFIRED], entry_count=1), None, KEPT),
        # A kept day stays kept, whatever is skipped afterwards.
        (DayRecord([YES, SKIP], entry_count=1), None, KEPT),
        (DayRecord([NO, SKIP]), None, NEUTRAL),
        # A day of water is kept by reaching the goal, not by a yes.
        (DayRecord([YES] * 5, amount=1250, entry_count=5), 1500, MISSED),
        (DayRecord([YES] * 3, amount=1500, entry_count=3), 1500, KEPT),
        (DayRecord([YES, SKIP], amount=250, entry_count=1), 1500, NEUTRAL),
        (DayRecord([SKIP], amount=1500), 1500, KEPT),
        (DayRecord([MISFIRED] * 6), 1500, NEUTRAL),
        # A paused day is neutral, unless it was kept.
        (DayRecord([], is_paused=True), None, NEUTRAL),
        (DayRecord([SILENCE, NO], is_paused=True), None, NEUTRAL),
        (DayRecord([YES], amount=250, entry_count=1, is_paused=True), 1500, NEUTRAL),
        (DayRecord([], entry_count=1, is_paused=True), None, KEPT),
    ],
)
def test_a_day_is_kept_missed_or_neutral(
    record: DayRecord, goal: int | None, wanted: tuple[bool, bool]
) -> None:
    assert (record.is_kept(goal), record.is_due(goal)) == wanted


def filled(mark: Mark, share: float = 0.0) -> Cell:
    return Cell(mark, share)


@pytest.mark.parametrize(
    ("record", "goal", "wanted"),
    [
        (None, None, NOT_DUE),
        (DayRecord(), None, NOT_DUE),
        (DayRecord([MISFIRED]), None, NOT_DUE),
        (DayRecord([UNCERTAIN]), None, NOT_DUE),
        (DayRecord([CANCELLED]), 1500, NOT_DUE),
        (DayRecord([YES], entry_count=1), None, filled(Mark.KEPT, 1.0)),
        (DayRecord([YES] * 6, amount=2000, entry_count=6), 1500, filled(Mark.KEPT, 1.0)),
        (DayRecord([YES], amount=500, entry_count=1), 2000, filled(Mark.PARTLY, 0.25)),
        (DayRecord([NO]), None, filled(Mark.NO)),
        (DayRecord([SKIP]), None, filled(Mark.SKIPPED)),
        (DayRecord([SILENCE]), None, filled(Mark.UNANSWERED)),
        (DayRecord([OPEN]), None, filled(Mark.UNANSWERED)),
        (DayRecord([], is_paused=True), None, filled(Mark.PAUSED)),
        (DayRecord([CANCELLED, MISFIRED], is_paused=True), None, filled(Mark.PAUSED)),
        # What was done comes before a reply.
        (
            DayRecord([SKIP, NO, SILENCE], entry_count=1, is_paused=True),
            None,
            filled(Mark.KEPT, 1.0),
        ),
        (
            DayRecord([SKIP, NO, SILENCE], amount=500, entry_count=1, is_paused=True),
            1000,
            filled(Mark.PARTLY, 0.5),
        ),
        # A reply comes before silence, skipped before no.
        (DayRecord([NO, SKIP, SILENCE], is_paused=True), None, filled(Mark.SKIPPED)),
        (DayRecord([SILENCE, NO, OPEN], is_paused=True), None, filled(Mark.NO)),
        (DayRecord([MISFIRED, SILENCE], is_paused=True), None, filled(Mark.UNANSWERED)),
    ],
)
def test_a_cell_shows_what_was_done_before_replies_and_silence(
    record: DayRecord | None, goal: int | None, wanted: Cell
) -> None:
    assert cell(record, goal) == wanted


def days(story: str) -> dict[date, DayRecord]:
    """Days from DAY on: k kept, m missed, n neutral, p paused, space no record."""
    records = {
        "k": DayRecord([YES], entry_count=1),
        "m": DayRecord([NO]),
        "n": DayRecord([SKIP]),
        "p": DayRecord([], is_paused=True),
    }
    return {
        DAY + timedelta(days=number): records[each]
        for number, each in enumerate(story)
        if each != " "
    }


@pytest.mark.parametrize(
    ("story", "kept", "due", "share"),
    [
        ("kkkkkkk", 7, 7, 1.0),
        ("kppkppk", 3, 3, 1.0),
        ("kmnkmnk", 3, 5, 0.6),
        ("nn   nn", 0, 0, None),
        ("ppppppp", 0, 0, None),
        ("mmmmmmm", 0, 7, 0.0),
        ("", 0, 0, None),
    ],
)
def test_a_week_is_days_kept_of_days_due(
    story: str, kept: int, due: int, share: float | None
) -> None:
    week = adherence(days(story), None)

    assert (week, week.share) == (Adherence(kept, due), share)


@pytest.mark.parametrize(
    ("story", "length"),
    [
        ("kkkk", 4),
        ("kkkm", 3),  # today is not over yet
        ("kkmkk", 4),  # one missed day does not end a streak
        ("kkmmkk", 2),  # two in a row do
        ("kkkmmk", 1),
        ("kmmkkk", 3),
        ("kknnnnkk", 4),  # neutral days neither count nor end it
        ("kkppppppkk", 4),
        ("kkmnmkk", 2),  # missed days around a neutral one are in a row
        ("kk   kk", 4),  # days without a record are neutral
        ("mmm", 0),
        ("", 0),
        ("n", 0),
    ],
)
def test_a_streak_counts_kept_days_and_ends_at_two_missed_in_a_row(story: str, length: int) -> None:
    today = DAY + timedelta(days=max(len(story) - 1, 0))

    assert streak(days(story), None, today) == length


def test_a_neutral_day_with_less_than_the_goal_does_not_end_a_streak() -> None:
    kept = DayRecord([YES], amount=1500, entry_count=1)
    little = DayRecord([YES, SKIP], amount=250, entry_count=1)
    records = dict(enumerate([kept, little, little, kept]))

    assert streak({DAY + timedelta(days=n): each for n, each in records.items()}, 1500, TODAY) == 2

"""Which days count, which are kept, and how many in a row."""

from datetime import date, timedelta

import pytest

from reminder_bot.domain.adherence import Adherence, DayRecord, adherence, streak
from reminder_bot.domain.check_in import Reply, Status

DAY = date(2026, 3, 2)
YES, NO, SKIP = (Status.REPLIED, Reply.YES), (Status.REPLIED, Reply.NO), (Status.REPLIED, Reply.SKIPPED)
SILENCE, MISFIRED, UNCERTAIN = (Status.UNANSWERED, None), (Status.MISFIRED, None), (Status.UNCERTAIN, None)
CANCELLED, OPEN = (Status.CANCELLED, None), (Status.SENT, None)
KEPT, MISSED, NEUTRAL = (True, True), (False, True), (False, False)


@pytest.mark.parametrize(
    ("record", "goal", "wanted"),
    [
        (DayRecord([YES], yeses=1), None, KEPT),
        (DayRecord([NO]), None, MISSED),
        (DayRecord([SILENCE]), None, MISSED),
        (DayRecord([OPEN]), None, MISSED),
        (DayRecord([SKIP]), None, NEUTRAL),
        (DayRecord([MISFIRED]), None, NEUTRAL),
        (DayRecord([UNCERTAIN]), None, NEUTRAL),
        (DayRecord([CANCELLED]), None, NEUTRAL),
        (DayRecord(), None, NEUTRAL),
        # One ask that reached them is enough for a day to count.
        (DayRecord([MISFIRED, SILENCE]), None, MISSED),
        (DayRecord([UNCERTAIN, NO]), None, MISSED),
        # Done without being asked, or before it was asked.
        (DayRecord([CANCELLED], yeses=1), None, KEPT),
        (DayRecord([], yeses=1), None, KEPT),
        (DayRecord([MISFIRED], yeses=1), None, KEPT),
        # What was done is done, whatever was skipped after it.
        (DayRecord([YES, SKIP], yeses=1), None, KEPT),
        (DayRecord([NO, SKIP]), None, NEUTRAL),
        # Water is kept by its goal, not by a yes.
        (DayRecord([YES] * 5, amount=1250, yeses=5), 1500, MISSED),
        (DayRecord([YES] * 3, amount=1500, yeses=3), 1500, KEPT),
        (DayRecord([YES, SKIP], amount=250, yeses=1), 1500, NEUTRAL),
        (DayRecord([SKIP], amount=1500), 1500, KEPT),
        (DayRecord([MISFIRED] * 6), 1500, NEUTRAL),
    ],
)
def test_a_day_is_kept_missed_or_neutral(record: DayRecord, goal: int | None, wanted: tuple[bool, bool]) -> None:
    assert (record.is_kept(goal), record.is_due(goal)) == wanted


def days(story: str) -> dict[date, DayRecord]:
    """Days from DAY on: k kept, m missed, n neutral, blank nothing on record."""
    records = {"k": DayRecord([YES], yeses=1), "m": DayRecord([NO]), "n": DayRecord([SKIP])}
    return {DAY + timedelta(days=number): records[each] for number, each in enumerate(story) if each != " "}


@pytest.mark.parametrize(
    ("story", "kept", "due", "share"),
    [("kkkkkkk", 7, 7, 1.0), ("kmnkmnk", 3, 5, 0.6), ("nn   nn", 0, 0, None), ("mmmmmmm", 0, 7, 0.0), ("", 0, 0, None)],
)
def test_a_week_is_days_kept_of_days_due(story: str, kept: int, due: int, share: float | None) -> None:
    week = adherence(days(story), None)

    assert (week, week.share) == (Adherence(kept, due), share)


@pytest.mark.parametrize(
    ("story", "length"),
    [
        ("kkkk", 4),
        ("kkkm", 3),  # today is not over yet
        ("kkmkk", 4),  # one missed day breaks nothing
        ("kkmmkk", 2),  # two in a row do
        ("kknnnnkk", 4),  # neutral days neither count nor break
        ("kkmnmkk", 2),  # nor do they part two missed ones
        ("kk   kk", 4),  # days with nothing on record are neutral
        ("mmm", 0),
        ("", 0),
        ("n", 0),
    ],
)
def test_a_streak_counts_kept_days_and_ends_at_two_missed_in_a_row(story: str, length: int) -> None:
    today = DAY + timedelta(days=max(len(story) - 1, 0))

    assert streak(days(story), None, today) == length

"""How a week went: days kept of days due, for one habit.

A day is due if at least one check-in was asked, or would have been but for 'already done'. Days
that were skipped, paused, or lost to misfires alone are neutral: they are neither kept nor due. An
uncertain check-in counts neither for nor against anyone. A day is kept when the goal was reached
(hydration) or with one yes. A goal reached before the rest of a day was skipped is kept: what was
done is done.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.day import ONE_DAY

__all__ = ["NOT_DUE", "Adherence", "Cell", "DayRecord", "Mark", "adherence", "cell", "streak"]

ASKED = frozenset({Status.SENT, Status.REPLIED, Status.UNANSWERED})


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What is on record for one habit on one day."""

    outcomes: Collection[tuple[Status, Reply | None]] = ()
    amount: int = 0
    yeses: int = 0
    is_paused: bool = False

    def is_kept(self, goal: int | None) -> bool:
        return self.amount >= goal if goal else self.yeses > 0

    def is_due(self, goal: int | None) -> bool:
        if self.is_kept(goal):
            return True
        if self.is_paused or any(reply is Reply.SKIPPED for _, reply in self.outcomes):
            return False
        return any(status in ASKED for status, _ in self.outcomes)


class Mark(StrEnum):
    """What a picture's cell says of one habit on one day."""

    KEPT = "kept"
    PARTLY = "partly"  # some water, less than the goal
    NO = "no"
    SKIPPED = "skipped"
    PAUSED = "paused"
    UNANSWERED = "unanswered"
    NOT_DUE = "not-due"


class Cell(NamedTuple):
    """`share` of the goal, from 0 to 1: how far the cell is filled."""

    mark: Mark
    share: float


NOT_DUE = Cell(Mark.NOT_DUE, 0.0)


def cell(record: DayRecord | None, goal: int | None) -> Cell:
    """What one day looks like. What was done weighs more than what was said, a reply more than
    silence.
    """
    if record is None:
        return NOT_DUE
    if record.is_kept(goal):
        return Cell(Mark.KEPT, 1.0)
    if goal and record.amount:
        return Cell(Mark.PARTLY, record.amount / goal)
    replies = {reply for _, reply in record.outcomes}
    if Reply.SKIPPED in replies:
        return Cell(Mark.SKIPPED, 0.0)
    if Reply.NO in replies:
        return Cell(Mark.NO, 0.0)
    if any(status in ASKED for status, _ in record.outcomes):
        return Cell(Mark.UNANSWERED, 0.0)
    return Cell(Mark.PAUSED, 0.0) if record.is_paused else NOT_DUE


@dataclass(frozen=True, slots=True)
class Adherence:
    """Days kept and days due. `share` is None when no day was due: nothing can be said."""

    kept: int
    due: int

    @property
    def share(self) -> float | None:
        return self.kept / self.due if self.due else None


def adherence(days: Mapping[date, DayRecord], goal: int | None) -> Adherence:
    return Adherence(
        kept=sum(record.is_kept(goal) for record in days.values()),
        due=sum(record.is_due(goal) for record in days.values()),
    )


def streak(days: Mapping[date, DayRecord], goal: int | None, until: date) -> int:
    """Days kept in a row up to `until`; neutral days don't count, two missed days in a row end it.

    `until` itself is only counted when it is kept: today is not over yet.
    """
    kept, missed_in_a_row, day = 0, 0, until
    while day in days or (days and day > min(days)):
        record = days.get(day)
        if record is not None and record.is_kept(goal):
            kept, missed_in_a_row = kept + 1, 0
        elif record is not None and record.is_due(goal) and day != until:
            missed_in_a_row += 1
            if missed_in_a_row == 2:
                break
        day -= ONE_DAY
    return kept

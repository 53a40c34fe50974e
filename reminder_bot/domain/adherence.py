"""How a week went: days kept of days due, for one habit.

A day is due if at least one check-in was asked, or would have been but for 'already done'. Days that
were skipped, paused, or lost to misfires alone are neutral: they are neither kept nor due. An uncertain
check-in counts neither for nor against anyone. A day is kept when the goal was reached (hydration) or
with one yes. A goal reached before the rest of a day was skipped is kept: what was done is done.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.day import ONE_DAY

__all__ = ["Adherence", "DayRecord", "adherence", "streak"]

ASKED = frozenset({Status.SENT, Status.REPLIED, Status.UNANSWERED})


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What is on record for one habit on one day."""

    outcomes: Collection[tuple[Status, Reply | None]] = ()
    amount: int = 0
    yeses: int = 0

    def is_kept(self, goal: int | None) -> bool:
        return self.amount >= goal if goal else self.yeses > 0

    def is_due(self, goal: int | None) -> bool:
        if self.is_kept(goal):
            return True
        if any(reply is Reply.SKIPPED for _, reply in self.outcomes):
            return False
        return any(status in ASKED for status, _ in self.outcomes)


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

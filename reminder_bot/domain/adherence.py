"""How a week went for one habit: days kept of days due.

A day is kept if the goal was reached (hydration) or something was done (all other habits), whatever
else is on record for it. A day is due if it was kept or a check-in reached the person. Days that
were skipped or paused are neutral, neither kept nor due; so are days whose check-ins all misfired
or are uncertain, because nobody is judged for what may not have been asked.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply, Status

__all__ = ["NOT_DUE", "Adherence", "Cell", "DayRecord", "Mark", "adherence", "cell", "streak"]

# A check-in with one of these statuses certainly reached the person.
ASKED = frozenset({Status.SENT, Status.REPLIED, Status.UNANSWERED})
# One missed day does not end a streak: the bot must not make anybody feel guilty.
MISSED_DAYS_THAT_END_A_STREAK = 2


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What is on record for one habit on one day.

    outcomes: status and reply of each check-in.
    amount: the sum of the entries, in millilitres or minutes.
    entry_count: the number of entries, also of those that were recorded without being asked.
    """

    outcomes: Collection[tuple[Status, Reply | None]] = ()
    amount: int = 0
    entry_count: int = 0
    is_paused: bool = False

    @property
    def is_asked(self) -> bool:
        return any(status in ASKED for status, _ in self.outcomes)

    def has_reply(self, wanted: Reply) -> bool:
        return any(reply is wanted for _, reply in self.outcomes)

    def is_kept(self, goal: int | None) -> bool:
        return self.amount >= goal if goal else self.entry_count > 0

    def is_due(self, goal: int | None) -> bool:
        if self.is_kept(goal):
            return True
        is_neutral = self.is_paused or self.has_reply(Reply.SKIPPED)
        return self.is_asked and not is_neutral


class Mark(StrEnum):
    """What a cell of a picture shows for one habit on one day."""

    KEPT = "kept"
    PARTLY = "partly"  # some water, less than the goal
    NO = "no"
    SKIPPED = "skipped"
    PAUSED = "paused"
    UNANSWERED = "unanswered"
    NOT_DUE = "not-due"


class Cell(NamedTuple):
    """One day in a picture. share: how much of the goal was reached, from 0 to 1."""

    mark: Mark
    share: float


NOT_DUE = Cell(Mark.NOT_DUE, 0.0)


def cell(record: DayRecord | None, goal: int | None) -> Cell:
    """What one day looks like. An entry outranks a reply, and a reply outranks a missing one."""
    if record is None:
        return NOT_DUE
    if record.is_kept(goal):
        return Cell(Mark.KEPT, 1.0)
    if goal and record.amount:
        return Cell(Mark.PARTLY, record.amount / goal)
    return Cell(_mark_without_amount(record), 0.0)


def _mark_without_amount(record: DayRecord) -> Mark:
    if record.has_reply(Reply.SKIPPED):
        return Mark.SKIPPED
    if record.has_reply(Reply.NO):
        return Mark.NO
    if record.is_asked:
        return Mark.UNANSWERED
    return Mark.PAUSED if record.is_paused else Mark.NOT_DUE


@dataclass(frozen=True, slots=True)
class Adherence:
    """Days kept and days due. `share` is None when no day was due."""

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
    """Days kept in a row up to `until`. Neutral days don't count; two missed days in a row end it.

    `until` is today, which is not over: it counts if it is kept, and is not missed otherwise.
    """
    kept = missed_in_a_row = 0
    for day in sorted((day for day in days if day <= until), reverse=True):
        if days[day].is_kept(goal):
            kept, missed_in_a_row = kept + 1, 0
        elif days[day].is_due(goal) and day != until:
            missed_in_a_row += 1
        if missed_in_a_row == MISSED_DAYS_THAT_END_A_STREAK:
            break
    return kept

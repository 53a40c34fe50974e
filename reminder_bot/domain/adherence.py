"""What a day of a habit was: kept, missed, neutral or not due; and the figures that follow from it.

    the goal was a limit: how little somebody drinks is no success    not due
    the goal was reached, or something was done                       kept
    the day is not over, or no question reached the user              not due
    a pause, a skip, less asked (`Gap`), or a question still open     neutral
    less could be drunk than the goal, if only what was asked counts  neutral
    anything else                                                     missed

Nobody is judged for what was not asked, or could not be done. `verdict` is the only place that
decides: cells, sums and streaks come from it, so they cannot disagree. A cell with the mark of a
missed day (partly, no, unanswered) is a missed day, and every other mark but that of a kept day is
not counted.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply, Status

__all__ = [
    "NOT_DUE",
    "Adherence",
    "Ask",
    "Cell",
    "DayRecord",
    "Gap",
    "Mark",
    "Streak",
    "Verdict",
    "adherence",
    "cell",
    "streak",
    "verdict",
]

# A check-in with one of these statuses certainly reached the person.
ASKED = frozenset({Status.SENT, Status.REPLIED, Status.UNANSWERED})
# One missed day does not end a streak: the bot must not make anybody feel guilty.
MISSED_DAYS_THAT_END_A_STREAK = 2


class Verdict(StrEnum):
    KEPT = "kept"
    MISSED = "missed"
    NEUTRAL = "neutral"
    NOT_DUE = "not due"


class Gap(StrEnum):
    """Why less was asked on a day than usual."""

    PAUSED = "paused"
    FIRST = "first"  # the day on which the habit was added
    RETURN = "return"  # the day on which a pause ended
    BLOCKED = "blocked"  # the user was unreachable for a part of the day
    LATE = "late"  # the bot was too late for a question


class Ask(NamedTuple):
    """One question of a day.

    amount: what its reply recorded, 0 if it is not measured. is_open: nobody has answered it yet,
    and the day on which it was asked is not over; about last night it is asked the morning after.
    """

    status: Status
    reply: Reply | None = None
    amount: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What is on record for one habit on one day, with what was true then.

    amount: the sum of the entries, in millilitres or minutes.
    entry_count: the number of entries, also of those that were recorded without being asked.
    goal_ml, portion_ml: the goal and the size of a glass of that day; None if it is not measured.
    is_over: whether the day has ended; until then it is not missed.
    is_limit: goal_ml is the most that they may drink, so the day is not judged.
    """

    asks: Collection[Ask] = ()
    amount: int = 0
    entry_count: int = 0
    goal_ml: int | None = None
    portion_ml: int | None = None
    gaps: frozenset[Gap] = frozenset()
    is_over: bool = True
    is_limit: bool = False

    @property
    def is_asked(self) -> bool:
        return any(ask.status in ASKED for ask in self.asks)

    @property
    def is_kept(self) -> bool:
        return self.amount >= self.goal_ml if self.goal_ml else self.entry_count > 0

    @property
    def is_open(self) -> bool:
        return any(ask.is_open for ask in self.asks)

    @property
    def is_late(self) -> bool:
        return any(ask.status is Status.MISFIRED for ask in self.asks)

    @property
    def reachable_ml(self) -> int:
        """What could have been drunk: what was recorded, and a glass for each question that reached
        the user, less what its reply recorded.

        A question that was not sent because the user was ahead of the schedule needs no place here:
        the amount that made them ahead is at least the share of the questions until then.
        """
        portion = self.portion_ml or 0
        rest = (max(portion - ask.amount, 0) for ask in self.asks if ask.status in ASKED)
        return self.amount + sum(rest)

    def has_reply(self, wanted: Reply) -> bool:
        return any(ask.reply is wanted for ask in self.asks)


def verdict(record: DayRecord) -> Verdict:
    """What a day was. A kept day is kept, whatever else is on record for it."""
    if record.is_limit:
        return Verdict.NOT_DUE
    if record.is_kept:
        return Verdict.KEPT
    if not record.is_over:
        return Verdict.NOT_DUE
    if record.gaps or record.is_late or record.is_open or record.has_reply(Reply.SKIPPED):
        return Verdict.NEUTRAL
    if not record.is_asked:
        return Verdict.NOT_DUE
    if record.goal_ml and record.reachable_ml < record.goal_ml:
        return Verdict.NEUTRAL
    return Verdict.MISSED


class Mark(StrEnum):
    """What a cell of a picture shows for one habit on one day."""

    KEPT = "kept"
    PARTLY = "partly"  # some water, less than the goal
    NO = "no"
    SKIPPED = "skipped"
    PAUSED = "paused"
    UNANSWERED = "unanswered"
    NOT_DUE = "not-due"  # neutral or not due, for any other reason


class Cell(NamedTuple):
    """One day in a picture. share: how much of the goal was reached, from 0 to 1."""

    mark: Mark
    share: float


NOT_DUE = Cell(Mark.NOT_DUE, 0.0)


def cell(record: DayRecord | None) -> Cell:
    """What one day looks like; None for a day without a record."""
    if record is None:
        return NOT_DUE
    match verdict(record):
        case Verdict.KEPT:
            return Cell(Mark.KEPT, 1.0)
        case Verdict.MISSED if record.goal_ml and record.amount:
            return Cell(Mark.PARTLY, record.amount / record.goal_ml)
        case Verdict.MISSED:
            return Cell(Mark.NO if record.has_reply(Reply.NO) else Mark.UNANSWERED, 0.0)
    if record.has_reply(Reply.SKIPPED):
        return Cell(Mark.SKIPPED, 0.0)
    return Cell(Mark.PAUSED, 0.0) if Gap.PAUSED in record.gaps else NOT_DUE


@dataclass(frozen=True, slots=True)
class Adherence:
    """Days kept and days due. `share` is None when no day was due."""

    kept: int
    due: int

    @property
    def share(self) -> float | None:
        return self.kept / self.due if self.due else None


def adherence(records: Iterable[DayRecord]) -> Adherence:
    verdicts = [verdict(record) for record in records]
    kept = verdicts.count(Verdict.KEPT)
    return Adherence(kept, kept + verdicts.count(Verdict.MISSED))


class Streak(NamedTuple):
    """Days kept in a row. is_ended: whether two missed days in a row are before them, so that
    earlier days make no difference.
    """

    kept: int
    is_ended: bool


def streak(days: Mapping[date, DayRecord]) -> Streak:
    """Days kept in a row up to the last of `days`. Neutral days don't count; two missed days in a
    row end it.
    """
    kept = missed_in_a_row = 0
    for day in sorted(days, reverse=True):
        match verdict(days[day]):
            case Verdict.KEPT:
                kept, missed_in_a_row = kept + 1, 0
            case Verdict.MISSED:
                missed_in_a_row += 1
        if missed_in_a_row == MISSED_DAYS_THAT_END_A_STREAK:
            return Streak(kept, is_ended=True)
    return Streak(kept, is_ended=False)

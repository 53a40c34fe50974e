"""The weekly digest: which days it covers, when it is due, and its figures.

A digest covers the seven whole days before it; its key is (user, last day covered). Two digests are
at least five days apart: when a user moves the weekday, one gap is longer or shorter. No day is
reported twice, so after a shorter gap a digest covers fewer days. The first one comes after three
whole days of use, and covers no day before the user's first. Figures, fact and suggestion are
stored when it is planned; a later correction changes the statistics, but not a digest that was
sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reminder_bot.domain.adherence import Adherence, Cell, DayRecord, Mark, adherence, cell
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.possible import nearest
from reminder_bot.domain.schedule import Due, Schedule, latest_due, next_due
from reminder_bot.domain.suggestion import Suggestion
from reminder_bot.domain.user import User

__all__ = [
    "GRACE",
    "Digest",
    "Figures",
    "HabitWeek",
    "earliest_digest",
    "figures",
    "is_too_early",
    "latest_digest_due",
    "missed_by_change",
    "next_digest_due",
    "week_until",
]

LEAST_APART = timedelta(days=5)
FEWEST_DAYS = 3  # whole days of use before the first digest
INSTANT = timedelta(microseconds=1)
# A late digest is better than none. Two days late, it is still five days before the next one.
GRACE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class HabitWeek:
    """One habit's line: this week, the week before, and a cell for each day of this week.

    words: the user's name for a custom habit.
    """

    kind: HabitKind
    this: Adherence
    last: Adherence
    cells: tuple[Cell, ...] = ()
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a digest says about a week.

    answers: the number of replies (yes, no or skipped). A habit's day that has entries but no reply
        counts as one; 0 means that nothing was recorded in the week.
    best_day: the day with the most habits kept; None if none was kept, or if several days are
        equal.
    """

    habits: tuple[HabitWeek, ...]
    answers: int
    best_day: date | None


@dataclass(frozen=True, slots=True)
class Digest:
    """One digest as it is stored. first_day: None if it covers all seven days."""

    id: int
    user_id: int
    last_day: date
    due_at: datetime
    send_after: datetime
    send_until: datetime
    status: Status
    copies: int
    fact_id: str
    figures: Figures
    attempts: int = 0
    message_id: int | None = None
    first_day: date | None = None
    suggestion: Suggestion | None = None
    file_id: str | None = None

    @property
    def begins_on(self) -> date:
        return self.first_day or self.last_day - 6 * ONE_DAY


def week_until(last_day: date) -> tuple[date, ...]:
    """The seven days that end with `last_day`, in order."""
    return tuple(last_day - back * ONE_DAY for back in range(6, -1, -1))


def figures(
    habits: Mapping[HabitKind, Habit],
    records: Mapping[HabitKind, Mapping[date, DayRecord]],
    last_day: date,
    first_day: date | None = None,
) -> Figures:
    """The figures of the week that ends with `last_day`, from the records of fourteen days.

    first_day: where the week begins if it is shorter than seven days.
    """
    last_week = week_until(last_day - 7 * ONE_DAY)
    this_week = week_until(last_day)
    if first_day is not None:
        this_week = tuple(day for day in this_week if day >= first_day)

    recorded = [habit for kind, habit in habits.items() if kind in records]
    lines = tuple(
        _habit_week(habit, records[habit.kind], this_week, last_week) for habit in recorded
    )
    answers = sum(
        _answers(record)
        for habit in recorded
        for record in _between(records[habit.kind], this_week)
    )
    return Figures(lines, answers, _best_day(lines, this_week))


def _habit_week(
    habit: Habit,
    records: Mapping[date, DayRecord],
    this_week: tuple[date, ...],
    last_week: tuple[date, ...],
) -> HabitWeek:
    cells = tuple(cell(records.get(day)) for day in this_week)
    this = adherence(_between(records, this_week))
    last = adherence(_between(records, last_week))
    return HabitWeek(habit.kind, this, last, cells, habit.words)


def _between(records: Mapping[date, DayRecord], days: tuple[date, ...]) -> list[DayRecord]:
    return [records[day] for day in days if day in records]


def _answers(record: DayRecord) -> int:
    """How many replies a day has; entries without a question count as one."""
    replies = sum(ask.reply is not None for ask in record.asks)
    return replies or min(record.entry_count, 1)


def _best_day(lines: tuple[HabitWeek, ...], days: tuple[date, ...]) -> date | None:
    kept = [
        sum(line.cells[number].mark is Mark.KEPT for line in lines) for number in range(len(days))
    ]
    most = max(kept, default=0)
    return days[kept.index(most)] if most and kept.count(most) == 1 else None


def next_digest_due(user: User, after: datetime, last_due_at: datetime | None = None) -> Due:
    """The first digest time after `after` that is at least five days after `last_due_at`."""
    due = next_due(_schedule(user), after)
    assert due is not None, "a digest has one slot a week"
    if last_due_at is not None and due.due_at - last_due_at < LEAST_APART:
        return next_digest_due(user, due.due_at, last_due_at)
    return due


def is_too_early(first_day: date, last_day: date) -> bool:
    """Whether a digest up to `last_day` has too few whole days of a user who began on
    `first_day`.
    """
    return last_day - first_day < FEWEST_DAYS * ONE_DAY


def earliest_digest(user: User, first_day: date) -> datetime:
    """The instant after which the first digest of a user may be due who began on `first_day`."""
    return user.hours.day_is_over_at(first_day + FEWEST_DAYS * ONE_DAY) - INSTANT


def latest_digest_due(user: User, until: datetime) -> Due | None:
    return latest_due(_schedule(user), until)


def missed_by_change(before: User, after: User, stored: datetime, now: datetime) -> Due | None:
    """The digest that a change of the zone, the hours or the digest's hour has skipped: the one
    that was to come, if by the new settings its time has passed. It comes late, not never.

    stored: when the digest was due before the change.
    """
    coming = next_due(_schedule(before), stored - timedelta(microseconds=1))
    latest = latest_digest_due(after, now)
    return latest if coming and latest and latest.day == coming.day else None


def _schedule(user: User) -> Schedule:
    hours = user.hours
    empty = Schedule.of_week(hours.zone, hours.day_ends, ())
    # Hours from before the time was checked may be stored.
    at = nearest(hours, user.digest_weekday, user.digest_at)
    return empty.of({user.digest_weekday: (at,)})

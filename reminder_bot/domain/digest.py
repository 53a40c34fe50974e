"""One user's week, once: what it covers, when it is due, and what it says.

A digest covers the seven whole days that ended before it and is known by (user, last day covered).
Two are never less than five days apart: moving the day makes one longer or shorter gap, and because
no day is told twice, the one after a shorter gap covers fewer days. Figures, fact and suggestion
are stored when it is planned; a later correction changes the statistics, not a digest that was
sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reminder_bot.domain.adherence import Adherence, Cell, DayRecord, adherence, cell
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.schedule import Due, Schedule, latest_due, next_due
from reminder_bot.domain.suggestion import Suggestion
from reminder_bot.domain.user import User

__all__ = [
    "GRACE",
    "Digest",
    "Figures",
    "HabitWeek",
    "figures",
    "latest_digest_due",
    "next_digest_due",
    "week_until",
]

LEAST_APART = timedelta(days=5)
# Late is better than never for a week's summary, but two days late still leaves five to the next.
GRACE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class HabitWeek:
    """One habit's line: this week beside the last; a cell for each of its days. `words` name a
    custom habit.
    """

    kind: HabitKind
    this: Adherence
    last: Adherence
    cells: tuple[Cell, ...] = ()
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a digest tells of a week. `answers` counts yes, no and skipped; 0 means an empty
    week.
    """

    habits: tuple[HabitWeek, ...]
    answers: int
    best_day: date | None


@dataclass(frozen=True, slots=True)
class Digest:
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
    today: date | None = None,
) -> Figures:
    """The figures of the week that ends with `last_day`, from the records of fourteen days.

    first_day: where it began, if that is less than seven days before. today: a day that is not
    over, which counts only when it is kept already.
    """
    this_week, last_week = week_until(last_day), week_until(last_day - 7 * ONE_DAY)
    if first_day is not None:
        this_week = tuple(day for day in this_week if day >= first_day)

    def of(kind: HabitKind, days: tuple[date, ...]) -> Adherence:
        goal = habits[kind].goal_ml
        of_kind = {day: records[kind][day] for day in days if day in records[kind]}
        return adherence(
            {day: each for day, each in of_kind.items() if day != today or each.is_kept(goal)}, goal
        )

    lines = tuple(
        HabitWeek(
            kind,
            of(kind, this_week),
            of(kind, last_week),
            tuple(cell(records[kind].get(day), habits[kind].goal_ml) for day in this_week),
            habits[kind].words,
        )
        for kind in habits
        if kind in records
    )
    kept = {
        day: sum(
            day in records[kind] and records[kind][day].is_kept(habits[kind].goal_ml)
            for kind in records
        )
        for day in this_week
    }
    answers = sum(
        sum(reply is not None for _, reply in records[kind][day].outcomes)
        or bool(records[kind][day].yeses)
        for kind in records
        for day in this_week
        if day in records[kind]
    )
    best = max(kept, key=lambda day: (kept[day], day))
    return Figures(lines, answers, best if kept[best] > 0 else None)


def _schedule(user: User) -> Schedule:
    hours = user.hours
    return Schedule.of_week(user.hours.zone, hours.day_ends, ()).of(
        {user.digest_weekday: (user.digest_at,)}
    )


def next_digest_due(user: User, after: datetime, last_due_at: datetime | None = None) -> Due:
    """The first digest time after `after` that is at least five days after the last one planned."""
    due = next_due(_schedule(user), after)
    assert due is not None, "a digest has one slot a week"
    if last_due_at is not None and due.due_at - last_due_at < LEAST_APART:
        return next_digest_due(user, due.due_at, last_due_at)
    return due


def latest_digest_due(user: User, until: datetime) -> Due | None:
    return latest_due(_schedule(user), until)

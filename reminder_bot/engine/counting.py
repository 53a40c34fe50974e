"""What is on record for each day of a user's habits, as `domain.adherence` judges it.

Everything that shows figures reads its records here: the picture, the digest, /stats and /today.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from reminder_bot.domain.adherence import Ask, DayRecord, Gap, streak
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.reminder import counted_day
from reminder_bot.domain.user import User
from reminder_bot.storage import check_ins, entries, pauses, terms
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits

__all__ = ["habits_on", "records_of", "streaks_of"]

# How far back a streak is read at first; twice as far each time if it is longer.
FIRST_LOOK = 84 * ONE_DAY


def records_of(
    connection: Connection,
    user: User,
    of_user: Mapping[HabitKind, Habit],
    first: date,
    last: date,
    now: datetime,
) -> dict[HabitKind, dict[date, DayRecord]]:
    """The record of each habit of a user on the days from `first` to `last` (inclusive) for which
    there is one. A habit that was a limit on all of them is left out, because none is judged.
    """
    today = user.hours.day_of(now)
    asks = _asks(connection, user, first, last, today)
    done = entries.list_done(connection, [user.id], first, last)
    paused = _paused_days(connection, user, first, last, today)
    known = terms.load_terms(connection, user.id)
    records: dict[HabitKind, dict[date, DayRecord]] = {}
    for kind, habit in of_user.items():
        for day in _days(first, last):
            of_day = done.get((habit.id, day))
            of_asks = asks.get((kind, day), [])
            if of_asks or of_day or day in paused:
                amount, count = of_day or (0, 0)
                goal_ml, portion_ml = known.goal(habit, day, today)
                gaps = known.gaps(habit.id, day) | _present_gaps(user, day, paused)
                records.setdefault(kind, {})[day] = DayRecord(
                    tuple(of_asks),
                    amount,
                    count,
                    goal_ml,
                    portion_ml,
                    gaps,
                    is_over=day < today,
                    is_limit=known.is_limit(habit, day, today),
                )
    return {
        kind: days
        for kind, days in records.items()
        if not all(record.is_limit for record in days.values())
    }


def habits_on(
    connection: Connection, user: User, day: date, now: datetime
) -> dict[HabitKind, Habit]:
    """The habits of a user with the goals that held on a day."""
    of_user = list_habits(connection, [user.id]).get(user.id, {})
    today = user.hours.day_of(now)
    if day >= today:
        return of_user
    known = terms.load_terms(connection, user.id)
    return {
        kind: replace(
            habit,
            goal_ml=known.goal(habit, day, today)[0],
            is_limit=known.is_limit(habit, day, today),
        )
        for kind, habit in of_user.items()
    }


def _present_gaps(user: User, day: date, paused: Collection[date]) -> frozenset[Gap]:
    """The gaps that are not among the terms: those of a pause, and one that goes on."""
    gaps = {Gap.PAUSED} if day in paused else set()
    if user.unreachable_at is not None and day >= user.hours.day_of(user.unreachable_at):
        gaps.add(Gap.BLOCKED)
    return frozenset(gaps)


def _asks(
    connection: Connection, user: User, first: date, last: date, today: date
) -> dict[tuple[HabitKind, date], list[Ask]]:
    """The questions of each habit by the day for which they count."""
    # One day more, because bedtime is asked about on the morning after the day it counts for.
    outcomes = check_ins.list_outcomes(connection, [user.id], first, last + ONE_DAY)
    found: dict[tuple[HabitKind, date], list[Ask]] = {}
    for _, _, kind, day, ask in outcomes:
        is_open = day >= today and ask.reply is None
        found.setdefault((kind, counted_day(kind, day)), []).append(ask._replace(is_open=is_open))
    return found


def _paused_days(
    connection: Connection, user: User, first: date, last: date, today: date
) -> set[date]:
    paused = pauses.list_paused_days(connection, user.id, first, last)
    if user.paused_at is not None:
        # The pause that is still going on has no row yet.
        began_on = user.hours.day_of(user.paused_at)
        paused |= {day for day in _days(first, last) if began_on <= day <= today}
    return paused


def streaks_of(
    connection: Connection, user: User, of_user: Mapping[HabitKind, Habit], now: datetime
) -> dict[HabitKind, int]:
    """The days that each habit was kept in a row until today, as far back as they go."""
    today = user.hours.day_of(now)
    earliest = check_ins.find_first_day(connection, user.id) or today
    length = FIRST_LOOK
    while True:
        first = today - length
        records = records_of(connection, user, of_user, first, today, now)
        streaks = {kind: streak(days) for kind, days in records.items()}
        if first < earliest or all(each.is_ended for each in streaks.values()):
            return {kind: each.kept for kind, each in streaks.items()}
        length *= 2


def _days(first: date, last: date) -> Iterable[date]:
    day = first
    while day <= last:
        yield day
        day += ONE_DAY

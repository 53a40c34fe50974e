"""Planning: due reminders become check-ins. This is the first of the two phases.

    reminder due ──one transaction──▶ check-in planned, and the reminder due at its next time
                                      or misfired, where its grace is over

The transaction is guarded by the old due time and by two unique keys (a slot of a day, an instant),
so any process can repeat it after any crash. After a downtime only the latest missed check-in of a
reminder is planned; the others are one line in the log.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import earliest_digest, missed_by_change, next_digest_due
from reminder_bot.domain.habit import GLASS_ML, HabitKind, Role, default_goal_ml, default_slots
from reminder_bot.domain.hours import Hours
from reminder_bot.domain.reminder import closes_at, counted_day, default_repeats, send_until
from reminder_bot.domain.schedule import Due, Schedule, due_around, latest_due, next_due
from reminder_bot.domain.send_rate import FREE_RATE, place_in, spread
from reminder_bot.domain.term import GapTerm, GoalTerm
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.storage import check_ins, digests, habits, reminders, terms
from reminder_bot.storage.check_ins import PlannedCheckIn
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.reminders import Reminder
from reminder_bot.storage.users import list_users, list_users_after, update_user

__all__ = [
    "add_habits",
    "default_goal",
    "plan",
    "plan_due",
    "plan_in_batches",
    "recompute",
    "record_absence",
    "reschedule",
]

log = logging.getLogger(__name__)

# SQLite has one writer. With batches of this size a tap waits for it some tens of milliseconds at
# most.
BATCH = 250
NO_TIME = timedelta(0)
# Check-ins this close together arrive as one card: the earlier one waits for the later.
TOGETHER = timedelta(minutes=3)


async def plan(database: Database, now: datetime, *, rate: int = FREE_RATE) -> int:
    """One round: plan all that is due by `now`; returns how many check-ins were planned."""
    return sum([planned async for planned in plan_in_batches(database, now, rate=rate)])


async def plan_in_batches(
    database: Database, now: datetime, *, rate: int = FREE_RATE
) -> AsyncIterator[int]:
    """Plan all that is due by `now`. Yields how many check-ins each transaction planned, so that
    the caller can dispatch them between two batches.

    rate: messages a second. If more is due than it can send within the minute, the check-ins are
    spread over a longer time.
    """
    next_due_at, repeats_at = await database.read(_next_times)
    if repeats_at is not None and repeats_at <= now:
        yield await database.write(check_ins.plan_repeats, now)
    if next_due_at is None or next_due_at > now:
        return
    window = spread(await database.read(reminders.count_due, now), rate)
    due = BATCH
    while due >= BATCH:  # a smaller batch was the last one
        due, planned = await database.write(plan_due, now, window=window)
        yield planned


def _next_times(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """When the next reminder is due, and the next repeat."""
    return reminders.find_next_due(connection), check_ins.find_next_repeat(connection)


def plan_due(
    connection: Connection,
    now: datetime,
    user_id: int | None = None,
    *,
    window: timedelta = NO_TIME,
) -> tuple[int, int]:
    """Plan one batch of due reminders, of one user or of all; returns (reminders due, check-ins
    planned).

    Called for one user before their schedule changes, so that what is due in this second is not
    lost to the change.
    window: the time over which the check-ins of many users are spread. A user's place in it is the
    same every day.
    """
    due = _list_due_batch(connection, now, user_id)
    if not due:
        return 0, 0
    users = list_users(connection, {each.user_id for each in due})
    rows: list[PlannedCheckIn] = []
    lost: list[tuple[int, GapTerm]] = []
    # Of each reminder: its id, the due time that it must still have, and the next one.
    moves: list[tuple[int, datetime, datetime | None]] = []
    for each in due:
        assert each.next_due_at is not None
        planned = _planned(each, users[each.user_id], now)
        moves.append((each.id, each.next_due_at, planned.next_due_at))
        if planned.row is not None:
            rows.append(planned.row)
        if planned.lost is not None:
            lost.append((each.user_id, planned.lost))
    _set_send_times(connection, rows, now, window)
    check_ins.insert_planned(connection, rows)
    terms.insert_terms(connection, lost)
    reminders.move_on(connection, moves)
    return len(due), len(rows)


def _list_due_batch(connection: Connection, now: datetime, user_id: int | None) -> list[Reminder]:
    """The due reminders to plan together: a batch, and all others of the last user in it, so that
    they are shown on the same card.
    """
    due = reminders.list_due(connection, now, BATCH, user_id)
    if len(due) < BATCH:
        return due
    known = {each.id for each in due}
    of_last_user = reminders.list_due(connection, now, BATCH, due[-1].user_id)
    return due + [each for each in of_last_user if each.id not in known]


def _set_send_times(
    connection: Connection, rows: Sequence[PlannedCheckIn], now: datetime, window: timedelta
) -> None:
    """Set when each planned check-in may leave: together with another one of the same user that
    is due soon, else at the user's place in the spread window.
    """
    user_ids = {row["user_id"] for row in rows}
    due_soon = reminders.users_due_soon(connection, user_ids, now, TOGETHER)
    windows = _spread_windows(rows, window)
    for row in rows:
        if row["status"] is Status.PLANNED:
            together_at = due_soon.get(row["user_id"])
            if together_at is not None and together_at < row["send_until"]:
                row["send_after"] = together_at
            else:
                of_user = windows.get(row["user_id"], NO_TIME)
                row["send_after"] = row["due_at"] + place_in(of_user, row["user_id"])


def _spread_windows(rows: Iterable[PlannedCheckIn], longest: timedelta) -> dict[int, timedelta]:
    """Spread window per user, capped at 90 % of the shortest grace, so that nobody's check-in
    expires while it waits.

    One window for all check-ins of a user, or one card would become two.
    """
    windows: dict[int, timedelta] = {}
    if longest:
        for row in rows:
            cap = 0.9 * (row["send_until"] - row["due_at"])
            windows[row["user_id"]] = min(windows.get(row["user_id"], longest), cap)
    return windows


class _Planned(NamedTuple):
    """What becomes of a due reminder: the check-in to plan, if any, when it is due next, and the
    days on which a question was lost, if any.
    """

    row: PlannedCheckIn | None
    next_due_at: datetime | None
    lost: GapTerm | None = None


def _planned(reminder: Reminder, user: User, now: datetime) -> _Planned:
    if not user.is_asked:
        return _Planned(None, None)
    try:
        hours = user.hours
        schedule = Schedule.parse(hours.zone, hours.day_ends, reminder.schedule)
        due, following = due_around(schedule, now)
    except (ValueError, KeyError, OSError) as error:  # an unknown zone, hours that do not fit
        log.error(
            "reminder_not_planned",
            extra={
                "user": user.id,
                "reminder": reminder.id,
                "error": error,
                "retry_after": UNREADABLE_RETRY,
            },
        )
        return _Planned(None, now + UNREADABLE_RETRY)
    next_due_at = following.due_at if following else None
    assert reminder.next_due_at is not None
    if due is None or due.due_at < reminder.next_due_at:
        # The schedule has changed since, and the new one has no slot that is due.
        return _Planned(None, next_due_at)
    lost = None
    if due.due_at > reminder.next_due_at:
        # One line for all due times from `due_at` until `until` (exclusive); only the one at
        # `until` is planned.
        log.warning(
            "misfired",
            extra={
                "user": user.id,
                "reminder": reminder.id,
                "due_at": reminder.next_due_at,
                "until": due.due_at,
            },
        )
        lost = _lost(reminder, schedule, due.due_at)
    return _Planned(_row(reminder, hours, due, following, now), next_due_at, lost)


def _lost(reminder: Reminder, schedule: Schedule, until: datetime) -> GapTerm | None:
    """The days on which a question was lost because the bot was too late, before `until`."""
    assert reminder.next_due_at is not None
    first = latest_due(schedule, reminder.next_due_at)
    last = latest_due(schedule, until - timedelta(microseconds=1))
    if reminder.role is not Role.QUESTION or first is None or last is None:
        return None
    days = (counted_day(reminder.kind, each.day) for each in (first, last))
    return GapTerm(reminder.habit_id, Gap.LATE, *days)


def _row(
    reminder: Reminder, hours: Hours, due: Due, following: Due | None, now: datetime
) -> PlannedCheckIn:
    until = send_until(reminder.kind, reminder.role, hours, due.day, due.due_at)
    is_late = now >= until
    if is_late:
        log.warning(
            "misfired",
            extra={
                "user": reminder.user_id,
                "reminder": reminder.id,
                "due_at": due.due_at,
                "late": now - due.due_at,
            },
        )
    return {
        "user_id": reminder.user_id,
        "habit_id": reminder.habit_id,
        "reminder_id": reminder.id,
        "day": due.day,
        "slot": due.slot,
        "due_at": due.due_at,
        "send_after": due.due_at,
        "send_until": until,
        "closes_at": closes_at(hours, due.day, following),
        "status": Status.MISFIRED if is_late else Status.PLANNED,
        "ask": 1,
        "attempts": 0,
        "copies": 0,
        "repeats_left": reminder.repeats,
    }


def add_habits(
    connection: Connection, user: User, kinds: Iterable[HabitKind], now: datetime
) -> None:
    """Give a user these habits, each with its default slots. They become due only after
    `reschedule`.
    """
    today = user.hours.day_of(now)
    known = habits.list_habits(connection, [user.id], with_removed=True).get(user.id, {})
    new: list[GoalTerm | GapTerm] = []
    for kind in kinds:
        if kind in known:  # a removed habit comes back with its old settings
            habits.update_habit(connection, known[kind].id, removed_at=None)
            new.append(GapTerm(known[kind].id, Gap.FIRST, today, today))
            continue
        goal = default_goal(user, kind)
        habit_id = habits.insert_habit(connection, user.id, kind, goal)
        new.append(GapTerm(habit_id, Gap.FIRST, today, today))
        if goal is not None:
            new.append(GoalTerm(habit_id, today, goal, GLASS_ML))
        for role in kind.spec.roles:
            habits.insert_reminder(
                connection,
                user.id,
                habit_id,
                role,
                default_schedule(user, kind, role).format(),
                repeats=default_repeats(role),
                is_loud=not kind.spec.is_frequent,
                next_due_at=None,
            )
    terms.insert_terms(connection, [(user.id, each) for each in new])


def default_goal(user: User, kind: HabitKind) -> int | None:
    """The default goal in ml a day, the one for the shorter of the user's days; None for a kind
    without a goal.
    """
    days = user.weekday_hours, user.weekend_hours or user.weekday_hours
    goals = [goal for goal in (default_goal_ml(kind, day) for day in days) if goal is not None]
    return min(goals, default=None)


def default_schedule(user: User, kind: HabitKind, role: Role) -> Schedule:
    hours = user.hours
    return Schedule.of_week(
        hours.zone,
        hours.day_ends,
        default_slots(kind, role, hours.weekdays),
        default_slots(kind, role, hours.weekend),
    )


def reschedule(
    connection: Connection, user: User, now: datetime, before: User | None = None
) -> datetime | None:
    """Set when each reminder and the digest of a user are due next; returns the earliest due time
    of the reminders.

    before: the user before a change of the zone, the hours or the digest's time. A digest whose
    time the change skips is due at once.

    For a user who is not asked (paused, unreachable) nothing is due, and nothing is asked about a
    limit. On the day on which users finish the set-up or end a pause they are not asked about the
    night before. The first digest comes after three whole days at the earliest.
    """
    of_user = reminders.list_reminders(connection, [user.id])
    # Reminders of removed habits are no longer due.
    removed = {
        each.id for each in reminders.list_reminders(connection, [user.id], with_removed=True)
    }
    removed -= {each.id for each in of_user}
    reminders.set_next_due(connection, [(each, None) for each in removed])
    if not user.is_asked:
        reminders.set_next_due(connection, [(each.id, None) for each in of_user])
        update_user(connection, user.id, next_digest_at=None)
        return None
    hours = user.hours
    tomorrow = hours.day_is_over_at(hours.day_of(now))
    is_first_day = user.asked_since is not None and hours.day_of(user.asked_since) == hours.day_of(
        now
    )
    values: list[tuple[int, datetime | None]] = []
    known = habits.list_habits(connection, [user.id]).get(user.id, {})
    for each in of_user:
        if known[each.kind].is_limit:
            values.append((each.id, None))
            continue
        is_about_last_night = each.kind.spec.is_about_last_night and each.role is Role.QUESTION
        after = tomorrow if is_first_day and is_about_last_night else now
        due = next_due(Schedule.parse(hours.zone, hours.day_ends, each.schedule), after)
        values.append((each.id, due.due_at if due else None))
    reminders.set_next_due(connection, values)
    last = digests.find_last_due(connection, user.id)
    first_day = terms.load_terms(connection, user.id).first_day if last is None else None
    digest_after = now if first_day is None else max(now, earliest_digest(user, first_day))
    digest_due = next_digest_due(user, digest_after, last)
    stored = digests.find_digest_at(connection, user.id)
    if before is not None and stored is not None:
        digest_due = missed_by_change(before, user, stored, now) or digest_due
    update_user(connection, user.id, next_digest_at=digest_due.due_at)
    return min((due_at for _, due_at in values if due_at is not None), default=None)


def record_absence(connection: Connection, user: User, since: datetime, now: datetime) -> None:
    """Record that a user was unreachable, because they had blocked the bot, say."""
    days = user.hours.day_of(since), user.hours.day_of(now)
    terms.insert_terms(connection, [(user.id, GapTerm(None, Gap.BLOCKED, *days))])


async def recompute(database: Database, now: datetime) -> int:
    """Compute all future due times again after a change of the zone data.

    What is due already stays due. Returns the number of users.
    """
    count, last_id = 0, -(2**62)  # below every id
    while True:
        found = await database.write(_recompute_batch, last_id, now)
        if not found:
            return count
        count, last_id = count + len(found), found[-1]


def _recompute_batch(connection: Connection, after: int, now: datetime) -> list[int]:
    """Recompute one batch of users, from the first id above `after`; returns their ids."""
    found = list_users_after(connection, after, BATCH)
    for user in found:
        _recompute_one(connection, user, now)
    return [user.id for user in found]


def _recompute_one(connection: Connection, user: User, now: datetime) -> None:
    if not user.is_asked:
        return
    try:
        plan_due(connection, now, user.id)
        reschedule(connection, user, now)
    except (ValueError, KeyError, OSError) as error:
        log.error("due_times_not_computed", extra={"user": user.id, "error": error})

"""Reminders in the database: which are due, and when they are due next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypedDict, Unpack

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, update

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.storage.statements import among, update_rows
from reminder_bot.storage.tables import check_ins, habits, reminders

__all__ = [
    "Reminder",
    "count_due",
    "find_next_due",
    "list_due",
    "list_reminders",
    "move_on",
    "set_next_due",
    "update_reminder",
    "users_due_soon",
]


class Reminder(NamedTuple):
    """A reminder as planning needs it.

    schedule: as text, because parsing it needs the zone of the user.
    """

    id: int
    user_id: int
    habit_id: int
    kind: HabitKind
    role: Role
    schedule: str
    repeats: int
    is_loud: bool
    next_due_at: datetime | None


_COLUMNS = (
    reminders.c.id,
    reminders.c.user_id,
    reminders.c.habit_id,
    habits.c.kind,
    reminders.c.role,
    reminders.c.schedule,
    reminders.c.repeats,
    reminders.c.is_loud,
    reminders.c.next_due_at,
)


def _reminder(row: Sequence[Any]) -> Reminder:
    id_, user_id, habit_id, kind, role, *rest = row
    return Reminder(id_, user_id, habit_id, HabitKind(kind), Role(role), *rest)


# The condition is redundant, but without it SQLite does not use the partial index and reads the
# whole table.
_FIND_NEXT_DUE = select(func.min(reminders.c.next_due_at)).where(
    reminders.c.next_due_at.is_not(None)
)


def find_next_due(connection: Connection) -> datetime | None:
    """The earliest instant at which a reminder is due; None if there is none."""
    earliest: datetime | None = connection.execute(_FIND_NEXT_DUE).scalar()
    return earliest


_COUNT_DUE = select(func.count()).where(reminders.c.next_due_at <= bindparam("now"))


def count_due(connection: Connection, now: datetime) -> int:
    """How many reminders are due by `now`."""
    return int(connection.execute(_COUNT_DUE, {"now": now}).scalar_one())


_SELECT: Select[Any] = select(*_COLUMNS).join(habits, habits.c.id == reminders.c.habit_id)
_LIST_DUE = (
    _SELECT.where(reminders.c.next_due_at <= bindparam("now"))
    .order_by(reminders.c.next_due_at, reminders.c.user_id)
    .limit(bindparam("limit"))
    .with_for_update(of=reminders, skip_locked=True)
)
_LIST_DUE_OF_USER = _LIST_DUE.where(reminders.c.user_id == bindparam("user_id"))


def list_due(
    connection: Connection, now: datetime, limit: int, user_id: int | None = None
) -> list[Reminder]:
    """Due reminders, the oldest first and those of one user together.

    They are locked: other processes skip them until the transaction ends.
    """
    if user_id is None:
        rows = connection.execute(_LIST_DUE, {"now": now, "limit": limit})
    else:
        values = {"now": now, "limit": limit, "user_id": user_id}
        rows = connection.execute(_LIST_DUE_OF_USER, values)
    return [_reminder(row) for row in rows]


_LIST_ALL = _SELECT.where(among(reminders.c.user_id, "user_ids")).order_by(reminders.c.id)
_LIST_NOT_REMOVED = _LIST_ALL.where(habits.c.removed_at.is_(None))


def list_reminders(
    connection: Connection, user_ids: Iterable[int], *, with_removed: bool = False
) -> list[Reminder]:
    """All reminders of these users; those of removed habits only with `with_removed`."""
    query = _LIST_ALL if with_removed else _LIST_NOT_REMOVED
    return [_reminder(row) for row in connection.execute(query, {"user_ids": user_ids})]


def move_on(connection: Connection, moves: Sequence[tuple[int, datetime, datetime | None]]) -> None:
    """Set `next_due_at` of reminders, each given as (id, old, new).

    A row whose value is not `old` any more stays as it is: another process has moved it on.
    """
    update_rows(
        connection,
        reminders,
        [{"id": id_, "next_due_at": new, "old": old} for id_, old, new in moves],
        _is_still_old,
        old=reminders.c.next_due_at.type,
    )


def _is_still_old(_: Table, row: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    return reminders.c.next_due_at == row["old"]


def set_next_due(connection: Connection, values: Sequence[tuple[int, datetime | None]]) -> None:
    update_rows(connection, reminders, [{"id": id_, "next_due_at": new} for id_, new in values])


class ReminderChanges(TypedDict, total=False):
    """The columns of a reminder that can be changed; for `next_due_at` there is `set_next_due`."""

    schedule: str
    repeats: int
    is_loud: bool


_UPDATE_REMINDER = update(reminders).where(reminders.c.id == bindparam("reminder_id"))


def update_reminder(
    connection: Connection, reminder_id: int, **changes: Unpack[ReminderChanges]
) -> None:
    connection.execute(_UPDATE_REMINDER, {"reminder_id": reminder_id, **changes})


_FIND_NEXT_DUE_BY_USER = (
    select(reminders.c.user_id, func.min(reminders.c.next_due_at))
    .where(
        among(reminders.c.user_id, "user_ids"),
        reminders.c.next_due_at > bindparam("now"),
        reminders.c.next_due_at <= bindparam("until"),
    )
    .group_by(reminders.c.user_id)
)
_LIST_USERS_WAITING = select(check_ins.c.user_id).where(
    among(check_ins.c.user_id, "user_ids"),
    check_ins.c.status == Status.PLANNED,
    check_ins.c.send_after <= bindparam("now"),
)


def users_due_soon(
    connection: Connection, user_ids: Iterable[int], now: datetime, within: timedelta
) -> dict[int, datetime]:
    """When the next reminder is due, for the users who have one due after `now` and `within`.

    Users with a planned check-in that can be sent already are left out.
    """
    values = {"user_ids": user_ids, "now": now, "until": now + within}
    found: dict[int, datetime] = dict(connection.execute(_FIND_NEXT_DUE_BY_USER, values).all())
    if found:
        waiting = connection.execute(_LIST_USERS_WAITING, {"user_ids": found, "now": now})
        for user_id in waiting.scalars():
            found.pop(user_id, None)
    return found

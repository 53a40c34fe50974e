"""Reminders in the database: which are due, and moving them on."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.storage.statements import among, update_rows
from reminder_bot.storage.tables import check_ins, habits, reminders

__all__ = [
    "Standing",
    "count_due",
    "find_next_due",
    "list_due",
    "list_of",
    "move_on",
    "set_next_due",
    "update_reminder",
    "users_due_soon",
]


class Standing(NamedTuple):
    """A reminder as planning needs it; its schedule is still text, because the zone is its
    user's.
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


def _standing(row: Sequence[Any]) -> Standing:
    id_, user_id, habit_id, kind, role, *rest = row
    return Standing(id_, user_id, habit_id, HabitKind(kind), Role(role), *rest)


async def find_next_due(connection: AsyncConnection) -> datetime | None:
    """The least instant at which a reminder is due; None where none is."""
    # Said, not implied: without it SQLite does not see that the index holds all that counts, and
    # reads the table.
    query = select(func.min(reminders.c.next_due_at)).where(reminders.c.next_due_at.is_not(None))
    least: datetime | None = (await connection.execute(query)).scalar()
    return least


async def count_due(connection: AsyncConnection, now: datetime) -> int:
    """How many reminders are due by `now`."""
    return int(
        (
            await connection.execute(select(func.count()).where(reminders.c.next_due_at <= now))
        ).scalar_one()
    )


async def list_due(
    connection: AsyncConnection, now: datetime, limit: int, user_id: int | None = None
) -> list[Standing]:
    """Due reminders, the oldest first and those of one user together; other processes skip them
    until the commit.
    """
    condition: ColumnElement[bool] = reminders.c.next_due_at <= now
    if user_id is not None:
        condition &= reminders.c.user_id == user_id
    query = (
        select(*_COLUMNS)
        .join(habits, habits.c.id == reminders.c.habit_id)
        .where(condition)
        .order_by(reminders.c.next_due_at, reminders.c.user_id)
        .limit(limit)
        .with_for_update(of=reminders, skip_locked=True)
    )
    return [_standing(row) for row in await connection.execute(query)]


async def list_of(
    connection: AsyncConnection, user_ids: Iterable[int], *, with_removed: bool = False
) -> list[Standing]:
    """All reminders of these users; those of removed habits only where asked for."""
    query = (
        select(*_COLUMNS)
        .join(habits, habits.c.id == reminders.c.habit_id)
        .where(
            among(connection, reminders.c.user_id, user_ids),
            true() if with_removed else habits.c.removed_at.is_(None),
        )
        .order_by(reminders.c.id)
    )
    return [_standing(row) for row in await connection.execute(query)]


async def move_on(
    connection: AsyncConnection, moves: Sequence[tuple[int, datetime, datetime | None]]
) -> None:
    """Set `next_due_at` from its old value to the next one: (id, old, new); a row moved by
    another stays.
    """
    await update_rows(
        connection,
        reminders,
        [{"id": id_, "next_due_at": new, "old": old} for id_, old, new in moves],
        lambda row: reminders.c.next_due_at == row["old"],
        old=reminders.c.next_due_at.type,
    )


async def set_next_due(
    connection: AsyncConnection, values: Sequence[tuple[int, datetime | None]]
) -> None:
    await update_rows(
        connection, reminders, [{"id": id_, "next_due_at": new} for id_, new in values]
    )


async def update_reminder(connection: AsyncConnection, reminder_id: int, **values: Any) -> None:
    await connection.execute(
        update(reminders).where(reminders.c.id == reminder_id).values(**values)
    )


async def users_due_soon(
    connection: AsyncConnection, user_ids: Iterable[int], now: datetime, within: timedelta
) -> dict[int, datetime]:
    """For users who have another reminder due within the next minutes: when. Empty where
    somebody waits for it.
    """
    ids = list(user_ids)
    soon = await connection.execute(
        select(reminders.c.user_id, func.min(reminders.c.next_due_at))
        .where(
            among(connection, reminders.c.user_id, ids),
            reminders.c.next_due_at > now,
            reminders.c.next_due_at <= now + within,
        )
        .group_by(reminders.c.user_id)
    )
    found: dict[int, datetime] = dict(soon.all())
    if found:
        waiting = await connection.execute(
            select(check_ins.c.user_id).where(
                among(connection, check_ins.c.user_id, found),
                check_ins.c.status == "planned",
                check_ins.c.send_after <= now,
            )
        )
        for user_id in waiting.scalars():
            found.pop(user_id, None)
    return found

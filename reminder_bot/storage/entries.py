"""Entries in the database: what was done, and the sum of a day."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from reminder_bot.domain.entry import Entry
from reminder_bot.storage.statements import among
from reminder_bot.storage.tables import entries

__all__ = ["Done", "insert_entry", "list_done", "list_entries", "undo_entry", "undo_single"]


class Done(NamedTuple):
    """The entries of a habit on one day: the sum of their amounts, and their number."""

    amount: int
    times: int


def insert_entry(
    connection: Connection,
    user_id: int,
    habit_id: int,
    day: date,
    amount: int | None,
    now: datetime,
    check_in_id: int | None,
) -> int:
    """Record what was done; returns the id of the entry."""
    row = connection.execute(
        insert(entries)
        .values(
            user_id=user_id,
            habit_id=habit_id,
            day=day,
            amount=amount,
            recorded_at=now,
            check_in_id=check_in_id,
        )
        .returning(entries.c.id)
    )
    return int(row.scalar_one())


def undo_entry(connection: Connection, check_in_id: int, now: datetime) -> None:
    """Mark the entry of a reply as undone; the row stays."""
    connection.execute(
        update(entries)
        .where(entries.c.check_in_id == check_in_id, entries.c.undone_at.is_(None))
        .values(undone_at=now)
    )


def undo_single(connection: Connection, entry_id: int, now: datetime) -> None:
    """Mark one entry as undone."""
    connection.execute(
        update(entries)
        .where(entries.c.id == entry_id, entries.c.undone_at.is_(None))
        .values(undone_at=now)
    )


def list_entries(connection: Connection, user_id: int, first: date, last: date) -> list[Entry]:
    """A user's entries from `first` to `last` that are not undone, in the order of recording."""
    rows = connection.execute(
        select(*(entries.c[name] for name in Entry.__dataclass_fields__))
        .where(
            entries.c.user_id == user_id,
            entries.c.day.between(first, last),
            entries.c.undone_at.is_(None),
        )
        .order_by(entries.c.recorded_at, entries.c.id)
    )
    return [Entry(*row) for row in rows]


def list_done(
    connection: Connection, user_ids: Iterable[int], first: date, last: date
) -> dict[tuple[int, date], Done]:
    """What these users did from `first` to `last`, by (habit, day)."""
    rows = connection.execute(
        select(
            entries.c.habit_id,
            entries.c.day,
            func.coalesce(func.sum(entries.c.amount), 0),
            func.count(),
        )
        .where(
            among(connection, entries.c.user_id, user_ids),
            entries.c.day.between(first, last),
            entries.c.undone_at.is_(None),
        )
        .group_by(entries.c.habit_id, entries.c.day)
    )
    return {(habit_id, day): Done(int(amount), count) for habit_id, day, amount, count in rows}

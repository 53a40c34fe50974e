"""Entries in the database: what was done, and the sum of a day."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypedDict

from sqlalchemy import Connection, bindparam, func, insert, select, update

from reminder_bot.domain.entry import Entry
from reminder_bot.domain.intake import Drunk
from reminder_bot.storage.statements import among, insert_new
from reminder_bot.storage.tables import entries

__all__ = [
    "Done",
    "NewEntry",
    "insert_entries",
    "insert_entry",
    "list_done",
    "list_drunk",
    "list_entries",
    "undo_entry",
    "undo_single",
]


class Done(NamedTuple):
    """The entries of a habit on one day: the sum of their amounts, and their number."""

    amount: int
    times: int


_INSERT_ENTRY = insert(entries).returning(entries.c.id)


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
    entry = {
        "user_id": user_id,
        "habit_id": habit_id,
        "day": day,
        "amount": amount,
        "recorded_at": now,
        "check_in_id": check_in_id,
    }
    return int(connection.execute(_INSERT_ENTRY, entry).scalar_one())


class NewEntry(TypedDict):
    """An entry that a reply makes."""

    user_id: int
    habit_id: int
    day: date
    amount: int | None
    recorded_at: datetime
    check_in_id: int


def insert_entries(connection: Connection, rows: Sequence[NewEntry]) -> None:
    """Record what replies say was done. A check-in that has an entry already gets no other."""
    insert_new(connection, entries, rows)


_UNDO_ENTRY = update(entries).where(
    entries.c.check_in_id == bindparam("of_check_in"), entries.c.undone_at.is_(None)
)


def undo_entry(connection: Connection, check_in_id: int, now: datetime) -> None:
    """Mark the entry of a reply as undone; the row stays."""
    connection.execute(_UNDO_ENTRY, {"of_check_in": check_in_id, "undone_at": now})


_UNDO_SINGLE = update(entries).where(
    entries.c.id == bindparam("entry_id"), entries.c.undone_at.is_(None)
)


def undo_single(connection: Connection, entry_id: int, now: datetime) -> None:
    """Mark one entry as undone."""
    connection.execute(_UNDO_SINGLE, {"entry_id": entry_id, "undone_at": now})


_LIST_ENTRIES = (
    select(*(entries.c[name] for name in Entry.__dataclass_fields__))
    .where(
        entries.c.user_id == bindparam("user_id"),
        entries.c.day.between(bindparam("first"), bindparam("last")),
        entries.c.undone_at.is_(None),
    )
    .order_by(entries.c.recorded_at, entries.c.id)
)


def list_entries(connection: Connection, user_id: int, first: date, last: date) -> list[Entry]:
    """A user's entries from `first` to `last` that are not undone, in the order of recording."""
    rows = connection.execute(_LIST_ENTRIES, {"user_id": user_id, "first": first, "last": last})
    return [Entry(*row) for row in rows]


_LIST_DRUNK = (
    select(
        entries.c.habit_id,
        entries.c.day,
        func.coalesce(func.sum(entries.c.amount), 0),
        func.coalesce(
            func.sum(entries.c.amount).filter(entries.c.recorded_at > bindparam("since")), 0
        ),
    )
    .where(
        among(entries.c.user_id, "user_ids"),
        entries.c.day.between(bindparam("first"), bindparam("last")),
        entries.c.undone_at.is_(None),
    )
    .group_by(entries.c.habit_id, entries.c.day)
)


def list_drunk(
    connection: Connection, user_ids: Iterable[int], first: date, last: date, since: datetime
) -> dict[tuple[int, date], Drunk]:
    """The amounts of a day, and those of them that were recorded after `since`, by (habit, day)."""
    values = {"user_ids": user_ids, "first": first, "last": last, "since": since}
    rows = connection.execute(_LIST_DRUNK, values)
    return {(habit_id, day): Drunk(int(of_day), int(late)) for habit_id, day, of_day, late in rows}


_LIST_DONE = (
    select(
        entries.c.habit_id,
        entries.c.day,
        func.coalesce(func.sum(entries.c.amount), 0),
        func.count(),
    )
    .where(
        among(entries.c.user_id, "user_ids"),
        entries.c.day.between(bindparam("first"), bindparam("last")),
        entries.c.undone_at.is_(None),
    )
    .group_by(entries.c.habit_id, entries.c.day)
)


def list_done(
    connection: Connection, user_ids: Iterable[int], first: date, last: date
) -> dict[tuple[int, date], Done]:
    """What these users did from `first` to `last`, by (habit, day)."""
    rows = connection.execute(_LIST_DONE, {"user_ids": user_ids, "first": first, "last": last})
    return {(habit_id, day): Done(int(amount), count) for habit_id, day, amount, count in rows}

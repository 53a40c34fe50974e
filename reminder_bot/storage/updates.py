"""Telegram updates that took effect, and single values of this installation (`state`)."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from reminder_bot.storage.statements import insert_into, insert_or_leave
from reminder_bot.storage.tables import state, updates

__all__ = ["delete_old_updates", "find_state", "record_state", "record_updates"]


def record_updates(connection: Connection, update_ids: Collection[int], now: datetime) -> set[int]:
    """Record updates, in the transaction of their effects; returns those that are new.

    The others have taken effect before.
    """
    rows = [{"id": each, "handled_at": now} for each in sorted(set(update_ids))]
    if not rows:
        return set()
    return set(connection.execute(_record_updates(connection.dialect.name), rows).scalars())


@lru_cache
def _record_updates(dialect: str) -> Any:
    return insert_into(dialect, updates).on_conflict_do_nothing().returning(updates.c.id)


def delete_old_updates(connection: Connection, before: datetime) -> int:
    return connection.execute(delete(updates).where(updates.c.handled_at < before)).rowcount


_FIND_STATE = select(state.c.value).where(state.c.name == bindparam("name"))


def find_state(connection: Connection, name: str) -> str | None:
    return connection.execute(_FIND_STATE, {"name": name}).scalar()


def record_state(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(state).where(state.c.name == name))
    connection.execute(insert_or_leave(connection, state), {"name": name, "value": value})

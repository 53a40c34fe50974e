"""Telegram updates that took effect, and single values of this installation (`state`)."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from reminder_bot.storage.statements import insert_or_leave
from reminder_bot.storage.tables import state, updates

__all__ = ["delete_old_updates", "find_state", "record_state", "record_update"]


def record_update(connection: Connection, update_id: int, now: datetime) -> bool:
    """Record an update, in the transaction of its effect; False if it has taken effect before."""
    inserted = connection.execute(
        insert_or_leave(connection, updates), {"id": update_id, "handled_at": now}
    )
    return inserted.rowcount > 0


def delete_old_updates(connection: Connection, before: datetime) -> int:
    return connection.execute(delete(updates).where(updates.c.handled_at < before)).rowcount


_FIND_STATE = select(state.c.value).where(state.c.name == bindparam("name"))


def find_state(connection: Connection, name: str) -> str | None:
    return connection.execute(_FIND_STATE, {"name": name}).scalar()


def record_state(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(state).where(state.c.name == name))
    connection.execute(insert_or_leave(connection, state), {"name": name, "value": value})

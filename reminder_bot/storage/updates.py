"""Telegram updates that took effect, and single values of this installation (`state`)."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from reminder_bot.storage.statements import insert_or_leave
from reminder_bot.storage.tables import state, updates

__all__ = ["find_state", "forget_updates", "record_state", "record_update"]


def record_update(connection: Connection, update_id: int, now: datetime) -> bool:
    """Record an update, in the transaction of its effect; False if it has taken effect before."""
    inserted = connection.execute(
        insert_or_leave(connection, updates).values(id=update_id, handled_at=now)
    )
    return inserted.rowcount > 0


def forget_updates(connection: Connection, before: datetime) -> int:
    return connection.execute(delete(updates).where(updates.c.handled_at < before)).rowcount


def find_state(connection: Connection, name: str) -> str | None:
    return connection.execute(select(state.c.value).where(state.c.name == name)).scalar()


def record_state(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(state).where(state.c.name == name))
    connection.execute(insert_or_leave(connection, state).values(name=name, value=value))

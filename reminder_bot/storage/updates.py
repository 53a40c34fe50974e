"""Updates of Telegram that took effect, and single facts about this installation."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reminder_bot.storage.statements import insert_or_leave
from reminder_bot.storage.tables import state, updates

__all__ = ["find_state", "forget_updates", "record_state", "record_update"]


async def record_update(connection: AsyncConnection, update_id: int, now: datetime) -> bool:
    """Note an update in the transaction of its effect; False where it took effect before."""
    inserted = await connection.execute(
        insert_or_leave(connection, updates).values(id=update_id, handled_at=now)
    )
    return inserted.rowcount > 0


async def forget_updates(connection: AsyncConnection, before: datetime) -> int:
    return (await connection.execute(delete(updates).where(updates.c.handled_at < before))).rowcount


async def find_state(connection: AsyncConnection, name: str) -> str | None:
    return (await connection.execute(select(state.c.value).where(state.c.name == name))).scalar()


async def record_state(connection: AsyncConnection, name: str, value: str) -> None:
    await connection.execute(delete(state).where(state.c.name == name))
    await connection.execute(insert_or_leave(connection, state).values(name=name, value=value))

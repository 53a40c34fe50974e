"""Habits and the reminders they bring."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reminder_bot.domain.habit import GLASS_ML, Habit, HabitKind, Role
from reminder_bot.storage.tables import habits, reminders

__all__ = ["insert_habit", "insert_reminder", "list_habits"]


async def list_habits(connection: AsyncConnection, user_ids: Iterable[int]) -> dict[int, dict[HabitKind, Habit]]:
    """Each user's habits, in the order they were added."""
    rows = await connection.execute(select(habits).where(habits.c.user_id.in_(list(user_ids))).order_by(habits.c.id))
    found: dict[int, dict[HabitKind, Habit]] = {}
    for row in rows.mappings():
        kind = HabitKind(row["kind"])
        found.setdefault(row["user_id"], {})[kind] = Habit(row["id"], kind, row["goal_ml"], row["portion_ml"])
    return found


async def insert_habit(connection: AsyncConnection, user_id: int, kind: HabitKind, goal_ml: int | None) -> int:
    portion = GLASS_ML if goal_ml is not None else None
    row = await connection.execute(
        insert(habits).values(user_id=user_id, kind=kind, goal_ml=goal_ml, portion_ml=portion).returning(habits.c.id)
    )
    return int(row.scalar_one())


async def insert_reminder(
    connection: AsyncConnection,
    user_id: int,
    habit_id: int,
    role: Role,
    schedule: str,
    *,
    repeats: int,
    is_loud: bool,
    next_due_at: datetime | None,
) -> None:
    await connection.execute(
        insert(reminders).values(
            user_id=user_id,
            habit_id=habit_id,
            role=role,
            schedule=schedule,
            repeats=repeats,
            is_loud=is_loud,
            next_due_at=next_due_at,
        )
    )

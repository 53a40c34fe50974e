"""Habits and their reminders in the database."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import Connection, RowMapping, insert, select, update

from reminder_bot.domain.habit import GLASS_ML, Habit, HabitKind, Role
from reminder_bot.storage.tables import habits, reminders

__all__ = ["habit", "insert_habit", "insert_reminder", "list_habits", "update_habit"]

ORDER = {kind.value: number for number, kind in enumerate(HabitKind)}


def habit(row: RowMapping) -> Habit:
    return Habit(
        row["id"],
        HabitKind(row["kind"]),
        row["goal_ml"],
        row["portion_ml"],
        row["words"],
        row["removed_at"] is not None,
    )


def list_habits(
    connection: Connection, user_ids: Iterable[int], *, with_removed: bool = False
) -> dict[int, dict[HabitKind, Habit]]:
    """The habits of each user, in the order of HabitKind."""
    query = select(habits).where(habits.c.user_id.in_(list(user_ids)))
    if not with_removed:
        query = query.where(habits.c.removed_at.is_(None))
    found: dict[int, dict[HabitKind, Habit]] = {}
    for row in sorted(connection.execute(query).mappings(), key=lambda row: ORDER[row["kind"]]):
        found.setdefault(row["user_id"], {})[HabitKind(row["kind"])] = habit(row)
    return found


class HabitChanges(TypedDict, total=False):
    """The columns of a habit that can be changed."""

    goal_ml: int | None
    portion_ml: int | None
    words: str | None
    removed_at: datetime | None


def update_habit(connection: Connection, habit_id: int, **changes: Unpack[HabitChanges]) -> None:
    connection.execute(update(habits).where(habits.c.id == habit_id).values(**changes))


def insert_habit(connection: Connection, user_id: int, kind: HabitKind, goal_ml: int | None) -> int:
    portion = GLASS_ML if goal_ml is not None else None
    row = connection.execute(
        insert(habits)
        .values(user_id=user_id, kind=kind, goal_ml=goal_ml, portion_ml=portion)
        .returning(habits.c.id)
    )
    return int(row.scalar_one())


def insert_reminder(
    connection: Connection,
    user_id: int,
    habit_id: int,
    role: Role,
    schedule: str,
    *,
    repeats: int,
    is_loud: bool,
    next_due_at: datetime | None,
) -> None:
    connection.execute(
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

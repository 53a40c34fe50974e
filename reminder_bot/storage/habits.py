"""Habits and their reminders in the database."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from reminder_bot.domain.habit import GLASS_ML, Habit, HabitKind, Role
from reminder_bot.storage.statements import among
from reminder_bot.storage.tables import habits, reminders

__all__ = ["habit", "insert_habit", "insert_reminder", "list_habits", "update_habit"]

# The database sorts kinds alphabetically; people see them in the order of HabitKind.
ORDER = {kind.value: number for number, kind in enumerate(HabitKind)}


def habit(row: RowMapping) -> Habit:
    return Habit(
        row["id"],
        HabitKind(row["kind"]),
        row["goal_ml"],
        row["portion_ml"],
        row["words"],
        row["removed_at"] is not None,
        row["is_limit"],
    )


_LIST_ALL = select(habits).where(among(habits.c.user_id, "user_ids"))
_LIST_NOT_REMOVED = _LIST_ALL.where(habits.c.removed_at.is_(None))


def list_habits(
    connection: Connection, user_ids: Iterable[int], *, with_removed: bool = False
) -> dict[int, dict[HabitKind, Habit]]:
    """The habits of each user, in the order of HabitKind."""
    query = _LIST_ALL if with_removed else _LIST_NOT_REMOVED
    rows = connection.execute(query, {"user_ids": user_ids}).mappings()
    found: dict[int, dict[HabitKind, Habit]] = {}
    for row in sorted(rows, key=lambda row: ORDER[row["kind"]]):
        found.setdefault(row["user_id"], {})[HabitKind(row["kind"])] = habit(row)
    return found


class HabitChanges(TypedDict, total=False):
    """The columns of a habit that can be changed."""

    goal_ml: int | None
    portion_ml: int | None
    words: str | None
    removed_at: datetime | None
    is_limit: bool


_UPDATE_HABIT = update(habits).where(habits.c.id == bindparam("habit_id"))


def update_habit(connection: Connection, habit_id: int, **changes: Unpack[HabitChanges]) -> None:
    connection.execute(_UPDATE_HABIT, {"habit_id": habit_id, **changes})


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

"""Cards: check-ins with what their message has to show, read for many users at once."""

from collections.abc import Iterable
from datetime import time

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reminder_bot.domain.card import Card, Row
from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import Habit, Role
from reminder_bot.domain.reminder import counted_day
from reminder_bot.domain.schedule import Schedule
from reminder_bot.storage.check_ins import FIELDS, check_in, select_check_ins
from reminder_bot.storage.entries import Done, list_done
from reminder_bot.storage.statements import among
from reminder_bot.storage.tables import check_ins, habits, reminders
from reminder_bot.storage.users import list_users

__all__ = ["find_card", "list_cards"]

NOTHING = Done(0, 0)
_earlier = check_ins.alias("earlier")
_HAS_NEW_FOOD = (
    check_ins.c.food_id.is_not(None)
    & (check_ins.c.ask == 1)
    & ~select(_earlier.c.id)
    .where(
        _earlier.c.user_id == check_ins.c.user_id,
        _earlier.c.food_id == check_ins.c.food_id,
        _earlier.c.id < check_ins.c.id,
    )
    .exists()
).label("has_new_food")


async def list_cards(connection: AsyncConnection, check_in_ids: Iterable[int]) -> list[Card]:
    """The check-ins with these ids, one card a user."""
    return await _cards(connection, among(connection, check_ins.c.id, check_in_ids))


async def find_card(connection: AsyncConnection, user_id: int, message_id: int) -> Card | None:
    """What a message of a user has to show; None where no check-in is on it (any more)."""
    found = await _cards(connection, (check_ins.c.user_id == user_id) & (check_ins.c.message_id == message_id))
    return found[0] if found else None


async def _cards(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Card]:
    query = (
        select_check_ins()
        .add_columns(
            habits.c.goal_ml,
            habits.c.portion_ml,
            habits.c.words,
            habits.c.removed_at,
            reminders.c.schedule,
            reminders.c.is_loud,
            _HAS_NEW_FOOD,
        )
        .where(condition)
    )
    found = [(check_in(row), *row[len(FIELDS) :]) for row in await connection.execute(query)]
    if not found:
        return []
    days = [counted_day(each.kind, each.day) for each, *_ in found]
    user_ids = {each.user_id for each, *_ in found}
    users = await list_users(connection, user_ids)
    done = await list_done(connection, user_ids, min(days), max(days))
    rows: dict[int, list[Row]] = {}
    for (each, goal_ml, portion_ml, words, removed_at, schedule, is_loud, has_new_food), day in zip(
        found, days, strict=True
    ):
        so_far = done.get((each.habit_id, day), NOTHING)
        is_done = so_far.amount >= goal_ml if goal_ml else so_far.times > 0
        if each.role is Role.WIND_DOWN:
            is_done = False  # this morning's answer was about the evening before, not about the one to come
        elif goal_ml and each.ask == 1 and so_far.amount:
            is_done = is_done or _is_ahead(each, schedule, so_far.amount, goal_ml)
        habit = Habit(each.habit_id, each.kind, goal_ml, portion_ml, words, removed_at is not None)
        rows.setdefault(each.user_id, []).append(Row(each, habit, so_far.amount, is_done, is_loud, has_new_food))
    return [Card(users[user_id], tuple(of_user)) for user_id, of_user in rows.items()]


def _is_ahead(check_in: CheckIn, schedule: str, done_ml: int, goal_ml: int) -> bool:
    """Whether the day holds as much already as it should after this ask: then there is nothing to ask."""
    slots = Schedule.parse("UTC", time(), schedule).slots[check_in.day.weekday()]
    if check_in.slot not in slots:
        return False
    return done_ml * len(slots) >= goal_ml * (slots.index(check_in.slot) + 1)

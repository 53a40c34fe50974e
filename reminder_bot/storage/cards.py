"""Cards in the database: check-ins with what their message shows, for many users at once."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, select

from reminder_bot.domain.card import Card, Row, is_done
from reminder_bot.domain.habit import Habit
from reminder_bot.domain.reminder import counted_day
from reminder_bot.domain.user import User
from reminder_bot.storage.check_ins import FIELDS, check_in, select_check_ins
from reminder_bot.storage.entries import Done, list_done
from reminder_bot.storage.statements import among, among_pairs
from reminder_bot.storage.tables import check_ins, habits, reminders
from reminder_bot.storage.users import list_users

__all__ = ["list_cards", "list_cards_on"]

Key = TypeVar("Key", bound=Hashable)

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


def list_cards(connection: Connection, check_in_ids: Iterable[int]) -> list[Card]:
    """The check-ins with these ids, one card a user."""
    users, rows = _list_rows(connection, among(connection, check_ins.c.id, check_in_ids))
    return list(_group(lambda row: row.check_in.user_id, users, rows).values())


def list_cards_on(
    connection: Connection, messages: Iterable[tuple[int, int]]
) -> dict[tuple[int, int | None], Card]:
    """The cards that these messages show, by (user_id, message_id).

    A message that shows no check-in (any more) is left out.
    """
    is_on = among_pairs(connection, (check_ins.c.user_id, check_ins.c.message_id), messages)
    users, rows = _list_rows(connection, is_on)
    return _group(lambda row: (row.check_in.user_id, row.check_in.message_id), users, rows)


def _group(
    key: Callable[[Row], Key], users: Mapping[int, User], rows: Iterable[Row]
) -> dict[Key, Card]:
    """One card for all rows that have the same key. They belong to the same user."""
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {
        each: Card(users[group[0].check_in.user_id], tuple(group)) for each, group in groups.items()
    }


def _list_rows(
    connection: Connection, condition: ColumnElement[bool]
) -> tuple[dict[int, User], list[Row]]:
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
    found = [(check_in(row), *row[len(FIELDS) :]) for row in connection.execute(query)]
    if not found:
        return {}, []
    days = [counted_day(each.kind, each.day) for each, *_ in found]
    user_ids = {each.user_id for each, *_ in found}
    users = list_users(connection, user_ids)
    done = list_done(connection, user_ids, min(days), max(days))
    rows = []
    for (each, goal_ml, portion_ml, words, removed_at, schedule, is_loud, has_new_food), day in zip(
        found, days, strict=True
    ):
        amount, times = done.get((each.habit_id, day), NOTHING)
        habit = Habit(each.habit_id, each.kind, goal_ml, portion_ml, words, removed_at is not None)
        is_finished = is_done(each, habit, schedule, amount, times)
        rows.append(Row(each, habit, amount, is_finished, is_loud, has_new_food))
    return users, rows

"""Cards in the database: check-ins with all that their messages show, for many users at once."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

from reminder_bot.domain.card import Card, Row, is_done
from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import Habit
from reminder_bot.domain.reminder import counted_day
from reminder_bot.domain.user import User
from reminder_bot.storage.check_ins import SELECT_CHECK_INS, check_in
from reminder_bot.storage.entries import Done, list_done
from reminder_bot.storage.statements import among, among_rows
from reminder_bot.storage.tables import check_ins, habits, reminders, terms
from reminder_bot.storage.terms import GOAL
from reminder_bot.storage.users import list_users

__all__ = ["list_cards", "list_cards_on"]

Key = TypeVar("Key", bound=Hashable)

NOTHING = Done(0, 0)
_earlier = check_ins.alias("earlier")
# Whether the suggested food is new to the user; its caveats are shown then.
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

# The goal that held on the day of the check-in. A habit without a goal has no terms.
_GOAL = func.coalesce(
    select(terms.c.goal_ml)
    .where(
        terms.c.habit_id == check_ins.c.habit_id,
        terms.c.first_day <= check_ins.c.day,
        terms.c.kind == GOAL,
    )
    .order_by(terms.c.id.desc())
    .limit(1)
    .scalar_subquery(),
    habits.c.goal_ml,
).label("goal_ml")

_LIST_ROWS: Select[Any] = SELECT_CHECK_INS.add_columns(
    _GOAL,
    habits.c.portion_ml,
    habits.c.words,
    habits.c.removed_at,
    habits.c.is_limit,
    reminders.c.schedule,
    reminders.c.is_loud,
    _HAS_NEW_FOOD,
)
_LIST_ROWS_OF_CHECK_INS = _LIST_ROWS.where(among(check_ins.c.id, "check_in_ids"))
_LIST_ROWS_ON_MESSAGES = _LIST_ROWS.where(
    among_rows((check_ins.c.user_id, check_ins.c.message_id), ("user_ids", "message_ids"))
)


def list_cards(connection: Connection, check_in_ids: Iterable[int]) -> list[Card]:
    """The check-ins with these ids, one card a user."""
    found = connection.execute(_LIST_ROWS_OF_CHECK_INS, {"check_in_ids": check_in_ids})
    rows = _complete(connection, found)
    users = list_users(connection, {row.check_in.user_id for row in rows})
    return list(_group(lambda row: row.check_in.user_id, users, rows).values())


def list_cards_on(
    connection: Connection,
    messages: Iterable[tuple[int, int]],
    users: Mapping[int, User],
) -> dict[tuple[int, int | None], Card]:
    """The cards that these messages show, by (user_id, message_id).

    A message that shows no check-in (any more) is left out. users: those of the messages, by id.
    """
    pairs = list(messages)
    values = {
        "user_ids": [user_id for user_id, _ in pairs],
        "message_ids": [message_id for _, message_id in pairs],
    }
    rows = _complete(connection, connection.execute(_LIST_ROWS_ON_MESSAGES, values))
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


def _complete(connection: Connection, found: Iterable[Any]) -> list[Row]:
    """The rows of cards from what `_LIST_ROWS` found."""
    pairs = [(check_in(row), row) for row in found]
    if not pairs:
        return []
    days = [counted_day(each.kind, each.day) for each, _ in pairs]
    user_ids = {each.user_id for each, _ in pairs}
    done = list_done(connection, user_ids, min(days), max(days))
    return [_row(each, row, done) for each, row in pairs]


def _row(check_in: CheckIn, found: Any, done: Mapping[tuple[int, date], Done]) -> Row:
    """A row of a card. done: what was done, by (habit, day)."""
    habit = Habit(
        check_in.habit_id,
        check_in.kind,
        found.goal_ml,
        found.portion_ml,
        found.words,
        found.removed_at is not None,
        found.is_limit,
    )
    day = counted_day(check_in.kind, check_in.day)
    amount, times = done.get((check_in.habit_id, day), NOTHING)
    is_finished = is_done(check_in, habit, found.schedule, amount, times)
    return Row(check_in, habit, amount, is_finished, found.is_loud, found.has_new_food)

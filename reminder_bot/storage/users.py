"""Users in the database: one row each, which all other rows about a person reference."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup, User
from reminder_bot.storage import tables
from reminder_bot.storage.statements import among
from reminder_bot.storage.tables import users

__all__ = [
    "UserChanges",
    "count_rows",
    "erase",
    "find_user",
    "insert_user",
    "list_users",
    "list_users_after",
    "record_asking_message",
    "record_unreachable",
    "update_user",
    "user",
]

USUAL_HOURS = DayHours(time(7, 0), time(23, 0))
# The columns of a User: the hours first, then the other fields in their order.
_HOURS = tuple(users.c[name] for name in ("wake", "sleep", "weekend_wake", "weekend_sleep"))
_OF_HOURS = ("weekday_hours", "weekend_hours")
_NAMES = tuple(User.__dataclass_fields__)
_FIELDS = tuple(name for name in _NAMES if name not in _OF_HOURS)
COLUMNS = (*_HOURS, *(users.c[name] for name in _FIELDS))
_SETUP, _DIET, _TOPICS = map(_FIELDS.index, ("setup", "diet", "unwanted_topics"))
_BEFORE_HOURS = _NAMES.index(_OF_HOURS[0])  # how many fields; the hours stand side by side


def user(row: Sequence[Any]) -> User:
    """The User of a row whose columns begin with `COLUMNS`."""
    wake, sleep, weekend_wake, weekend_sleep, *values = row[: len(COLUMNS)]
    values[_SETUP] = Setup(values[_SETUP])
    values[_DIET] = _words(values[_DIET])
    values[_TOPICS] = _words(values[_TOPICS])
    weekend = None if weekend_wake is None else _hours(weekend_wake, weekend_sleep)
    # By position, which takes half the time of doing it by name.
    values[_BEFORE_HOURS:_BEFORE_HOURS] = (_hours(wake, sleep), weekend)
    return User(*values)


@lru_cache(maxsize=4096)
def _hours(wake: time, sleep: time) -> DayHours:
    return DayHours(wake, sleep)


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FIND_USER = select(*COLUMNS).where(users.c.id == bindparam("user_id"))


def find_user(connection: Connection, user_id: int) -> User | None:
    row = connection.execute(_FIND_USER, {"user_id": user_id}).first()
    return None if row is None else user(row)


_LIST_USERS = select(*COLUMNS).where(among(users.c.id, "user_ids"))


def list_users(connection: Connection, user_ids: Iterable[int]) -> dict[int, User]:
    found = connection.execute(_LIST_USERS, {"user_ids": user_ids})
    return {each.id: each for each in map(user, found)}


def insert_user(connection: Connection, user_id: int, language: str, now: datetime) -> User:
    """Insert a user at the first step of setup, with the usual hours until they set their own."""
    connection.execute(
        insert(users).values(
            id=user_id,
            language=language,
            setup=Setup.WELCOME,
            wake=USUAL_HOURS.wake,
            sleep=USUAL_HOURS.sleep,
            digest_weekday=7,
            digest_at=time(18, 0),
            created_at=now,
        )
    )
    created = find_user(connection, user_id)
    assert created is not None
    return created


class UserChanges(TypedDict, total=False):
    """The columns of a user that can be changed."""

    zone: str | None
    wake: time
    sleep: time
    weekend_wake: time | None
    weekend_sleep: time | None
    diet: str
    setup: Setup
    setup_view: str
    setup_message_id: int | None
    helper_message_id: int | None
    digest_weekday: int
    digest_at: time
    next_digest_at: datetime | None
    paused_at: datetime | None
    paused_until: datetime | None
    asked_since: datetime | None
    unreachable_at: datetime | None
    is_discreet: bool
    is_tidy: bool
    is_dark: bool
    is_without_numbers: bool
    wants_infants: bool
    unwanted_topics: str
    awaits: str
    awaits_message_id: int | None
    awaits_until: datetime | None


_UPDATE_USER = update(users).where(users.c.id == bindparam("user_id"))


def update_user(connection: Connection, user_id: int, **changes: Unpack[UserChanges]) -> None:
    connection.execute(_UPDATE_USER, {"user_id": user_id, **changes})


_RECORD_ASKING_MESSAGE = (
    update(users)
    .where(
        users.c.id == bindparam("user_id"),
        users.c.awaits == bindparam("path"),
        users.c.awaits_message_id.is_(None),
    )
    .values(awaits_message_id=bindparam("message_id"))
)


def record_asking_message(connection: Connection, user_id: int, path: str, message_id: int) -> None:
    """Record the message of the screen that asks for text, unless it was answered already."""
    values = {"user_id": user_id, "path": path, "message_id": message_id}
    connection.execute(_RECORD_ASKING_MESSAGE, values)


def record_unreachable(connection: Connection, user_ids: Iterable[int], now: datetime) -> None:
    """Stop planning and sending for users who blocked the bot or deleted their account."""
    ids = list(user_ids)
    connection.execute(
        update(users)
        .where(users.c.id.in_(ids), users.c.unreachable_at.is_(None))
        .values(unreachable_at=now, next_digest_at=None)
    )
    connection.execute(
        update(tables.reminders).where(tables.reminders.c.user_id.in_(ids)).values(next_due_at=None)
    )
    # Claimed rows are left alone: the process that claimed them records their outcome.
    for table in (tables.check_ins, tables.digests, tables.notices):
        is_unsent = table.c.status.in_([Status.PLANNED, Status.AMBIGUOUS])
        connection.execute(
            update(table).where(table.c.user_id.in_(ids), is_unsent).values(status=Status.CANCELLED)
        )
    connection.execute(delete(tables.pending_edits).where(tables.pending_edits.c.user_id.in_(ids)))


def _tables_of_users() -> tuple[Table, ...]:
    return tuple(table for table in tables.metadata.sorted_tables if "user_id" in table.c)


def count_rows(connection: Connection, user_id: int) -> int:
    """How many rows are stored about a user, in all tables."""
    counts = [
        select(func.count()).where(table.c.user_id == user_id).scalar_subquery()
        for table in _tables_of_users()
    ]
    row = connection.execute(select(*counts)).one()
    return 1 + sum(row)  # with the row of the user


def erase(connection: Connection, user_id: int) -> int:
    """Delete everything that is stored about a user; returns the number of rows."""
    rows = count_rows(connection, user_id)
    deleted = connection.execute(delete(users).where(users.c.id == user_id))
    return rows if deleted.rowcount else 0


def list_users_after(connection: Connection, user_id: int, limit: int) -> list[User]:
    """Users in the order of their ids, starting after `user_id`."""
    query = select(*COLUMNS).where(users.c.id > user_id).order_by(users.c.id).limit(limit)
    return [user(row) for row in connection.execute(query)]

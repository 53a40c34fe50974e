"""People in the database as after a finished set-up, and a clock that a test sets."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Table, select, update

from reminder_bot.clock import Clock
from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import planning
from reminder_bot.storage.check_ins import SELECT_CHECK_INS, check_in
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.tables import check_ins, reminders
from reminder_bot.storage.users import find_user, insert_user, update_user

__all__ = [
    "BERLIN",
    "SetClock",
    "change",
    "check_ins_of",
    "load_user",
    "move_slots",
    "rows_of",
    "settle",
    "someone",
]

BERLIN = "Europe/Berlin"
TextHours = tuple[str, str]


class SetClock(Clock):
    """A clock that shows `at`, which a test changes."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


def someone(user_id: int = 7, zone: str = BERLIN) -> User:
    """A person who is set up, as a value."""
    return User(user_id, "en", Setup.DONE, zone, DayHours(time(7), time(23)))


async def settle(
    database: Database,
    now: datetime,
    *,
    user_id: int = 7,
    zone: str = BERLIN,
    hours: TextHours = ("07:00", "23:00"),
    weekend: TextHours | None = None,
    habits: Iterable[HabitKind] = OFFERED_AT_SETUP,
    slots: str | None = None,
    **values: Any,
) -> User:
    """Insert a person whose set-up is complete, with these habits.

    slots: the schedule that all their reminders get, in the stored format.
    """
    wake, sleep = map(time.fromisoformat, hours)
    weekend_wake, weekend_sleep = map(time.fromisoformat, weekend) if weekend else (None, None)
    with database.transaction() as connection:
        insert_user(connection, user_id, "en", now)
        update_user(
            connection,
            user_id,
            zone=zone,
            wake=wake,
            sleep=sleep,
            weekend_wake=weekend_wake,
            weekend_sleep=weekend_sleep,
            setup=Setup.DONE,
            **values,
        )
        user = _user(connection, user_id)
        planning.add_habits(connection, user, habits, now)
        if slots is not None:
            connection.execute(
                update(reminders).where(reminders.c.user_id == user_id).values(schedule=slots)
            )
        planning.reschedule(connection, user, now)
    return user


def _user(connection: Connection, user_id: int) -> User:
    user = find_user(connection, user_id)
    assert user is not None
    return user


async def load_user(database: Database, user_id: int = 7) -> User:
    with database.connection() as connection:
        return _user(connection, user_id)


async def change(database: Database, user_id: int, **values: Any) -> User:
    """Change only the stored fields of a user; nothing is planned again."""
    with database.transaction() as connection:
        update_user(connection, user_id, **values)
    return await load_user(database, user_id)


async def move_slots(database: Database, user_id: int, slots: str, now: datetime) -> None:
    """Give all reminders of a user another schedule. As when a user changes it, what is due is
    planned first.
    """
    with database.transaction() as connection:
        planning.plan_due(connection, now, user_id)
        connection.execute(
            update(reminders).where(reminders.c.user_id == user_id).values(schedule=slots)
        )
        planning.reschedule(connection, _user(connection, user_id), now)


async def rows_of(
    database: Database, table: Table, *conditions: ColumnElement[bool]
) -> list[dict[str, Any]]:
    """The rows of a table, as they are stored, in the order of their keys."""
    query = select(table).where(*conditions).order_by(*table.primary_key.columns)
    with database.connection() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


async def check_ins_of(database: Database, user_id: int = 7) -> Sequence[CheckIn]:
    """A user's check-ins by the time they were due."""
    with database.connection() as connection:
        rows = connection.execute(SELECT_CHECK_INS.where(check_ins.c.user_id == user_id))
        return [check_in(row) for row in rows]

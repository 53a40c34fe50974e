"""Pauses in the database: days on which nothing was asked, which statistics show as neutral."""

from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.user import User
from reminder_bot.storage.tables import pauses, users
from reminder_bot.storage.users import COLUMNS, user

__all__ = ["find_next_resume", "insert_pause", "list_paused_days", "list_users_to_resume"]


def insert_pause(connection: Connection, user_id: int, first_day: date, last_day: date) -> None:
    connection.execute(
        insert(pauses).values(user_id=user_id, first_day=first_day, last_day=last_day)
    )


def list_paused_days(connection: Connection, user_id: int, first: date, last: date) -> set[date]:
    """The days from `first` to `last` that belong to a past pause of the user."""
    rows = connection.execute(
        select(pauses.c.first_day, pauses.c.last_day).where(
            pauses.c.user_id == user_id, pauses.c.last_day >= first, pauses.c.first_day <= last
        )
    )
    return {
        start + each * ONE_DAY
        for start, end in rows
        for each in range((end - start).days + 1)
        if first <= start + each * ONE_DAY <= last
    }


def find_next_resume(connection: Connection) -> datetime | None:
    query = select(func.min(users.c.paused_until)).where(users.c.paused_until.is_not(None))
    earliest: datetime | None = connection.execute(query).scalar()
    return earliest


def list_users_to_resume(connection: Connection, now: datetime, limit: int) -> list[User]:
    """Users whose pause has ended, the longest ago first."""
    query = (
        select(*COLUMNS)
        .where(users.c.paused_until <= now)
        .order_by(users.c.paused_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [user(row) for row in connection.execute(query)]

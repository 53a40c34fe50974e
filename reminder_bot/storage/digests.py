"""Digests in the database. The figures and the fact are stored when a digest is planned."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.suggestion import Suggestion
from reminder_bot.domain.user import User
from reminder_bot.storage.statements import among, insert_or_leave
from reminder_bot.storage.tables import digests, users
from reminder_bot.storage.users import COLUMNS as USER_COLUMNS
from reminder_bot.storage.users import user

__all__ = [
    "find_digest",
    "find_digest_at",
    "find_last_day",
    "find_last_digest",
    "find_last_due",
    "find_next_digest_at",
    "insert_digest",
    "list_digests",
    "list_told_facts",
    "list_users_due",
    "record_file_id",
]


# The states of a digest that nobody has got.
NEVER_SENT = (Status.PLANNED, Status.MISFIRED, Status.CANCELLED)


def find_next_digest_at(connection: Connection) -> datetime | None:
    query = select(func.min(users.c.next_digest_at)).where(users.c.next_digest_at.is_not(None))
    earliest: datetime | None = connection.execute(query).scalar()
    return earliest


def find_digest_at(connection: Connection, user_id: int) -> datetime | None:
    """When a user's next digest is due."""
    due_at: datetime | None = connection.execute(
        select(users.c.next_digest_at).where(users.c.id == user_id)
    ).scalar()
    return due_at


def list_users_due(
    connection: Connection, now: datetime, limit: int
) -> list[tuple[User, datetime]]:
    """Users whose digest is due, each with the instant it was due at."""
    query = (
        select(*USER_COLUMNS, users.c.next_digest_at)
        .where(users.c.next_digest_at <= now)
        .order_by(users.c.next_digest_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(user(row), row.next_digest_at) for row in connection.execute(query)]


def insert_digest(
    connection: Connection,
    *,
    user_id: int,
    first_day: date,
    last_day: date,
    due_at: datetime,
    send_until: datetime,
    fact_id: str,
    figures: Figures,
    suggestion: Suggestion | None,
) -> bool:
    """Plan a digest; False if the user has one for the week that ends with `last_day`."""
    inserted = connection.execute(
        insert_or_leave(connection, digests),
        {
            "user_id": user_id,
            "first_day": first_day,
            "last_day": last_day,
            "due_at": due_at,
            "send_after": due_at,
            "send_until": send_until,
            "attempts": 0,
            "copies": 0,
            "fact_id": fact_id,
            "figures": _to_text(figures),
            "suggestion": suggestion.format() if suggestion is not None else None,
            "status": Status.PLANNED,
        },
    )
    return inserted.rowcount > 0


def list_told_facts(connection: Connection, user_id: int) -> list[str]:
    """The facts of the digests that reached a user, or may have, the oldest first."""
    query = (
        select(digests.c.fact_id)
        .where(
            digests.c.user_id == user_id,
            # A further copy is planned of what may have been sent.
            or_(digests.c.status.not_in(NEVER_SENT), digests.c.copies > 0),
        )
        .order_by(digests.c.last_day)
    )
    return list(connection.execute(query).scalars())


def find_last_digest(connection: Connection, user_id: int) -> Digest | None:
    """The newest digest that was sent to a user."""
    query = (
        select(digests)
        .where(digests.c.user_id == user_id, digests.c.message_id.is_not(None))
        .order_by(digests.c.last_day.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else _digest(row)


def find_digest(connection: Connection, digest_id: int, user_id: int) -> Digest | None:
    """One digest, if it is this user's."""
    query = select(digests).where(digests.c.id == digest_id, digests.c.user_id == user_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _digest(row)


def record_file_id(connection: Connection, digest_id: int, file_id: str) -> None:
    """Record Telegram's file_id of a digest's picture, to send it again without uploading it."""
    connection.execute(update(digests).where(digests.c.id == digest_id).values(file_id=file_id))


_LIST_DIGESTS = (
    select(*USER_COLUMNS, *digests.c)
    .join(users, users.c.id == digests.c.user_id)
    .where(among(digests.c.id, "digest_ids"))
)


def list_digests(connection: Connection, digest_ids: Iterable[int]) -> list[tuple[User, Digest]]:
    rows = connection.execute(_LIST_DIGESTS, {"digest_ids": digest_ids})
    return [
        # By position, because both tables have columns of the same names.
        (user(row), _digest(dict(zip(digests.c.keys(), row[len(USER_COLUMNS) :], strict=True))))
        for row in rows
    ]


def _digest(row: Mapping[Any, Any]) -> Digest:
    return Digest(
        id=row["id"],
        user_id=row["user_id"],
        last_day=row["last_day"],
        due_at=row["due_at"],
        send_after=row["send_after"],
        send_until=row["send_until"],
        status=Status(row["status"]),
        copies=row["copies"],
        fact_id=row["fact_id"],
        figures=_from_text(row["figures"]),
        attempts=row["attempts"],
        message_id=row["message_id"],
        first_day=row["first_day"],
        suggestion=Suggestion.parse(row["suggestion"]) if row["suggestion"] else None,
        file_id=row["file_id"],
    )


def _to_text(figures: Figures) -> str:
    habits = {
        week.kind: {
            "days": [week.this.kept, week.this.due, week.last.kept, week.last.due],
            "cells": [[cell.mark, round(cell.share, 3)] for cell in week.cells],
            "words": week.words,
        }
        for week in figures.habits
    }
    best = figures.best_day.isoformat() if figures.best_day else None
    return json.dumps({"habits": habits, "answers": figures.answers, "best_day": best})


def _from_text(text: str) -> Figures:
    values = json.loads(text)
    habits = tuple(_habit_week(HabitKind(kind), each) for kind, each in values["habits"].items())
    best = date.fromisoformat(values["best_day"]) if values["best_day"] else None
    return Figures(habits, values["answers"], best)


def _habit_week(kind: HabitKind, stored: Any) -> HabitWeek:
    if isinstance(stored, list):  # the format of 0.1.0
        stored = {"days": stored, "cells": [], "words": None}
    kept, due, last_kept, last_due = stored["days"]
    cells = tuple(Cell(Mark(mark), share) for mark, share in stored["cells"])
    return HabitWeek(
        kind, Adherence(kept, due), Adherence(last_kept, last_due), cells, stored["words"]
    )


def find_last_due(connection: Connection, user_id: int) -> datetime | None:
    """When the last digest planned for a user was due."""
    query = select(func.max(digests.c.due_at)).where(digests.c.user_id == user_id)
    last_due: datetime | None = connection.execute(query).scalar()
    return last_due


def find_last_day(connection: Connection, user_id: int) -> date | None:
    """The last day that a digest of a user covers."""
    query = select(func.max(digests.c.last_day)).where(digests.c.user_id == user_id)
    last_day: date | None = connection.execute(query).scalar()
    return last_day

"""Notices in the database: planned once, claimed and sent like check-ins.

A notice that has not been sent is deleted when the reason for it is gone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.storage.statements import among, insert_or_leave
from reminder_bot.storage.tables import notices, users
from reminder_bot.storage.users import COLUMNS as USER_COLUMNS
from reminder_bot.storage.users import user

__all__ = ["delete_unsent_notices", "insert_notice", "list_notices"]


def insert_notice(
    connection: Connection,
    user_id: int,
    kind: NoticeKind,
    due_at: datetime,
    send_until: datetime,
) -> None:
    """Plan a notice. One of the same kind that is due at the same time stays as it is."""
    connection.execute(
        insert_or_leave(connection, notices),
        {
            "user_id": user_id,
            "kind": kind,
            "due_at": due_at,
            "send_after": due_at,
            "send_until": send_until,
            "status": Status.PLANNED,
            "attempts": 0,
            "copies": 0,
        },
    )


_DELETE_UNSENT_NOTICES = delete(notices).where(
    notices.c.user_id == bindparam("user_id"),
    notices.c.kind == bindparam("kind"),
    notices.c.status.in_([Status.PLANNED, Status.CLAIMED, Status.AMBIGUOUS]),
)


def delete_unsent_notices(connection: Connection, user_id: int, kind: NoticeKind) -> None:
    """Delete a user's notices of this kind that are not sent.

    The outcome of one that is being sent is then recorded nowhere, which is harmless.
    """
    connection.execute(_DELETE_UNSENT_NOTICES, {"user_id": user_id, "kind": kind})


_LIST_NOTICES = (
    select(*USER_COLUMNS, *(notices.c[name] for name in Notice.__dataclass_fields__))
    .join(users, users.c.id == notices.c.user_id)
    .where(among(notices.c.id, "notice_ids"))
)


def list_notices(connection: Connection, notice_ids: Iterable[int]) -> list[tuple[User, Notice]]:
    rows = connection.execute(_LIST_NOTICES, {"notice_ids": notice_ids})
    return [(user(row), _notice(*row[len(USER_COLUMNS) :])) for row in rows]


def _notice(id_: int, user_id: int, kind: str, *rest: Any) -> Notice:
    return Notice(id_, user_id, NoticeKind(kind), *rest)

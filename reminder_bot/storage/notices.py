"""Notices in the database: planned once, sent like all else, forgotten when their reason is
gone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.storage.statements import among, insert_or_leave
from reminder_bot.storage.tables import notices, users
from reminder_bot.storage.users import COLUMNS as USER_COLUMNS
from reminder_bot.storage.users import user

__all__ = ["forget_notices", "insert_notice", "list_notices"]


def insert_notice(
    connection: Connection,
    user_id: int,
    kind: NoticeKind,
    due_at: datetime,
    send_until: datetime,
) -> None:
    """Plan a notice; the same one at the same time is left as it is."""
    connection.execute(
        insert_or_leave(connection, notices).values(
            user_id=user_id,
            kind=kind,
            due_at=due_at,
            send_after=due_at,
            send_until=send_until,
            status=Status.PLANNED,
            attempts=0,
            copies=0,
        )
    )


def forget_notices(connection: Connection, user_id: int, kind: NoticeKind) -> None:
    """Forget those that have not been sent; one that is on its way finds no row to be recorded
    in.
    """
    still = notices.c.status.in_([Status.PLANNED, Status.CLAIMED, Status.AMBIGUOUS])
    connection.execute(
        delete(notices).where(notices.c.user_id == user_id, notices.c.kind == kind, still)
    )


def list_notices(connection: Connection, notice_ids: Iterable[int]) -> list[tuple[User, Notice]]:
    columns = (notices.c[name] for name in Notice.__dataclass_fields__)
    query = select(*USER_COLUMNS, *columns).join(users, users.c.id == notices.c.user_id)
    rows = connection.execute(query.where(among(connection, notices.c.id, notice_ids)))
    return [(user(row), _notice(*row[len(USER_COLUMNS) :])) for row in rows]


def _notice(id_: int, user_id: int, kind: str, *rest: Any) -> Notice:
    return Notice(id_, user_id, NoticeKind(kind), *rest)

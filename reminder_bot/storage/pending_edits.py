"""Pending edits: sent messages that must show something new.

They are stored in the transaction that made the change, so that they survive a restart.
"""

import random
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from reminder_bot.storage.statements import insert_into
from reminder_bot.storage.tables import pending_edits

__all__ = [
    "ASKED_AGAIN",
    "PendingEdit",
    "delete_pending_edit",
    "find_next_pending_edit",
    "list_due_pending_edits",
    "postpone_pending_edit",
    "record_pending_edit",
    "renew_pending_edit",
    "settle_pending_edit",
]


# The view of a message whose check-in was asked again in a newer one: it keeps its text and loses
# its buttons.
ASKED_AGAIN = "asked again"


class PendingEdit(NamedTuple):
    """One message to edit.

    view: names content that does not follow from the stored data, such as the snooze choices.
    """

    user_id: int
    message_id: int
    check_in_id: int | None
    view: str
    version: int
    attempts: int


_COLUMNS = tuple(pending_edits.c[name] for name in PendingEdit._fields)


def record_pending_edit(
    connection: Connection,
    user_id: int,
    message_id: int,
    edit_after: datetime,
    check_in_id: int | None = None,
    view: str = "",
) -> PendingEdit:
    """Record that a message must be edited. A pending edit of it is replaced by a new version.

    The first version is random: an earlier edit of the message that is still in progress must not
    settle this one.
    """
    values = {"check_in_id": check_in_id, "view": view, "draw_after": edit_after, "attempts": 0}
    insert = insert_into(connection, pending_edits).values(
        user_id=user_id, message_id=message_id, version=random.getrandbits(30), **values
    )
    # One statement, because two processes may record an edit of the same message at once, and
    # neither may be lost.
    recorded = connection.execute(
        insert.on_conflict_do_update(
            index_elements=[pending_edits.c.user_id, pending_edits.c.message_id],
            set_=values | {"version": pending_edits.c.version + 1},
        ).returning(*_COLUMNS)
    )
    return PendingEdit(*recorded.one())


def find_next_pending_edit(connection: Connection) -> datetime | None:
    query = select(func.min(pending_edits.c.draw_after))
    earliest: datetime | None = connection.execute(query).scalar()
    return earliest


def list_due_pending_edits(connection: Connection, now: datetime, limit: int) -> list[PendingEdit]:
    query = (
        select(*_COLUMNS)
        .where(pending_edits.c.draw_after <= now)
        .order_by(pending_edits.c.draw_after)
        .limit(limit)
    )
    return [PendingEdit(*row) for row in connection.execute(query)]


def settle_pending_edit(connection: Connection, pending_edit: PendingEdit) -> bool:
    """Delete an edit that was made; False if the message must show something newer by now."""
    deleted = connection.execute(
        delete(pending_edits).where(
            *_is_of(pending_edit), pending_edits.c.version == pending_edit.version
        )
    )
    return deleted.rowcount > 0


def renew_pending_edit(connection: Connection, pending_edit: PendingEdit, now: datetime) -> bool:
    """Make a message's pending edit due again, so that no edit in progress settles it.

    False if none is pending.
    """
    values = {"version": pending_edits.c.version + 1, "draw_after": now}
    return (
        connection.execute(
            update(pending_edits).where(*_is_of(pending_edit)).values(values)
        ).rowcount
        > 0
    )


def postpone_pending_edit(
    connection: Connection, pending_edit: PendingEdit, edit_after: datetime
) -> None:
    values = {"draw_after": edit_after, "attempts": pending_edits.c.attempts + 1}
    connection.execute(update(pending_edits).where(*_is_of(pending_edit)).values(values))


def delete_pending_edit(connection: Connection, user_id: int, message_id: int) -> None:
    """Delete the pending edit of a message that is going to be deleted itself."""
    connection.execute(
        delete(pending_edits).where(
            pending_edits.c.user_id == user_id, pending_edits.c.message_id == message_id
        )
    )


def _is_of(pending_edit: PendingEdit) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (
        pending_edits.c.user_id == pending_edit.user_id,
        pending_edits.c.message_id == pending_edit.message_id,
    )

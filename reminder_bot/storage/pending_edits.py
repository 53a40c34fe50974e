"""Pending edits: sent messages that must show something new.

They are stored in the transaction that made the change, so that they survive a restart.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, select, tuple_, update

from reminder_bot.storage.statements import among_rows, insert_into
from reminder_bot.storage.tables import pending_edits

__all__ = [
    "ASKED_AGAIN",
    "REPLACED",
    "PendingEdit",
    "delete_pending_edit",
    "find_next_pending_edit",
    "list_due_pending_edits",
    "postpone_pending_edit",
    "record_pending_edit",
    "record_pending_edits",
    "renew_pending_edit",
    "settle_pending_edits",
]


# The view of a message whose check-in was asked again in a newer one: it says so, and loses its
# buttons.
ASKED_AGAIN = "asked again"
# The view of a set-up card that a newer one has replaced: it is deleted.
REPLACED = "replaced"


Message = tuple[int, int]
"""The ids of a user and of a message in their chat."""


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

    @property
    def message(self) -> Message:
        return self.user_id, self.message_id


_COLUMNS = tuple(pending_edits.c[name] for name in PendingEdit._fields)


def record_pending_edit(
    connection: Connection,
    user_id: int,
    message_id: int,
    edit_after: datetime,
    check_in_id: int | None = None,
    view: str = "",
) -> PendingEdit:
    """Record that a message must be edited. A pending edit of it is replaced by a new version."""
    message = user_id, message_id
    return record_pending_edits(connection, {message: check_in_id}, edit_after, view)[message]


def record_pending_edits(
    connection: Connection,
    messages: Mapping[Message, int | None],
    edit_after: datetime,
    view: str = "",
) -> dict[Message, PendingEdit]:
    """Record that messages must be edited, each with the check-in that has changed.

    The first version is random: an earlier edit of the message that is still in progress must not
    settle this one.
    """
    if not messages:
        return {}
    rows = [
        {
            "user_id": user_id,
            "message_id": message_id,
            "check_in_id": check_in_id,
            "view": view,
            "edit_after": edit_after,
            "attempts": 0,
            "version": random.getrandbits(30),
        }
        # Sorted, so that two transactions cannot deadlock.
        for (user_id, message_id), check_in_id in sorted(messages.items(), key=itemgetter(0))
    ]
    recorded = connection.execute(_record_pending_edit(connection.dialect.name), rows)
    found = (PendingEdit(*row) for row in recorded)
    return {each.message: each for each in found}


@lru_cache
def _record_pending_edit(dialect: str) -> Any:
    """One statement, because two processes may record an edit of the same message at once, and
    neither may be lost.
    """
    insert = insert_into(dialect, pending_edits)
    replaced = {
        name: insert.excluded[name] for name in ("check_in_id", "view", "edit_after", "attempts")
    }
    return insert.on_conflict_do_update(
        index_elements=[pending_edits.c.user_id, pending_edits.c.message_id],
        set_=replaced | {"version": pending_edits.c.version + 1},
    ).returning(*_COLUMNS)


_FIND_NEXT = select(func.min(pending_edits.c.edit_after))


def find_next_pending_edit(connection: Connection) -> datetime | None:
    earliest: datetime | None = connection.execute(_FIND_NEXT).scalar()
    return earliest


_LIST_DUE = (
    select(*_COLUMNS)
    .where(pending_edits.c.edit_after <= bindparam("now"))
    .order_by(pending_edits.c.edit_after)
    .limit(bindparam("limit"))
)


def list_due_pending_edits(connection: Connection, now: datetime, limit: int) -> list[PendingEdit]:
    rows = connection.execute(_LIST_DUE, {"now": now, "limit": limit})
    return [PendingEdit(*row) for row in rows]


_IS_OF_MESSAGE = and_(
    pending_edits.c.user_id == bindparam("of_user"),
    pending_edits.c.message_id == bindparam("of_message"),
)
# Locked in the order of their keys, so that two transactions cannot deadlock.
_MADE = (
    select(pending_edits.c.user_id, pending_edits.c.message_id)
    .where(
        among_rows(
            (pending_edits.c.user_id, pending_edits.c.message_id, pending_edits.c.version),
            ("user_ids", "message_ids", "versions"),
        )
    )
    .order_by(pending_edits.c.user_id, pending_edits.c.message_id)
    .with_for_update()
    .cte("made")
)
_SETTLE = (
    delete(pending_edits)
    .where(
        tuple_(pending_edits.c.user_id, pending_edits.c.message_id).in_(
            select(_MADE.c.user_id, _MADE.c.message_id)
        )
    )
    .returning(pending_edits.c.user_id, pending_edits.c.message_id)
)


def settle_pending_edits(connection: Connection, made: Sequence[PendingEdit]) -> set[Message]:
    """Delete edits that were made; returns the messages of those that were deleted.

    The others must show something newer by now.
    """
    if not made:
        return set()
    values = {
        "user_ids": [each.user_id for each in made],
        "message_ids": [each.message_id for each in made],
        "versions": [each.version for each in made],
    }
    return {(user_id, message_id) for user_id, message_id in connection.execute(_SETTLE, values)}


_RENEW = update(pending_edits).where(_IS_OF_MESSAGE).values(version=pending_edits.c.version + 1)


def renew_pending_edit(connection: Connection, pending_edit: PendingEdit, now: datetime) -> bool:
    """Make a message's pending edit due again, so that no edit in progress settles it.

    False if none is pending.
    """
    values = {**_message(pending_edit), "edit_after": now}
    return connection.execute(_RENEW, values).rowcount > 0


_POSTPONE = (
    update(pending_edits).where(_IS_OF_MESSAGE).values(attempts=pending_edits.c.attempts + 1)
)


def postpone_pending_edit(
    connection: Connection, pending_edit: PendingEdit, edit_after: datetime
) -> None:
    connection.execute(_POSTPONE, {**_message(pending_edit), "edit_after": edit_after})


_DELETE = delete(pending_edits).where(_IS_OF_MESSAGE)


def delete_pending_edit(connection: Connection, user_id: int, message_id: int) -> None:
    """Delete the pending edit of a message that is going to be deleted itself."""
    connection.execute(_DELETE, {"of_user": user_id, "of_message": message_id})


def _message(pending_edit: PendingEdit) -> dict[str, int]:
    return {"of_user": pending_edit.user_id, "of_message": pending_edit.message_id}

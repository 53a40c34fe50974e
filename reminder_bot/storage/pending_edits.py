"""Messages whose look is behind what is recorded: owed until drawn, also across a restart."""

import random
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from reminder_bot.storage.statements import insert_into
from reminder_bot.storage.tables import redraws

__all__ = [
    "ASKED_AGAIN",
    "Redraw",
    "find_next_redraw",
    "forget_redraw",
    "list_due_redraws",
    "owe_again",
    "owe_redraw",
    "postpone_redraw",
    "settle_redraw",
]


# The view of a message whose check-in was asked again on a newer one: it keeps its words and loses
# its buttons.
ASKED_AGAIN = "asked again"


class Redraw(NamedTuple):
    """One message to draw again. `view` asks for a look that is not recorded, like the choices
    of Later.
    """

    user_id: int
    message_id: int
    check_in_id: int | None
    view: str
    version: int
    attempts: int


_COLUMNS = tuple(redraws.c[name] for name in Redraw._fields)


async def owe_redraw(
    connection: AsyncConnection,
    user_id: int,
    message_id: int,
    draw_after: datetime,
    check_in_id: int | None = None,
    view: str = "",
) -> Redraw:
    """Note that a message must be drawn again; one that is owed already gets a new version.

    Versions begin anywhere: a look of before that is still on its way must not settle this one.
    """
    values = {"check_in_id": check_in_id, "view": view, "draw_after": draw_after, "attempts": 0}
    insert = insert_into(connection, redraws).values(
        user_id=user_id, message_id=message_id, version=random.getrandbits(30), **values
    )
    # In one statement: of two processes that owe the same message the second must not get lost on
    # the first.
    owed = await connection.execute(
        insert.on_conflict_do_update(
            index_elements=[redraws.c.user_id, redraws.c.message_id],
            set_=values | {"version": redraws.c.version + 1},
        ).returning(*_COLUMNS)
    )
    return Redraw(*owed.one())


async def find_next_redraw(connection: AsyncConnection) -> datetime | None:
    least: datetime | None = (
        await connection.execute(select(func.min(redraws.c.draw_after)))
    ).scalar()
    return least


async def list_due_redraws(connection: AsyncConnection, now: datetime, limit: int) -> list[Redraw]:
    query = (
        select(*_COLUMNS)
        .where(redraws.c.draw_after <= now)
        .order_by(redraws.c.draw_after)
        .limit(limit)
    )
    return [Redraw(*row) for row in await connection.execute(query)]


async def settle_redraw(connection: AsyncConnection, redraw: Redraw) -> bool:
    """Forget a redraw that was made; False where the message changed again meanwhile."""
    gone = await connection.execute(
        delete(redraws).where(*_is_of(redraw), redraws.c.version == redraw.version)
    )
    return gone.rowcount > 0


async def owe_again(connection: AsyncConnection, redraw: Redraw, now: datetime) -> bool:
    """Owe a look once more that is owed still, whoever is about to settle it; False where
    nothing is owed.
    """
    values = {"version": redraws.c.version + 1, "draw_after": now}
    return (
        await connection.execute(update(redraws).where(*_is_of(redraw)).values(values))
    ).rowcount > 0


async def postpone_redraw(
    connection: AsyncConnection, redraw: Redraw, draw_after: datetime
) -> None:
    values = {"draw_after": draw_after, "attempts": redraws.c.attempts + 1}
    await connection.execute(update(redraws).where(*_is_of(redraw)).values(values))


async def forget_redraw(connection: AsyncConnection, user_id: int, message_id: int) -> None:
    """A message that will be gone needs no new look."""
    await connection.execute(
        delete(redraws).where(redraws.c.user_id == user_id, redraws.c.message_id == message_id)
    )


def _is_of(redraw: Redraw) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return redraws.c.user_id == redraw.user_id, redraws.c.message_id == redraw.message_id

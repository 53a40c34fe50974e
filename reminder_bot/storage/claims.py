"""Claiming what is due and keeping its outcome, the same for check-ins and digests.

A claim carries a lease. Where several processes share a database (PostgreSQL) a lease that ran out
means that its holder is gone or stuck; on SQLite only one process runs, and a start finds the
claims of the last one. Either way nobody knows whether those were sent: they become ambiguous. An
ambiguous row waits until Telegram has answered some call well again, then gets its one further
copy, or, where a copy would be worse than silence, is given up as uncertain.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Required, TypedDict

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select, update

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage.statements import time_of, update_rows
from reminder_bot.storage.tables import check_ins, digests, habits, notices

__all__ = [
    "QUEUES",
    "OutcomeRow",
    "Queue",
    "claim",
    "find_next",
    "has_ambiguous",
    "has_expired_lease",
    "is_claimed_by",
    "mark_claims_ambiguous",
    "record_outcomes",
    "settle_ambiguous",
]

Queue = Table
QUEUES: tuple[Queue, ...] = (check_ins, digests, notices)


def find_next(connection: Connection, table: Table) -> datetime | None:
    """The least `send_after` of what waits to be sent."""
    query = select(func.min(table.c.send_after)).where(table.c.status == Status.PLANNED)
    least: datetime | None = connection.execute(query).scalar()
    return least


def claim(
    connection: Connection,
    table: Table,
    now: datetime,
    *,
    limit: int,
    by: str,
    lease: timedelta,
) -> list[int]:
    """Claim what is due, the oldest first and one user's together; returns the ids. Two never
    get the same.
    """
    due = (
        select(table.c.id)
        .where(table.c.status == Status.PLANNED, table.c.send_after <= now)
        .order_by(table.c.send_after, table.c.user_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = connection.execute(
        update(table)
        .where(table.c.id.in_(due))
        .values(status=Status.CLAIMED, claimed_by=by, leased_until=time_of(connection, now, lease))
        .returning(table.c.id)
    )
    return sorted(claimed.scalars())


def is_claimed_by(table: Table, by: str) -> ColumnElement[bool]:
    return and_(table.c.status == Status.CLAIMED, table.c.claimed_by == by)


class OutcomeRow(TypedDict, total=False):
    """What is recorded of one send. What is not named stays as it is."""

    id: Required[int]
    status: Required[Status]
    claimed_by: Required[None]
    message_id: int | None
    sent_at: datetime
    send_after: datetime
    send_until: datetime
    repeat_at: datetime | None
    ambiguous_at: datetime
    attempts: int
    food_id: str | None
    file_id: str


def record_outcomes(
    connection: Connection, table: Table, by: str, rows: Sequence[OutcomeRow]
) -> None:
    """Write outcomes, {"id": …, column: value …}, to the rows that are still claimed by `by`.

    Rows with the same columns go in one round.
    """
    rounds: dict[tuple[str, ...], list[OutcomeRow]] = {}
    for row in rows:
        rounds.setdefault(tuple(sorted(row)), []).append(row)
    for group in rounds.values():
        update_rows(connection, table, group, lambda _: is_claimed_by(table, by))


def mark_claims_ambiguous(connection: Connection, now: datetime, *, all_of_them: bool) -> int:
    """Mark claims whose holder is gone as ambiguous: all of them (SQLite's start), or those
    whose lease ran out.
    """
    count = 0
    for table in QUEUES:
        condition = table.c.status == Status.CLAIMED
        if not all_of_them:
            condition &= table.c.leased_until < func.clock_timestamp()
        changed = connection.execute(
            update(table)
            .where(condition)
            .values(status=Status.AMBIGUOUS, ambiguous_at=now, claimed_by=None)
        )
        count += changed.rowcount
    return count


def settle_ambiguous(connection: Connection, answered_at: datetime) -> tuple[int, int]:
    """Settle what became ambiguous before Telegram last answered well; returns (further copies,
    given up).

    Hydration gets no copy: the next glass is asked soon. All else gets one.
    """
    copies = given_up = 0
    for table in QUEUES:
        in_doubt = and_(table.c.status == Status.AMBIGUOUS, table.c.ambiguous_at <= answered_at)
        hopeless: ColumnElement[bool] = table.c.copies >= 1
        if table is check_ins:
            is_water = exists().where(
                habits.c.id == table.c.habit_id, habits.c.kind == HabitKind.HYDRATION
            )
            hopeless = or_(hopeless, is_water)
        lost = connection.execute(
            update(table).where(in_doubt, hopeless).values(status=Status.UNCERTAIN)
        )
        again = connection.execute(
            update(table).where(in_doubt).values(status=Status.PLANNED, copies=table.c.copies + 1)
        )
        given_up, copies = given_up + lost.rowcount, copies + again.rowcount
    return copies, given_up


def has_ambiguous(connection: Connection) -> bool:
    queries = [
        select(table.c.id).where(table.c.status == Status.AMBIGUOUS).limit(1) for table in QUEUES
    ]
    return any(connection.execute(query).first() is not None for query in queries)


def has_expired_lease(connection: Connection) -> bool:
    """Whether a lease has run out (PostgreSQL: by its own time)."""
    for table in QUEUES:
        query = select(table.c.id).where(
            table.c.status == Status.CLAIMED, table.c.leased_until < func.clock_timestamp()
        )
        if connection.execute(query.limit(1)).first() is not None:
            return True
    return False

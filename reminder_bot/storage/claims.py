"""Claiming what is due and recording its outcome: check-ins, digests and notices alike.

A claim carries a lease. Where several processes share a database (PostgreSQL), an expired lease
means that its holder is gone or stuck. On SQLite only one process runs, and at its start it finds
the claims of the previous one. In both cases the claims end:

- A claim without a mark is planned again: its request has not begun to leave.
- A claim with a mark (`ambiguous_at`, set by `mark_leaving`) may have been sent, so it becomes
  ambiguous. It waits until Telegram has answered a call successfully. Then it gets its one further
  copy, or becomes uncertain where a copy would be worse than none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Required, TypedDict

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage.statements import among, time_after, update_rows
from reminder_bot.storage.tables import check_ins, digests, habits, notices

__all__ = [
    "QUEUES",
    "OutcomeRow",
    "Queue",
    "claim",
    "end_claims",
    "find_next",
    "has_ambiguous",
    "has_expired_lease",
    "mark_leaving",
    "record_outcomes",
    "settle_ambiguous",
]

Queue = Table
QUEUES: tuple[Queue, ...] = (check_ins, digests, notices)
FREQUENT = tuple(kind for kind in HabitKind if kind.spec.is_frequent)


def find_next(connection: Connection, table: Table) -> datetime | None:
    """The earliest `send_after` of the planned rows of a table."""
    earliest: datetime | None = connection.execute(_find_next(table)).scalar()
    return earliest


@lru_cache
def _find_next(table: Table) -> Any:
    return select(func.min(table.c.send_after)).where(table.c.status == Status.PLANNED)


def claim(
    connection: Connection,
    table: Table,
    now: datetime,
    *,
    limit: int,
    by: str,
    lease: timedelta,
) -> list[int]:
    """Claim what is due and return the ids, the oldest first and those of one user together.

    No row is ever claimed by two workers.
    """
    values = {"now": now, "limit": limit, "claimed_by": by, "until": (now, lease)}
    # Sorted, because RETURNING has no order of its own.
    return sorted(connection.execute(_claim(table), values).scalars())


@lru_cache
def _claim(table: Table) -> Any:
    due = (
        select(table.c.id)
        .where(table.c.status == Status.PLANNED, table.c.send_after <= bindparam("now"))
        .order_by(table.c.send_after, table.c.user_id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        # PostgreSQL may run a subquery once for each row of the table, and each time SKIP LOCKED
        # passes over other rows: more than the limit would be claimed. It runs a CTE once.
        .cte("due")
    )
    return (
        update(table)
        .where(table.c.id.in_(select(due.c.id)))
        .values(
            status=Status.CLAIMED,
            leased_until=time_after("until"),
            ambiguous_at=None,  # that of an earlier send
        )
        .returning(table.c.id)
    )


def mark_leaving(
    connection: Connection, table: Table, by: str, ids: Sequence[int], now: datetime
) -> set[int]:
    """Mark rows whose request is about to leave; returns the ids of those that `by` still claims.

    From the commit on they count as perhaps sent.
    """
    values = {"ids": ids, "by": by, "now": now}
    return set(connection.execute(_mark_leaving(table), values).scalars())


@lru_cache
def _mark_leaving(table: Table) -> Any:
    return (
        update(table)
        .where(
            among(table.c.id, "ids"),
            table.c.status == Status.CLAIMED,
            table.c.claimed_by == bindparam("by"),
        )
        .values(ambiguous_at=bindparam("now"))
        .returning(table.c.id)
    )


class OutcomeRow(TypedDict, total=False):
    """The outcome of one send. Columns that are left out keep their values."""

    id: Required[int]
    status: Required[Status]
    claimed_by: Required[None]
    message_id: int | None
    sent_at: datetime
    arrived_at: datetime
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
    """Record outcomes in the rows that are still claimed by `by`; the others stay as they are.

    Rows that set the same columns share one statement.
    """
    groups: dict[tuple[str, ...], list[OutcomeRow]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    for group in groups.values():
        update_rows(
            connection,
            table,
            [{**row, "by": by} for row in group],
            _is_claimed,
            by=table.c.claimed_by.type,
        )


def _is_claimed(table: Table, row: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    return and_(table.c.status == Status.CLAIMED, table.c.claimed_by == row["by"])


def end_claims(connection: Connection, now: datetime, *, all_of_them: bool) -> tuple[int, int]:
    """End abandoned claims. Returns (rows planned again, rows that became ambiguous).

    all_of_them: every claim, for a start on SQLite; otherwise those with an expired lease.
    """
    released = ambiguous = 0
    for table in QUEUES:
        condition = table.c.status == Status.CLAIMED
        if not all_of_them:
            condition &= table.c.leased_until < func.clock_timestamp()
        changed = connection.execute(
            update(table)
            .where(condition, table.c.ambiguous_at.is_not(None))
            .values(status=Status.AMBIGUOUS, ambiguous_at=now, claimed_by=None)
        )
        # Without a mark. If it were set after the statement above, the row would not be planned.
        planned = connection.execute(
            update(table)
            .where(condition, table.c.ambiguous_at.is_(None))
            .values(status=Status.PLANNED, claimed_by=None)
        )
        released, ambiguous = released + planned.rowcount, ambiguous + changed.rowcount
    return released, ambiguous


def settle_ambiguous(connection: Connection, answered_at: datetime) -> tuple[int, int]:
    """Settle what became ambiguous until `answered_at`, Telegram's last successful answer.

    Returns (rows planned for a further copy, rows that became uncertain). A frequent habit such as
    hydration gets no copy, because it is asked about soon again. Everything else gets one.
    """
    copies = uncertain = 0
    for table in QUEUES:
        # Rows that became ambiguous later have to wait for Telegram's next answer.
        is_settled = and_(table.c.status == Status.AMBIGUOUS, table.c.ambiguous_at <= answered_at)
        hopeless: ColumnElement[bool] = table.c.copies >= 1
        if table is check_ins:
            is_frequent = exists().where(
                habits.c.id == table.c.habit_id, habits.c.kind.in_(FREQUENT)
            )
            hopeless = or_(hopeless, is_frequent)
        given_up = connection.execute(
            update(table).where(is_settled, hopeless).values(status=Status.UNCERTAIN)
        )
        # Those that were given up are no longer ambiguous, so this finds the others.
        planned = connection.execute(
            update(table).where(is_settled).values(status=Status.PLANNED, copies=table.c.copies + 1)
        )
        uncertain, copies = uncertain + given_up.rowcount, copies + planned.rowcount
    return copies, uncertain


_HAS_AMBIGUOUS = [
    select(table.c.id).where(table.c.status == Status.AMBIGUOUS).limit(1) for table in QUEUES
]


def has_ambiguous(connection: Connection) -> bool:
    return any(connection.execute(query).first() is not None for query in _HAS_AMBIGUOUS)


_HAS_EXPIRED_LEASE = [
    select(table.c.id)
    .where(table.c.status == Status.CLAIMED, table.c.leased_until < func.clock_timestamp())
    .limit(1)
    for table in QUEUES
]


def has_expired_lease(connection: Connection) -> bool:
    """Whether any claim's lease has expired, by the clock of the PostgreSQL server."""
    return any(connection.execute(query).first() is not None for query in _HAS_EXPIRED_LEASE)

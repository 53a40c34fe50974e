"""The token's rate, shared by all replicas through one row: when the next turn is free, and whether
Telegram asked for silence.

Turns are given out like the numbers of a queue: who needs some moves `next_at` on by their length
and owns the stretch before it. Nothing is saved up: a turn that nobody wanted is gone. PostgreSQL's
clock decides, the replicas' own may differ. On SQLite one process runs and paces itself; only the
halt is kept here, over a restart.
"""

from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select, update

from reminder_bot.domain.send_rate import SendRate, free_permits
from reminder_bot.storage.statements import insert_or_leave, time_of
from reminder_bot.storage.tables import budgets

__all__ = ["ReservedPermits", "find_halt", "record_halt", "reserve"]

SENDS = "sends"
_SENDS = budgets.c.name == SENDS


class ReservedPermits(NamedTuple):
    """Permits of this process, one each `pace.every` seconds: for each, whether it is free.

    The first is at `starts_at`, on the monotonic clock, which is the event loop's: what the commit
    takes is part of the wait. There are none while `halted_for` seconds of a halt are left.
    """

    are_free: tuple[bool, ...]
    starts_at: float
    halted_for: float


def reserve(
    connection: Connection, turns: int, pace: SendRate, ahead: float = 0.0
) -> ReservedPermits:
    """Take the next turns for this process (PostgreSQL), in a transaction of its own.

    ahead: seconds until the first of them may be, where a commit takes long.
    """
    query = select(
        budgets.c.next_at, budgets.c.next_unpaid_at, budgets.c.halted_until, func.clock_timestamp()
    )
    row = connection.execute(query.where(_SENDS).with_for_update()).first()
    if row is None:
        _make(connection, func.clock_timestamp())
        row = connection.execute(query.where(_SENDS).with_for_update()).one()
    read_at = monotonic()
    next_at, next_unpaid_at, halted_until, now = row
    if halted_until is not None and halted_until > now:
        return ReservedPermits((), read_at, (halted_until - now).total_seconds())
    starts_at = max(next_at, now + timedelta(seconds=ahead))
    are_free, free_in = free_permits((next_unpaid_at - starts_at).total_seconds(), turns, pace)
    connection.execute(
        update(budgets)
        .where(_SENDS)
        .values(
            next_at=starts_at + timedelta(seconds=turns * pace.every),
            next_unpaid_at=starts_at + timedelta(seconds=free_in),
        )
    )
    return ReservedPermits(are_free, read_at + (starts_at - now).total_seconds(), 0.0)


def record_halt(connection: Connection, now: datetime, length: timedelta) -> None:
    """Nobody who shares the token sends for so long; a longer halt stays."""
    _make(connection, time_of(connection, now))
    until = time_of(connection, now, length)
    is_longer = budgets.c.halted_until.is_(None) | (budgets.c.halted_until < until)
    connection.execute(update(budgets).where(_SENDS, is_longer).values(halted_until=until))


def find_halt(connection: Connection, now: datetime) -> timedelta:
    """What is left of a halt; nothing where there is none, or one so long that a clock must have
    been set.
    """
    query = select(budgets.c.halted_until, time_of(connection, now)).where(_SENDS)
    row = connection.execute(query).first()
    left = row[0] - row[1] if row is not None and row[0] is not None else timedelta(0)
    return left if timedelta(0) < left < timedelta(days=1) else timedelta(0)


def _make(connection: Connection, at: ColumnElement[datetime]) -> None:
    connection.execute(
        insert_or_leave(connection, budgets).values(name=SENDS, next_at=at, next_unpaid_at=at)
    )

"""The token's send rate, shared by all replicas through one row of `budgets`.

The row holds when the next permit is free, and until when Telegram has halted all sending. A
process reserves permits by moving `next_at` on by their total length; the interval before it is its
own. Permits that nobody reserved in time are lost, so that no burst can follow a quiet period. The
clock of the PostgreSQL server decides, because the clocks of the replicas may differ. On SQLite
only one process runs, with a limiter of its own; there the row only keeps the halt over a restart.
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
    """The permits that a process has reserved, one every `pace.every` seconds.

    are_free: for each permit, whether it costs nothing; empty during a halt.
    starts_at: the time of the first, on the monotonic clock, which the event loop uses. It is read
    before the commit, so that the duration of the commit counts as waiting.
    halted_for: the seconds that are left of a halt.
    """

    are_free: tuple[bool, ...]
    starts_at: float
    halted_for: float


def reserve(
    connection: Connection, count: int, pace: SendRate, ahead: float = 0.0
) -> ReservedPermits:
    """Reserve the next permits for this process (PostgreSQL), in a transaction of its own.

    ahead: the least number of seconds until the first permit, for when a commit takes long.
    """
    query = select(
        budgets.c.next_at, budgets.c.next_unpaid_at, budgets.c.halted_until, func.clock_timestamp()
    )
    row = connection.execute(query.where(_SENDS).with_for_update()).first()
    if row is None:
        _insert_row(connection, func.clock_timestamp())
        row = connection.execute(query.where(_SENDS).with_for_update()).one()
    read_at = monotonic()
    next_at, next_unpaid_at, halted_until, now = row
    if halted_until is not None and halted_until > now:
        return ReservedPermits((), read_at, (halted_until - now).total_seconds())
    starts_at = max(next_at, now + timedelta(seconds=ahead))
    are_free, free_in = free_permits((next_unpaid_at - starts_at).total_seconds(), count, pace)
    connection.execute(
        update(budgets)
        .where(_SENDS)
        .values(
            next_at=starts_at + timedelta(seconds=count * pace.every),
            next_unpaid_at=starts_at + timedelta(seconds=free_in),
        )
    )
    return ReservedPermits(are_free, read_at + (starts_at - now).total_seconds(), 0.0)


def record_halt(connection: Connection, now: datetime, length: timedelta) -> None:
    """Record that nothing is sent with this token for `length`. A longer halt stays."""
    _insert_row(connection, time_of(connection, now))
    until = time_of(connection, now, length)
    is_longer = budgets.c.halted_until.is_(None) | (budgets.c.halted_until < until)
    connection.execute(update(budgets).where(_SENDS, is_longer).values(halted_until=until))


def find_halt(connection: Connection, now: datetime) -> timedelta:
    """What is left of a halt; zero if there is none.

    A day or more is taken for a clock that was changed, and ignored.
    """
    query = select(budgets.c.halted_until, time_of(connection, now)).where(_SENDS)
    row = connection.execute(query).first()
    left = row[0] - row[1] if row is not None and row[0] is not None else timedelta(0)
    return left if timedelta(0) < left < timedelta(days=1) else timedelta(0)


def _insert_row(connection: Connection, at: ColumnElement[datetime]) -> None:
    connection.execute(
        insert_or_leave(connection, budgets).values(name=SENDS, next_at=at, next_unpaid_at=at)
    )

"""The token's send rate, shared by all replicas through one row of `budgets`.

The row holds when the next permit is free, and until when Telegram has halted all sending. A
process reserves permits by moving `next_at` on by their total length; the interval before it is its
own. Permits that nobody reserved in time are lost, so that no burst can follow a quiet period. The
clock of the PostgreSQL server decides, because the clocks of the replicas may differ. On SQLite
only one process runs, with a limiter of its own; there the row only keeps the halt over a restart.
"""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select, update

from reminder_bot.domain.send_rate import SendRate, free_permits
from reminder_bot.storage.statements import insert_or_leave, time_after
from reminder_bot.storage.tables import budgets

__all__ = ["ReservedPermits", "find_halt", "record_halt", "reserve"]

SENDS = "sends"
_SENDS = budgets.c.name == SENDS
_NO_TIME = timedelta(0)
# When the next permit is free as long as none was reserved.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class ReservedPermits(NamedTuple):
    """The permits that a process has reserved, one every `send_rate.every` seconds.

    are_free: for each permit, whether it costs nothing; empty during a halt.
    starts_at: the time of the first, on the monotonic clock, which the event loop uses. It is read
    before the commit, so that the duration of the commit counts as waiting.
    halted_for: the seconds that are left of a halt.
    """

    are_free: tuple[bool, ...]
    starts_at: float
    halted_for: float


_LOCK_ROW = (
    select(
        budgets.c.next_at, budgets.c.next_unpaid_at, budgets.c.halted_until, func.clock_timestamp()
    )
    .where(_SENDS)
    .with_for_update()
)
_MOVE_ON = update(budgets).where(_SENDS)


def reserve(
    connection: Connection, count: int, send_rate: SendRate, ahead: float = 0.0
) -> ReservedPermits:
    """Reserve the next permits for this process (PostgreSQL), in a transaction of its own.

    ahead: the least number of seconds until the first permit, for when a commit takes long.
    """
    row = connection.execute(_LOCK_ROW).first()
    if row is None:
        _insert_row(connection)
        row = connection.execute(_LOCK_ROW).one()
    read_at = monotonic()
    next_at, next_unpaid_at, halted_until, now = row
    if halted_until is not None and halted_until > now:
        return ReservedPermits((), read_at, (halted_until - now).total_seconds())
    starts_at = max(next_at, now + timedelta(seconds=ahead))
    are_free, free_in = free_permits((next_unpaid_at - starts_at).total_seconds(), count, send_rate)
    connection.execute(
        _MOVE_ON,
        {
            "next_at": starts_at + timedelta(seconds=count * send_rate.every),
            "next_unpaid_at": starts_at + timedelta(seconds=free_in),
        },
    )
    return ReservedPermits(are_free, read_at + (starts_at - now).total_seconds(), 0.0)


_RECORD_HALT = (
    update(budgets)
    .where(
        _SENDS,
        or_(budgets.c.halted_until.is_(None), budgets.c.halted_until < time_after("until")),
    )
    .values(halted_until=time_after("until"))
)


def record_halt(connection: Connection, now: datetime, length: timedelta) -> None:
    """Record that nothing is sent with this token for `length`. A longer halt stays."""
    _insert_row(connection)
    connection.execute(_RECORD_HALT, {"until": (now, length)})


_FIND_HALT = select(budgets.c.halted_until, time_after("now")).where(_SENDS)


def find_halt(connection: Connection, now: datetime) -> timedelta:
    """What is left of a halt; zero if there is none.

    A day or more is taken for a clock that was changed, and ignored.
    """
    row = connection.execute(_FIND_HALT, {"now": (now, _NO_TIME)}).first()
    left = row[0] - row[1] if row is not None and row[0] is not None else _NO_TIME
    return left if _NO_TIME < left < timedelta(days=1) else _NO_TIME


def _insert_row(connection: Connection) -> None:
    row = {"name": SENDS, "next_at": _LONG_AGO, "next_unpaid_at": _LONG_AGO}
    connection.execute(insert_or_leave(connection, budgets), row)

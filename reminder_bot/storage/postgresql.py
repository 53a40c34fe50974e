"""How PostgreSQL is spoken to: fit for several replicas, with a pooling proxy before the server or
without one.

A proxy that pools by transactions (pgbouncer) may give each transaction another server. So nothing
stays behind in a session: no prepared statement, no setting, no lock. psycopg sends a statement in
one piece; asyncpg needs two, which may reach two servers. BEGIN and the limits of the transaction
are sent by us, in one packet: so the server, too, ends a transaction whose replica was cut off, and
frees its rows.

A server that hangs does not even answer that it ends a statement: at the end of its time limit a
transaction drops the connection and asks for nothing more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import local
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import URL, Connection, Engine, create_engine, event

__all__ = ["engines", "time_limit"]

_Result = TypeVar("_Result")
# The server ends a transaction that is idle for longer, and so frees the rows of a process that was
# stopped in it. A whole database that is moved may think for longer.
LONGEST_IDLE_MS = 10_000
# How often an exchange that has no answer looks at its deadline, in seconds.
LOOK_EVERY = 0.1
SHORTEST_CONNECT_TIMEOUT = 2  # seconds, libpq's own

# This thread's deadline, on time.monotonic(); none: as long as it takes.
_thread = local()


@contextmanager
def time_limit(limit: timedelta) -> Iterator[None]:
    """Within this block each answer of the server comes within `limit` of its beginning, or the
    server counts as away.
    """
    _thread.deadline = monotonic() + limit.total_seconds()
    try:
        yield
    finally:
        _thread.deadline = None


def _time_left() -> float | None:
    """Seconds to this thread's deadline; None where there is none."""
    deadline: float | None = getattr(_thread, "deadline", None)
    return None if deadline is None else deadline - monotonic()


class _TooLate(Exception):
    """The deadline has passed in the middle of an exchange with the server."""


def _until_deadline(gen: PQGen[_Result]) -> PQGen[_Result]:
    """The same exchange, ended by _TooLate where the deadline passes."""
    try:
        state = next(gen)
        while True:
            ready = yield state
            left = _time_left()
            if left is not None and left < 0 and not ready:
                raise _TooLate
            state = gen.send(ready)
    except StopIteration as end:
        result: _Result = end.value
        return result


class _Connection(psycopg.Connection[Any]):
    """Every exchange with the server waits here, also the check before use and a rollback."""

    def wait(
        self, gen: PQGen[_Result], interval: float = LOOK_EVERY, timeout: float | None = None
    ) -> _Result:
        try:
            return super().wait(_until_deadline(gen), min(interval, LOOK_EVERY), timeout)
        except _TooLate:
            # Not cancelled: a server that hangs would not answer that either.
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not answer in time") from None


def _connect(_dialect: Any, _record: Any, given: Any, named: dict[str, Any]) -> _Connection:
    left = _time_left()
    if left is not None:
        seconds = max(SHORTEST_CONNECT_TIMEOUT, round(left))
        named = named | {"connect_timeout": min(named["connect_timeout"], seconds)}
    return _Connection.connect(*given, **named)


def engines(url: URL, connections: int) -> tuple[Engine, Engine]:
    """One pool: for reads, where each statement is for itself, and for writes, which are
    transactions.
    """
    reader = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error's text goes to the log, what people wrote does not
        # Also of an INSERT: psycopg forgets the count with the cursor.
        execution_options={"preserve_rowcount": True},
        pool_size=connections,
        max_overflow=1,  # for a program that has no event loop, on its own thread
        pool_timeout=10,
        pool_pre_ping=True,
        # So that connections find a server that came back, or was added, behind an address.
        pool_recycle=1800,
        use_native_hstore=False,  # else asked for at every start
        connect_args={
            "autocommit": True,
            "prepare_threshold": None,
            # A peer that is gone is noticed in 30 s, with something on its way to it or not.
            "connect_timeout": 10,
            "tcp_user_timeout": 30_000,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(reader, "do_connect", _connect)
    writer = reader.execution_options()

    @event.listens_for(writer, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("; ".join(("BEGIN", *_limits())))

    return reader, writer


def _limits() -> Iterator[str]:
    seconds = _time_left()
    if seconds is not None:
        left = max(1, round(seconds * 1000))  # 0 would be no limit
        idle = min(left, max(left // 3, LONGEST_IDLE_MS))
        yield f"SET LOCAL statement_timeout = {left}"
        yield f"SET LOCAL idle_in_transaction_session_timeout = {idle}"

"""Connections to PostgreSQL: for several replicas, with or without a pooling proxy.

A proxy that pools by transaction (pgbouncer) may use another server session for each transaction.
So nothing is left in a session: no prepared statement, no setting, no lock. The driver is psycopg,
because it sends a statement in one message; asyncpg needs two, which may reach two sessions. BEGIN
and the time limits of the transaction are sent together in one message. With these limits the
server also ends a transaction whose replica was cut off, and releases its rows.

A connection of the pool is checked before it is used if the server has sent something on it, as it
does when it closes it, or if it has not been used for CHECKED_FOR. Checking each time would add a
round trip to every transaction.

A server that hangs does not answer a request to cancel either: at its time limit a transaction
closes the connection and sends nothing more.
"""

import select
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import local
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.exc import DisconnectionError

from reminder_bot.clock import boot_time

__all__ = ["REFUSED", "copy_rows", "engines", "time_limit"]

_Result = TypeVar("_Result")
# The server ends a transaction that is idle for longer, which releases the rows of a process that
# was stopped in the middle. A transaction with a long limit, such as a transfer, may idle longer.
LONGEST_IDLE_MS = 10_000
# How often a wait for the server checks its deadline, in seconds.
CHECK_EVERY = 0.1
CHECKED_FOR = 5.0  # seconds for which a connection that was used counts as open
SHORTEST_CONNECT_TIMEOUT = 2  # seconds, libpq's own

# Holds `deadline`, on time.monotonic(): when the work of this thread must end; None: no limit.
_thread = local()


@contextmanager
def time_limit(limit: timedelta) -> Iterator[None]:
    """Set this thread's deadline: `limit` after the block is entered, the server counts as away."""
    _thread.deadline = monotonic() + limit.total_seconds()
    try:
        yield
    finally:
        _thread.deadline = None


def _time_left() -> float | None:
    """Seconds until this thread's deadline; None if it has none."""
    deadline: float | None = getattr(_thread, "deadline", None)
    return None if deadline is None else deadline - monotonic()


class _TooLate(Exception):
    """The deadline has passed during a wait for the server."""


def _until_deadline(gen: PQGen[_Result]) -> PQGen[_Result]:
    """Run psycopg's generator `gen`, but raise _TooLate once the deadline has passed."""
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
    """A connection that keeps the deadline in every wait, also in a rollback or a check.

    used_at: when the server last answered, in boot time; None for a new connection.
    """

    used_at: float | None = None

    def wait(
        self, gen: PQGen[_Result], interval: float = CHECK_EVERY, timeout: float | None = None
    ) -> _Result:
        try:
            result = super().wait(_until_deadline(gen), min(interval, CHECK_EVERY), timeout)
        except _TooLate:
            # Closed without a request to cancel, which a server that hangs would not answer either.
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not answer in time") from None
        self.used_at = boot_time()
        return result

    @property
    def is_probably_open(self) -> bool:
        """Whether it is new, or was used lately and the server has sent nothing since."""
        if self.used_at is None:
            return True
        if boot_time() - self.used_at > CHECKED_FOR:
            return False
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)


def _connect(_dialect: Any, _record: Any, given: Any, named: dict[str, Any]) -> _Connection:
    left = _time_left()
    if left is not None:
        seconds = max(SHORTEST_CONNECT_TIMEOUT, round(left))
        named = named | {"connect_timeout": min(named["connect_timeout"], seconds)}
    return _Connection.connect(*given, **named)


def _check(connection: _Connection, _record: Any, _proxy: Any) -> None:
    """Let the pool replace a connection that does not work any more.

    Not a new one: the pool would give up with an error that does not say that the server is away.
    """
    try:
        if not connection.is_probably_open:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError("the connection does not work any more") from error


# Raised by `copy_rows` for a row that PostgreSQL refuses.
REFUSED = (psycopg.DataError, psycopg.IntegrityError)


def copy_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows with COPY, which is twenty times as fast as INSERT.

    A row has its values in the order of the columns: numbers, None, and texts in the form that
    PostgreSQL reads for the type of the column.
    """
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(column.name) for column in table.columns)
    driver_connection = connection.connection.driver_connection
    assert isinstance(driver_connection, _Connection)
    with (
        driver_connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def engines(options: Mapping[str, str], connections: int) -> tuple[Engine, Engine]:
    """(reader, writer): two engines on one pool. options: libpq's parameters.

    Each statement of the reader is committed by itself; the writer opens transactions.
    """
    reader = create_engine(
        "postgresql+psycopg://",
        hide_parameters=True,  # errors are logged, and parameters hold what people wrote
        # Also for INSERT: psycopg loses the row count when the cursor is closed.
        execution_options={"preserve_rowcount": True},
        pool_size=connections,
        max_overflow=1,  # for `Database.transaction` on the thread of its caller
        pool_timeout=10,
        # Seconds. New connections find servers that came back or were added behind the host name.
        pool_recycle=1800,
        use_native_hstore=False,  # saves a query at each start
        connect_args={
            **options,
            # Without it, texts of a database that declares no encoding (SQL_ASCII) are bytes.
            "client_encoding": "utf8",
            "autocommit": True,
            "prepare_threshold": None,
            # A peer that is gone is noticed within 30 s, whether data is unacknowledged or not.
            "connect_timeout": 10,
            "tcp_user_timeout": 30_000,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(reader, "do_connect", _connect)
    event.listen(reader, "checkout", _check)
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

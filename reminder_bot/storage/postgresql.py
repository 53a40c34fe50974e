"""How PostgreSQL is spoken to: fit for several replicas, with a pooling proxy before the server or
without one.

A proxy that pools by transactions (pgbouncer) may give each transaction another server. So nothing
stays behind in a
session: no prepared statement, no setting, no lock. psycopg sends a statement in one piece; asyncpg
needs two, which may reach two servers. We say BEGIN ourselves, as on SQLite, and the limits of the
transaction with it, in one packet: so the server, too, ends a transaction whose replica was cut
off, and frees its rows.

A server that hangs does not even answer that it ends a statement. Who has waited to the end of the
time limit, or is cancelled, drops the connection and asks for nothing more.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import wait_async
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

__all__ = ["engines", "time_limit"]

_Result = TypeVar("_Result")
# A process that was stopped in a usual transaction keeps its rows from the others no longer; who
# moves a whole database may think longer.
LONGEST_IDLE_MS = 10_000

# On the loop's clock; None: as long as it takes.
_deadline: ContextVar[float | None] = ContextVar("_deadline", default=None)


@contextmanager
def time_limit(limit: timedelta) -> Iterator[None]:
    """From here on, whatever is asked of a server is answered within `limit`, or the server is
    away.
    """
    token = _deadline.set(asyncio.get_running_loop().time() + limit.total_seconds())
    try:
        yield
    finally:
        _deadline.reset(token)


class _Connection(psycopg.AsyncConnection[Any]):
    """Every exchange with the server waits here, also the check before use and a rollback."""

    async def wait(
        self, gen: PQGen[_Result], interval: float = 10.0, timeout: float | None = None
    ) -> _Result:
        try:
            async with asyncio.timeout_at(_deadline.get()):
                return await wait_async(gen, self.pgconn.socket, interval, timeout)
        except TimeoutError:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server did not answer in time") from None
        except asyncio.CancelledError:
            # psycopg would ask the server to cancel, and wait for its answer.
            self.pgconn.finish()
            raise


async def _connect(*given: Any, **named: Any) -> _Connection:
    async with asyncio.timeout_at(_deadline.get()):
        return await _Connection.connect(*given, **named)


def engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    """One pool: for reads, where each statement is for itself, and for writes, which are
    transactions.
    """
    reader = create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error's text goes to the log, what people wrote does not
        execution_options={
            "preserve_rowcount": True
        },  # of an INSERT, too: psycopg forgets it with the cursor
        # A replica keeps five connections, ten in a rush: ten replicas fit a server's usual
        # hundred.
        pool_size=5,
        max_overflow=5,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=1800,  # so that connections find a server that came back, or was added, behind an address
        use_native_hstore=False,  # else asked for at every start
        connect_args={
            "async_creator_fn": _connect,
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
    writer = reader.execution_options()

    @event.listens_for(writer.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("; ".join(("BEGIN", *_limits())))

    return reader, writer


def _limits() -> Iterator[str]:
    deadline = _deadline.get()
    if deadline is not None:
        left = max(
            1, round((deadline - asyncio.get_running_loop().time()) * 1000)
        )  # 0 would be no limit
        yield f"SET LOCAL statement_timeout = {left}"
        yield f"SET LOCAL idle_in_transaction_session_timeout = {min(left, max(left // 3, LONGEST_IDLE_MS))}"

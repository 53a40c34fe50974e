"""How the database is opened, and what a transaction means on each kind.

SQLite: one connection writes, and a write begins with BEGIN IMMEDIATE: measured with three
processes, the driver's own way lost 646 of 750 updates silently, plain BEGIN ran into 666 locks,
this had none. WAL only on versions without the WAL-reset bug, else a rollback journal that syncs
fully, which costs nothing measurable here. One process runs on a file: it holds a lock beside it,
so that what is claimed belongs to it alone.

PostgreSQL: one pool; a connection is checked before use, so a restart of the server costs a retry.
A server that hangs costs no more than the time limit. The rest is told in `postgresql`.
"""

import fcntl
import importlib.util
import os
import re
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import event, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["Connection", "Database", "DatabaseUnusable", "is_away", "is_refused", "sqlite_file"]

Connection = AsyncConnection

# Whoever waits longer is told that the database is away, and tries again: a stop must not wait for
# it in vain.
BUSY_TIMEOUT_MS = 5_000
# What takes longer on PostgreSQL is given up, by us and by the server.
TIME_LIMIT = timedelta(seconds=30)
# The WAL-reset bug was fixed in these; older ones of each line may lose commits with several
# connections.
WAL_IS_SAFE_SINCE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
# PostgreSQL's classes: connection, who may come in, rollback, resources, operator intervention,
# system error; and single codes: no such database, somebody else's lock, a standby, a transaction
# that was idle too long.
TROUBLE_OF_THE_SERVER = {"08", "28", "40", "53", "57", "58", "3D000", "55P03", "25006", "25P03"}
# What PostgreSQL and pgbouncer say, in English; in another language we wait, and the log has the
# reason.
REFUSALS = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|no such (database|user)"
    r"|(database|role) \".*\" does not exist|certificate verify failed|root certificate file|does "
    r"not support SSL"
)


class DatabaseUnusable(Exception):
    """The database cannot be used as it is; the text is one line that says why and what to do."""


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address, None for any other database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:":
        raise DatabaseUnusable(
            f"{url} has no file: nothing would outlive a restart. Use sqlite:///path/to/file"
        )
    return Path(parsed.database)


def is_away(error: BaseException) -> bool:
    """Whether an error means that the database cannot take the work *now*, so that trying again
    will help.
    """
    if isinstance(error, OSError | TimeoutError | PoolTimeout) or getattr(
        error, "connection_invalidated", False
    ):
        return True
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None)
    if code is not None:
        return code[:2] in TROUBLE_OF_THE_SERVER or code in TROUBLE_OF_THE_SERVER
    # A damaged file takes nothing: what people tapped stays with Telegram until a backup is
    # restored.
    is_damaged = type(cause) is sqlite3.DatabaseError
    # PEP 249's name, of every driver, for what is no mistake in a statement.
    return is_damaged or any(each.__name__ == "OperationalError" for each in type(error).__mro__)


def is_refused(error: BaseException) -> bool:
    """Whether the server turns the address away, which at a start is the host's to mend. libpq
    hands on only words.
    """
    return REFUSALS.search(str(getattr(error, "orig", None) or error)) is not None


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    if version >= WAL_IS_SAFE_SINCE[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_IS_SAFE_SINCE)


class Database:
    """An open database: `read()` for a look without a transaction, `write()` for one that
    commits at its end.
    """

    def __init__(self, url: str, limit: timedelta = TIME_LIMIT) -> None:
        parsed = make_url(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._limit = limit
        self._lock: TextIO | None = None
        self._is_closed = False
        self._within: Callable[[timedelta], AbstractContextManager[object]] = nullcontext
        if self.is_sqlite:
            file = sqlite_file(url)
            assert file is not None
            self.file = file
            address = f"sqlite+aiosqlite:///{file}"
            self._writer = _sqlite_engine(address, "BEGIN IMMEDIATE", pool_size=1)
            self._reader = _sqlite_engine(address, None, pool_size=2)
        else:
            if importlib.util.find_spec("psycopg") is None:
                raise DatabaseUnusable(
                    "the driver for PostgreSQL is not installed: pip install '.[postgres]'"
                )
            from reminder_bot.storage import postgresql

            self._within = postgresql.time_limit
            self._reader, self._writer = postgresql.engines(parsed)
        for pool in {engine.pool for engine in (self._reader, self._writer)}:
            event.listen(pool, "checkin", self._take_back)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for single reads; nothing is held between two statements."""
        self._refuse_if_closed()
        with self._within(self._limit):
            async with self._reader.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self, limit: timedelta | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end, rolled back on an error. limit: where it is not
        the usual.
        """
        self._refuse_if_closed()
        with self._within(limit or self._limit):
            async with self._writer.begin() as connection:
                yield connection

    def hold(self) -> None:
        """Take the file for this process alone (SQLite); PostgreSQL serves any number."""
        if not self.is_sqlite:
            return
        lock_file = self.file.with_name(self.file.name + ".lock")
        try:
            lock = open(lock_file, "w")  # noqa: SIM115  (held as long as the process lives)
        except OSError as error:
            raise DatabaseUnusable(
                f"{lock_file} cannot be written ({error.strerror}): give the bot a writable data "
                f"directory"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise DatabaseUnusable(
                f"{self.file} is in use by another reminder-bot: stop it first, or give this one "
                f"its own data directory"
            ) from None
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    async def close(self) -> None:
        """Close every connection: those in use as soon as they are returned.

        A closed database takes no work.
        """
        self._is_closed = True
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _refuse_if_closed(self) -> None:
        # The engine would open a new connection, which nobody closes.
        if self._is_closed:
            raise RuntimeError("the database is closed")

    def _take_back(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        # A disposed pool keeps what is returned to it open until the garbage collector finds it.
        if self._is_closed:
            record.invalidate()


def _sqlite_engine(address: str, begin: str | None, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        **({} if begin else {"isolation_level": "AUTOCOMMIT"}),
    )

    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "connect", _prepare)
    if begin:

        @event.listens_for(engine.sync_engine, "begin")
        def start(connection: Any) -> None:
            connection.exec_driver_sql(begin)

    return engine


def _connect(dialect: Any, _record: Any, given: Any, named: Any) -> Any:
    others = set(threading.enumerate())
    try:
        return dialect.connect(*given, **named)
    except Exception:
        # The driver's thread has a last word for the loop, which may end with this very error: a
        # traceback.
        for worker in set(threading.enumerate()) - others:
            worker.join(1)
        raise


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(
        f"PRAGMA journal_mode = {'WAL' if wal_is_safe(sqlite3.sqlite_version_info) else 'TRUNCATE'}"
    )
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def without_password(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@/]*@", r"//\1:***@", url)

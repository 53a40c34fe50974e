"""How the database is opened, and how a function runs in a transaction.

    await database.write(function, …)     one transaction, committed at its end, rolled back on an error
    await database.read(function, …)      single reads, nothing is held between two statements

The function is a plain one and gets the connection first. It runs whole in a thread of the database,
so nothing can wait for Telegram, a file or a child process while a transaction is open, and the event
loop never waits for the database. Why plain functions: a SELECT through the asynchronous driver cost
579 µs of processor time, 41 µs through the synchronous one.

A thread cannot be cancelled. Whoever is cancelled while its function runs gives up the result; the
transaction goes on to its end, and `close` waits for it.

SQLite: one thread writes and one reads, each on its own connection. A write begins with BEGIN
IMMEDIATE: measured with three processes, the driver's own way lost 646 of 750 updates silently, plain
BEGIN ran into 666 locks, this had none. WAL only on versions without the WAL-reset bug, else a
rollback journal that syncs fully, which costs nothing measurable here. One process runs on a file: it
holds a lock beside it, so that what is claimed belongs to it alone.

PostgreSQL: a few threads with a connection each, and one more for what must never wait behind them:
the lease of the leader and the permits that replicas share (`urgently`). Each transaction has a time
limit, counted from when its thread takes it up. The rest is in `postgresql`.
"""

import asyncio
import fcntl
import importlib.util
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TextIO, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout

__all__ = ["Connection", "Database", "DatabaseUnusable", "is_away", "is_refused", "sqlite_file"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
# Whoever waits longer is told that the database is away, and tries again: a stop must not wait for
# it in vain.
BUSY_TIMEOUT_MS = 5_000
# What takes longer on PostgreSQL is given up, by us and by the server.
TIME_LIMIT = timedelta(seconds=30)
# Threads, each with a connection, of a process on PostgreSQL: ten replicas fit a server's usual
# hundred connections, and more threads would share one interpreter anyway.
POSTGRESQL_THREADS = 4
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
    """An open database. limit: how long a transaction on PostgreSQL may take.

    write, read: for a running event loop. transaction, connection: the same on the caller's own
    thread, for programs and tests that have no loop to keep free.
    """

    def __init__(self, url: str, limit: timedelta = TIME_LIMIT) -> None:
        parsed = make_url(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._limit = limit
        self._lock: TextIO | None = None
        self._is_closed = False
        self._within: Callable[[timedelta], AbstractContextManager[object]] = _without_limit
        if self.is_sqlite:
            file = sqlite_file(url)
            assert file is not None
            self.file = file
            self._writer = _sqlite_engine(file, "BEGIN IMMEDIATE")
            self._reader = _sqlite_engine(file, None)
            self._urgent = self._writer
            self._writing = ThreadPoolExecutor(1, "database-write")
            self._reading = ThreadPoolExecutor(1, "database-read")
            self._urging = self._writing
        else:
            if importlib.util.find_spec("psycopg") is None:
                raise DatabaseUnusable(
                    "the driver for PostgreSQL is not installed: pip install '.[postgres]'"
                )
            from reminder_bot.storage import postgresql

            self._within = postgresql.time_limit
            self._reader, self._writer = postgresql.engines(parsed, POSTGRESQL_THREADS)
            _, self._urgent = postgresql.engines(parsed, 1)
            self._writing = ThreadPoolExecutor(POSTGRESQL_THREADS, "database")
            self._reading = self._writing
            self._urging = ThreadPoolExecutor(1, "database-urgent")

    async def write(
        self,
        function: Callable[Concatenate[Connection, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Run a function in one transaction: committed at its end, rolled back on an error."""

        def work(connection: Connection) -> _T:
            return function(connection, *given, **named)

        return await self._run(self._writing, self._limit, self._writer.begin, work)

    async def write_within(
        self,
        limit: timedelta,
        function: Callable[Concatenate[Connection, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Like `write`, with a time limit of its own (PostgreSQL)."""

        def work(connection: Connection) -> _T:
            return function(connection, *given, **named)

        return await self._run(self._writing, limit, self._writer.begin, work)

    async def write_urgently(
        self,
        limit: timedelta,
        function: Callable[Concatenate[Connection, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Like `write_within`, in a thread and on a connection that only such calls use: they
        never wait behind other work (PostgreSQL).
        """

        def work(connection: Connection) -> _T:
            return function(connection, *given, **named)

        return await self._run(self._urging, limit, self._urgent.begin, work)

    async def read(
        self,
        function: Callable[Concatenate[Connection, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Run a function of single reads, without a transaction around them."""

        def work(connection: Connection) -> _T:
            return function(connection, *given, **named)

        return await self._run(self._reading, self._limit, self._reader.connect, work)

    @contextmanager
    def transaction(self, limit: timedelta | None = None) -> Iterator[Connection]:
        """A transaction on this thread: committed at the end, rolled back on an error."""
        with self._within(limit or self._limit), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for single reads on this thread."""
        with self._within(self._limit), self._reader.connect() as connection:
            yield connection

    async def _run(
        self,
        threads: ThreadPoolExecutor,
        limit: timedelta,
        connect: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], _T],
    ) -> _T:
        if self._is_closed:
            raise RuntimeError("the database is closed")
        asked_at = monotonic()

        def run() -> _T:
            # A server that hangs holds its threads to their limit; what has waited for longer than
            # that is given up at once, so that the queue empties when the server is back.
            if monotonic() - asked_at > limit.total_seconds():
                raise TimeoutError("the database has not taken up the work in time")
            with self._within(limit), connect() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(threads, run)

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
        """Wait for the transactions under way, then close all connections."""
        self._is_closed = True
        for threads in {self._writing, self._reading, self._urging}:
            await asyncio.to_thread(threads.shutdown)
        self.close_connections()

    def close_connections(self) -> None:
        """`close` without a running event loop: nothing may be under way."""
        for engine in (self._writer, self._reader, self._urgent):
            engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@contextmanager
def _without_limit(_: timedelta) -> Iterator[None]:
    """SQLite is on this machine: a lock that another process holds is bounded by BUSY_TIMEOUT_MS."""
    yield


def _sqlite_engine(file: Path, begin: str | None) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        **({} if begin else {"isolation_level": "AUTOCOMMIT"}),
    )
    event.listen(engine, "connect", _prepare)
    if begin:

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


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

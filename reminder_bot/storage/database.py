"""How the database is opened, and how a function runs in a transaction.

    await database.write(function, …)   one transaction: commit at the end, roll back on an error
    await database.read(function, …)    single statements, without a transaction around them

The function is a plain one whose first argument is the connection. It runs in a database thread
from beginning to end. So the event loop never waits for the database, and no transaction is open
while something waits for Telegram, a file or a child process. Why plain functions: a SELECT cost
579 µs of processor time through the asynchronous driver, 41 µs through the synchronous one.

A thread cannot be cancelled. If the caller is cancelled, the result is lost, but the transaction
runs to its end, and `close` waits for it.

SQLite: one thread writes and one reads, each with its own connection. A transaction starts with
BEGIN IMMEDIATE. Measured with three processes, the driver's default silently lost 646 of 750
updates, plain BEGIN failed on 666 locks, and BEGIN IMMEDIATE had no failure. WAL mode is used only
on versions without the WAL-reset bug; others use a rollback journal with full syncing, which costs
nothing measurable here. One process uses a file: it holds a lock on a second file beside it, so
that every claim in the database is its own.

PostgreSQL: a few threads with a connection each, and one more for work that must never wait for
them: the lease of the leader and the permits that replicas share (`write_urgently`). Each
transaction has a time limit that starts when its thread starts it. The rest is in `postgresql`.
"""

import asyncio
import errno
import fcntl
import importlib.util
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TextIO, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from reminder_bot.files import make_private, private_opener
from reminder_bot.storage.address import Address, AddressError, read_address
from reminder_bot.storage.file_watch import FileLost, FileWatch, new_generation

__all__ = [
    "Connection",
    "Database",
    "DatabaseUnusable",
    "is_away",
    "is_database_error",
    "is_refused",
    "sqlite_file",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
# A statement that waits longer for a lock fails as "away" and is tried again. It is short because
# a shutdown waits for it.
BUSY_TIMEOUT_MS = 5_000
# A transaction that takes longer on PostgreSQL is ended, by this process and by the server.
TIME_LIMIT = timedelta(seconds=30)
# Threads, each with a connection, of a process on PostgreSQL: ten replicas fit a server's usual
# hundred connections, and more threads would share one interpreter anyway.
POSTGRESQL_THREADS = 4
JOURNALS = ("-journal", "-wal", "-shm")  # what SQLite writes beside its file
# The releases that fixed the WAL-reset bug, one for each maintained branch. With older ones several
# connections may lose commits.
WAL_IS_SAFE_SINCE = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
# SQLSTATE classes of PostgreSQL: connection, authorization, rollback, resources, operator
# intervention, system error; and single codes: no such database, lock not available, read-only
# transaction (a standby), idle transaction timeout.
_SERVER_TROUBLE = {"08", "28", "40", "53", "57", "58", "3D000", "55P03", "25006", "25P03"}
# Error texts of PostgreSQL and pgbouncer in English. A refusal in another language is not
# recognized: the bot waits for the server then, and logs the reason.
_REFUSALS = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|no such (database|user)"
    r"|(database|role) \".*\" does not exist|certificate verify failed|root certificate file|does "
    r"not support SSL|invalid \S+ value|invalid (connection option|port number)"
    r"|(could not|cannot) match \d+|definition of service|bad value for"
)


class DatabaseUnusable(Exception):
    """The database cannot be used as it is; the text is one line that says why and what to do."""


class _TooBusy(TimeoutError):
    """Work has queued for longer than its own time limit."""


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address, None for any other database."""
    return _read(url).file


def _read(url: str) -> Address:
    try:
        return read_address(url)
    except AddressError as error:
        raise DatabaseUnusable(f"the address of the database {error}") from None


def is_away(error: BaseException) -> bool:
    """Whether an error means that the database is unavailable *now*, so that a retry can help."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout) or getattr(
        error, "connection_invalidated", False
    ):
        return True
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None)
    if code is not None:
        return code[:2] in _SERVER_TROUBLE or code in _SERVER_TROUBLE
    # A damaged SQLite file counts as away: updates stay unconfirmed at Telegram until a backup is
    # restored.
    is_damaged = type(cause) is sqlite3.DatabaseError
    # PEP 249: the error of every driver for trouble that is not a mistake in a statement.
    return is_damaged or any(each.__name__ == "OperationalError" for each in type(error).__mro__)


def is_database_error(error: BaseException) -> bool:
    """Whether an error comes from the database or its driver, and not from other code."""
    return isinstance(error, SQLAlchemyError | sqlite3.Error | _TooBusy) or any(
        # psycopg's, which need not be installed
        each.__module__.startswith("psycopg")
        for each in type(error).__mro__
    )


def is_refused(error: BaseException) -> bool:
    """Whether the server refuses this URL, which the host must fix before a start.

    Recognized by the text, because libpq passes on no code for a failed connection.
    """
    return _REFUSALS.search(str(getattr(error, "orig", None) or error)) is not None


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    if version >= WAL_IS_SAFE_SINCE[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_IS_SAFE_SINCE)


class Database:
    """An open database. limit: how long a transaction on PostgreSQL may take.

    write and read are for a running event loop. transaction and connection do the same on the
    caller's thread, for programs and tests that have no event loop to keep free.
    """

    def __init__(self, url: str, limit: timedelta = TIME_LIMIT) -> None:
        address = _read(url)
        self.url = url
        self.is_sqlite = address.file is not None
        self._limit = limit
        self._lock: TextIO | None = None
        self._is_closed = False
        self._file_watch: FileWatch | None = None
        # Called in the event loop after each `write` and `write_within`.
        self.on_write: Callable[[], None] = lambda: None
        self._within: Callable[[timedelta], AbstractContextManager[object]] = _without_limit
        if address.file is not None:
            self.file = address.file
            _refuse_what_is_no_file(self.file)
            self._writer = _sqlite_engine(self.file, "BEGIN IMMEDIATE", self._refuse_lost_file)
            self._reader = _sqlite_engine(self.file, None, self._refuse_lost_file)
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
            self._reader, self._writer = postgresql.engines(address.options, POSTGRESQL_THREADS)
            _, self._urgent = postgresql.engines(address.options, 1)
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

        result = await self._run(self._writing, self._limit, self._writer.begin, work)
        self.on_write()
        return result

    async def is_up(self) -> bool:
        """Whether a transaction can be begun and ended. Raises nothing: any error means no."""
        try:
            await self.write(lambda _connection: None)
        except Exception:
            return False
        return True

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

        result = await self._run(self._writing, limit, self._writer.begin, work)
        self.on_write()
        return result

    async def write_urgently(
        self,
        limit: timedelta,
        function: Callable[Concatenate[Connection, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Like `write_within`, with a thread and a connection that only such calls use.

        So they never wait for other work. On SQLite they share the thread that writes.
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
        """Run a function that only reads, without a transaction around its statements."""

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
            # A server that hangs blocks the threads until their limit. Work that has queued for
            # longer than its own limit fails at once, so that the queue is empty when the server
            # is back.
            if monotonic() - asked_at > limit.total_seconds():
                raise _TooBusy("the database was too busy to start the work in time")
            with self._within(limit), connect() as connection:
                self._refuse_lost_file(is_locked=connect == self._writer.begin)
                result = work(connection)
                self._refuse_lost_file()
                return result

        return await asyncio.get_running_loop().run_in_executor(threads, run)

    def watch_file(self) -> None:
        """From now on, fail with FileLost if the SQLite file is not the one that is open.

        Nor is a new file made at its path. For a bot that runs; its database must have tables.
        """
        if not self.is_sqlite or self._file_watch is not None:
            return
        generation = new_generation()
        with self._writer.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA user_version = {generation}")
        with self._reader.connect() as connection:
            # In WAL mode, the number has to reach the file itself.
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self._file_watch = FileWatch(self.file, generation)

    def file_fault(self) -> str | None:
        """What has happened to the SQLite file of a running bot, with the cure; None if nothing."""
        return None if self._file_watch is None else self._file_watch.fault()

    def _refuse_lost_file(self, *, is_locked: bool = False) -> None:
        if self._file_watch is None:
            return
        if fault := self._file_watch.fault(is_locked=is_locked):
            raise FileLost(errno.ENOENT, fault)

    def make_private(self) -> None:
        """Let nobody else read the SQLite file. Only for a file that is known to be the bot's."""
        if self.is_sqlite:
            for suffix in ("", *JOURNALS):
                make_private(self.file.with_name(self.file.name + suffix))

    def hold(self) -> None:
        """Lock the SQLite file for this process; PostgreSQL serves any number of processes.

        Raises DatabaseUnusable if another process holds the lock.
        """
        if not self.is_sqlite:
            return
        lock_file = self.file.with_name(self.file.name + ".lock")
        try:
            # Held while the process lives.
            lock = open(lock_file, "w", opener=private_opener)  # noqa: SIM115
            make_private(lock_file)
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
        """Wait for the transactions in progress, then close all connections."""
        self._is_closed = True
        for threads in {self._writing, self._reading, self._urging}:
            await asyncio.to_thread(threads.shutdown)
        self.close_connections()

    def close_connections(self) -> None:
        """`close` without an event loop: no transaction may be in progress."""
        for engine in (self._writer, self._reader, self._urgent):
            engine.dispose()
        if self._file_watch is not None:
            self._file_watch.close()
            self._file_watch = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


@contextmanager
def _without_limit(_: timedelta) -> Iterator[None]:
    """For SQLite, where BUSY_TIMEOUT_MS bounds the wait for a lock of another process."""
    yield


def _refuse_what_is_no_file(file: Path) -> None:
    """A directory cannot be opened; a device would be written to, and a pipe wait for ever."""
    try:
        mode = file.stat().st_mode
    except OSError:  # it does not exist, or the attempt to open it tells why it cannot be used
        return
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise DatabaseUnusable(f"{file} is {kind}: name a file, as in sqlite:///path/to/file")


def _sqlite_engine(file: Path, begin: str | None, refuse_lost: Callable[[], None]) -> Engine:
    """An engine with one connection. refuse_lost: raises if the file must not be made anew."""
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

    @event.listens_for(engine, "do_connect")
    def create(*_: object) -> None:
        refuse_lost()
        # SQLite would create the file with the mode that the umask leaves. Journals get its mode.
        # Not an existing file: closing it would release the locks of this process on it.
        with suppress(OSError):  # SQLite says what is wrong
            if not os.path.lexists(file):
                os.close(private_opener(str(file), os.O_RDONLY | os.O_CREAT))

    if begin:

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not send its own BEGIN
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

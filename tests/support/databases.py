"""Databases at the current revision: the migrations run once in each test process, and each test
gets a copy of the result, or a database of an earlier test that has been reset.

SQLite files are in memory if the machine has /dev/shm, so that a commit does not wait for a disk.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.migrating import upgrade
from reminder_bot.storage.tables import metadata
from tests.support.postgres import Postgres

__all__ = [
    "MOSTLY_SQLITE",
    "ReusedDatabases",
    "new_postgresql",
    "new_sqlite",
    "quick_folder",
    "reused_postgresql",
    "reused_sqlite",
]

IN_MEMORY = Path("/dev/shm")

# The params of a fixture, for tests above storage. Whether both kinds of database do the same is
# tested in storage, so these tests run again on PostgreSQL only in .ci/run.
MOSTLY_SQLITE = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A new folder, in memory if possible, which is removed at the end."""
    place = IN_MEMORY if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="reminder-bot-test-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_sqlite(folder: Path) -> str:
    """The address of a new, migrated file in `folder`."""
    file = folder / "bot.sqlite3"
    file.write_bytes(_sqlite_bytes())
    return f"sqlite:///{file}"


@cache
def _sqlite_bytes() -> bytes:
    with quick_folder() as folder:
        file = folder / "template.sqlite3"
        _upgrade(f"sqlite:///{file}")
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        return file.read_bytes()


def new_postgresql(server: Postgres) -> str:
    """The address of a new, migrated database of `server`."""
    name = f"test_{uuid4().hex}"
    server.psql(
        "postgres", f'CREATE DATABASE "{name}" TEMPLATE "{_template(server)}" STRATEGY file_copy'
    )
    return server.url(name)


@cache
def _template(server: Postgres) -> str:
    name = f"template_{uuid4().hex}"
    _upgrade(server.new_database(name))
    return name


def _upgrade(url: str) -> None:
    # In another thread, because the event loop of a fixture may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url).result()


class ReusedDatabases:
    """Open databases, each of which is used by one test after the other and reset in between.

    SQLAlchemy compiles each statement once for an engine. A test with a Database of its own spends
    more time on that, and on copying the files of a PostgreSQL database, than on what it tests.

    new: returns the address of a migrated database.
    renew: resets everything in a database. If it raises, the database is not used again. Neither is
        one that a test has closed or locked, or in which it has left a connection open.
    """

    def __init__(self, new: Callable[[], str], renew: Callable[[Database], None]) -> None:
        self._new = new
        self._renew = renew
        self._free: list[Database] = []

    @contextmanager
    def one(self) -> Iterator[Database]:
        """A database that no other test uses during the block."""
        database = self._free.pop() if self._free else self._open()
        try:
            yield database
        finally:
            if self._can_be_used_again(database):
                self._free.append(database)
            else:
                _close(database)

    def _open(self) -> Database:
        database = Database(self._new())
        # Connect now. A connection that was opened during a test would keep settings that this test
        # has patched, such as the timeout of a lock, for all later tests.
        for engine in (database._reader, database._writer, database._urgent):
            engine.connect().close()
        return database

    def _can_be_used_again(self, database: Database) -> bool:
        """Reset a database; returns whether that was possible."""
        if database._is_closed or database._lock is not None:
            return False
        _wait_for_threads(database)
        engines = database._reader, database._writer, database._urgent
        if any(engine.pool.checkedout() for engine in engines):  # type: ignore[attr-defined]
            return False
        try:
            self._renew(database)
        except (AssertionError, OSError, SQLAlchemyError, sqlite3.Error):
            return False
        return True

    def close(self) -> None:
        while self._free:
            _close(self._free.pop())


def _wait_for_threads(database: Database) -> None:
    """Wait until no thread of a database works: a cancelled test does not wait for its work."""
    for threads in {database._writing, database._reading, database._urging}:
        # The barrier opens when each thread of the pool has finished its work and waits at it.
        all_are_idle = Barrier(threads._max_workers)
        for each in [threads.submit(all_are_idle.wait) for _ in range(threads._max_workers)]:
            each.result()


def _close(database: Database) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, database.close()).result()


@contextmanager
def reused_sqlite() -> Iterator[ReusedDatabases]:
    with quick_folder() as place, closing(sqlite3.connect(":memory:")) as template:
        template.deserialize(_sqlite_bytes())

        def new() -> str:
            folder = place / uuid4().hex
            folder.mkdir()
            return new_sqlite(folder)

        def renew(database: Database) -> None:
            # A test that has written other files beside the database needs a new folder.
            suffixes = {each.suffix for each in database.file.parent.iterdir()}
            assert suffixes <= {".sqlite3", ".sqlite3-journal", ".sqlite3-wal", ".sqlite3-shm"}
            with closing(sqlite3.connect(database.file, timeout=1)) as connection:
                template.backup(connection)

        databases = ReusedDatabases(new, renew)
        yield databases
        databases.close()


@contextmanager
def reused_postgresql(server: Postgres) -> Iterator[ReusedDatabases]:
    database = Database(new_postgresql(server))
    with database.connection() as connection:
        schema = _schema(connection)
        sequences = connection.execute(text("SELECT sequencename FROM pg_sequences")).scalars()
        # DELETE, because TRUNCATE makes new files for each table and each index.
        statements = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        statements += [f"SELECT setval('{name}', 1, false)" for name in sequences]

    def renew(database: Database) -> None:
        with database.transaction() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            connection.exec_driver_sql("; ".join(statements))
            assert _schema(connection) == schema

    _close(database)
    databases = ReusedDatabases(lambda: new_postgresql(server), renew)
    yield databases
    databases.close()


def _schema(connection: Connection) -> list[tuple[object, ...]]:
    """The names of all tables and indexes, and the revision."""
    found = connection.execute(
        text(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " UNION ALL SELECT version_num FROM alembic_version ORDER BY 1"
        )
    )
    return [tuple(row) for row in found]

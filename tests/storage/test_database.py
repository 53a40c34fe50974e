"""Opening the database, transactions, time limits, and which errors count as away."""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sqlite3
import sys
import threading
import traceback
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterator
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from reminder_bot.storage import database as database_module
from reminder_bot.storage import postgresql as postgresql_module
from reminder_bot.storage.database import (
    POSTGRESQL_THREADS,
    Database,
    DatabaseUnusable,
    is_away,
    is_refused,
    sqlite_file,
    wal_is_safe,
    without_password,
)
from reminder_bot.storage.migrating import revision
from tests.support.cable import Cable
from tests.support.databases import new_postgresql
from tests.support.postgres import Postgres
from tests.support.waiting import patience, until

COUNT = text("SELECT value FROM state WHERE name = 'count'")
SET = text("UPDATE state SET value = :value WHERE name = 'count'")


async def write_once(
    database: Database, statement: str = "INSERT INTO state VALUES ('a', 'b')"
) -> None:
    await database.write(lambda connection: connection.execute(text(statement)))


def read_names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM state ORDER BY name")).scalars())


async def names(database: Database) -> list[str]:
    return await database.read(read_names)


# Transactions


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    await write_once(database)

    assert await names(database) == ["a"]


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO state VALUES ('a', 'b')"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(fail)

    assert await names(database) == []


async def test_a_read_goes_on_beside_an_open_transaction(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO state VALUES ('a', 'b')"))

        assert await names(database) == []


async def test_close_waits_for_transactions_in_progress_and_leaves_no_connection(
    database_url: str,
) -> None:
    database, is_used, may_end = Database(database_url), threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO state VALUES ('kept', '')"))
        is_used.set()
        may_end.wait()

    working = asyncio.create_task(database.write(work))
    await asyncio.to_thread(is_used.wait)
    with warnings.catch_warnings(record=True) as unclosed:
        warnings.simplefilter("always")
        working.cancel()  # whoever waited for it has gone
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
        may_end.set()
        await closing
        gc.collect()
    again = Database(database_url)

    assert [str(each.message) for each in unclosed if each.category is ResourceWarning] == []
    assert await names(again) == ["kept"]
    await again.close()


async def test_a_closed_database_refuses_work(database: Database) -> None:
    await database.close()

    with pytest.raises(RuntimeError, match="the database is closed"):
        await names(database)
    with pytest.raises(RuntimeError, match="the database is closed"):
        await database.write(add_one)


def add_one(connection: Connection) -> None:
    value = int(connection.execute(COUNT).scalar_one())
    connection.execute(SET, {"value": str(value + 1)})


def count_up(url: str, times: int, all_ready: Barrier) -> None:
    database = Database(url)
    all_ready.wait(60)  # else the first may be done before the last has begun
    for _ in range(times):
        with database.transaction() as connection:
            add_one(connection)
    database.close_connections()


@pytest.mark.outage
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
async def test_three_processes_on_one_sqlite_file_lose_nothing_and_meet_no_lock(
    sqlite: Database,
) -> None:
    """Each reads, adds one and writes, 60 times (fault 20)."""
    await write_once(sqlite, "INSERT INTO state VALUES ('count', '0')")
    context = multiprocessing.get_context("spawn")
    given = (sqlite.url, 60, context.Barrier(3))
    processes = [context.Process(target=count_up, args=given) for _ in range(3)]

    for each in processes:
        each.start()
    for each in processes:
        await asyncio.to_thread(each.join, 60)

    assert [each.exitcode for each in processes] == [0, 0, 0]
    with sqlite.connection() as connection:
        assert connection.execute(COUNT).scalar_one() == "180"


async def test_writers_of_one_process_take_turns(database: Database) -> None:
    await write_once(database, "INSERT INTO state VALUES ('count', '0')")

    def add_where_it_stands(connection: Connection) -> None:
        connection.execute(
            text("UPDATE state SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)")
        )

    await asyncio.gather(*(database.write(add_where_it_stands) for _ in range(50)))

    with database.connection() as connection:
        assert connection.execute(COUNT).scalar_one() == "50"


# Is it away, or are we wrong?


async def failure(database: Database, statement: str) -> BaseException:
    return await failure_of(write_once(database, statement))


async def failure_of(work: Awaitable[object]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever the driver raises)
        await work
    return caught.value


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO state VALUES ('a', NULL)", "INSERT INTO users (id) VALUES (1)"],
)
async def test_a_programming_error_does_not_count_as_away(
    database: Database, statement: str
) -> None:
    error = await failure(database, statement)

    assert isinstance(error, IntegrityError)
    assert not is_away(error)


async def test_text_that_postgresql_rejects_does_not_count_as_away(
    postgresql: Database,
) -> None:
    assert not is_away(await failure(postgresql, "SELECT nonsense FROM nowhere"))


async def test_a_locked_sqlite_file_is_away(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 20)
    hasty = Database(sqlite.url)

    with sqlite.transaction():
        error = await failure(hasty, "INSERT INTO state VALUES ('a', 'b')")
    await hasty.close()

    assert "database is locked" in str(error)
    assert is_away(error)


async def test_a_read_only_sqlite_file_is_away(folder: Path, sqlite: Database) -> None:
    with sqlite.transaction() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        with pytest.raises(DBAPIError, match="readonly") as caught:
            connection.execute(text("DELETE FROM state"))
        connection.execute(text("PRAGMA query_only = OFF"))

    assert is_away(caught.value)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    yield server
    server.stop()
    server.remove()


def cut_off(connection: Connection, server: Postgres) -> None:
    """The server goes away in the middle of a transaction."""
    connection.execute(text("SELECT 1"))
    server.stop()
    connection.execute(text("SELECT 1"))


async def test_a_postgresql_server_that_goes_away_is_away_and_comes_back(
    own_server: Postgres,
) -> None:
    database = Database(new_postgresql(own_server))
    try:
        await write_once(database)

        assert is_away(await failure_of(database.write(cut_off, own_server)))
        assert is_away(await failure(database, "SELECT 1"))

        own_server.start()
        await write_once(database, "INSERT INTO state VALUES ('b', '')")
        assert "b" in await names(database)
    finally:
        await database.close()


def end_session(connection: Connection, process_id: int) -> None:
    connection.execute(text("SELECT pg_terminate_backend(:id, 5000)"), {"id": process_id})


def session(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


async def test_a_connection_that_the_server_closed_in_the_pool_costs_no_transaction(
    postgresql: Database,
) -> None:
    """As pgbouncer and a server that is restarted do."""
    other = Database(postgresql.url)
    first = await postgresql.write_urgently(timedelta(seconds=5), session)
    await other.write(end_session, first)
    await other.close()

    second = await postgresql.write_urgently(timedelta(seconds=5), session)

    assert second != first


@pytest.mark.parametrize(("is_long_ago", "is_checked"), [(False, False), (True, True)])
async def test_a_connection_is_checked_if_it_was_not_used_for_a_while(
    postgresql: Database,
    monkeypatch: pytest.MonkeyPatch,
    is_long_ago: bool,
    is_checked: bool,
) -> None:
    """A network may drop a connection without a word."""
    checks: list[str] = []

    class Noted(postgresql_module._Connection):
        def execute(self, query: Any, *given: Any, **named: Any) -> Any:
            checks.append(query)
            return super().execute(query, *given, **named)

    monkeypatch.setattr(postgresql_module, "_Connection", Noted)
    database = Database(postgresql.url)
    await database.write_urgently(timedelta(seconds=5), session)
    checks.clear()
    if is_long_ago:
        monkeypatch.setattr(postgresql_module, "CHECKED_FOR", -1.0)

    await database.write_urgently(timedelta(seconds=5), session)
    await database.close()

    assert (checks == ["SELECT 1"]) is is_checked


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.AdminShutdown(),
        psycopg.errors.CannotConnectNow(),
        psycopg.errors.TooManyConnections(),
        psycopg.errors.DiskFull(),
        psycopg.errors.DeadlockDetected(),
        psycopg.errors.SerializationFailure(),
        psycopg.errors.ConnectionDoesNotExist(),
        psycopg.errors.ProtocolViolation(),  # pgbouncer's for all it can't do
        psycopg.errors.QueryCanceled(),
        psycopg.errors.LockNotAvailable(),
        psycopg.errors.ReadOnlySqlTransaction(),
        psycopg.errors.IdleInTransactionSessionTimeout(),
        psycopg.errors.InvalidPassword(),
        psycopg.errors.InvalidCatalogName(),
        psycopg.errors.ConnectionTimeout(),
        psycopg.OperationalError("it is lost"),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_server_trouble_counts_as_away(error: Exception) -> None:
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.UniqueViolation(),
        psycopg.errors.UndefinedTable(),
        psycopg.errors.StatementTooComplex(),
        psycopg.errors.InsufficientPrivilege(),
        psycopg.DataError("PostgreSQL text fields cannot contain NUL"),
        sqlite3.IntegrityError("UNIQUE"),
        KeyError("x"),
        ValueError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_does_not_count_as_away(error: Exception) -> None:
    assert not is_away(error)


async def test_a_server_that_cannot_be_written_is_away(postgresql: Database) -> None:
    """A standby, until it is the first."""

    def write_there(connection: Connection) -> None:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("DELETE FROM state"))

    assert is_away(await failure_of(postgresql.write(write_there)))


async def test_a_deadlock_counts_as_away(postgresql: Database) -> None:
    """Each transaction waits for a row of the other, so the server ends one of them."""
    await write_once(postgresql, "INSERT INTO state VALUES ('a', ''), ('b', '')")
    both_hold = threading.Barrier(2)

    def change(connection: Connection, first: str, second: str) -> None:
        for name in (first, second):
            connection.execute(
                text("UPDATE state SET value = 'x' WHERE name = :name"), {"name": name}
            )
            if name == first:
                both_hold.wait()

    done = await asyncio.gather(
        postgresql.write(change, "a", "b"),
        postgresql.write(change, "b", "a"),
        return_exceptions=True,
    )

    (error,) = [each for each in done if isinstance(each, BaseException)]
    assert is_away(error)


async def test_a_backend_that_is_ended_under_a_read_costs_one_retry(
    postgres: Postgres, postgresql: Database
) -> None:
    def read_twice(connection: Connection) -> None:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        postgres.psql("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")
        connection.execute(text("SELECT 1"))

    assert is_away(await failure_of(postgresql.read(read_twice)))
    assert await names(postgresql) == []


# A server that hangs

A_MOMENT = timedelta(seconds=1)
WAIT = text("SELECT 'waited'")
IS_WAITED_FOR = text(
    "SELECT count(*) > 0 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@pytest.fixture
async def cable(postgres: Postgres) -> AsyncIterator[Cable]:
    async with Cable(postgres.port) as cable:
        yield cable


@pytest.fixture
async def distant(cable: Cable, postgresql: Database) -> AsyncIterator[Database]:
    """The database of `postgresql` at the end of a cable, with little patience."""
    url = make_url(postgresql.url).set(port=cable.port).render_as_string(hide_password=False)
    database = Database(url, A_MOMENT)
    yield database
    await database.close()


async def test_a_new_connection_waits_no_longer_than_the_limit(
    cable: Cable, distant: Database
) -> None:
    cable.cut()

    error = await failure_of(names(distant))
    cable.heal()

    assert is_away(error)
    assert await names(distant) == []


@pytest.mark.parametrize("statements_before", [0, 1])
async def test_a_read_waits_no_longer_than_the_limit(
    cable: Cable, distant: Database, statements_before: int
) -> None:
    """0: already the check before use waits."""
    assert await names(distant) == []

    def read(connection: Connection) -> None:
        connection.execute(WAIT)
        cable.cut()
        connection.execute(text("SELECT 'late'"))

    if statements_before == 0:
        cable.cut()
    error = await failure_of(distant.read(read))
    cable.heal()

    assert is_away(error)
    assert await names(distant) == []


async def test_an_answer_from_before_the_cut_is_never_read_as_a_later_one(
    cable: Cable, distant: Database
) -> None:
    all_asked = threading.Barrier(3)

    def ask(connection: Connection) -> None:
        connection.execute(WAIT)
        all_asked.wait()
        cable.cut()
        connection.execute(WAIT)

    errors = await asyncio.gather(*(distant.read(ask) for _ in range(3)), return_exceptions=True)
    cable.heal()

    assert all(isinstance(each, BaseException) and is_away(each) for each in errors)
    assert [await names(distant) for _ in range(10)] == [[]] * 10


@pytest.mark.parametrize("at_commit", [False, True])
async def test_a_write_waits_no_longer_than_the_limit_and_frees_its_rows(
    cable: Cable, distant: Database, postgresql: Database, at_commit: bool
) -> None:
    """The server, too, gives up the transaction: its rows are somebody else's to write."""
    await write_once(postgresql)

    def write(connection: Connection) -> None:
        connection.execute(text("UPDATE state SET value = 'cut off'"))
        cable.cut()
        if not at_commit:
            connection.execute(WAIT)

    error = await failure_of(distant.write(write))
    await write_once(postgresql, "UPDATE state SET value = 'nearer'")
    cable.heal()

    assert is_away(error)
    value = await distant.read(
        lambda connection: connection.execute(text("SELECT value FROM state")).scalar_one()
    )
    assert value == "nearer"


async def test_a_statement_that_takes_too_long_is_ended_by_the_server_as_well(
    postgresql: Database,
) -> None:
    hasty = Database(postgresql.url, A_MOMENT)
    await write_once(postgresql)

    with postgresql.transaction() as connection:
        connection.execute(text("UPDATE state SET value = 'held'"))
        error = await failure(hasty, "UPDATE state SET value = 'waits for it'")
        await until(
            lambda: not connection.execute(IS_WAITED_FOR).scalar_one(),
            "the server to end the statement that waits",
        )
    await hasty.close()

    assert is_away(error)


async def test_a_caller_that_is_cancelled_does_not_wait_for_a_server_that_hangs(
    cable: Cable, postgresql: Database
) -> None:
    """Its thread does, until the transaction's time limit."""
    url = make_url(postgresql.url).set(port=cable.port).render_as_string(hide_password=False)
    patient, asked = Database(url, A_MOMENT), threading.Event()

    def write(connection: Connection) -> None:
        connection.execute(WAIT)
        cable.cut()
        asked.set()
        connection.execute(WAIT)

    task = asyncio.create_task(patient.write(write))
    await asyncio.to_thread(asked.wait)
    task.cancel()
    async with patience("the cancelled write to end"):
        await asyncio.wait([task])

    assert task.cancelled()
    cable.heal()
    assert await names(patient) == []
    await patient.close()


async def test_work_that_has_waited_too_long_for_a_thread_is_given_up(
    cable: Cable, distant: Database
) -> None:
    """After an outage, the database does not get requests whose callers have timed out."""
    assert await names(distant) == []
    cable.cut()

    errors = await asyncio.gather(
        *(names(distant) for _ in range(3 * POSTGRESQL_THREADS)), return_exceptions=True
    )
    cable.heal()

    assert all(isinstance(each, BaseException) and is_away(each) for each in errors)
    assert any(isinstance(each, TimeoutError) for each in errors)
    assert await names(distant) == []


async def test_urgent_work_never_waits_for_other_work(postgresql: Database) -> None:
    """The lease of the leader must be renewed while a hundred updates wait for a connection."""
    busy, release = threading.Semaphore(0), threading.Event()

    def hold(connection: Connection) -> None:
        connection.execute(WAIT)
        busy.release()
        release.wait()

    holding = [asyncio.create_task(postgresql.write(hold)) for _ in range(100)]
    try:
        for _ in range(POSTGRESQL_THREADS):
            await until(lambda: busy.acquire(blocking=False), "all threads to be busy")
        with postgresql.connection():  # the pool's spare one
            async with patience("the urgent work"):
                waited = await postgresql.write_urgently(
                    timedelta(seconds=30), lambda connection: connection.execute(WAIT).scalar_one()
                )
    finally:
        release.set()
        # In any case, or closing the database would wait for the threads. Where the test took
        # long, the server has ended their transactions.
        await asyncio.gather(*holding, return_exceptions=True)

    assert waited == "waited"


async def test_a_stopped_backend_is_away_and_the_next_one_serves(own_server: Postgres) -> None:
    database = Database(new_postgresql(own_server), A_MOMENT)
    stopped: list[int] = []

    def read(connection: Connection) -> None:
        stopped.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        os.kill(stopped[0], signal.SIGSTOP)
        connection.execute(WAIT)

    try:
        assert is_away(await failure_of(database.read(read)))
        assert await names(database) == []
    finally:
        os.kill(stopped[0], signal.SIGCONT)
        await database.close()


async def test_an_upgrade_may_take_longer(postgresql: Database) -> None:
    hasty = Database(postgresql.url, timedelta(milliseconds=1))

    waited = await hasty.write_within(
        timedelta(seconds=30), lambda connection: connection.execute(WAIT).scalar_one()
    )

    assert waited == "waited"
    await hasty.close()


# Whom the server lets in


@pytest.fixture(scope="module")
def strict_server() -> Iterator[Postgres]:
    """Asks `bot` for a password, all others for none."""
    server = Postgres()
    server.start()
    server.psql("postgres", "CREATE ROLE bot LOGIN PASSWORD 'right'")
    rules = (
        "VALUES ('host all bot 127.0.0.1/32 scram-sha-256'),"
        " ('host all postgres 127.0.0.1/32 trust')"
    )
    server.psql(
        "postgres",
        f"DO $$BEGIN EXECUTE format('COPY ({rules.replace(chr(39), chr(39) * 2)}) TO %L', "
        "current_setting('hba_file')); END$$",
    )
    server.psql("postgres", "SELECT pg_reload_conf()")
    yield server
    server.stop()
    server.remove()


@pytest.mark.parametrize("user", ["bot:wrong", "bot", "stranger:wrong"])
async def test_a_refused_login_is_fatal_at_a_start_and_retried_later(
    strict_server: Postgres, user: str
) -> None:
    address = f"postgresql://{user}@127.0.0.1:{strict_server.port}/postgres"
    database = Database(address)

    error = await failure_of(names(database))

    assert (is_away(error), is_refused(error)) == (True, True)
    with pytest.raises(
        DatabaseUnusable, match=r"the PostgreSQL database cannot be used: .*(password|pg_hba)"
    ):
        revision(database)
    await database.close()


async def test_a_missing_database_is_fatal_at_a_start(postgres: Postgres) -> None:
    database = Database(postgres.url("nowhere"))

    with pytest.raises(DatabaseUnusable, match='database "nowhere" does not exist'):
        revision(database)
    await database.close()


async def test_a_server_that_cannot_be_reached_is_waited_for(postgresql: Database) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        database = Database(f"postgresql://bot@127.0.0.1:{unused.getsockname()[1]}/bot")

        error = await failure_of(asyncio.to_thread(revision, database))
    await database.close()

    assert (is_away(error), is_refused(error)) == (True, False)


@pytest.mark.parametrize(
    "rest", ["/postgres", "/nowhere", "/postgres?service=nowhere", "/postgres?sslmode=require"]
)
async def test_no_error_and_no_log_shows_the_password(
    strict_server: Postgres, rest: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    database = Database(f"postgresql://bot:hunter%402@127.0.0.1:{strict_server.port}{rest}")

    error = await failure_of(names(database))
    told = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    await database.close()

    assert "psycopg" in told
    assert "hunter" not in told


# SQLite's journal


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_the_write_ahead_log_is_used_only_where_its_bug_is_fixed(
    version: tuple[int, int, int], is_safe: bool
) -> None:
    assert wal_is_safe(version) is is_safe


async def test_sqlite_is_opened_durably_and_enforces_foreign_keys(sqlite: Database) -> None:
    async def pragma(name: str) -> object:
        with sqlite.transaction() as connection:
            return connection.execute(text(f"PRAGMA {name}")).scalar_one()

    journal = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    assert [
        await pragma(name)
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    ] == [
        journal,
        2,
        1,
        database_module.BUSY_TIMEOUT_MS,
    ]


# One process a file


HOLD = """
import sys
from reminder_bot.storage.database import Database
Database(sys.argv[1]).hold()
"""


async def test_a_second_process_on_the_same_file_is_refused_with_advice(folder: Path) -> None:
    first, second = (Database(f"sqlite:///{folder / 'bot.sqlite3'}") for _ in range(2))
    first.hold()

    with pytest.raises(DatabaseUnusable, match="in use by another reminder-bot: stop it first"):
        second.hold()
    assert b"in use by another reminder-bot" in await child(HOLD, first.url)
    await first.close()


async def test_a_file_is_free_again_once_its_process_has_ended(folder: Path) -> None:
    first, second = (Database(f"sqlite:///{folder / 'bot.sqlite3'}") for _ in range(2))
    first.hold()
    await first.close()

    second.hold()
    await second.close()


async def test_a_killed_process_leaves_no_lock(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'bot.sqlite3'}")
    await child(f"{HOLD}\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)", database.url)

    database.hold()
    await database.close()


async def child(program: str, url: str) -> bytes:
    """Run a program to its end; what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, url, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    return complaint


def test_a_folder_that_cannot_be_written_is_an_error_for_the_host() -> None:
    with pytest.raises(DatabaseUnusable, match="give the bot a writable data directory"):
        Database("sqlite:////proc/bot.sqlite3").hold()


def test_postgresql_serves_any_number_of_processes(postgres: Postgres) -> None:
    for _ in range(2):
        Database(postgres.url("postgres")).hold()


# Addresses


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="what is kept in memory is lost"):
        sqlite_file(url)


def test_a_password_is_never_shown() -> None:
    assert (
        without_password("at postgresql://bot:secret@db/bot: no")
        == "at postgresql://bot:***@db/bot: no"
    )

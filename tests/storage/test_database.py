"""How the database is opened: who may write, what a transaction holds, and what it means that it is away."""

import asyncio
import multiprocessing
import sqlite3
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from reminder_bot.storage import database as database_module
from reminder_bot.storage.database import (
    Database,
    DatabaseUnusable,
    is_away,
    sqlite_file,
    wal_is_safe,
    without_password,
)
from tests.support.databases import new_postgresql
from tests.support.postgres import Postgres

COUNT = text("SELECT value FROM state WHERE name = 'count'")
SET = text("UPDATE state SET value = :value WHERE name = 'count'")


async def write_once(database: Database, statement: str = "INSERT INTO state VALUES ('a', 'b')") -> None:
    async with database.write() as connection:
        await connection.execute(text(statement))


async def names(database: Database) -> list[str]:
    async with database.read() as connection:
        return list((await connection.execute(text("SELECT name FROM state ORDER BY name"))).scalars())


# Transactions


async def test_a_transaction_commits_at_its_end(database: Database) -> None:
    await write_once(database)

    assert await names(database) == ["a"]


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO state VALUES ('a', 'b')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await names(database) == []


async def test_a_read_goes_on_beside_an_open_transaction(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO state VALUES ('a', 'b')"))

        assert await names(database) == []


async def add_one(database: Database) -> None:
    async with database.write() as connection:
        value = int((await connection.execute(COUNT)).scalar_one())
        await connection.execute(SET, {"value": str(value + 1)})


def count_up(url: str, times: int) -> None:
    async def run() -> None:
        database = Database(url)
        for _ in range(times):
            await add_one(database)
        await database.close()

    asyncio.run(run())


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
async def test_three_processes_on_one_sqlite_file_lose_nothing_and_meet_no_lock(sqlite: Database) -> None:
    """Each reads, adds one and writes, 60 times (fault 20)."""
    await write_once(sqlite, "INSERT INTO state VALUES ('count', '0')")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=count_up, args=(sqlite.url, 60)) for _ in range(3)]

    for each in processes:
        each.start()
    for each in processes:
        await asyncio.to_thread(each.join, 60)

    assert [each.exitcode for each in processes] == [0, 0, 0]
    async with sqlite.read() as connection:
        assert (await connection.execute(COUNT)).scalar_one() == "180"


async def test_writers_of_one_process_take_turns(database: Database) -> None:
    await write_once(database, "INSERT INTO state VALUES ('count', '0')")

    async def add_where_it_stands() -> None:
        async with database.write() as connection:
            await connection.execute(text("UPDATE state SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"))

    await asyncio.gather(*(add_where_it_stands() for _ in range(50)))

    async with database.read() as connection:
        assert (await connection.execute(COUNT)).scalar_one() == "50"


# Is it away, or are we wrong?


async def failure(database: Database, statement: str) -> BaseException:
    return await failure_of(write_once(database, statement))


async def failure_of(work: Awaitable[None]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011  (whatever the driver raises)
        await work
    return caught.value


@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO state VALUES ('a', NULL)", "INSERT INTO users (id) VALUES (1)"],
)
async def test_our_own_mistake_is_not_taken_for_an_absence(database: Database, statement: str) -> None:
    error = await failure(database, statement)

    assert isinstance(error, IntegrityError)
    assert not is_away(error)


async def test_words_that_postgresql_does_not_understand_are_our_mistake(postgresql: Database) -> None:
    assert not is_away(await failure(postgresql, "SELECT nonsense FROM nowhere"))


async def test_a_locked_sqlite_file_is_away(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 20)
    hasty = Database(sqlite.url)

    async with sqlite.write():
        error = await failure(hasty, "INSERT INTO state VALUES ('a', 'b')")
    await hasty.close()

    assert "database is locked" in str(error)
    assert is_away(error)


async def test_a_read_only_sqlite_file_is_away(folder: Path, sqlite: Database) -> None:
    async with sqlite.write() as connection:
        await connection.execute(text("PRAGMA query_only = ON"))
        with pytest.raises(DBAPIError, match="readonly") as caught:
            await connection.execute(text("DELETE FROM state"))
        await connection.execute(text("PRAGMA query_only = OFF"))

    assert is_away(caught.value)


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    server = Postgres()
    server.start()
    yield server
    server.stop()
    server.remove()


async def cut_off(database: Database, server: Postgres) -> None:
    """The server goes away in the middle of a transaction."""
    async with database.write() as connection:
        await connection.execute(text("SELECT 1"))
        server.stop()
        await connection.execute(text("SELECT 1"))


async def test_a_postgresql_server_that_goes_away_is_away_and_comes_back(own_server: Postgres) -> None:
    database = Database(new_postgresql(own_server))
    try:
        await write_once(database)

        assert is_away(await failure_of(cut_off(database, own_server)))
        assert is_away(await failure(database, "SELECT 1"))

        own_server.start()
        await write_once(database, "INSERT INTO state VALUES ('b', '')")
        assert "b" in await names(database)
    finally:
        await database.close()


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.exceptions.AdminShutdownError(), asyncpg.exceptions.CannotConnectNowError(),
        asyncpg.exceptions.TooManyConnectionsError(), asyncpg.exceptions.DiskFullError(),
        asyncpg.exceptions.DeadlockDetectedError(), asyncpg.exceptions.ConnectionDoesNotExistError(),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_trouble_of_the_server_is_an_absence(error: Exception) -> None:
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.exceptions.UniqueViolationError(), asyncpg.exceptions.UndefinedTableError(),
        sqlite3.IntegrityError("UNIQUE"), KeyError("x"), ValueError("x"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_mistake_is_not_an_absence(error: Exception) -> None:
    assert not is_away(error)


# SQLite's journal


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 7, 0), False), ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False),
        ((3, 50, 6), False), ((3, 50, 7), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True),
        ((3, 52, 0), True), ((4, 0, 0), True),
    ],
)  # fmt: skip
def test_the_write_ahead_log_is_used_only_where_its_bug_is_fixed(version: tuple[int, int, int], is_safe: bool) -> None:
    assert wal_is_safe(version) is is_safe


async def test_sqlite_is_opened_durably_with_keys_that_hold(sqlite: Database) -> None:
    async def pragma(name: str) -> object:
        async with sqlite.write() as connection:
            return (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()

    journal = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    assert [await pragma(name) for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")] == [
        journal, 2, 1, database_module.BUSY_TIMEOUT_MS,
    ]  # fmt: skip


# One process a file


HOLD = """
import sys
from reminder_bot.storage.database import Database
Database(sys.argv[1]).hold()
"""


async def test_a_second_process_on_the_same_file_is_refused_with_the_cure(folder: Path) -> None:
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
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    return complaint


def test_a_place_that_cannot_be_written_is_told() -> None:
    with pytest.raises(DatabaseUnusable, match="give the bot a writable data directory"):
        Database("sqlite:////proc/bot.sqlite3").hold()


def test_postgresql_serves_any_number(postgres: Postgres) -> None:
    for _ in range(2):
        Database(postgres.url("postgres")).hold()


# Addresses


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnusable, match="nothing would outlive a restart"):
        sqlite_file(url)


def test_a_password_is_never_shown() -> None:
    assert without_password("at postgresql://bot:secret@db/bot: no") == "at postgresql://bot:***@db/bot: no"

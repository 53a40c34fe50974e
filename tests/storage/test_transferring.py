"""Transfer from SQLite to PostgreSQL: every row of every table, all or nothing."""

import asyncio
import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Boolean, Column, Integer, String, Table, Time, insert, update

from reminder_bot.domain.check_in import Status
from reminder_bot.storage import transferring
from reminder_bot.storage.claims import QUEUES
from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.leases import acquire_lease, release_lease
from reminder_bot.storage.migrating import revision
from reminder_bot.storage.migrations import HEAD
from reminder_bot.storage.tables import Day, Instant, habits, metadata, state, updates, users
from reminder_bot.storage.transferring import Moved, refuse_moved, transfer
from tests.support.nursery import run_forked
from tests.support.people import rows_of
from tests.support.postgres import Postgres
from tests.support.world import ROOT

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROWS = 5
WORDS = "Żółć 💧 ß ت 漢字"
NOWHERE = "postgresql://bot:hunter2@127.0.0.1:9/bot"

# `reminder-bot transfer`, a batch of two rows at a time, which kills itself before the n-th
# statement of a kind.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from reminder_bot.cli import main
from reminder_bot.storage import postgresql, transferring

transferring.BATCH = 2
kind, left = sys.argv[2], int(sys.argv[3])
is_copied = False
copy_rows = postgresql.copy_rows

def copy(*given):
    global left
    left -= kind == "COPY"
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    copy_rows(*given)

postgresql.copy_rows = copy

@event.listens_for(Engine, "before_cursor_execute")
def before(connection, cursor, statement, parameters, context, executemany):
    global left, is_copied
    is_copied |= statement.startswith("SELECT setval")
    left -= statement.startswith(kind) and connection.dialect.name == "postgresql"
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(Engine, "commit")
def commit(connection):
    if kind == "COMMIT" and is_copied and connection.dialect.name == "postgresql":
        os.kill(os.getpid(), signal.SIGKILL)

sys.exit(main(["transfer", sys.argv[1]]))
"""


@pytest.fixture
async def filled(sqlite: Database) -> Database:
    """An SQLite database with rows in every table, their odd columns empty in every second."""
    with sqlite.transaction() as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table), [row_of(table, number) for number in range(ROWS)])
    return sqlite


def row_of(table: Table, number: int) -> dict[str, Any]:
    return {column.key: value_of(column, number) for column in table.columns}


def value_of(column: Column[Any], number: int) -> Any:
    if column.nullable and number % 2:
        return None
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return value_of(key.column, number)
    match column.type:
        case Instant():
            return NOW + timedelta(minutes=number, microseconds=number)
        case Day():
            return date(2026, 3, 29) + timedelta(days=number)
        case Time():
            return time(7, 30, number)
        case Boolean():
            return number % 2 == 0
        case String() as kind:
            return f"{number} {WORDS}"[: kind.length]
        case Integer() if column.table is users and column.primary_key:
            return 2**52 - number
        case Integer():
            return 10 + 7 * number
    raise AssertionError(f"no value for {column}: say what its type holds")


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    return {table.name: await rows_of(database, table) for table in metadata.sorted_tables}


async def move(source: Database, target: Database) -> Moved:
    return transfer(source.url, target.url, NOW)


async def test_every_row_of_every_table_arrives_as_it_was(
    filled: Database, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transferring, "BATCH", 2)
    before = await everything(filled)

    moved = await move(filled, postgresql)

    assert all(len(rows) == ROWS for rows in before.values())
    assert await everything(postgresql) == before
    assert await everything(filled) == before
    assert (moved.people, moved.rows) == (ROWS, ROWS * len(metadata.tables))


async def test_the_tables_are_created_in_an_empty_target(
    filled: Database, postgres: Postgres
) -> None:
    target = Database(postgres.new_database(f"empty_{uuid4().hex}"))
    try:
        await move(filled, target)

        assert revision(target) == HEAD
        assert await everything(target) == await everything(filled)
    finally:
        await target.close()


async def test_instants_stay_what_they_are_on_a_server_of_another_zone(
    filled: Database, postgres: Postgres
) -> None:
    """SQLite has them in UTC, without an offset."""
    name = f"tokyo_{uuid4().hex}"
    target = Database(postgres.new_database(name))
    postgres.psql("postgres", f"ALTER DATABASE {name} SET timezone TO 'Asia/Tokyo'")
    try:
        await move(filled, target)

        assert await everything(target) == await everything(filled)
    finally:
        await target.close()


async def test_ids_of_new_rows_follow_the_greatest_id_that_was_copied(
    filled: Database, postgresql: Database
) -> None:
    numbered = [table for table in metadata.sorted_tables if table.autoincrement_column is not None]

    await move(filled, postgresql)

    with postgresql.transaction() as connection:
        for table in numbered:
            new = row_of(table, ROWS + 1) | {"user_id": value_of(users.c.id, 0)}
            for column in table.columns:
                if column.foreign_keys and column.name != "user_id":
                    new[column.name] = value_of(column, 0)
            del new["id"]
            statement = insert(table).values(new).returning(table.c.id)
            assert connection.execute(statement).scalar() == value_of(table.c.id, ROWS - 1) + 1
    assert len(numbered) >= 7


async def test_after_the_transfer_of_an_empty_table_the_first_id_is_one(
    sqlite: Database, postgresql: Database
) -> None:
    assert (await move(sqlite, postgresql)).rows == 0

    with postgresql.transaction() as connection:
        connection.execute(insert(users), [row_of(users, 0)])
        row = row_of(habits, 0)
        del row["id"]
        assert connection.execute(insert(habits).values(row).returning(habits.c.id)).scalar() == 1


@pytest.mark.parametrize(
    ("leaving_since", "status", "ambiguous_at"),
    [(NOW - timedelta(seconds=1), Status.AMBIGUOUS, NOW), (None, Status.PLANNED, None)],
    ids=["leaving", "only claimed"],
)
async def test_what_a_process_was_sending_is_ambiguous_in_the_copy(
    filled: Database,
    postgresql: Database,
    leaving_since: datetime | None,
    status: Status,
    ambiguous_at: datetime | None,
) -> None:
    """Also where the lease has not run out: whoever held it is gone."""
    claim = {
        "status": Status.CLAIMED,
        "claimed_by": "gone",
        "leased_until": NOW + timedelta(days=9),
        "ambiguous_at": leaving_since,
    }
    with filled.transaction() as connection:
        for table in QUEUES:
            connection.execute(
                update(table).where(table.c.id == value_of(table.c.id, 1)).values(claim)
            )

    await move(filled, postgresql)

    for table in QUEUES:
        found = {row["id"]: row for row in await rows_of(postgresql, table)}
        ended = found.pop(value_of(table.c.id, 1))
        assert (ended["status"], ended["ambiguous_at"], ended["claimed_by"]) == (
            status,
            ambiguous_at,
            None,
        )
        assert Status.AMBIGUOUS not in {row["status"] for row in found.values()}
        assert [
            row["status"] for row in await rows_of(filled, table, table.c.claimed_by == "gone")
        ] == ["claimed"]


async def test_a_target_that_holds_users_is_refused(filled: Database, postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        connection.execute(insert(users), [row_of(users, 9)])
    before = await everything(postgresql)

    with pytest.raises(DatabaseUnusable, match=r"holds people already \(1\): name an empty one"):
        await move(filled, postgresql)

    assert await everything(postgresql) == before
    assert not mark_of(filled).exists()


async def test_a_refused_target_is_not_upgraded(filled: Database, postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        connection.execute(insert(users), [row_of(users, 9)])
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(DatabaseUnusable, match="holds people already"):
        await move(filled, postgresql)

    assert revision(postgresql) == "0001"


async def test_a_target_without_users_is_emptied_first(
    filled: Database, postgresql: Database
) -> None:
    with postgresql.transaction() as connection:
        connection.execute(insert(state), [row_of(state, 0) | {"value": "of the try"}])
        connection.execute(insert(updates), [{"id": 99, "handled_at": NOW}])

    await move(filled, postgresql)

    assert await everything(postgresql) == await everything(filled)


async def test_a_running_bot_is_not_moved(filled: Database, postgresql: Database) -> None:
    with filled.file.with_name("bot.sqlite3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DatabaseUnusable, match="in use by another reminder-bot: stop it first"):
            await move(filled, postgresql)

    assert await rows_of(postgresql, users) == []


async def test_nothing_is_moved_while_a_bot_runs_on_the_target(
    filled: Database, postgresql: Database
) -> None:
    with postgresql.transaction() as connection:
        assert acquire_lease(connection, "leader", "a bot", timedelta(minutes=1))

    with pytest.raises(
        DatabaseUnusable, match="a bot runs on the PostgreSQL database: stop it first"
    ):
        await move(filled, postgresql)

    assert await rows_of(postgresql, users) == []
    with postgresql.transaction() as connection:
        release_lease(connection, "leader", "a bot")
    assert (await move(filled, postgresql)).people == ROWS


async def test_of_two_transfers_at_once_one_is_refused(
    filled: Database, postgresql: Database
) -> None:
    elsewhere = filled.file.with_name("elsewhere.sqlite3")
    before = await everything(filled)
    await filled.close()
    shutil.copyfile(filled.file, elsewhere)

    first, second = await asyncio.gather(
        move(filled, postgresql),
        asyncio.to_thread(transfer, f"sqlite:///{elsewhere}", postgresql.url, NOW),
        return_exceptions=True,
    )

    moved, refused = (first, second) if isinstance(first, Moved) else (second, first)
    assert isinstance(moved, Moved)
    assert "holds people already" in str(refused)
    assert await everything(postgresql) == before


async def test_if_a_row_is_missing_at_the_end_nothing_is_moved(
    filled: Database, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = transferring._insert

    def loses(connection: Any, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        original(connection, table, rows[1:] if table is state else rows)

    monkeypatch.setattr(transferring, "_insert", loses)
    with pytest.raises(
        DatabaseUnusable, match=r"of 5 rows of state only 4 arrived: nothing was moved"
    ):
        await move(filled, postgresql)

    assert await rows_of(postgresql, users) == []


async def test_nothing_can_write_to_the_source_during_the_transfer(
    filled: Database, postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = []
    copy = transferring._copy

    def looked_at(reading: Any, writing: Any, table: Table) -> Iterator[int]:
        yield from copy(reading, writing, table)
        with closing(sqlite3.connect(filled.file, timeout=0)) as other:
            try:
                other.execute("INSERT INTO state VALUES ('late', '')")
            except sqlite3.OperationalError as error:
                refused.append(str(error))

    monkeypatch.setattr(transferring, "_copy", looked_at)
    await move(filled, postgresql)

    assert refused == ["database is locked"] * len(metadata.tables)


@pytest.mark.outage
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("LOCK", 1),
        ("COPY", 1),
        ("COPY", 20),
        ("SELECT setval", 3),
        ("UPDATE", 2),
        ("COMMIT", 1),
    ],
)
async def test_killed_in_the_middle_nothing_was_moved_and_the_next_try_moves_all(
    filled: Database, postgresql: Database, kind: str, count: int
) -> None:
    before, content = await everything(filled), filled.file.read_bytes()
    await filled.close()

    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        postgresql.url,
        kind,
        str(count),
        env=environment(filled),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await killed.wait() == -signal.SIGKILL

    assert [rows for rows in (await everything(postgresql)).values() if rows] == []
    assert filled.file.read_bytes() == content
    assert not mark_of(filled).exists()
    await move(filled, postgresql)
    assert await everything(postgresql) == before


async def test_if_the_connection_is_lost_before_the_commit_the_transfer_can_be_repeated(
    filled: Database, postgresql: Database, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = transferring._compare

    def hang_up(reading: Any, writing: Any, table: Table) -> int:
        count = compare(reading, writing, table)
        if table is metadata.sorted_tables[-1]:
            name = postgresql.url.rpartition("/")[2]
            postgres.psql(
                "postgres",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
            )
        return count

    with monkeypatch.context() as broken:
        broken.setattr(transferring, "_compare", hang_up)
        with pytest.raises(
            DatabaseUnusable, match="perhaps everything is there: run the transfer again"
        ):
            await move(filled, postgresql)

    assert not mark_of(filled).exists()
    assert (await move(filled, postgresql)).people == ROWS


@pytest.mark.parametrize(
    ("found", "cure"),
    [
        (
            "0001",
            f"revision 0001, older than this program's {HEAD}: back it up, then bring it there",
        ),
        ("9999", f"revision 9999, newer than this program's {HEAD}: install the newer program"),
    ],
)
async def test_a_source_of_another_revision_is_refused(
    filled: Database, postgresql: Database, found: str, cure: str
) -> None:
    with closing(sqlite3.connect(filled.file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (found,))

    with pytest.raises(DatabaseUnusable, match=cure):
        await move(filled, postgresql)

    assert await rows_of(postgresql, users) == []


async def test_a_file_that_is_not_a_database_of_the_bot_is_refused(
    sqlite: Database, postgresql: Database
) -> None:
    with closing(sqlite3.connect(sqlite.file)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
    with pytest.raises(DatabaseUnusable, match="holds no tables of this bot: is it the right file"):
        await move(sqlite, postgresql)

    sqlite.file.write_bytes(b"some text, long enough to be looked at as a database" * 100)
    with pytest.raises(DatabaseUnusable, match="is not an SQLite database"):
        await move(sqlite, postgresql)

    sqlite.file.unlink()
    with pytest.raises(DatabaseUnusable, match=r"there is no database at .*: nothing to move"):
        await move(sqlite, postgresql)


async def test_a_newer_target_is_refused(filled: Database, postgresql: Database) -> None:
    with postgresql.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(
        DatabaseUnusable, match=f"PostgreSQL database has revision 9999, newer than .* {HEAD}"
    ):
        await move(filled, postgresql)


async def test_a_target_that_cannot_store_every_character_is_refused(
    filled: Database, postgres: Postgres
) -> None:
    name = f"latin_{uuid4().hex}"
    postgres.psql(
        "postgres", f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    )

    with pytest.raises(
        DatabaseUnusable, match="keeps text as LATIN1: make one with ENCODING 'UTF8'"
    ):
        transfer(filled.url, postgres.url(name), NOW)


@pytest.mark.parametrize("words", ["far too long " + 60 * "x", "a secret\0word"])
async def test_a_row_that_postgresql_refuses_is_named_without_its_texts(
    filled: Database, postgresql: Database, words: str
) -> None:
    with filled.transaction() as connection:
        connection.execute(update(habits).where(habits.c.id == 17).values(words=words))

    with pytest.raises(
        DatabaseUnusable, match=r"refuses the row id=17 of habits \(\w+\): fix it"
    ) as refused:
        await move(filled, postgresql)

    assert str(refused.value).count(words[-4:]) == 0
    assert [rows for rows in (await everything(postgresql)).values() if rows] == []


# The command


def environment(source: Database, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(source.file.parent),
        "PYTHONPATH": str(ROOT),
        "REMINDER_BOT_DATABASE_URL": source.url,
        "REMINDER_BOT_LOG_LEVEL": "WARNING",
        **more,
    }


def mark_of(source: Database) -> Path:
    return source.file.with_name("bot.sqlite3.moved")


def command(
    source: Database, *words: str, typed: str = "", **more: str
) -> "subprocess.CompletedProcess[str]":
    return run_forked(
        *words,
        environment=environment(source, **more),
        folder=source.file.parent,
        typed=typed,
    )


async def test_it_says_what_was_moved_and_what_to_set(
    filled: Database, postgresql: Database
) -> None:
    done = command(filled, "transfer", "-", typed=f"{postgresql.url}\n")

    rows = ROWS * len(metadata.tables)
    assert (done.returncode, done.stderr) == (0, f"copying: 100%, {rows} of {rows} rows\n")
    assert done.stdout == (
        f"everything was copied to PostgreSQL (people: {ROWS}, rows: {rows}): "
        "set REMINDER_BOT_DATABASE_URL to its address, then start the bot\n"
        f"{filled.file} is kept as it was; while {mark_of(filled)} exists, run refuses to use it\n"
    )
    assert await everything(postgresql) == await everything(filled)


async def test_a_database_that_was_moved_is_not_run_by_mistake(
    filled: Database, postgresql: Database
) -> None:
    await move(filled, postgresql)

    done = command(filled, "run", REMINDER_BOT_TOKEN="123456789:" + "a" * 35)

    assert done.returncode == 78
    assert done.stderr == (
        f"{filled.file} was moved to PostgreSQL: set REMINDER_BOT_DATABASE_URL to that, "
        f"or delete {mark_of(filled)} to go on with the data from before the move\n"
    )
    mark_of(filled).unlink()
    refuse_moved(filled.url)


async def test_without_a_mark_the_host_is_told_to_move_the_file(
    filled: Database, postgresql: Database
) -> None:
    mark_of(filled).mkdir()  # for root, too, nothing can be written there

    done = command(filled, "transfer", postgresql.url)

    assert done.returncode == 0
    assert (
        f"{filled.file} is kept as it was, but could not be marked as moved: move it away"
        in done.stdout
    )


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        (NOWHERE, "the PostgreSQL database cannot be "),
        (
            "mysql://bot:hunter2@127.0.0.1/bot",
            "that is no address to move to: write it like postgresql://user",
        ),
        ("postgresql://bot:hunter2@[127.0.0.1/bot", "that is no address to move to"),
        ("postgresql://bot:hunter2@127.0.0.1:port/bot", "that is no address to move to"),
        ("bot:hunter2", "that is no address to move to"),
        ("-", "that is no address to move to"),
    ],
)
async def test_an_unreachable_target_is_one_line_without_the_password(
    sqlite: Database, address: str, fault: str
) -> None:
    done = command(sqlite, "transfer", address)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith(fault)
    assert "hunter2" not in done.stderr
    assert not mark_of(sqlite).exists()


async def test_a_missing_target_database_is_one_line(sqlite: Database, postgres: Postgres) -> None:
    done = command(
        sqlite, "transfer", postgres.url("nowhere").replace("postgres@", "postgres:hunter2@")
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert '"nowhere" does not exist' in done.stderr
    assert "hunter2" not in done.stderr


async def test_a_source_on_postgresql_is_refused(sqlite: Database, postgresql: Database) -> None:
    done = command(sqlite, "transfer", postgresql.url, REMINDER_BOT_DATABASE_URL=postgresql.url)

    assert (done.returncode, done.stdout) == (1, "")
    assert "is a PostgreSQL address already: leave it at SQLite until all is moved" in done.stderr

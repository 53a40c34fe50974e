"""The database's revisions: reached in one go, equal to the tables, and refused where they are not known."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from reminder_bot.storage import migrating, migrations
from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.migrating import bring_up, bring_up_aside, revision
from reminder_bot.storage.migrations import HEAD
from reminder_bot.storage.tables import metadata
from tests.support.databases import quick_folder
from tests.support.postgres import Postgres


async def tables_of(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return ScriptDirectory.from_config(config)


def test_the_known_newest_revision_is_the_newest_of_the_files() -> None:
    """HEAD is written down, so that a start need not load Alembic to know it."""
    assert script().get_heads() == [HEAD]


def test_revisions_are_numbered_in_order() -> None:
    """Newer than the program is told by comparing the numbers."""
    numbers = [each.revision for each in script().walk_revisions()][::-1]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


async def test_an_empty_database_is_brought_to_the_newest_revision(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        assert await revision(database) is None
        await bring_up(database)

        assert await revision(database) == HEAD
        assert await tables_of(database) == {*metadata.tables, "alembic_version"}
    finally:
        await database.close()


async def test_the_migrations_make_the_tables_as_they_are_written_down(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_bringing_up_twice_changes_nothing(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO state VALUES ('kept', 'yes')"))

    await bring_up(database)
    await bring_up(database)

    async with database.read() as connection:
        assert (await connection.execute(text("SELECT name, value FROM state"))).all() == [("kept", "yes")]


async def test_a_database_newer_than_the_program_is_refused_with_the_cure(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseUnusable, match=f"9999, newer than this program's {HEAD}: install the newer"):
        await bring_up(database)

    assert await revision(database) == "9999"


# Ends the process, as kill -9 does, when the migration has half of its work done.
KILLED = """
import os, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from reminder_bot.storage.migrating import upgrade

count = 0

@event.listens_for(Engine, "before_cursor_execute")
def before(connection, cursor, statement, parameters, context, executemany):
    global count
    count += "CREATE" in statement
    if count == 12:
        os._exit(9)

upgrade(sys.argv[1])
"""


async def test_killed_in_the_middle_of_an_upgrade_nothing_happened(empty_url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, empty_url)
    assert await process.wait() == 9

    database = Database(empty_url)
    try:
        assert await tables_of(database) == set()
        await bring_up(database)
        assert await revision(database) == HEAD
    finally:
        await database.close()


async def test_a_failure_in_the_middle_of_an_upgrade_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrating._upgrade

    def fails(connection: Any) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    database = Database(empty_url)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(migrating, "_upgrade", fails)
            with pytest.raises(KeyboardInterrupt):
                await bring_up(database)

        assert await tables_of(database) == set()
    finally:
        await database.close()


async def test_replicas_that_start_at_once_upgrade_once(postgres: Postgres) -> None:
    with quick_folder() as folder:
        url = postgres.new_database(folder.name.lower())
    replicas = [Database(url) for _ in range(4)]
    try:
        await asyncio.gather(*(bring_up(each) for each in replicas))

        assert [await revision(each) for each in replicas] == [HEAD] * 4
    finally:
        for each in replicas:
            await each.close()


async def test_aside_it_is_brought_up_as_well(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        await migrating.bring_up_aside(database)
        await migrating.bring_up_aside(database)

        assert await revision(database) == HEAD
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (b"this is no database, but some text that is long enough to be read as one" * 20, "is not an SQLite database"),
        (b"SQLite format 3\0" + bytes(200), "is not an SQLite database|is damaged|cannot be used"),
    ],
)
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(folder: Path, content: bytes, cure: str) -> None:
    file = folder / "bot.sqlite3"
    file.write_bytes(content)
    database = Database(f"sqlite:///{file}")
    try:
        with pytest.raises(DatabaseUnusable, match=cure):
            await bring_up(database)
    finally:
        await database.close()

    assert file.read_bytes() == content


async def test_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'nowhere' / 'bot.sqlite3'}")
    try:
        with pytest.raises(DatabaseUnusable, match="cannot be opened: check that its folder exists"):
            await bring_up(database)
    finally:
        await database.close()


async def test_a_running_bot_makes_a_new_database_at_once_and_finds_it_again(database_url: str) -> None:
    database = Database(database_url)
    try:
        await bring_up_aside(database)
        await bring_up_aside(database)
        await bring_up(database)

        assert await revision(database) == HEAD
    finally:
        await database.close()

"""What happens to the SQLite file under a running bot is noticed at once, and nothing is lost."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from reminder_bot.storage import database as opening
from reminder_bot.storage.backing_up import back_up
from reminder_bot.storage.database import Connection, Database, is_away
from reminder_bot.storage.file_watch import FileLost, FileWatch
from tests.support.databases import new_sqlite


def say(connection: Connection, word: str) -> None:
    connection.exec_driver_sql("INSERT INTO state VALUES (?, 'said')", (word,))


def words_in(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM state")}


@pytest.fixture(params=["TRUNCATE", "WAL"])
async def running(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """A database as a running bot has it open."""
    monkeypatch.setattr(opening, "wal_is_safe", lambda _: request.param == "WAL")
    database = Database(new_sqlite(folder))
    shutil.copy(database.file, folder / "before the start")
    database.watch_file()
    await database.write(say, "first")
    yield database
    await database.close()


def remove(file: Path) -> None:
    file.unlink()


def replace(file: Path) -> None:
    shutil.copy(file.parent / "before the start", file.with_name("new"))
    file.with_name("new").replace(file)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def write_over(file: Path) -> None:
    """Like `cp`: the file stays the same, and its content becomes that of before the start."""
    file.write_bytes((file.parent / "before the start").read_bytes())


def write_backup_over(file: Path) -> None:
    file.write_bytes((file.parent / "backup").read_bytes())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (remove, "was removed"),
        (replace, "was replaced by another file"),
        (empty, "was emptied"),
        (write_over, "was overwritten, perhaps by an older backup"),
        (write_backup_over, "was overwritten, perhaps by an older backup"),
    ],
)
async def test_a_changed_file_is_noticed_and_nothing_is_written(
    running: Database, folder: Path, change: Callable[[Path], None], what: str
) -> None:
    back_up(running.url, folder / "backup")
    assert running.file_fault() is None
    await running.write(say, "second")
    assert running.file_fault() is None

    change(running.file)

    assert running.file_fault() == (
        f"the database {running.file} {what} while the bot was running: stop the bot, restore a "
        "backup with `reminder-bot restore FILE`, and start it again"
    )
    with pytest.raises(FileLost) as caught:
        await running.write(say, "third")
    assert is_away(caught.value)
    assert not await running.is_up()
    with pytest.raises(FileLost):
        await running.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())


async def test_a_file_that_vanishes_during_a_transaction_is_not_committed(
    running: Database, folder: Path
) -> None:
    def say_and_lose(connection: Connection) -> None:
        say(connection, "lost")
        running.file.rename(folder / "moved")

    with pytest.raises(FileLost):
        await running.write(say_and_lose)

    await running.close()
    for suffix in ("-wal", "-shm"):
        journal = folder / f"bot.sqlite3{suffix}"
        if journal.exists():
            journal.rename(folder / f"moved{suffix}")
    assert "lost" not in words_in(folder / "moved")


async def test_a_copy_by_other_means_is_noticed_by_its_counter(folder: Path) -> None:
    """Without the number that `reminder-bot backup` gives each copy (rollback journal)."""
    database = Database(new_sqlite(folder))
    database.watch_file()
    copy = database.file.read_bytes()
    for word in ("first", "second"):
        await database.write(say, word)

    database.file.write_bytes(copy)

    assert "was overwritten" in (database.file_fault() or "")
    with pytest.raises(FileLost):
        await database.write(say, "third")
    assert words_in(database.file) & {"first", "second", "third"} == set()
    await database.close()


async def test_a_file_that_is_back_in_its_place_is_well_again(
    running: Database, folder: Path
) -> None:
    running.file.rename(folder / "moved")
    with pytest.raises(FileLost):
        await running.write(say, "third")

    (folder / "moved").rename(running.file)

    assert running.file_fault() is None
    await running.write(say, "third")
    assert await running.is_up()


async def test_no_new_file_is_made_in_place_of_a_lost_one(running: Database) -> None:
    running.file.unlink()
    for engine in (running._writer, running._reader):
        engine.dispose()  # as after an error that ends a connection

    for _ in range(2):
        assert not await running.is_up()

    assert not running.file.exists()


async def test_a_transaction_that_is_rolled_back_raises_no_alarm(running: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        for number in range(300):
            say(connection, f"{number} " + "x" * 2000)
        assert running.file_fault() is None
        raise KeyError

    for _ in range(3):
        with pytest.raises(KeyError):
            await running.write(fail)
        assert running.file_fault() is None
    await running.write(say, "more")
    assert running.file_fault() is None


async def test_a_migration_or_another_program_that_writes_raises_no_alarm(
    running: Database,
) -> None:
    with closing(sqlite3.connect(running.file)) as other, other:
        other.execute("INSERT INTO state VALUES ('theirs', '')")

    await running.write(say, "second")

    assert running.file_fault() is None


def test_a_watch_keeps_the_locks_of_the_process(folder: Path) -> None:
    """POSIX locks of a process on a file end when it closes any descriptor of that file."""
    database = Database(new_sqlite(folder))
    database.watch_file()

    with database.transaction() as connection:
        say(connection, "first")
        for _ in range(3):
            assert database.file_fault() is None
        program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0).execute('BEGIN IMMEDIATE')"
        assert os.spawnlp(os.P_WAIT, "python3", "python3", "-c", program, str(database.file)) == 1
    database.close_connections()


def test_what_can_no_longer_be_reached_is_a_fault(folder: Path) -> None:
    file = Path(new_sqlite(folder).removeprefix("sqlite:///"))
    watch = FileWatch(file, 7)
    file.unlink()
    file.symlink_to(file)

    assert "can't be reached any more" in (watch.fault() or "")
    watch.close()


def test_postgresql_has_no_file(postgresql: Database) -> None:
    postgresql.watch_file()

    assert postgresql.file_fault() is None

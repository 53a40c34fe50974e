"""Backup and restore with real files: under writes, on a full disk, with what a crash has left."""

import fcntl
import os
import re
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminder_bot import progress
from reminder_bot.cli import main
from reminder_bot.storage import backing_up
from reminder_bot.storage.backing_up import ProgressCalls, back_up, restore
from reminder_bot.storage.database import DatabaseUnusable
from reminder_bot.storage.migrations import HEAD
from tests.support.databases import new_sqlite
from tests.support.postgres import Postgres
from tests.support.world import ROOT

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEPT = "bot.sqlite3.before-restore-20260302T090000Z"

# Writes without a pause, each in a transaction of its own, and tells the first.
WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
number = 0
while True:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO state VALUES (?, ?)", (f"{number}a", "x" * 500))
    connection.execute("INSERT INTO state VALUES (?, ?)", (f"{number}b", "x" * 500))
    connection.execute("COMMIT")
    number += 1
    if number == 50:
        print("writing", flush=True)
"""

# Ends as with kill -9 in the middle of a transaction that has reached the file.
KILLED_IN_A_WRITE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
rows = [(f"lost {n}", "x" * 3000) for n in range(200)]
connection.executemany("INSERT INTO state VALUES (?, ?)", rows)
os._exit(9)
"""


@pytest.fixture
def file(folder: Path) -> Path:
    """A database at the program's revision, which holds one word."""
    file = Path(new_sqlite(folder).removeprefix("sqlite:///"))
    say(file, "first")
    return file


def say(file: Path, word: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO state VALUES ('word', ?)", (word,))


def said(file: Path) -> str:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return str(connection.execute("SELECT value FROM state WHERE name = 'word'").fetchone()[0])


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def url(file: Path) -> str:
    return f"sqlite:///{file}"


@contextmanager
def writing(file: Path, journal: str) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, file, journal],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            yield
            assert writer.poll() is None, "the writer met an error"
        finally:
            writer.kill()


@pytest.mark.parametrize("journal", ["TRUNCATE", "WAL"])
def test_a_backup_under_writes_holds_whole_transactions_only(file: Path, journal: str) -> None:
    counts = []
    with writing(file, journal):
        for number in range(5):
            target = file.with_name(f"backup {number}.sqlite3")
            assert back_up(url(file), target) == HEAD
            with closing(sqlite3.connect(target)) as copy:
                assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                ((a, b),) = copy.execute(
                    "SELECT sum(name LIKE '%a'), sum(name LIKE '%b') FROM state"
                )
            assert a == b
            counts.append(a)

    assert counts == sorted(counts)
    assert counts[0] >= 50


def test_a_backup_is_one_file_that_only_its_owner_can_read(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE state SET value = 'in the log only' WHERE name = 'word'")
        connection.commit()
        away = file.parent / "away"
        away.mkdir()

        back_up(url(file), away / "copy.sqlite3")

    assert names(away) == {"copy.sqlite3"}
    assert said(away / "copy.sqlite3") == "in the log only"
    assert names(away) == {"copy.sqlite3"}
    assert (away / "copy.sqlite3").stat().st_mode & 0o777 == 0o600


def test_a_backup_overwrites_nothing(file: Path) -> None:
    target = file.with_name("copy")
    target.write_text("precious")

    with pytest.raises(DatabaseUnusable, match="copy is there already: name another file"):
        back_up(url(file), target)

    assert target.read_text() == "precious"


def test_a_damaged_database_is_not_backed_up(file: Path) -> None:
    spoil(file)

    with pytest.raises(DatabaseUnusable, match=r"damaged|malformed"):
        back_up(url(file), file.with_name("copy"))

    assert names(file.parent) == {"bot.sqlite3"}


def spoil(file: Path) -> None:
    """Overwrite the pages behind the schema's, as a failing disk may."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO state VALUES (?, ?)", [(str(n), "x" * 3000) for n in range(50)]
        )
    with file.open("r+b") as out:
        out.seek(file.stat().st_size // 2)
        out.write(os.urandom(40_000))


@pytest.mark.parametrize("target", ["nowhere/copy", "/proc/copy"])
def test_a_target_that_cannot_be_written_is_an_error_for_the_host(file: Path, target: str) -> None:
    with pytest.raises(
        DatabaseUnusable, match=r"cannot be written .*: name a place that this user may write"
    ):
        back_up(url(file), file.parent / target)


def test_without_a_database_there_is_nothing_to_back_up(folder: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"there is no database at .*: nothing to back up"):
        back_up(url(folder / "none"), folder / "copy")

    assert names(folder) == set()


def test_a_full_disk_leaves_no_partial_backup(file: Path) -> None:
    size = file.stat().st_size

    done = subprocess.run(
        [sys.executable, "-m", "reminder_bot", "backup", file.with_name("copy")],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(file.parent),
            "PYTHONPATH": str(ROOT),
            "REMINDER_BOT_DATABASE_URL": url(file),
        },
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert names(file.parent) == {"bot.sqlite3"}


def test_a_restore_replaces_the_database_and_keeps_the_old_one(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    say(file, "second")
    file.with_name("bot.sqlite3-journal").touch()  # a bot that has ended leaves it so

    kept = restore(url(file), file.with_name("copy"), NOW)

    assert kept == file.with_name(KEPT)
    assert (said(file), said(kept), said(file.with_name("copy"))) == ("first", "second", "first")
    assert names(file.parent) == {"bot.sqlite3", "bot.sqlite3.lock", "copy", KEPT}


def test_two_restores_within_a_second_keep_both(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))

    kept = []
    for word in ("second", "third"):
        say(file, word)
        kept.append(restore(url(file), file.with_name("copy"), NOW))

    assert [said(each) for each in kept if each] == ["second", "third"]


def test_a_restore_creates_the_database_if_there_is_none(file: Path) -> None:
    elsewhere = file.with_name("new.sqlite3")

    assert restore(url(elsewhere), file, NOW) is None
    assert said(elsewhere) == "first"


def test_a_restore_under_a_running_bot_is_refused(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    say(file, "second")

    with file.with_name("bot.sqlite3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DatabaseUnusable, match="in use by another reminder-bot: stop it first"):
            restore(url(file), file.with_name("copy"), NOW)

    assert said(file) == "second"
    assert names(file.parent) == {"bot.sqlite3", "bot.sqlite3.lock", "copy"}


def test_a_restore_while_another_program_writes_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reminder_bot.storage.backing_up.BUSY_TIMEOUT_MS", 100)
    back_up(url(file), file.with_name("copy"))

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnusable, match="in use by another program: end it first"):
            restore(url(file), file.with_name("copy"), NOW)

    assert KEPT not in names(file.parent)


def test_a_restore_of_a_damaged_backup_changes_nothing(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    say(file, "second")
    spoil(file.with_name("copy"))

    with pytest.raises(DatabaseUnusable, match=r"damaged|malformed"):
        restore(url(file), file.with_name("copy"), NOW)

    assert said(file) == "second"
    assert names(file.parent) == {"bot.sqlite3", "bot.sqlite3.lock", "copy"}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"some text, long enough to be looked at as a database\n" * 100, "not a database"),
        (b"", "holds no tables of this bot: is it the right file"),
        (b"SQLite format 3\0" + bytes(200), "cannot be copied"),
    ],
)
def test_a_file_that_is_not_a_backup_is_refused(file: Path, content: bytes, fault: str) -> None:
    other = file.with_name("other")
    other.write_bytes(content)

    with pytest.raises(DatabaseUnusable, match=fault):
        restore(url(file), other, NOW)

    assert said(file) == "first"
    assert other.read_bytes() == content


def test_a_backup_of_a_newer_program_is_refused(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    with closing(sqlite3.connect(file.with_name("copy"))) as copy, copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(DatabaseUnusable, match=f"revision 9999, newer than this program's {HEAD}"):
        restore(url(file), file.with_name("copy"), NOW)

    assert said(file) == "first"


def test_a_damaged_database_can_be_replaced_and_is_kept(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    file.write_bytes(b"what the disk has left of it\n" * 500)

    kept = restore(url(file), file.with_name("copy"), NOW)

    assert said(file) == "first"
    assert kept is not None
    assert kept.read_bytes().startswith(b"what the disk has left of it")


def test_a_journal_left_by_a_crash_is_not_applied_to_the_restored_file(file: Path) -> None:
    back_up(url(file), file.with_name("copy"))
    say(file, "second")
    subprocess.run([sys.executable, "-c", KILLED_IN_A_WRITE, file], check=False)
    assert file.with_name("bot.sqlite3-journal").stat().st_size > 0

    kept = restore(url(file), file.with_name("copy"), NOW)

    assert kept is not None
    assert (said(file), said(kept)) == ("first", "second")
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute(
            "SELECT count(*) FROM state WHERE name LIKE 'lost%'"
        ).fetchone() == (0,)
    assert names(file.parent) == {"bot.sqlite3", "bot.sqlite3.lock", "copy", KEPT}


def test_a_journal_that_cannot_be_applied_is_kept_with_the_old_database(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite deletes an invalid journal, but cannot do so if the disk fails."""
    back_up(url(file), file.with_name("copy"))
    file.with_name("bot.sqlite3-wal").write_bytes(b"its log")
    opened = backing_up._opened

    def fails(path: Path, mode: str) -> sqlite3.Connection:
        if path == file:
            raise sqlite3.OperationalError("disk I/O error")
        return opened(path, mode)

    monkeypatch.setattr(backing_up, "_opened", fails)
    restore(url(file), file.with_name("copy"), NOW)

    assert file.with_name(f"{KEPT}-wal").read_bytes() == b"its log"
    assert not file.with_name("bot.sqlite3-wal").exists()


def test_a_backup_after_a_crash_is_complete(file: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED_IN_A_WRITE, file], check=False)

    back_up(url(file), file.with_name("copy"))

    assert said(file.with_name("copy")) == "first"


def test_hosts_of_postgresql_are_referred_to_its_own_tools(
    postgres: Postgres, folder: Path
) -> None:
    address = postgres.url("postgres")

    with pytest.raises(DatabaseUnusable, match="use pg_dump"):
        back_up(address, folder / "copy")
    with pytest.raises(DatabaseUnusable, match="use psql or pg_restore"):
        restore(address, folder / "copy", NOW)


# Progress


@pytest.mark.parametrize("work", ["back up", "restore"])
def test_a_long_copy_tells_how_far_it_is_and_that_it_is_checked(
    file: Path, folder: Path, work: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "PAGES_A_STEP", 8)
    monkeypatch.setattr(backing_up, "STEPS_A_CALL", 100)
    copied: list[tuple[int, int]] = []
    checked: list[int] = []
    shown = ProgressCalls(
        lambda done, total: copied.append((done, total)), lambda: checked.append(1)
    )
    if work == "restore":
        back_up(url(file), folder / "backup")
        restore(url(file), folder / "backup", NOW, shown)
    else:
        back_up(url(file), folder / "backup", shown)

    pages = file.stat().st_size // 4096
    assert copied == [(done, pages) for done in range(8, pages, 8)]
    assert checked


def test_a_write_between_two_steps_does_not_start_the_copy_again(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "PAGES_A_STEP", 8)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    copied: list[int] = []

    def write(done: int, total: int) -> None:
        assert done not in copied, "the copy began again"
        copied.append(done)
        say(file, f"word {done}")

    back_up(url(file), folder / "backup", ProgressCalls(write))

    assert len(copied) > 2
    assert said(folder / "backup") == "first"


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_the_commands_tell_how_far_they_are(
    command: str,
    file: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("REMINDER_BOT_DATABASE_URL", url(file))
    if command == "restore":
        back_up(url(file), folder / "backup")
    for module, name, value in (
        (backing_up, "PAGES_A_STEP", 8),
        (backing_up, "STEPS_A_CALL", 100),
        (progress, "LINE_EVERY", 0.0),
    ):
        monkeypatch.setattr(module, name, value)

    assert main([command, "backup"]) == 0

    lines = capsys.readouterr().err.splitlines()
    assert any(re.fullmatch(r"copying: .+ of [\d,]+ pages", line) for line in lines)
    assert "checking the copy: 0 s" in lines


def interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "shown",
    [ProgressCalls(copied=lambda done, total: interrupt()), ProgressCalls(checking=interrupt)],
    ids=["copy", "check"],
)
def test_ctrl_c_ends_a_backup_and_leaves_no_file(
    shown: ProgressCalls, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "PAGES_A_STEP", 8)
    monkeypatch.setattr(backing_up, "STEPS_A_CALL", 100)

    with pytest.raises(KeyboardInterrupt):
        back_up(url(file), folder / "backup", shown)

    assert names(folder) == {file.name}


def test_a_write_does_not_wait_for_the_check(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_up, "STEPS_A_CALL", 100)

    def write() -> None:
        with closing(sqlite3.connect(file, timeout=0)) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO state VALUES ('word', 'second')")

    back_up(url(file), folder / "backup", ProgressCalls(checking=write))

    assert (said(file), said(folder / "backup")) == ("second", "first")

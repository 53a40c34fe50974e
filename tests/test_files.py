"""Only the bot's user can read what the bot writes, whatever the directory and the umask are."""

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminder_bot.clock import Clock
from reminder_bot.files import make_private, make_private_folder, private_opener
from reminder_bot.heartbeat import Heartbeat
from reminder_bot.storage import database as opening
from reminder_bot.storage.backing_up import back_up, restore
from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.migrating import bring_up, bring_up_aside
from reminder_bot.storage.transferring import _write_mark

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """The umask that forbids nothing."""
    old = os.umask(0)
    yield
    os.umask(old)


def modes(folder: Path) -> dict[str, str]:
    """The mode of everything in a folder."""
    return {each.name: oct(each.stat().st_mode & 0o777) for each in folder.iterdir()}


def test_a_new_folder_and_its_new_parents_are_private(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    make_private_folder(tmp_path / "a/b")
    make_private_folder(tmp_path / "a/b")

    assert modes(tmp_path) == {"a": "0o700"}
    assert modes(tmp_path / "a") == {"b": "0o700"}
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for place in (tmp_path / "file", tmp_path / "file/folder"):
        with pytest.raises(NotADirectoryError):
            make_private_folder(place)


@pytest.mark.parametrize("journal", ["WAL", "TRUNCATE"])
def test_a_database_and_all_that_stands_beside_it_are_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setattr(opening, "wal_is_safe", lambda _: journal == "WAL")
    tmp_path.chmod(0o777)
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite3")
    database.hold()
    bring_up(database)
    with database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO state VALUES ('a', 'b')")
        names = set(modes(tmp_path))

        assert set(modes(tmp_path).values()) == {"0o600"}
    database.close_connections()
    back_up(database.url, tmp_path / "copy")
    restore(database.url, tmp_path / "copy", NOW)
    _write_mark(database.file, NOW)
    Clock.move(tmp_path / "clock", NOW - NOW)
    Heartbeat(tmp_path).beat()

    assert names >= {"bot.sqlite3", "bot.sqlite3.lock"} | (
        {"bot.sqlite3-wal", "bot.sqlite3-shm"} if journal == "WAL" else {"bot.sqlite3-journal"}
    )
    assert len(modes(tmp_path)) >= 7
    assert set(modes(tmp_path).values()) == {"0o600"}


def test_a_new_database_is_private_from_the_first_moment(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite3")
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE something (id INTEGER)")

        assert set(modes(tmp_path).values()) == {"0o600"}
    database.close_connections()


@pytest.mark.parametrize("is_aside", [False, True])
async def test_a_database_of_before_becomes_private(tmp_path: Path, is_aside: bool) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite3")
    bring_up(database)
    for name in ("bot.sqlite3", "bot.sqlite3.lock"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o644)

    database.hold()
    await bring_up_aside(database) if is_aside else bring_up(database)
    await database.close()

    assert set(modes(tmp_path).values()) == {"0o600"}


def test_a_restore_that_cannot_link_keeps_a_private_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite3")
    bring_up(database)
    database.close_connections()
    back_up(database.url, tmp_path / "copy")
    database.file.chmod(0o644)
    monkeypatch.setattr(os, "link", _refuse)

    kept = restore(database.url, tmp_path / "copy", NOW)

    assert kept is not None
    assert oct(kept.stat().st_mode & 0o777) == "0o600"


def _refuse(*_: object) -> None:
    raise OSError


def test_the_default_acl_of_a_directory_opens_nothing(tmp_path: Path) -> None:
    """With a default ACL, the kernel does not apply the umask."""
    try:
        subprocess.run(["setfacl", "-d", "-m", "o::rwx,g::rwx", tmp_path], check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine or file system has no ACLs")
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite3")
    database.hold()
    bring_up(database)
    database.close_connections()

    assert set(modes(tmp_path).values()) == {"0o600"}


@pytest.mark.parametrize("kind", ["a directory", "not a regular file"])
def test_a_directory_or_a_pipe_named_as_the_database_keeps_its_mode(
    tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "place"
    if kind == "a directory":
        place.mkdir()
    else:
        os.mkfifo(place)
    place.chmod(0o751)

    with pytest.raises(DatabaseUnusable, match=f"place is {kind}: name a file"):
        Database(f"sqlite:///{place}")

    assert modes(tmp_path) == {"place": "0o751"}


def test_a_device_or_a_socket_keeps_its_mode(tmp_path: Path) -> None:
    before = os.stat("/dev/null").st_mode
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listened = modes(tmp_path)

        for place in (Path("/dev/null"), tmp_path / "socket"):
            with pytest.raises(DatabaseUnusable, match="is not a regular file"):
                Database(f"sqlite:///{place}")
            make_private(place)

        assert modes(tmp_path) == listened
    assert os.stat("/dev/null").st_mode == before


def test_a_file_that_is_no_database_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no database, but long enough to be looked at as one\n" * 100)
    (tmp_path / "notes").chmod(0o644)
    database = Database(f"sqlite:///{tmp_path}/notes")

    with pytest.raises(DatabaseUnusable, match="is not an SQLite database"):
        bring_up(database)
    database.close_connections()

    assert modes(tmp_path)["notes"] == "0o644"


def test_an_opened_file_is_private(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w", opener=private_opener):
        pass

    assert modes(tmp_path) == {"file": "0o600"}

"""A database that was lost is not replaced by an empty one, unless the host says so."""

import os
from pathlib import Path

import pytest

from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.known_files import record_known, refuse_lost
from tests.support.databases import new_sqlite


def test_a_first_start_needs_no_flag(tmp_path: Path) -> None:
    refuse_lost(f"sqlite:///{tmp_path}/data/bot.sqlite3", tmp_path / "data")


@pytest.mark.parametrize("what", ["is missing", "is empty"])
@pytest.mark.parametrize("place", ["data", "elsewhere", "ä ?%#\n\udcff"])
def test_a_lost_database_is_refused_with_what_to_do(tmp_path: Path, place: str, what: str) -> None:
    (tmp_path / place).mkdir()
    (tmp_path / "data").mkdir(exist_ok=True)
    url = new_sqlite(tmp_path / place)
    for _ in range(2):
        record_known(url, tmp_path / "data")
        refuse_lost(url, tmp_path / "data")
    file = tmp_path / place / "bot.sqlite3"
    os.truncate(file, 0) if what == "is empty" else file.unlink()

    with pytest.raises(DatabaseUnusable) as caught:
        refuse_lost(url, tmp_path / "data")

    assert str(caught.value) == (
        f"the database {file} {what}, although this bot has had one: restore a backup with "
        "`reminder-bot restore FILE`, or move the file back; `reminder-bot run --new` begins with "
        "an empty database"
    )
    refuse_lost(f"sqlite:///{tmp_path}/another.sqlite3", tmp_path / "data")


def test_a_database_without_tables_is_lost_too(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    record_known(url, tmp_path)
    (tmp_path / "bot.sqlite3").unlink()
    database = Database(url)
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE something (id INTEGER)")
    database.close_connections()

    with pytest.raises(DatabaseUnusable, match="is empty, although"):
        refuse_lost(url, tmp_path)


def test_a_data_directory_may_be_moved(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    record_known(new_sqlite(tmp_path / "old"), tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    url = f"sqlite:///{tmp_path}/new/bot.sqlite3"
    refuse_lost(url, tmp_path / "new")

    (tmp_path / "new/bot.sqlite3").unlink()

    with pytest.raises(DatabaseUnusable, match="is missing"):
        refuse_lost(url, tmp_path / "new")


def test_a_damaged_file_is_left_to_who_opens_it(tmp_path: Path) -> None:
    url = new_sqlite(tmp_path)
    record_known(url, tmp_path)
    (tmp_path / "bot.sqlite3").write_bytes(b"no database, but long enough\n" * 1000)

    refuse_lost(url, tmp_path)


def test_a_folder_that_cannot_be_written_or_a_database_elsewhere_is_no_error() -> None:
    record_known("sqlite:////proc/bot.sqlite3", Path("/proc"))
    record_known("postgresql://db/bot", Path("/proc"))
    refuse_lost("postgresql://db/bot", Path("/proc"))

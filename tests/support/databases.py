"""Databases at the program's revision, quickly: the migrations run once a process, each test gets a
copy.

SQLite files lie in memory where the machine has such a place: a commit then waits for no disk, all
else is real.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from reminder_bot.storage.migrating import upgrade
from tests.support.postgres import Postgres

__all__ = ["new_postgresql", "new_sqlite", "quick_folder"]

IN_MEMORY = Path("/dev/shm")


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A new folder, in memory where possible; gone afterwards."""
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
    # On a thread: a fixture's loop may be running on this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(upgrade, url).result()

"""Databases at the program's revision, each kind; quick ones, because a test needs a new one."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminder_bot.storage.database import Database
from tests.support.databases import new_postgresql, new_sqlite, quick_folder

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a database of each kind with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'empty.sqlite3'}"
    return str(request.getfixturevalue("postgres").new_database(f"empty_{folder.name.lower()}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a migrated database of each kind."""
    return new_sqlite(folder) if request.param == "sqlite" else new_postgresql(request.getfixturevalue("postgres"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(folder: Path) -> AsyncIterator[Database]:
    database = Database(new_sqlite(folder))
    yield database
    await database.close()


@pytest.fixture
async def postgresql(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    database = Database(new_postgresql(request.getfixturevalue("postgres")))
    yield database
    await database.close()

"""The engine on a bench: a real database, time by hand, a messenger that does as it is told."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminder_bot.storage.database import Database
from tests.support.databases import new_postgresql, new_sqlite, quick_folder
from tests.support.messenger import Bench

# A Monday, 02:00 in Berlin: everybody sleeps and nothing is due.
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


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
    """An SQLite file, for what does not depend on the kind of database."""
    database = Database(new_sqlite(folder))
    yield database
    await database.close()


@pytest.fixture
async def postgresql(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A PostgreSQL database, for what only several processes on one database meet."""
    database = Database(new_postgresql(request.getfixturevalue("postgres")))
    yield database
    await database.close()


@pytest.fixture
def bench(sqlite: Database) -> Bench:
    return Bench(sqlite, MONDAY)


@pytest.fixture
def both(database: Database) -> Bench:
    """A bench on each kind of database."""
    return Bench(database, MONDAY)


@pytest.fixture
def shared(postgresql: Database) -> Bench:
    """A bench on a database that several processes may share."""
    return Bench(postgresql, MONDAY)

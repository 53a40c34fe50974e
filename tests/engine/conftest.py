"""The engine on a bench: a real database, time by hand, a messenger that does as it is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reminder_bot.storage.database import Database
from reminder_bot.storage.migrating import bring_up
from tests.support.messenger import Bench

# A Monday, 02:00 in Berlin: everybody sleeps and nothing is due.
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    """An SQLite file, for what does not depend on the kind of database."""
    database = Database(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    await bring_up(database)
    yield database
    await database.close()


@pytest.fixture
def bench(sqlite: Database) -> Bench:
    return Bench(sqlite, MONDAY)


@pytest.fixture
def both(database: Database) -> Bench:
    """A bench on each kind of database."""
    return Bench(database, MONDAY)

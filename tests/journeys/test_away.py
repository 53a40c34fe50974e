"""The database is unavailable while people tap: nothing is confirmed and nothing is sent until it
is back, and then everything is done.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.crashing import CrashingWorld, locked
from tests.support.postgres import Postgres
from tests.support.world import local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
LONG = pytest.mark.crash


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server for one test, which stops it while clients are connected."""
    server = Postgres()
    server.start()
    yield server
    server.stop()
    server.remove()


@contextmanager
def stopped(server: Postgres) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """The server neither answers nor closes its connections."""
    pids = [int((server._data / "postmaster.pid").read_text().split()[0])]
    try:
        signal_to(pids[0], signal.SIGSTOP)  # first: from now on it has no new children
        pids += children_of(pids[0])
        for pid in pids[1:]:
            signal_to(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            signal_to(pid, signal.SIGCONT)


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal, unless the process has ended because its client has disconnected."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def children_of(parent: int) -> list[int]:
    """The processes of the clients, and the server's own child processes."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


@asynccontextmanager
async def asked(
    folder: Path, people: int, url: str | None = None, **tuning: float
) -> AsyncIterator[CrashingWorld]:
    """A running bot that has asked these people about their sleep (07:15) and a glass of water
    (07:30).
    """
    async with CrashingWorld(folder, url, **tuning) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))
        yield world


async def go_without_database(world: CrashingWorld, seconds: float) -> None:
    """While the database is unavailable, let everybody tap and the next question become due, and
    check for a number of seconds that nothing is confirmed or sent.
    """
    taps = await world.tap_all("yes")
    world.move_to(local("2026-03-02 08:00", ZONE) + timedelta(seconds=1))
    sent = len(world.server.accepted("sendMessage"))
    first = world.server.updates.pending[0]["update_id"]
    calls = len(world.server.log)
    await world.until(
        lambda: "updates_wait_for_database" in world.log(), "an error of the database"
    )

    await asyncio.sleep(seconds)

    assert len(world.server.updates.pending) == taps
    assert len(world.server.accepted("sendMessage")) == sent
    polls = [call for call in world.server.log[calls:] if call.method == "getUpdates"]
    assert all((poll.parameters.get("offset") or 0) <= first for poll in polls)


async def all_is_well(world: CrashingWorld, people: int) -> None:
    await world.settle()
    report = await world.checker.check(world.now(), world.log())
    assert report.statuses == {"replied": people, "sent": people}


@pytest.mark.parametrize(
    ("seconds", "busy_timeout"),
    [pytest.param(1.5, 0.4, marks=pytest.mark.outage), pytest.param(30, 5, marks=LONG)],
    ids=["briefly", "for 30 s"],
)
async def test_a_locked_sqlite_file_loses_no_tap(
    seconds: float, busy_timeout: float, folder: Path
) -> None:
    async with asked(folder, 6, busy_timeout=busy_timeout) as world:
        with locked(folder / "bot.sqlite3"):
            await go_without_database(world, seconds)

        await all_is_well(world, 6)


@pytest.mark.parametrize(
    "seconds",
    [pytest.param(1.5, marks=pytest.mark.outage), pytest.param(30, marks=LONG)],
    ids=["briefly", "for 30 s"],
)
async def test_a_stopped_postgresql_loses_no_tap(
    seconds: float, folder: Path, own_postgres: Postgres
) -> None:
    async with asked(folder, 6, own_postgres.new_database("bot")) as world:
        with stopped(own_postgres):
            await go_without_database(world, seconds)

        await all_is_well(world, 6)


@pytest.mark.crash
async def test_a_frozen_postgresql_loses_no_tap(folder: Path, own_postgres: Postgres) -> None:
    # More taps than the pool has connections, so that some wait for a connection, which ends with
    # an error of another kind.
    async with asked(folder, 40, own_postgres.new_database("bot")) as world:
        with frozen(own_postgres):
            await go_without_database(world, 40)

        await world.settle()
        report = await world.checker.check(world.now(), world.log(), may_copy=True)
        assert report.statuses["replied"] == 40

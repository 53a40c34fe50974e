"""One of several replicas polls, and none that slept or is cut off goes on with it."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, make_url

from reminder_bot.clock import boot_time
from reminder_bot.engine import leading
from reminder_bot.engine.leading import LENGTH, MARGIN, Leading
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.leases import acquire_lease
from reminder_bot.storage.tables import leases
from tests.engine.conftest import MONDAY
from tests.support.cable import Cable
from tests.support.stopwatch import Stopwatch
from tests.support.waiting import until

TRUSTED = LENGTH.total_seconds() - MARGIN


class BootClock:
    """Seconds since boot, as long as nobody lets them pass."""

    def __init__(self) -> None:
        self.at = boot_time()

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> BootClock:
    clock = BootClock()
    monkeypatch.setattr(leading, "boot_time", clock)
    return clock


async def let_lease_run_out(database: Database) -> None:
    """As if so much time had passed for the database."""
    with database.transaction() as connection:
        connection.execute(leases.update().values(leased_until=func.clock_timestamp() - LENGTH))


@pytest.fixture
async def behind_cable(postgresql: Database) -> AsyncIterator[tuple[Cable, Database]]:
    """Another replica's way to the same database, which can be cut."""
    url = make_url(postgresql.url)
    assert url.port is not None
    async with Cable(url.port) as cable:
        address = url.set(port=cable.port).render_as_string(hide_password=False)
        database = Database(address, timedelta(seconds=0.5))
        yield cable, database
        cable.heal()
        await database.close()


async def test_one_of_two_leads(postgresql: Database, clock: BootClock) -> None:
    one, other = Leading(postgresql), Leading(postgresql)
    assert not one.is_leading()

    for _ in range(3):
        await one.step(MONDAY)
        await other.step(MONDAY)

        assert (one.is_leading(), other.is_leading()) == (True, False)


async def test_it_leads_as_long_as_it_renews_its_lease(
    postgresql: Database, clock: BootClock
) -> None:
    one, other = Leading(postgresql), Leading(postgresql)
    await one.step(MONDAY)

    for _ in range(5):
        clock.at += leading.EVERY
        await one.step(MONDAY)
        await other.step(MONDAY)

    assert (one.is_leading(), other.is_leading()) == (True, False)


async def test_after_a_leaders_death_another_takes_over_when_its_lease_has_run_out(
    postgresql: Database, clock: BootClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    dead, other = Leading(postgresql), Leading(postgresql)
    await dead.step(MONDAY)
    await other.step(MONDAY)
    caplog.clear()

    await let_lease_run_out(postgresql)
    await other.step(MONDAY)

    assert other.is_leading()
    assert caplog.messages == ["leading"]


async def test_each_replica_logs_its_role_once_from_its_first_round_on(
    postgresql: Database, clock: BootClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one, other = Leading(postgresql), Leading(postgresql)

    for _ in range(2):
        await one.step(MONDAY)
        await other.step(MONDAY)

    assert caplog.messages == ["leading", "standing_by"]


def test_a_takeover_takes_less_than_twenty_seconds() -> None:
    assert LENGTH.total_seconds() + 2 * leading.EVERY < 20


async def test_a_leader_stops_by_itself_before_its_lease_ends(
    postgresql: Database, clock: BootClock
) -> None:
    leader = Leading(postgresql)
    await leader.step(MONDAY)

    clock.at += TRUSTED - 0.1
    assert leader.is_leading()
    clock.at += 0.2

    assert not leader.is_leading()
    assert MARGIN >= 2


async def test_a_leader_that_slept_looks_at_its_lease_before_it_leads_on(
    postgresql: Database, clock: BootClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slept, other = Leading(postgresql), Leading(postgresql)
    await slept.step(MONDAY)

    clock.at += 600
    await let_lease_run_out(postgresql)
    await other.step(MONDAY)
    assert not slept.is_leading(), "before its first step"
    await slept.step(MONDAY)

    assert (slept.is_leading(), other.is_leading()) == (False, True)
    assert caplog.messages[-1] == "standing_by"


async def test_a_leader_that_slept_while_nobody_stood_by_leads_on(
    postgresql: Database, clock: BootClock
) -> None:
    slept = Leading(postgresql)
    await slept.step(MONDAY)

    clock.at += 600
    await let_lease_run_out(postgresql)
    await slept.step(MONDAY)

    assert slept.is_leading()


async def test_a_lease_counts_from_before_it_was_asked_for(
    postgresql: Database, clock: BootClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that slept in the middle of asking does not take the answer for a new one."""

    def slowly(*given: object) -> bool:
        taken = acquire_lease(*given)  # type: ignore[arg-type]
        clock.at += 600
        return taken

    monkeypatch.setattr(leading, "acquire_lease", slowly)
    leader = Leading(postgresql)

    await leader.step(MONDAY)

    assert not leader.is_leading()


async def test_a_leader_that_stops_lets_another_take_over_at_once(
    postgresql: Database, clock: BootClock
) -> None:
    stopped, other = Leading(postgresql), Leading(postgresql)
    await stopped.step(MONDAY)

    await stopped.stop()
    await other.step(MONDAY)

    assert (stopped.is_leading(), other.is_leading()) == (False, True)


async def test_who_stands_by_takes_nothing_away_when_it_stops(
    postgresql: Database, clock: BootClock
) -> None:
    leader, stopped, third = (Leading(postgresql) for _ in range(3))
    for each in (leader, stopped):
        await each.step(MONDAY)

    await stopped.stop()
    await third.step(MONDAY)

    assert (leader.is_leading(), third.is_leading()) == (True, False)


async def test_a_leader_cut_off_from_the_database_stops_in_time_and_leads_again_when_it_may(
    behind_cable: tuple[Cable, Database], postgresql: Database, clock: BootClock
) -> None:
    cable, database = behind_cable
    cut_off, other = Leading(database), Leading(postgresql)
    await cut_off.step(MONDAY)

    cable.cut()
    with pytest.raises(Exception) as gone:  # noqa: PT011  (whatever the driver raises)
        await cut_off.step(MONDAY)
    assert is_away(gone.value)
    assert cut_off.is_leading(), "its lease is still its own"
    clock.at += TRUSTED
    assert not cut_off.is_leading()
    await let_lease_run_out(postgresql)
    await other.step(MONDAY)
    cable.heal()
    await cut_off.step(MONDAY)
    assert (cut_off.is_leading(), other.is_leading()) == (False, True)
    await other.stop()
    await cut_off.step(MONDAY)

    assert cut_off.is_leading()


async def test_a_leader_cut_off_from_the_database_stops_in_good_order(
    behind_cable: tuple[Cable, Database], clock: BootClock
) -> None:
    """Its lease runs out by itself; what else a stop has to finish must not suffer."""
    cable, database = behind_cable
    cut_off = Leading(database)
    await cut_off.step(MONDAY)

    cable.cut()
    await cut_off.stop()

    assert not cut_off.is_leading()


async def test_one_that_stops_in_the_middle_of_asking_holds_up_nobody_for_long(
    postgresql: Database, clock: BootClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server lets go of the row that it holds."""
    monkeypatch.setattr(leading, "REQUEST_TIMEOUT", timedelta(seconds=0.3))
    holds, wakes = threading.Event(), threading.Event()

    def stops_once(*given: object) -> bool:
        taken = acquire_lease(*given)  # type: ignore[arg-type]
        if not holds.is_set():
            holds.set()
            wakes.wait()
        return taken

    monkeypatch.setattr(leading, "acquire_lease", stops_once)
    second = Database(postgresql.url)  # of another process
    stopped, other = Leading(postgresql), Leading(second)
    asking = asyncio.create_task(stopped.step(MONDAY))
    await asyncio.to_thread(holds.wait)

    async def leads() -> bool:
        with contextlib.suppress(Exception):  # it waited too long for the row
            await other.step(MONDAY)
        return other.is_leading()

    stopwatch = Stopwatch()
    try:
        await until(leads)
        assert stopwatch.free_seconds < 5
    finally:
        wakes.set()
        await second.close()
    with pytest.raises(Exception) as gone:  # noqa: PT011  (whatever the driver raises)
        await asking
    assert is_away(gone.value)
    assert not stopped.is_leading()


async def test_on_sqlite_the_one_process_leads(sqlite: Database) -> None:
    only = Leading(sqlite)
    assert only.is_leading()

    await only.step(MONDAY)
    await only.stop()

    assert only.is_leading()

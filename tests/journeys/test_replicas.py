"""Several bots on one PostgreSQL database: one polls, all send, and each of them may die, stop, be
suspended or lose its connections.

Leases run by the database's clock, which a test cannot move. So tests that wait for a lease shorten
it to some seconds; those marked `crash` also run with the program's own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from reminder_bot.simulator import Fault
from tests.storage.test_pooling_proxy import pgbouncer  # noqa: F401
from tests.support.cable import Cable
from tests.support.checker import dues, most_in_a_second, most_within
from tests.support.databases import new_postgresql
from tests.support.pgbouncer import Pgbouncer
from tests.support.postgres import Postgres
from tests.support.replicas import Line, MeasuredReplica, ReplicatedWorld
from tests.support.world import World, local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
WATER, QUIET_MINUTES = local("2026-03-02 07:30", ZONE), local("2026-03-02 08:00", ZONE)
A_SECOND, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=10)
RATE = 30
# The calls that a process may still make when it does not poll any more: they change nothing that
# the other process handles.
HARMLESS = {"answerCallbackQuery", "getMyCommands", "getMyDescription"}
# The lease of the replica that polls, in seconds. It stops polling a quarter of its lease before
# the lease ends: a busy machine must not take that long between its check of the lease and a call.
SHORT_LEASE = {"leading": 4.0}
SHORT_CLAIM = {"lease": 4.0, "lease_margin": 2.0}
# After this time, in seconds, the server ends the transaction of a process that was stopped.
SHORT_LIMIT = {"time_limit": 3.0}
OWN_LEASE = {"ticks": 3600.0}
LONG = [pytest.mark.crash, pytest.mark.timeout(900)]


@asynccontextmanager
async def house(
    folder: Path, url: str, people: int, **tuning: float
) -> AsyncIterator[ReplicatedWorld]:
    """People with ids from 101 on, who are asked about water at 07:30 and about meditation at
    08:00. No replica runs yet.
    """
    async with ReplicatedWorld(folder, url, **tuning) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        yield world
        assert "polling_conflict" not in world.log()


@pytest.fixture
def url(postgres: Postgres) -> str:
    return new_postgresql(postgres)


def sends(world: ReplicatedWorld) -> int:
    return len(world.server.accepted("sendMessage"))


def next_moment(world: ReplicatedWorld) -> datetime:
    ahead = world.now() + timedelta(days=2)
    return min(due.at for life in world.lives for due in dues(life, ahead) if due.at > world.now())


async def nothing_is_claimed(world: ReplicatedWorld) -> bool:
    return not await world.rows("SELECT id FROM check_ins WHERE status = 'claimed'")


async def all_releases_are_told(
    world: ReplicatedWorld, replicas: Sequence[MeasuredReplica]
) -> None:
    calls = [call for call in world.server.log if call.method == "sendMessage"]
    await world.until(
        lambda: sum(len(each.releases()) for each in replicas) >= len(calls),
        "every send to have passed a rate limiter",
    )


async def answered(world: ReplicatedWorld, id: int) -> None:
    await (await world.tap(world.person(id), "yes")).answered()


# Together


@pytest.mark.outage
async def test_two_replicas_send_all_once_within_one_rate_and_one_of_them_polls(
    folder: Path, url: str
) -> None:
    async with house(folder, url, 90) as world:
        replicas = [await world.add_measured() for _ in range(2)]
        await world.poller()

        await world.ask_at(WATER)
        for id in range(101, 121):
            await world.tap(world.person(id), "yes")
        await world.settle()

        await world.poller()
        await all_releases_are_told(world, replicas)
        one, other = (each.releases() for each in replicas)
        assert min(len(one), len(other)) > 0
        # A process computes the local time of its permits when it has read the database's answer.
        # If it was not running in between, it uses them later by that pause.
        paused = max(each.paused for each in replicas)
        assert most_within(1.0, one + other) <= RATE * (1 + paused) + 1
        assert most_in_a_second(world.server.log) <= world.most_at_the_server(RATE, paused)
        assert not [call for call in world.server.log if call.status == 429]
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 20, "sent": 70}


@pytest.mark.outage
async def test_a_429_to_one_halts_both(folder: Path, url: str) -> None:
    async with house(folder, url, 60) as world:
        replicas = [await world.add_measured() for _ in range(2)]
        # One of them meets it in two chats, and so learns that all are meant.
        rule = world.server.faults.add("sendMessage", Fault.too_many_requests(3), times=3)

        world.move_to(WATER + A_SECOND)
        await world.until(lambda: rule.applied == 3, "the 429")
        await world.settle()

        # Measured by the clocks of the bots, which are the same one: calls that were sent before
        # the 429 may arrive at any time.
        began, ended = min(halt for each in replicas for halt in each.halts())
        released = {
            each: [at for at in each.releases() if began <= at < ended] for each in replicas
        }
        for each in replicas:
            assert not [
                at for at in released[each] for since, until in each.halts() if since <= at < until
            ]
        # The other replica learns of it from the database when it reserves its next permits.
        assert sum(map(len, released.values())) <= RATE / 2
        await all_releases_are_told(world, replicas)
        paused = max(each.paused for each in replicas)
        assert most_in_a_second(world.server.log) <= world.most_at_the_server(RATE, paused)
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 60}


@pytest.mark.outage
async def test_behind_a_pooling_proxy_two_replicas_work_for_a_day(
    folder: Path,
    url: str,
    pgbouncer: Pgbouncer,  # noqa: F811
) -> None:
    through_proxy = pgbouncer.url(url.rpartition("/")[2])
    async with house(folder, url, 4) as world:
        for _ in range(2):
            await world.add(database_url=through_proxy)

        while next_moment(world) < BEGIN + timedelta(hours=16):
            await world.ask_at(next_moment(world))
            for life in world.lives:
                if world.question(life.person) is not None:
                    await answered(world, life.person.id)
        await world.settle()

        report = await world.checker.check(world.now(), world.log())
        assert report.statuses["replied"] >= 4 * 8


# The replica that polls goes away


@pytest.mark.outage
async def test_when_the_replica_that_polls_stops_another_takes_over_at_once(
    folder: Path, url: str
) -> None:
    async with house(folder, url, 6, **OWN_LEASE) as world:
        one, other = await world.add(), await world.add()
        await world.ask_at(WATER)

        for id in (101, 102, 103):
            await world.tap(world.person(id), "yes")
        assert await one.stop() == 0
        took = await world.polled_by(other)
        for id in (104, 105, 106):
            await answered(world, id)
        await world.settle()

        assert took < timedelta(seconds=5)
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 6}


@pytest.mark.parametrize(
    ("point", "tuning"),
    [
        pytest.param("unconfirmed", SHORT_LEASE, marks=pytest.mark.outage),
        *(
            pytest.param(point, SHORT_LEASE, marks=pytest.mark.crash)
            for point in ("fetched", "edit pending")
        ),
        pytest.param("unconfirmed", OWN_LEASE, marks=pytest.mark.crash, id="own lease"),
    ],
)
async def test_when_the_replica_that_polls_is_killed_another_takes_over_without_losing_a_tap(
    folder: Path, url: str, point: str, tuning: dict[str, float]
) -> None:
    async with house(folder, url, 6, **tuning) as world:
        for _ in range(2):
            await world.add()
        await world.ask_at(WATER)

        world.arm(point)
        await world.tap_all("yes")
        other = world.other_than(await world.dead())
        world.move_to(QUIET_MINUTES + A_SECOND)
        await world.until(lambda: sends(world) == 12, "the other to ask all the same")
        took = await world.polled_by(other)
        await world.settle()

        assert took < timedelta(seconds=20)
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 6, "sent": 6}


@pytest.mark.crash
@pytest.mark.parametrize(
    "tuning",
    [SHORT_LEASE | SHORT_CLAIM | SHORT_LIMIT, OWN_LEASE | SHORT_CLAIM],
    ids=["short", "own lease"],
)
async def test_a_poller_stopped_for_ten_minutes_makes_no_call_before_it_checks_its_lease(
    folder: Path, url: str, tuning: dict[str, float]
) -> None:
    """When it is stopped it has a poll in progress, cards that wait for permits, and edits that are
    outdated when it wakes.
    """
    async with house(folder, url, 12, **tuning) as world, AsyncExitStack() as lines:
        world.environment["REMINDER_BOT_SEND_RATE"] = "5"
        line_of: dict[World, Line] = {}
        for _ in range(2):
            line = await lines.enter_async_context(Line(world.server.port))
            line_of[await world.add_measured(api_url=line.url)] = line
        await world.ask_at(WATER)
        stopped = await world.poller()
        assert isinstance(stopped, MeasuredReplica)
        other, line = world.other_than(stopped), line_of[stopped]
        world.move_to(QUIET_MINUTES + A_SECOND)
        await world.until(
            lambda: "sendMessage" in [method for _, method in line.calls[-3:]], "a card of its own"
        )
        taps = await world.tap_all("yes")
        await world.until_rows("check_ins", "reply = 'yes'", taps)

        async with stopped.stopped_for(TEN_MINUTES):
            assert await world.rows("SELECT id FROM check_ins WHERE status = 'claimed'")
            await world.polled_by(other)
            await world.settle()
            for each in list(world.taps):
                await world.tap_number(each.person, "undo", each.check_in, each.message)
            await world.settle()
            polls = len(world.server.log)
            await world.until(lambda: len(world.server.log) > polls + 2, "polls of the other")
            woken_at = time.monotonic()
        await world.until(lambda: not stopped.polls, "the stopped one to learn that another polls")
        await asyncio.sleep(1)

        assert set(line.since(woken_at)) <= HARMLESS
        await world.settle()
        report = await world.checker.check(
            world.now(), world.log(), may_copy=True, may_misfire=True
        )
        assert report.statuses == {"sent": 24}
        assert report.copies["hydration"] == 0


# The database goes away


@pytest.mark.parametrize(
    "restarts", [pytest.param(1, marks=pytest.mark.outage), pytest.param(20, marks=LONG)]
)
async def test_a_database_that_is_restarted_under_three_replicas_loses_nothing(
    folder: Path, restarts: int
) -> None:
    server = Postgres()
    server.start()
    try:
        async with house(folder, new_postgresql(server), 30, **SHORT_LEASE | SHORT_CLAIM) as world:
            for _ in range(3):
                await world.add()
            for number in range(restarts):
                await restart_under_load(world, server, number)

            for each in world.replicas:
                assert each.process is not None
                assert each.process.returncode is None
            await world.poller()
            assert most_in_a_second(world.server.log) <= world.most_at_the_server(RATE)
            await world.checker.check(world.now(), world.log(), may_copy=True)
    finally:
        server.stop()
        server.remove()


async def restart_under_load(world: ReplicatedWorld, server: Postgres, number: int) -> None:
    """Restart the database while check-ins of everybody are being sent, and let some people tap
    while it is unavailable.
    """
    before = sends(world)
    world.move_to(next_moment(world) + A_SECOND)
    await world.until(lambda: sends(world) > before + number % 5, "sends")
    await asyncio.to_thread(server.stop)
    for life in world.lives[number % 3 :: 3]:
        if world.question(life.person) is not None:
            await world.tap(life.person, ("yes", "no")[number % 2])
    await world.until(
        lambda: world.log().count("updates_wait_for_database") > number, "a tap that waits"
    )
    await asyncio.to_thread(server.start)
    await world.settle()


@pytest.mark.outage
async def test_a_replica_cut_off_from_the_database_sends_nothing_and_another_continues(
    folder: Path, url: str
) -> None:
    port = make_url(url).port
    assert port is not None
    async with (
        house(folder, url, 40, **SHORT_LEASE | SHORT_CLAIM) as world,
        AsyncExitStack() as ways,
    ):
        way_of: dict[World, tuple[Line, Cable]] = {}
        for _ in range(2):
            line = await ways.enter_async_context(Line(world.server.port))
            cable = await ways.enter_async_context(Cable(port))
            behind = make_url(url).set(port=cable.port).render_as_string(hide_password=False)
            way_of[await world.add(database_url=behind, api_url=line.url)] = line, cable
        await world.ask_at(WATER)

        world.move_to(QUIET_MINUTES + A_SECOND)
        await world.until(lambda: sends(world) > 45, "sends")
        cut_off = await world.poller()
        other, (line, cable) = world.other_than(cut_off), way_of[cut_off]
        cable.cut()
        await world.polled_by(other)
        taken_over = await line.calls_so_far()
        await world.until(
            lambda: nothing_is_claimed(world), "the claims of the one cut off to be taken over"
        )
        claims_taken_over = await line.calls_so_far()
        # Longer than one of its long polls.
        await world.until(lambda: line.calls[-1][0] < time.monotonic() - 1.5, "silence")
        for id in range(101, 104):
            await answered(world, id)
        await world.settle()
        late, too_late = (
            {method for _, method in line.calls[n:]} for n in (taken_over, claims_taken_over)
        )
        cable.heal()
        await world.until(
            lambda: len(world.pollers) == 1, "the one cut off to learn that another polls"
        )
        await other.stop()
        await world.polled_by(cut_off)
        await world.ask_at(next_moment(world))
        for id in range(104, 107):
            await answered(world, id)
        await world.settle()

        assert late <= HARMLESS | {"sendMessage"}, (
            "what it had claimed it may send until its claims run out"
        )
        assert too_late <= HARMLESS
        report = await world.checker.check(world.now(), world.log(), may_copy=True)
        assert report.copies["hydration"] == 0

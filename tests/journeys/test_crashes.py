"""Killed at any step: nothing is lost, nothing is counted twice, and a further copy is sent only if
nobody can know whether the first one was sent.

In each round the bot kills itself with SIGKILL at one point, while something is due or somebody
taps. The next bot finishes the work, and is armed for the next round. The child records each point
before it dies.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.checker import dues
from tests.support.child import POINTS
from tests.support.crashing import CrashingWorld
from tests.support.postgres import Postgres

# A Saturday evening, so that the rounds include the first digests on Sunday.
BEGIN = datetime(2026, 2, 28, 20, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/New_York")
TAPS = {"fetched", "unconfirmed", "edit pending", "edit made"}
# At these points a send may be in progress when the process dies, so a further copy is allowed.
AMBIGUOUS = {"leaving", "accepted", "recorded"}
# At these, rows are claimed.
CLAIMED = AMBIGUOUS | {"claimed", "before request"}
# On PostgreSQL the next process polls only after the lease of the dead one: two seconds here.
SHORT_LEADING = {"leading": 2.0}
# Long enough for a slow machine between a claim and its record, and short enough to wait until the
# claim of a dead process becomes ambiguous.
SHORT_LEASE = {"lease": 2.5, "lease_margin": 1.0} | SHORT_LEADING


async def world_of_six(world: CrashingWorld) -> None:
    world.move_to(BEGIN)
    for number, zone in enumerate(ZONES):
        await world.seat([101 + 2 * number, 102 + 2 * number], zone, BEGIN)


def next_moment(world: CrashingWorld) -> datetime:
    """The instant at which something is due next, for anybody."""
    ahead = world.now() + timedelta(days=2)
    return min(due.at for life in world.lives for due in dues(life, ahead) if due.at > world.now())


async def round_at(world: CrashingWorld, point: str, number: int) -> None:
    """Let the idle bot die at `point`, start a new one, and wait until that is idle."""
    before = len(world.hits)
    moment = next_moment(world)
    asked = [
        life.person for life in world.lives if any(due.at == moment for due in dues(life, moment))
    ]
    if point in TAPS:
        world.move_to(moment + timedelta(seconds=1))
        for person in asked:
            await person.expect(lambda message: bool(message.buttons))
        await world.settle()
        world.arm(point)
    else:
        world.arm(point, 1 + number % 2 if point == "accepted" else 1)
        world.move_to(moment + timedelta(seconds=1))
    if point in TAPS:
        for person, verb in zip(asked, ("yes", "no"), strict=False):
            await world.tap(person, verb)
        # Both taps are in the batch that is fetched twice. If the yes were handled twice, there
        # would be two entries.
        first = world.taps[-min(len(asked), 2)]
        await world.tap_number(first.person, "undo", first.check_in, first.message)
    await world.died()
    assert world.hits[before:] == [point]
    await world.start()
    await world.settle()
    if point in TAPS:
        return
    # A question about water whose send was ambiguous is not sent again, so some people may have
    # nothing to answer.
    answering = [person for person in asked if world.question(person) is not None]
    if answering:
        verb = "no" if number % 3 == 0 else "yes"
        await world.tap(answering[number % len(answering)], verb)
        await world.settle()


async def check(world: CrashingWorld, point: str) -> None:
    await world.checker.check(world.now(), world.log(), may_copy=point in AMBIGUOUS)


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        ("sqlite", POINTS),
        pytest.param("postgresql", ("accepted",), marks=pytest.mark.outage),
    ],
)
async def test_killed_at_each_point_once_it_loses_nothing(
    kind: str, points: tuple[str, ...], folder: Path, request: pytest.FixtureRequest
) -> None:
    server: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = server.new_database(f"crash_{uuid4().hex}") if server else None
    async with CrashingWorld(folder, url, **(SHORT_LEASE if server else {})) as world:
        await world_of_six(world)
        await world.start()

        for number, point in enumerate(points):
            await round_at(world, point, number)

        assert world.hits == list(points)
        await check(world, "accepted")


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", POINTS)
async def test_twenty_kills_at_one_point_lose_nothing(
    point: str, database_url: str, folder: Path
) -> None:
    tuning = SHORT_LEASE if point in CLAIMED else SHORT_LEADING
    is_shared = database_url.startswith("postgresql")
    async with CrashingWorld(folder, database_url, **(tuning if is_shared else {})) as world:
        await world_of_six(world)
        await world.start()

        for number in range(20):
            await round_at(world, point, number)
            await check(world, point)

        assert world.hits == [point] * 20


def has_more_calls(world: CrashingWorld, count: int) -> bool:
    return len(world.server.log) > count


@pytest.mark.parametrize(
    ("people", "moments", "kills"),
    [(6, 2, 2), pytest.param(30, 10, 12, marks=[pytest.mark.crash, pytest.mark.timeout(600)])],
)
async def test_a_storm_of_kills_loses_no_tap_and_counts_none_twice(
    people: int, moments: int, kills: int, folder: Path
) -> None:
    async with CrashingWorld(folder) as world:
        world.move_to(BEGIN)
        await world.seat(range(1001, 1001 + people), "Asia/Kathmandu", BEGIN)
        await world.start()
        for _ in range(moments):
            await world.ask_at(next_moment(world))

        assert await world.tap_all("yes") == people * moments
        for number in range(kills):
            # Later in each round, so that each kill interrupts another step.
            enough = len(world.server.log) + 3 * number
            await world.until(partial(has_more_calls, world, enough), "calls")
            await world.kill()
            await world.start(wait=False)
        await world.settle()

        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": people * moments}

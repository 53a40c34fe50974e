"""Killed at any moment, while it sends and while people tap: nothing is lost or counted twice.

`test_crashes` kills the bot at each step in turn; here the moment is random. In each round,
check-ins of many people become due, and within a second the bot, which runs or is just starting, is
killed with SIGKILL. People tap before, during and after that.

There is one kill for each round of check-ins. An ambiguous send gets one further copy and no second
one, so a question that was claimed at two kills could become `uncertain` without ever being sent.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.checker import dues
from tests.support.crashing import CrashingWorld
from tests.support.databases import new_postgresql, new_sqlite

# A Saturday evening, so that the rounds include the first digests on Sunday.
BEGIN = datetime(2026, 2, 28, 20, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/New_York")
OF_A_ZONE = 8
SHORTEST, LONGEST = 0.005, 1.0  # seconds, until a kill
# So that the claims of a dead process become ambiguous, and another process polls, after one or two
# seconds instead of a minute.
SHORT_LEASES = {"lease": 1.5, "lease_margin": 0.5, "leading": 1.0}
# A tap is recognised by the Undo in its message, which is there until the day ends at 04:00. The
# last question comes at 22:15.
SOON = timedelta(hours=5)
LONG = [pytest.mark.crash, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        pytest.param("sqlite", 4, marks=pytest.mark.outage),
        pytest.param("sqlite", 50, marks=LONG),
        pytest.param("postgresql", 50, marks=LONG),
    ],
)
async def test_a_storm_of_kills_loses_neither_a_question_nor_a_tap(
    kind: str, kills: int, folder: Path, request: pytest.FixtureRequest
) -> None:
    url = (
        new_sqlite(folder)
        if kind == "sqlite"
        else new_postgresql(request.getfixturevalue("postgres"))
    )
    chance = random.Random(kills)
    async with CrashingWorld(
        folder, url, **(SHORT_LEASES if kind == "postgresql" else {})
    ) as world:
        world.move_to(BEGIN)
        for number, zone in enumerate(ZONES):
            await world.seat(range(101 + 100 * number, 101 + 100 * number + OF_A_ZONE), zone, BEGIN)
        await world.start()

        for _ in range(kills):
            is_running = chance.random() < 0.5
            if not is_running:
                await die(world)  # while it is idle, which does not count as a kill
            world.move_to(next_moment(world) + timedelta(seconds=1))
            async with tapping(world, chance):
                if not is_running:
                    await world.start(wait=False)
                await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
                await die(world)
                await asyncio.sleep(chance.uniform(0, 0.1))
                await world.start(wait=False)
                await asyncio.sleep(chance.uniform(SHORTEST, LONGEST))
            await world.settle()

        report = await world.checker.check(world.now(), world.log(), may_copy=True)
        unsent = await never_sent(world)
        assert set(unsent) <= {"hydration"}
        assert "Traceback" not in world.log()
        print(
            f"{kills} kills: {len(world.taps)} taps, {dict(report.statuses)}, copies "
            f"{dict(report.copies)}, "
            f"given up unsent {dict(unsent)}"
        )


async def never_sent(world: CrashingWorld) -> Counter[str]:
    """The number of check-ins that are uncertain and were never sent, by kind. Water may be among
    them, because it is never sent twice.
    """
    uncertain = """
        SELECT c.id, h.kind FROM check_ins c JOIN habits h ON h.id = c.habit_id
        WHERE c.status = 'uncertain'
    """
    sends = world.checker.sends()
    return Counter(
        row["kind"] for row in await world.checker.rows(uncertain) if row["id"] not in sends
    )


def next_moment(world: CrashingWorld) -> datetime:
    """The instant at which something is due next, for anybody."""
    ahead = world.now() + timedelta(days=2)
    return min(due.at for life in world.lives for due in dues(life, ahead) if due.at > world.now())


async def die(world: CrashingWorld) -> None:
    await world.kill()
    assert world.process is not None
    assert world.process.returncode == -signal.SIGKILL, world.log()[-3000:]


@asynccontextmanager
async def tapping(world: CrashingWorld, chance: random.Random) -> AsyncIterator[None]:
    """Let people tap on what they see during the block, whether the bot runs or not."""
    people = asyncio.create_task(_tap_now_and_then(world, chance))
    try:
        yield
    finally:
        people.cancel()
        with suppress(asyncio.CancelledError):
            await people


async def _tap_now_and_then(world: CrashingWorld, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.01, 0.15))
        life = chance.choice(world.lives)
        asked = world.question(life.person)
        if asked is None or world.now() - asked.date > SOON:
            continue
        await world.tap(life.person, chance.choice(("yes", "yes", "no")))
        again = world.taps[-1]
        match chance.randrange(8):
            case 0:  # a double tap
                await world.tap_number(again.person, again.verb, again.check_in, again.message)
            case 1:  # a change of mind
                await world.tap_number(again.person, "undo", again.check_in, again.message)

"""Everybody is asked at nine: the sends keep Telegram's rate, take no longer than the rate needs,
and taps are answered before them.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.checker import COUNTED, most_in_a_second, most_within
from tests.support.crashing import MeasuredWorld
from tests.support.measured import watched
from tests.support.stopwatch import Stopwatch
from tests.support.world import local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 08:50", ZONE)
NINE = local("2026-03-02 09:00", ZONE)
RATE = 30
LONG = [pytest.mark.soak, pytest.mark.timeout(1500)]


@pytest.mark.parametrize("people", [120, pytest.param(10_000, marks=LONG)])
async def test_a_rush_at_nine_is_sent_at_the_full_rate_and_does_not_delay_taps(
    people: int, folder: Path
) -> None:
    async with MeasuredWorld(folder) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN, wake=8)
        await world.start()
        stopwatch = Stopwatch()
        async with watched() as server:
            world.move_to(NINE + timedelta(milliseconds=1))
            waits = await taps_until_all_are_asked(world, people)
            took = stopwatch.free_seconds
        await world.settle()

        asked = [call.monotonic for call in world.server.accepted("sendMessage")]
        counted = [call.monotonic for call in world.server.log if call.method in COUNTED]
        turns = people + sum(at <= max(asked) for at in counted) - len(asked)
        assert most_within(1.0, world.releases()) <= RATE
        # Calls made while one of the processes did not run are counted together when it continues.
        bunched = RATE * (server.paused + world.paused)
        assert most_in_a_second(world.server.log) <= RATE * 1.1 + bunched
        assert most_within(10.0, counted) <= RATE * 10 + bunched
        assert took <= turns / RATE * 1.05 + 2
        assert sorted(waits)[int(len(waits) * 0.95)] < 1
        assert not [call for call in world.server.log if call.status == 429]
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": people - len(waits), "replied": len(waits)}


async def taps_until_all_are_asked(world: MeasuredWorld, people: int) -> list[float]:
    """Let people who have been asked tap, one after the other, until all are asked. Returns the
    seconds until the bot answered each tap.
    """
    waits: list[float] = []
    tapped: set[int] = set()
    while len(sends := world.server.accepted("sendMessage")) < people:
        newest = sends[-1].chat_id if sends else None
        if isinstance(newest, int) and newest not in tapped:
            tapped.add(newest)
            stopwatch = Stopwatch()
            await (await world.tap(world.person(newest), "yes")).answered()
            waits.append(stopwatch.free_seconds)
        await asyncio.sleep(0.2)
    return waits

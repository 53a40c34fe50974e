"""The bot does not run for hours, days or weeks. When it is back, it asks at most one question of
each habit, and only in time.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.crashing import CrashingWorld
from tests.support.world import local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
GONE = local("2026-03-02 07:35", ZONE)
PEOPLE = range(101, 104)


@pytest.mark.parametrize(
    "away",
    [timedelta(hours=8), timedelta(days=3), timedelta(weeks=3)],
    ids=["8 h", "3 d", "3 weeks"],
)
@pytest.mark.parametrize("is_killed", [False, True], ids=["stopped", "killed"])
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.crash)], indirect=True
)
async def test_after_a_downtime_at_most_one_of_each_habit_is_asked(
    database_url: str, is_killed: bool, away: timedelta, folder: Path
) -> None:
    async with CrashingWorld(folder, database_url) as world:
        world.move_to(BEGIN)
        await world.seat(PEOPLE, ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))
        world.move_to(GONE)
        await (world.kill() if is_killed else world.stop())
        back = GONE + away

        await tap_shortly_before(world, back)
        world.move_to(back)
        await world.start()
        await world.settle()

        report = await world.checker.check(
            world.now(), world.log(), may_misfire=True, away=[(GONE, back)]
        )
        assert report.statuses["replied"] == len(world.taps)
        assert len(asked_since(world, back)) <= 4 * len(PEOPLE)


async def tap_shortly_before(world: CrashingWorld, back: datetime) -> None:
    """Let people tap shortly before the bot is back. Telegram keeps the taps until then; after two
    weeks a tap does not count any more.
    """
    world.move_to(back - timedelta(hours=1))
    if back - GONE < timedelta(days=14):
        await world.tap_all("yes")


def asked_since(world: CrashingWorld, instant: datetime) -> list[int]:
    return [each for each, calls in world.checker.sends().items() if calls[-1].at >= instant]


@pytest.mark.outage
async def test_a_tap_while_its_question_is_closed_shows_what_was_tapped(folder: Path) -> None:
    """The edit that closes the question waits at the rate limiter, and must not replace the newer
    one.
    """
    async with CrashingWorld(folder) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 141), ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))
        ten = local("2026-03-02 10:00", ZONE)
        world.move_to(ten + timedelta(seconds=1))  # the edits wait behind forty questions
        await world.until_rows("check_ins", "status = 'unanswered'", 40)

        await world.tap_all("yes")
        await world.settle()

        away = [(BEGIN + timedelta(minutes=41), ten)]
        await world.checker.check(
            world.now(), world.log(), may_misfire=True, may_cancel=True, away=away
        )

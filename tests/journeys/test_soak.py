"""Days with many people in one process: no invariant is violated, nothing grows, no secret is
logged, and nothing is left of people who erase their data.

The week of 10,000 people takes hours, so it has its own marker; with `-s` it prints its progress
after each day.
"""

import asyncio
import gc
import random
import re
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from reminder_bot.storage.tables import metadata
from tests.support.checker import Report, Vitals, dues
from tests.support.crashing import MeasuredWorld

ZONE = "Europe/Berlin"
# A Saturday evening, so that the first digest comes on the second day.
BEGIN = datetime(2026, 2, 28, 20, 0, tzinfo=UTC)
LONG = [pytest.mark.soak, pytest.mark.timeout(1500)]
LONGEST = [pytest.mark.endurance, pytest.mark.timeout(8 * 3600)]
# Seconds: ten thousand digests need ten thousand pictures, and about ten a second are rendered.
LONGEST_STEP = 3600.0
ANSWERS = ("yes", "no", None, None, None, None, None, None)
OF_USERS = [table.name for table in metadata.sorted_tables if "user_id" in table.c]


@pytest.mark.parametrize(
    ("days", "people"),
    [
        pytest.param(2, 5, marks=pytest.mark.soak),
        pytest.param(7, 300, marks=LONG),
        pytest.param(7, 10_000, marks=LONGEST),
    ],
)
async def test_days_with_many_people_violate_no_invariant(
    days: int, people: int, folder: Path
) -> None:
    chance = random.Random(30)
    async with MeasuredWorld(folder, ticks=0.1) as world:
        # The highest rate, because there are many people and days.
        world.environment |= {
            "REMINDER_BOT_SEND_RATE": "1000",
            "REMINDER_BOT_PAID_BROADCAST": "true",
        }
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        await world.start()
        vitals: list[Vitals] = []
        began = time.monotonic()

        for moments in by_day(
            sorted({due.at for due in dues(world.lives[0], BEGIN + timedelta(days=days))})
        ):
            for moment in moments:
                world.move_to(moment + timedelta(seconds=1))
                await world.settle(LONGEST_STEP)
                for life in world.lives:
                    verb = chance.choice(ANSWERS)
                    if verb is not None and world.question(life.person) is not None:
                        await world.tap(life.person, verb)
                await world.settle(LONGEST_STEP)
                vitals.append(world.vitals())
                # The chats are never freed. Without this, a run of the garbage collector would
                # visit all their objects and block the server for seconds.
                gc.freeze()
            report = await held(
                world, vitals if moments[-1] > BEGIN + timedelta(days=days - 1) else ()
            )
            sent = len(world.server.accepted("sendMessage"))
            print(
                f"{moments[-1]:%a %d %B}: all held so far, {sent:,} messages, {len(world.taps):,} "
                f"taps, "
                f"{dict(report.statuses)}, {vitals[-1]}, {time.monotonic() - began:,.0f} s",
                flush=True,
            )

        assert report.statuses["misfired"] == 0
        leaving = [life.person for life in world.lives[:100]]
        for person in leaving:
            await person.send("/delete")
            await person.tap("Delete all", await person.expect("This deletes all"))
            await person.expect("Deleted:")
        ids = ", ".join(str(person.id) for person in leaving)
        for table in OF_USERS:
            left = await world.checker.rows(
                f"SELECT count(*) AS rows FROM {table} WHERE user_id IN ({ids})"
            )
            assert left[0]["rows"] == 0, table
        assert (
            await world.checker.rows(f"SELECT count(*) AS rows FROM users WHERE id IN ({ids})")
        )[0]["rows"] == 0
        assert "Traceback" not in world.log()
        assert not names_and_secrets(world, world.log())


def by_day(moments: Iterable[datetime]) -> list[list[datetime]]:
    """The moments grouped by day. Days of UTC suffice, because nobody is asked at night."""
    return [list(of_day) for _, of_day in groupby(moments, lambda moment: moment.date())]


async def held(world: MeasuredWorld, vitals: Sequence[Vitals]) -> Report:
    """Check all invariants, in a thread, because the server has to answer in the meantime."""

    def check() -> Report:
        return asyncio.run(
            world.checker.check(world.now(), world.log(), may_cancel=True, vitals=vitals)
        )

    return await asyncio.to_thread(check)


def names_and_secrets(world: MeasuredWorld, log: str) -> list[str]:
    """The names, texts and secrets that are in the log and must not be."""
    secret = world.server.token.partition(":")[2]
    names = {str(life.person.user["first_name"]) for life in world.lives}
    return sorted(names.intersection(re.findall(r"\w+", log))) + ([secret] if secret in log else [])

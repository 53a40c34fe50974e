"""Clocks that are moved, machines that are suspended, processes that are stopped: each habit is
asked once, and in time.

Most tests use the real bot, whose wall clock is moved by a file. The tests of a change of the
machine's own clock run the bot in this process, where time_machine moves the wall clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from reminder_bot.app import App
from reminder_bot.clock import Clock
from reminder_bot.engine.ticking import STALLED_AFTER
from reminder_bot.settings import Settings
from reminder_bot.simulator import BotApiServer, Person
from reminder_bot.simulator.chats import Reach
from reminder_bot.storage.database import Database
from tests.support.checker import Checker, Life, dues
from tests.support.crashing import CrashingWorld, MeasuredWorld
from tests.support.databases import new_sqlite
from tests.support.measured import watched
from tests.support.people import settle
from tests.support.waiting import until
from tests.support.world import TOKEN, local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
HERE = local("2026-03-02 09:00", ZONE)
A_SECOND = timedelta(seconds=1)
TEN_MINUTES = timedelta(minutes=10)

# Two of them are in the default run, because the others show little more.
MOVES = [
    pytest.param(timedelta(hours=-1), id="-1 h"),
    pytest.param(timedelta(hours=1), id="+1 h", marks=pytest.mark.crash),
    pytest.param(timedelta(days=-1), id="-1 d", marks=pytest.mark.crash),
    pytest.param(timedelta(days=1), id="+1 d", marks=pytest.mark.crash),
    pytest.param(timedelta(days=400), id="+400 d"),
]
# How a time service corrects a clock that was wrong, in seconds.
NTP_STEPS = (3, -5, 2, -0.4, 7, -6, 0.3, -1.2)


@asynccontextmanager
async def at_home(
    folder: Path, people: int = 2, send_rate: int = 30
) -> AsyncIterator[MeasuredWorld]:
    """A bot whose steps keep their real intervals, at 09:00, and people who were asked at 07:30 and
    08:00.
    """
    async with MeasuredWorld(folder, ticks=3600.0) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        world.environment["REMINDER_BOT_SEND_RATE"] = str(send_rate)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))
        await world.ask_at(local("2026-03-02 08:00", ZONE))
        world.move_to(HERE)
        await world.settle()
        yield world


def skipped(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    return [(since, until)] if until > since else []


def next_moment(lives: Sequence[Life], after: datetime) -> datetime:
    return min(
        due.at for life in lives for due in dues(life, after + timedelta(days=2)) if due.at > after
    )


async def answered(world: CrashingWorld, id: int) -> None:
    """Check that a tap counts and is shown, whatever the clock shows."""
    await world.tap(world.person(id), "yes")
    await world.settle()


# The bot as it is run


@pytest.mark.parametrize("move", MOVES)
async def test_a_moved_wall_clock_stops_no_step_and_asks_nothing_twice(
    move: timedelta, folder: Path
) -> None:
    async with at_home(folder) as world:
        world.move_by(move)
        there = world.now()
        await world.ticks_on()
        await world.settle()
        await answered(world, 101)
        await world.ask_at(max(HERE, there))  # a clock that was set back reaches HERE a second time
        await world.ask_at(next_moment(world.lives, max(HERE, there)))

        assert world.stood_still < 1
        await world.checker.check(
            world.now(), world.log(), may_misfire=True, away=skipped(HERE, there)
        )


@pytest.mark.parametrize("move", MOVES)
async def test_a_clock_moved_there_and_back_asks_nothing_twice(
    move: timedelta, folder: Path
) -> None:
    async with at_home(folder) as world:
        world.move_by(move)
        await world.ticks_on()
        await world.settle()
        sent = len(world.server.accepted("sendMessage"))
        world.move_by(-move)
        await world.ticks_on()
        await answered(world, 101)
        again = len(world.server.accepted("sendMessage"))

        assert again == sent
        assert world.stood_still < 1
        sends = world.checker.sends()
        assert {len(calls) for calls in sends.values()} == {1}


async def test_small_steps_of_a_time_service_around_a_due_time_ask_once(folder: Path) -> None:
    async with at_home(folder) as world:
        world.move_to(local("2026-03-02 10:00", ZONE) - 2 * A_SECOND)
        for seconds in NTP_STEPS:
            world.move_by(timedelta(seconds=seconds))
            await world.settle()
        world.move_by(5 * A_SECOND)
        await world.ticks_on()
        await world.ask_at(local("2026-03-02 10:00", ZONE))

        assert world.stood_still < 1
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses["sent"] + report.statuses["unanswered"] == 3 * 2


@pytest.mark.parametrize("asleep", [TEN_MINUTES, timedelta(hours=8)], ids=["10 min", "8 h"])
async def test_a_suspended_machine_asks_at_most_one_of_each_habit_when_it_resumes(
    asleep: timedelta, folder: Path
) -> None:
    async with at_home(folder) as world:
        world.move_to(local("2026-03-02 09:55", ZONE))
        since = world.now()
        async with world.stopped_for(asleep):
            woken = world.now()
        await world.ticks_on()
        await world.settle()
        await answered(world, 101)
        await world.ask_at(next_moment(world.lives, woken))

        await world.checker.check(
            world.now(), world.log(), may_misfire=True, away=skipped(since, woken)
        )


@pytest.mark.outage
async def test_a_bot_stopped_for_ten_minutes_in_the_middle_of_sending_asks_nothing_late_or_twice(
    folder: Path,
) -> None:
    """The question about water of 10:00 may be sent until 10:30. People who have not got it when
    the bot is stopped at 10:25 do not get it.
    """
    people = 20
    # Slow enough to stop the bot while it sends, on a busy machine, too.
    async with at_home(folder, people, send_rate=10) as world:
        world.move_to(local("2026-03-02 10:25", ZONE))
        water = local("2026-03-02 10:00", ZONE)
        await world.until(lambda: sent_since(world, water) >= 3, "some of it to be sent")
        async with world.stopped_for(TEN_MINUTES):
            before = sent_since(world, water)
            for life in world.lives:
                await world.tap(life.person, "yes")
        await world.ticks_on()
        await world.settle()

        assert before < people
        report = await world.checker.check(world.now(), world.log(), may_misfire=True)
        assert sent_since(world, water) == before
        assert report.statuses["misfired"] == people - before


@pytest.mark.outage
async def test_a_bot_stopped_longer_than_a_lease_sends_the_rest_once(folder: Path) -> None:
    """Ten minutes are within the grace of meditation, so the check-ins that were claimed before are
    claimed again, and sent once.
    """
    people = 40
    async with MeasuredWorld(folder, ticks=3600.0) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        # Slow enough to stop the bot while it sends.
        world.environment["REMINDER_BOT_SEND_RATE"] = "10"
        await world.start()
        world.move_to(local("2026-03-02 08:05", ZONE))
        quiet = local("2026-03-02 08:00", ZONE)
        await world.until(lambda: sent_since(world, quiet) >= 5, "some of it to be sent")
        async with world.stopped_for(TEN_MINUTES):
            before = sent_since(world, quiet)
        await world.settle()

        assert before < people
        report = await world.checker.check(
            world.now(),
            world.log(),
            may_misfire=True,
            away=skipped(BEGIN, local("2026-03-02 08:05", ZONE)),
        )
        assert report.statuses == {"sent": people, "misfired": people}


def sent_since(world: CrashingWorld, instant: datetime) -> int:
    return sum(call.at >= instant for call in world.server.accepted("sendMessage"))


# The clock of the machine is set


@asynccontextmanager
async def in_this_process(folder: Path) -> AsyncIterator[tuple[App, Checker, Person]]:
    """A bot on the machine's own clock, which asked somebody at 07:30 and 08:00."""
    url = new_sqlite(folder)
    server = BotApiServer(token=TOKEN, clock=Clock())
    async with server, contextlib.AsyncExitStack() as stack:
        database = Database(url)
        stack.push_async_callback(database.close)
        await settle(database, BEGIN, user_id=101, asked_since=BEGIN)
        person = server.person(101, "P101")
        server.chats.by_id[101].reach = Reach.OPEN
        app = App(
            Settings(
                token=TOKEN,
                data_dir=folder,
                database_url=url,
                api_base_url=server.base_url,
            )
        )
        running = asyncio.create_task(app.run())
        try:
            await until(app.ready.is_set)
            yield app, Checker(server, url, [Life(person, ZONE, 7, 23, BEGIN)], []), person
        finally:
            app.stopping.set()
            await running


async def until_idle(app: App, checker: Checker) -> None:
    async def is_idle() -> bool:
        return app.is_idle and not await checker.waiting(app.clock.now())

    await until(is_idle, "the bot to be idle")


@pytest.mark.outage
@pytest.mark.parametrize("move", MOVES)
async def test_setting_the_machines_clock_stops_no_step_and_asks_nothing_twice(
    move: timedelta, folder: Path
) -> None:
    with time_machine.travel(BEGIN, tick=True) as machine:
        async with in_this_process(folder) as (app, checker, person):
            for at in ("2026-03-02 07:30", "2026-03-02 08:00", "2026-03-02 09:00"):
                machine.move_to(local(at, ZONE) + A_SECOND)
                await until_idle(app, checker)
            async with watched() as stillness:
                machine.shift(move)
                there = app.clock.now()
                await until_idle(app, checker)
                machine.move_to(max(HERE, there) + 2 * A_SECOND)
                await until_idle(app, checker)
                machine.move_to(
                    next_moment([Life(person, ZONE, 7, 23, BEGIN)], max(HERE, there)) + A_SECOND
                )
                await until_idle(app, checker)

            assert stillness.longest < 1
            assert app.ticking.stalled_for < STALLED_AFTER
            await checker.check(
                app.clock.now(), may_misfire=True, away=skipped(HERE + A_SECOND, there)
            )


async def test_small_steps_of_a_machines_time_service_ask_once(folder: Path) -> None:
    with time_machine.travel(BEGIN, tick=True) as machine:
        async with in_this_process(folder) as (app, checker, person):
            machine.move_to(local("2026-03-02 07:30", ZONE) - 2 * A_SECOND)
            for seconds in NTP_STEPS:
                machine.shift(seconds)
                await until_idle(app, checker)
            machine.move_to(local("2026-03-02 07:30", ZONE) + A_SECOND)
            await until_idle(app, checker)

            assert app.ticking.stalled_for < STALLED_AFTER
            assert len([each for each in person.messages if each.from_bot]) == 1
            await checker.check(app.clock.now())

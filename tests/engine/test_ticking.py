"""The steps keep running, whatever is done to the wall clock. A step that fails or hangs stops no
other one.
"""

import asyncio
import itertools
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy.exc import DBAPIError

from reminder_bot.clock import Clock, boot_time, machine_time
from reminder_bot.engine import ticking
from reminder_bot.engine.ticking import Ticking
from tests.support.measured import watched
from tests.support.stopwatch import Stopwatch
from tests.support.waiting import patience, until

QUICK = 0.05  # seconds between two ticks


class Counted:
    """A step that notes when it was told to run; `work` is what it does besides."""

    def __init__(self, work: Callable[[], Awaitable[None]] | None = None) -> None:
        self.told: list[datetime] = []
        self._work = work
        self._ran = asyncio.Condition()

    async def __call__(self, now: datetime) -> None:
        self.told.append(now)
        async with self._ran:
            self._ran.notify_all()
        if self._work is not None:
            await self._work()

    async def runs(self, more: int) -> None:
        """Wait for so many further rounds."""
        wanted = len(self.told) + more
        async with patience(f"{more} further rounds"), self._ran:
            await self._ran.wait_for(lambda: len(self.told) >= wanted)


@asynccontextmanager
async def ticks(
    clock: Clock, *steps: Callable[[datetime], Awaitable[object]], seconds: float = QUICK
) -> AsyncIterator[Ticking]:
    alarm = Ticking(clock)
    alarm.watch_every = min(alarm.watch_every, 0.2)  # so that no test waits half a minute for it
    for number, step in enumerate(steps):
        alarm.add(str(number), step, seconds)
    alarm.start()
    try:
        yield alarm
    finally:
        await alarm.stop()


JUMPS = {
    "-1 h": timedelta(hours=-1),
    "+1 h": timedelta(hours=1),
    "-1 d": timedelta(days=-1),
    "+1 d": timedelta(days=1),
    "+400 d": timedelta(days=400),
}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
async def test_all_steps_tick_on_after_the_wall_clock_was_moved(jump: timedelta) -> None:
    """There and back again."""
    first, second = Counted(), Counted()
    there = datetime.now(UTC) + jump

    async with ticks(Clock(), first, second), watched() as stillness:
        await first.runs(2)
        with time_machine.travel(there, tick=True):
            await asyncio.gather(first.runs(3), second.runs(3))
            assert abs(first.told[-1] - there) < timedelta(minutes=1)
        await asyncio.gather(first.runs(3), second.runs(3))

    assert stillness.longest < 1, "the loop was blocked"


async def test_small_steps_back_and_forth_stop_no_step() -> None:
    """As a time service makes them that puts a clock right."""
    step = Counted()

    with time_machine.travel(datetime.now(UTC), tick=True) as machine:
        async with ticks(Clock(), step, seconds=0.2), watched() as stillness:
            for seconds in (3, -5, 0.4, -0.9, 7, -6):
                machine.shift(seconds)
                await step.runs(2)

    assert stillness.longest < 1


async def test_a_round_whose_time_passed_while_the_loop_was_blocked_is_not_left_out() -> None:
    step = Counted()

    async with ticks(Clock(), step, seconds=3600) as running:
        await step.runs(1)
        await until(lambda: not running.is_running)
        job = running._scheduler.get_job("0")
        job.modify(next_run_time=machine_time() - timedelta(seconds=30))
        await step.runs(1)


async def test_a_step_with_a_long_interval_runs_soon_after_a_jump(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What sleeps for an hour learns of a moved clock from the watchdog."""
    step = Counted()

    async with ticks(Clock(), step, seconds=3600):
        await step.runs(1)
        with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True):
            await step.runs(1)

    assert "wall_clock_moved seconds=86" in caplog.text


async def test_a_step_says_when_it_is_to_run_again() -> None:
    told: list[datetime] = []

    async def step(now: datetime) -> timedelta:
        told.append(now)
        return timedelta(seconds=0.01)

    async with ticks(Clock(), step, seconds=3600):
        await until(lambda: len(told) > 3)


async def test_a_step_never_runs_later_than_its_interval_says() -> None:
    told: list[datetime] = []

    async def step(now: datetime) -> timedelta:
        told.append(now)
        return timedelta(hours=1)

    async with ticks(Clock(), step):
        await until(lambda: len(told) > 3)


async def test_the_watchdog_tells_that_the_steps_run_until_they_are_stalled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[float] = []
    ahead = 0.0
    monkeypatch.setattr(ticking, "boot_time", lambda: boot_time() + ahead)
    alarm = Ticking(Clock(), on_watch=lambda: told.append(ahead))
    alarm.watch_every = 0.01

    alarm.start()  # without a step
    await until(lambda: len(told) > 3)
    for reports in (1, 2):
        ahead += ticking.STALLED_AFTER + 10
        await until(lambda reports=reports: caplog.text.count("steps_stalled") == reports)  # type: ignore[misc]
    await alarm.stop()

    assert set(told) == {0.0}


async def test_a_job_that_sleeps_beyond_its_interval_is_roused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a jump that the watchdog did not see as one would leave it: its next round an hour
    ahead.
    """
    step = Counted()

    async with ticks(Clock(), step) as alarm:
        await step.runs(1)
        job = alarm._scheduler.get_job("0")
        job.modify(next_run_time=machine_time() + timedelta(hours=1))
        await step.runs(2)


async def test_a_suspended_machine_runs_all_steps_when_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten minutes pass on the wall and on the clock that counts sleep, and none for the loop's
    own timers.
    """
    step, asleep = Counted(), timedelta(0)
    monkeypatch.setattr(ticking, "boot_time", lambda: boot_time() + asleep.total_seconds())

    async with ticks(Clock(), step) as alarm:
        await step.runs(2)
        asleep = timedelta(minutes=10)
        with time_machine.travel(datetime.now(UTC) + asleep, tick=True):
            assert alarm.stalled_for > 500
            await step.runs(2)
            assert alarm.stalled_for < ticking.STALLED_AFTER


async def test_a_move_of_the_clock_file_wakes_every_step_at_once(tmp_path: Path) -> None:
    file, step = tmp_path / "clock", Counted()
    clock = Clock(file)

    async with ticks(clock, step, seconds=3600) as alarm:
        assert alarm.watch_every <= 0.1, "a demo's clock is followed at once"
        await step.runs(1)
        stopwatch = Stopwatch()
        Clock.move(file, timedelta(days=3))
        await step.runs(1)
        took = stopwatch.free_seconds

    assert took < 1
    assert step.told[-1] - step.told[0] > timedelta(days=2)


async def test_a_failing_step_stops_neither_itself_nor_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        cause = sqlite3.OperationalError("no such table")
        raise DBAPIError("SELECT 1", ("Walk the dog",), cause)

    broken, sound = Counted(fail), Counted()

    async with ticks(Clock(), broken, sound):
        await asyncio.gather(broken.runs(3), sound.runs(3))

    assert 'step_failed step=0 error=DBAPIError reason="no such table"\n' in caplog.text
    assert "Walk the dog" not in caplog.text


async def test_a_hanging_step_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    let_go = asyncio.Event()

    async def hang() -> None:
        await let_go.wait()

    hanging, sound = Counted(hang), Counted()
    caplog.set_level(logging.ERROR, logger="apscheduler")

    async with ticks(Clock(), hanging, sound):
        await sound.runs(5)
        let_go.set()

    assert len(hanging.told) == 1


async def test_a_step_never_runs_twice_at_once() -> None:
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.03)
        running -= 1

    step = Counted(work)
    async with ticks(Clock(), step, seconds=0.01) as alarm:
        for _ in range(20):
            alarm.wake()
            await asyncio.sleep(0.01)

    assert (most, running) == (1, 0)
    assert len(step.told) >= 4


async def test_what_wakes_a_running_step_makes_it_run_once_more() -> None:
    """Or what came due while it looked would wait for its next round."""
    let_go = asyncio.Event()

    async def work() -> None:
        await let_go.wait()

    step = Counted(work)
    async with ticks(Clock(), step, seconds=3600) as alarm:
        await step.runs(1)
        for _ in range(3):
            alarm.wake("0")
        let_go.set()
        await step.runs(1)

    assert len(step.told) == 2


async def test_waking_one_step_leaves_the_others_asleep() -> None:
    first, second = Counted(), Counted()

    async with ticks(Clock(), first, second, seconds=3600) as alarm:
        await asyncio.gather(first.runs(1), second.runs(1))
        alarm.wake("0")
        await first.runs(1)

    assert len(second.told) == 1


async def test_a_stop_waits_for_what_runs_and_starts_nothing_more() -> None:
    let_go = asyncio.Event()
    done = itertools.count()

    async def work() -> None:
        await let_go.wait()
        next(done)

    step = Counted(work)
    alarm = Ticking(Clock())
    alarm.add("step", step, QUICK)
    alarm.start()
    await step.runs(1)

    stopping = asyncio.create_task(alarm.stop())
    await asyncio.sleep(3 * QUICK)
    assert not stopping.done()
    let_go.set()
    await stopping
    await asyncio.sleep(3 * QUICK)

    assert (next(done), len(step.told)) == (1, 1)


async def test_ticks_that_stopped_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Counted()
    async with ticks(Clock(), step, seconds=3600) as alarm:
        await step.runs(1)
        at = boot_time()
        monkeypatch.setattr(ticking, "boot_time", lambda: at + 90)

        assert alarm.stalled_for >= 89

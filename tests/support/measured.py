"""The bot as a child process, like `child`, that reports measurements; the nursery forks it.

Ten times a second it writes a file with the number of steps that `ticking` has started, the longest
time in which its event loop was blocked, and the number of its tasks. A second file has the instant
of each permit of the rate limiter, a third one the begin and end of each halt. Time in which other
processes used every processor does not count as blocked, because the machine is shared.

A test can simulate a suspended machine: a fourth file holds the seconds by which CLOCK_BOOTTIME is
ahead of the true value.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.stopwatch import Stopwatch

__all__ = ["ASLEEP", "HALTS", "RELEASES", "SIGNS", "Stillness", "watched"]

SIGNS, RELEASES, HALTS, ASLEEP = "CHILD_SIGNS", "CHILD_RELEASES", "CHILD_HALTS", "CHILD_ASLEEP"
LOOK_EVERY = 0.02  # seconds
TELL_EVERY = 0.1


class Stillness:
    """How long the event loop did not run: the longest times so far, in seconds.

    paused: for whatever reason. longest: because it was blocked, which is the time in which its
    thread computed, or in which a processor was free and the thread did not run.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.paused = 0.0

    async def watch(self) -> None:
        stopwatch, computed = Stopwatch(), time.thread_time()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            gap, free, computes = stopwatch.seconds, stopwatch.free_seconds, time.thread_time()
            self.paused = max(self.paused, gap - LOOK_EVERY)
            self.longest = max(self.longest, min(gap, free + computes - computed) - LOOK_EVERY)
            stopwatch, computed = Stopwatch(), computes


@asynccontextmanager
async def watched() -> AsyncIterator[Stillness]:
    """Measure how long the event loop does not run inside the block."""
    stillness = Stillness()
    watch = asyncio.create_task(stillness.watch())
    try:
        yield stillness
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


class _Signs:
    def __init__(self, signs: Path, releases: Path, halts: Path) -> None:
        self._file = signs
        self._releases = releases
        self._halts = halts
        self._unwritten: list[float] = []
        self._ticks = 0

    def count_ticks(self, ticking: Any) -> None:
        original = ticking.add

        def add(alarm: Any, name: str, step: Any, seconds: float) -> None:
            @wraps(step)
            async def counted(now: Any) -> Any:
                self._ticks += 1
                return await step(now)

            original(alarm, name, counted, seconds)

        ticking.add = add

    def note_releases(self, rate_limiter: Any) -> None:
        original = rate_limiter._give

        def give(self_: Any, waiter: Any, now: float) -> None:
            self._unwritten.append(now)
            original(self_, waiter, now)

        rate_limiter._give = give

    def note_halts(self, rate_limiter: Any) -> None:
        original = rate_limiter.halt

        def halt(self_: Any, seconds: float) -> None:
            at = time.monotonic()
            original(self_, seconds)
            with self._halts.open("a") as file:
                file.write(f"{at!r} {at + seconds!r}\n")

        rate_limiter.halt = halt

    def tell_while_running(self, app: Any) -> None:
        original = app.run

        async def run(self_: Any) -> int:
            async with watched() as stillness:
                telling = asyncio.create_task(self._tell(stillness))
                try:
                    return int(await original(self_))
                finally:
                    telling.cancel()

        app.run = run

    async def _tell(self, stillness: Stillness) -> None:
        new = self._file.with_suffix(".new")
        while True:
            tasks = len(asyncio.all_tasks())
            signs = {
                "ticks": self._ticks,
                "still": stillness.longest,
                "paused": stillness.paused,
                "tasks": tasks,
            }
            new.write_text(json.dumps(signs))
            new.replace(self._file)
            if self._unwritten:
                with self._releases.open("a") as file:
                    file.writelines(f"{at!r}\n" for at in self._unwritten)
                self._unwritten.clear()
            await asyncio.sleep(TELL_EVERY)


def _let_sleep(asleep: Path) -> None:
    from reminder_bot import clock

    def clock_gettime(number: int) -> float:
        slept = (
            float(asleep.read_text()) if number == time.CLOCK_BOOTTIME and asleep.exists() else 0.0
        )
        return time.clock_gettime(number) + slept

    vars(clock)["time"] = SimpleNamespace(
        clock_gettime=clock_gettime,
        CLOCK_BOOTTIME=time.CLOCK_BOOTTIME,
        CLOCK_MONOTONIC=time.CLOCK_MONOTONIC,
    )


def main() -> int:
    from reminder_bot.app import App
    from reminder_bot.bot_api.rate_limiter import RateLimiter
    from reminder_bot.engine.ticking import Ticking
    from tests.support import child

    signs = _Signs(Path(os.environ[SIGNS]), Path(os.environ[RELEASES]), Path(os.environ[HALTS]))
    signs.count_ticks(Ticking)
    signs.note_releases(RateLimiter)
    signs.note_halts(RateLimiter)
    signs.tell_while_running(App)
    _let_sleep(Path(os.environ[ASLEEP]))
    return child.main()

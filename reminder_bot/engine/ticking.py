"""Runs the steps of this process: an in-memory interval job for each one, and a watchdog.

    scheduled ──interval passed, or wake()──▶ running ──▶ scheduled
                                              │   ▲
                                              └───┘ wake() while it runs: one more round

A step that returns a timedelta is run again after it, if its next round is later. So a step that
looks for due work sleeps until something is due.

APScheduler starts the steps. Its own interval trigger counts every missed round after a jump of the
wall clock (40 s of work after +400 days), and waits too long after the clock was set back (an hour
after -1 h). The trigger here has one rule: the next round is one interval from now.

The watchdog uses the monotonic clock. It wakes all steps when the wall clock was moved, wakes a
step whose next round is further ahead than its interval, and reports when no step has run for
`STALLED_AFTER`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from reminder_bot.clock import Clock, boot_time, machine_time
from reminder_bot.logs import safe_text

__all__ = ["Ticking"]

log = logging.getLogger(__name__)

Step = Callable[[datetime], Awaitable[object]]

# Seconds by which the wall clock and the monotonic clock may differ between two checks of the
# watchdog. More than that means that the wall clock was moved.
DRIFT = 1.0
# Seconds between two checks of the watchdog: a fault is noticed within ten seconds.
WATCH_EVERY = 8.0
# In seconds; all steps together run at least once a minute.
STALLED_AFTER = 150.0


class _Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires one interval from now, regardless of when the last round was."""

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class Ticking:
    """Runs steps at their intervals until stopped. Each step gets the current time as its argument
    and never runs twice at once.

    on_watch: called at each check of the watchdog, unless the steps are stalled.
    watch_every: seconds between two checks. A program that moves the clock and wakes the steps
    itself may set it higher.
    """

    def __init__(self, clock: Clock, on_watch: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_watch = on_watch
        # After a suspend or a change of the clock, due work is found within this time. The demo and
        # tests move the clock, and must not wait for it to be noticed.
        self.watch_every = 0.05 if clock.is_moved_by_file else WATCH_EVERY
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._steps: dict[str, tuple[Step, float]] = {}
        self._running: dict[str, asyncio.Event] = {}
        self._again: set[str] = set()
        self._ticked_at = boot_time()
        self._reported_at = float("-inf")
        self._watchdog: asyncio.Task[None] | None = None

    def add(self, name: str, step: Step, seconds: float) -> None:
        self._steps[name] = (step, seconds)

    def start(self) -> None:
        for name, (_, seconds) in self._steps.items():
            self._scheduler.add_job(
                self._run, _Every(seconds), args=(name,), id=name, next_run_time=machine_time()
            )
        self._scheduler.start()
        self._watchdog = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        self._scheduler.remove_all_jobs()
        for is_done in list(self._running.values()):
            await is_done.wait()
        self._scheduler.shutdown(wait=False)

    def wake(self, *names: str) -> None:
        """Run these steps now instead of at their next round; all of them if none is named."""
        for name in names or tuple(self._steps):
            if name in self._running:
                self._again.add(name)
            elif (job := self._scheduler.get_job(name)) is not None:
                job.modify(next_run_time=machine_time())

    @property
    def is_running(self) -> bool:
        """Whether a step runs now."""
        return bool(self._running)

    @property
    def stalled_for(self) -> float:
        """Seconds since a round of any step last began."""
        return boot_time() - self._ticked_at

    async def _run(self, name: str) -> None:
        step, _ = self._steps[name]
        self._ticked_at = boot_time()
        self._running[name] = asyncio.Event()
        again_in: object = None
        try:
            while True:
                self._again.discard(name)
                try:
                    again_in = await step(self._clock.now())
                except Exception as error:
                    # The next round comes all the same: every step can be repeated.
                    log.error(
                        "step_failed",
                        extra={"step": name, "error": error, "reason": safe_text(error)},
                    )
                    log.debug("step_failed", exc_info=True, extra={"step": name})
                    break
                if name not in self._again:
                    break
        finally:
            self._running.pop(name).set()
        job = self._scheduler.get_job(name)
        if isinstance(again_in, timedelta) and job is not None:
            again_at = machine_time() + again_in
            if again_at < job.next_run_time:
                job.modify(next_run_time=again_at)

    async def _watch(self) -> None:
        """The watchdog: see the module's docstring."""
        wall, elapsed = self._clock.now(), boot_time()
        while True:
            await asyncio.sleep(self.watch_every)
            now, at = self._clock.now(), boot_time()
            moved = (now - wall).total_seconds() - (at - elapsed)
            wall, elapsed = now, at
            if self.stalled_for <= STALLED_AFTER:
                self._on_watch()
            elif at - self._reported_at > STALLED_AFTER:
                log.error("steps_stalled", extra={"seconds": round(self.stalled_for)})
                self._reported_at = at
            if abs(moved) > DRIFT:
                if not self._clock.is_moved_by_file:
                    log.warning("wall_clock_moved", extra={"seconds": round(moved)})
                self.wake()
            else:
                self._wake_overdue()

    def _wake_overdue(self) -> None:
        """Wake each step that would start later than one interval from now."""
        machine_now = machine_time()
        for name, (_, seconds) in self._steps.items():
            job = self._scheduler.get_job(name)
            if job is not None and job.next_run_time > machine_now + timedelta(
                seconds=seconds + DRIFT
            ):
                self.wake(name)

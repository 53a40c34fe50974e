"""Moves the demo's clock forward, so that everything due on the way happens in order.

    idle ─▶ set the clock to the next due instant ─▶ idle ─▶ … ─▶ destination

If the clock jumped a week at once, the bot would behave as after a week of downtime: it would ask
the latest question of each habit and mark all others misfired. So the clock goes from one due
instant to the next, and waits at each until the bot is idle: nothing is due, no work is in
progress, and every update is confirmed.

Only the wall clock is moved, not the timers. It is never moved backwards, because everything that
was planned would then be far in the future, and the bot would seem dead.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from reminder_bot.clock import Clock, boot_time, machine_time
from reminder_bot.simulator.person import Person
from reminder_bot.simulator.updates import Updates

__all__ = [
    "MAX_SPEED",
    "Bot",
    "ClockMover",
    "Destination",
    "MoveResult",
    "NoSuchDestination",
    "Progress",
    "UpcomingTimes",
]

IDLE_CHECK_INTERVAL = 0.001  # seconds, while the bot is busy
IDLE_TIMEOUT = 20.0  # seconds; a bot that is busy for longer is stuck
SPEED_INTERVAL = 0.1  # seconds
MAX_SPEED = 86_400.0
NEXT_MESSAGE_LIMIT = timedelta(days=8)  # how far ahead Destination.NEXT looks


class NoSuchDestination(Exception):
    """The person has no such destination now; the text tells them why."""


class Destination(StrEnum):
    """Where a person can move the clock."""

    NEXT = "next"
    HOUR = "hour"
    MORNING = "morning"
    DIGEST = "digest"


class UpcomingTimes(NamedTuple):
    """A person's zone, next wake time and next digest; None if it is not known or not planned."""

    zone: str | None
    morning_at: datetime | None
    digest_at: datetime | None


class Bot(Protocol):
    """What the mover needs to know of the bot."""

    @property
    def is_idle(self) -> bool:
        """Whether no work is in progress."""
        ...

    async def next_due_at(self) -> datetime | None:
        """The instant at which the next work is due; in the past if some is due now."""
        ...

    def wake(self) -> None:
        """Start the work that the last `next_due_at` found at once, if it is due by now."""
        ...

    async def upcoming_times(self, person_id: int) -> UpcomingTimes: ...


class MoveResult(StrEnum):
    """How a move ended."""

    REACHED = "reached"
    MET = "met"  # the condition of `move_until` holds
    STOPPED = "stopped"
    NOTHING_DUE = "nothing due"
    STUCK = "stuck"  # the bot did not become idle


class Progress(NamedTuple):
    """A move in progress."""

    began_at: datetime
    destination: datetime


class ClockMover:
    """Moves the clock stored in `file`.

    on_change: called when the time was moved and when a move begins or ends.
    """

    def __init__(self, clock: Clock, file: Path, bot: Bot, updates: Updates) -> None:
        self._clock = clock
        self._file = file
        self._bot = bot
        self._updates = updates
        self._lock = asyncio.Lock()
        self._is_stopped = False
        self.speed = 1.0
        self.progress: Progress | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def is_moving(self) -> bool:
        return self.progress is not None

    async def upcoming_times(self, person: Person) -> UpcomingTimes:
        return await self._bot.upcoming_times(person.id)

    async def move(self, person: Person, destination: Destination) -> MoveResult:
        """Move to this person's destination, or raise NoSuchDestination."""
        now, upcoming = self._clock.now(), await self.upcoming_times(person)
        match destination:
            case Destination.NEXT:
                before = _newest_id_from_bot(person)
                return await self.move_until(
                    lambda: _newest_id_from_bot(person) > before, now + NEXT_MESSAGE_LIMIT
                )
            case Destination.HOUR:
                return await self.move_to(now + timedelta(hours=1))
            case Destination.MORNING if upcoming.morning_at is not None:
                return await self.move_to(upcoming.morning_at)
            case Destination.DIGEST if upcoming.digest_at is not None:
                return await self.move_to(upcoming.digest_at)
            case Destination.MORNING:
                raise NoSuchDestination(
                    "The bot does not know your morning yet: press Start and set it up."
                )
        raise NoSuchDestination(
            "No digest is ahead: press Start and set the bot up, or end the pause."
        )

    async def move_to(self, destination: datetime) -> MoveResult:
        """Move to an instant, through everything that is due before it."""
        async with self._exclusive_move(destination):
            result = await self._step_towards(destination, lambda: False)
            if result is MoveResult.NOTHING_DUE:
                self._set(max(destination, self._clock.now()))
                is_idle = await self.wait_until_idle()
                result = MoveResult.REACHED if is_idle else MoveResult.STUCK
        return result

    async def move_until(self, is_met: Callable[[], bool], at_latest: datetime) -> MoveResult:
        """Move from one due instant to the next until `is_met()`.

        If nothing more is due before `at_latest`, the clock stays at the last due instant.
        """
        async with self._exclusive_move(at_latest):
            return await self._step_towards(at_latest, is_met)

    def stop(self) -> None:
        """End the current move at the instant that it has reached."""
        self._is_stopped = True

    async def wait_until_idle(self) -> bool:
        """Wait until the bot is idle; return False after IDLE_TIMEOUT."""
        is_idle, _ = await self._wait_until_idle()
        return is_idle

    async def run(self) -> None:
        """Let the clock run `speed` times as fast as real time, until cancelled."""
        checked_at = boot_time()
        while True:
            await asyncio.sleep(SPEED_INTERVAL)
            # Limited: on a machine that is too slow for the speed, the clock runs slower instead of
            # jumping ever further.
            elapsed = min(boot_time() - checked_at, 2 * SPEED_INTERVAL)
            checked_at = boot_time()
            if self.speed > 1 and not self._lock.locked():
                # In `elapsed` seconds the clock has advanced by as much without help.
                faster_by = min(self.speed, MAX_SPEED) - 1
                await self._advance(timedelta(seconds=elapsed * faster_by))

    async def _advance(self, duration: timedelta) -> None:
        async with self._lock:
            destination = self._clock.now() + duration
            result = await self._step_towards(destination, lambda: self.speed <= 1)
            if result is MoveResult.NOTHING_DUE:
                self._set(max(destination, self._clock.now()))

    async def _step_towards(self, destination: datetime, is_met: Callable[[], bool]) -> MoveResult:
        """Set the clock to one due instant after the other, up to `destination`."""
        while True:
            is_idle, next_due_at = await self._wait_until_idle()
            if not is_idle:
                return MoveResult.STUCK
            if is_met():
                return MoveResult.MET
            if self._is_stopped:
                return MoveResult.STOPPED
            if next_due_at is None or next_due_at > destination:
                return MoveResult.NOTHING_DUE
            self._set(next_due_at)

    async def _wait_until_idle(self) -> tuple[bool, datetime | None]:
        """Whether the bot became idle within IDLE_TIMEOUT, and when its next work is due."""
        deadline = boot_time() + IDLE_TIMEOUT
        while boot_time() < deadline:
            if not self._is_busy():
                next_due_at = await self._bot.next_due_at()
                is_due = next_due_at is not None and next_due_at <= self._clock.now()
                # Checked again: work may have begun while the database was read.
                if not is_due and not self._is_busy():
                    return True, next_due_at
                self._bot.wake()
            await asyncio.sleep(IDLE_CHECK_INTERVAL)
        return False, None

    def _is_busy(self) -> bool:
        return bool(self._updates.pending) or not self._bot.is_idle

    def _set(self, instant: datetime) -> None:
        if instant > self._clock.now():
            Clock.move(self._file, instant - machine_time())
        self._bot.wake()
        self.on_change()

    @asynccontextmanager
    async def _exclusive_move(self, destination: datetime) -> AsyncIterator[None]:
        """Hold the lock and publish the progress of one move."""
        async with self._lock:
            self._is_stopped = False
            self.progress = Progress(self._clock.now(), destination)
            self.on_change()
            try:
                yield
            finally:
                self.progress = None
                self.on_change()


def _newest_id_from_bot(person: Person) -> int:
    return max((each.message_id for each in person.messages if each.from_bot), default=0)

"""Moving the time of day of a demo, so that everything in between happens, and in its order.

    at rest ─▶ to the next instant at which anything is due ─▶ at rest ─▶ … ─▶ the destination

A clock that jumped a week would make the bot late for a hundred questions: it would ask the latest
of each habit and call the rest misfired, as after a downtime. So the clock goes from one due
instant to the next and waits there until the bot is at rest: nothing due, nothing under way, every
update confirmed.

Only the wall clock moves, and only forward; timers run truly. Set back, the bot would have planned
and told what is ahead already, and would look dead until that time has come again.
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

IDLE_CHECK_INTERVAL = 0.001  # seconds, while something is under way
IDLE_TIMEOUT = 20.0  # seconds; a bot that is not at rest by then is not waited for
SPEED_INTERVAL = 0.1
MAX_SPEED = 86_400.0
# How far "next message" looks for one.
NEXT_MESSAGE_LIMIT = timedelta(days=8)


class NoSuchDestination(Exception):
    """There is no such instant ahead; the text says why, to the person at the page."""


class Destination(StrEnum):
    """Where a person may want to go."""

    NEXT = "next"
    HOUR = "hour"
    MORNING = "morning"
    DIGEST = "digest"


class UpcomingTimes(NamedTuple):
    """What one person's clock can be moved to; None where there is no such instant for them."""

    zone: str | None
    morning_at: datetime | None
    digest_at: datetime | None


class Bot(Protocol):
    """What is asked of the bot whose time is moved."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        ...

    async def next_due_at(self) -> datetime | None:
        """The next instant at which anything is due; in the past while something is due now."""
        ...

    def wake(self) -> None:
        """Do at once what was due by now when last asked for."""
        ...

    async def upcoming_times(self, person_id: int) -> UpcomingTimes: ...


class MoveResult(StrEnum):
    """How a move ended."""

    REACHED = "reached"
    MET = "met"
    STOPPED = "stopped"
    NOTHING_DUE = "nothing due"
    STUCK = "stuck"


class Progress(NamedTuple):
    """A move that is under way."""

    began_at: datetime
    destination: datetime


class ClockMover:
    """Moves the clock that `file` holds. on_change: called whenever the time was moved, or a
    move begins or ends.
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
        """Go where `destination` lies for this person; raises NoSuchDestination."""
        now, upcoming = self._clock.now(), await self.upcoming_times(person)
        match destination:
            case Destination.NEXT:
                before = _last_of_bot(person)
                return await self.move_until(
                    lambda: _last_of_bot(person) > before, now + NEXT_MESSAGE_LIMIT
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
        """Go to an instant, through all that is due until then."""
        async with self._exclusive_move(destination):
            result = await self._step_towards(destination, lambda: False)
            if result is MoveResult.NOTHING_DUE:
                self._set(max(destination, self._clock.now()))
                result = MoveResult.REACHED if await self.wait_until_idle() else MoveResult.STUCK
        return result

    async def move_until(self, is_met: Callable[[], bool], at_latest: datetime) -> MoveResult:
        """Go from one due instant to the next until `is_met()`; where nothing more is due, stay
        there.
        """
        async with self._exclusive_move(at_latest):
            return await self._step_towards(at_latest, is_met)

    def stop(self) -> None:
        """End the move that is under way, at the instant it has reached."""
        self._is_stopped = True

    async def wait_until_idle(self) -> bool:
        """Wait until the bot is at rest; False where it is not within a while."""
        is_idle, _ = await self._wait_until_idle()
        return is_idle

    async def run(self) -> None:
        """Let time run `speed` times faster, for as long as this runs; a slow machine makes it
        slower.
        """
        looked_at = boot_time()
        while True:
            await asyncio.sleep(SPEED_INTERVAL)
            elapsed, looked_at = min(boot_time() - looked_at, 2 * SPEED_INTERVAL), boot_time()
            if self.speed > 1 and not self._lock.locked():
                ahead = timedelta(seconds=elapsed * (min(self.speed, MAX_SPEED) - 1))
                async with self._lock:
                    destination = self._clock.now() + ahead
                    if (
                        await self._step_towards(destination, lambda: self.speed <= 1)
                        is MoveResult.NOTHING_DUE
                    ):
                        self._set(max(destination, self._clock.now()))

    async def _step_towards(self, destination: datetime, is_met: Callable[[], bool]) -> MoveResult:
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
        """Whether the bot came to rest within a while, and what is due next."""
        deadline = boot_time() + IDLE_TIMEOUT
        while boot_time() < deadline:
            if not self._is_busy():
                next_due_at = await self._bot.next_due_at()
                # Asked again: the look at the table took a moment.
                if (next_due_at is None or next_due_at > self._clock.now()) and not self._is_busy():
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
        """One move at a time; who comes second waits for the first."""
        async with self._lock:
            self._is_stopped = False
            self.progress = Progress(self._clock.now(), destination)
            self.on_change()
            try:
                yield
            finally:
                self.progress = None
                self.on_change()


def _last_of_bot(person: Person) -> int:
    return max((each.message_id for each in person.messages if each.from_bot), default=0)

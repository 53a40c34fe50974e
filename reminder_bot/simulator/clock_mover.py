"""Moving the time of day of a demo, so that everything in between happens, and in its order.

    at rest ─▶ to the next instant at which anything is due ─▶ at rest ─▶ … ─▶ the goal

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

__all__ = ["FASTEST", "Arrival", "Bearings", "Bot", "Goal", "Mover", "NoSuchGoal", "Progress"]

LOOK_EVERY = 0.001  # seconds, while something is under way
LONGEST_UNREST = 20.0  # seconds; a bot that is not at rest by then is not waited for
SPEED_EVERY = 0.1
FASTEST = 86_400.0
# How far "next message" looks for one.
LOOKS_AHEAD = timedelta(days=8)


class NoSuchGoal(Exception):
    """There is no such instant ahead; the text says why, to the person at the page."""


class Goal(StrEnum):
    """Where a person may want to go."""

    NEXT = "next"
    HOUR = "hour"
    MORNING = "morning"
    DIGEST = "digest"


class Bearings(NamedTuple):
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

    async def next_at(self) -> datetime | None:
        """The next instant at which anything is due; in the past while something is due now."""
        ...

    def wake(self) -> None:
        """Do at once what was due by now when last asked for."""
        ...

    async def bearings(self, person_id: int) -> Bearings: ...


class Arrival(StrEnum):
    """How a move ended."""

    REACHED = "reached"
    MET = "met"
    STOPPED = "stopped"
    NOTHING_DUE = "nothing due"
    STUCK = "stuck"


class Progress(NamedTuple):
    """A move that is under way."""

    began_at: datetime
    goal: datetime


class Mover:
    """Moves the clock that `file` holds. on_change: called whenever the time was moved, or a
    move begins or ends.
    """

    def __init__(self, clock: Clock, file: Path, bot: Bot, updates: Updates) -> None:
        self._clock = clock
        self._file = file
        self._bot = bot
        self._updates = updates
        self._turn = asyncio.Lock()
        self._is_stopped = False
        self.speed = 1.0
        self.progress: Progress | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def is_moving(self) -> bool:
        return self.progress is not None

    async def bearings(self, person: Person) -> Bearings:
        return await self._bot.bearings(person.id)

    async def go(self, person: Person, goal: Goal) -> Arrival:
        """Go where `goal` lies for this person; raises NoSuchGoal."""
        now, bearings = self._clock.now(), await self.bearings(person)
        match goal:
            case Goal.NEXT:
                before = _last_of_bot(person)
                return await self.move_until(
                    lambda: _last_of_bot(person) > before, now + LOOKS_AHEAD
                )
            case Goal.HOUR:
                return await self.move_to(now + timedelta(hours=1))
            case Goal.MORNING if bearings.morning_at is not None:
                return await self.move_to(bearings.morning_at)
            case Goal.DIGEST if bearings.digest_at is not None:
                return await self.move_to(bearings.digest_at)
            case Goal.MORNING:
                raise NoSuchGoal(
                    "The bot does not know your morning yet: press Start and set it up."
                )
        raise NoSuchGoal("No digest is ahead: press Start and set the bot up, or end the pause.")

    async def move_to(self, goal: datetime) -> Arrival:
        """Go to an instant, through all that is due until then."""
        async with self._under_way(goal):
            arrival = await self._walk(goal, lambda: False)
            if arrival is Arrival.NOTHING_DUE:
                self._set(max(goal, self._clock.now()))
                arrival = Arrival.REACHED if await self.rest() else Arrival.STUCK
        return arrival

    async def move_until(self, is_met: Callable[[], bool], at_latest: datetime) -> Arrival:
        """Go from one due instant to the next until `is_met()`; where nothing more is due, stay
        there.
        """
        async with self._under_way(at_latest):
            return await self._walk(at_latest, is_met)

    def stop(self) -> None:
        """End the move that is under way, at the instant it has reached."""
        self._is_stopped = True

    async def rest(self) -> bool:
        """Wait until the bot is at rest; False where it is not within a while."""
        is_at_rest, _ = await self._rest()
        return is_at_rest

    async def run(self) -> None:
        """Let time run `speed` times faster, for as long as this runs; a slow machine makes it
        slower.
        """
        looked_at = boot_time()
        while True:
            await asyncio.sleep(SPEED_EVERY)
            elapsed, looked_at = min(boot_time() - looked_at, 2 * SPEED_EVERY), boot_time()
            if self.speed > 1 and not self._turn.locked():
                ahead = timedelta(seconds=elapsed * (min(self.speed, FASTEST) - 1))
                async with self._turn:
                    goal = self._clock.now() + ahead
                    if await self._walk(goal, lambda: self.speed <= 1) is Arrival.NOTHING_DUE:
                        self._set(max(goal, self._clock.now()))

    async def _walk(self, goal: datetime, is_met: Callable[[], bool]) -> Arrival:
        while True:
            is_at_rest, next_at = await self._rest()
            if not is_at_rest:
                return Arrival.STUCK
            if is_met():
                return Arrival.MET
            if self._is_stopped:
                return Arrival.STOPPED
            if next_at is None or next_at > goal:
                return Arrival.NOTHING_DUE
            self._set(next_at)

    async def _rest(self) -> tuple[bool, datetime | None]:
        """Whether the bot came to rest within a while, and what is due next."""
        deadline = boot_time() + LONGEST_UNREST
        while boot_time() < deadline:
            if not self._is_under_way():
                next_at = await self._bot.next_at()
                # Asked again: the look at the table took a moment.
                if (next_at is None or next_at > self._clock.now()) and not self._is_under_way():
                    return True, next_at
                self._bot.wake()
            await asyncio.sleep(LOOK_EVERY)
        return False, None

    def _is_under_way(self) -> bool:
        return bool(self._updates.pending) or not self._bot.is_idle

    def _set(self, instant: datetime) -> None:
        if instant > self._clock.now():
            Clock.move(self._file, instant - machine_time())
        self._bot.wake()
        self.on_change()

    @asynccontextmanager
    async def _under_way(self, goal: datetime) -> AsyncIterator[None]:
        """One move at a time; who comes second waits for the first."""
        async with self._turn:
            self._is_stopped = False
            self.progress = Progress(self._clock.now(), goal)
            self.on_change()
            try:
                yield
            finally:
                self.progress = None
                self.on_change()


def _last_of_bot(person: Person) -> int:
    return max((each.message_id for each in person.messages if each.from_bot), default=0)

"""When the next message may leave: a process's own count, or what replicas on one database share.

Shared turns are taken a tenth of a second's worth at a time and never more than somebody waits for.
A process that is slower than the rate would let turns go unused which another could have: it takes
half as many after each loss, and twice as many again while it uses all of them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from reminder_bot.domain.send_rate import AT_ONCE, SendRate, free_permits
from reminder_bot.storage.database import is_away
from reminder_bot.storage.shared_rate import ReservedPermits

__all__ = ["WITHOUT_DATABASE", "LocalPermits", "PermitSource", "Reserve", "SharedPermits"]

log = logging.getLogger(__name__)

STRETCH = 0.1  # seconds of turns that are taken at once from what replicas share
STALE_AFTER = 0.03  # a turn not used by then is gone: `every` leaves room for as much, and no more
LONGEST_AHEAD = 1.0  # seconds that turns are taken ahead where the database takes long to commit
WITHOUT_DATABASE = 1.0  # seconds until it is asked again

# So many turns, at which pace, and how many seconds ahead at least.
Reserve = Callable[[int, SendRate, float], Awaitable[ReservedPermits]]


class PermitSource(Protocol):
    """Instants are the loop's."""

    def next_at(self, now: float, pace: SendRate, waiting: int) -> float | None:
        """When the next turn is; None where it is being found out, which is told when it is."""

    def use(self, now: float, pace: SendRate) -> bool:
        """Use up the next turn; whether it is within the free rate."""

    async def close(self) -> None: ...


class LocalPermits:
    """Of a process that has the token for itself."""

    def __init__(self) -> None:
        # Where the next turn, and the next unpaid one, falls when they come evenly.
        self._even_at = 0.0
        self._free_at = 0.0

    def next_at(self, now: float, pace: SendRate, waiting: int) -> float | None:
        slack = (max(AT_ONCE, pace.rate // 20) - 1) / pace.rate
        return self._even_at - slack

    def use(self, now: float, pace: SendRate) -> bool:
        self._even_at = max(self._even_at, now) + 1 / pace.rate
        (is_free,), free_in = free_permits(self._free_at - now, 1, pace)
        self._free_at = now + free_in
        return is_free

    async def close(self) -> None: ...


class SharedPermits:
    """Of one of several replicas.

    on_more: told in how many seconds to look again; on_halt: for how many seconds nobody may send.
    """

    def __init__(
        self, reserve: Reserve, on_more: Callable[[float], None], on_halt: Callable[[float], None]
    ) -> None:
        self._reserve = reserve
        self._on_more = on_more
        self._on_halt = on_halt
        self._turns: deque[tuple[float, bool]] = deque()
        self._at_a_time: int | None = None  # as many as the pace allows
        self._is_losing = False
        self._ahead = 0.0
        self._reserving: asyncio.Task[None] | None = None

    def next_at(self, now: float, pace: SendRate, waiting: int) -> float | None:
        while self._turns and self._turns[0][0] < now - STALE_AFTER:
            self._turns.popleft()
            self._is_losing = True
        if self._turns:
            return self._turns[0][0]
        if self._reserving is None:
            self._adapt(max(1, round(STRETCH * pace.rate)))
            self._reserving = asyncio.create_task(self._reserve_more(pace, waiting))
        return None

    def use(self, now: float, pace: SendRate) -> bool:
        return self._turns.popleft()[1]

    async def close(self) -> None:
        if self._reserving is not None:
            self._reserving.cancel()
            await asyncio.gather(self._reserving, return_exceptions=True)

    def _adapt(self, most: int) -> None:
        """Take more or fewer at once, by what became of the last ones."""
        last = most if self._at_a_time is None else self._at_a_time
        self._at_a_time = min(max(1, last // 2 if self._is_losing else last * 2), most)
        self._is_losing = False

    async def _reserve_more(self, pace: SendRate, waiting: int) -> None:
        assert self._at_a_time is not None
        wait = 0.0
        try:
            stretch = await self._reserve(min(waiting, self._at_a_time), pace, self._ahead)
        except Exception as error:
            if not is_away(error):
                log.error("no turn can be reserved: %s", type(error).__name__, exc_info=error)
            wait = WITHOUT_DATABASE
        else:
            late = asyncio.get_running_loop().time() - stretch.starts_at + self._ahead
            self._ahead = min(late, LONGEST_AHEAD) if late > STALE_AFTER / 2 else 0.0
            for number, is_free in enumerate(stretch.are_free):
                self._turns.append((stretch.starts_at + number * pace.every, is_free))
            if stretch.halted_for > 0:
                self._on_halt(stretch.halted_for)
        finally:
            self._reserving = None
        self._on_more(wait)

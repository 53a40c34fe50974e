"""When the next message may leave, by a rate of this process or one that replicas share.

`LocalPermits` is for a process that uses the token alone: permits come evenly, and a few may be
used before they are due.

`SharedPermits` reserves permits of the shared rate in the database, those of a tenth of a second at
a time and never more than there are waiters:

    none in hand ──▶ reserving ──▶ in hand ── used within 0.03 s ──▶ none in hand
         ▲              │             └────── not used in time: lost ──▶ none in hand
         │              ├─ the database is away: tried again after a second
         └──────────────┴─ Telegram has halted another replica: the rate limiter is told

A process that sends more slowly than the rate would lose permits that another replica could use. So
it halves the size of its batches after a loss, and doubles it again while it uses all of them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from reminder_bot.domain.send_rate import AT_ONCE, SendRate, free_permits
from reminder_bot.storage.database import is_away
from reminder_bot.storage.shared_rate import ReservedPermits

__all__ = ["RETRY_DATABASE_AFTER", "LocalPermits", "PermitSource", "Reserve", "SharedPermits"]

log = logging.getLogger(__name__)

# All in seconds.
BATCH = 0.1  # how much time the permits of one reservation cover
# A permit that is not used for this long is lost. Later it would be used at the same time as the
# next ones, and `SendRate.every` leaves room for no more than this.
STALE_AFTER = 0.03
HIGHEST_AHEAD = 1.0  # how far ahead permits are reserved, at most, if commits are slow
RETRY_DATABASE_AFTER = 1.0

# Takes the number of permits, the rate, and how many seconds from now the first may be at the
# earliest.
Reserve = Callable[[int, SendRate, float], Awaitable[ReservedPermits]]


class PermitSource(Protocol):
    """All instants are event-loop time (`loop.time()`)."""

    @property
    def has_permits(self) -> bool:
        """Whether the next permit need not be reserved first."""

    def next_at(self, now: float, send_rate: SendRate, waiting: int) -> float | None:
        """When the next permit may be used; None while permits are being reserved."""

    def use(self, now: float, send_rate: SendRate) -> bool:
        """Use the next permit; returns whether it is within the free rate."""

    async def close(self) -> None: ...


class LocalPermits:
    def __init__(self) -> None:
        # When the next permit and the next free permit are due if they come evenly.
        self._due_at = 0.0
        self._free_due_at = 0.0

    @property
    def has_permits(self) -> bool:
        return True

    def next_at(self, now: float, send_rate: SendRate, waiting: int) -> float | None:
        at_once = max(AT_ONCE, send_rate.rate // 20)
        return self._due_at - (at_once - 1) / send_rate.rate

    def use(self, now: float, send_rate: SendRate) -> bool:
        self._due_at = max(self._due_at, now) + 1 / send_rate.rate
        (is_free,), free_in = free_permits(self._free_due_at - now, 1, send_rate)
        self._free_due_at = now + free_in
        return is_free

    async def close(self) -> None:
        """There is nothing to close."""


class _Reserved(NamedTuple):
    at: float
    is_free: bool


class SharedPermits:
    """Permits of the rate that all replicas on one database share.

    on_more: called when permits may be available, with the number of seconds until then.
    on_halt: called with the number of seconds for which nothing may be sent.
    """

    def __init__(
        self, reserve: Reserve, on_more: Callable[[float], None], on_halt: Callable[[float], None]
    ) -> None:
        self._reserve = reserve
        self._on_more = on_more
        self._on_halt = on_halt
        self._in_hand: deque[_Reserved] = deque()
        self._batch_size: int | None = None  # None: none has been reserved yet
        self._has_lost = False
        self._ahead = 0.0
        self._reserving: asyncio.Task[None] | None = None

    @property
    def has_permits(self) -> bool:
        return bool(self._in_hand)

    def next_at(self, now: float, send_rate: SendRate, waiting: int) -> float | None:
        self._drop_stale(now)
        if self._in_hand:
            return self._in_hand[0].at
        if self._reserving is None:
            size = self._next_batch_size(send_rate)
            self._reserving = asyncio.create_task(
                self._reserve_batch(min(waiting, size), send_rate)
            )
        return None

    def use(self, now: float, send_rate: SendRate) -> bool:
        return self._in_hand.popleft().is_free

    async def close(self) -> None:
        if self._reserving is not None:
            self._reserving.cancel()
            await asyncio.gather(self._reserving, return_exceptions=True)

    def _drop_stale(self, now: float) -> None:
        while self._in_hand and self._in_hand[0].at < now - STALE_AFTER:
            self._in_hand.popleft()
            self._has_lost = True

    def _next_batch_size(self, send_rate: SendRate) -> int:
        """Half of the last size after a loss, otherwise twice as much, up to BATCH."""
        highest = max(1, round(BATCH * send_rate.rate))
        last = highest if self._batch_size is None else self._batch_size
        wanted = max(1, last // 2) if self._has_lost else last * 2
        self._has_lost = False
        self._batch_size = min(wanted, highest)
        return self._batch_size

    async def _reserve_batch(self, count: int, send_rate: SendRate) -> None:
        look_again_in = 0.0
        try:
            self._accept(await self._reserve(count, send_rate, self._ahead), send_rate)
        except Exception as error:
            if not is_away(error):
                log.error("permit_not_reserved", exc_info=error, extra={"reason": error})
            look_again_in = RETRY_DATABASE_AFTER
        finally:
            self._reserving = None
        self._on_more(look_again_in)

    def _accept(self, reserved: ReservedPermits, send_rate: SendRate) -> None:
        # How long the commit took. Permits whose time has passed by then are lost, so the next ones
        # are reserved that much further ahead.
        took = asyncio.get_running_loop().time() - reserved.starts_at + self._ahead
        self._ahead = min(took, HIGHEST_AHEAD) if took > STALE_AFTER / 2 else 0.0
        self._in_hand.extend(
            _Reserved(reserved.starts_at + number * send_rate.every, is_free)
            for number, is_free in enumerate(reserved.are_free)
        )
        if reserved.halted_for > 0:
            self._on_halt(reserved.halted_for)

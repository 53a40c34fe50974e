"""The one way out: everything that is sent passes here and keeps Telegram's limits.

Telegram takes about 30 messages a second from a bot and about one a second in a chat. A turn is given by
rank: replies to people first, then reminders, digests last, tidying after that; one busy chat is passed
over and holds up nobody. Turns come evenly, not a second's worth at once: on its way to Telegram one burst
is squeezed together with the next. After a 429 nobody passes until the deadline. A waiter looks at the deadline and
at the window anew when it is its turn: no crowd leaves at once when a halt ends.
"""

import asyncio
import heapq
import itertools
from collections import deque
from datetime import datetime, timedelta
from enum import IntEnum

from reminder_bot.clock import Clock

__all__ = ["Gate", "Rank"]

# A hair over a second: what leaves in any sliding second stays within the rate also by the receiver's clock.
WINDOW = 1.01
CHAT_INTERVAL = 1.0
AT_ONCE = 3


class Rank(IntEnum):
    REPLY = 0
    REMINDER = 1
    DIGEST = 2
    TIDYING = 3


class Gate:
    """Gives turns; `rate` is how many leave in any sliding second.

    clock: one that is moved from outside; with it a chat's second is over when that clock says so, so that a
    moved day does not take its messages' seconds in true time.
    """

    def __init__(self, rate: int = 30, clock: Clock | None = None) -> None:
        self._rate = rate
        self._clock = clock
        self._released: deque[float] = deque(maxlen=rate)
        self._waiting: list[tuple[int, int, asyncio.Future[bool], int | None, bool]] = []
        self._order = itertools.count()
        self._chat_free_at: dict[int, float] = {}
        self._wall_free_at: dict[int, datetime] = {}
        self._halted_until = 0.0
        # Where the next turn falls when they come evenly, and how far ahead of it some may leave together.
        self._even_at = 0.0
        self._slack = (max(AT_ONCE, rate // 20) - 1) / rate
        self._is_closing = False
        self._pump: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def turn(self, rank: Rank, chat_id: int | None = None, *, waits_out_halt: bool = True) -> bool:
        """Wait for a turn; `chat_id` where the chat's own limit counts too (a message the bot starts by itself).

        False: turned away, because the process is to stop, or during a halt where `waits_out_halt` is False:
        what is claimed would outlive its lease here.
        """
        if (self._is_closing and rank > Rank.REPLY) or (not waits_out_halt and self.halted_for > 0):
            return False
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._give_turns())
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), future, chat_id, waits_out_halt))
        self._changed.set()
        return await future

    async def no_halt(self) -> None:
        """Wait only for the end of a halt: for what Telegram does not count, like the answer to a tap."""
        if (wait := self.halted_for) > 0:
            await asyncio.sleep(wait)
            await self.no_halt()

    def halt(self, seconds: float) -> None:
        """Let nobody pass for so long; a longer halt in force stays."""
        self._halted_until = max(self._halted_until, asyncio.get_running_loop().time() + seconds)
        for _, _, future, _, waits in self._waiting:
            if not waits and not future.done():
                future.set_result(False)
        self._changed.set()

    def lift(self) -> None:
        self._halted_until = 0.0
        self._changed.set()

    @property
    def halted_for(self) -> float:
        """Seconds left of a halt; 0 where there is none."""
        return max(0.0, self._halted_until - asyncio.get_running_loop().time())

    def turn_away(self) -> None:
        """From now on only replies to people get a turn; all others are told at once that they get none."""
        self._is_closing = True
        for rank, _, future, _, _ in self._waiting:
            if rank > Rank.REPLY and not future.done():
                future.set_result(False)
        self._changed.set()

    async def close(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        for _, _, future, _, _ in self._waiting:
            future.cancel()

    async def _give_turns(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            wait = self._give_one(loop.time())
            if wait is None:
                await self._changed.wait()
            elif wait > 0:
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
                except TimeoutError:
                    pass

    def _give_one(self, now: float) -> float | None:
        """Give the best waiter its turn and return 0, or how long nobody may pass; None where nobody waits."""
        while self._waiting and self._waiting[0][2].done():  # gave up
            heapq.heappop(self._waiting)
        if not self._waiting:
            return None
        closed_for = max(self._halted_until, self._even_at - self._slack) - now
        if len(self._released) == self._rate:
            closed_for = max(closed_for, self._released[0] + WINDOW - now)
        if closed_for > 0:
            return closed_for
        passed_over = []
        soonest = float("inf")
        while self._waiting:
            waiter = heapq.heappop(self._waiting)
            _, _, future, chat_id, _ = waiter
            if future.done():
                continue
            busy_for = self._busy_for(chat_id, now) if chat_id is not None else 0.0
            if busy_for <= 0:
                self._release(future, chat_id, now)
                soonest = 0.0
                break
            passed_over.append(waiter)
            soonest = min(soonest, busy_for)
        for waiter in passed_over:
            heapq.heappush(self._waiting, waiter)
        return soonest if soonest != float("inf") else None

    def _busy_for(self, chat_id: int, now: float) -> float:
        busy_for = self._chat_free_at.get(chat_id, 0.0) - now
        if self._clock is not None and chat_id in self._wall_free_at:
            busy_for = min(busy_for, (self._wall_free_at[chat_id] - self._clock.now()).total_seconds())
        return busy_for

    def _release(self, future: "asyncio.Future[bool]", chat_id: int | None, now: float) -> None:
        self._released.append(now)
        self._even_at = max(self._even_at, now) + 1 / self._rate
        if chat_id is not None:
            if len(self._chat_free_at) > 4 * self._rate:
                self._chat_free_at = {chat: at for chat, at in self._chat_free_at.items() if at > now}
            self._chat_free_at[chat_id] = now + CHAT_INTERVAL
            if self._clock is not None:
                self._wall_free_at[chat_id] = self._clock.now() + timedelta(seconds=CHAT_INTERVAL)
        future.set_result(True)

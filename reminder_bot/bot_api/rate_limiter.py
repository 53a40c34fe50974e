"""The one way out: everything that is sent passes here and keeps Telegram's limits.

A turn is given by priority: replies to people first, then reminders, digests last, tidying after that;
one busy chat is passed over and holds up nobody. Turns come evenly (domain.send_rate), and no sliding
second sees more than the rate. After a 429 nobody passes until the deadline. A waiter looks at the
deadline and at the window anew when it is its
turn: no crowd leaves at once when a halt ends.

Replicas on one database share the token's rate and its halts (bot_api.permits); each one's own window
holds as well.
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum

from reminder_bot.bot_api.permits import LocalPermits, PermitSource, Reserve, SharedPermits
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import SendRate

__all__ = ["UNPAID_FOR", "Permit", "Priority", "RateLimiter"]

# A hair over a second: what leaves in any sliding second stays within the rate also by the
# receiver's clock.
WINDOW = 1.02
CHAT_INTERVAL = 1.0
UNPAID_FOR = 600.0
# Seconds between two looks whether a send that waits is still wanted; far less than a lease.
LOOK_EVERY = 5.0


class Priority(IntEnum):
    REPLY = 0
    REMINDER = 1
    DIGEST = 2
    TIDYING = 3


class Permit(IntEnum):
    """What who waited is told. PAID: it goes beyond the free rate, and the call must say that it
    is paid for.
    """

    DENIED = 0
    FREE = 1
    PAID = 2


class RateLimiter:
    """Gives turns at a pace.

    reserve: takes turns from what replicas share; None where this process has the token for itself.
    clock: one that is moved from outside; with it a chat's second is over when that clock says so,
    so that a moved day does not take its messages' seconds in true time.
    """

    def __init__(
        self,
        pace: SendRate = SendRate(),  # noqa: B008  (a value)
        clock: Clock | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._pace = self._full_pace = pace
        self._clock = clock
        self._turns: PermitSource = (
            LocalPermits()
            if reserve is None
            else SharedPermits(reserve, on_more=self._serve_in, on_halt=self.halt)
        )
        self._released: deque[float] = deque(maxlen=pace.rate)
        self._waiting: list[tuple[int, int, asyncio.Future[Permit], int | None, bool]] = []
        self._order = itertools.count()
        self._chat_free_at: dict[int, float] = {}
        self._wall_free_at: dict[int, datetime] = {}
        self._halted_until = 0.0
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._serves_at = 0.0

    async def acquire(
        self,
        priority: Priority,
        chat_id: int | None = None,
        *,
        waits_out_halt: bool = True,
        is_wanted: Callable[[], bool] | None = None,
    ) -> Permit:
        """Wait for a turn; `chat_id` where the chat's own limit counts too (a message the bot
        starts by itself).

        DENIED: the process is to stop, or a halt is in force and `waits_out_halt` is False, or
        `is_wanted()` became false: what is claimed would outlive its lease here.
        """
        if (self._is_closing and priority > Priority.REPLY) or (
            not waits_out_halt and self.halted_for > 0
        ):
            return Permit.DENIED
        future: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        heapq.heappush(
            self._waiting, (priority, next(self._order), future, chat_id, waits_out_halt)
        )
        self._serve_in(0)
        try:
            while is_wanted is not None and not future.done():
                await asyncio.wait([future], timeout=LOOK_EVERY)
                if not future.done() and not is_wanted():
                    future.set_result(Permit.DENIED)
            return await future
        except asyncio.CancelledError:
            future.cancel()
            raise

    async def wait_out_halt(self) -> None:
        """Wait only for the end of a halt: for what Telegram does not count, like the answer to
        a tap.
        """
        if (wait := self.halted_for) > 0:
            await asyncio.sleep(wait)
            await self.wait_out_halt()

    def halt(self, seconds: float) -> None:
        """Let nobody pass for so long; a longer halt in force stays."""
        self._halted_until = max(self._halted_until, asyncio.get_running_loop().time() + seconds)
        for _, _, future, _, waits in self._waiting:
            if not waits and not future.done():
                future.set_result(Permit.DENIED)
        self._serve_in(0)

    def lift(self) -> None:
        self._halted_until = 0.0
        self._serve_in(0)

    @property
    def halted_for(self) -> float:
        """Seconds left of a halt; 0 where there is none."""
        return max(0.0, self._halted_until - asyncio.get_running_loop().time())

    def use_free_rate(self) -> None:
        """Telegram did not take the payment: keep to the free rate for ten minutes."""
        self._change_pace(SendRate())
        asyncio.get_running_loop().call_later(UNPAID_FOR, self._change_pace, self._full_pace)

    def refuse_all_but_replies(self) -> None:
        """From now on only replies to people get a turn; all others are told at once that they
        get none.
        """
        self._is_closing = True
        for priority, _, future, _, _ in self._waiting:
            if priority > Priority.REPLY and not future.done():
                future.set_result(Permit.DENIED)
        self._serve_in(0)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._turns.close()
        for _, _, future, _, _ in self._waiting:
            future.cancel()

    def _change_pace(self, pace: SendRate) -> None:
        self._pace = pace
        self._released = deque(self._released, maxlen=pace.rate)

    def _serve_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._timer is not None:
            if self._serves_at <= at:
                return
            self._timer.cancel()
        self._timer, self._serves_at = loop.call_at(at, self._serve), at

    def _serve(self) -> None:
        """Give turns to all who may leave now, and come back when the next may."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        while True:
            while self._waiting and self._waiting[0][2].done():  # gave up
                heapq.heappop(self._waiting)
            if not self._waiting:
                return
            wait = self._closed_for(now)
            if wait is not None and wait <= 0:
                wait = self._give_one(now)
            if wait is None:
                return
            if wait > 0:
                self._serve_in(wait)
                return

    def _closed_for(self, now: float) -> float | None:
        """How long nobody may pass; None where that is being found out: then it is looked at
        again.
        """
        opens_at = self._halted_until
        if len(self._released) == self._pace.rate:
            opens_at = max(opens_at, self._released[0] + WINDOW)
        if opens_at > now:
            return opens_at - now
        turn_at = self._turns.next_at(now, self._pace, len(self._waiting))
        return None if turn_at is None else turn_at - now

    def _give_one(self, now: float) -> float | None:
        """Give the best waiter its turn and return 0, or how long all of them must wait for
        their chats.
        """
        passed_over = []
        soonest = None
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
            soonest = busy_for if soonest is None else min(soonest, busy_for)
        for waiter in passed_over:
            heapq.heappush(self._waiting, waiter)
        return soonest

    def _busy_for(self, chat_id: int, now: float) -> float:
        busy_for = self._chat_free_at.get(chat_id, 0.0) - now
        if self._clock is not None and chat_id in self._wall_free_at:
            busy_for = min(
                busy_for, (self._wall_free_at[chat_id] - self._clock.now()).total_seconds()
            )
        return busy_for

    def _release(self, future: "asyncio.Future[Permit]", chat_id: int | None, now: float) -> None:
        self._released.append(now)
        if chat_id is not None:
            if len(self._chat_free_at) > 4 * self._pace.rate:
                self._chat_free_at = {
                    chat: at for chat, at in self._chat_free_at.items() if at > now
                }
            self._chat_free_at[chat_id] = now + CHAT_INTERVAL
            if self._clock is not None:
                self._wall_free_at[chat_id] = self._clock.now() + timedelta(seconds=CHAT_INTERVAL)
        future.set_result(Permit.FREE if self._turns.use(now, self._pace) else Permit.PAID)

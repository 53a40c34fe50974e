"""The rate limiter that every call passes which Telegram counts.

    acquire() ──▶ waiting ──▶ FREE or PAID: the call may leave now
                     │
                     ├─ its chat had a message within a second: passed over, it waits on
                     └─ DENIED: a halt that it would not wait out, or the process stops, or it is
                        not wanted any more

Permits are given by priority: replies to people first, then reminders, then digests, then tidying
up; among equals, first come, first served. A busy chat is passed over and delays nobody else.
Permits come evenly (`domain.send_rate`), and no more calls than the rate leave in any sliding
second. After a 429 nobody gets a permit until the halt ends. Whether the limiter is open is checked
again for each permit, so that no burst leaves when a halt ends.

The sliding second counts a call when it leaves, because Telegram counts it when it arrives. Between
its permit and its connection a call may wait: for a new connection, or, while Telegram answers
slowly, for one to be free. If calls were counted when permitted, all that waited would leave in the
same second as the next ones. So a permit whose call has not left yet takes a place in every second,
and no more calls than the rate ever wait like this.

A server can still count more in a second than left in one: the network, or a server's process that
waits for a processor, hands over at once what arrived over some time. A test that counts at the
local server must allow for that.

Replicas on one database share the token's rate and its halts (`permits`); each one keeps its own
sliding second as well.

All instants are event-loop time (`loop.time()`).
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from reminder_bot.bot_api.permits import LocalPermits, PermitSource, Reserve, SharedPermits
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import SendRate

__all__ = ["FREE_RATE_FOR", "Permit", "Priority", "RateLimiter"]

# All in seconds. The window is a little longer than a second: what leaves in any second of the
# receiver's clock stays within the rate, too.
WINDOW = 1.02
CHAT_INTERVAL = 1.0
FREE_RATE_FOR = 600.0
# Between two looks whether a send that waits is still wanted; far less than a lease.
LOOK_EVERY = 5.0


class Priority(IntEnum):
    REPLY = 0
    REMINDER = 1
    DIGEST = 2
    TIDYING = 3


class Permit(IntEnum):
    """PAID: the call exceeds the free rate and must say that it is paid for."""

    DENIED = 0
    FREE = 1
    PAID = 2


class _Waiter(NamedTuple):
    """Ordered by priority, then by number. chat_id: None where the chat's own limit does not
    count.
    """

    priority: Priority
    number: int
    permit: "asyncio.Future[Permit]"
    chat_id: int | None
    waits_out_halt: bool


class RateLimiter:
    """Gives permits to send.

    reserve: reserves permits of the rate that replicas share; None where this process has the token
    for itself.
    clock: a wall clock that is moved from outside. A chat's second is then over when that clock
    says so, so that a day that is moved through does not take its messages' seconds in real time.
    """

    def __init__(
        self,
        send_rate: SendRate = SendRate(),  # noqa: B008  (a value)
        clock: Clock | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._send_rate = self._configured_rate = send_rate
        self._clock = clock
        self._permits: PermitSource = (
            LocalPermits()
            if reserve is None
            else SharedPermits(reserve, on_more=self._serve_in, on_halt=self.halt)
        )
        # When the calls of the last second left, and how many have a permit and have not left yet.
        self._left_at: deque[float] = deque()
        self._leaving = 0
        self._waits_for_departure = False
        self._waiting: list[_Waiter] = []  # a heap
        self._numbers = itertools.count()
        self._chat_free_at: dict[int, float] = {}
        self._chat_free_at_wall: dict[int, datetime] = {}
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
        notes_departure: bool = False,
    ) -> Permit:
        """Wait for a permit. chat_id: the chat whose own limit counts too, for a message that the
        bot starts by itself.

        DENIED: the process is to stop, or a halt is in force and `waits_out_halt` is False, or
        `is_wanted()` has become false. A claim would outlive its lease while it waits.

        notes_departure: the caller calls `note_departure` once for its permit, when the call leaves
        or is given up. Without it the call counts as left at once.
        """
        if self._is_closing and priority > Priority.REPLY:
            return Permit.DENIED
        if not waits_out_halt and self.halted_for > 0:
            return Permit.DENIED
        given: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(priority, next(self._numbers), given, chat_id, waits_out_halt)
        heapq.heappush(self._waiting, waiter)
        self._serve_in(0)
        try:
            while is_wanted is not None and not given.done():
                await asyncio.wait([given], timeout=LOOK_EVERY)
                if not given.done() and not is_wanted():
                    given.set_result(Permit.DENIED)
            permit = await given
        except asyncio.CancelledError:
            is_given = not given.cancel() and not given.cancelled()
            if is_given and given.result():
                self.note_departure()
            raise
        if permit and not notes_departure:
            self.note_departure()
        return permit

    def note_departure(self) -> None:
        """The call of one permit leaves now, or never will."""
        self._leaving -= 1
        self._left_at.append(asyncio.get_running_loop().time())
        if self._waits_for_departure:
            self._waits_for_departure = False
            self._serve_in(0)

    async def wait_out_halt(self) -> None:
        """Wait only for the end of a halt: for calls that Telegram does not count, like the answer
        to a tap.
        """
        while (seconds := self.halted_for) > 0:  # noqa: ASYNC110  (the end may move)
            await asyncio.sleep(seconds)

    def halt(self, seconds: float) -> None:
        """Give no permit for so long; a longer halt in force stays."""
        self._halted_until = max(self._halted_until, asyncio.get_running_loop().time() + seconds)
        self._deny(waiter for waiter in self._waiting if not waiter.waits_out_halt)
        self._serve_in(0)

    def lift(self) -> None:
        self._halted_until = 0.0
        self._serve_in(0)

    @property
    def halted_for(self) -> float:
        """Seconds left of a halt; 0 where there is none."""
        return max(0.0, self._halted_until - asyncio.get_running_loop().time())

    def use_free_rate(self) -> None:
        """Keep to the free rate for ten minutes: Telegram did not take the payment."""
        self._change_rate(SendRate())
        asyncio.get_running_loop().call_later(
            FREE_RATE_FOR, self._change_rate, self._configured_rate
        )

    def refuse_all_but_replies(self) -> None:
        """From now on only replies to people get a permit; all others are denied at once."""
        self._is_closing = True
        self._deny(waiter for waiter in self._waiting if waiter.priority > Priority.REPLY)
        self._serve_in(0)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._permits.close()
        for waiter in self._waiting:
            waiter.permit.cancel()

    def _change_rate(self, send_rate: SendRate) -> None:
        self._send_rate = send_rate

    @staticmethod
    def _deny(waiters: Iterable[_Waiter]) -> None:
        for waiter in waiters:
            if not waiter.permit.done():
                waiter.permit.set_result(Permit.DENIED)

    # Giving permits

    def _serve_in(self, seconds: float) -> None:
        """Call `_serve` after so long, unless it is to be called before."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._timer is not None:
            if self._serves_at <= at:
                return
            self._timer.cancel()
        self._timer, self._serves_at = loop.call_at(at, self._serve), at

    def _serve(self) -> None:
        """Give a permit to everybody who may have one now, and come back when the next may."""
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._has_waiters():
            wait = self._closed_for(now)
            if wait is None:  # SharedPermits, or a departure, will call `_serve_in`
                return
            if wait <= 0:
                wait = self._give_one(now)
            if wait > 0:
                self._serve_in(wait)
                return

    def _has_waiters(self) -> bool:
        while self._waiting and self._waiting[0].permit.done():  # denied, or given up
            heapq.heappop(self._waiting)
        return bool(self._waiting)

    def _closed_for(self, now: float) -> float | None:
        """Seconds for which nobody gets a permit, not above 0 where the limiter is open; None while
        shared permits are being reserved, or a permitted call must leave first.
        """
        opens_at = self._halted_until
        while self._left_at and self._left_at[0] + WINDOW <= now:
            self._left_at.popleft()
        if self._leaving >= self._send_rate.rate:
            self._waits_for_departure = True
            return None
        excess = len(self._left_at) + self._leaving - self._send_rate.rate
        if excess >= 0:
            opens_at = max(opens_at, self._left_at[excess] + WINDOW)
        if opens_at > now:
            return opens_at - now
        next_at = self._permits.next_at(now, self._send_rate, len(self._waiting))
        return None if next_at is None else next_at - now

    def _give_one(self, now: float) -> float:
        """Give a permit to the first waiter whose chat is free and return 0; else the seconds until
        the first of their chats is.
        """
        passed_over: list[tuple[float, _Waiter]] = []
        try:
            while self._waiting:
                waiter = heapq.heappop(self._waiting)
                if waiter.permit.done():
                    continue
                busy_for = self._busy_for(waiter.chat_id, now)
                if busy_for <= 0:
                    self._give(waiter, now)
                    return 0.0
                passed_over.append((busy_for, waiter))
            return min((busy_for for busy_for, _ in passed_over), default=0.0)
        finally:
            for _, waiter in passed_over:
                heapq.heappush(self._waiting, waiter)

    def _busy_for(self, chat_id: int | None, now: float) -> float:
        """Seconds until a chat may get another message, not above 0 where it may now."""
        if chat_id is None:
            return 0.0
        busy_for = self._chat_free_at.get(chat_id, 0.0) - now
        if self._clock is not None and chat_id in self._chat_free_at_wall:
            by_wall_clock = self._chat_free_at_wall[chat_id] - self._clock.now()
            busy_for = min(busy_for, by_wall_clock.total_seconds())
        return busy_for

    def _give(self, waiter: _Waiter, now: float) -> None:
        self._leaving += 1
        if waiter.chat_id is not None:
            self._note_message(waiter.chat_id, now)
        is_free = self._permits.use(now, self._send_rate)
        waiter.permit.set_result(Permit.FREE if is_free else Permit.PAID)

    def _note_message(self, chat_id: int, now: float) -> None:
        """The chat gets a message now; forget the chats whose second is over, now and then."""
        if len(self._chat_free_at) > 4 * self._send_rate.rate:
            self._chat_free_at = {
                chat: free_at for chat, free_at in self._chat_free_at.items() if free_at > now
            }
        self._chat_free_at[chat_id] = now + CHAT_INTERVAL
        if self._clock is not None:
            self._chat_free_at_wall[chat_id] = self._clock.now() + timedelta(seconds=CHAT_INTERVAL)

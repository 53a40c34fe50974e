"""The rate limiter: every call that Telegram counts passes through it.

    acquire() ──▶ waiting ──▶ FREE or PAID: the call may leave now
                     │
                     ├─ its chat had enough messages for now (`chat_pace`): it is passed over
                     │  and keeps waiting
                     └─ DENIED: a halt that it does not wait out, or the process stops, or the
                        call is no longer wanted

Permits are given by priority: replies to people first, then reminders, then digests, then tidying
up; first come, first served within a priority. A busy chat is passed over and delays nobody else.
Permits come evenly (`domain.send_rate`), and no more calls than the rate leave in any sliding
second. After a 429 its chat gets no permit until the halt ends, and if Telegram means the token,
nobody does. Whether the limiter is open is checked again for each permit, so that no burst leaves
when a halt ends.

The sliding second counts a call when it leaves, because Telegram counts it when it arrives. A call
with a permit may still have to wait for a connection: for a new one, or for a free one while
Telegram answers slowly. If calls were counted when permitted, those that waited would leave in the
same second as the next ones. So a permit whose call has not left yet counts in every second, and
never more calls than the rate wait like this.

A server can still count more calls in a second than left in one: the network, or a server process
that waits for a processor, may deliver at once what was sent over some time. A test that counts at
the local server must allow for that.

Replicas on one database share the token's rate and its halts (`permits`); each one keeps its own
sliding second as well.

All instants are event-loop time (`loop.time()`).
"""

import asyncio
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import NamedTuple

from reminder_bot.bot_api.chat_pace import ChatPace
from reminder_bot.bot_api.permits import LocalPermits, PermitSource, Reserve, SharedPermits
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import SendRate

__all__ = ["FREE_RATE_FOR", "Permit", "Priority", "RateLimiter"]

# All in seconds. The window is a little longer than a second, so that the rate also holds in any
# second of the receiver's clock, which may run slightly faster.
WINDOW = 1.02
FREE_RATE_FOR = 600.0
# Between two checks whether a waiting send is still wanted; far less than a lease.
LOOK_EVERY = 5.0
# How long a reply waits for the end of its chat's halt. It would be of little use later, and must
# not keep a process that is to stop.
LONGEST_WAIT_FOR_CHAT = 60.0


class Priority(IntEnum):
    REPLY = 0
    REMINDER = 1
    DIGEST = 2
    TIDYING = 3


# Messages that the bot starts by itself, in contrast to answers and edits.
STARTED = frozenset({Priority.REMINDER, Priority.DIGEST})


class Permit(IntEnum):
    """PAID: the call exceeds the free rate and must say that it is paid for."""

    DENIED = 0
    FREE = 1
    PAID = 2


class _Waiter(NamedTuple):
    """Ordered by priority, then by number.

    chat_id: None for a call that belongs to no chat.
    """

    priority: Priority
    number: int
    permit: "asyncio.Future[Permit]"
    chat_id: int | None
    waits_out_halt: bool
    is_wanted: Callable[[], bool] | None


class RateLimiter:
    """Gives permits to send.

    reserve: reserves permits of the rate that replicas share; None if this process uses the token
    alone.
    clock: a wall clock that is moved from outside (demo, tests). The seconds between the messages
    to a chat are then measured by that clock as well, so that moving through a day does not take
    real seconds for its messages.
    """

    def __init__(
        self,
        send_rate: SendRate = SendRate(),  # noqa: B008  (a value)
        clock: Clock | None = None,
        reserve: Reserve | None = None,
    ) -> None:
        self._send_rate = self._configured_rate = send_rate
        self._chats = ChatPace(clock)
        self._permits: PermitSource = (
            LocalPermits()
            if reserve is None
            else SharedPermits(reserve, on_more=self._serve_in, on_halt=self.halt)
        )
        # When the calls of the last second left, and how many have a permit but have not left yet.
        self._left_at: deque[float] = deque()
        self._leaving = 0
        self._waits_for_departure = False
        self._waiting: list[_Waiter] = []  # a heap
        self._numbers = itertools.count()
        self._halted_until = 0.0
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._serves_at = 0.0
        # One for all waiters, because a timer and a task for each would cost more than a permit.
        self._look_timer: asyncio.TimerHandle | None = None

    async def acquire(
        self,
        priority: Priority,
        chat_id: int | None = None,
        *,
        waits_out_halt: bool = True,
        is_wanted: Callable[[], bool] | None = None,
        notes_departure: bool = False,
    ) -> Permit:
        """Wait for a permit.

        chat_id: the chat to which the call belongs, whose own limit applies as well.
        waits_out_halt: False for claimed rows, whose lease would expire during a halt.
        is_wanted: checked from time to time while the call waits.
        notes_departure: the caller calls `note_departure` once for its permit, when the call leaves
        or is given up. Without it the call counts as having left at once.

        Returns DENIED if the process is to stop, if a halt is in force that is not waited out, or
        if `is_wanted()` has become false. Nothing waits longer than LONGEST_WAIT_FOR_CHAT for the
        end of its chat's halt.
        """
        if self._is_closing and priority > Priority.REPLY:
            return Permit.DENIED
        if not waits_out_halt and self.halted_for > 0:
            return Permit.DENIED
        if chat_id is not None and not self._waits_for_chat(chat_id, waits_out_halt):
            return Permit.DENIED
        given: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(priority, next(self._numbers), given, chat_id, waits_out_halt, is_wanted)
        heapq.heappush(self._waiting, waiter)
        if self._permits.has_permits:
            self._serve()  # mostly a permit is free, and nothing has to wait for a timer
        else:
            self._serve_in(0)  # so that as many permits are reserved as callers wait by then
        if is_wanted is not None and self._look_timer is None and not given.done():
            self._look_in(LOOK_EVERY)
        try:
            permit = await given
        except asyncio.CancelledError:
            # The permit may have been given at the same moment. Its place must be freed then.
            is_given = not given.cancel() and not given.cancelled()
            if is_given and given.result():
                self.note_departure()
            raise
        if permit and not notes_departure:
            self.note_departure()
        return permit

    def note_departure(self) -> None:
        """Count one permit's call as having left; call it also if the call was given up."""
        self._leaving -= 1
        self._left_at.append(asyncio.get_running_loop().time())
        if self._waits_for_departure:
            self._waits_for_departure = False
            self._serve_in(0)

    async def wait_out_halt(self, chat_id: int | None = None) -> bool:
        """Wait for the end of a halt of all or of this chat, without a permit.

        For calls that Telegram does not count, such as the answer to a tap. Returns False if that
        would take longer than LONGEST_WAIT_FOR_CHAT because of the chat.
        """
        while True:
            chat_halted_for = self.chat_halted_for(chat_id)
            if chat_halted_for > LONGEST_WAIT_FOR_CHAT:
                return False
            seconds = max(self.halted_for, chat_halted_for)
            if seconds <= 0:
                return True
            await asyncio.sleep(seconds)  # the end may move meanwhile

    def halt_after(self, chat_id: int | None, seconds: float) -> bool:
        """Halt the chat that has met a 429, or all chats if Telegram means the token.

        chat_id: None for a call that belongs to no chat. Returns whether all are halted.
        """
        if self._chats.halt(chat_id, asyncio.get_running_loop().time(), seconds):
            self.halt(seconds)
            return True
        self._deny(
            waiter
            for waiter in self._waiting
            if waiter.chat_id == chat_id is not None
            and not self._waits_for_chat(chat_id, waiter.waits_out_halt)
        )
        return False

    def halt(self, seconds: float) -> None:
        """Give no permits for `seconds`; a halt that lasts longer stays in force."""
        self._halted_until = max(self._halted_until, asyncio.get_running_loop().time() + seconds)
        self._deny(waiter for waiter in self._waiting if not waiter.waits_out_halt)
        self._serve_in(0)

    def lift(self) -> None:
        self._halted_until = 0.0
        self._chats.lift()
        self._serve_in(0)

    @property
    def halted_for(self) -> float:
        """Seconds left of a halt of all chats; 0 if there is none."""
        return max(0.0, self._halted_until - asyncio.get_running_loop().time())

    def chat_halted_for(self, chat_id: int | None) -> float:
        """Seconds left of the halt of one chat; 0 if there is none."""
        return self._chats.halted_for(chat_id, asyncio.get_running_loop().time())

    def _waits_for_chat(self, chat_id: int, waits_out_halt: bool) -> bool:
        """Whether a call waits for the end of its chat's halt, if there is one."""
        longest = LONGEST_WAIT_FOR_CHAT if waits_out_halt else 0.0
        return self.chat_halted_for(chat_id) <= longest

    def use_free_rate(self) -> None:
        """Use the free rate for FREE_RATE_FOR, because Telegram refused the payment."""
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
        for timer in (self._timer, self._look_timer):
            if timer is not None:
                timer.cancel()
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

    def _look_in(self, seconds: float) -> None:
        self._look_timer = asyncio.get_running_loop().call_later(seconds, self._look)

    def _look(self) -> None:
        """Deny the waiters that are no longer wanted, and look again while others wait."""
        self._look_timer = None
        waiting = [each for each in self._waiting if each.is_wanted and not each.permit.done()]
        self._deny(each for each in waiting if each.is_wanted and not each.is_wanted())
        if waiting:
            self._look_in(LOOK_EVERY)

    # Giving permits

    def _serve_in(self, seconds: float) -> None:
        """Schedule `_serve` after `seconds`, unless it is scheduled for an earlier time."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._timer is not None:
            if self._serves_at <= at:
                return
            self._timer.cancel()
        self._timer, self._serves_at = loop.call_at(at, self._serve), at

    def _serve(self) -> None:
        """Give all permits that are possible now, and schedule the next call of itself."""
        if self._timer is not None:
            self._timer.cancel()
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
        """Seconds until the next permit is possible at all; 0 or less if one is possible now.

        None while shared permits are being reserved, or while a permitted call must leave first.
        """
        opens_at = self._halted_until
        while self._left_at and self._left_at[0] + WINDOW <= now:
            self._left_at.popleft()
        if self._leaving >= self._send_rate.rate:
            self._waits_for_departure = True
            return None
        # How many calls must fall out of the window before another one may leave, less one.
        excess = len(self._left_at) + self._leaving - self._send_rate.rate
        if excess >= 0:
            opens_at = max(opens_at, self._left_at[excess] + WINDOW)
        if opens_at > now:
            return opens_at - now
        next_at = self._permits.next_at(now, self._send_rate, len(self._waiting))
        return None if next_at is None else next_at - now

    def _give_one(self, now: float) -> float:
        """Give a permit to the first waiter whose chat is free, and return 0.

        If all chats are busy, return the seconds until the first of them is free.
        """
        passed_over: list[tuple[float, _Waiter]] = []
        try:
            while self._waiting:
                waiter = heapq.heappop(self._waiting)
                if waiter.permit.done():
                    continue
                busy_for = self._busy_for(waiter, now)
                if busy_for <= 0:
                    self._give(waiter, now)
                    return 0.0
                passed_over.append((busy_for, waiter))
            return min((busy_for for busy_for, _ in passed_over), default=0.0)
        finally:
            for _, waiter in passed_over:
                heapq.heappush(self._waiting, waiter)

    def _busy_for(self, waiter: _Waiter, now: float) -> float:
        """Seconds until a waiter's chat may get it; 0 or less if it may get it now."""
        if waiter.chat_id is None:
            return 0.0
        return self._chats.busy_for(waiter.chat_id, now, is_started=waiter.priority in STARTED)

    def _give(self, waiter: _Waiter, now: float) -> None:
        self._leaving += 1
        if waiter.chat_id is not None:
            is_started = waiter.priority in STARTED
            self._chats.note_message(waiter.chat_id, now, is_started=is_started)
        is_free = self._permits.use(now, self._send_rate)
        waiter.permit.set_result(Permit.FREE if is_free else Permit.PAID)

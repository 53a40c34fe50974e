"""The one way out: everything that is sent passes here and keeps Telegram's limits.

A turn is given by rank: replies to people first, then reminders, digests last, tidying after that; one busy chat is
passed over and holds up nobody. Turns come evenly (domain.pace), and no sliding second sees more than the rate.
After a 429 nobody passes until the deadline. A waiter looks at the deadline and at the window anew when it is its
turn: no crowd leaves at once when a halt ends.

Replicas on one database share the token's rate and its halts. Then turns are taken from there, a tenth of a
second's worth at a time and never more than somebody waits for; this process's own window holds as well. A process
that is slower than the rate would let turns go unused which another could have: it takes half as many after each
loss, and twice as many again while it uses all of them.
"""

import asyncio
import heapq
import itertools
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import IntEnum

from reminder_bot.clock import Clock
from reminder_bot.domain.pace import AT_ONCE, Pace, unpaid_turns
from reminder_bot.storage.budgets import Stretch
from reminder_bot.storage.database import is_away

__all__ = ["Gate", "Rank", "Turn"]

log = logging.getLogger(__name__)

# A hair over a second: what leaves in any sliding second stays within the rate also by the receiver's clock.
WINDOW = 1.02
CHAT_INTERVAL = 1.0
STRETCH = 0.1  # seconds of turns that are taken at once from what replicas share
STALE_AFTER = 0.03  # a turn not used by then is gone: `every` leaves room for as much, and no more
LONGEST_AHEAD = 1.0  # seconds that turns are taken ahead where the database takes long to commit
WITHOUT_DATABASE = 1.0  # seconds until it is asked again
UNPAID_FOR = 600.0


class Rank(IntEnum):
    REPLY = 0
    REMINDER = 1
    DIGEST = 2
    TIDYING = 3


class Turn(IntEnum):
    """What who waited is told. PAID: it goes beyond the free rate, and the call must say that it is paid for."""

    DENIED = 0
    UNPAID = 1
    PAID = 2


class Gate:
    """Gives turns at a pace.

    reserve: takes turns from what replicas share; None where this process has the token for itself.
    clock: one that is moved from outside; with it a chat's second is over when that clock says so, so that a
    moved day does not take its messages' seconds in true time.
    """

    def __init__(
        self,
        pace: Pace = Pace(),  # noqa: B008  (a value)
        clock: Clock | None = None,
        reserve: Callable[[int, Pace, float], Awaitable[Stretch]] | None = None,
    ) -> None:
        self._pace = self._full_pace = pace
        self._clock = clock
        self._reserve = reserve
        self._released: deque[float] = deque(maxlen=pace.rate)
        self._waiting: list[tuple[int, int, asyncio.Future[Turn], int | None, bool]] = []
        self._order = itertools.count()
        self._chat_free_at: dict[int, float] = {}
        self._wall_free_at: dict[int, datetime] = {}
        self._halted_until = 0.0
        # Where the next turn, and the next unpaid one, falls when they come evenly.
        self._even_at = 0.0
        self._unpaid_at = 0.0
        self._stretch: deque[tuple[float, bool]] = deque()
        self._at_a_time = self._most_at_a_time
        self._is_losing = False
        self._reserving: asyncio.Task[None] | None = None
        self._ahead = 0.0
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._serves_at = 0.0

    async def turn(self, rank: Rank, chat_id: int | None = None, *, waits_out_halt: bool = True) -> Turn:
        """Wait for a turn; `chat_id` where the chat's own limit counts too (a message the bot starts by itself).

        DENIED: the process is to stop, or a halt is in force and `waits_out_halt` is False: what is claimed would
        outlive its lease here.
        """
        if (self._is_closing and rank > Rank.REPLY) or (not waits_out_halt and self.halted_for > 0):
            return Turn.DENIED
        future: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), future, chat_id, waits_out_halt))
        self._serve_in(0)
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
                future.set_result(Turn.DENIED)
        self._serve_in(0)

    def lift(self) -> None:
        self._halted_until = 0.0
        self._serve_in(0)

    @property
    def halted_for(self) -> float:
        """Seconds left of a halt; 0 where there is none."""
        return max(0.0, self._halted_until - asyncio.get_running_loop().time())

    def stop_paying(self) -> None:
        """Telegram did not take the payment: keep to the free rate for ten minutes."""
        self._change_pace(Pace())
        asyncio.get_running_loop().call_later(UNPAID_FOR, self._change_pace, self._full_pace)

    def turn_away(self) -> None:
        """From now on only replies to people get a turn; all others are told at once that they get none."""
        self._is_closing = True
        for rank, _, future, _, _ in self._waiting:
            if rank > Rank.REPLY and not future.done():
                future.set_result(Turn.DENIED)
        self._serve_in(0)

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._reserving is not None:
            self._reserving.cancel()
            await asyncio.gather(self._reserving, return_exceptions=True)
        for _, _, future, _, _ in self._waiting:
            future.cancel()

    def _change_pace(self, pace: Pace) -> None:
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
        """How long nobody may pass; None where turns are being reserved, which serves again when it is done."""
        opens_at = self._halted_until
        if len(self._released) == self._pace.rate:
            opens_at = max(opens_at, self._released[0] + WINDOW)
        if self._reserve is None:
            slack = (max(AT_ONCE, self._pace.rate // 20) - 1) / self._pace.rate
            return max(opens_at, self._even_at - slack) - now
        if opens_at > now:
            return opens_at - now
        while self._stretch and self._stretch[0][0] < now - STALE_AFTER:
            self._stretch.popleft()
            self._is_losing = True
        if self._stretch:
            return self._stretch[0][0] - now
        if self._reserving is None:
            self._reserving = asyncio.create_task(self._reserve_more(self._reserve))
        return None

    @property
    def _most_at_a_time(self) -> int:
        return max(1, round(STRETCH * self._pace.rate))

    def _takes(self) -> int:
        """How many turns at once, by what became of the last ones."""
        changed = self._at_a_time // 2 if self._is_losing else self._at_a_time * 2
        self._at_a_time = min(max(1, changed), self._most_at_a_time)
        self._is_losing = False
        return self._at_a_time

    async def _reserve_more(self, reserve: Callable[[int, Pace, float], Awaitable[Stretch]]) -> None:
        pace = self._pace
        wait = 0.0
        try:
            turns = min(len(self._waiting), self._takes())
            stretch = await reserve(turns, pace, self._ahead)
        except Exception as error:
            if not is_away(error):
                log.error("no turn can be reserved: %s", type(error).__name__, exc_info=error)
            wait = WITHOUT_DATABASE
        else:
            late = asyncio.get_running_loop().time() - stretch.starts_at + self._ahead
            self._ahead = min(late, LONGEST_AHEAD) if late > STALE_AFTER / 2 else 0.0
            for number, is_unpaid in enumerate(stretch.are_unpaid):
                self._stretch.append((stretch.starts_at + number * pace.every, is_unpaid))
            if stretch.halted_for > 0:
                self.halt(stretch.halted_for)
        finally:
            self._reserving = None
        self._serve_in(wait)

    def _give_one(self, now: float) -> float | None:
        """Give the best waiter its turn and return 0, or how long all of them must wait for their chats."""
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
            busy_for = min(busy_for, (self._wall_free_at[chat_id] - self._clock.now()).total_seconds())
        return busy_for

    def _release(self, future: "asyncio.Future[Turn]", chat_id: int | None, now: float) -> None:
        self._released.append(now)
        if chat_id is not None:
            if len(self._chat_free_at) > 4 * self._pace.rate:
                self._chat_free_at = {chat: at for chat, at in self._chat_free_at.items() if at > now}
            self._chat_free_at[chat_id] = now + CHAT_INTERVAL
            if self._clock is not None:
                self._wall_free_at[chat_id] = self._clock.now() + timedelta(seconds=CHAT_INTERVAL)
        future.set_result(Turn.UNPAID if self._is_unpaid(now) else Turn.PAID)

    def _is_unpaid(self, now: float) -> bool:
        """Use up one turn; whether it is within the free rate."""
        if self._reserve is not None:
            return self._stretch.popleft()[1]
        self._even_at = max(self._even_at, now) + 1 / self._pace.rate
        (is_unpaid,), unpaid_in = unpaid_turns(self._unpaid_at - now, 1, self._pace)
        self._unpaid_at = now + unpaid_in
        return is_unpaid

"""The rate limiter keeps Telegram's limits in every sliding second, serves by priority and forgets
nobody.

Time is the event loop's own and jumps to the next timer, so that minutes of waiting take
milliseconds.
"""

import asyncio
import random
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from reminder_bot.bot_api import permits
from reminder_bot.bot_api.chat_pace import BURST, MANY, TOGETHER, ChatPace
from reminder_bot.bot_api.rate_limiter import (
    FREE_RATE_FOR,
    LONGEST_WAIT_FOR_CHAT,
    LOOK_EVERY,
    STARTED,
    Permit,
    Priority,
    RateLimiter,
)
from reminder_bot.domain.send_rate import FREE_RATE, SendRate, free_permits
from reminder_bot.storage.shared_rate import ReservedPermits
from tests.support.people import SetClock
from tests.support.telegram import MONDAY_TEN
from tests.support.waiting import patience

RATE = 30


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: where nothing is ready, its time jumps to the next timer."""

    _now = 1000.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            timers = self._scheduled  # type: ignore[attr-defined]
            ahead = [timer.when() for timer in timers if not timer.cancelled()]
            self._now = max(self._now, min(ahead, default=self._now))
        super()._run_once()  # type: ignore[misc]


def in_jumping_time(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def now() -> float:
    return asyncio.get_running_loop().time()


class Queue:
    """Waiters at a rate limiter, when each of them left, and with which permit."""

    def __init__(self, rate: int = RATE, rate_limiter: RateLimiter | None = None) -> None:
        self.rate_limiter = rate_limiter or RateLimiter(SendRate(rate))
        self.left: list[tuple[float, str]] = []
        self.permits: list[Permit] = []
        self.tasks: list[asyncio.Task[None]] = []

    def join(
        self, name: str, priority: Priority = Priority.REMINDER, chat_id: int | None = None
    ) -> "asyncio.Task[None]":
        async def pass_through() -> None:
            permit = await self.rate_limiter.acquire(priority, chat_id)
            self.left.append((now(), name))
            self.permits.append(permit)

        task = asyncio.create_task(pass_through())
        self.tasks.append(task)
        return task

    async def empty_but_open(self) -> None:
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def empty(self) -> None:
        await self.empty_but_open()
        await self.rate_limiter.close()

    @property
    def order(self) -> list[str]:
        return [name for _, name in self.left]

    def most_in_a_second(self) -> int:
        return most_in_a_second([at for at, _ in self.left])

    def free(self) -> list[float]:
        """When those left that were free."""
        return [
            at
            for (at, _), permit in zip(self.left, self.permits, strict=True)
            if permit is Permit.FREE
        ]


def most_in_a_second(instants: list[float]) -> int:
    return most_within(1.0, instants)


def most_within(seconds: float, instants: list[float]) -> int:
    times = sorted(instants)
    return max(bisect_left(times, at + seconds) - number for number, at in enumerate(times))


@in_jumping_time
async def test_no_sliding_second_sees_more_than_the_rate() -> None:
    queue = Queue()
    for number in range(300):
        queue.join(str(number), chat_id=number)

    await queue.empty()

    assert len(queue.left) == 300
    assert queue.most_in_a_second() <= RATE
    assert queue.left[-1][0] - queue.left[0][0] < 300 / RATE * 1.05


@in_jumping_time
async def test_the_rate_holds_when_bursts_and_pauses_alternate() -> None:
    queue = Queue()
    for burst in range(20):
        for number in range(17):
            queue.join(f"{burst}.{number}")
        await asyncio.sleep(0.37)

    await queue.empty()

    assert queue.most_in_a_second() <= RATE


@in_jumping_time
async def test_replies_go_before_reminders_before_digests_before_tidying() -> None:
    queue = Queue(rate=1)
    queue.join("first")
    await asyncio.sleep(0.001)
    for priority in (Priority.TIDYING, Priority.DIGEST, Priority.REMINDER, Priority.REPLY):
        for number in range(2):
            queue.join(f"{priority.name} {number}", priority)

    await queue.empty()

    assert queue.order == [
        "first",
        "REPLY 0",
        "REPLY 1",
        "REMINDER 0",
        "REMINDER 1",
        "DIGEST 0",
        "DIGEST 1",
        "TIDYING 0",
        "TIDYING 1",
    ]


@in_jumping_time
async def test_a_reply_does_not_wait_behind_ten_thousand_reminders() -> None:
    queue = Queue()
    for number in range(10_000):
        queue.join("reminder", chat_id=number)
    await asyncio.sleep(30)

    asked_at = now()
    queue.join("reply", Priority.REPLY)
    await asyncio.sleep(1.1)

    assert "reply" in queue.order
    assert next(at for at, name in queue.left if name == "reply") - asked_at < 1.05
    for task in queue.tasks:
        task.cancel()
    await queue.empty()


@in_jumping_time
async def test_one_chat_gets_about_one_a_second_and_delays_nobody() -> None:
    queue = Queue()
    for _ in range(5):
        queue.join("busy", chat_id=1)
    for number in range(25):
        queue.join("other", chat_id=2 + number)

    await queue.empty()

    busy = [at for at, name in queue.left if name == "busy"]
    assert all(later - earlier >= 1 for earlier, later in pairwise(busy))
    assert max(at for at, name in queue.left if name == "other") - queue.left[0][0] < 1


@in_jumping_time
async def test_a_chats_second_is_over_when_the_moved_clock_says_so() -> None:
    clock = SetClock(MONDAY_TEN)
    rate_limiter = RateLimiter(clock=clock)
    await rate_limiter.acquire(Priority.REMINDER, 1)
    begin = now()

    clock.at = MONDAY_TEN + timedelta(seconds=1)
    await rate_limiter.acquire(Priority.REMINDER, 1)

    assert now() - begin < 0.5
    await rate_limiter.close()


@in_jumping_time
async def test_a_chats_own_limit_does_not_count_where_no_chat_is_given() -> None:
    queue = Queue()
    for _ in range(5):
        queue.join("reply", Priority.REPLY)

    await queue.empty()

    assert queue.left[-1][0] - queue.left[0][0] < 0.1


@pytest.mark.parametrize("priority", Priority)
def test_a_chat_gets_one_call_a_second_and_a_few_at_once(priority: Priority) -> None:
    async def test() -> None:
        queue = Queue()
        for _ in range(20):
            queue.join("call", priority, chat_id=1)

        await queue.empty()

        times = [at for at, _ in queue.left]
        at_once = 1 if priority in STARTED else BURST
        assert most_within(0.9, times) == at_once
        assert times[-1] - times[0] == pytest.approx(20 - at_once, abs=0.1)

    in_jumping_time(test)()


@in_jumping_time
async def test_a_reminder_comes_to_a_chat_in_which_replies_wait_all_the_time() -> None:
    queue = Queue()
    for _ in range(100):
        queue.join("reply", Priority.REPLY, chat_id=1)
    await asyncio.sleep(30)
    asked_at = now()

    queue.join("reminder", chat_id=1)
    await asyncio.sleep(2)

    assert next(at for at, name in queue.left if name == "reminder") - asked_at < 1.1
    for task in queue.tasks:
        task.cancel()
    await queue.empty()


@in_jumping_time
async def test_a_chat_that_gets_many_replies_delays_nobody() -> None:
    queue = Queue()
    for _ in range(200):
        queue.join("busy", Priority.REPLY, chat_id=1)
    await asyncio.sleep(5)
    asked_at = now()

    for number in range(10):
        queue.join("other", Priority.REMINDER, chat_id=2 + number)
    await asyncio.sleep(1)

    others = [at for at, name in queue.left if name == "other"]
    assert len(others) == 10
    assert max(others) - asked_at < 0.5
    for task in queue.tasks:
        task.cancel()
    await queue.empty()


# Halts of one chat


@in_jumping_time
async def test_a_halted_chat_delays_no_other_and_its_reply_comes_afterwards() -> None:
    queue = Queue()
    begin = now()

    assert not queue.rate_limiter.halt_after(1, 20)
    queue.join("halted", Priority.REPLY, chat_id=1)
    for number in range(10):
        queue.join("other", chat_id=2 + number)
    await queue.empty()

    assert queue.order == [*["other"] * 10, "halted"]
    assert queue.left[9][0] - begin < 0.5
    assert queue.left[-1][0] - begin == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("first", "second", "after", "are_all_halted"),
    [
        (1, 2, 0.1, True),
        (1, 2, TOGETHER + 0.1, False),
        (1, 1, 0.1, False),
        (1, None, 0.1, True),
        (None, 1, 0.1, True),
        (None, None, 0.1, False),
    ],
)
def test_all_are_halted_when_a_second_chat_meets_a_429_soon_after(
    first: int | None, second: int | None, after: float, are_all_halted: bool
) -> None:
    async def test() -> None:
        rate_limiter = RateLimiter()
        assert not rate_limiter.halt_after(first, 60)
        await asyncio.sleep(after)

        assert rate_limiter.halt_after(second, 60) is are_all_halted

        assert (rate_limiter.halted_for > 0) is are_all_halted
        assert rate_limiter.chat_halted_for(first) == pytest.approx(60 - after * (first != second))
        await rate_limiter.close()

    in_jumping_time(test)()


@in_jumping_time
async def test_a_claimed_send_is_denied_at_once_by_the_halt_of_its_chat() -> None:
    """Its claim would not last so long."""
    rate_limiter = RateLimiter(SendRate(1))
    await rate_limiter.acquire(Priority.REMINDER)
    mine, other = (
        asyncio.create_task(rate_limiter.acquire(Priority.REMINDER, chat_id, waits_out_halt=False))
        for chat_id in (7, 8)
    )
    await asyncio.sleep(0)

    rate_limiter.halt_after(7, 5)

    assert await mine is Permit.DENIED
    assert await rate_limiter.acquire(Priority.REMINDER, 7, waits_out_halt=False) is Permit.DENIED
    assert await other is Permit.FREE
    await rate_limiter.close()


@in_jumping_time
async def test_a_reply_does_not_wait_for_the_end_of_a_long_halt_of_its_chat() -> None:
    rate_limiter = RateLimiter(SendRate(1))
    await rate_limiter.acquire(Priority.REPLY, 7)
    waiting = asyncio.create_task(rate_limiter.acquire(Priority.REPLY, 7))
    await asyncio.sleep(0)

    rate_limiter.halt_after(7, LONGEST_WAIT_FOR_CHAT + 1)

    assert await waiting is Permit.DENIED
    assert await rate_limiter.acquire(Priority.REPLY, 7) is Permit.DENIED
    assert await rate_limiter.wait_out_halt(7) is False
    assert await rate_limiter.wait_out_halt(8) is True
    rate_limiter.lift()
    assert await rate_limiter.acquire(Priority.REPLY, 7) is Permit.FREE
    await rate_limiter.close()


@in_jumping_time
async def test_permits_come_evenly_and_not_a_seconds_worth_at_once() -> None:
    queue = Queue()
    for number in range(60):
        queue.join("reminder", chat_id=number)

    await queue.empty()

    times = [at - queue.left[0][0] for at, _ in queue.left]
    assert max(bisect_left(times, at + 0.1) - number for number, at in enumerate(times)) <= 6
    assert times[-1] < 60 / RATE * 1.05


@in_jumping_time
async def test_nothing_leaves_during_a_halt_and_no_crowd_after_it() -> None:
    queue = Queue()
    begin = now()
    queue.rate_limiter.halt(60)
    for number in range(200):
        queue.join(str(number), Priority.REPLY)

    await queue.empty()

    assert queue.left[0][0] >= begin + 60
    assert queue.most_in_a_second() <= RATE


@in_jumping_time
async def test_a_halt_stops_what_waits_already() -> None:
    queue = Queue(rate=1)
    for number in range(5):
        queue.join(str(number))
    await asyncio.sleep(2.5)
    before = len(queue.left)

    queue.rate_limiter.halt(100)
    await asyncio.sleep(99)

    assert len(queue.left) == before
    await queue.empty()


@in_jumping_time
async def test_a_shorter_halt_does_not_end_a_longer_one() -> None:
    rate_limiter = RateLimiter()
    rate_limiter.halt(60)
    rate_limiter.halt(5)

    assert rate_limiter.halted_for == 60
    rate_limiter.lift()
    assert rate_limiter.halted_for == 0


@in_jumping_time
async def test_a_call_that_telegram_does_not_count_waits_for_the_end_of_a_halt_only() -> None:
    rate_limiter = RateLimiter()
    begin = now()
    for _ in range(100):
        await rate_limiter.wait_out_halt()
    assert now() == begin

    rate_limiter.halt(7)
    await rate_limiter.wait_out_halt()
    assert now() == begin + 7


@in_jumping_time
async def test_a_send_that_is_not_wanted_any_more_does_not_wait_for_its_permit() -> None:
    """Its claim runs out: it is given back before, or it would be taken for perhaps sent."""
    never = asyncio.Event()

    async def reserve(count: int, send_rate: SendRate, ahead: float) -> ReservedPermits:
        await never.wait()
        raise AssertionError

    rate_limiter = RateLimiter(reserve=reserve)
    unwanted_at = now() + 30

    permit = await rate_limiter.acquire(Priority.REMINDER, 7, is_wanted=lambda: now() < unwanted_at)

    assert permit is Permit.DENIED
    assert unwanted_at <= now() <= unwanted_at + LOOK_EVERY
    await rate_limiter.close()


@in_jumping_time
async def test_a_claimed_send_is_denied_at_once_by_a_halt() -> None:
    """Its claim would not last so long."""
    rate_limiter = RateLimiter(SendRate(1))
    await rate_limiter.acquire(Priority.REMINDER)
    waiting = asyncio.create_task(rate_limiter.acquire(Priority.REMINDER, 7, waits_out_halt=False))
    await asyncio.sleep(0)

    rate_limiter.halt(60)

    assert await waiting is Permit.DENIED
    assert await rate_limiter.acquire(Priority.REMINDER, 8, waits_out_halt=False) is Permit.DENIED
    assert rate_limiter.halted_for == 60
    await rate_limiter.close()


@in_jumping_time
async def test_when_the_process_is_to_stop_only_replies_get_a_permit() -> None:
    rate_limiter = RateLimiter(SendRate(1))
    await rate_limiter.acquire(Priority.REPLY)
    waiting = [
        asyncio.create_task(rate_limiter.acquire(priority))
        for priority in (Priority.REMINDER, Priority.DIGEST, Priority.TIDYING, Priority.REPLY)
    ]
    await asyncio.sleep(0)

    rate_limiter.refuse_all_but_replies()

    assert await asyncio.gather(*waiting) == [
        Permit.DENIED,
        Permit.DENIED,
        Permit.DENIED,
        Permit.FREE,
    ]
    assert [
        await rate_limiter.acquire(priority) for priority in (Priority.REMINDER, Priority.REPLY)
    ] == [
        Permit.DENIED,
        Permit.FREE,
    ]
    await rate_limiter.close()


@in_jumping_time
async def test_a_waiter_that_gives_up_uses_no_permit() -> None:
    queue = Queue(rate=1)
    queue.join("first")
    gone = [queue.join("gone", Priority.REPLY) for _ in range(10)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    queue.join("second")

    await queue.empty()

    assert queue.order == ["first", "second"] or queue.order[-1] == "second"
    assert queue.left[-1][0] - queue.left[0][0] < 3


@in_jumping_time
async def test_equal_priorities_leave_in_the_order_in_which_they_came() -> None:
    queue = Queue(rate=5)
    for number in range(40):
        queue.join(f"{number:02}")

    await queue.empty()

    assert queue.order == sorted(queue.order)


@in_jumping_time
async def test_a_message_that_was_passed_over_keeps_its_place() -> None:
    """It leaves before what came later, as soon as its chat is free."""
    queue = Queue(rate=2)
    for _ in range(2):
        queue.join("busy", chat_id=1)
    for number in range(40):
        queue.join("other", chat_id=2 + number)

    await queue.empty()

    first, second = [at for at, name in queue.left if name == "busy"]
    assert second - first < 2.1


@in_jumping_time
async def test_requests_that_wait_on_their_way_keep_the_rate_when_they_leave() -> None:
    """As when Telegram does not answer for five seconds, and all connections are in use."""
    limiter, is_free = RateLimiter(), asyncio.Event()
    left: list[float] = []

    async def send() -> None:
        await limiter.acquire(Priority.REMINDER, notes_departure=True)
        await is_free.wait()
        left.append(now())
        limiter.note_departure()

    sends = [asyncio.create_task(send()) for _ in range(200)]
    await asyncio.sleep(5)
    is_free.set()
    await asyncio.gather(*sends)

    assert most_in_a_second(left) <= RATE
    assert left[-1] - left[0] < 200 / RATE * 1.05
    await limiter.close()


@in_jumping_time
async def test_a_send_that_is_cancelled_with_its_permit_takes_no_place_for_good() -> None:
    limiter = RateLimiter(SendRate(1))
    for rounds in range(12):
        sending = asyncio.create_task(limiter.acquire(Priority.REPLY, notes_departure=True))
        for _ in range(rounds % 6):  # of the loop: after some of them the permit is there, unseen
            await asyncio.sleep(0)
        is_permitted = sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        if is_permitted:
            limiter.note_departure()
        await asyncio.sleep(2)

    async with patience("a permit"):
        assert await limiter.acquire(Priority.REPLY) is Permit.FREE
    await limiter.close()


def test_five_thousand_waiters_cost_little() -> None:
    async def crowd() -> None:
        queue = Queue(rate=1000)
        for number in range(5000):
            queue.join("one", chat_id=number)
        await queue.empty()
        assert len(queue.left) == 5000

    began = time.process_time()
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(crowd())

    assert time.process_time() - began < 2


@in_jumping_time
async def test_closing_cancels_the_waiters() -> None:
    rate_limiter = RateLimiter(SendRate(1))
    await rate_limiter.acquire(Priority.REPLY)
    waiting = asyncio.create_task(rate_limiter.acquire(Priority.REPLY))
    await asyncio.sleep(0)

    await rate_limiter.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_rate_holds_in_real_time() -> None:
    queue = Queue(rate=50)
    for number in range(100):
        queue.join(str(number), chat_id=number)

    await queue.empty()

    assert queue.most_in_a_second() <= 50


def test_chats_whose_time_has_passed_are_forgotten() -> None:
    pace = ChatPace()
    for chat_id in range(10_000):
        pace.note_message(chat_id, chat_id, is_started=False)
        pace.halt(chat_id, chat_id, 1)

    assert len(pace._times) <= MANY + 5
    assert len(pace._halts) <= TOGETHER + 1


# The rate that replicas share


class Shared:
    """A shared rate as the database keeps it: it reserves permits one batch after the other, can be
    halted, and can be away.

    latency: seconds before a batch is reserved. commit: seconds after that, until it is known.
    """

    def __init__(self, latency: float = 0.005, commit: Callable[[], float] = lambda: 0.002) -> None:
        self.latency = latency
        self.commit = commit
        self.asked: list[int] = []
        self.given = 0
        self.is_away = False
        self.halted_until = 0.0
        self._next_at = self._next_free_at = 0.0
        self._lock = asyncio.Lock()

    async def reserve(self, count: int, send_rate: SendRate, ahead: float) -> ReservedPermits:
        async with self._lock:
            await asyncio.sleep(self.latency)
        self.asked.append(count)
        if self.is_away:
            raise OperationalError("SELECT", {}, Exception("the database is away"))
        if self.halted_until > now():
            return ReservedPermits((), now(), self.halted_until - now())
        self.given += count
        starts_at = max(self._next_at, now() + ahead)
        are_free, free_in = free_permits(self._next_free_at - starts_at, count, send_rate)
        self._next_at = starts_at + count * send_rate.every
        self._next_free_at = starts_at + free_in
        await asyncio.sleep(self.commit())
        return ReservedPermits(are_free, starts_at, 0.0)

    def queue(self, send_rate: SendRate = SendRate()) -> Queue:  # noqa: B008  (a value)
        return Queue(rate_limiter=RateLimiter(send_rate, reserve=self.reserve))


def pass_time(seconds: float) -> None:
    """As if the event loop had been blocked for so long."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop._now += seconds


@in_jumping_time
async def test_two_replicas_keep_the_rate_together_and_lose_little_of_it() -> None:
    shared = Shared()
    queues = [shared.queue(), shared.queue()]
    for number in range(150):
        for queue in queues:
            queue.join("reminder", chat_id=number)

    await asyncio.gather(*(queue.empty() for queue in queues))

    left = [at for queue in queues for at, _ in queue.left]
    assert len(left) == 300
    assert most_in_a_second(left) <= RATE
    assert max(left) - min(left) < 300 / RATE * 1.06
    assert abs(queues[0].left[-1][0] - queues[1].left[-1][0]) < 1, (
        "neither replica waits until the other is done"
    )


@in_jumping_time
async def test_one_replica_uses_what_the_other_does_not_need() -> None:
    shared = Shared()
    busy, idle = shared.queue(), shared.queue()
    idle.join("one")
    for number in range(200):
        busy.join("reminder", chat_id=number)

    await asyncio.gather(busy.empty(), idle.empty())

    assert busy.left[-1][0] - busy.left[0][0] < 200 / RATE * 1.06


@in_jumping_time
async def test_no_more_permits_are_reserved_than_there_are_waiters() -> None:
    shared = Shared()
    queue = shared.queue()
    for number in range(50):
        queue.join("reminder", chat_id=number)

    await queue.empty()

    assert shared.given == 50
    assert max(shared.asked) <= RATE * permits.BATCH


@in_jumping_time
async def test_a_permit_that_is_not_used_in_time_is_lost() -> None:
    """Another replica's permits follow it closely."""
    shared = Shared()
    queue = shared.queue()
    for number in range(30):
        queue.join("reminder", chat_id=number)
    await asyncio.sleep(0.01)
    blocked_at = now()

    pass_time(2.0)
    await queue.empty()

    after = [at for at, _ in queue.left if at > blocked_at]
    assert shared.given > 30
    assert most_in_a_second(after) <= RATE
    assert after[1] - after[0] > 0.9 / RATE


COMMITS = {
    "mostly quick": lambda: 0.5 if random.random() < 0.1 else 0.002,
    "now and then very slow": lambda: 3.0 if random.random() < 0.05 else 0.002,
    "uneven": lambda: random.uniform(0, 0.3),
    "slow": lambda: 0.6,
}


@pytest.mark.parametrize("commit", COMMITS.values(), ids=COMMITS)
def test_however_long_a_commit_takes_the_rate_is_kept_and_all_leave(
    commit: Callable[[], float],
) -> None:
    async def test() -> None:
        random.seed(0)
        shared = Shared(commit=commit)
        queues = [shared.queue() for _ in range(4)]
        for number in range(50):
            for queue in queues:
                queue.join("reminder", chat_id=number)

        await asyncio.gather(*(queue.empty() for queue in queues))

        left = [at for queue in queues for at, _ in queue.left]
        assert len(left) == 200
        assert most_in_a_second(left) <= RATE
        assert max(left) - min(left) < 60

    in_jumping_time(test)()


@in_jumping_time
async def test_a_halt_that_another_replica_met_is_learned_with_the_next_permit() -> None:
    shared = Shared()
    queue = shared.queue()
    for number in range(60):
        queue.join("reminder", chat_id=number)
    await asyncio.sleep(0.5)
    halted_at = now()

    shared.halted_until = halted_at + 20
    await queue.empty()

    after = [at for at, _ in queue.left if at > halted_at]
    assert [at for at in after if permits.BATCH + 0.05 < at - halted_at < 20] == []
    assert len(queue.left) == 60
    assert most_in_a_second(after) <= RATE


@in_jumping_time
async def test_a_claimed_send_is_denied_by_a_halt_that_another_replica_met() -> None:
    shared = Shared()
    rate_limiter = RateLimiter(reserve=shared.reserve)
    shared.halted_until = now() + 60

    permit = await rate_limiter.acquire(Priority.REMINDER, 7, waits_out_halt=False)

    assert permit is Permit.DENIED
    assert 59 < rate_limiter.halted_for <= 60
    await rate_limiter.close()


@in_jumping_time
async def test_without_the_database_nothing_leaves_and_it_goes_on_when_it_is_back() -> None:
    shared = Shared()
    queue = shared.queue()
    shared.is_away = True
    for number in range(10):
        queue.join("reminder", chat_id=number)

    await asyncio.sleep(30)
    assert queue.left == []
    assert len(shared.asked) <= 31, "it is asked again about once a second"
    shared.is_away = False
    back_at = now()
    await queue.empty()

    assert len(queue.left) == 10
    assert queue.left[0][0] - back_at < permits.RETRY_DATABASE_AFTER + 0.1


@in_jumping_time
async def test_replies_use_the_shared_permits_first() -> None:
    shared = Shared()
    queue = shared.queue()
    for number in range(200):
        queue.join("reminder", chat_id=number)
    await asyncio.sleep(1)

    asked_at = now()
    for _ in range(3):
        queue.join("reply", Priority.REPLY)
    await asyncio.sleep(0.5)

    assert max(at for at, name in queue.left if name == "reply") - asked_at < 0.25
    for task in queue.tasks:
        task.cancel()
    await queue.empty()


@in_jumping_time
async def test_a_busy_chat_delays_nobody_at_a_shared_rate() -> None:
    queue = Shared().queue()
    for _ in range(4):
        queue.join("busy", chat_id=1)
    for number in range(20):
        queue.join("other", chat_id=2 + number)

    await queue.empty()

    busy = [at for at, name in queue.left if name == "busy"]
    assert all(later - earlier >= 1 for earlier, later in pairwise(busy))
    assert busy[-1] - busy[0] < 3.5
    assert max(at for at, name in queue.left if name == "other") - queue.left[0][0] < 1


@in_jumping_time
async def test_closing_while_permits_are_being_reserved_cancels_the_waiters() -> None:
    rate_limiter = RateLimiter(reserve=Shared(latency=60).reserve)
    waiting = asyncio.create_task(rate_limiter.acquire(Priority.REPLY))
    await asyncio.sleep(1)

    await rate_limiter.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


@in_jumping_time
async def test_an_error_of_the_program_is_logged_and_stops_nothing() -> None:
    answers = [KeyError("next_at")]
    shared = Shared()

    async def reserve(count: int, send_rate: SendRate, ahead: float) -> ReservedPermits:
        if answers:
            raise answers.pop()
        return await shared.reserve(count, send_rate, ahead)

    rate_limiter = RateLimiter(reserve=reserve)

    assert await rate_limiter.acquire(Priority.REPLY) is Permit.FREE
    await rate_limiter.close()


# The paid rate

PAID = SendRate(300, is_paid=True)


def rush(queue: Queue, people: int) -> None:
    for number in range(people):
        queue.join("reminder", chat_id=number)


@in_jumping_time
async def test_without_payment_no_permit_is_paid_for() -> None:
    queue = Queue()
    rush(queue, 100)

    await queue.empty()

    assert set(queue.permits) == {Permit.FREE}


@pytest.mark.parametrize("is_shared", [False, True], ids=["alone", "shared"])
def test_only_what_exceeds_the_free_rate_is_paid_for(is_shared: bool) -> None:
    async def test() -> None:
        queue = Shared().queue(PAID) if is_shared else Queue(rate_limiter=RateLimiter(PAID))
        rush(queue, 1500)

        await queue.empty()

        seconds = queue.left[-1][0] - queue.left[0][0]
        assert seconds < 1500 / PAID.rate * 1.1 + (1 if is_shared else 0)
        assert queue.most_in_a_second() <= PAID.rate
        assert most_in_a_second(queue.free()) <= FREE_RATE
        assert Counter(queue.permits)[Permit.FREE] > 0.8 * FREE_RATE * seconds

    in_jumping_time(test)()


@in_jumping_time
async def test_two_replicas_that_pay_share_the_free_rate() -> None:
    shared = Shared()
    queues = [shared.queue(PAID), shared.queue(PAID)]
    for queue in queues:
        rush(queue, 600)

    await asyncio.gather(*(queue.empty() for queue in queues))

    assert most_in_a_second([at for queue in queues for at in queue.free()]) <= FREE_RATE


@in_jumping_time
async def test_below_the_free_rate_nothing_is_paid_for() -> None:
    queue = Queue(rate_limiter=RateLimiter(PAID))
    for number in range(300):
        queue.join("reminder", chat_id=number)
        await asyncio.sleep(1 / 25)

    await queue.empty()

    assert set(queue.permits) == {Permit.FREE}


@pytest.mark.parametrize("is_shared", [False, True], ids=["alone", "shared"])
def test_after_a_refused_payment_the_free_rate_is_kept_for_ten_minutes(
    is_shared: bool,
) -> None:
    async def test() -> None:
        queue = Shared().queue(PAID) if is_shared else Queue(rate_limiter=RateLimiter(PAID))
        rush(queue, 300)
        await queue.empty_but_open()
        stopped_at = now()

        queue.rate_limiter.use_free_rate()
        rush(queue, 300)
        await queue.empty_but_open()
        free_until = now()
        await asyncio.sleep(FREE_RATE_FOR)
        rush(queue, 300)
        await queue.empty()

        later = [
            permit
            for (at, _), permit in zip(queue.left, queue.permits, strict=True)
            if stopped_at < at <= free_until
        ]
        assert set(later) == {Permit.FREE}
        assert len(later) >= 299
        assert (
            most_in_a_second([at for at, _ in queue.left if stopped_at < at <= free_until])
            <= FREE_RATE
        )
        assert Counter(queue.permits[-300:])[Permit.PAID] > 200

    in_jumping_time(test)()

"""Who leaves when: Telegram's limits kept in every sliding second, by rank, and nobody forgotten.

Time here is the loop's own and jumps to the next timer: minutes at the gate take milliseconds.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import Any

import pytest

from reminder_bot.chat.gate import Gate, Rank

RATE = 30


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: where nothing is ready, its time jumps to the next timer."""

    _now = 1000.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            self._now = max(self._now, min(timers, default=self._now))
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
    """Waiters at a gate, and when each of them left."""

    def __init__(self, rate: int = RATE) -> None:
        self.gate = Gate(rate)
        self.left: list[tuple[float, str]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def join(self, name: str, rank: Rank = Rank.REMINDER, chat_id: int | None = None) -> "asyncio.Task[None]":
        async def pass_through() -> None:
            await self.gate.turn(rank, chat_id)
            self.left.append((now(), name))

        task = asyncio.create_task(pass_through())
        self.tasks.append(task)
        return task

    async def empty(self) -> None:
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.gate.close()

    @property
    def order(self) -> list[str]:
        return [name for _, name in self.left]

    def most_in_a_second(self) -> int:
        times = [at for at, _ in self.left]
        return max(bisect_left(times, at + 1.0) - number for number, at in enumerate(times))


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
    await asyncio.sleep(0)
    for rank in (Rank.TIDYING, Rank.DIGEST, Rank.REMINDER, Rank.REPLY):
        for number in range(2):
            queue.join(f"{rank.name} {number}", rank)

    await queue.empty()

    assert queue.order == [
        "first", "REPLY 0", "REPLY 1", "REMINDER 0", "REMINDER 1", "DIGEST 0", "DIGEST 1", "TIDYING 0", "TIDYING 1",
    ]  # fmt: skip


@in_jumping_time
async def test_a_reply_does_not_wait_behind_ten_thousand_reminders() -> None:
    queue = Queue()
    for number in range(10_000):
        queue.join("reminder", chat_id=number)
    await asyncio.sleep(30)

    asked_at = now()
    queue.join("reply", Rank.REPLY)
    await asyncio.sleep(1.1)

    assert "reply" in queue.order
    assert next(at for at, name in queue.left if name == "reply") - asked_at < 1.05
    for task in queue.tasks:
        task.cancel()
    await queue.empty()


@in_jumping_time
async def test_one_chat_gets_about_one_a_second_and_holds_up_nobody() -> None:
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
async def test_a_chats_own_limit_is_not_asked_of_replies() -> None:
    queue = Queue()
    for _ in range(5):
        queue.join("reply", Rank.REPLY)

    await queue.empty()

    assert queue.left[-1][0] - queue.left[0][0] < 0.1


@in_jumping_time
async def test_turns_come_evenly_and_not_a_seconds_worth_at_once() -> None:
    queue = Queue()
    for number in range(60):
        queue.join("reminder", chat_id=number)

    await queue.empty()

    times = [at - queue.left[0][0] for at, _ in queue.left]
    assert max(bisect_left(times, at + 0.1) - number for number, at in enumerate(times)) <= 6
    assert times[-1] < 60 / RATE * 1.05


@in_jumping_time
async def test_nobody_passes_during_a_halt_and_no_crowd_leaves_after_it() -> None:
    queue = Queue()
    begin = now()
    queue.gate.halt(60)
    for number in range(200):
        queue.join(str(number), Rank.REPLY)

    await queue.empty()

    assert queue.left[0][0] >= begin + 60
    assert queue.most_in_a_second() <= RATE


@in_jumping_time
async def test_a_halt_in_the_middle_stops_those_who_wait_already() -> None:
    queue = Queue(rate=1)
    for number in range(5):
        queue.join(str(number))
    await asyncio.sleep(2.5)
    before = len(queue.left)

    queue.gate.halt(100)
    await asyncio.sleep(99)

    assert len(queue.left) == before
    await queue.empty()


@in_jumping_time
async def test_a_shorter_halt_does_not_end_a_longer_one() -> None:
    gate = Gate()
    gate.halt(60)
    gate.halt(5)

    assert gate.halted_for == 60
    gate.lift()
    assert gate.halted_for == 0


@in_jumping_time
async def test_what_telegram_does_not_count_waits_for_a_halt_alone() -> None:
    gate = Gate()
    begin = now()
    for _ in range(100):
        await gate.no_halt()
    assert now() == begin

    gate.halt(7)
    await gate.no_halt()
    assert now() == begin + 7


@in_jumping_time
async def test_who_would_not_wait_out_a_halt_is_turned_away_at_once() -> None:
    """Its claim would not last so long."""
    gate = Gate(rate=1)
    await gate.turn(Rank.REMINDER)
    waiting = asyncio.create_task(gate.turn(Rank.REMINDER, 7, waits_out_halt=False))
    await asyncio.sleep(0)

    gate.halt(60)

    assert await waiting is False
    assert await gate.turn(Rank.REMINDER, 8, waits_out_halt=False) is False
    assert gate.halted_for == 60
    await gate.close()


@in_jumping_time
async def test_when_the_process_is_to_stop_only_replies_get_a_turn() -> None:
    gate = Gate(rate=1)
    await gate.turn(Rank.REPLY)
    waiting = [asyncio.create_task(gate.turn(rank)) for rank in (Rank.REMINDER, Rank.DIGEST, Rank.TIDYING, Rank.REPLY)]
    await asyncio.sleep(0)

    gate.turn_away()

    assert await asyncio.gather(*waiting) == [False, False, False, True]
    assert [await gate.turn(rank) for rank in (Rank.REMINDER, Rank.REPLY)] == [False, True]
    await gate.close()


@in_jumping_time
async def test_who_gives_up_takes_no_turn_from_others() -> None:
    queue = Queue(rate=1)
    queue.join("first")
    gone = [queue.join("gone", Rank.REPLY) for _ in range(10)]
    await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    queue.join("second")

    await queue.empty()

    assert queue.order == ["first", "second"] or queue.order[-1] == "second"
    assert queue.left[-1][0] - queue.left[0][0] < 3


@in_jumping_time
async def test_equals_leave_in_the_order_in_which_they_came() -> None:
    queue = Queue(rate=5)
    for number in range(40):
        queue.join(f"{number:02}")

    await queue.empty()

    assert queue.order == sorted(queue.order)


@in_jumping_time
async def test_a_chat_that_was_passed_over_has_its_turn_when_it_is_free() -> None:
    """It does not lose its place to those who came later."""
    queue = Queue(rate=2)
    for _ in range(2):
        queue.join("busy", chat_id=1)
    for number in range(40):
        queue.join("other", chat_id=2 + number)

    await queue.empty()

    first, second = [at for at, name in queue.left if name == "busy"]
    assert second - first < 2.1


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
async def test_a_gate_that_closes_lets_its_waiters_go() -> None:
    gate = Gate(rate=1)
    await gate.turn(Rank.REPLY)
    waiting = asyncio.create_task(gate.turn(Rank.REPLY))
    await asyncio.sleep(0)

    await gate.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_the_rate_holds_in_real_time() -> None:
    queue = Queue(rate=50)
    for number in range(100):
        queue.join(str(number), chat_id=number)

    await queue.empty()

    assert queue.most_in_a_second() <= 50

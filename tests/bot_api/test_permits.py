"""When the next message may leave: local permits come evenly, shared ones are reserved as they are
needed.

Here `now` is an argument; how the rate limiter uses permits stands in test_rate_limiter.
"""

import asyncio

import pytest

from reminder_bot.bot_api.permits import (
    BATCH,
    HIGHEST_AHEAD,
    RETRY_DATABASE_AFTER,
    STALE_AFTER,
    LocalPermits,
    SharedPermits,
)
from reminder_bot.domain.send_rate import AT_ONCE, SendRate
from reminder_bot.storage.shared_rate import ReservedPermits

RATE = SendRate(30)
PAID = SendRate(300, is_paid=True)


# Local


def use(permits: LocalPermits, now: float, send_rate: SendRate = RATE) -> bool:
    next_at = permits.next_at(now, send_rate, 1)
    assert next_at is not None
    assert next_at <= now + 1e-9, "it may be used"
    return permits.use(now, send_rate)


def test_after_a_rest_a_few_permits_may_be_used_at_once() -> None:
    permits = LocalPermits()

    for _ in range(AT_ONCE):
        use(permits, 100.0)

    assert permits.next_at(100.0, RATE, 1) == pytest.approx(100.0 + 1 / 30)


def test_more_at_once_where_the_rate_is_high() -> None:
    permits = LocalPermits()
    high = SendRate(1000, is_paid=True)

    for _ in range(1000 // 20):
        use(permits, 100.0, high)

    assert permits.next_at(100.0, high, 1) == pytest.approx(100.0 + 1 / 1000)


def test_a_long_rest_saves_up_no_more_than_a_short_one() -> None:
    rested = LocalPermits()
    use(rested, 100.0)

    for _ in range(AT_ONCE):
        use(rested, 10_000.0)

    next_at = rested.next_at(10_000.0, RATE, 1)
    assert next_at is not None
    assert next_at > 10_000.0


def test_a_permit_beyond_the_free_rate_is_not_free() -> None:
    permits = LocalPermits()

    are_free = [use(permits, 100.0, PAID) for _ in range(AT_ONCE + 2)]

    assert are_free == [True] * AT_ONCE + [False] * 2


# Shared


class Database:
    """Reserves what is asked for, from now on, or fails."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float]] = []
        self.fails: Exception | None = None
        self.halted_for = 0.0
        self.took = 0.0  # seconds by which the permits are late when they are known

    async def reserve(self, count: int, send_rate: SendRate, ahead: float) -> ReservedPermits:
        self.asked.append((count, ahead))
        if self.fails is not None:
            raise self.fails
        starts_at = asyncio.get_running_loop().time() - self.took + ahead
        are_free = () if self.halted_for else (True,) * count
        return ReservedPermits(are_free, starts_at, self.halted_for)


class Told:
    """What the rate limiter was told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.looks: list[float] = []
        self.halts: list[float] = []
        self.permits = SharedPermits(database.reserve, self.looks.append, self.halts.append)

    async def reserve(self, waiting: int, send_rate: SendRate = RATE) -> None:
        """Ask for permits, and wait until the database has answered."""
        assert self.permits.next_at(now(), send_rate, waiting) is None
        assert self.permits._reserving is not None
        await self.permits._reserving

    @property
    def count_in_hand(self) -> int:
        return len(self.permits._in_hand)


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
async def told() -> Told:
    return Told(Database())


async def test_permits_are_reserved_once_and_then_used_one_by_one(told: Told) -> None:
    await told.reserve(2)

    first = told.permits.next_at(now(), RATE, 2)
    told.permits.use(now(), RATE)
    second = told.permits.next_at(now(), RATE, 1)

    assert told.database.asked == [(2, 0.0)]
    assert told.looks == [0.0]
    assert first is not None
    assert second == pytest.approx(first + RATE.every)


async def test_while_permits_are_being_reserved_no_more_are_asked_for(told: Told) -> None:
    assert told.permits.next_at(now(), RATE, 1) is None
    assert told.permits.next_at(now(), RATE, 1) is None
    await asyncio.sleep(0)

    assert len(told.database.asked) == 1
    await told.permits.close()


@pytest.mark.parametrize(("waiting", "count"), [(1, 1), (2, 2), (50, 3)])
async def test_a_batch_is_a_tenth_of_a_second_or_what_is_waited_for(
    told: Told, waiting: int, count: int
) -> None:
    await told.reserve(waiting)

    assert told.database.asked == [(count, 0.0)]


async def test_after_a_loss_half_as_many_are_reserved_and_then_twice_as_many_again(
    told: Told,
) -> None:
    highest = round(BATCH * PAID.rate)
    await told.reserve(1000, PAID)

    told.permits.next_at(now() + 1 + STALE_AFTER, PAID, 1000)  # all of them are stale by then
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    while told.count_in_hand:
        told.permits.use(now(), PAID)
    await told.reserve(1000, PAID)

    counts = [count for count, _ in told.database.asked]
    assert counts == [highest, highest // 2, highest]


async def test_a_stale_permit_is_not_used(told: Told) -> None:
    await told.reserve(3)
    starts_at = told.permits.next_at(now(), RATE, 3)
    assert starts_at is not None

    in_time = told.permits.next_at(starts_at + STALE_AFTER - 0.001, RATE, 3)
    too_late = told.permits.next_at(starts_at + STALE_AFTER + 0.001, RATE, 3)

    assert in_time == starts_at
    assert too_late == pytest.approx(starts_at + RATE.every)


@pytest.mark.parametrize(
    ("took", "ahead"), [(0.0, 0.0), (0.01, 0.0), (0.5, 0.5), (3.0, HIGHEST_AHEAD)]
)
async def test_after_a_slow_commit_permits_are_reserved_ahead(
    told: Told, took: float, ahead: float
) -> None:
    told.database.took = took
    await told.reserve(1)

    while told.count_in_hand:
        told.permits.use(now(), RATE)
    await told.reserve(1)

    assert told.database.asked[1][1] == pytest.approx(ahead, abs=0.005 if ahead else 1e-9)


async def test_without_the_database_it_is_asked_again_a_second_later(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.database.fails = ConnectionError("away")

    await told.reserve(1)

    assert told.looks == [RETRY_DATABASE_AFTER]
    assert caplog.text == ""


async def test_an_error_of_the_program_is_logged(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.database.fails = KeyError("next_at")

    await told.reserve(1)

    assert told.looks == [RETRY_DATABASE_AFTER]
    assert "permit_not_reserved reason=KeyError" in caplog.text


async def test_a_halt_of_another_replica_is_passed_on(told: Told) -> None:
    told.database.halted_for = 7.0

    await told.reserve(1)

    assert told.halts == [7.0]
    assert told.looks == [0.0]
    assert told.permits.next_at(now(), RATE, 1) is None
    await told.permits.close()


async def test_closing_stops_what_is_being_reserved(told: Told) -> None:
    told.permits.next_at(now(), RATE, 1)
    reserving = told.permits._reserving
    assert reserving is not None

    await told.permits.close()

    assert reserving.cancelled()

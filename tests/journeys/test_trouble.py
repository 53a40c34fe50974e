"""Problems between the bot and Telegram: lost answers, rate limits, outages, a chat that hangs, and
a second poller.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from reminder_bot.simulator import Fault, Person
from reminder_bot.simulator.calls import Call
from tests.support.checker import most_in_a_second, most_within
from tests.support.crashing import CrashingWorld, MeasuredWorld
from tests.support.postgres import Postgres
from tests.support.stopwatch import Stopwatch
from tests.support.wire import Wire
from tests.support.world import TOKEN, local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
WATER, QUIET_MINUTES = local("2026-03-02 07:30", ZONE), local("2026-03-02 08:00", ZONE)
A_SECOND = timedelta(seconds=1)
RATE = 30
BEYOND_BACKOFF = timedelta(minutes=6)


@asynccontextmanager
async def running(
    folder: Path, people: int, url: str | None = None, **tuning: float
) -> AsyncIterator[CrashingWorld]:
    """A running bot, and people with ids from 101 on, who are asked about water at 07:30 and about
    meditation at 08:00.
    """
    async with CrashingWorld(folder, url, **tuning) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 101 + people), ZONE, BEGIN)
        await world.start()
        yield world


def sends(world: CrashingWorld, chat_id: int) -> int:
    return len(world.server.accepted("sendMessage", chat_id))


def due(world: CrashingWorld, instant: datetime) -> None:
    world.move_to(instant + A_SECOND)


# An answer is lost

LOST = {
    101: Fault.reset_after(),
    102: Fault.garbage(),
    103: Fault.server_error_page(is_accepted=True),
    104: Fault.delay_after(3.0),
}


async def test_a_lost_answer_causes_one_further_copy_but_none_about_water(
    folder: Path,
) -> None:
    async with running(folder, len(LOST), read_timeout=1.0) as world:
        for chat_id, fault in LOST.items():
            world.server.faults.add("sendMessage", fault, times=1, chat_id=chat_id)
        await world.ask_at(WATER)
        water = [sends(world, each) for each in LOST]
        for chat_id, fault in LOST.items():
            world.server.faults.add("sendMessage", fault, times=1, chat_id=chat_id)
        await world.ask_at(QUIET_MINUTES)

        assert water == [1, 1, 1, 1]
        assert [sends(world, each) for each in LOST] == [1 + 2] * 4
        report = await world.checker.check(world.now(), world.log(), may_copy=True)
        assert report.statuses == {"uncertain": 4, "sent": 4}


@pytest.mark.crash
async def test_a_copy_whose_answer_is_lost_too_is_the_last(folder: Path) -> None:
    async with running(folder, 1) as world:
        await world.ask_at(WATER)
        world.server.faults.add("sendMessage", Fault.reset_after(), times=None)
        await world.ask_at(QUIET_MINUTES)

        assert sends(world, 101) == 1 + 2
        report = await world.checker.check(world.now(), world.log(), may_copy=True)
        assert report.statuses == {"sent": 1, "uncertain": 1}


async def test_a_lost_request_is_replaced_by_its_further_copy(folder: Path) -> None:
    async with running(folder, 1) as world:
        world.server.faults.add("sendMessage", Fault.reset_before(), times=1)
        due(world, QUIET_MINUTES)
        await world.settle()

        report = await world.checker.check(
            world.now(), world.log(), may_copy=True, may_misfire=True
        )
        assert sends(world, 101) == report.statuses["sent"]


async def test_a_tap_before_telegrams_answer_proves_delivery(folder: Path) -> None:
    async with running(folder, 1, read_timeout=2.0) as world:
        await world.ask_at(WATER)
        world.server.faults.add("sendMessage", Fault.delay_after(4.0), times=1)
        due(world, QUIET_MINUTES)
        message = await world.person(101).expect("A few quiet minutes?")
        await world.tap(world.person(101), "yes", message)
        await world.person(101).expect("· done for today")
        await world.settle()

        assert sends(world, 101) == 2
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 1, "replied": 1}


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.crash)], indirect=True
)
async def test_a_tap_on_a_message_that_a_crash_left_unrecorded_proves_delivery(
    database_url: str, folder: Path
) -> None:
    # The lease is longer than the restart, on a busy machine, too. If it had expired before the tap
    # is fetched, one further copy would be correct.
    async with running(folder, 1, database_url, ticks=1.0, lease=40.0, lease_margin=20.0) as world:
        await world.ask_at(WATER)
        world.arm("accepted")
        due(world, QUIET_MINUTES)
        await world.died()
        await world.tap(world.person(101), "no")
        await world.start()
        await world.settle()

        assert sends(world, 101) == 2
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 1, "replied": 1}


async def test_a_server_error_in_telegrams_words_is_tried_again_and_makes_no_copy(
    folder: Path,
) -> None:
    async with running(folder, 1) as world:
        rule = world.server.faults.add("sendMessage", Fault.server_error(502), times=2)
        due(world, WATER)
        await world.until(lambda: rule.applied == 1, "the first error")
        world.move_by(timedelta(seconds=10))
        await world.until(lambda: rule.applied == 2, "the second error")
        world.move_by(timedelta(seconds=20))
        await world.settle()

        assert sends(world, 101) == 1
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 1}


# Telegram cannot be reached


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.crash)], indirect=True
)
async def test_after_45_minutes_without_telegram_water_misfires_and_the_rest_is_sent_once(
    database_url: str, folder: Path
) -> None:
    async with running(folder, 3, database_url) as world:
        async with world.server.unreachable():
            due(world, WATER)
            await world.until_rows("check_ins", "attempts > 0", 3)
            world.move_to(WATER + timedelta(minutes=45))
            await world.until_rows("check_ins", "status = 'misfired'", 3)
        world.move_by(BEYOND_BACKOFF)
        await world.settle()

        report = await world.checker.check(world.now(), world.log(), may_misfire=True)
        assert report.statuses == {"misfired": 3, "sent": 3}
        assert [sends(world, each) for each in (101, 102, 103)] == [1, 1, 1]


# Telegram asks the bot to wait


async def test_after_a_429_nothing_is_sent_before_the_deadline_and_no_burst_follows(
    folder: Path,
) -> None:
    async with MeasuredWorld(folder) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 146), ZONE, BEGIN)
        await world.start()
        rule = world.server.faults.add("sendMessage", Fault.too_many_requests(2), times=2)
        due(world, QUIET_MINUTES)
        await world.until(lambda: rule.applied == 2, "the 429 in a second chat")
        await world.settle()

        # By the bot's own clock: calls that were sent before the 429 came may arrive at any time.
        (halt,) = world.halts()
        assert halt[1] - halt[0] == pytest.approx(2)
        assert [at for at in world.releases() if halt[0] <= at < halt[1]] == []
        sends = [call for call in world.server.log if call.method == "sendMessage"]
        await world.until(
            lambda: len(world.releases()) >= len(sends),
            "every send to have passed the rate limiter",
        )
        assert most_within(1.0, world.releases()) <= RATE
        assert most_in_a_second(world.server.log) <= world.most_at_the_server(RATE)
        report = await world.checker.check(world.now(), world.log(), may_misfire=True)
        assert report.statuses["sent"] == 45


@pytest.mark.outage
async def test_a_halt_outlives_a_restart(folder: Path) -> None:
    async with running(folder, 40) as world:
        rule = world.server.faults.add("sendMessage", Fault.too_many_requests(600), times=None)
        due(world, WATER)
        await world.until_rows("budgets", "halted_until IS NOT NULL", 1)
        await world.until_rows("check_ins", "status = 'planned'", 40)
        await world.kill()
        world.server.faults.lift(rule)
        refused = [call for call in world.server.log if call.status == 429]
        (halted_until,) = (
            row["halted_until"]
            for row in await world.checker.rows("SELECT halted_until FROM budgets")
        )
        world.move_to(halted_until - timedelta(seconds=3))
        await world.start()
        await world.settle()

        assert min(call.at for call in outgoing(world, refused[-1])) >= halted_until
        seen = most_in_a_second(outgoing(world, refused[-1]))
        assert seen <= world.most_at_the_server(RATE)
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 40}


@pytest.mark.crash
async def test_a_halt_longer_than_a_lease_makes_nothing_ambiguous(
    folder: Path, postgres: Postgres
) -> None:
    url = postgres.new_database(f"halt_{uuid4().hex}")
    async with running(folder, 40, url, lease=2.0, lease_margin=1.0) as world:
        rule = world.server.faults.add("sendMessage", Fault.too_many_requests(5), times=2)
        due(world, WATER)
        await world.until(lambda: rule.applied == 2, "the 429 in a second chat")
        await world.settle()

        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 40}


@pytest.mark.outage
async def test_a_stop_during_a_halt_makes_nothing_ambiguous(folder: Path) -> None:
    async with running(folder, 40) as world:
        world.server.faults.add("sendMessage", Fault.too_many_requests(4), times=2)
        due(world, WATER)
        await world.until_rows("budgets", "halted_until IS NOT NULL", 1)
        assert await world.stop() == 0
        await world.start()
        await world.settle()

        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"sent": 40}


def outgoing(world: CrashingWorld, after: Call) -> list[Call]:
    """The sends that the server received after that call."""
    return [
        call
        for call in world.server.log
        if call.method == "sendMessage" and call.monotonic > after.monotonic
    ]


# One bad chat


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault.delay_after(30), id="hangs"),
        pytest.param(Fault.server_error(500), id="fails", marks=pytest.mark.crash),
    ],
)
async def test_a_chat_that_hangs_or_always_fails_slows_nobody_else(
    fault: Fault, folder: Path
) -> None:
    async with running(folder, 6) as world:
        for method in ("sendMessage", "editMessageText", "editMessageReplyMarkup"):
            world.server.faults.add(method, fault, times=None, chat_id=101)
        others = [world.person(each) for each in range(102, 107)]

        due(world, WATER)
        for person in others:
            await soon(person, "A glass of water?")
            await world.tap(person, "yes")
        for person in others:
            await soon(person, "250 of 1,250 ml")
        due(world, QUIET_MINUTES)
        for person in others:
            await soon(person, "A few quiet minutes?")
        # At 10:00 the unanswered questions of the morning are edited, that of the bad chat first.
        due(world, local("2026-03-02 10:00", ZONE))
        for person in others:
            await soon(person, "A glass of water?")

        assert [sends(world, person.id) for person in others] == [3] * 5


async def soon(person: Person, words: str) -> None:
    """Expect a message that did not wait for the bad chat."""
    stopwatch = Stopwatch()
    await person.expect(words)
    assert stopwatch.free_seconds < 3


# Somebody else polls


@pytest.mark.outage
async def test_a_second_poller_is_reported_in_the_log_and_loses_no_tap(folder: Path) -> None:
    async with running(folder, 1) as world:
        await world.ask_at(WATER)
        other = Wire(world.server.base_url, TOKEN)
        other_poll = asyncio.create_task(other.call("getUpdates", timeout=30))
        await world.until(lambda: "polling_conflict" in world.log(), "a line in the log")
        await other_poll
        await other.close()

        tap = await world.tap(world.person(101), "yes")
        await tap.answered()
        await world.settle()

        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 1}


@pytest.mark.outage
async def test_two_pollers_that_end_each_others_polls_lose_no_tap_and_do_not_race(
    folder: Path,
) -> None:
    async with running(folder, 6) as world:
        await world.ask_at(WATER)
        other = Wire(world.server.base_url, TOKEN)
        other_poll = asyncio.create_task(poll_for_ever(other))
        began = asyncio.get_running_loop().time()
        for life in world.lives:
            await world.until(lambda: "polling_conflict" in world.log(), "a line in the log")
            await (await world.tap(life.person, "yes")).answered()
        took = asyncio.get_running_loop().time() - began
        other_poll.cancel()
        await asyncio.gather(other_poll, return_exceptions=True)
        await other.close()
        await world.settle()

        polls = [
            call
            for call in world.server.log
            if call.method == "getUpdates" and call.monotonic > began
        ]
        assert len(polls) < 10 + 4 * took
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 6}


async def poll_for_ever(other: Wire) -> None:
    """Another program on the same token, which confirms nothing."""
    while True:
        await other.call("getUpdates", timeout=30)
        await asyncio.sleep(0.5)

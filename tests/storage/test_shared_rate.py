"""The token's rate, shared by replicas: each turn is one process's alone, and a halt is
everybody's.
"""

import asyncio
from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic
from typing import NamedTuple

import pytest
from sqlalchemy import func, select, update

from reminder_bot.domain.send_rate import FREE_RATE, SendRate
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.shared_rate import ReservedPermits, find_halt, record_halt, reserve
from reminder_bot.storage.tables import budgets
from tests.storage.conftest import NOW
from tests.support.people import rows_of

SECOND = timedelta(seconds=1)
A_HAIR = timedelta(milliseconds=1)
FREE, PAID = SendRate(), SendRate(300, is_paid=True)


class Taken(NamedTuple):
    """A stretch on the database's clock: when each of its turns is, and whether it is within the
    free rate.
    """

    starts_at: datetime
    ends_at: datetime
    turns: list[tuple[datetime, bool]]


async def take(database: Database, turns: int, pace: SendRate) -> Taken:
    stretch, ends_at = await database.write(reserved, turns, pace)
    starts_at = ends_at - timedelta(seconds=turns * pace.every)
    every = timedelta(seconds=pace.every)
    return Taken(
        starts_at,
        ends_at,
        [(starts_at + each * every, is_free) for each, is_free in enumerate(stretch.are_free)],
    )


def reserved(
    connection: Connection, turns: int, pace: SendRate
) -> tuple[ReservedPermits, datetime]:
    """What was reserved, and when the last of it ends."""
    stretch = reserve(connection, turns, pace)
    ends_at: datetime = connection.execute(select(budgets.c.next_at)).scalar_one()
    return stretch, ends_at


async def take_by_many(database: Database, turns: int, paces: list[SendRate]) -> list[Taken]:
    """Many at once, through connections of several processes."""
    processes = [database, *(Database(database.url) for _ in range(2))]
    try:
        taken = [take(processes[number % 3], turns, pace) for number, pace in enumerate(paces)]
        return sorted(await asyncio.gather(*taken))
    finally:
        for each in processes[1:]:
            await each.close()


async def reserve_one(database: Database, pace: SendRate = FREE) -> ReservedPermits:
    with database.transaction() as connection:
        return reserve(connection, 1, pace)


async def halt(database: Database, length: timedelta, now: datetime = NOW) -> None:
    with database.transaction() as connection:
        record_halt(connection, now, length)


async def left(database: Database, now: datetime = NOW) -> timedelta:
    with database.connection() as connection:
        return find_halt(connection, now)


def most_in_a_second(instants: list[datetime]) -> int:
    times = sorted(instants)
    return max(bisect_left(times, at + SECOND) - number for number, at in enumerate(times))


# Turns


async def test_many_who_take_turns_at_once_never_get_the_same(postgresql: Database) -> None:
    taken = await take_by_many(postgresql, 3, [FREE] * 40)

    assert all(later.starts_at >= earlier.ends_at - A_HAIR for earlier, later in pairwise(taken))
    instants = [at for each in taken for at, _ in each.turns]
    assert len(instants) == 120
    assert most_in_a_second(instants) <= FREE_RATE
    assert taken[-1].ends_at - taken[0].starts_at < timedelta(seconds=120 / FREE_RATE * 1.1 + 1), (
        "no turn is lost"
    )


async def test_what_nobody_wanted_is_gone(postgresql: Database) -> None:
    """Else a rest would be followed by a crowd."""
    await take(postgresql, 1, FREE)
    with postgresql.transaction() as connection:
        connection.execute(
            update(budgets).values(next_at=func.clock_timestamp() - timedelta(hours=1))
        )

    before = monotonic()
    stretch = await reserve_one(postgresql)
    after = monotonic()
    first, second = await take(postgresql, 1, FREE), await take(postgresql, 1, FREE)

    assert before <= stretch.starts_at <= after, "at once, and not an hour ago"
    assert second.starts_at >= first.ends_at - A_HAIR


async def test_turns_can_be_taken_ahead(postgresql: Database) -> None:
    before = monotonic()
    with postgresql.transaction() as connection:
        stretch = reserve(connection, 1, FREE, 0.5)
        ends_at: datetime = connection.execute(select(budgets.c.next_at)).scalar_one()
    after = monotonic()

    assert before + 0.5 <= stretch.starts_at <= after + 0.5
    assert (await take(postgresql, 1, FREE)).starts_at >= ends_at - A_HAIR


async def test_the_next_one_follows_where_the_last_one_ends(postgresql: Database) -> None:
    first = await take(postgresql, 30, FREE)

    second = await take(postgresql, 1, FREE)

    assert abs(second.starts_at - first.ends_at) < A_HAIR


async def test_who_pays_has_no_more_free_turns_in_a_second_than_there_are(
    postgresql: Database,
) -> None:
    taken = await take_by_many(postgresql, 30, [PAID] * 30)

    turns = [turn for each in taken for turn in each.turns]
    unpaid = [at for at, is_free in turns if is_free]
    assert len(turns) == 900
    assert most_in_a_second(unpaid) <= FREE_RATE
    assert len(unpaid) > 900 * PAID.every * FREE_RATE * 0.8


async def test_one_that_pays_and_one_that_does_not_share_what_is_free(postgresql: Database) -> None:
    """As when Telegram took one's payment and not the other's."""
    taken = await take_by_many(postgresql, 30, [PAID, SendRate(FREE_RATE)] * 15)

    unpaid = [at for each in taken for at, is_free in each.turns if is_free]
    assert most_in_a_second(unpaid) <= FREE_RATE + 3


# Halts


async def test_a_halt_is_everybodys(postgresql: Database) -> None:
    other = Database(postgresql.url)
    await take(postgresql, 1, FREE)

    await halt(postgresql, 60 * SECOND)
    stretch = await reserve_one(other)
    await other.close()

    assert stretch.are_free == ()
    assert 50 < stretch.halted_for <= 60


async def test_a_halt_takes_no_turns_away(postgresql: Database) -> None:
    await take(postgresql, 1, FREE)
    before = (await rows_of(postgresql, budgets))[0]["next_at"]
    await halt(postgresql, 60 * SECOND)

    await reserve_one(postgresql)

    assert (await rows_of(postgresql, budgets))[0]["next_at"] == before


@pytest.mark.parametrize("lengths", [(60, 5), (5, 60)])
async def test_the_longer_of_two_halts_stays(database: Database, lengths: tuple[int, int]) -> None:
    for each in lengths:
        await halt(database, each * SECOND)

    assert 50 * SECOND < await left(database) <= 60 * SECOND


async def test_without_a_halt_nothing_is_left_of_one(database: Database) -> None:
    assert await left(database) == timedelta(0)

    await halt(database, -SECOND)

    assert await left(database) == timedelta(0)


async def test_a_halt_of_days_is_a_clock_that_was_set(database: Database) -> None:
    await halt(database, timedelta(days=3))

    assert await left(database) == timedelta(0)


@pytest.mark.parametrize("now", [NOW - timedelta(days=400), NOW + timedelta(days=4000)])
async def test_on_postgresql_a_replicas_own_clock_says_nothing(
    postgresql: Database, now: datetime
) -> None:
    await halt(postgresql, 60 * SECOND, now)

    assert 50 * SECOND < await left(postgresql, NOW) <= 60 * SECOND


async def test_on_sqlite_a_halt_ends_by_the_programs_clock(sqlite: Database) -> None:
    await halt(sqlite, 60 * SECOND)

    assert await left(sqlite, NOW + 59 * SECOND) == SECOND
    assert await left(sqlite, NOW + 61 * SECOND) == timedelta(0)

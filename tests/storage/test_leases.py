"""Leases: each has one holder at a time, by the clock of the server."""

import asyncio
from datetime import timedelta

from reminder_bot.storage.database import Database
from reminder_bot.storage.leases import acquire_lease, release_lease

LENGTH = timedelta(minutes=1)
EXPIRED = timedelta(seconds=-1)


async def acquire(
    database: Database, holder: str, length: timedelta = LENGTH, name: str = "leading"
) -> bool:
    return await database.write(acquire_lease, name, holder, length)


async def release(database: Database, holder: str) -> None:
    with database.transaction() as connection:
        release_lease(connection, "leading", holder)


async def test_one_of_many_replicas_acquires_the_lease(postgresql: Database) -> None:
    acquired = await asyncio.gather(
        *(acquire(postgresql, f"holder {number}") for number in range(20))
    )

    assert sum(acquired) == 1


async def test_the_holder_renews_its_lease_and_others_are_refused(postgresql: Database) -> None:
    acquired = [await acquire(postgresql, holder) for holder in ("a", "b", "a", "b")]

    assert acquired == [True, False, True, False]


async def test_an_expired_lease_is_acquired_by_one_replica(postgresql: Database) -> None:
    await acquire(postgresql, "dead", EXPIRED)

    acquired = await asyncio.gather(
        *(acquire(postgresql, f"holder {number}") for number in range(10))
    )

    assert sum(acquired) == 1
    assert not await acquire(postgresql, "dead")


async def test_a_released_lease_is_free_at_once(postgresql: Database) -> None:
    await acquire(postgresql, "a")

    await release(postgresql, "a")

    assert await acquire(postgresql, "b")


async def test_only_the_holder_can_release_a_lease(postgresql: Database) -> None:
    await acquire(postgresql, "a")

    await release(postgresql, "b")

    assert not await acquire(postgresql, "b")


async def test_leases_with_different_names_are_independent(postgresql: Database) -> None:
    await acquire(postgresql, "a")

    assert await acquire(postgresql, "b", name="other")

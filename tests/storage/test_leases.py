"""What one of several replicas does at a time: one holder, by the database's clock."""

import asyncio
from datetime import timedelta

from reminder_bot.storage.database import Database
from reminder_bot.storage.leases import release_lease, take_lease

LENGTH = timedelta(minutes=1)
RUN_OUT = timedelta(seconds=-1)


async def take(
    database: Database, holder: str, length: timedelta = LENGTH, name: str = "leading"
) -> bool:
    return await database.write(take_lease, name, holder, length)


async def give_back(database: Database, holder: str) -> None:
    with database.transaction() as connection:
        release_lease(connection, "leading", holder)


async def test_one_of_many_gets_it(postgresql: Database) -> None:
    taken = await asyncio.gather(*(take(postgresql, f"holder {number}") for number in range(20)))

    assert sum(taken) == 1


async def test_its_holder_renews_it_and_another_is_turned_away(postgresql: Database) -> None:
    taken = [await take(postgresql, holder) for holder in ("a", "b", "a", "b")]

    assert taken == [True, False, True, False]


async def test_one_that_ran_out_goes_to_one_of_those_who_ask(postgresql: Database) -> None:
    await take(postgresql, "dead", RUN_OUT)

    taken = await asyncio.gather(*(take(postgresql, f"holder {number}") for number in range(10)))

    assert sum(taken) == 1
    assert not await take(postgresql, "dead")


async def test_one_that_was_given_back_is_free_at_once(postgresql: Database) -> None:
    await take(postgresql, "a")

    await give_back(postgresql, "a")

    assert await take(postgresql, "b")


async def test_nobody_gives_back_anothers(postgresql: Database) -> None:
    await take(postgresql, "a")

    await give_back(postgresql, "b")

    assert not await take(postgresql, "b")


async def test_one_says_nothing_of_another(postgresql: Database) -> None:
    await take(postgresql, "a")

    assert await take(postgresql, "b", name="other")

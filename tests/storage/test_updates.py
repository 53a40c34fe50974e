"""Updates take effect once, whatever their ids; single values are kept."""

import random
from datetime import timedelta

from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import updates
from reminder_bot.storage.updates import (
    delete_old_updates,
    find_state,
    record_state,
    record_updates,
)
from tests.storage.conftest import NOW
from tests.support.people import rows_of


async def take(database: Database, update_id: int) -> bool:
    with database.transaction() as connection:
        return record_updates(connection, [update_id], NOW) == {update_id}


async def test_an_update_takes_effect_once(database: Database) -> None:
    assert [await take(database, 5), await take(database, 5)] == [True, False]


async def test_of_several_updates_those_that_are_new_are_told(database: Database) -> None:
    await take(database, 5)

    with database.transaction() as connection:
        assert record_updates(connection, [6, 5, 4, 6], NOW) == {4, 6}
        assert record_updates(connection, [], NOW) == set()


async def test_update_ids_may_come_in_any_order_and_start_anywhere(database: Database) -> None:
    """After an idle week Telegram's numbers are random: the lower one is as new as the higher."""
    numbers = random.Random(7).sample(range(1, 2**40), 40)
    asked = [*numbers, *numbers[::-1]]

    assert [await take(database, each) for each in asked] == [True] * 40 + [False] * 40


async def test_an_update_whose_transaction_failed_has_not_taken_effect(database: Database) -> None:
    with database._writer.connect() as connection:
        assert record_updates(connection, [5], NOW) == {5}
        connection.rollback()

    assert await take(database, 5)


async def test_old_updates_are_deleted(database: Database) -> None:
    with database.transaction() as connection:
        for age in range(5):
            record_updates(connection, [age], NOW - timedelta(days=age))
        assert delete_old_updates(connection, NOW - timedelta(days=2)) == 2

    assert [row["id"] for row in await rows_of(database, updates)] == [0, 1, 2]


async def test_the_newest_value_of_the_state_is_kept(database: Database) -> None:
    with database.transaction() as connection:
        assert find_state(connection, "zone_data") is None
        record_state(connection, "zone_data", "2026a")
        record_state(connection, "zone_data", "2026b")

    with database.connection() as connection:
        assert find_state(connection, "zone_data") == "2026b"

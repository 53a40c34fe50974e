"""Pauses: the days of past ones, and the users whose pause has ended."""

from datetime import date, timedelta

from reminder_bot.storage.database import Database
from reminder_bot.storage.pauses import (
    find_next_resume,
    insert_pause,
    list_paused_days,
    list_users_to_resume,
)
from tests.storage.conftest import NOW
from tests.support.people import settle

HOUR = timedelta(hours=1)


def march(*days: int) -> set[date]:
    return {date(2026, 3, day) for day in days}


async def paused(database: Database, first: int, last: int, user_id: int = 7) -> set[date]:
    with database.connection() as connection:
        return list_paused_days(connection, user_id, date(2026, 3, first), date(2026, 3, last))


async def test_the_first_and_the_last_day_of_a_pause_belong_to_it(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        insert_pause(connection, 7, date(2026, 3, 3), date(2026, 3, 5))

    assert await paused(database, 1, 31) == march(3, 4, 5)


async def test_a_pause_is_cut_to_the_days_that_are_asked_for(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        insert_pause(connection, 7, date(2026, 2, 20), date(2026, 3, 20))

    assert await paused(database, 3, 4) == march(3, 4)
    assert await paused(database, 20, 25) == march(20)
    assert await paused(database, 21, 25) == set()


async def test_the_days_of_all_pauses_of_the_user_are_listed(database: Database) -> None:
    await settle(database, NOW)
    await settle(database, NOW, user_id=8)
    with database.transaction() as connection:
        insert_pause(connection, 7, date(2026, 3, 3), date(2026, 3, 3))
        insert_pause(connection, 7, date(2026, 3, 9), date(2026, 3, 10))
        insert_pause(connection, 8, date(2026, 3, 6), date(2026, 3, 6))

    assert await paused(database, 1, 31) == march(3, 9, 10)


async def test_users_whose_pause_has_ended_are_listed_the_longest_ago_first(
    database: Database,
) -> None:
    for user_id, hours in ((5, 3), (6, 1), (7, 2), (8, None)):
        until = NOW + hours * HOUR if hours else None
        await settle(database, NOW, user_id=user_id, paused_at=NOW, paused_until=until)

    with database.transaction() as connection:
        assert find_next_resume(connection) == NOW + HOUR
        assert list_users_to_resume(connection, NOW + HOUR - timedelta(seconds=1), 10) == []
        assert [each.id for each in list_users_to_resume(connection, NOW + 2 * HOUR, 10)] == [
            6,
            7,
        ]
        assert [each.id for each in list_users_to_resume(connection, NOW + 3 * HOUR, 1)] == [6]


async def test_without_pauses_nobody_is_resumed(database: Database) -> None:
    await settle(database, NOW)

    with database.connection() as connection:
        assert find_next_resume(connection) is None

"""Entries: recorded once, marked when undone, never overwritten."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from reminder_bot.domain.entry import Entry
from reminder_bot.storage.database import Database
from reminder_bot.storage.entries import (
    Done,
    insert_entry,
    list_done,
    list_entries,
    undo_single,
)
from reminder_bot.storage.tables import check_ins, entries
from tests.storage.conftest import NOW
from tests.storage.test_claims import plan
from tests.support.people import rows_of

DAY = date(2026, 3, 2)
TOMORROW = DAY + timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def asked(database: Database, user_id: int = 7) -> tuple[int, int]:
    """A check-in of a new user: its habit and its number."""
    (check_in_id,) = await plan(database, 1, user_id=user_id)
    (row,) = await rows_of(database, check_ins, check_ins.c.user_id == user_id)
    return row["habit_id"], check_in_id


async def test_a_days_entries_come_in_the_order_they_were_recorded(database: Database) -> None:
    habit, check_in = await asked(database)
    with database.transaction() as connection:
        late = insert_entry(connection, 7, habit, DAY, 5, NOW + MINUTE, None)
        early = insert_entry(connection, 7, habit, DAY, None, NOW, check_in)
        insert_entry(connection, 7, habit, TOMORROW, 7, NOW, None)

        assert list_entries(connection, 7, DAY, DAY) == [
            Entry(early, habit, DAY, None, NOW, check_in),
            Entry(late, habit, DAY, 5, NOW + MINUTE, None),
        ]


async def test_only_entries_of_the_user_are_listed(database: Database) -> None:
    await asked(database)
    theirs, _ = await asked(database, 8)
    with database.transaction() as connection:
        insert_entry(connection, 8, theirs, DAY, 5, NOW, None)

        assert list_entries(connection, 7, DAY, DAY) == []
        assert list_done(connection, [7], DAY, DAY) == {}


async def test_an_undone_entry_stays_and_no_longer_counts(database: Database) -> None:
    habit, _ = await asked(database)
    with database.transaction() as connection:
        gone = insert_entry(connection, 7, habit, DAY, 250, NOW, None)
        insert_entry(connection, 7, habit, DAY, 500, NOW, None)

        undo_single(connection, gone, NOW + MINUTE)

        assert list_done(connection, [7], DAY, DAY) == {(habit, DAY): Done(500, 1)}
        assert [each.amount for each in list_entries(connection, 7, DAY, DAY)] == [500]
    assert [row["undone_at"] for row in await rows_of(database, entries)] == [NOW + MINUTE, None]


async def test_undoing_twice_keeps_the_time_of_the_first_undo(database: Database) -> None:
    habit, _ = await asked(database)
    with database.transaction() as connection:
        gone = insert_entry(connection, 7, habit, DAY, 250, NOW, None)
        undo_single(connection, gone, NOW)
        undo_single(connection, gone, NOW + MINUTE)

    assert [row["undone_at"] for row in await rows_of(database, entries)] == [NOW]


async def test_a_check_in_has_one_entry_that_counts(database: Database) -> None:
    habit, check_in = await asked(database)
    with database.transaction() as connection:
        insert_entry(connection, 7, habit, DAY, 250, NOW, check_in)

    with pytest.raises(IntegrityError), database.transaction() as connection:
        insert_entry(connection, 7, habit, DAY, 250, NOW, check_in)

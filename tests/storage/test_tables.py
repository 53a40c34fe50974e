"""Column types and constraints, the same on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, insert, select
from sqlalchemy.exc import IntegrityError, StatementError

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage.check_ins import PlannedCheckIn, insert_planned
from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import entries, metadata, reminders, updates, users
from tests.storage.conftest import NOW
from tests.support.people import check_ins_of, rows_of, settle

LARGEST_ID = 2**52 - 1  # Telegram's numbers have 52 bits


async def stored(database: Database, instant: datetime) -> Any:
    with database.transaction() as connection:
        connection.execute(insert(updates).values(id=1, handled_at=instant))
    with database.connection() as connection:
        return connection.execute(select(updates.c.handled_at)).scalar_one()


async def test_an_instant_comes_back_as_it_was(database: Database) -> None:
    instant = datetime(2026, 3, 29, 1, 0, 0, 123456, tzinfo=UTC)

    found = await stored(database, instant)

    assert (found, found.tzinfo) == (instant, UTC)


async def test_an_offset_is_turned_into_utc(database: Database) -> None:
    """SQLite would drop it silently, and the instant would be another one."""
    found = await stored(
        database, datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    )

    assert found == datetime(2026, 3, 2, 4, 15, tzinfo=UTC)


async def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(
        StatementError, match="an instant needs its offset, got the naive 2026-03-02T10:00:00"
    ):
        await stored(database, datetime(2026, 3, 2, 10, 0))  # noqa: DTZ001  (that is the point)


DAYS = [
    each
    for table in metadata.sorted_tables
    for each in table.c
    if each.name in {"day", "first_day", "last_day"}
]


@pytest.mark.parametrize("column", DAYS, ids=str)
def test_an_instant_is_refused_where_a_day_belongs(sqlite: Database, column: Column[date]) -> None:
    """Python takes it for a date. It would be the day in UTC and not the person's."""
    with (
        sqlite.connection() as connection,
        pytest.raises(StatementError, match="a day is a date, got the instant 2026"),
    ):
        connection.execute(select(column).where(column == NOW))


async def test_instants_are_compared_as_instants(database: Database) -> None:
    await stored(database, NOW)
    same = NOW.astimezone(timezone(timedelta(hours=-9)))

    with database.connection() as connection:
        query = select(updates.c.id)
        assert connection.execute(query.where(updates.c.handled_at <= same)).all() == [(1,)]
        assert connection.execute(query.where(updates.c.handled_at < same)).all() == []


@pytest.mark.parametrize("user_id", [1, LARGEST_ID])
async def test_the_largest_ids_of_telegram_fit(database: Database, user_id: int) -> None:
    await settle(database, NOW, user_id=user_id)

    assert [row["id"] for row in await rows_of(database, users)] == [user_id]


async def a_row(database: Database) -> PlannedCheckIn:
    """A check-in to plan."""
    await settle(database, NOW, habits=[HabitKind.MEDITATION])
    (reminder,) = await rows_of(database, reminders)
    return {
        "user_id": 7,
        "habit_id": reminder["habit_id"],
        "reminder_id": reminder["id"],
        "day": NOW.date(),
        "slot": NOW.time(),
        "due_at": NOW,
        "send_after": NOW,
        "send_until": NOW,
        "closes_at": NOW,
        "status": Status.PLANNED,
        "ask": 1,
        "attempts": 0,
        "copies": 0,
        "repeats_left": 0,
    }


async def test_a_slot_of_a_day_is_planned_once(database: Database) -> None:
    """Also where it comes again at another instant, in the zone one has travelled to."""
    row = await a_row(database)

    with database.transaction() as connection:
        insert_planned(connection, [row, {**row, "due_at": NOW + timedelta(hours=6)}])

    assert [each.due_at for each in await check_ins_of(database)] == [NOW]


async def test_an_instant_is_planned_once(database: Database) -> None:
    row = await a_row(database)

    with database.transaction() as connection:
        insert_planned(connection, [row, {**row, "day": NOW.date() + timedelta(days=1)}])

    assert [each.day for each in await check_ins_of(database)] == [NOW.date()]


async def test_another_slot_of_another_instant_is_planned_beside_it(database: Database) -> None:
    row = await a_row(database)
    later = NOW + timedelta(hours=1)

    with database.transaction() as connection:
        insert_planned(connection, [row, {**row, "slot": later.time(), "due_at": later}])

    assert len(await check_ins_of(database)) == 2


async def test_a_check_in_has_one_entry_that_counts(database: Database) -> None:
    row = await a_row(database)
    with database.transaction() as connection:
        insert_planned(connection, [row])
    (check_in,) = await check_ins_of(database)
    entry = {
        "user_id": 7,
        "habit_id": row["habit_id"],
        "check_in_id": check_in.id,
        "day": NOW.date(),
        "recorded_at": NOW,
    }

    async def insert_two(undone_at: datetime | None) -> None:
        with database.transaction() as connection:
            connection.execute(insert(entries).values(entry | {"undone_at": undone_at}))
            connection.execute(insert(entries).values(entry))

    await insert_two(NOW)
    with pytest.raises(IntegrityError):
        await insert_two(None)


async def test_no_row_references_a_user_who_does_not_exist(database: Database) -> None:
    row = await a_row(database)

    async def insert_for_nobody() -> None:
        with database.transaction() as connection:
            connection.execute(
                insert(entries).values(
                    user_id=8, habit_id=row["habit_id"], day=NOW.date(), recorded_at=NOW
                )
            )

    with pytest.raises(IntegrityError):
        await insert_for_nobody()

"""Many rows in one statement, the same on both databases."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    MetaData,
    String,
    Table,
    Time,
    UniqueConstraint,
    select,
)
from sqlalchemy.exc import StatementError

from reminder_bot.storage.database import Database
from reminder_bot.storage.statements import among, insert_new, update_rows
from reminder_bot.storage.tables import Id, Instant

AT = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
# SQLAlchemy wraps the error of a value, unless the driver gets the values directly.
REFUSALS = (StatementError, ValueError)

rows_table = Table(
    "rows",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("at", Instant),
    Column("day", Date),
    Column("slot", Time),
    Column("words", String(60)),
    Column("count", Integer),
    Column("is_so", Boolean),
    Column("left_out", Integer, default=5, server_default="7"),
    UniqueConstraint("day", "slot"),
)
FULL = {
    "id": 1,
    "at": AT,
    "day": date(2026, 3, 2),
    "slot": time(7, 30),
    "words": 'a\'b "c", {d} \\ é',
    "count": 2**31 - 1,
    "is_so": True,
}
EMPTY: dict[str, Any] = dict.fromkeys(FULL) | {"id": 2}


@pytest.fixture
async def table(database: Database) -> AsyncIterator[Database]:
    """A database with a table of every type that the program's have."""
    with database.transaction() as connection:
        rows_table.create(connection)
    yield database
    with database.transaction() as connection:
        rows_table.drop(connection)


async def insert(database: Database, rows: Sequence[dict[str, Any]]) -> None:
    with database.transaction() as connection:
        insert_new(connection, rows_table, rows)


async def stored(database: Database) -> list[dict[str, Any]]:
    with database.connection() as connection:
        found = connection.execute(select(rows_table).order_by(rows_table.c.id))
        return [dict(row) for row in found.mappings()]


async def words(database: Database) -> dict[int, str]:
    return {row["id"]: row["words"] for row in await stored(database)}


async def test_rows_are_stored_as_given_with_or_without_a_value(
    table: Database,
) -> None:
    await insert(table, [FULL, EMPTY])

    assert [{name: row[name] for name in FULL} for row in await stored(table)] == [FULL, EMPTY]


async def test_a_column_that_no_row_has_gets_the_default_of_the_database(table: Database) -> None:
    await insert(table, [{"id": 1}])

    assert (await stored(table))[0]["left_out"] == 7


async def test_no_rows_change_nothing(table: Database) -> None:
    await insert(table, [])
    with table.transaction() as connection:
        update_rows(connection, rows_table, [])

    assert await stored(table) == []


async def test_a_row_that_exists_by_any_unique_key_stays_as_it_is(table: Database) -> None:
    await insert(table, [FULL])

    same_number = FULL | {"words": "other", "slot": time(8)}
    same_slot = FULL | {"id": 3, "words": "other"}
    await insert(table, [same_number, same_slot, EMPTY, EMPTY])

    assert await words(table) == {1: FULL["words"], 2: None}


@pytest.mark.parametrize("at", [AT.astimezone(timezone(timedelta(hours=5, minutes=45))), AT])
async def test_an_instant_is_the_same_whatever_its_offset(table: Database, at: datetime) -> None:
    await insert(table, [FULL | {"at": None}])
    with table.transaction() as connection:
        update_rows(connection, rows_table, [{"id": 1, "at": at}])

    (row,) = await stored(table)
    assert row["at"] == AT
    assert row["at"].utcoffset() == timedelta(0)


async def test_a_naive_datetime_is_refused(table: Database) -> None:
    naive = AT.replace(tzinfo=None)
    await insert(table, [EMPTY])

    with pytest.raises(
        REFUSALS, match="an instant needs its offset, got the naive 2026-03-02T09:30"
    ):
        await insert(table, [FULL | {"at": naive}])
    with (
        table.transaction() as connection,
        pytest.raises(REFUSALS, match="an instant needs its offset"),
    ):
        update_rows(connection, rows_table, [{"id": 2, "at": naive}])

    assert await stored(table) == [EMPTY | {"left_out": 7}]


async def test_each_row_gets_its_own_values_and_the_others_keep_theirs(table: Database) -> None:
    await insert(
        table, [EMPTY | {"id": number, "words": "old", "count": number} for number in range(5)]
    )

    with table.transaction() as connection:
        changes = [
            {"id": number, "words": f"new {number}", "at": AT if number else None}
            for number in range(3)
        ]
        update_rows(connection, rows_table, changes)

    assert await words(table) == {0: "new 0", 1: "new 1", 2: "new 2", 3: "old", 4: "old"}
    assert [row["count"] for row in await stored(table)] == [0, 1, 2, 3, 4]
    assert [row["at"] for row in await stored(table)] == [None, AT, AT, None, None]


async def test_none_clears_a_value(table: Database) -> None:
    await insert(table, [FULL])

    with table.transaction() as connection:
        update_rows(connection, rows_table, [EMPTY | {"id": 1}])

    assert [{name: row[name] for name in FULL} for row in await stored(table)] == [
        EMPTY | {"id": 1}
    ]


async def test_updating_a_missing_row_does_nothing(table: Database) -> None:
    await insert(table, [FULL])

    with table.transaction() as connection:
        update_rows(connection, rows_table, [{"id": 99, "words": "x"}, {"id": 1, "words": "y"}])

    assert await words(table) == {1: "y"}


def _is_still_old(table: Table, row: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    return table.c.at == row["old"]


async def test_rows_change_only_where_the_condition_on_their_values_holds(table: Database) -> None:
    await insert(table, [EMPTY | {"id": number, "words": "old", "at": AT} for number in range(3)])
    earlier = AT - timedelta(hours=1)

    with table.transaction() as connection:
        update_rows(
            connection,
            rows_table,
            [{"id": 0, "at": None, "old": AT}, {"id": 1, "at": None, "old": earlier}],
            _is_still_old,
            old=rows_table.c.at.type,
        )

    assert [row["at"] for row in await stored(table)] == [None, AT, AT]


@pytest.mark.parametrize("count", [0, 1, 3, 40_000])
async def test_any_number_of_ids_can_be_queried(table: Database, count: int) -> None:
    await insert(table, [EMPTY | {"id": number} for number in range(1, 6)])

    with table.connection() as connection:
        query = select(rows_table.c.id).where(among(rows_table.c.id, "ids"))
        found = connection.execute(query, {"ids": range(1, count + 1)}).scalars().all()

    assert sorted(found) == list(range(1, min(count, 5) + 1))


async def test_several_lists_of_ids_fit_in_one_query(table: Database) -> None:
    await insert(table, [EMPTY | {"id": number, "count": number % 2} for number in range(1, 6)])

    with table.connection() as connection:
        query = select(rows_table.c.id).where(
            among(rows_table.c.id, "ids"), among(rows_table.c.count, "counts")
        )
        values = {"ids": [1, 2, 3], "counts": iter([1, 2**40])}
        found = connection.execute(query, values).scalars().all()

    assert sorted(found) == [1, 3]

"""What one test leaves in a database that is used again, no other test meets."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text

from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import habits, metadata, users
from reminder_bot.storage.users import insert_user
from tests.support.databases import ReusedDatabases

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> ReusedDatabases:
    found: ReusedDatabases = request.getfixturevalue(f"{request.param}_databases")
    return found


def add_habit(database: Database) -> int:
    """Somebody with a habit; returns the habit's id."""
    with database.transaction() as connection:
        insert_user(connection, 7, "en", NOW)
        connection.execute(insert(habits).values(user_id=7, kind="fibre"))
        habit_id: int = connection.execute(select(habits.c.id)).scalar_one()
    return habit_id


def test_the_next_one_is_empty_and_counts_from_one(databases: ReusedDatabases) -> None:
    with databases.one() as first:
        assert add_habit(first) == 1
    with databases.one() as second:
        with second.connection() as connection:
            rows = [connection.execute(select(each)).all() for each in metadata.sorted_tables]
        habit_id = add_habit(second)

    assert second is first
    assert not any(rows)
    assert habit_id == 1


async def test_work_that_nobody_waits_for_is_not_met_by_the_next(
    databases: ReusedDatabases,
) -> None:
    with databases.one() as first:
        first._writing.submit(add_habit, first)
    with databases.one() as second, second.connection() as connection:
        people = connection.execute(select(users.c.id)).all()

    assert second is first
    assert people == []


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE another (id INTEGER)", "UPDATE alembic_version SET version_num = 9"]
)
def test_changed_tables_are_not_met_by_the_next(databases: ReusedDatabases, statement: str) -> None:
    with databases.one() as first, first.transaction() as connection:
        connection.execute(text(statement))
    with databases.one() as second, second.connection() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        with pytest.raises(Exception, match="another"):
            connection.execute(text("SELECT * FROM another"))

    assert revision != "9"


async def test_one_that_was_closed_or_is_in_use_is_not_used_again(
    databases: ReusedDatabases,
) -> None:
    with databases.one() as first:
        await first.close()
    with databases.one() as second, databases.one() as third:
        pass

    assert len({id(first), id(second), id(third)}) == 3


def test_one_with_a_file_beside_it_is_not_used_again(sqlite_databases: ReusedDatabases) -> None:
    with sqlite_databases.one() as first:
        first.file.with_name("bot.sqlite3.moved").touch()
    with sqlite_databases.one() as second:
        pass

    assert second is not first

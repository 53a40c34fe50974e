"""An export holds every row about a person, and no row about anybody else."""

from reminder_bot.storage.database import Database
from reminder_bot.storage.exports import list_rows
from reminder_bot.storage.tables import metadata, users
from tests.storage.test_users import NOBODYS, full_life
from tests.support.people import rows_of


async def test_an_export_holds_every_row_of_a_person_and_no_other(database: Database) -> None:
    for user_id in (7, 8):
        await full_life(database, user_id)

    with database.connection() as connection:
        found = list_rows(connection, 7)

    assert found == {
        table.name: [
            row
            for row in await rows_of(database, table)
            if row["id" if table is users else "user_id"] == 7
        ]
        for table in metadata.sorted_tables
        if table.name not in NOBODYS
    }
    assert all(found.values()), "a table without a row shows nothing"


async def test_the_row_of_the_user_comes_first(database: Database) -> None:
    await full_life(database, 7)

    with database.connection() as connection:
        assert next(iter(list_rows(connection, 7))) == "users"


async def test_an_export_of_a_stranger_is_empty(database: Database) -> None:
    await full_life(database, 7)

    with database.connection() as connection:
        assert not any(list_rows(connection, 9).values())

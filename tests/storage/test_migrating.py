"""The database's revisions: reached in one go, equal to the tables, and refused where they are not known."""

from sqlalchemy import text

from reminder_bot.storage.database import Database
from reminder_bot.storage.migrating import revision
from reminder_bot.storage.migrations import HEAD


async def test_a_new_database_is_brought_to_the_newest_revision(database: Database) -> None:
    assert await revision(database) == HEAD

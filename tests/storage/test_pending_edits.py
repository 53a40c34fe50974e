"""A look that is owed is owed until it is drawn, and drawn again where it changed meanwhile."""

import asyncio
from datetime import timedelta

from reminder_bot.storage.database import Database
from reminder_bot.storage.pending_edits import (
    delete_pending_edit,
    find_next_pending_edit,
    list_due_pending_edits,
    postpone_pending_edit,
    record_pending_edit,
    renew_pending_edit,
    settle_pending_edit,
)
from reminder_bot.storage.tables import pending_edits
from tests.storage.conftest import NOW
from tests.support.people import rows_of, settle

SECOND = timedelta(seconds=1)


async def test_what_is_owed_is_due_at_its_time(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        owed = record_pending_edit(connection, 7, 5, NOW + SECOND, 3, "later:3")

    with database.connection() as connection:
        assert find_next_pending_edit(connection) == NOW + SECOND
        assert list_due_pending_edits(connection, NOW, 10) == []
        assert list_due_pending_edits(connection, NOW + SECOND, 10) == [owed]


async def test_a_message_that_changed_while_it_was_drawn_is_drawn_again(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        first = record_pending_edit(connection, 7, 5, NOW)
    with database.transaction() as connection:
        second = record_pending_edit(connection, 7, 5, NOW, view="later:3")

    with database.transaction() as connection:
        settle_pending_edit(connection, first)
    (row,) = await rows_of(database, pending_edits)
    assert (row["version"], row["view"]) == (second.version, "later:3")

    with database.transaction() as connection:
        settle_pending_edit(connection, second)
    assert await rows_of(database, pending_edits) == []


async def test_an_old_look_still_on_its_way_settles_nothing_that_was_owed_after_it(
    database: Database,
) -> None:
    """Where the server was away, two rounds may draw the same look, and the message may be
    settled in between.
    """
    await settle(database, NOW)
    with database.transaction() as connection:
        old = record_pending_edit(connection, 7, 5, NOW)
        settle_pending_edit(connection, old)
        new = record_pending_edit(connection, 7, 5, NOW)

        assert not settle_pending_edit(connection, old)
        assert settle_pending_edit(connection, new)


async def test_what_two_processes_owe_at_once_is_owed_in_its_newest_form(
    postgresql: Database,
) -> None:
    """The second waits for the first and must not be lost on it."""
    await settle(postgresql, NOW)

    with postgresql.transaction() as first:
        before = record_pending_edit(first, 7, 5, NOW, view="first")

        writing = postgresql.write(record_pending_edit, 7, 5, NOW, view="second")
        waiting = asyncio.create_task(writing)
        await asyncio.sleep(0.2)
        assert not waiting.done()
    version = (await waiting).version

    assert version != before.version
    assert [(row["version"], row["view"]) for row in await rows_of(postgresql, pending_edits)] == [
        (version, "second")
    ]


async def test_a_try_that_failed_is_made_later(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        owed = record_pending_edit(connection, 7, 5, NOW)

    with database.transaction() as connection:
        postpone_pending_edit(connection, owed, NOW + SECOND)

    with database.connection() as connection:
        assert list_due_pending_edits(connection, NOW, 10) == []
        (again,) = list_due_pending_edits(connection, NOW + SECOND, 10)
    assert again.attempts == 1


async def test_a_message_that_will_be_gone_needs_no_look(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        record_pending_edit(connection, 7, 5, NOW)
        record_pending_edit(connection, 7, 6, NOW)

    with database.transaction() as connection:
        delete_pending_edit(connection, 7, 5)

    assert [row["message_id"] for row in await rows_of(database, pending_edits)] == [6]


async def test_a_look_that_is_owed_again_is_not_settled_by_the_one_under_way(
    database: Database,
) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        older = record_pending_edit(connection, 7, 5, NOW)
        newer = record_pending_edit(connection, 7, 5, NOW, None, "/today")

        assert not settle_pending_edit(connection, older)
        assert renew_pending_edit(connection, older, NOW)
        assert not settle_pending_edit(connection, newer)
        [owed] = list_due_pending_edits(connection, NOW, 10)
        assert (owed.view, settle_pending_edit(connection, owed)) == ("/today", True)
        assert not renew_pending_edit(connection, older, NOW)

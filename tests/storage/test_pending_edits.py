"""Pending edits stay until they are made, and are made again if the message has changed."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from reminder_bot.storage.database import Database
from reminder_bot.storage.pending_edits import (
    Message,
    delete_pending_edit,
    find_next_pending_edit,
    list_due_pending_edits,
    postpone_pending_edit,
    record_pending_edit,
    record_pending_edits,
    renew_pending_edit,
    settle_pending_edits,
)
from reminder_bot.storage.tables import pending_edits
from tests.storage.conftest import NOW
from tests.support.people import rows_of, settle
from tests.support.waiting import until_in_thread

SECOND = timedelta(seconds=1)


async def test_a_pending_edit_is_due_at_its_time(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        pending = record_pending_edit(connection, 7, 5, NOW + SECOND, 3, "later:3")

    with database.connection() as connection:
        assert find_next_pending_edit(connection) == NOW + SECOND
        assert list_due_pending_edits(connection, NOW, 10) == []
        assert list_due_pending_edits(connection, NOW + SECOND, 10) == [pending]


async def test_a_message_that_changed_during_its_edit_is_edited_again(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        first = record_pending_edit(connection, 7, 5, NOW)
    with database.transaction() as connection:
        second = record_pending_edit(connection, 7, 5, NOW, view="later:3")

    with database.transaction() as connection:
        settle_pending_edits(connection, [first])
    (row,) = await rows_of(database, pending_edits)
    assert (row["version"], row["view"]) == (second.version, "later:3")

    with database.transaction() as connection:
        settle_pending_edits(connection, [second])
    assert await rows_of(database, pending_edits) == []


async def test_an_old_edit_does_not_settle_one_that_was_recorded_later(
    database: Database,
) -> None:
    """When Telegram was unreachable, two rounds may make the same edit, and the first may settle
    it before the second ends.
    """
    await settle(database, NOW)
    with database.transaction() as connection:
        old = record_pending_edit(connection, 7, 5, NOW)
        settle_pending_edits(connection, [old])
        new = record_pending_edit(connection, 7, 5, NOW)

        assert not settle_pending_edits(connection, [old])
        assert settle_pending_edits(connection, [new])


async def test_of_two_edits_recorded_at_once_the_second_is_kept(
    postgresql: Database,
) -> None:
    """The second process waits for the transaction of the first, then replaces its edit."""
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


async def test_a_failed_edit_is_postponed_and_its_attempt_counted(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        pending = record_pending_edit(connection, 7, 5, NOW)

    with database.transaction() as connection:
        postpone_pending_edit(connection, pending, NOW + SECOND)

    with database.connection() as connection:
        assert list_due_pending_edits(connection, NOW, 10) == []
        (again,) = list_due_pending_edits(connection, NOW + SECOND, 10)
    assert again.attempts == 1


async def test_the_edit_of_a_message_that_is_deleted_is_dropped(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        record_pending_edit(connection, 7, 5, NOW)
        record_pending_edit(connection, 7, 6, NOW)

    with database.transaction() as connection:
        delete_pending_edit(connection, 7, 5)

    assert [row["message_id"] for row in await rows_of(database, pending_edits)] == [6]


async def test_a_renewed_edit_is_not_settled_by_the_one_in_progress(
    database: Database,
) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        older = record_pending_edit(connection, 7, 5, NOW)
        newer = record_pending_edit(connection, 7, 5, NOW, None, "/today")

        assert not settle_pending_edits(connection, [older])
        assert renew_pending_edit(connection, older, NOW)
        assert not settle_pending_edits(connection, [newer])
        [pending] = list_due_pending_edits(connection, NOW, 10)
        assert pending.view == "/today"
        assert settle_pending_edits(connection, [pending]) == {(7, 5)}
        assert not renew_pending_edit(connection, older, NOW)


async def test_two_transactions_with_the_same_messages_do_not_deadlock(
    postgresql: Database,
) -> None:
    """The rows are locked in the order of their keys, in whatever order they are given."""
    await settle(postgresql, NOW)
    both: dict[Message, int | None] = {(7, 6): None, (7, 5): None}

    with postgresql.transaction() as first:
        record_pending_edit(first, 7, 5, NOW)
        waiting = asyncio.create_task(postgresql.write(record_pending_edits, both, NOW))
        await asyncio.to_thread(until_in_thread, lambda: waits_for_a_lock(postgresql), "the lock")
        record_pending_edit(first, 7, 6, NOW)
    await waiting


def waits_for_a_lock(database: Database) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.connection() as connection:
        return int(connection.execute(query).scalar_one()) > 0

"""Users: every row about a person references theirs and is deleted with it."""

from datetime import time, timedelta

from sqlalchemy import insert

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.user import Setup
from reminder_bot.engine import replying
from reminder_bot.storage.database import Database
from reminder_bot.storage.notices import insert_notice
from reminder_bot.storage.pauses import insert_pause
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.storage.tables import (
    check_ins,
    digests,
    metadata,
    pending_edits,
    reminders,
    users,
)
from reminder_bot.storage.users import (
    count_rows,
    erase,
    find_user,
    insert_user,
    list_users_after,
    record_unreachable,
    update_user,
)
from tests.storage.conftest import NOW
from tests.storage.test_claims import plan
from tests.support.people import change, check_ins_of, load_user, rows_of

# What is not about anybody.
NOBODYS = {"updates", "state", "leases", "budgets"}


async def full_life(database: Database, user_id: int) -> None:
    """A user with something in every table."""
    (check_in_id,) = await plan(database, 1, user_id=user_id, status=Status.SENT, message_id=5)
    user = await load_user(database, user_id)
    (check_in,) = await check_ins_of(database, user_id)
    with database.transaction() as connection:
        replying.reply(connection, user, check_in, Reply.YES, NOW)
        record_pending_edit(connection, user_id, 6, NOW, check_in_id)
        insert_notice(connection, user_id, NoticeKind.NUDGE, NOW, NOW)
        insert_pause(connection, user_id, NOW.date(), NOW.date())
        connection.execute(
            insert(digests).values(
                user_id=user_id,
                last_day=NOW.date(),
                due_at=NOW,
                send_after=NOW,
                send_until=NOW,
                status=Status.PLANNED,
                copies=0,
                attempts=0,
                fact_id="x",
                figures="{}",
            )
        )


async def rows_about(database: Database, user_id: int) -> dict[str, int]:
    """How many rows of each table are about a user, the slow way: every row is looked at."""
    return {
        table.name: sum(
            row["id" if table is users else "user_id"] == user_id
            for row in await rows_of(database, table)
        )
        for table in metadata.sorted_tables
        if table.name not in NOBODYS
    }


async def test_erasing_leaves_no_row_in_any_table(database: Database) -> None:
    for user_id in (7, 8):
        await full_life(database, user_id)
    mine, theirs = await rows_about(database, 7), await rows_about(database, 8)
    assert 0 not in mine.values(), "a table without a row shows nothing"

    with database.transaction() as connection:
        assert count_rows(connection, 7) == sum(mine.values())
        assert erase(connection, 7) == sum(mine.values())

    assert set((await rows_about(database, 7)).values()) == {0}
    assert await rows_about(database, 8) == theirs


async def test_erasing_an_unknown_user_deletes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        assert erase(connection, 7) == 0


def test_every_table_about_people_has_a_user_id() -> None:
    """Erasing a user finds the rows by it."""
    assert {
        table.name for table in metadata.sorted_tables if "user_id" not in table.c
    } == NOBODYS | {"users"}


async def test_nothing_is_planned_for_an_unreachable_user(database: Database) -> None:
    planned, ambiguous, sent = await plan(database, 3)
    with database.transaction() as connection:
        connection.execute(
            check_ins.update().where(check_ins.c.id == ambiguous).values(status=Status.AMBIGUOUS)
        )
        connection.execute(
            check_ins.update().where(check_ins.c.id == sent).values(status=Status.SENT)
        )
        record_pending_edit(connection, 7, 5, NOW)

        record_unreachable(connection, [7], NOW)

    found = {each.id: each.status for each in await check_ins_of(database)}
    assert found == {planned: Status.CANCELLED, ambiguous: Status.CANCELLED, sent: Status.SENT}
    assert await rows_of(database, pending_edits) == []
    assert {row["next_due_at"] for row in await rows_of(database, reminders)} == {None}
    (row,) = await rows_of(database, users)
    assert (row["unreachable_at"], row["next_digest_at"]) == (NOW, None)


async def test_recording_unreachable_twice_keeps_the_first_time(database: Database) -> None:
    await plan(database, 1)

    with database.transaction() as connection:
        record_unreachable(connection, [7], NOW)
        record_unreachable(connection, [7], NOW + timedelta(days=1))

    assert (await load_user(database)).unreachable_at == NOW


async def test_a_user_comes_back_as_they_were_stored(database: Database) -> None:
    with database.transaction() as connection:
        created = insert_user(connection, 7, "pt-BR", NOW)
        update_user(
            connection,
            7,
            zone="Europe/Berlin",
            weekend_wake=time(9),
            weekend_sleep=time(1),
            diet="vegan",
        )

    found = await load_user(database)
    assert (created.setup, created.weekday_hours, created.weekend_hours) == (
        Setup.WELCOME,
        DayHours(time(7), time(23)),
        None,
    )
    assert (found.zone, found.weekend_hours, found.diet) == (
        "Europe/Berlin",
        DayHours(time(9), time(1)),
        frozenset({"vegan"}),
    )
    assert (await change(database, 7, diet="")).diet == frozenset()
    with database.connection() as connection:
        assert find_user(connection, 8) is None


async def test_users_are_listed_in_order_and_in_batches(database: Database) -> None:
    with database.transaction() as connection:
        for user_id in (5, 3, 9):
            insert_user(connection, user_id, "en", NOW)

    with database.connection() as connection:
        assert [each.id for each in list_users_after(connection, 3, 10)] == [5, 9]
        assert [each.id for each in list_users_after(connection, -1, 2)] == [3, 5]

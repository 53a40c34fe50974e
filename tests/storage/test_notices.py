"""Notices: planned once, read with their user, deleted when their reason is gone."""

from datetime import timedelta

import pytest

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.storage.database import Database
from reminder_bot.storage.notices import delete_unsent_notices, insert_notice, list_notices
from reminder_bot.storage.tables import notices
from tests.storage.conftest import NOW
from tests.support.people import load_user, rows_of, settle

HOUR = timedelta(hours=1)


async def plan(
    database: Database, kind: NoticeKind = NoticeKind.NUDGE, at: timedelta = HOUR, user_id: int = 7
) -> None:
    with database.transaction() as connection:
        insert_notice(connection, user_id, kind, NOW + at, NOW + at + HOUR)


async def test_the_same_notice_is_planned_once(database: Database) -> None:
    await settle(database, NOW)

    await plan(database)
    await plan(database)

    assert len(await rows_of(database, notices)) == 1


async def test_another_kind_time_or_person_is_another_notice(database: Database) -> None:
    await settle(database, NOW)
    await settle(database, NOW, user_id=8)
    await plan(database)

    await plan(database, NoticeKind.PAUSE_ENDS)
    await plan(database, at=2 * HOUR)
    await plan(database, user_id=8)

    assert len(await rows_of(database, notices)) == 4


async def test_a_notice_comes_with_its_user(database: Database) -> None:
    await settle(database, NOW)
    await plan(database, NoticeKind.PAUSE_ENDS)
    (row,) = await rows_of(database, notices)

    with database.connection() as connection:
        ((user, notice),) = list_notices(connection, [row["id"], 4711])

    assert user == await load_user(database)
    assert notice == Notice(
        row["id"], 7, NoticeKind.PAUSE_ENDS, NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR, 0
    )


@pytest.mark.parametrize(
    ("status", "is_forgotten"),
    [
        (Status.PLANNED, True),
        (Status.CLAIMED, True),
        (Status.AMBIGUOUS, True),
        (Status.SENT, False),
        (Status.CANCELLED, False),
        (Status.UNCERTAIN, False),
    ],
)
async def test_an_unsent_notice_is_deleted(
    database: Database, status: Status, is_forgotten: bool
) -> None:
    await settle(database, NOW)
    await plan(database)
    with database.transaction() as connection:
        connection.execute(notices.update().values(status=status))

        delete_unsent_notices(connection, 7, NoticeKind.NUDGE)

    assert (await rows_of(database, notices) == []) is is_forgotten


async def test_only_notices_of_this_kind_and_user_are_deleted(database: Database) -> None:
    await settle(database, NOW)
    await settle(database, NOW, user_id=8)
    for user_id in (7, 8):
        for kind in NoticeKind:
            await plan(database, kind, user_id=user_id)

    with database.transaction() as connection:
        delete_unsent_notices(connection, 7, NoticeKind.NUDGE)

    assert [(row["user_id"], row["kind"]) for row in await rows_of(database, notices)] == [
        (7, NoticeKind.PAUSE_ENDS),
        (8, NoticeKind.NUDGE),
        (8, NoticeKind.PAUSE_ENDS),
    ]

"""Claims: no row is claimed twice, outcomes are recorded, ambiguous rows are settled once."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, text

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage import claims
from reminder_bot.storage.check_ins import close_unanswered
from reminder_bot.storage.database import Database
from reminder_bot.storage.due_work import find_due_work
from reminder_bot.storage.tables import check_ins, digests, reminders
from tests.storage.conftest import NOW
from tests.support.people import rows_of, settle
from tests.support.waiting import patience

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


async def plan(
    database: Database,
    count: int,
    *,
    kind: HabitKind = HabitKind.MEDITATION,
    user_id: int = 7,
    **values: Any,
) -> list[int]:
    """Plan `count` check-ins of a new user, a second apart; returns their ids."""
    await settle(database, NOW, user_id=user_id, habits=[kind])
    (reminder,) = await rows_of(database, reminders, reminders.c.user_id == user_id)
    rows = [
        {
            "user_id": user_id,
            "habit_id": reminder["habit_id"],
            "reminder_id": reminder["id"],
            "day": NOW.date(),
            "slot": (NOW + number * SECOND).time(),
            "due_at": NOW + number * SECOND,
            "send_after": NOW + number * SECOND,
            "send_until": NOW + timedelta(hours=2),
            "closes_at": NOW + timedelta(hours=8),
            "status": Status.PLANNED,
            "copies": 0,
            "attempts": 0,
        }
        | values
        for number in range(count)
    ]
    with database.transaction() as connection:
        connection.execute(insert(check_ins), rows)
    return [row["id"] for row in await rows_of(database, check_ins, check_ins.c.user_id == user_id)]


async def claim(
    database: Database, *, by: str = "me", limit: int = 100, now: Any = NOW + LEASE
) -> list[int]:
    return await database.write(claims.claim, check_ins, now, limit=limit, by=by, lease=LEASE)


async def statuses(database: Database, table: Table = check_ins) -> list[str]:
    return [row["status"] for row in await rows_of(database, table)]


# Claiming


async def test_what_is_due_is_claimed_the_oldest_first(database: Database) -> None:
    ids = await plan(database, 5)

    assert await claim(database, limit=2) == ids[:2]
    assert await claim(database, now=NOW + 3 * SECOND) == ids[2:4]
    assert await claim(database) == ids[4:]
    assert await claim(database) == []


def force_nested_loops(connection: Connection) -> None:
    for method in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
        connection.execute(text(f"SET LOCAL enable_{method} = off"))


async def test_a_claim_takes_no_more_than_its_limit_however_it_is_planned(
    postgresql: Database,
) -> None:
    """With the wrong statistics PostgreSQL chooses a nested loop, which repeats a subquery."""
    ids = await plan(postgresql, 5)

    with postgresql.transaction() as connection:
        force_nested_loops(connection)
        claimed = claims.claim(connection, check_ins, NOW + LEASE, limit=2, by="me", lease=LEASE)

    assert claimed == ids[:2]


async def test_a_round_closes_no_more_than_its_limit_however_it_is_planned(
    postgresql: Database,
) -> None:
    await plan(postgresql, 5, status=Status.SENT)

    with postgresql.transaction() as connection:
        force_nested_loops(connection)
        closed = close_unanswered(connection, NOW + timedelta(hours=9), 2)

    assert len(closed) == 2


async def test_a_claim_records_its_holder_and_a_lease(database: Database) -> None:
    await plan(database, 1)

    await claim(database, by="worker-1")

    (row,) = await rows_of(database, check_ins)
    assert (row["status"], row["claimed_by"]) == (Status.CLAIMED, "worker-1")
    assert row["leased_until"] is not None


async def test_one_users_check_ins_are_claimed_together(database: Database) -> None:
    """Due at the same instant, they are one card."""
    for user_id in (8, 7, 9):
        await plan(database, 1, user_id=user_id)
        await plan_another(database, user_id)

    claimed = await claim(database, limit=2)

    owners = {row["id"]: row["user_id"] for row in await rows_of(database, check_ins)}
    assert {owners[each] for each in claimed} == {7}


async def plan_another(database: Database, user_id: int) -> None:
    (row,) = await rows_of(database, check_ins, check_ins.c.user_id == user_id)
    other = {
        "id": None,
        "slot": (NOW + timedelta(hours=1)).time(),
        "due_at": NOW + timedelta(hours=1),
    }
    values = {name: value for name, value in (row | other).items() if name != "id"}
    with database.transaction() as connection:
        connection.execute(insert(check_ins).values(values))


@pytest.mark.parametrize("limit", [5, 50])
async def test_no_row_is_claimed_by_two_workers(database: Database, limit: int) -> None:
    ids = await plan(database, 150)

    async def work(name: str) -> list[int]:
        mine: list[int] = []
        while found := await claim(database, by=name, limit=limit, now=NOW + timedelta(hours=1)):
            assert len(found) <= limit
            mine += found
        return mine

    claimed = await asyncio.gather(*(work(f"worker-{number}") for number in range(4)))

    assert sorted(itertools.chain(*claimed)) == ids


async def test_a_worker_skips_rows_that_another_has_locked(
    postgresql: Database,
) -> None:
    ids = await plan(postgresql, 4)

    with postgresql.transaction() as slow:
        first = claims.claim(slow, check_ins, NOW + LEASE, limit=2, by="slow", lease=LEASE)
        async with patience("the second claim"):
            second = await claim(postgresql, by="quick")

    assert (first, second) == (ids[:2], ids[2:])


async def test_a_claim_takes_no_more_than_its_limit_from_a_large_table(
    postgresql: Database,
) -> None:
    """Without statistics a planner may run the inner query more than once."""
    await plan(postgresql, 2000)

    for _ in range(5):
        assert len(await claim(postgresql, limit=3)) == 3


# Recording


async def test_outcomes_are_recorded_only_in_rows_that_are_still_claimed(
    database: Database,
) -> None:
    ids = await plan(database, 3)
    await claim(database, by="me")
    with database.transaction() as connection:
        connection.execute(
            check_ins.update().where(check_ins.c.id == ids[1]).values(claimed_by="another")
        )
        connection.execute(
            check_ins.update()
            .where(check_ins.c.id == ids[2])
            .values(status=Status.REPLIED, claimed_by=None)
        )

    sent: list[claims.OutcomeRow] = [
        {"id": each, "status": Status.SENT, "message_id": 5, "claimed_by": None, "sent_at": NOW}
        for each in ids
    ]
    with database.transaction() as connection:
        claims.record_outcomes(connection, check_ins, "me", sent)

    assert await statuses(database) == [Status.SENT, Status.CLAIMED, Status.REPLIED]


async def test_outcomes_of_different_kinds_go_in_one_call(database: Database) -> None:
    ids = await plan(database, 4)
    await claim(database, by="me")

    with database.transaction() as connection:
        claims.record_outcomes(
            connection,
            check_ins,
            "me",
            [
                {"id": ids[0], "status": Status.SENT, "message_id": 5, "claimed_by": None},
                {"id": ids[1], "status": Status.MISFIRED, "claimed_by": None},
                {
                    "id": ids[2],
                    "status": Status.PLANNED,
                    "send_after": NOW + LEASE,
                    "claimed_by": None,
                },
                {"id": ids[3], "status": Status.SENT, "message_id": None, "claimed_by": None},
            ],
        )

    rows = await rows_of(database, check_ins)
    assert [row["status"] for row in rows] == [
        Status.SENT,
        Status.MISFIRED,
        Status.PLANNED,
        Status.SENT,
    ]
    assert (rows[0]["message_id"], rows[2]["send_after"], rows[3]["message_id"]) == (
        5,
        NOW + LEASE,
        None,
    )


# Ambiguous rows


async def leave(database: Database, ids: list[int], by: str = "me") -> set[int]:
    return await database.write(claims.mark_leaving, check_ins, by, ids, NOW)


async def test_a_start_on_sqlite_ends_every_claim(sqlite: Database) -> None:
    """Only what had begun to leave is ambiguous."""
    ids = await plan(sqlite, 4)
    await claim(sqlite, limit=3)
    await leave(sqlite, ids[:2])

    with sqlite.transaction() as connection:
        assert claims.end_claims(connection, NOW, all_of_them=True) == (1, 2)

    assert await statuses(sqlite) == [Status.AMBIGUOUS] * 2 + [Status.PLANNED] * 2
    assert {row["claimed_by"] for row in await rows_of(sqlite, check_ins)} == {None}


async def test_only_what_is_still_claimed_can_leave(database: Database) -> None:
    ids = await plan(database, 4)
    await claim(database, limit=3)
    with database.transaction() as connection:
        taken = check_ins.update().where(check_ins.c.id == ids[1])
        connection.execute(taken.values(claimed_by="another"))
        replied = check_ins.update().where(check_ins.c.id == ids[2])
        connection.execute(replied.values(status=Status.REPLIED))

    assert await leave(database, ids) == {ids[0]}


async def test_a_mark_counts_for_one_claim_only(sqlite: Database) -> None:
    """As after a send that failed for certain, and was claimed again."""
    ids = await plan(sqlite, 1)
    await claim(sqlite)
    await leave(sqlite, ids)
    with sqlite.transaction() as connection:
        row = {"id": ids[0], "status": Status.PLANNED, "claimed_by": None}
        claims.record_outcomes(connection, check_ins, "me", [row])  # type: ignore[list-item]
    await claim(sqlite)

    with sqlite.transaction() as connection:
        assert claims.end_claims(connection, NOW, all_of_them=True) == (1, 0)


async def test_on_postgresql_a_claim_ends_when_its_lease_expires(postgresql: Database) -> None:
    ids = await plan(postgresql, 3)
    await claim(postgresql)
    await leave(postgresql, [ids[0], ids[2]])
    with postgresql.transaction() as connection:
        expired = check_ins.c.id.in_(ids[:2])
        connection.execute(
            check_ins.update().where(expired).values(leased_until=NOW - timedelta(days=900))
        )

    with postgresql.connection() as connection:
        assert claims.has_expired_lease(connection)
    with postgresql.transaction() as connection:
        assert claims.end_claims(connection, NOW, all_of_them=False) == (1, 1)
    with postgresql.connection() as connection:
        assert not claims.has_expired_lease(connection)

    assert await statuses(postgresql) == [Status.AMBIGUOUS, Status.PLANNED, Status.CLAIMED]


async def plan_ambiguous(database: Database, kind: HabitKind, *, copies: int = 0) -> None:
    await plan(database, 1, kind=kind, status=Status.AMBIGUOUS, ambiguous_at=NOW, copies=copies)


async def settle_ambiguous(database: Database, answered_at: Any = NOW) -> tuple[int, int]:
    with database.transaction() as connection:
        return claims.settle_ambiguous(connection, answered_at)


@pytest.mark.parametrize(
    ("kind", "copies", "settled", "status"),
    [
        (HabitKind.HYDRATION, 0, (0, 1), Status.UNCERTAIN),
        (HabitKind.PROBIOTIC, 0, (1, 0), Status.PLANNED),
        (HabitKind.MEDITATION, 0, (1, 0), Status.PLANNED),
        (HabitKind.MEDITATION, 1, (0, 1), Status.UNCERTAIN),
    ],
)
async def test_an_ambiguous_check_in_gets_one_further_copy_and_hydration_none(
    database: Database, kind: HabitKind, copies: int, settled: tuple[int, int], status: Status
) -> None:
    await plan_ambiguous(database, kind, copies=copies)

    assert await settle_ambiguous(database) == settled

    (row,) = await rows_of(database, check_ins)
    assert (row["status"], row["copies"]) == (status, copies + settled[0])


async def test_an_ambiguous_row_is_settled_by_a_later_answer_of_telegram(
    database: Database,
) -> None:
    await plan_ambiguous(database, HabitKind.MEDITATION)

    assert await settle_ambiguous(database, NOW - SECOND) == (0, 0)
    with database.connection() as connection:
        assert claims.has_ambiguous(connection)

    assert await settle_ambiguous(database, NOW) == (1, 0)
    with database.connection() as connection:
        assert not claims.has_ambiguous(connection)


async def test_an_ambiguous_digest_gets_one_further_copy(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        connection.execute(
            insert(digests).values(
                user_id=7,
                last_day=NOW.date(),
                due_at=NOW,
                send_after=NOW,
                send_until=NOW,
                status=Status.AMBIGUOUS,
                ambiguous_at=NOW,
                copies=0,
                attempts=0,
                fact_id="x",
                figures="{}",
            )
        )

    assert await settle_ambiguous(database) == (1, 0)
    assert await statuses(database, digests) == [Status.PLANNED]


# What is next


async def test_due_work_names_the_next_instant_of_each_kind(database: Database) -> None:
    await plan(database, 2)
    with database.connection() as connection:
        due_work = find_due_work(connection)

    assert (
        due_work.send_check_in_at,
        due_work.close_at,
        due_work.ambiguous_check_in_since,
        due_work.has_expired_lease,
    ) == (
        NOW,
        None,
        None,
        False,
    )
    assert due_work.plan_at is not None


async def test_due_work_of_an_empty_database_is_empty(database: Database) -> None:
    with database.connection() as connection:
        assert not any(find_due_work(connection))

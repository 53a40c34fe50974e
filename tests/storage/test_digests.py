"""Digests: they are read as they were planned, also those of an older release."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.storage.database import Database
from reminder_bot.storage.digests import (
    find_digest,
    find_last_day,
    find_last_digest,
    insert_digest,
    list_told_facts,
)
from reminder_bot.storage.tables import digests
from tests.storage.conftest import NOW
from tests.support.people import settle

SATURDAY = date(2026, 3, 7)
FULL = Figures(
    (
        HabitWeek(
            HabitKind.HYDRATION,
            Adherence(2, 3),
            Adherence(0, 7),
            (Cell(Mark.KEPT, 1.0), Cell(Mark.PARTLY, 0.333), Cell(Mark.NOT_DUE, 0.0)),
        ),
        HabitWeek(
            HabitKind.CUSTOM,
            Adherence(1, 1),
            Adherence(0, 0),
            (Cell(Mark.SKIPPED, 0.0),),
            "Walk “a bit” 💧",
        ),
    ),
    answers=11,
    best_day=date(2026, 3, 3),
)
EMPTY = Figures((), 0, None)


async def store(database: Database, **values: Any) -> bool:
    usual: dict[str, Any] = {
        "user_id": 7,
        "first_day": SATURDAY - timedelta(days=6),
        "last_day": SATURDAY,
        "due_at": NOW,
        "send_until": NOW,
        "fact_id": "x",
        "figures": EMPTY,
        "suggestion": None,
    }
    with database.transaction() as connection:
        return insert_digest(connection, **usual | values)


async def find(database: Database, digest_id: int = 1, user_id: int = 7) -> Digest:
    with database.connection() as connection:
        found = find_digest(connection, digest_id, user_id)
    assert found is not None
    return found


async def test_a_digest_comes_back_as_it_was_planned(database: Database) -> None:
    await settle(database, NOW)
    suggested = Suggestion(Change.MOVE, 4, HabitKind.HYDRATION, time(15), time(16))

    await store(database, figures=FULL, suggestion=suggested, first_day=date(2026, 3, 3))

    found = await find(database)
    assert (found.figures, found.suggestion, found.begins_on) == (FULL, suggested, date(2026, 3, 3))
    assert (found.status, found.fact_id) == (Status.PLANNED, "x")


async def test_a_week_is_planned_once(database: Database) -> None:
    await settle(database, NOW)

    assert await store(database, fact_id="first") is True
    assert await store(database, fact_id="second") is False

    assert (await find(database)).fact_id == "first"


async def test_figures_stored_by_the_first_release_can_be_read(database: Database) -> None:
    await settle(database, NOW)
    with database.transaction() as connection:
        connection.execute(
            insert(digests).values(
                user_id=7,
                last_day=SATURDAY,
                due_at=NOW,
                send_after=NOW,
                send_until=NOW,
                status=Status.SENT,
                fact_id="x",
                figures='{"habits": {"hydration": [5, 7, 3, 6]}, "answers": 20, "best_day": null}',
            )
        )

    found = await find(database)

    assert found.figures == Figures(
        (HabitWeek(HabitKind.HYDRATION, Adherence(5, 7), Adherence(3, 6), (), None),), 20, None
    )
    assert (found.begins_on, found.suggestion) == (date(2026, 3, 1), None)


async def test_nobody_finds_another_persons_digest(database: Database) -> None:
    await settle(database, NOW)
    await settle(database, NOW, user_id=8)
    await store(database)

    with database.connection() as connection:
        assert find_digest(connection, 1, 8) is None
        assert find_last_digest(connection, 8) is None


async def test_the_last_digest_is_the_newest_that_was_sent(database: Database) -> None:
    await settle(database, NOW)
    statuses = {0: Status.SENT, 7: Status.UNCERTAIN, 14: Status.MISFIRED}
    for weeks, message_id in ((0, 5), (7, 6), (14, None)):
        await store(
            database,
            last_day=date.fromordinal(SATURDAY.toordinal() + weeks),
            fact_id=f"fact {weeks}",
        )
        with database.transaction() as connection:
            connection.execute(
                update(digests)
                .where(digests.c.id == weeks // 7 + 1)
                .values(message_id=message_id, status=statuses[weeks])
            )

    with database.connection() as connection:
        last = find_last_digest(connection, 7)
        assert find_last_day(connection, 7) == date(2026, 3, 21)
        assert list_told_facts(connection, 7) == ["fact 0", "fact 7"]
    assert last is not None
    assert last.message_id == 6


@pytest.mark.parametrize("status", list(Status))
async def test_a_fact_was_told_if_its_digest_was_sent_or_may_have_been(
    status: Status, database: Database
) -> None:
    await settle(database, NOW)
    await store(database, fact_id="sleep")
    with database.transaction() as connection:
        connection.execute(update(digests).values(status=status))

    with database.connection() as connection:
        told = list_told_facts(connection, 7)

    assert told == ([] if status in {"planned", "misfired", "cancelled"} else ["sleep"])

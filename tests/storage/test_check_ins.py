"""Check-ins: looking them up, expiring and repeating them; cards."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage import check_ins as stored
from reminder_bot.storage.cards import list_cards, list_cards_on
from reminder_bot.storage.database import Database
from reminder_bot.storage.entries import insert_entry, list_done, undo_entry
from reminder_bot.storage.tables import check_ins
from reminder_bot.storage.users import list_users
from tests.storage.conftest import NOW
from tests.storage.test_claims import plan
from tests.support.people import check_ins_of, rows_of

SECOND = timedelta(seconds=1)


async def change(database: Database, changes: Mapping[int, Mapping[str, Any]]) -> None:
    with database.transaction() as connection:
        for id_, values in changes.items():
            stored.update_check_in(connection, id_, **values)


async def test_a_check_in_is_found_by_its_owner_alone(database: Database) -> None:
    (mine,) = await plan(database, 1)
    (theirs,) = await plan(database, 1, user_id=8)

    with database.connection() as connection:
        assert stored.find_check_in(connection, mine, 7) is not None
        assert stored.find_check_in(connection, theirs, 7) is None
        assert stored.find_check_in(connection, 10**17, 7) is None


async def test_a_message_shows_its_check_ins_and_nobody_elses(database: Database) -> None:
    """Message numbers count in each chat anew."""
    first, second = await plan(database, 2)
    (theirs,) = await plan(database, 1, user_id=8)
    await change(
        database,
        {each: {"message_id": 5, "status": Status.SENT} for each in (first, second, theirs)},
    )

    with database.connection() as connection:
        assert [each.id for each in stored.find_by_message(connection, 7, 5)] == [
            first,
            second,
        ]
        users = list_users(connection, [7, 8, 9])
        cards = list_cards_on(connection, [(7, 5), (8, 5), (7, 6), (9, 5)], users)
        shown = {message: [row.check_in.id for row in card.rows] for message, card in cards.items()}
        assert shown == {(7, 5): [first, second], (8, 5): [theirs]}
        assert {message: card.user.id for message, card in cards.items()} == {(7, 5): 7, (8, 5): 8}
        assert list_cards_on(connection, [(8, 6), (7, 8)], users) == {}


async def test_somebody_has_seen_what_a_message_shows_and_what_may_have_arrived(
    database: Database,
) -> None:
    _, sent, lost, uncertain = await plan(database, 4)
    await plan(database, 1, user_id=8)
    yesterday = NOW.date() - timedelta(days=1)
    await change(
        database,
        {
            sent: {"status": Status.UNANSWERED, "message_id": 5},
            lost: {"status": Status.AMBIGUOUS},
            uncertain: {"status": Status.UNCERTAIN},
        },
    )

    with database.connection() as connection:
        seen = stored.list_shown(connection, 7, yesterday, NOW.date())
        before = stored.list_shown(connection, 7, yesterday, yesterday)

    assert {each.id for each in seen} == {sent, lost, uncertain}
    assert before == []


async def test_a_check_in_that_nobody_answered_in_time_expires(database: Database) -> None:
    early, late, answered = await plan(database, 3)
    sent = {"status": Status.SENT, "message_id": 5, "repeat_at": NOW}
    await change(
        database,
        {
            early: sent | {"closes_at": NOW},
            late: sent | {"closes_at": NOW + SECOND},
            answered: {"status": Status.REPLIED, "closes_at": NOW},
        },
    )

    with database.transaction() as connection:
        assert stored.find_next_close(connection) == NOW
        assert stored.close_unanswered(connection, NOW, 10) == [(early, 7, 5)]
        assert stored.close_unanswered(connection, NOW, 10) == []
        assert stored.find_next_close(connection) == NOW + SECOND

    rows = {row["id"]: row for row in await rows_of(database, check_ins)}
    assert (rows[early]["status"], rows[early]["repeat_at"]) == (Status.UNANSWERED, None)
    assert rows[late]["status"] == Status.SENT


async def test_no_more_check_ins_expire_at_once_than_the_limit(database: Database) -> None:
    ids = await plan(database, 5, status=Status.SENT, closes_at=NOW)

    with database.transaction() as connection:
        closed = stored.close_unanswered(connection, NOW, 3)

    assert len(closed) == 3
    assert {id_ for id_, _, _ in closed} <= set(ids)


async def test_a_repeat_is_the_next_ask(database: Database) -> None:
    due, later, answered = await plan(database, 3, status=Status.SENT, repeats_left=1, ask=1)
    await change(
        database,
        {
            due: {"repeat_at": NOW},
            later: {"repeat_at": NOW + SECOND},
            answered: {"repeat_at": NOW, "status": Status.REPLIED},
        },
    )

    with database.transaction() as connection:
        assert stored.find_next_repeat(connection) == NOW
        assert stored.plan_repeats(connection, NOW) == 1

    found = {each.id: each for each in await check_ins_of(database)}
    assert (found[due].status, found[due].ask, found[due].repeats_left) == (Status.PLANNED, 2, 0)
    assert found[due].send_after == NOW
    assert (found[later].status, found[answered].status) == (Status.SENT, Status.REPLIED)


async def test_an_expired_question_is_not_repeated(database: Database) -> None:
    (closed,) = await plan(
        database, 1, status=Status.SENT, repeats_left=1, repeat_at=NOW, closes_at=NOW
    )

    with database.transaction() as connection:
        assert stored.plan_repeats(connection, NOW) == 0

    assert [each.status for each in await check_ins_of(database)] == [Status.SENT], closed


async def test_skips_are_found_by_habit_and_day(database: Database) -> None:
    (check_in,) = await plan(database, 1)
    await change(database, {check_in: {"reply": Reply.SKIPPED}})
    habit_id = (await check_ins_of(database))[0].habit_id

    with database.connection() as connection:
        assert stored.list_skipped(connection, [habit_id], [NOW.date()]) == {(habit_id, NOW.date())}
        assert stored.list_skipped(connection, [habit_id + 1], [NOW.date()]) == set()
        assert stored.list_skipped(connection, [habit_id], [date(2026, 3, 3)]) == set()


async def test_a_day_holds_the_sum_of_what_was_not_undone(database: Database) -> None:
    first, second = await plan(database, 2, kind=HabitKind.HYDRATION)
    habit_id = (await check_ins_of(database))[0].habit_id
    with database.transaction() as connection:
        for check_in_id, amount in ((first, 250), (second, 500), (None, 300)):
            insert_entry(connection, 7, habit_id, NOW.date(), amount, NOW, check_in_id)
        undo_entry(connection, second, NOW)

    with database.connection() as connection:
        assert list_done(connection, [7], NOW.date(), NOW.date()) == {
            (habit_id, NOW.date()): (550, 2)
        }
        (card,) = list_cards(connection, [first, second])
    assert [(row.done_ml, row.check_in.amount) for row in card.rows] == [(550, 250), (550, None)]


async def test_each_user_gets_one_card(database: Database) -> None:
    mine = await plan(database, 2)
    theirs = await plan(database, 1, user_id=8)

    with database.connection() as connection:
        cards = list_cards(connection, mine + theirs)

    assert {card.user.id: len(card.rows) for card in cards} == {7: 2, 8: 1}


async def test_a_food_is_new_to_whoever_was_not_shown_it_before(database: Database) -> None:
    """What others were shown changes nothing: each person has to read what to mind with it."""
    bens = await plan(database, 2, user_id=8, kind=HabitKind.PROBIOTIC)
    anas = await plan(database, 4, kind=HabitKind.PROBIOTIC)
    (carls,) = await plan(database, 1, user_id=9, kind=HabitKind.PROBIOTIC)
    foods = ["kefir", "miso", "kefir", "miso", "kefir", None, "kefir"]
    ids = [*bens, *anas, carls]
    await change(database, {id_: {"food_id": food} for id_, food in zip(ids, foods, strict=True)})

    with database.connection() as connection:
        cards = list_cards(connection, ids)

    is_new = {row.check_in.id: row.has_new_food for card in cards for row in card.rows}
    assert [is_new[id_] for id_ in ids] == [True, True, True, True, False, False, True]


async def test_a_food_that_is_asked_about_again_is_not_new(database: Database) -> None:
    (check_in,) = await plan(database, 1, kind=HabitKind.PROBIOTIC, food_id="kefir", ask=2)

    with database.connection() as connection:
        (card,) = list_cards(connection, [check_in])

    assert not card.rows[0].has_new_food


@pytest.mark.parametrize("is_list", [False, True])
async def test_a_check_in_that_a_tap_changes_waits_for_nobody_elses_record(
    postgresql: Database, is_list: bool
) -> None:
    """Otherwise the outcome of its send could be recorded between the read and the write of the
    tap, and the newer message would keep its buttons.
    """
    (check_in_id,) = await plan(postgresql, 1)

    with postgresql.transaction() as tap:
        if is_list:
            stored.list_check_ins(tap, [check_in_id])
        else:
            stored.find_check_in(tap, check_in_id, 7)
        with pytest.raises(OperationalError, match="lock timeout"):
            record_hastily(postgresql, check_in_id)


def record_hastily(database: Database, check_in_id: int) -> None:
    with database.transaction() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '50ms'"))
        stored.update_check_in(connection, check_in_id, status=Status.SENT)

"""What nobody answered closes; what cannot come again is forgotten."""

from datetime import timedelta

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine import expiring, replying
from reminder_bot.storage.tables import pending_edits, updates
from reminder_bot.storage.updates import record_updates
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import BERLIN, check_ins_of, load_user, rows_of, settle
from tests.support.world import local

TEN = local("2026-03-02 10:00", BERLIN)
SECOND = timedelta(seconds=1)


async def test_a_question_closes_when_the_next_of_its_habit_is_due(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.HYDRATION], slots="1234567 10:00,12:30")
    await both.tick(TEN)

    assert (
        await expiring.close_unanswered(both.database, TEN + timedelta(minutes=150) - SECOND) == 0
    )
    assert await expiring.close_unanswered(both.database, TEN + timedelta(minutes=150)) == 1

    assert (await check_ins_of(both.database))[0].status is Status.UNANSWERED


async def test_the_last_question_of_a_day_closes_with_the_day(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots="1234567 10:00")
    await bench.tick(TEN)

    assert await expiring.close_unanswered(bench.database, local("2026-03-03 03:59", BERLIN)) == 0
    assert await expiring.close_unanswered(bench.database, local("2026-03-03 04:00", BERLIN)) == 1


async def test_what_closes_is_owed_the_loss_of_its_buttons(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.MEDITATION], slots="1234567 10:00")
    await both.tick(TEN)

    await both.tick(local("2026-03-03 04:00", BERLIN))

    (check_in,) = await check_ins_of(both.database)
    edit = [
        (row["message_id"], row["check_in_id"])
        for row in await rows_of(both.database, pending_edits)
    ]
    assert edit == [(check_in.message_id, check_in.id)]


async def test_what_was_answered_does_not_close(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots="1234567 10:00")
    await bench.tick(TEN)
    with bench.database.transaction() as connection:
        user, (check_in,) = await load_user(bench.database), await check_ins_of(bench.database)
        replying.reply(connection, user, check_in, Reply.NO, TEN)

    assert await expiring.close_unanswered(bench.database, local("2026-03-04 04:00", BERLIN)) == 0


async def test_more_than_a_batch_closes_in_one_round(bench: Bench) -> None:
    for user_id in range(1, 6):
        await settle(
            bench.database,
            MONDAY,
            user_id=user_id,
            habits=[HabitKind.MEDITATION],
            slots="1234567 10:00",
        )
    await bench.tick(TEN)

    usual, expiring.BATCH = expiring.BATCH, 2
    try:
        assert (
            await expiring.close_unanswered(bench.database, local("2026-03-03 04:00", BERLIN)) == 5
        )
    finally:
        expiring.BATCH = usual


async def test_updates_are_forgotten_after_three_days(both: Bench) -> None:
    """Telegram keeps what is not confirmed for a day: a copy can't come later."""
    with both.database.transaction() as connection:
        record_updates(connection, [1], TEN)
        record_updates(connection, [2], TEN + timedelta(days=1))

    assert await expiring.delete_old_updates(both.database, TEN + timedelta(days=3) + SECOND) == 1
    assert [row["id"] for row in await rows_of(both.database, updates)] == [2]

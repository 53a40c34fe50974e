"""What somebody notes in a day by themselves, and corrects: the record, the question and its
message agree.
"""

from datetime import date, datetime, timedelta

import pytest

from reminder_bot.domain.check_in import BACK_FILL, CheckIn, Later, Reply, Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine import entries, replying
from reminder_bot.engine.configuring import remove_habit
from reminder_bot.engine.entries import DayRow, Undone
from reminder_bot.storage import tables
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import BERLIN, check_ins_of, load_user, rows_of, settle
from tests.support.world import local

WATER, FOOD, QUIET, BED = (
    HabitKind.HYDRATION,
    HabitKind.PROBIOTIC,
    HabitKind.MEDITATION,
    HabitKind.BEDTIME,
)
DAY = date(2026, 3, 2)
TEN = local("2026-03-02 10:00", BERLIN)
NOON = local("2026-03-02 12:00", BERLIN)
DAY_ENDS = local("2026-03-03 04:00", BERLIN)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def asked(bench: Bench, kind: HabitKind = QUIET, slots: str = "1234567 10:00") -> None:
    """One habit, asked at ten on Monday; its message is 1001."""
    await settle(bench.database, MONDAY, habits=[kind], slots=slots)
    await bench.tick(TEN)


async def unasked(bench: Bench, kind: HabitKind = QUIET) -> None:
    await settle(bench.database, MONDAY, habits=[kind], slots="1234567 20:00")
    bench.clock.at = TEN


async def row_of(bench: Bench, day: date = DAY) -> DayRow:
    user = await load_user(bench.database)
    with bench.database.connection() as connection:
        (row,) = entries.rows_of(connection, user, day, bench.now)
    return row


async def note(bench: Bench, amount: int | None = None, at: datetime = TEN, day: date = DAY) -> int:
    row, user = await row_of(bench, day), await load_user(bench.database)
    with bench.database.transaction() as connection:
        return entries.record_entry(connection, user, row.habit, day, amount, at)


async def answer(
    bench: Bench, given: Reply | None, at: datetime = TEN, day: date = DAY
) -> list[int]:
    """Set the day's answer; the messages that are edited again."""
    row, user = await row_of(bench, day), await load_user(bench.database)
    with bench.database.transaction() as connection:
        edits = entries.record_answer(connection, user, row, day, given, at)
    return [each.message_id for each in edits]


async def tap(bench: Bench, given: Reply, at: datetime = TEN) -> None:
    check_in, user = await question(bench), await load_user(bench.database)
    with bench.database.transaction() as connection:
        replying.reply(connection, user, check_in, given, at, message_id=check_in.message_id)


async def undo_last(bench: Bench, at: datetime) -> Undone | None:
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        return entries.undo_last(connection, user, at)


async def question(bench: Bench) -> CheckIn:
    return (await check_ins_of(bench.database))[-1]


async def counting(bench: Bench) -> list[tuple[date, int | None]]:
    """Day and amount of the entries that count."""
    rows = await rows_of(bench.database, tables.entries, tables.entries.c.undone_at.is_(None))
    return [(row["day"], row["amount"]) for row in rows]


# Noting


async def test_what_is_noted_counts_for_its_day(both: Bench) -> None:
    await unasked(both, WATER)

    first = await note(both, 250)
    await note(both, 500, TEN + MINUTE)

    row = await row_of(both)
    assert (row.done_ml, row.entries[0].id, row.check_in) == (750, first, None)
    assert await counting(both) == [(DAY, 250), (DAY, 500)]


async def test_a_night_is_noted_for_the_evening_before(bench: Bench) -> None:
    await unasked(bench, BED)

    await note(bench)

    assert await counting(bench) == [(date(2026, 3, 1), None)]
    assert (await row_of(bench)).answer is Reply.YES


async def test_what_is_noted_before_its_time_is_not_asked(bench: Bench) -> None:
    await unasked(bench)
    await note(bench)

    await bench.tick(local("2026-03-02 20:00", BERLIN))

    assert bench.messenger.sent == []


# Answering on the day's card


@pytest.mark.parametrize("before", [None, *Reply])
@pytest.mark.parametrize("after", [Reply.YES, Reply.NO])
async def test_an_answer_on_the_card_is_the_reply_to_the_days_question(
    both: Bench, before: Reply | None, after: Reply
) -> None:
    await asked(both)
    if before is not None:
        await tap(both, before)

    edited = await answer(both, after, TEN + HOUR)

    check_in = await question(both)
    assert (check_in.status, check_in.reply, check_in.replied_at) == (
        Status.REPLIED,
        after,
        TEN + HOUR,
    )
    assert await counting(both) == ([(DAY, None)] if after is Reply.YES else [])
    assert (edited, (await row_of(both)).answer) == ([1001], after)


@pytest.mark.parametrize("before", list(Reply))
async def test_cleared_the_question_stands_again(bench: Bench, before: Reply) -> None:
    await asked(bench)
    await tap(bench, before)

    assert await answer(bench, None, TEN + HOUR) == [1001]

    check_in = await question(bench)
    assert (check_in.status, check_in.reply, check_in.replied_at) == (Status.SENT, None, None)
    assert check_in.is_open(TEN + HOUR)
    assert (await counting(bench), (await row_of(bench)).answer) == ([], None)


@pytest.mark.parametrize(
    ("at", "closes_at"),
    [
        (NOON - MINUTE, NOON),
        (NOON, DAY_ENDS),
        (NOON + HOUR, DAY_ENDS),
        (DAY_ENDS + HOUR, NOON),
    ],
)
async def test_cleared_after_its_time_and_before_the_day_ends_it_is_open_until_then(
    bench: Bench, at: datetime, closes_at: datetime
) -> None:
    await asked(bench, slots="1234567 10:00,12:00")
    await tap(bench, Reply.YES)

    await answer(bench, None, at)

    check_in = (await check_ins_of(bench.database))[0]
    status = Status.SENT if at < DAY_ENDS else Status.UNANSWERED
    assert (check_in.status, check_in.closes_at) == (status, closes_at)


@pytest.mark.parametrize("given", [None, Reply.NO])
async def test_the_edit_of_a_corrected_question_names_the_question(
    bench: Bench, given: Reply | None
) -> None:
    await asked(bench)
    await tap(bench, Reply.YES)
    with bench.database.transaction() as connection:
        connection.execute(tables.pending_edits.delete())

    await answer(bench, given, TEN + MINUTE)

    (pending,) = await rows_of(bench.database, tables.pending_edits)
    assert pending["message_id"] == 1001
    assert pending["check_in_id"] == (await question(bench)).id


async def test_an_earlier_days_question_that_is_cleared_is_unanswered(bench: Bench) -> None:
    await asked(bench)
    await tap(bench, Reply.YES)

    await answer(bench, None, DAY_ENDS + HOUR)

    check_in = await question(bench)
    assert (check_in.status, check_in.reply) == (Status.UNANSWERED, None)


async def test_an_earlier_day_is_corrected_from_no_to_yes(bench: Bench) -> None:
    await asked(bench)
    await tap(bench, Reply.NO)

    await answer(bench, Reply.YES, DAY_ENDS + HOUR)

    assert (await question(bench)).reply is Reply.YES
    assert await counting(bench) == [(DAY, None)]


async def test_without_a_question_a_yes_is_noted_and_cleared_again(bench: Bench) -> None:
    await unasked(bench)

    assert await answer(bench, Reply.YES) == []
    assert await counting(bench) == [(DAY, None)]
    assert await answer(bench, None, TEN + MINUTE) == []

    assert await counting(bench) == []
    assert (await row_of(bench)).answer is None


async def test_a_snoozed_question_is_not_asked_again_once_the_card_says_yes(both: Bench) -> None:
    await asked(both)
    user, check_in = await load_user(both.database), await question(both)
    with both.database.transaction() as connection:
        replying.snooze(connection, user, check_in, Later.HOUR, TEN, message_id=1001)

    await answer(both, Reply.YES, TEN + MINUTE)
    await both.tick(TEN + HOUR)

    assert len(both.messenger.sent) == 1
    assert await counting(both) == [(DAY, None)]


async def test_two_questions_of_a_day_that_were_both_answered_are_cleared_together(
    both: Bench,
) -> None:
    """Or the older message would still say yes, with nothing on record."""
    await asked(both, FOOD, slots="1234567 10:00,12:00")
    await both.tick(TEN + 2 * HOUR)
    first, second = await check_ins_of(both.database)
    user = await load_user(both.database)
    with both.database.transaction() as connection:
        replying.reply(connection, user, second, Reply.YES, TEN + 3 * HOUR)
        replying.reply(connection, user, first, Reply.YES, TEN + 3 * HOUR)

    edited = await answer(both, None, TEN + 4 * HOUR)

    assert [each.reply for each in await check_ins_of(both.database)] == [None, None]
    assert set(edited) == {1001, 1002}
    assert await counting(both) == []


async def test_what_a_repeat_would_have_asked_is_answered(bench: Bench) -> None:
    await asked(bench)
    await answer(bench, Reply.YES, TEN + MINUTE)

    await bench.tick(TEN + 30 * MINUTE)

    assert len(bench.messenger.sent) == 1


# Taking back


async def test_the_last_amount_is_taken_back(bench: Bench) -> None:
    await unasked(bench, WATER)
    await note(bench, 250)
    await note(bench, 500, TEN + MINUTE)

    row, user = await row_of(bench), await load_user(bench.database)
    with bench.database.transaction() as connection:
        assert entries.undo_newest(connection, user, row, TEN + 2 * MINUTE) == ()

    assert await counting(bench) == [(DAY, 250)]


async def test_where_the_last_amount_answered_a_question_that_stands_again(both: Bench) -> None:
    await asked(both, WATER)
    await tap(both, Reply.YES)

    row, user = await row_of(both), await load_user(both.database)
    with both.database.transaction() as connection:
        (edit,) = entries.undo_newest(connection, user, row, TEN + MINUTE)

    assert (edit.message_id, (await question(both)).status) == (1001, Status.SENT)
    assert await counting(both) == []


async def test_where_nothing_is_noted_nothing_is_taken_back(bench: Bench) -> None:
    await asked(bench, WATER)

    row, user = await row_of(bench), await load_user(bench.database)
    with bench.database.transaction() as connection:
        assert entries.undo_newest(connection, user, row, TEN) == ()

    assert (await question(bench)).status is Status.SENT


async def test_undo_takes_back_the_newest_whatever_it_was(both: Bench) -> None:
    await asked(both, WATER)
    await note(both, 500, TEN + MINUTE)
    await tap(both, Reply.YES, TEN + 2 * MINUTE)
    await note(both, 330, TEN + 3 * MINUTE)

    undone = [await undo_last(both, TEN + minutes * MINUTE) for minutes in (4, 5, 6, 7)]

    assert [each and (each.amount, each.at, each.reply) for each in undone] == [
        (330, TEN + 3 * MINUTE, Reply.YES),
        (250, TEN + 2 * MINUTE, Reply.YES),
        (500, TEN + MINUTE, Reply.YES),
        None,
    ]
    assert await counting(both) == []
    assert (await question(both)).status is Status.SENT


async def test_of_two_notes_at_the_same_instant_undo_takes_back_the_second(bench: Bench) -> None:
    await unasked(bench, WATER)
    await note(bench, 250)
    await note(bench, 500)

    undone = await undo_last(bench, TEN + MINUTE)

    assert undone is not None
    assert undone.amount == 500


async def test_undo_takes_back_the_newer_of_two_answers(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[FOOD, QUIET], slots="1234567 10:00")
    await bench.tick(TEN)
    first, second = await check_ins_of(bench.database)
    user = await load_user(bench.database)
    for check_in, at in ((second, TEN + MINUTE), (first, TEN + 2 * MINUTE)):
        with bench.database.transaction() as connection:
            replying.reply(connection, user, check_in, Reply.YES, at)

    undone = [await undo_last(bench, TEN + minutes * MINUTE) for minutes in (3, 4, 5)]

    assert [each and (each.habit.kind, each.at) for each in undone] == [
        (FOOD, TEN + 2 * MINUTE),
        (QUIET, TEN + MINUTE),
        None,
    ]


@pytest.mark.parametrize("given", [Reply.NO, Reply.SKIPPED])
async def test_undo_takes_back_a_no_and_a_skip_too(bench: Bench, given: Reply) -> None:
    await asked(bench)
    await tap(bench, given)

    undone = await undo_last(bench, TEN + MINUTE)

    assert undone is not None
    assert (undone.habit.kind, undone.reply) == (QUIET, given)
    assert [each.message_id for each in undone.pending_edits] == [1001]
    assert (await question(bench)).reply is None


async def test_undo_reaches_what_was_filled_in_today_for_yesterday(bench: Bench) -> None:
    await unasked(bench, WATER)
    await note(bench, 250, TEN, date(2026, 3, 1))

    assert await undo_last(bench, TEN + MINUTE) is not None

    assert await counting(bench) == []


async def test_undo_leaves_what_was_done_before_today(bench: Bench) -> None:
    await asked(bench, WATER)
    await tap(bench, Reply.YES)
    await note(bench, 250, TEN + MINUTE)

    assert await undo_last(bench, DAY_ENDS + HOUR) is None

    assert len(await counting(bench)) == 2


async def test_undo_takes_back_what_a_removed_habit_was_given(bench: Bench) -> None:
    await asked(bench)
    await tap(bench, Reply.NO)
    with bench.database.transaction() as connection:
        remove_habit(connection, await load_user(bench.database), QUIET, TEN)

    assert await undo_last(bench, TEN + MINUTE) is not None


# How far back


@pytest.mark.parametrize(
    ("days", "is_open"),
    [(0, True), (1, True), (14, True), (15, False), (400, False), (-1, False), (-400, False)],
)
async def test_today_and_fourteen_days_back_may_be_filled_in(
    bench: Bench, days: int, is_open: bool
) -> None:
    user = await settle(bench.database, MONDAY)

    assert entries.is_open_to_back_fill(user, DAY - timedelta(days=days), TEN) is is_open


async def test_a_day_closes_fourteen_days_after_its_end(bench: Bench) -> None:
    user = await settle(bench.database, MONDAY)

    assert entries.is_open_to_back_fill(user, DAY, DAY_ENDS + BACK_FILL - timedelta(seconds=1))
    assert not entries.is_open_to_back_fill(user, DAY, DAY_ENDS + BACK_FILL)


@pytest.mark.parametrize("day", [date.min, date.max, date(1, 1, 2), date(9999, 12, 30)])
async def test_a_day_that_no_calendar_reaches_is_not_open(bench: Bench, day: date) -> None:
    user = await settle(bench.database, MONDAY, zone="Pacific/Kiritimati")

    assert not entries.is_open_to_back_fill(user, day, TEN)


async def test_until_four_in_the_morning_it_is_still_the_evening_before(bench: Bench) -> None:
    user = await settle(bench.database, MONDAY)

    assert entries.is_open_to_back_fill(user, DAY, DAY_ENDS - MINUTE)
    assert not entries.is_open_to_back_fill(user, DAY + timedelta(days=1), DAY_ENDS - MINUTE)

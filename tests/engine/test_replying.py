"""What a tap or typed words do to a check-in: they count once, for its day, and the message that
shows it has a pending edit.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from reminder_bot.domain.check_in import CheckIn, Later, Reply, Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.engine import replying
from reminder_bot.engine.counting import records_of
from reminder_bot.engine.replying import NewReply, ReplyOutcome, Result
from reminder_bot.storage.check_ins import update_check_in
from reminder_bot.storage.habits import list_habits, update_habit
from reminder_bot.storage.pending_edits import PendingEdit, settle_pending_edits
from reminder_bot.storage.tables import entries, pending_edits
from reminder_bot.storage.users import list_users
from tests.engine.conftest import MONDAY
from tests.support.messenger import AMBIGUOUS, Bench
from tests.support.people import BERLIN, check_ins_of, load_user, rows_of, settle
from tests.support.world import local

TEN = local("2026-03-02 10:00", BERLIN)
DAY_ENDS = local("2026-03-03 04:00", BERLIN)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


async def asked(
    bench: Bench,
    kind: HabitKind = HabitKind.MEDITATION,
    slots: str = "1234567 10:00",
    **values: Any,
) -> CheckIn:
    """One habit, asked at ten on Monday; its message is 1001."""
    await settle(bench.database, MONDAY, habits=[kind], slots=slots, **values)
    await bench.tick(TEN)
    return await first(bench)


async def first(bench: Bench) -> CheckIn:
    return (await check_ins_of(bench.database))[0]


async def reply(
    bench: Bench,
    given: Reply = Reply.YES,
    at: datetime | None = None,
    *,
    message_id: int | None = 1001,
    amount: int | None = None,
) -> Result:
    bench.clock.at = at or bench.now
    user, check_in = await load_user(bench.database), await first(bench)
    with bench.database.transaction() as connection:
        return replying.reply(
            connection, user, check_in, given, bench.now, message_id=message_id, amount=amount
        )


async def undo(bench: Bench, at: datetime | None = None, *, message_id: int = 1001) -> Result:
    bench.clock.at = at or bench.now
    user, check_in = await load_user(bench.database), await first(bench)
    with bench.database.transaction() as connection:
        return replying.undo(connection, user, check_in, bench.now, message_id=message_id)


async def snooze(
    bench: Bench,
    choice: Later = Later.QUARTER,
    at: datetime | None = None,
    *,
    message_id: int = 1001,
) -> Result:
    bench.clock.at = at or bench.now
    user, check_in = await load_user(bench.database), await first(bench)
    with bench.database.transaction() as connection:
        return replying.snooze(connection, user, check_in, choice, bench.now, message_id=message_id)


async def counting(bench: Bench) -> list[tuple[date, int | None]]:
    """Day and amount of the entries that count."""
    rows = await rows_of(bench.database, entries, entries.c.undone_at.is_(None))
    return [(row["day"], row["amount"]) for row in rows]


# Yes, no, skip


@pytest.mark.parametrize("given", list(Reply))
async def test_a_reply_is_recorded(both: Bench, given: Reply) -> None:
    await asked(both)

    result = await reply(both, given, TEN + MINUTE)

    check_in = await first(both)
    assert result.outcome is ReplyOutcome.RECORDED
    assert (check_in.status, check_in.reply, check_in.replied_at) == (
        Status.REPLIED,
        given,
        TEN + MINUTE,
    )
    assert await counting(both) == ([(date(2026, 3, 2), None)] if given is Reply.YES else [])


async def test_replies_of_several_people_are_recorded_together(both: Bench) -> None:
    """Each with the amount of their own habit."""

    async def of_all() -> list[CheckIn]:
        return [(await check_ins_of(both.database, user_id))[0] for user_id in kinds]

    kinds = {7: HabitKind.HYDRATION, 8: HabitKind.MEDITATION, 9: HabitKind.HYDRATION}
    for user_id, kind in kinds.items():
        await settle(both.database, MONDAY, user_id=user_id, habits=[kind], slots="1234567 10:00")
    await both.tick(TEN)
    with both.database.transaction() as connection:
        (of_nine,) = list_habits(connection, [9])[9].values()
        update_habit(connection, of_nine.id, portion_ml=400)
        users = list_users(connection, kinds)
        given = [Reply.YES, Reply.NO, Reply.YES]
        replies = [
            NewReply(users[each.user_id], each, reply, each.message_id)
            for each, reply in zip(await of_all(), given, strict=True)
        ]
        again = replace(replies[0], given=Reply.SKIPPED)

        results = replying.reply_all(connection, [*replies, again], TEN + MINUTE)

    assert [each.outcome for each in results] == [
        *[ReplyOutcome.RECORDED] * 3,
        ReplyOutcome.RECORDED_ALREADY,
    ]
    assert [each.reply for each in await of_all()] == given
    assert [amount for _, amount in await counting(both)] == [250, 400]
    assert [each.pending_edits for each in results[:3]] == [
        (edit,) for edit in await pending_of(both)
    ]


async def pending_of(bench: Bench) -> list[PendingEdit]:
    """The pending edits, in the order of the messages."""
    rows = await rows_of(bench.database, pending_edits)
    found = [PendingEdit(*(row[name] for name in PendingEdit._fields)) for row in rows]
    return sorted(found)


async def test_a_second_tap_changes_nothing_and_says_so(both: Bench) -> None:
    await asked(both, HabitKind.HYDRATION)
    await reply(both, Reply.YES, TEN + MINUTE)

    result = await reply(both, Reply.NO, TEN + 2 * MINUTE)

    check_in = await first(both)
    assert result.outcome is ReplyOutcome.RECORDED_ALREADY
    assert (check_in.reply, check_in.replied_at) == (Reply.YES, TEN + MINUTE)
    assert await counting(both) == [(date(2026, 3, 2), 250)]


async def test_a_yes_to_water_is_a_glass(bench: Bench) -> None:
    await asked(bench, HabitKind.HYDRATION)

    await reply(bench)

    assert await counting(bench) == [(date(2026, 3, 2), 250)]


@pytest.mark.parametrize("amount", [30, 500, 1000])
async def test_another_amount_counts_as_it_was_said(both: Bench, amount: int) -> None:
    await asked(both, HabitKind.HYDRATION)

    await reply(both, amount=amount)

    assert await counting(both) == [(date(2026, 3, 2), amount)]
    assert (await first(both)).amount == amount


async def test_every_tap_owes_its_message_a_new_look(bench: Bench) -> None:
    await asked(bench)

    result = await reply(bench)

    assert [each.message_id for each in result.pending_edits] == [1001]
    assert [
        (row["message_id"], row["draw_after"])
        for row in await rows_of(bench.database, pending_edits)
    ] == [(1001, TEN + replying.HEAD_START)]


async def test_a_tap_on_another_message_than_the_known_one_owes_both(bench: Bench) -> None:
    """Whatever became of the tap."""
    await asked(bench)
    days = timedelta(days=1), timedelta(days=15)

    results = [
        await undo(bench, message_id=999),
        await snooze(bench, message_id=999),
        await undo(bench, message_id=999),
        await reply(bench, message_id=999),
        await reply(bench, message_id=999),
        await snooze(bench, message_id=999),
        await undo(bench, message_id=999),
        await reply(bench, message_id=999),
        await undo(bench, TEN + days[0], message_id=999),
        await snooze(bench, at=TEN + days[0], message_id=999),
        await reply(bench, at=TEN + days[1], message_id=999),
    ]

    assert [each.outcome for each in results] == [
        ReplyOutcome.NOTHING_TO_UNDO,
        ReplyOutcome.SNOOZED,
        ReplyOutcome.UNDONE,
        ReplyOutcome.RECORDED,
        ReplyOutcome.RECORDED_ALREADY,
        ReplyOutcome.RECORDED_ALREADY,
        ReplyOutcome.UNDONE,
        ReplyOutcome.RECORDED,
        ReplyOutcome.DAY_IS_OVER,
        ReplyOutcome.RECORDED_ALREADY,
        ReplyOutcome.TOO_OLD,
    ]
    for each in results:
        assert {edit.message_id for edit in each.pending_edits} == {999, 1001}
        assert {edit.check_in_id for edit in each.pending_edits} == {each.check_in.id}


async def test_an_answer_tells_the_message_of_a_send_whose_answer_was_lost(bench: Bench) -> None:
    bench.messenger.script.append(AMBIGUOUS)
    await asked(bench)

    await reply(bench, message_id=1001)

    assert (await first(bench)).message_id == 1001


async def test_typed_words_count_without_a_message(bench: Bench) -> None:
    await asked(bench)

    result = await reply(bench, message_id=None)

    assert result.outcome is ReplyOutcome.RECORDED
    assert [each.message_id for each in result.pending_edits] == [1001]


# Late


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (timedelta(days=14) - SECOND, ReplyOutcome.RECORDED),
        (timedelta(days=14), ReplyOutcome.TOO_OLD),
        (timedelta(days=400), ReplyOutcome.TOO_OLD),
    ],
)
async def test_a_late_answer_counts_for_its_day_up_to_fourteen_days_back(
    both: Bench, late: timedelta, told: ReplyOutcome
) -> None:
    await asked(both, HabitKind.HYDRATION)
    await both.tick(DAY_ENDS)
    assert (await first(both)).status is Status.UNANSWERED

    result = await reply(both, Reply.YES, DAY_ENDS + late)

    assert result.outcome is told
    assert await counting(both) == (
        [(date(2026, 3, 2), 250)] if told is ReplyOutcome.RECORDED else []
    )


async def test_a_tap_after_midnight_counts_for_the_evening(bench: Bench) -> None:
    await asked(bench)

    await reply(bench, Reply.YES, DAY_ENDS - SECOND)

    assert await counting(bench) == [(date(2026, 3, 2), None)]


@pytest.mark.parametrize(
    "status",
    [
        Status.CLAIMED,
        Status.AMBIGUOUS,
        Status.UNCERTAIN,
        Status.MISFIRED,
        Status.UNANSWERED,
        Status.CANCELLED,
    ],
)
async def test_a_tap_counts_in_whatever_state_the_check_in_is(both: Bench, status: Status) -> None:
    await asked(both)
    with both.database.transaction() as connection:
        update_check_in(connection, (await first(both)).id, status=status)

    assert (await reply(both)).outcome is ReplyOutcome.RECORDED
    assert (await first(both)).status is Status.REPLIED


# Bedtime


async def test_the_mornings_answer_counts_for_the_evening_before(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.BEDTIME])
    await both.tick(local("2026-03-02 07:15", BERLIN))

    await reply(both)

    assert await counting(both) == [(date(2026, 3, 1), None)]


async def test_good_night_is_counted_nowhere(bench: Bench) -> None:
    evening = local("2026-03-02 22:15", BERLIN)
    await settle(bench.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])
    await bench.tick(evening)

    result = await reply(bench)

    check_in = await first(bench)
    assert (result.outcome, check_in.role, check_in.reply) == (
        ReplyOutcome.RECORDED,
        Role.WIND_DOWN,
        Reply.YES,
    )
    assert await rows_of(bench.database, entries) == []
    user = await load_user(bench.database)
    with bench.database.connection() as connection:
        of_user = list_habits(connection, [7])[7]
        first_day, last_day = date(2026, 2, 20), date(2026, 3, 9)
        assert records_of(connection, user, of_user, first_day, last_day, evening) == {}


async def test_good_night_ends_the_repeats(bench: Bench) -> None:
    await settle(bench.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])
    await bench.tick(local("2026-03-02 22:15", BERLIN))
    await reply(bench)

    await bench.tick(local("2026-03-02 22:35", BERLIN))

    assert len(bench.messenger.sent) == 1


# Undo


async def test_undo_opens_the_question_again_and_marks_the_entry(both: Bench) -> None:
    await asked(both, HabitKind.HYDRATION)
    await reply(both)

    result = await undo(both)

    check_in = await first(both)
    assert result.outcome is ReplyOutcome.UNDONE
    assert (check_in.status, check_in.reply, check_in.replied_at) == (Status.SENT, None, None)
    assert [row["undone_at"] for row in await rows_of(both.database, entries)] == [TEN]


async def test_yes_undo_yes_counts_once(both: Bench) -> None:
    await asked(both, HabitKind.HYDRATION)

    for _ in range(3):
        await reply(both)
        await undo(both)
    await reply(both, amount=500)

    assert await counting(both) == [(date(2026, 3, 2), 500)]
    assert len(await rows_of(both.database, entries)) == 4


@pytest.mark.parametrize(
    ("at", "told"), [(DAY_ENDS - SECOND, ReplyOutcome.UNDONE), (DAY_ENDS, ReplyOutcome.DAY_IS_OVER)]
)
async def test_undo_works_until_the_day_ends(both: Bench, at: datetime, told: ReplyOutcome) -> None:
    await asked(both)
    await reply(both)

    assert (await undo(both, at)).outcome is told
    assert len(await counting(both)) == (0 if told is ReplyOutcome.UNDONE else 1)


async def test_what_is_undone_after_it_closed_stays_open_until_the_day_ends(bench: Bench) -> None:
    """The next glass is long due; but who takes an answer back wants to give another."""
    await asked(bench, HabitKind.HYDRATION, "1234567 10:00,12:30")
    await reply(bench)

    await undo(bench, TEN + 5 * HOUR)
    await bench.tick(TEN + 6 * HOUR)

    check_in = await first(bench)
    assert (check_in.status, check_in.closes_at) == (Status.SENT, DAY_ENDS)


async def test_what_is_undone_before_it_closes_closes_when_it_would_have(bench: Bench) -> None:
    check_in = await asked(bench, HabitKind.HYDRATION, "1234567 10:00,12:30")
    await reply(bench)

    await undo(bench, TEN + HOUR)

    assert (await first(bench)).closes_at == check_in.closes_at == TEN + 2.5 * HOUR


async def test_with_nothing_to_undo_nothing_happens(both: Bench) -> None:
    await asked(both)
    before = await first(both)

    assert (await undo(both)).outcome is ReplyOutcome.NOTHING_TO_UNDO
    assert await first(both) == before


async def test_undo_takes_a_later_back(both: Bench) -> None:
    await asked(both)
    await snooze(both)

    result = await undo(both)
    await both.tick(TEN + HOUR)

    assert result.outcome is ReplyOutcome.UNDONE
    assert (await first(both)).status is Status.SENT
    assert len(both.messenger.sent) == 1


# Later


@pytest.mark.parametrize(
    ("choice", "again"),
    [
        (Later.QUARTER, TEN + 15 * MINUTE),
        (Later.HOUR, TEN + HOUR),
        (Later.EVENING, local("2026-03-02 20:00", BERLIN)),
    ],
)
async def test_later_asks_again_at_the_time_it_names(
    both: Bench, choice: Later, again: datetime
) -> None:
    await asked(both)

    result = await snooze(both, choice)

    check_in = await first(both)
    assert (result.outcome, result.at) == (ReplyOutcome.SNOOZED, again)
    assert (check_in.status, check_in.send_after, check_in.ask) == (Status.PLANNED, again, 2)
    assert check_in.send_until == again + 2 * HOUR


async def test_another_later_moves_the_same_ask(both: Bench) -> None:
    await asked(both)
    await snooze(both, Later.HOUR)

    await snooze(both, Later.QUARTER)
    await both.tick(TEN + 15 * MINUTE)
    await both.tick(TEN + HOUR)

    assert both.messenger.asked_at() == [TEN, TEN + 15 * MINUTE]


@pytest.mark.parametrize(
    ("slots", "closes_at"),
    [
        ("1234567 10:00,14:00", TEN + 4 * HOUR),
        ("1234567 10:00,10:10,14:00", TEN + 4 * HOUR),  # not at a slot before it is asked again
        ("1234567 10:00", local("2026-03-03 04:00", BERLIN)),
    ],
)
async def test_a_snoozed_question_is_open_until_its_reminder_is_due_next(
    bench: Bench, slots: str, closes_at: datetime
) -> None:
    await asked(bench, slots=slots)

    await snooze(bench, Later.QUARTER)

    assert (await first(bench)).closes_at == closes_at


async def test_later_leaves_the_series_alone(bench: Bench) -> None:
    await asked(bench, slots="1234567 10:00,10:40")

    await snooze(bench, Later.HOUR)
    for minute in (0, 40, 60):
        await bench.tick(TEN + minute * MINUTE)

    assert bench.messenger.asked_at() == [TEN, TEN + 40 * MINUTE, TEN + HOUR]


@pytest.mark.parametrize(
    ("at", "choice", "told"),
    [
        ("22:44:00", Later.QUARTER, ReplyOutcome.SNOOZED),
        ("22:44:01", Later.QUARTER, ReplyOutcome.TOO_LATE_TO_SNOOZE),
        ("21:59:00", Later.HOUR, ReplyOutcome.SNOOZED),
        ("22:00:00", Later.HOUR, ReplyOutcome.TOO_LATE_TO_SNOOZE),
        ("19:59:59", Later.EVENING, ReplyOutcome.SNOOZED),
        ("20:00:00", Later.EVENING, ReplyOutcome.TOO_LATE_TO_SNOOZE),
        ("23:30:00", Later.QUARTER, ReplyOutcome.TOO_LATE_TO_SNOOZE),
    ],
)
async def test_what_would_fall_into_quiet_hours_is_refused_with_the_last_possible_time(
    bench: Bench, at: str, choice: Later, told: ReplyOutcome
) -> None:
    await asked(bench)

    result = await snooze(bench, choice, local(f"2026-03-02 {at}", BERLIN))

    last = local("2026-03-02 22:59", BERLIN)
    assert result.outcome is told
    assert told is ReplyOutcome.SNOOZED or result.at == last


async def test_a_day_that_is_over_is_not_asked_later(both: Bench) -> None:
    await asked(both)

    assert (
        await snooze(both, Later.QUARTER, local("2026-03-03 09:00", BERLIN))
    ).outcome is ReplyOutcome.DAY_IS_OVER


async def test_what_is_answered_is_not_asked_later(both: Bench) -> None:
    await asked(both)
    await reply(both)

    assert (await snooze(both)).outcome is ReplyOutcome.RECORDED_ALREADY
    assert (await first(both)).status is Status.REPLIED


async def test_an_answer_after_later_ends_the_asking(bench: Bench) -> None:
    await asked(bench)
    await snooze(bench)
    await reply(bench)

    await bench.tick(TEN + HOUR)

    assert len(bench.messenger.sent) == 1


async def test_an_answer_counts_for_the_day_of_a_late_night(bench: Bench) -> None:
    """Awake until two: a quarter of an hour after midnight is still this evening."""
    await asked(bench, hours=("09:00", "02:00"))

    result = await snooze(bench, Later.QUARTER, local("2026-03-03 01:00", BERLIN))

    assert (result.outcome, result.at) == (ReplyOutcome.SNOOZED, local("2026-03-03 01:15", BERLIN))


# Only looking


async def test_looking_at_the_choices_records_nothing(both: Bench) -> None:
    check_in = await asked(both)

    with both.database.transaction() as connection:
        result = replying.show(connection, check_in, f"later:{check_in.id}", TEN, message_id=1001)

    assert result.outcome is ReplyOutcome.SHOWN
    assert await first(both) == check_in
    assert [row["view"] for row in await rows_of(both.database, pending_edits)] == [
        f"later:{check_in.id}"
    ]


@pytest.mark.parametrize("status", [Status.CLAIMED, Status.SENT])
async def test_choices_shown_before_the_send_was_recorded_are_shown_again(
    both: Bench, status: Status
) -> None:
    """By then the other check-ins on the message are recorded, too."""
    check_in = await asked(both)
    with both.database.transaction() as connection:
        update_check_in(connection, check_in.id, status=status, message_id=None)
        early = replace(check_in, status=status, message_id=None)
        view = f"later:{check_in.id}"

        result = replying.show(connection, early, view, TEN, message_id=1001)
        settle_pending_edits(connection, result.pending_edits)

    left = [(row["view"], row["draw_after"]) for row in await rows_of(both.database, pending_edits)]
    again = [(view, TEN + replying.HEAD_START)]
    assert (await first(both)).message_id == 1001
    assert left == (again if status is Status.CLAIMED else [])

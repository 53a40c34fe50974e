"""What was planned is sent once, in time and to those who want it; what went wrong is made good
or given up.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from reminder_bot.clock import boot_time
from reminder_bot.content import foods
from reminder_bot.domain.card import Card
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.food import Food, fitting
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.user import Setup
from reminder_bot.engine import dispatching, outcomes, replying
from reminder_bot.engine.dispatching import Dispatcher
from reminder_bot.engine.messenger import Outcome, OutcomeKind
from reminder_bot.engine.outcomes import Recorder
from reminder_bot.storage import claims
from reminder_bot.storage.cards import list_cards_on
from reminder_bot.storage.entries import insert_entry
from reminder_bot.storage.notices import delete_unsent_notices, insert_notice
from reminder_bot.storage.pending_edits import ASKED_AGAIN
from reminder_bot.storage.tables import (
    check_ins,
    entries,
    habits,
    notices,
    pending_edits,
    reminders,
    users,
)
from reminder_bot.storage.users import erase, list_users
from tests.engine.conftest import MONDAY
from tests.support.messenger import (
    AMBIGUOUS,
    NOT_SENT,
    REFUSED,
    UNREACHABLE,
    Bench,
    ScriptedMessenger,
)
from tests.support.people import BERLIN, SetClock, change, check_ins_of, load_user, rows_of, settle
from tests.support.waiting import patience, until
from tests.support.world import local

TEN = local("2026-03-02 10:00", BERLIN)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


async def planned(
    bench: Bench, kind: HabitKind = HabitKind.MEDITATION, *, user_id: int = 7
) -> Bench:
    """One habit, asked at ten, planned and not yet claimed."""
    await settle(bench.database, MONDAY, user_id=user_id, habits=[kind], slots="1234567 10:00")
    await bench.plan(TEN)
    return bench


async def planned_for(bench: Bench, user_ids: Iterable[int]) -> None:
    """One question at ten for each of these users, planned and not yet claimed."""
    for user_id in user_ids:
        await planned(bench, user_id=user_id)


async def the_check_in(bench: Bench) -> Any:
    (found,) = await check_ins_of(bench.database)
    return found


async def answer(
    bench: Bench, given: Reply, message_id: int | None = None
) -> replying.ReplyOutcome:
    check_in = await the_check_in(bench)
    with bench.database.transaction() as connection:
        user = await load_user(bench.database)
        return replying.reply(
            connection, user, check_in, given, bench.now, message_id=message_id
        ).outcome


# What is sent, and what is not


async def test_a_planned_check_in_is_sent_once(both: Bench) -> None:
    await planned(both)

    for _ in range(3):
        await both.dispatch()

    check_in = await the_check_in(both)
    assert len(both.messenger.sent) == 1
    assert (check_in.status, check_in.message_id, check_in.sent_at) == (Status.SENT, 1001, TEN)


async def test_what_is_not_due_yet_is_not_claimed(bench: Bench) -> None:
    await planned(bench)
    with bench.database.transaction() as connection:
        connection.execute(check_ins.update().values(send_after=TEN + SECOND))

    await bench.dispatch()

    assert bench.messenger.sent == []


async def test_what_is_done_already_is_not_asked(bench: Bench) -> None:
    await planned(bench)
    check_in = await the_check_in(bench)
    with bench.database.transaction() as connection:
        insert_entry(connection, 7, check_in.habit_id, check_in.day, 5, TEN, None)

    await bench.dispatch()

    assert bench.messenger.sent == []
    assert (await the_check_in(bench)).status is Status.CANCELLED


@pytest.mark.parametrize(("drunk", "is_asked"), [(1249, True), (1250, False)])
async def test_water_is_asked_until_the_goal_is_reached(
    bench: Bench, drunk: int, is_asked: bool
) -> None:
    await planned(bench, HabitKind.HYDRATION)
    check_in = await the_check_in(bench)
    with bench.database.transaction() as connection:
        insert_entry(connection, 7, check_in.habit_id, check_in.day, drunk, TEN, None)

    await bench.dispatch()

    assert bool(bench.messenger.sent) is is_asked


@pytest.mark.parametrize("given", [Reply.YES, Reply.SKIPPED])
async def test_an_answer_about_last_night_leaves_tonights_prompt(
    bench: Bench, given: Reply
) -> None:
    """The morning's answer counts for the evening before; the evening to come has its own
    prompt.
    """
    user = await settle(bench.database, MONDAY, habits=[HabitKind.BEDTIME])
    await bench.tick(local("2026-03-02 07:15", BERLIN))
    check_in = await the_check_in(bench)
    with bench.database.transaction() as connection:
        replying.reply(connection, user, check_in, given, bench.now)

    await bench.tick(local("2026-03-02 22:15", BERLIN))

    assert [each.check_ins[0].role for each in bench.messenger.cards] == [
        Role.QUESTION,
        Role.WIND_DOWN,
    ]


async def test_a_skipped_day_is_not_asked_again(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.HYDRATION])
    await bench.tick(local("2026-03-02 07:30", BERLIN))
    await answer(bench, Reply.SKIPPED)

    await bench.run_until(local("2026-03-03 07:30", BERLIN), every=timedelta(minutes=30))

    assert bench.messenger.asked_at() == [local(f"2026-03-0{day} 07:30", BERLIN) for day in (2, 3)]


async def test_what_is_too_late_misfires_with_a_line_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(bench)

    await bench.dispatch(TEN + 2 * HOUR)

    assert bench.messenger.sent == []
    assert (await the_check_in(bench)).status is Status.MISFIRED
    assert "misfired user=7 check_in=" in caplog.text
    assert "late=7200.0" in caplog.text


async def test_the_last_second_of_the_grace_is_in_time(bench: Bench) -> None:
    await planned(bench)

    await bench.dispatch(TEN + 2 * HOUR - SECOND)

    assert len(bench.messenger.sent) == 1


async def test_nothing_goes_out_in_quiet_hours_that_were_set_meanwhile(bench: Bench) -> None:
    await planned(bench)
    await change(bench.database, 7, wake=local("2026-03-02 10:30", "UTC").time())

    await bench.dispatch()

    assert bench.messenger.sent == []
    assert (await the_check_in(bench)).status is Status.MISFIRED


async def test_it_is_judged_again_right_before_it_leaves(bench: Bench) -> None:
    """A permit may take longer than the grace."""
    await planned(bench)
    bench.messenger.turn = asyncio.Event()
    await bench.dispatcher.step(TEN)
    await asyncio.sleep(0)

    bench.clock.at = TEN + 2 * HOUR
    bench.messenger.turn.set()
    await bench.dispatcher.drain()

    assert (bench.messenger.sent, bench.messenger.dropped) == ([], 1)
    assert (await the_check_in(bench)).status is Status.MISFIRED


@pytest.mark.parametrize("state", ["paused_at", "unreachable_at"])
async def test_who_is_not_asked_any_more_gets_nothing_that_was_planned(
    bench: Bench, state: str
) -> None:
    await planned(bench)
    await change(bench.database, 7, **{state: TEN})

    await bench.dispatch()

    assert bench.messenger.sent == []
    assert (await the_check_in(bench)).status is Status.CANCELLED


async def test_who_was_erased_meanwhile_gets_nothing(both: Bench) -> None:
    await planned(both)
    with both.database.transaction() as connection:
        erase(connection, 7)

    await both.dispatch()

    assert both.messenger.sent == []


async def test_an_unknown_zone_holds_up_nobody_and_nothing_is_sent_twice(
    both: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for user_id in (6, 7, 8):
        await planned(both, user_id=user_id)
    await change(both.database, 7, zone="Mars/Olympus")

    for second in range(1, 5):
        await both.dispatch(TEN + second * SECOND)

    assert [each.user_id for each in both.messenger.sent] == [6, 8]
    assert caplog.text.count("user=7") == 1


# What Telegram answers


async def test_what_could_not_be_sent_is_tried_again_after_growing_waits(bench: Bench) -> None:
    await planned(bench, HabitKind.PROBIOTIC)
    bench.messenger.of_user[7] = NOT_SENT

    for _ in range(9):
        await bench.dispatch((await the_check_in(bench)).send_after)

    tries = [each.at for each in bench.messenger.sent]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


async def test_a_wait_that_telegram_names_is_kept(bench: Bench) -> None:
    await planned(bench)
    bench.messenger.script.append(Outcome(OutcomeKind.NOT_SENT, retry_after=timedelta(seconds=47)))

    await bench.dispatch()
    await bench.dispatch(TEN + 46 * SECOND)
    assert len(bench.messenger.sent) == 1
    await bench.dispatch(TEN + 47 * SECOND)

    assert (await the_check_in(bench)).status is Status.SENT


async def test_tries_end_with_the_grace(bench: Bench) -> None:
    await planned(bench)
    bench.messenger.of_user[7] = NOT_SENT

    await bench.run_until(TEN + 3 * HOUR, every=MINUTE)

    assert max(each.at for each in bench.messenger.sent) < TEN + 2 * HOUR
    assert (await the_check_in(bench)).status is Status.MISFIRED


@pytest.mark.parametrize(
    ("kind", "copies", "end"),
    [(HabitKind.MEDITATION, 1, Status.SENT), (HabitKind.HYDRATION, 0, Status.UNCERTAIN)],
)
async def test_a_lost_answer_costs_one_further_copy_and_for_water_none(
    both: Bench, kind: HabitKind, copies: int, end: Status
) -> None:
    await planned(both, kind)
    both.messenger.script.append(AMBIGUOUS)
    await both.dispatch()
    await both.dispatch(TEN + MINUTE)
    assert len(both.messenger.sent) == 1, "nothing before Telegram has answered well again"

    both.messenger.answered_at = both.now
    for minute in range(2, 5):
        await both.dispatch(TEN + minute * MINUTE)

    assert len(both.messenger.accepted) == 1 + copies
    assert (await the_check_in(both)).status is end


@pytest.mark.parametrize("kind", [HabitKind.HYDRATION, HabitKind.MEDITATION])
async def test_while_telegram_wants_silence_nothing_is_claimed(
    both: Bench, kind: HabitKind
) -> None:
    """If a process is killed meanwhile, nothing becomes ambiguous that never left."""
    await planned(both, kind)
    both.messenger.is_halted = True

    claimed = await both.dispatcher.step(TEN)
    during = (await the_check_in(both)).status
    both.messenger.is_halted = False
    await both.dispatch()

    assert (claimed, during) == (0, Status.PLANNED)
    assert len(both.messenger.accepted) == 1


async def test_a_second_lost_answer_ends_it(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    await planned(bench)
    bench.messenger.of_user[7] = AMBIGUOUS

    for minute in range(5):
        await bench.dispatch(TEN + minute * MINUTE)
        bench.messenger.answered_at = bench.now

    assert len(bench.messenger.sent) == 2
    assert (await the_check_in(bench)).status is Status.UNCERTAIN
    assert "uncertain=1" in caplog.text


async def test_a_further_copy_comes_within_the_grace_or_not_at_all(bench: Bench) -> None:
    await planned(bench)
    bench.messenger.script.append(AMBIGUOUS)
    await bench.dispatch()

    bench.messenger.answered_at = TEN + 2 * HOUR
    await bench.dispatch(TEN + 2 * HOUR)

    assert len(bench.messenger.sent) == 1
    assert (await the_check_in(bench)).status is Status.UNCERTAIN, "the first copy may have arrived"


async def test_a_tap_proves_that_an_ambiguous_message_arrived(bench: Bench) -> None:
    await planned(bench)
    bench.messenger.script.append(AMBIGUOUS)
    await bench.dispatch()

    assert await answer(bench, Reply.YES, message_id=1001) is replying.ReplyOutcome.RECORDED
    bench.messenger.answered_at = bench.now
    await bench.dispatch(TEN + MINUTE)

    check_in = await the_check_in(bench)
    assert (check_in.status, check_in.message_id) == (Status.REPLIED, 1001)
    assert len(bench.messenger.sent) == 1


async def test_who_blocked_the_bot_is_left_alone(both: Bench) -> None:
    await settle(both.database, MONDAY)
    both.messenger.of_user[7] = UNREACHABLE
    await both.tick(local("2026-03-02 07:15", BERLIN))

    for hour in range(8, 20):
        await both.tick(local(f"2026-03-02 {hour:02}:00", BERLIN))

    assert len(both.messenger.sent) == 1
    user = await load_user(both.database)
    assert user.unreachable_at == local("2026-03-02 07:15", BERLIN)


async def test_what_telegram_refuses_is_never_tried_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(bench)
    bench.messenger.of_user[7] = REFUSED

    await bench.run_until(TEN + HOUR, every=MINUTE)

    assert len(bench.messenger.sent) == 1
    assert (await the_check_in(bench)).status is Status.CANCELLED
    assert "send_refused check_in=" in caplog.text


async def test_one_bad_chat_holds_up_nobody(bench: Bench) -> None:
    await planned_for(bench, range(1, 21))
    bench.messenger.of_user |= {4: NOT_SENT, 5: REFUSED, 6: UNREACHABLE, 7: AMBIGUOUS}

    await bench.dispatch()

    assert {each.user_id for each in bench.messenger.accepted} == {*range(1, 21)} - {4, 5, 6}


async def test_a_chat_that_hangs_takes_one_place_and_no_more(bench: Bench) -> None:
    await planned_for(bench, range(1, 8))
    bench.dispatcher = Dispatcher(bench.database, bench.messenger, bench.clock, in_flight=3)
    bench.messenger.turn = asyncio.Event()

    assert await bench.dispatcher.step(TEN) == 3
    assert await bench.dispatcher.step(TEN) == 0
    bench.messenger.turn.set()
    for _ in range(3):
        await bench.dispatch()

    assert len(bench.messenger.accepted) == 7


class Alarm:
    """What wakes the step that sends: it is told of room, and nothing else runs it."""

    def __init__(self) -> None:
        self.rings = asyncio.Event()
        self.count = 0

    def ring(self) -> None:
        self.count += 1
        self.rings.set()


async def drained_by(alarm: Alarm, dispatcher: Dispatcher) -> None:
    """One step, and then one for each time that there is room again."""
    await dispatcher.step(TEN)
    while alarm.rings.is_set() or not dispatcher.is_idle:
        waiting = asyncio.create_task(alarm.rings.wait())
        resting = asyncio.create_task(dispatcher.drain())
        await asyncio.wait({waiting, resting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, resting):
            task.cancel()
        await asyncio.gather(waiting, resting, return_exceptions=True)
        if alarm.rings.is_set():
            alarm.rings.clear()
            await dispatcher.step(TEN)


@pytest.mark.parametrize("in_flight", [1, 3, 8])
async def test_a_backlog_larger_than_what_may_be_under_way_drains_without_a_timer(
    both: Bench, in_flight: int
) -> None:
    await planned_for(both, range(1, 31))
    alarm = Alarm()
    dispatcher = Dispatcher(
        both.database, both.messenger, both.clock, in_flight=in_flight, on_room=alarm.ring
    )

    async with patience("the backlog to drain"):
        await drained_by(alarm, dispatcher)

    assert len(both.messenger.accepted) == 30
    assert alarm.count >= 2


async def test_room_is_told_once_and_only_where_something_was_left(bench: Bench) -> None:
    await planned_for(bench, range(1, 5))
    alarm = Alarm()
    bench.dispatcher = Dispatcher(
        bench.database, bench.messenger, bench.clock, in_flight=60, on_room=alarm.ring
    )

    await bench.dispatch()

    assert alarm.count == 0
    assert len(bench.messenger.accepted) == 4


async def test_nothing_is_claimed_for_a_few_free_places(bench: Bench) -> None:
    await planned_for(bench, range(1, 21))
    bench.dispatcher = Dispatcher(bench.database, bench.messenger, bench.clock, in_flight=8)
    bench.messenger.turn = asyncio.Event()
    assert await bench.dispatcher.step(TEN) == 8

    assert await bench.dispatcher.step(TEN) == 0
    bench.messenger.turn.set()
    await bench.dispatcher.drain()

    assert await bench.dispatcher.step(TEN) == 8
    await bench.dispatcher.drain()


async def test_outcomes_that_come_together_are_recorded_together(
    both: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planned_for(both, range(1, 41))
    both.messenger.answer = asyncio.Event()
    await both.dispatcher.step(TEN)
    await both.messenger.has_sent(40)
    sizes: list[int] = []
    record = Recorder._write

    async def noted(self: Recorder, batch: Any) -> None:
        sizes.append(len(batch))
        await record(self, batch)

    monkeypatch.setattr(Recorder, "_write", noted)

    both.messenger.answer.set()
    await both.dispatcher.drain()

    assert sum(sizes) == 40
    assert len(sizes) <= 4
    assert {each["status"] for each in await rows_of(both.database, check_ins)} == {Status.SENT}


class AnswersOneByOne(ScriptedMessenger):
    """A messenger whose answers come when the test sets `may_answer` of their user.

    ended: how many answers have come.
    """

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock)
        self.may_answer: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.ended = 0

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome:
        outcome = await super().ask(card, is_wanted)
        await self.may_answer[card.user.id].wait()
        self.ended += 1
        return outcome


async def test_while_many_sends_are_in_progress_an_outcome_waits_for_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = range(1, outcomes.MANY + 10)
    await planned_for(bench, people)
    messenger = AnswersOneByOne(bench.clock)
    dispatcher = Dispatcher(bench.database, messenger, bench.clock, in_flight=len(people))
    waits, waited = asyncio.Event(), asyncio.Event()

    async def gather(_seconds: float) -> None:
        waits.set()
        await waited.wait()

    monkeypatch.setattr(outcomes, "asyncio", SimpleNamespace(Lock=asyncio.Lock, sleep=gather))
    commits: list[Any] = []

    def note(connection: Any) -> None:
        commits.append(connection)

    await dispatcher.step(TEN)
    await messenger.has_sent(len(people))
    event.listen(bench.database._writer, "commit", note)

    messenger.may_answer[1].set()
    await until(lambda: waits.is_set() or len(commits) > 0)
    for user_id in people:
        messenger.may_answer[user_id].set()
    await until(lambda: messenger.ended == len(people))
    waited.set()
    await dispatcher.drain()
    event.remove(bench.database._writer, "commit", note)

    assert len(commits) == 1
    assert {each["status"] for each in await rows_of(bench.database, check_ins)} == {Status.SENT}


# Cards


async def test_two_check_ins_of_one_user_go_as_one_message(both: Bench) -> None:
    await settle(
        both.database,
        MONDAY,
        habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC],
        slots="1234567 10:00",
    )
    await settle(
        both.database, MONDAY, user_id=8, habits=[HabitKind.MEDITATION], slots="1234567 10:00"
    )

    await both.tick(TEN)

    of_user = {each.user_id: each for each in both.messenger.accepted}
    assert len(both.messenger.accepted) == 2
    assert of_user[7].kinds == [HabitKind.MEDITATION, HabitKind.PROBIOTIC]
    assert {each.message_id for each in await check_ins_of(both.database)} == {
        of_user[7].message_id
    }


async def test_a_card_leaves_out_what_is_done_already(bench: Bench) -> None:
    await settle(
        bench.database,
        MONDAY,
        habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC],
        slots="1234567 10:00",
    )
    await bench.plan(TEN)
    food = next(
        each for each in await check_ins_of(bench.database) if each.kind is HabitKind.PROBIOTIC
    )
    with bench.database.transaction() as connection:
        insert_entry(connection, 7, food.habit_id, food.day, None, TEN, None)

    await bench.dispatch()

    assert [each.kinds for each in bench.messenger.accepted] == [[HabitKind.MEDITATION]]


async def test_foods_take_turns(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.PROBIOTIC])

    for day in range(2, 12):
        await bench.tick(local(f"2026-03-{day:02} 12:00", BERLIN))

    eaten = [each.food_id for each in bench.messenger.cards]
    assert len(eaten) == len(set(eaten)) == 10
    assert [each.food_id for each in await check_ins_of(bench.database)] == eaten


# Asked again


async def snooze(bench: Bench, choice: Later = Later.QUARTER) -> replying.Result:
    user, check_in = await load_user(bench.database), await the_check_in(bench)
    with bench.database.transaction() as connection:
        return replying.snooze(
            connection, user, check_in, choice, bench.now, message_id=check_in.message_id
        )


async def test_later_asks_again_with_a_new_message_and_the_older_one_is_owed_a_new_look(
    both: Bench,
) -> None:
    await planned(both)
    await both.dispatch()
    await snooze(both)
    with both.database.transaction() as connection:
        connection.execute(pending_edits.delete())

    await both.run_until(TEN + 16 * MINUTE, every=MINUTE)

    assert both.messenger.asked_at() == [TEN, TEN + 15 * MINUTE]
    assert (await the_check_in(both)).message_id == 1002
    assert [
        (row["message_id"], row["view"]) for row in await rows_of(both.database, pending_edits)
    ] == [(1001, ASKED_AGAIN)]


async def test_a_later_that_came_too_late_leaves_the_question_open(bench: Bench) -> None:
    """It was asked once already: until it closes it can be answered, and it is not our fault
    alone.
    """
    await settle(bench.database, MONDAY, habits=[HabitKind.HYDRATION], slots="1234567 10:00")
    await bench.tick(TEN)
    await snooze(bench)

    await bench.tick(TEN + 50 * MINUTE)

    assert len(bench.messenger.sent) == 1
    assert (await the_check_in(bench)).status is Status.SENT


async def test_a_tap_on_the_old_message_while_it_is_asked_again_counts_and_both_messages_say_so(
    bench: Bench,
) -> None:
    await planned(bench)
    await bench.dispatch()
    await snooze(bench)
    bench.messenger.answer = asyncio.Event()
    bench.clock.at = TEN + 15 * MINUTE
    await bench.dispatcher.step(bench.now)
    await bench.messenger.has_sent(2)

    assert await answer(bench, Reply.YES, message_id=1001) is replying.ReplyOutcome.RECORDED
    bench.messenger.answer.set()
    await bench.dispatcher.drain()

    check_in = await the_check_in(bench)
    assert (check_in.status, check_in.reply) == (Status.REPLIED, Reply.YES)
    edited = {row["message_id"] for row in await rows_of(bench.database, pending_edits)}
    assert edited == {1001, 1002}


async def test_a_tap_faster_than_the_record_of_its_send_counts(both: Bench) -> None:
    """The message is there and tapped before the bot has written down that it was sent."""
    await planned(both)
    both.messenger.answer = asyncio.Event()
    await both.dispatcher.step(TEN)
    await both.messenger.has_sent(1)

    assert await answer(both, Reply.YES, message_id=1001) is replying.ReplyOutcome.RECORDED
    both.messenger.answer.set()
    await both.dispatcher.drain()

    check_in = await the_check_in(both)
    assert (check_in.status, check_in.reply, check_in.message_id) == (
        Status.REPLIED,
        Reply.YES,
        1001,
    )


async def test_a_tap_on_one_question_of_a_card_before_its_record_leaves_the_others_there(
    both: Bench,
) -> None:
    await settle(
        both.database,
        MONDAY,
        habits=[HabitKind.MEDITATION, HabitKind.SKINCARE],
        slots="1234567 10:00",
    )
    both.clock.at = TEN
    await both.plan()
    both.messenger.answer = asyncio.Event()
    await both.dispatcher.step(TEN)
    await both.messenger.has_sent(1)
    quiet = next(
        each for each in await check_ins_of(both.database) if each.kind is HabitKind.MEDITATION
    )

    with both.database.transaction() as connection:
        replying.reply(
            connection, await load_user(both.database), quiet, Reply.YES, TEN, message_id=1001
        )
        connection.execute(
            pending_edits.delete()
        )  # drawn, with the one question that was known to be there
    both.messenger.answer.set()
    await both.dispatcher.drain()

    assert {each.message_id for each in await check_ins_of(both.database)} == {1001}
    assert [row["message_id"] for row in await rows_of(both.database, pending_edits)] == [1001]


# A process that dies, sleeps, stops, or loses its database


async def test_what_a_killed_process_had_claimed_is_ambiguous_on_sqlite(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(bench)
    bench.messenger.answer = asyncio.Event()
    await bench.dispatcher.step(TEN)
    await bench.messenger.has_sent(1)
    for task in set(bench.dispatcher._sends):
        task.cancel()

    bench.messenger.answer = None
    await bench.restart()

    assert (await the_check_in(bench)).status is Status.AMBIGUOUS
    assert "claims_ambiguous count=1" in caplog.text


async def test_what_a_killed_process_had_claimed_and_not_begun_is_asked_once_more(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Water is not sent twice, so it would be lost if it counted as perhaps sent."""
    await planned(bench, HabitKind.HYDRATION)
    bench.messenger.turn = asyncio.Event()
    await bench.dispatcher.step(TEN)
    await asyncio.sleep(0)
    for task in set(bench.dispatcher._sends):
        task.cancel()

    bench.messenger.turn = None
    await bench.restart()
    await bench.dispatch()

    check_in = await the_check_in(bench)
    assert (check_in.status, check_in.copies) == (Status.SENT, 0)
    assert len(bench.messenger.accepted) == 1
    assert "claims_released count=1" in caplog.text


@pytest.mark.parametrize(
    ("leaving_since", "status"), [(None, Status.SENT), (MONDAY, Status.AMBIGUOUS)]
)
async def test_a_row_with_an_expired_lease_is_ambiguous_if_it_was_leaving_on_postgresql(
    shared: Bench, leaving_since: datetime | None, status: Status
) -> None:
    await planned(shared)
    with shared.database.transaction() as connection:
        gone = {
            "status": Status.CLAIMED,
            "claimed_by": "somebody else",
            "leased_until": MONDAY - timedelta(days=999),
            "ambiguous_at": leaving_since,
        }
        connection.execute(check_ins.update().values(**gone))

    await shared.restart()
    await shared.dispatch()
    assert (await the_check_in(shared)).status is status
    shared.messenger.answered_at = shared.now
    await shared.dispatch()

    assert (await the_check_in(shared)).status is Status.SENT


async def test_another_replicas_claim_is_left_alone_while_its_lease_lasts(shared: Bench) -> None:
    await planned(shared)
    other = Bench(shared.database, TEN)
    other.messenger.turn = asyncio.Event()
    await other.dispatcher.step(TEN)

    await shared.dispatch()
    assert shared.messenger.sent == []

    other.messenger.turn.set()
    await other.dispatcher.drain()
    assert len(other.messenger.sent) == 1


async def test_a_stall_before_the_claim_comes_back_counts_against_its_lease(
    both: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planned(both)
    write, awake = both.database.write, boot_time()

    async def stalls(*given: Any, **named: Any) -> Any:
        found = await write(*given, **named)
        monkeypatch.setattr(dispatching, "boot_time", lambda: awake + 77)
        return found

    monkeypatch.setattr(both.database, "write", stalls)
    await both.dispatcher.step(TEN)
    await both.dispatcher.drain()

    assert both.messenger.sent == []


async def test_a_process_that_slept_after_its_mark_does_not_send(
    both: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one may have found the lease expired, and sent a further copy."""
    await planned(both)
    awake = boot_time()
    mark = claims.mark_leaving

    def stalls(*given: Any) -> set[int]:
        found = mark(*given)
        monkeypatch.setattr(dispatching, "boot_time", lambda: awake + 77)
        return found

    monkeypatch.setattr(claims, "mark_leaving", stalls)
    await both.dispatch()

    assert (both.messenger.sent, both.messenger.dropped) == ([], 1)


async def test_what_another_process_has_taken_over_meanwhile_does_not_leave(both: Bench) -> None:
    await planned(both)
    both.messenger.turn = asyncio.Event()
    await both.dispatcher.step(TEN)
    with both.database.transaction() as connection:
        connection.execute(check_ins.update().values(claimed_by="another"))

    both.messenger.turn.set()
    await both.dispatcher.drain()

    assert (both.messenger.sent, both.messenger.dropped) == ([], 1)
    assert (await the_check_in(both)).status is Status.CLAIMED


async def test_nothing_leaves_while_its_mark_cannot_be_committed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(bench)

    def fails(*_: object) -> set[int]:
        raise OperationalError("UPDATE", {}, Exception("the database is away"))

    with monkeypatch.context() as away:
        away.setattr(claims, "mark_leaving", fails)
        await bench.dispatch()
    assert bench.messenger.sent == []
    assert "departures_delayed count=1" in caplog.text

    await bench.dispatch(TEN + MINUTE)
    assert (await the_check_in(bench)).status is Status.SENT


async def test_marks_that_wait_together_share_a_transaction(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = range(1, 51)
    await planned_for(bench, people)
    bench.messenger.turn = asyncio.Event()
    await bench.dispatcher.step(TEN)
    marks: list[int] = []
    mark = claims.mark_leaving

    def counted(connection: Any, table: Any, by: str, ids: Any, now: Any) -> set[int]:
        marks.append(len(ids))
        return mark(connection, table, by, ids, now)

    monkeypatch.setattr(claims, "mark_leaving", counted)
    bench.messenger.turn.set()
    await bench.dispatcher.drain()

    assert sum(marks) == len(people) == len(bench.messenger.accepted)
    assert len(marks) <= 3


async def test_a_process_that_slept_drops_what_it_was_about_to_send(
    both: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease is held against the clock that counts sleep: others may have sent it meanwhile."""
    await planned(both)
    both.messenger.turn = asyncio.Event()
    await both.dispatcher.step(TEN)
    await asyncio.sleep(0)

    awake = boot_time()
    monkeypatch.setattr(dispatching, "boot_time", lambda: awake + 41)
    both.messenger.turn.set()
    await both.dispatcher.drain()

    assert (both.messenger.sent, both.messenger.dropped) == ([], 1)
    assert (await the_check_in(both)).status is Status.PLANNED


async def test_what_a_process_that_slept_sends_late_is_not_recorded_over_anothers(
    both: Bench,
) -> None:
    await planned(both)
    both.messenger.answer = asyncio.Event()
    await both.dispatcher.step(TEN)
    await both.messenger.has_sent(1)
    with both.database.transaction() as connection:
        taken = {"claimed_by": None, "status": Status.SENT, "message_id": 5}
        connection.execute(check_ins.update().values(**taken))

    both.messenger.answer.set()
    await both.dispatcher.drain()

    assert (await the_check_in(both)).message_id == 5
    assert [row["message_id"] for row in await rows_of(both.database, pending_edits)] == [1001], (
        "it loses its buttons"
    )


async def test_outcomes_wait_while_the_database_is_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await planned(bench)
    bench.messenger.answer = asyncio.Event()
    await bench.dispatcher.step(TEN)
    await bench.messenger.has_sent(1)
    write, failures = bench.database.write, 2

    async def fails(*given: Any, **named: Any) -> Any:
        nonlocal failures
        failures -= 1
        if failures < 0:
            return await write(*given, **named)
        raise OperationalError("UPDATE", {}, Exception("the database is away"))

    monkeypatch.setattr(bench.database, "write", fails)
    monkeypatch.setattr(asyncio, "sleep", _at_once)
    bench.messenger.answer.set()
    await bench.dispatcher.drain()

    assert (await the_check_in(bench)).status is Status.SENT
    assert caplog.text.count("outcomes_delayed count=1") == 2


_sleep = asyncio.sleep


async def _at_once(seconds: float) -> None:
    await _sleep(0)


async def test_an_outcome_that_cannot_be_recorded_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for user_id in (6, 7, 8):
        await planned(bench, user_id=user_id)
    record = claims.record_outcomes

    owner = {row["id"]: row["user_id"] for row in await rows_of(bench.database, check_ins)}

    def fails(connection: Any, table: Any, by: str, rows: Any) -> None:
        if any(owner[row["id"]] == 7 for row in rows):
            raise ValueError("no such column")
        record(connection, table, by, rows)

    monkeypatch.setattr(claims, "record_outcomes", fails)

    await bench.dispatch()

    stored = {row["user_id"]: row["status"] for row in await rows_of(bench.database, check_ins)}
    assert stored == {6: Status.SENT, 7: Status.CLAIMED, 8: Status.SENT}
    (lost,) = (check_in_id for check_in_id, user_id in owner.items() if user_id == 7)
    assert f"outcome_not_recorded table=check_ins ids={lost} user=7" in caplog.text


async def test_a_stop_claims_nothing_more_and_finishes_what_is_in_flight(bench: Bench) -> None:
    for user_id in (6, 7):
        await planned(bench, user_id=user_id)
    bench.dispatcher = Dispatcher(bench.database, bench.messenger, bench.clock, in_flight=1)
    bench.messenger.answer = asyncio.Event()
    await bench.dispatcher.step(TEN)
    stopping = asyncio.create_task(bench.dispatcher.stop())
    await asyncio.sleep(0)
    assert not stopping.done()

    bench.messenger.answer.set()
    await stopping
    assert await bench.dispatcher.step(TEN) == 0

    assert bench.dispatcher.is_idle
    assert sorted(row["status"] for row in await rows_of(bench.database, check_ins)) == [
        Status.PLANNED,
        Status.SENT,
    ]


async def test_a_claim_that_cannot_be_read_is_given_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await planned(bench)

    def fails(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the database is away"))

    with monkeypatch.context() as away:
        away.setattr(dispatching, "list_cards", fails)
        with pytest.raises(OperationalError):
            await bench.dispatcher.step(TEN)
    await bench.dispatcher.drain()

    await bench.dispatch(TEN + SECOND)
    assert (await the_check_in(bench)).status is Status.SENT


async def test_no_line_of_the_log_says_who_somebody_is(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="reminder_bot")
    await planned(bench)
    bench.messenger.script += [NOT_SENT, AMBIGUOUS, UNREACHABLE]

    for minute in range(4):
        bench.messenger.answered_at = bench.now
        await bench.dispatch(TEN + minute * MINUTE)

    assert not any(word in caplog.text for word in ("Europe/Berlin", "quiet minutes"))
    assert (await rows_of(bench.database, users))[0]["unreachable_at"] is not None


# Notices


async def noticed(
    bench: Bench, at: Any = TEN, kind: NoticeKind = NoticeKind.NUDGE, **values: Any
) -> None:
    """Somebody half-way through the first contact, to be nudged at ten for twelve hours."""
    await settle(bench.database, MONDAY, habits=[], **values)
    await change(bench.database, 7, setup=Setup.HOURS)
    with bench.database.transaction() as connection:
        insert_notice(connection, 7, kind, at, at + 12 * HOUR)


async def notice_statuses(bench: Bench) -> list[str]:
    return [row["status"] for row in await rows_of(bench.database, notices)]


async def test_a_notice_is_sent_once(both: Bench) -> None:
    await noticed(both)

    for minute in range(-1, 4):
        await both.dispatch(TEN + minute * MINUTE)

    assert [(each.at, each.user_id) for each in both.messenger.sent] == [(TEN, 7)]
    (row,) = await rows_of(both.database, notices)
    assert (row["status"], row["message_id"], row["sent_at"]) == (Status.SENT, 1001, TEN)


async def test_a_notice_that_is_not_wanted_any_more_is_cancelled(both: Bench) -> None:
    await noticed(both)
    await change(both.database, 7, setup=Setup.DONE)

    await both.dispatch(TEN)

    assert (both.messenger.sent, await notice_statuses(both)) == ([], [Status.CANCELLED])


async def test_a_notice_waits_for_the_end_of_quiet_hours(both: Bench) -> None:
    await noticed(both, local("2026-03-02 23:30", BERLIN))

    await both.dispatch(local("2026-03-02 23:30", BERLIN))
    await both.dispatch(local("2026-03-03 06:59", BERLIN))
    assert both.messenger.sent == []
    await both.dispatch(local("2026-03-03 07:00", BERLIN))

    assert len(both.messenger.sent) == 1


async def test_a_notice_that_comes_too_late_is_let_go(both: Bench) -> None:
    await noticed(both)

    await both.dispatch(TEN + 12 * HOUR)

    assert (both.messenger.sent, await notice_statuses(both)) == ([], [Status.MISFIRED])


async def test_who_has_no_zone_yet_is_nudged_at_the_time_that_was_planned(both: Bench) -> None:
    await noticed(both, local("2026-03-02 23:30", BERLIN))
    await change(both.database, 7, zone=None, setup=Setup.ZONE)

    await both.dispatch(local("2026-03-02 23:30", BERLIN))

    assert len(both.messenger.sent) == 1


async def test_a_notice_whose_answer_was_lost_comes_once_more(both: Bench) -> None:
    await noticed(both)
    both.messenger.of_user[7] = AMBIGUOUS

    for minute in range(5):
        await both.dispatch(TEN + minute * MINUTE)
        both.messenger.answered_at = both.now

    assert (len(both.messenger.sent), await notice_statuses(both)) == (2, [Status.UNCERTAIN])


async def test_a_notice_that_could_not_be_sent_is_tried_again(both: Bench) -> None:
    await noticed(both)
    both.messenger.script.append(NOT_SENT)

    await both.dispatch(TEN)
    await both.dispatch(TEN + 5 * SECOND)

    assert (len(both.messenger.sent), await notice_statuses(both)) == (2, [Status.SENT])


async def test_who_blocked_the_bot_is_not_nudged_again(both: Bench) -> None:
    await noticed(both)
    both.messenger.script.append(UNREACHABLE)

    await both.dispatch(TEN)

    assert (await load_user(both.database)).unreachable_at == TEN
    assert await notice_statuses(both) == [Status.CANCELLED]


async def test_a_notice_that_is_forgotten_on_its_way_finds_no_row_and_breaks_nothing(
    both: Bench,
) -> None:
    await noticed(both)
    both.messenger.turn = asyncio.Event()
    both.clock.at = TEN
    await both.dispatcher.step(TEN)
    with both.database.transaction() as connection:
        delete_unsent_notices(connection, 7, NoticeKind.NUDGE)

    both.messenger.turn.set()
    await both.dispatcher.drain()

    assert await rows_of(both.database, notices) == []


async def test_an_unknown_zone_holds_up_nobodys_notice(both: Bench) -> None:
    await noticed(both)
    await change(both.database, 7, zone="Mars/Olympus")
    await settle(both.database, MONDAY, user_id=8, habits=[])
    await change(both.database, 8, setup=Setup.HOURS)
    with both.database.transaction() as connection:
        insert_notice(connection, 8, NoticeKind.NUDGE, TEN, TEN + HOUR)

    await both.dispatch(TEN)

    assert [each.user_id for each in both.messenger.sent] == [8]


# Water that was drunk already

GLASSES = "1234567 08:00,10:00,12:00,14:00,16:00,18:00"


async def drink(bench: Bench, amount: int, at: Any) -> None:
    (row,) = await rows_of(bench.database, habits)
    with bench.database.transaction() as connection:
        insert_entry(connection, 7, row["id"], TEN.date(), amount, at, None)


@pytest.mark.parametrize(
    ("drunk", "is_asked"),
    [(0, True), (250, True), (416, True), (417, False), (750, False), (1250, False)],
)
async def test_who_is_ahead_of_their_water_is_not_asked(
    both: Bench, drunk: int, is_asked: bool
) -> None:
    """At ten the second of six glasses is asked: with a third of the goal of 1250 ml there is
    nothing to ask.
    """
    await settle(both.database, MONDAY, habits=[HabitKind.HYDRATION], slots=GLASSES)
    await both.tick(local("2026-03-02 08:00", BERLIN))
    if drunk:
        await drink(both, drunk, TEN - HOUR)

    await both.tick(TEN)

    assert (both.messenger.asked_at()[1:] == [TEN]) is is_asked


async def test_who_was_ahead_is_asked_again_when_they_are_not(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.HYDRATION], slots=GLASSES)
    await drink(bench, 500, MONDAY)

    for hour in range(8, 20, 2):
        await bench.tick(local(f"2026-03-02 {hour:02}:00", BERLIN))

    assert [each.astimezone(ZoneInfo(BERLIN)).hour for each in bench.messenger.asked_at()] == [
        12,
        14,
        16,
        18,
    ]


async def test_the_last_glass_of_a_night_owls_day_is_counted_as_the_last(bench: Bench) -> None:
    """00:30 comes after 23:00 there: with all but one drunk it is asked."""
    slots = "1234567 12:00,23:00,00:30"
    await settle(
        bench.database, MONDAY, habits=[HabitKind.HYDRATION], hours=("11:00", "03:00"), slots=slots
    )
    await drink(bench, 1000, MONDAY)

    await bench.tick(local("2026-03-03 00:30", BERLIN))

    assert len(bench.messenger.cards) == 1


async def test_a_later_of_their_own_is_asked_even_to_who_is_ahead(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.HYDRATION], slots=GLASSES)
    await bench.tick(local("2026-03-02 08:00", BERLIN))
    await snooze(bench)
    await drink(bench, 500, bench.now)

    await bench.tick(local("2026-03-02 08:15", BERLIN))

    assert len(bench.messenger.cards) == 2


# Repeats


async def repeating(
    bench: Bench, kind: HabitKind, repeats: int, slots: str = "1234567 10:00", **values: Any
) -> None:
    await settle(bench.database, MONDAY, habits=[kind], slots=slots, **values)
    with bench.database.transaction() as connection:
        connection.execute(reminders.update().values(repeats=repeats))


async def every_quarter(bench: Bench, start: Any, count: int) -> None:
    for quarter in range(count):
        await bench.tick(start + quarter * 15 * MINUTE)


@pytest.mark.parametrize("repeats", [0, 1, 3])
@pytest.mark.parametrize("kind", [HabitKind.HYDRATION, HabitKind.PROBIOTIC])
async def test_what_nobody_answers_is_asked_again_as_often_as_was_set(
    both: Bench, kind: HabitKind, repeats: int
) -> None:
    """Each further ask has a grace of its own, or water could never be repeated after half an
    hour.
    """
    await repeating(both, kind, repeats)

    await every_quarter(both, TEN, 12)

    assert both.messenger.asked_at() == [
        TEN + number * 30 * MINUTE for number in range(repeats + 1)
    ]


async def test_repeats_end_with_an_answer(both: Bench) -> None:
    await repeating(both, HabitKind.MEDITATION, 3)
    await every_quarter(both, TEN, 3)

    await answer(both, Reply.NO)
    await every_quarter(both, TEN + HOUR, 4)

    assert len(both.messenger.sent) == 2


async def test_repeats_end_when_the_next_one_of_the_habit_is_due(bench: Bench) -> None:
    await repeating(bench, HabitKind.HYDRATION, 3, "1234567 10:00,10:45")

    await every_quarter(bench, TEN, 4)

    assert bench.messenger.asked_at() == [TEN, TEN + 30 * MINUTE, TEN + 45 * MINUTE]


async def test_nothing_is_repeated_in_quiet_hours(bench: Bench) -> None:
    await repeating(bench, HabitKind.MEDITATION, 3, "1234567 22:15")
    late = local("2026-03-02 22:15", BERLIN)

    await every_quarter(bench, late, 40)

    assert bench.messenger.asked_at() == [late, late + 30 * MINUTE]


async def test_a_repeat_that_comes_too_late_leaves_the_question_open(bench: Bench) -> None:
    await repeating(bench, HabitKind.HYDRATION, 3)
    await bench.tick(TEN)

    await bench.tick(TEN + 61 * MINUTE)

    assert (len(bench.messenger.sent), (await the_check_in(bench)).status) == (1, Status.SENT)


# Ideas of food


def fermented(diet: frozenset[str] = frozenset()) -> list[Food]:
    return fitting(foods(), "fermented", diet)


async def eat(bench: Bench, days: int) -> list[str]:
    """The foods that were suggested, a day each."""
    noon = local("2026-03-02 12:00", BERLIN)
    for day in range(days):
        await bench.tick(noon + timedelta(days=day))
    return [each.food_id for each in bench.messenger.cards if each.food_id is not None]


@pytest.mark.parametrize("diet", ["", "vegan", "no-dairy no-gluten"])
async def test_every_idea_is_suggested_that_fits_and_lives(bench: Bench, diet: str) -> None:
    await settle(
        bench.database, MONDAY, habits=[HabitKind.PROBIOTIC], slots="1234567 12:00", diet=diet
    )
    live = {each.id for each in fermented(frozenset(diet.split())) if each.live_cultures != "no"}
    assert live

    eaten = await eat(bench, 2 * len(live))

    assert set(eaten) == live


async def test_the_fibre_habit_suggests_food_with_fibre(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.FIBRE], slots="1234567 12:00")

    await bench.tick(local("2026-03-02 12:00", BERLIN))

    (sent,) = bench.messenger.cards
    assert isinstance(sent.what, Card)
    food_id = sent.what.rows[0].check_in.food_id
    assert food_id in {each.id for each in foods() if each.kind == "prebiotic"}


async def test_what_is_good_to_know_is_said_the_first_time_alone(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.PROBIOTIC], slots="1234567 12:00")

    eaten = await eat(bench, 40)

    is_new = [
        each.what.rows[0].has_new_food
        for each in bench.messenger.cards
        if isinstance(each.what, Card)
    ]
    assert is_new == [food not in eaten[:day] for day, food in enumerate(eaten)]
    assert False in is_new


async def test_a_card_that_is_drawn_again_says_of_a_new_food_what_it_said_when_it_was_sent(
    both: Bench,
) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.PROBIOTIC], slots="1234567 12:00")
    await eat(both, 2)

    for message_id in (1001, 1002):
        with both.database.connection() as connection:
            cards = list_cards_on(connection, [(7, message_id)], list_users(connection, [7]))
        assert cards[7, message_id].rows[0].has_new_food


async def test_asked_again_it_is_the_same_idea(bench: Bench) -> None:
    await repeating(bench, HabitKind.PROBIOTIC, 1)

    await every_quarter(bench, TEN, 4)

    assert len({each.food_id for each in bench.messenger.cards}) == 1
    assert len(bench.messenger.cards) == 2


# The timer


async def test_after_the_five_quiet_minutes_it_is_asked_how_they_were(both: Bench) -> None:
    await planned(both)
    await both.dispatch()

    await snooze(both, Later.TIMER)
    await both.run_until(TEN + 6 * MINUTE, every=MINUTE)

    assert both.messenger.asked_at() == [TEN, TEN + 5 * MINUTE]
    assert (await the_check_in(both)).timer_minutes == 5


async def test_a_yes_after_the_timer_records_its_minutes(both: Bench) -> None:
    await planned(both)
    await both.dispatch()
    await snooze(both, Later.TIMER)
    await both.tick(TEN + 5 * MINUTE)

    await answer(both, Reply.YES)

    assert [row["amount"] for row in await rows_of(both.database, entries)] == [5]


async def test_a_timer_that_was_taken_back_leaves_no_minutes_behind(both: Bench) -> None:
    await planned(both)
    await both.dispatch()
    await snooze(both, Later.TIMER)
    with both.database.transaction() as connection:
        user = await load_user(both.database)
        replying.undo(connection, user, await the_check_in(both), TEN, message_id=1001)

    await answer(both, Reply.YES)

    assert [row["amount"] for row in await rows_of(both.database, entries)] == [None]


async def test_another_later_after_the_timer_is_no_timer(both: Bench) -> None:
    await planned(both)
    await both.dispatch()
    await snooze(both, Later.TIMER)
    await both.tick(TEN + 5 * MINUTE)

    await snooze(both, Later.QUARTER)

    assert (await the_check_in(both)).timer_minutes is None

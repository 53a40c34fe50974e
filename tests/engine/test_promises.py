"""What holds whatever happens, in whatever order: a state machine plays a person, Telegram, crashes
and the clock.

    nothing is lost         every due time of a person who is asked becomes a check-in, and each of
                            them ends
    one reply               a tap counts once; what counts is what the person did last
    sent at most once       accepted sends of an ask ≤ 1, one more after a lost answer, none more
                            for water
    never at a bad time     within its bounds, never in quiet hours, never to people who paused the
                            bot, blocked it, or were erased

What happens to a check-in has a rule each: planned (time_passes), claimed, sent, or lost on the way
and tried again (live_on, telegram_has_a_bad_moment), killed in between (crash_while_sending),
tapped, undone, snoozed (person_taps), expired (questions_expire), paused and resumed, blocked,
erased. They move time and break things; after each of them the promises are held against the
database and against what the messenger was asked. Nothing of the bot is replaced but the messenger.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reminder_bot.domain.card import Card
from reminder_bot.domain.check_in import CheckIn, Later, Reply, Status
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.schedule import Schedule, next_due
from reminder_bot.engine import configuring, expiring, planning, replying
from reminder_bot.engine.messenger import Outcome, OutcomeKind
from reminder_bot.storage import tables
from reminder_bot.storage.database import Database
from reminder_bot.storage.due_work import find_due_work
from reminder_bot.storage.users import erase, find_user, record_unreachable, update_user
from tests.engine.conftest import MONDAY
from tests.support.databases import new_postgresql, new_sqlite, quick_folder
from tests.support.messenger import AMBIGUOUS, NOT_SENT, REFUSED, UNREACHABLE, Bench, Sent
from tests.support.people import BERLIN, check_ins_of, load_user, rows_of, settle
from tests.support.postgres import Postgres

Result = TypeVar("Result")
MINUTE = timedelta(minutes=1)
ENDED = {Status.REPLIED, Status.UNANSWERED, Status.MISFIRED, Status.CANCELLED, Status.UNCERTAIN}
ANSWERS = {
    "sent": Outcome(OutcomeKind.SENT),
    "later": NOT_SENT,
    "lost": AMBIGUOUS,
    "lost and not sent": AMBIGUOUS,
    "refused": REFUSED,
}


class Promises(RuleBasedStateMachine):
    """One person with all habits, on SQLite, or on `server` where the test that runs it has set
    one.
    """

    server: Postgres | None = None

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = contextlib.ExitStack()
        folder = self.stack.enter_context(quick_folder())
        self.url = new_postgresql(self.server) if self.server else new_sqlite(folder)
        self.database = Database(self.url)
        self.bench = Bench(self.database, MONDAY)
        self.replied: dict[int, Reply] = {}
        self.is_reachable, self.is_erased = True, False
        self.pauses: list[tuple[datetime, datetime]] = []
        self.judged = 0
        self.accepted: Counter[tuple[str, int, int]] = Counter()
        self.ambiguous: set[tuple[str, int, int]] = set()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        try:
            if not self.is_erased:
                self.all_comes_to_an_end()
        finally:
            self._close()

    def _close(self) -> None:
        self.run(self.bench.dispatcher.drain())
        self.run(self.database.close())
        self.loop.close()
        self.stack.close()

    @initialize()
    def come(self) -> None:
        self.user = self.run(settle(self.database, MONDAY))
        self.live_on(4)

    # What happens by itself

    @rule(
        minutes=st.sampled_from([1, 5, 30, 150, 480, 1440]),
        what=st.sampled_from(["nothing", "plan", "tick", "start"]),
    )
    def time_passes(self, minutes: int, what: str) -> None:
        """The bot was away, or one of its steps was late; then it goes on, or not yet."""
        self.bench.clock.at += minutes * MINUTE
        if what == "plan":
            self.run(self.bench.plan())
        elif what == "tick":
            self.run(self.bench.tick())
        elif what == "start":
            self.run(self._new_process())

    async def _to_next(self) -> None:
        """Set the clock to when something is to happen; a little ahead where that is due
        already.
        """
        with self.database.connection() as connection:
            due_work = find_due_work(connection)
        found = (
            due_work.plan_at,
            due_work.repeat_at,
            due_work.plan_digest_at,
            due_work.send_check_in_at,
            due_work.send_digest_at,
            due_work.close_at,
        )
        ahead = min(
            (each for each in found if each is not None),
            default=self.bench.now + timedelta(hours=6),
        )
        self.bench.clock.at = max(ahead, self.bench.now + MINUTE)

    @rule(times=st.integers(1, 6))
    def live_on(self, times: int) -> None:
        """The bot is there and does all in time."""
        for _ in range(times):
            self.run(self._to_next())
            self.run(self.bench.tick())

    @rule(
        answers=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=4),
        is_back=st.booleans(),
    )
    def telegram_has_a_bad_moment(self, answers: list[str], is_back: bool) -> None:
        """is_back: it answers something else well right after each."""
        for name in answers:
            self.run(self._to_next())
            self.bench.messenger.is_taken = name != "lost and not sent"
            self.bench.messenger.script = type(self.bench.messenger.script)([ANSWERS[name]])
            self.run(self.bench.tick())
            self.bench.messenger.script.clear()
            self.bench.messenger.is_taken = True
            if is_back:
                self.bench.messenger.answered_at = self.bench.now
                self.run(self.bench.tick(self.bench.now + MINUTE))

    @rule(is_accepted=st.booleans())
    def crash_while_sending(self, is_accepted: bool) -> None:
        """Killed between the claim and the record; the request had left, or not."""

        async def crash() -> None:
            await self._to_next()
            rate_limiter = asyncio.Event()
            messenger, dispatcher = self.bench.messenger, self.bench.dispatcher
            messenger.turn, messenger.answer = (
                (None, rate_limiter) if is_accepted else (rate_limiter, None)
            )
            await planning.plan(self.database, self.bench.now)
            await dispatcher.step(self.bench.now)
            await asyncio.sleep(0)
            sends = set(dispatcher._sends)
            for each in sends:
                each.cancel()
            await asyncio.gather(*sends, return_exceptions=True)
            messenger.turn = messenger.answer = None
            await self._new_process()
            ambiguous = [
                each
                for each in await check_ins_of(self.database)
                if each.status is Status.AMBIGUOUS
            ]
            self.ambiguous |= {("check-in", each.id, each.ask) for each in ambiguous}
            digests = await rows_of(
                self.database, tables.digests, tables.digests.c.status == Status.AMBIGUOUS
            )
            self.ambiguous |= {("digest", row["id"], 1) for row in digests}

        self.run(crash())

    @rule()
    def questions_expire(self) -> None:
        """The time of an open question runs out, and no other step is at work just then."""

        async def expire() -> None:
            with self.database.connection() as connection:
                close_at = find_due_work(connection).close_at
            if close_at is not None:
                self.bench.clock.at = max(close_at, self.bench.now + MINUTE)
                await expiring.close_unanswered(self.database, self.bench.now)

        self.run(expire())

    async def _new_process(self) -> None:
        await self.bench.restart()
        if not self.database.is_sqlite:  # as if the leases had run out meanwhile
            with self.database.transaction() as connection:
                ambiguous = {
                    "status": Status.AMBIGUOUS,
                    "ambiguous_at": self.bench.now,
                    "claimed_by": None,
                }
                for table in (tables.check_ins, tables.digests):
                    connection.execute(
                        table.update().where(table.c.status == Status.CLAIMED).values(**ambiguous)
                    )

    # What the person does

    def shown(self) -> list[tuple[int, CheckIn]]:
        """Messages that the person has, each with a check-in on it, as it stands now."""
        now = {each.id: each for each in self.run(check_ins_of(self.database))}
        return [
            (each.message_id, now[check_in.id])
            for each in self.bench.messenger.cards
            for check_in in each.check_ins
            if each.message_id is not None and check_in.id in now
        ]

    @precondition(lambda self: self.is_reachable and not self.is_erased)
    @rule(
        data=st.data(),
        acts=st.lists(st.sampled_from([Reply.YES, *Reply, "undo", *Later]), min_size=1, max_size=6),
    )
    def person_taps(self, data: st.DataObject, acts: list[str]) -> None:
        """Some taps, a minute apart, on what is on the last few messages."""
        for act in acts:
            self.bench.clock.at += MINUTE
            message_id, check_in = data.draw(st.sampled_from(self.shown()[-3:]))
            if act == "undo":
                told = self.run(self._act("undo", check_in.id, message_id)).outcome
                if told is replying.ReplyOutcome.UNDONE:
                    self.replied.pop(check_in.id, None)
            elif isinstance(act, Later):
                self.run(self._act("snooze", check_in.id, message_id, act))
            else:
                self._reply(check_in.id, message_id, Reply(act))

    def _reply(self, check_in_id: int, message_id: int, given: Reply) -> None:
        told = self.run(self._act("reply", check_in_id, message_id, given)).outcome
        if told is replying.ReplyOutcome.RECORDED:
            assert check_in_id not in self.replied, "a second tap counted"
            self.replied[check_in_id] = given
        else:
            assert check_in_id in self.replied or told is replying.ReplyOutcome.TOO_OLD

    async def _act(
        self, what: str, check_in_id: int, message_id: int | None, *more: Any
    ) -> replying.Result:
        with self.database.transaction() as connection:
            user = find_user(connection, 7)
            assert user is not None
            check_in = next(
                each for each in await check_ins_of(self.database) if each.id == check_in_id
            )
            act = getattr(replying, what)
            result: replying.Result = act(
                connection, user, check_in, *more, self.bench.now, message_id=message_id
            )
            return result

    @precondition(lambda self: self.is_reachable and not self.is_erased)
    @rule(days=st.sampled_from([None, 1, 2]))
    def person_pauses_or_resumes(self, days: int | None) -> None:
        """For so many days, today included, or until they come back."""
        self.bench.clock.at += MINUTE
        if self.pauses and self.bench.now < self.pauses[-1][1]:
            self.resume()
            return
        now = self.bench.now
        today = (now.astimezone(ZoneInfo(BERLIN)).replace(tzinfo=None) - timedelta(hours=4)).date()
        ends = datetime.combine(today + timedelta(days=days or 10_000), time(7), ZoneInfo(BERLIN))
        self.pauses.append((now, ends))

        async def pause() -> None:
            user = await load_user(self.database)
            with self.database.transaction() as connection:
                configuring.pause(connection, user, days, now)

        self.run(pause())

    def resume(self) -> None:
        async def come_back() -> None:
            user = await load_user(self.database)
            with self.database.transaction() as connection:
                configuring.resume(connection, user, self.bench.now)

        since, until = self.pauses.pop()
        self.pauses.append((since, min(until, self.bench.now)))
        self.run(come_back())

    @precondition(lambda self: not self.is_erased)
    @rule(what=st.sampled_from(["block", "block unheard", "leave"]))
    def person_comes_or_goes(self, what: str) -> None:
        """Telegram tells of a block, or the next send meets it; who has blocked comes back."""
        if not self.is_reachable:
            self.unblock()
        elif what == "leave":
            self.leave()
        else:
            self.is_reachable = False
            self.bench.messenger.of_user[7] = UNREACHABLE
            if what == "block":
                self.run(self._set_unreachable())

    async def _set_unreachable(self) -> None:
        with self.database.transaction() as connection:
            record_unreachable(connection, [7], self.bench.now)

    def unblock(self) -> None:
        async def come_back() -> None:
            with self.database.transaction() as connection:
                update_user(connection, 7, unreachable_at=None)
                user = find_user(connection, 7)
                assert user is not None
                planning.plan_due(connection, self.bench.now, 7)
                planning.reschedule(connection, user, self.bench.now)

        self.is_reachable = True
        self.bench.messenger.of_user.clear()
        self.run(come_back())

    def leave(self) -> None:
        async def erase_all() -> None:
            with self.database.transaction() as connection:
                erase(connection, 7)

        self.is_erased = True
        self.run(erase_all())

    # What holds

    @invariant()
    def what_was_sent_was_sent_at_a_good_time(self) -> None:
        for each in self.bench.messenger.sent[self.judged :]:
            assert not self.is_erased
            hours = self.user.hours
            assert not hours.is_quiet_at(each.at), f"in quiet hours: {each}"
            is_paused = any(since <= each.at < until for since, until in self.pauses)
            assert not is_paused or not isinstance(each.what, Card | Digest), f"in a pause: {each}"
            for check_in in each.check_ins:
                assert check_in.send_after <= each.at < check_in.send_until, (
                    f"outside its bounds: {each}"
                )
            self._count(each)
        self.judged = len(self.bench.messenger.sent)

    def _count(self, sent: Sent) -> None:
        """Accepted sends of an ask: one, and one more after an answer that was lost; for water
        never.
        """
        asks = [("check-in", each.id, each.ask) for each in sent.check_ins]
        dry = {
            ("check-in", each.id, each.ask)
            for each in sent.check_ins
            if each.kind is not HabitKind.HYDRATION
        }
        if isinstance(sent.what, Digest):
            asks = [("digest", sent.what.id, 1)]
            dry = set(asks)
        for ask in asks:
            if sent.message_id is not None:
                self.accepted[ask] += 1
            if sent.outcome.kind is OutcomeKind.AMBIGUOUS:
                self.ambiguous.add(ask)
            allowed = 2 if ask in self.ambiguous & dry else 1
            assert self.accepted[ask] <= allowed, f"sent {self.accepted[ask]} times: {ask} {sent}"

    @invariant()
    def replies_are_what_the_person_did(self) -> None:
        if self.is_erased:
            return
        found = {
            each.id: each.reply
            for each in self.run(check_ins_of(self.database))
            if each.reply is not None
        }
        assert found == self.replied

    @invariant()
    def entries_are_the_yeses(self) -> None:
        if self.is_erased:
            return
        questions = {
            each.id for each in self.run(check_ins_of(self.database)) if each.role is Role.QUESTION
        }
        counting = self.run(
            rows_of(self.database, tables.entries, tables.entries.c.undone_at.is_(None))
        )
        yeses = {key for key, given in self.replied.items() if given is Reply.YES}
        assert sorted(row["check_in_id"] for row in counting) == sorted(yeses & questions)

    @invariant()
    def erased_means_nothing_is_left(self) -> None:
        if self.is_erased:
            for table in tables.metadata.sorted_tables:
                if "user_id" in table.c or table is tables.users:
                    assert self.run(rows_of(self.database, table)) == [], table.name

    def all_comes_to_an_end(self) -> None:
        """A quiet day with a bot that works: whatever was on its way ends, and the next due time
        is ahead.
        """
        if not self.is_reachable:
            self.unblock()
        bench = self.bench
        bench.messenger.answered_at = bench.now
        end = bench.now + timedelta(hours=28)
        if self.pauses and bench.now < self.pauses[-1][1] + timedelta(days=1):
            self.resume()
            end += timedelta(
                days=1
            )  # on the day of a return nobody is asked about the night before
        while bench.now < end:
            self.run(self._to_next())
            self.run(bench.tick())
        yesterday = bench.now - timedelta(hours=26)
        for each in self.run(check_ins_of(self.database)):
            if each.due_at < yesterday and each.id not in self.replied:
                assert each.status in ENDED, f"never ended: {each}"
        self._nothing_is_lost(yesterday)

    def _nothing_is_lost(self, since: datetime) -> None:
        """Every slot of this last day has its check-in: the bot was there and the person was
        asked.
        """
        hours = self.user.hours
        planned = {
            (each.reminder_id, each.due_at) for each in self.run(check_ins_of(self.database))
        }
        for row in self.run(rows_of(self.database, tables.reminders)):
            schedule = Schedule.parse(hours.zone, hours.day_ends, row["schedule"])
            assert row["next_due_at"] > self.bench.now
            due = next_due(schedule, since)
            while due is not None and due.due_at <= self.bench.now:
                assert (row["id"], due.due_at) in planned, f"lost: {due}"
                due = next_due(schedule, due.due_at)


def test_the_promises_hold_in_any_order_of_events() -> None:
    run_state_machine_as_test(
        Promises,
        settings=settings(
            max_examples=4,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # To make a failure small takes minutes: the long run does it.
            phases=[Phase.reuse, Phase.generate],
        ),
    )


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_promises_hold_in_very_many_orders(kind: str, request: pytest.FixtureRequest) -> None:
    class Machine(Promises):
        server = request.getfixturevalue("postgres") if kind == "postgresql" else None

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

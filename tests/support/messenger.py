"""The engine without Telegram: a messenger that records what it is asked to send and answers as the
test has scripted.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from reminder_bot.domain.card import Card
from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.notice import Notice
from reminder_bot.domain.user import User
from reminder_bot.engine import configuring, digesting, expiring, planning
from reminder_bot.engine.departures import Departure
from reminder_bot.engine.dispatching import Dispatcher
from reminder_bot.engine.messenger import Outcome, OutcomeKind
from reminder_bot.storage.database import Database
from tests.support.people import SetClock
from tests.support.waiting import patience

__all__ = ["AMBIGUOUS", "NOT_SENT", "REFUSED", "UNREACHABLE", "Bench", "ScriptedMessenger", "Sent"]

NOT_SENT = Outcome(OutcomeKind.NOT_SENT, reason="no connection")
AMBIGUOUS = Outcome(OutcomeKind.AMBIGUOUS, reason="no answer")
UNREACHABLE = Outcome(OutcomeKind.UNREACHABLE, reason="blocked")
REFUSED = Outcome(OutcomeKind.REFUSED, reason="can't parse entities")


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was sent, whatever its answer. message_id: the message that it created, if
    it did.
    """

    at: datetime
    user_id: int
    what: Card | Digest | Notice
    food_id: str | None
    outcome: Outcome
    message_id: int | None

    @property
    def kinds(self) -> list[HabitKind]:
        assert isinstance(self.what, Card)
        return [row.habit.kind for row in self.what.rows]

    @property
    def check_ins(self) -> list[CheckIn]:
        return [row.check_in for row in self.what.rows] if isinstance(self.what, Card) else []


class ScriptedMessenger:
    """Answers requests with outcomes that a test chooses, and records them in `sent`.

    script: the next outcomes, of messages to any user.
    of_user: the outcome of all messages to a user. Without either, a message is sent.
    turn: if set, each request waits for it before it is sent, as for a permit.
    answer: if set, each request waits for it after it was accepted.
    is_taken: whether Telegram has accepted the requests whose outcome is ambiguous.
    """

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self._message_ids = count(1001)
        self.script: deque[Outcome] = deque()
        self.of_user: dict[int, Outcome] = {}
        self.turn: asyncio.Event | None = None
        self.answer: asyncio.Event | None = None
        self.is_taken = True
        self.sent: list[Sent] = []
        self._left = asyncio.Condition()
        self.dropped = 0
        self.answered_at: datetime | None = None
        self.is_halted = False

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome:
        food_ids = [
            row.check_in.food_id for row in card.rows if row.habit.kind is HabitKind.PROBIOTIC
        ]
        return await self._send(card.user, card, food_ids[0] if food_ids else None, is_wanted)

    async def send_digest(
        self, user: User, digest: Digest, is_wanted: Callable[[], bool]
    ) -> Outcome:
        return await self._send(user, digest, None, is_wanted)

    async def send_notice(
        self, user: User, notice: Notice, is_wanted: Callable[[], bool]
    ) -> Outcome:
        return await self._send(user, notice, None, is_wanted)

    async def _send(
        self,
        user: User,
        what: Card | Digest | Notice,
        food_id: str | None,
        is_wanted: Callable[[], bool],
    ) -> Outcome:
        if self.turn is not None:
            await self.turn.wait()
        if not is_wanted() or (isinstance(is_wanted, Departure) and not await is_wanted.begin()):
            self.dropped += 1
            return NOT_SENT if is_wanted() else Outcome(OutcomeKind.NOT_WANTED)
        outcome = (
            self.script.popleft()
            if self.script
            else self.of_user.get(user.id, Outcome(OutcomeKind.SENT))
        )
        is_made = outcome.kind is OutcomeKind.SENT or (
            outcome.kind is OutcomeKind.AMBIGUOUS and self.is_taken
        )
        message_id = next(self._message_ids) if is_made else None
        self.sent.append(Sent(self._clock.now(), user.id, what, food_id, outcome, message_id))
        async with self._left:
            self._left.notify_all()
        if self.answer is not None:
            await self.answer.wait()
        if outcome.kind is not OutcomeKind.SENT:
            return outcome
        self.answered_at = self._clock.now()
        return Outcome(OutcomeKind.SENT, message_id)

    async def has_sent(self, requests: int) -> None:
        """Wait until this number of requests has been sent, whatever their outcome."""
        async with patience(f"{requests} requests to leave"), self._left:
            await self._left.wait_for(lambda: len(self.sent) >= requests)

    @property
    def accepted(self) -> list[Sent]:
        """The requests that Telegram accepted, even if the bot does not know it."""
        return [each for each in self.sent if each.message_id is not None]

    @property
    def cards(self) -> list[Sent]:
        return [each for each in self.accepted if isinstance(each.what, Card)]

    def asked_at(self) -> list[datetime]:
        return [each.at for each in self.cards]

    @property
    def notices(self) -> list[Notice]:
        return [each.what for each in self.accepted if isinstance(each.what, Notice)]

    @property
    def digests(self) -> list[Digest]:
        return [each.what for each in self.accepted if isinstance(each.what, Digest)]


class Bench:
    """Runs steps of the engine at a time that the test sets. Each step waits for its sends."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.clock = SetClock(now)
        self.messenger = ScriptedMessenger(self.clock)
        self.dispatcher = Dispatcher(database, self.messenger, self.clock)

    @property
    def now(self) -> datetime:
        return self.clock.at

    async def plan(self, now: datetime | None = None) -> int:
        self.clock.at = now or self.clock.at
        return await planning.plan(self.database, self.clock.at)

    async def dispatch(self, now: datetime | None = None) -> None:
        self.clock.at = now or self.clock.at
        await self.dispatcher.step(self.clock.at)
        await self.dispatcher.drain()

    async def tick(self, now: datetime | None = None) -> None:
        """One round of every step."""
        self.clock.at = now or self.clock.at
        await configuring.resume_due(self.database, self.clock.at)
        await self.plan()
        async for _ in digesting.plan_in_batches(self.database, self.clock.at):
            pass
        await self.dispatch()
        await expiring.close_unanswered(self.database, self.clock.at)

    async def run_until(self, end: datetime, every: timedelta = timedelta(minutes=5)) -> None:
        """Tick at this interval, up to and including `end`."""
        while self.clock.at < end:
            await self.tick(min(self.clock.at + every, end))

    async def restart(self) -> None:
        """Replace the dispatcher, as after a kill: what it kept in memory is lost."""
        self.dispatcher = Dispatcher(self.database, self.messenger, self.clock)
        await self.dispatcher.start(self.clock.at)

"""One simulated world: a bot that is killed and started again, a network that fails, and people.

    begin ── faults: kills, outages, lost answers … ── faults end ── quiet ── checked

Safety is checked over the whole time, and that everything due is done (liveness) after the faults
have ended. The same seed gives the same trace.
"""

import asyncio
import logging
import random
import shutil
import sqlite3
from collections.abc import Awaitable
from contextlib import ExitStack, suppress
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from sqlalchemy import event

from reminder_bot import app as apps
from reminder_bot.bot_api.transport import Transport
from reminder_bot.domain.habit import OFFERED_AT_SETUP
from reminder_bot.domain.user import Setup
from reminder_bot.domain.zone import clocks
from reminder_bot.engine.planning import add_habits, reschedule
from reminder_bot.settings import Settings
from reminder_bot.simulator import BotApiServer, Message, Person
from reminder_bot.simulator.chats import Reach
from reminder_bot.storage import claims
from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.tables import check_ins
from reminder_bot.storage.users import find_user, insert_user, update_user
from tests.simulation.network import Network, Weather
from tests.simulation.substitutes import Machine, TrueClock, substituted
from tests.simulation.virtual_loop import LIFE, Life, VirtualLoop
from tests.support import checker
from tests.support.databases import new_sqlite, quick_folder

__all__ = ["FAULTS", "Outcome", "Plan", "prepare", "simulate"]

TOKEN = "4711001:this-is-a-token-for-tests-0123456789"
# When people come: on a Saturday evening, so that the first digest comes on the second day.
BEGIN = datetime(2026, 2, 28, 20, 0, tzinfo=UTC)
# How many hours later the bot starts: in the evening, before the first question of the morning, or
# in the afternoon before the digest.
FIRST_HOURS = (0, 9.5, 15)
ZONE = "Europe/Berlin"
FIRST_ID = 101
# After the faults have ended, everything that is due must be done within this time.
QUIET = timedelta(minutes=20)
BETWEEN_FAULTS = 2000.0  # seconds, on average
HOST_RESTARTS_AFTER = 60.0  # seconds; a bot that has ended by itself
LONGEST_WAIT = 3600.0  # seconds; for the moment at which the bot is to be killed


class Fault(NamedTuple):
    """Something that goes wrong at `at`, in seconds from the begin. seed: of its details, so that
    leaving out one fault changes no other.
    """

    number: int
    at: float
    kind: str
    seed: float


FAULTS = ("kill", "net", "outage", "suspend", "disk", "repeats")


@dataclass(frozen=True)
class Plan:
    """What is simulated. days: for how long things go wrong. faults: which kinds.

    left_out: the numbers of faults that do not happen.
    """

    seed: int
    people: int = 5
    days: float = 1.0
    faults: tuple[str, ...] = FAULTS
    left_out: frozenset[int] = frozenset()

    def schedule(self) -> list[Fault]:
        if not self.faults:
            return []
        chance = random.Random(self.seed)
        found: list[Fault] = []
        at = chance.expovariate(1 / BETWEEN_FAULTS)
        while at < self.days * 24 * 3600:
            found.append(Fault(len(found), at, chance.choice(self.faults), chance.random()))
            at += chance.expovariate(1 / BETWEEN_FAULTS)
        return [each for each in found if each.number not in self.left_out]


@dataclass(frozen=True)
class Outcome:
    plan: Plan
    wrong: str
    trace: str
    kills: int
    calls: int
    taps: int


class Killed(BaseException):
    """The process was killed inside a transaction."""


@cache
def _seated(people: int) -> bytes:
    """A database with people who have finished the set-up at BEGIN."""
    with quick_folder() as folder:
        database = Database(new_sqlite(folder))
        with database.transaction() as connection:
            for number in range(people):
                user_id = FIRST_ID + number
                insert_user(connection, user_id, "en", BEGIN)
                update_user(
                    connection,
                    user_id,
                    setup=Setup.DONE,
                    zone=ZONE,
                    asked_since=BEGIN,
                    wake=time(7),
                    sleep=time(23),
                )
                user = find_user(connection, user_id)
                assert user is not None
                # A week ago, so that a digest may come on the first day.
                add_habits(connection, user, OFFERED_AT_SETUP, BEGIN - timedelta(days=7))
                reschedule(connection, user, BEGIN)
        database.close_connections()
        return (folder / "bot.sqlite3").read_bytes()


def prepare(people: int) -> None:
    """Compute what is the same in all worlds, before they are simulated in child processes.

    people: how many live in them.
    """
    _seated(people)
    clocks(BEGIN)


class World:
    def __init__(self, plan: Plan, folder: Path, loop: VirtualLoop, chance: random.Random) -> None:
        self.plan = plan
        self.loop = loop
        begin = BEGIN + timedelta(hours=random.Random(plan.seed).choice(FIRST_HOURS))
        self.machine = Machine(loop, begin)
        self.server = BotApiServer(token=TOKEN, clock=TrueClock(self.machine))
        self.network = Network(self.server, random.Random(chance.random()))
        self._root = folder
        self._trace = blake2b(digest_size=8)
        self.kills = 0
        self.app: apps.App | None = None
        self.life = Life()
        self.lives: list[Life] = []
        self.away = [(BEGIN, begin)]
        self._down_since: datetime | None = None
        self.taps: list[checker.Tapped] = []
        self.people: list[Person] = []
        self.log: list[str] = []
        self.allowed_users: frozenset[int] = frozenset()  # empty: everybody
        self._outside = copy_context()
        # In how many statements the bot is killed, counted down to 1; 0: not in a transaction.
        self._dies_at_statement = 0
        self._is_disk_full = False
        self._has_tapped = asyncio.Event()
        self.left: set[int] = set()  # the check-ins that were marked as leaving
        self._repeated = 0.0  # the share of taps that Telegram delivers twice
        self.folder = folder / "0"
        self.folder.mkdir()
        (self.folder / "bot.sqlite3").write_bytes(_seated(plan.people))

    # The trace

    def note(self, what: str) -> None:
        line = f"{self.loop.now:.6f} {what}"
        self._trace.update(line.encode())
        self.log.append(line)

    @property
    def trace(self) -> str:
        return self._trace.hexdigest()

    # The bot

    def start_bot(self) -> None:
        self.life = Life()
        self.lives.append(self.life)
        self.note("start")
        context = copy_context()
        context.run(LIFE.set, self.life)
        task = context.run(self.loop.create_task, self._run_bot())
        self.life.kept.append(task)

    async def _run_bot(self) -> None:
        settings = Settings(
            token=TOKEN,
            data_dir=self.folder,
            database_url=f"sqlite:///{self.folder / 'bot.sqlite3'}",
            api_base_url="http://127.0.0.1:1",
            allowed_users=self.allowed_users,
        )
        self.app = app = apps.App(settings)
        self.life.kept.append(app)
        for engine in (app.database._writer, app.database._reader):
            event.listen(engine, "before_cursor_execute", self._before_statement)
        ready = asyncio.create_task(self._note_ready(app))
        with suppress(DatabaseUnusable):  # such as a full disk at the start
            await app.run()
        ready.cancel()
        self.note("the bot ended by itself")
        self._outside.run(self.loop.call_later, HOST_RESTARTS_AFTER, self._start_again, self.life)

    def _start_again(self, life: Life) -> None:
        if life is self.life and not life.is_dead:
            life.end()
            if self._down_since is None:
                self._down_since = self.machine.true_time()
            self.start_bot()

    async def _note_ready(self, app: apps.App) -> None:
        await app.ready.wait()
        if self._down_since is not None:
            self.away.append((self._down_since, self.machine.true_time()))
            self._down_since = None

    def _before_statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if LIFE.get() is not self.life:
            return
        if self._is_disk_full and not statement.startswith("SELECT"):
            raise sqlite3.OperationalError("database or disk is full")
        if self._dies_at_statement:
            self._dies_at_statement -= 1
            if not self._dies_at_statement:
                self.kill()
                raise Killed

    def kill(self) -> None:
        """kill -9: nothing of this life runs any more. The next one finds a copy of its files."""
        self.kills += 1
        self.note("kill")
        self.life.end()
        self._dies_at_statement = 0
        if self._down_since is None:
            self._down_since = self.machine.true_time()
        old, self.folder = self.folder, self._root / str(self.kills)
        shutil.copytree(old, self.folder)

    # Faults

    async def break_things(self) -> None:
        for each in self.plan.schedule():
            if each.at > self.loop.now:
                await asyncio.sleep(each.at - self.loop.now)
            self.note(f"fault {each.number}: {each.kind}")
            await getattr(self, f"_{each.kind}")(random.Random(each.seed))

    async def _kill(self, chance: random.Random) -> None:
        match chance.choice(("anywhere", "after a tap", "in a transaction")):
            case "anywhere":
                await asyncio.sleep(chance.random() * 60)
                self.kill()
            case "after a tap":
                self._has_tapped.clear()
                await _at_most(LONGEST_WAIT, self._has_tapped.wait())
                await asyncio.sleep(chance.random() * 0.4)
                self.kill()
            case _:
                self._dies_at_statement = chance.randrange(1, 60)
                await _at_most(LONGEST_WAIT, self.life.ended())
                if not self.life.is_dead:
                    self.kill()
        await asyncio.sleep(chance.choice((0.5, 5, 60, 600, 3600)) * chance.random())
        self.start_bot()

    async def _outage(self, chance: random.Random) -> None:
        """Telegram cannot be reached."""
        self.network.is_down = True
        began = self.machine.true_time()
        await asyncio.sleep(chance.choice((5, 60, 600, 3600)) * chance.random())
        self.network.is_down = False
        self.away.append((began, self.machine.true_time()))

    async def _net(self, chance: random.Random) -> None:
        """Single calls fail in one way or another."""
        kind = chance.choice(
            ("no_connection", "lost_before", "lost_after", "page", "garbage", "too_many", "slow")
        )
        self.network.weather = Weather(**{kind: chance.choice((0.05, 0.2, 0.5))})
        await asyncio.sleep(chance.random() * 3600)
        self.network.weather = Weather()

    async def _suspend(self, chance: random.Random) -> None:
        """The machine is suspended: timers stand still, the wall clock and boot time go on."""
        began = self.machine.true_time()
        self.machine.suspended += chance.choice((1, 40, 100, 1000, 4000)) * chance.random()
        self.away.append((began, self.machine.true_time()))

    async def _disk(self, chance: random.Random) -> None:
        """Nothing can be written to the database."""
        self._is_disk_full = True
        began = self.machine.true_time()
        await asyncio.sleep(chance.choice((5, 60, 600, 3600)) * chance.random())
        self._is_disk_full = False
        self.away.append((began, self.machine.true_time()))

    async def _repeats(self, chance: random.Random) -> None:
        """Telegram delivers some taps twice, and the updates of a poll in another order."""
        self._repeated = 0.3
        self.server.updates.reorder = partial(_reordered, chance)
        await asyncio.sleep(chance.random() * 3600)
        self._repeated = 0.0
        self.server.updates.reorder = None

    # People

    async def live(self, person: Person) -> None:
        """Tap answers now and then, and take one back rarely."""
        chance = random.Random(self.plan.seed + person.id)
        while True:
            await asyncio.sleep(chance.expovariate(1 / 2400))
            asked = self._question(person)
            if asked is None:
                continue
            verb = chance.choice(("yes", "yes", "no", "skip"))
            for _ in range(chance.choice((1, 1, 1, 2))):
                await self._tap(person, asked, verb)
            if chance.random() < 0.1:
                await asyncio.sleep(chance.random() * 30)
                await self._tap(person, asked, "undo")

    def _question(self, person: Person) -> Message | None:
        return next((each for each in reversed(person.messages) if _data(each, "yes")), None)

    async def _tap(self, person: Person, message: Message, verb: str) -> None:
        data = _data(message, verb)
        if data is None:
            return
        number = int(data.rpartition(":")[2])
        self.note(f"{person.id} taps {data} on {message.message_id}")
        self.taps.append(checker.Tapped(person, number, verb, message))
        tap = await person.tap_raw(data, message.message_id)
        self._has_tapped.set()
        if self.network.happens(self._repeated):
            self.taps.append(self.taps[-1])
            await person.tap_again(tap)

    # The whole

    async def run(self) -> str:
        """Let everything happen; returns what was wrong at the end, empty if nothing."""
        for number in range(self.plan.people):
            person = self.server.person(FIRST_ID + number, f"P{number}")
            self.server.chats.by_id[person.id].reach = Reach.OPEN
            self.people.append(person)
        self.start_bot()
        living = [self.loop.create_task(self.live(each)) for each in self.people]
        until = self.plan.days * 24 * 3600.0
        await self.break_things()
        if until > self.loop.now:
            await asyncio.sleep(until - self.loop.now)
        for each in living:
            each.cancel()
        self.note("faults end")
        await asyncio.sleep(QUIET.total_seconds())
        return await self._check()

    async def _check(self) -> str:
        now = self.machine.true_time()
        lives = [checker.Life(each, ZONE, 7, 23, BEGIN) for each in self.people]
        url = f"sqlite:///{self.folder / 'bot.sqlite3'}"
        checking = checker.Checker(self.server, url, lives, self.taps)
        waiting = await checking.waiting(now)
        waiting += [
            f"check-in {row['id']} is not closed"
            for row in await checking.rows(
                "SELECT id FROM check_ins WHERE status = 'sent' AND closes_at < :late",
                late=now - timedelta(minutes=15),
            )
        ]
        doubted = await checking.rows(
            "SELECT id FROM check_ins WHERE status = 'uncertain' OR copies > 0"
        )
        if wrong := {row["id"] for row in doubted} - self.left:
            return f"doubted, though they had not begun to leave: {sorted(wrong)}"
        for call in self.server.log:
            self.note(f"{call.monotonic:.6f} {call.method} {call.chat_id} {call.status}")
        if waiting:
            return f"not done {QUIET} after the faults: {waiting}"
        try:
            await checking.check(
                now, may_copy=True, may_misfire=True, may_cancel=True, away=_joined(self.away)
            )
        except AssertionError as error:
            return str(error)
        return ""


async def _at_most(seconds: float, event_: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event_


def _data(message: Message, verb: str) -> str | None:
    for row in message.buttons:
        for button in row:
            if button.data is not None and button.data.startswith(f"v1:{verb}:"):
                return button.data
    return None


def _reordered(chance: random.Random, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The updates in another order; those of one person keep theirs."""
    waiting: dict[int, list[dict[str, Any]]] = {}
    for each in batch:
        (content,) = (each[name] for name in each if name != "update_id")
        waiting.setdefault(content["from"]["id"], []).append(each)
    found: list[dict[str, Any]] = []
    while waiting:
        person = chance.choice(sorted(waiting))
        found.append(waiting[person].pop(0))
        if not waiting[person]:
            del waiting[person]
    return found


def _joined(periods: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Periods that touch or overlap as one."""
    found: list[tuple[datetime, datetime]] = []
    for since, until in sorted(periods):
        if found and since <= found[-1][1] + timedelta(minutes=1):
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def simulate(plan: Plan, kind: type[World] = World) -> tuple[Outcome, World]:
    """Run one world from its seed."""
    chance = random.Random(plan.seed)
    loop = VirtualLoop(random.Random(chance.random()))
    logging.disable(logging.CRITICAL)
    with quick_folder() as folder, ExitStack() as stack:
        world = kind(plan, folder, loop, chance)
        stack.enter_context(substituted(world.machine, random.Random(chance.random())))

        async def send(transport: Transport, *given: Any, **named: Any) -> tuple[int, bytes]:
            return await world.network.send(transport, *given, **named)

        async def nothing(_: Transport) -> None:
            pass

        mark = claims.mark_leaving

        def mark_leaving(connection: Any, table: Any, by: str, ids: Any, now: datetime) -> set[int]:
            if table is check_ins:
                world.left.update(ids)
            return mark(connection, table, by, ids, now)

        stack.enter_context(patch.object(claims, "mark_leaving", mark_leaving))
        for name, value in (("send", send), ("initialize", nothing), ("shutdown", nothing)):
            stack.enter_context(patch.object(Transport, name, value))
        asyncio.set_event_loop(loop)
        wrong = loop.run_until_complete(world.run())
        outcome = Outcome(
            plan, wrong, world.trace, world.kills, len(world.server.log), len(world.taps)
        )
    return outcome, world

"""A world whose bot can be killed at a named point, with people who have finished the set-up.

The people are inserted with the bot's own storage functions before the bot starts, because the
set-up has journeys of its own.
"""

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Self

from reminder_bot.domain.habit import OFFERED_AT_SETUP
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup
from reminder_bot.engine.planning import add_habits, reschedule
from reminder_bot.simulator import Message, Person, Tap
from reminder_bot.simulator.chats import Reach
from reminder_bot.storage.database import Database
from reminder_bot.storage.migrating import bring_up
from reminder_bot.storage.users import UserChanges, find_user, insert_user, update_user
from tests.support import child, measured
from tests.support.checker import Checker, Life, Tapped, Vitals
from tests.support.nursery import ForkedWorld
from tests.support.waiting import PATIENCE, patience

__all__ = ["ROOT", "CrashingWorld", "MeasuredWorld", "locked"]

ROOT = Path(__file__).parents[2]
# For some seconds only the effects of a tap make its edit; after that, a step makes it.
BEYOND_HEAD_START = timedelta(seconds=6)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on the SQLite file, as another program might."""
    holder = sqlite3.connect(file, isolation_level=None, timeout=20)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


class CrashingWorld(ForkedWorld):
    """A `World` whose bot is started through `tests.support.child`. tuning: see `child.tuned`."""

    def __init__(self, folder: Path, database_url: str | None = None, **tuning: float) -> None:
        super().__init__(folder, database_url)
        self._arm = folder / "arm"
        self._hits = folder / "hits"
        self.command = ("-m", "tests.support.child")
        self.environment = {
            "PYTHONPATH": str(ROOT),
            child.ARM: str(self._arm),
            child.HITS: str(self._hits),
            **child.tuned(**{"long_poll": 1, "ticks": 0.3} | tuning),
        }
        self.lives: list[Life] = []
        self._people: dict[int, Person] = {}
        self.taps: list[Tapped] = []
        self.checker = Checker(self.server, self.database_url, self.lives, self.taps)
        self._watching = measured.watched()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._stillness = await self._watching.__aenter__()
        return self

    async def __aexit__(self, failed: object, *more: object) -> None:
        await self._watching.__aexit__(None, None, None)
        await super().__aexit__(failed, *more)

    def most_at_the_server(self, rate: int, paused: float = 0.0) -> float:
        """How many calls the server may count in one second if the bot sends `rate` calls a second.

        The server counts a call when it reads it. After a time in which this process did not run,
        it reads all waiting calls at once. Whether the bot itself keeps the rate is checked by the
        permits that it gave.

        paused: how many seconds a bot was not running; after that it sends what waited at once.
        """
        return rate * (1.1 + self._stillness.paused + paused)

    # People

    async def seat(
        self, ids: Sequence[int], zone: str, since: datetime, wake: int = 7, sleep: int = 23
    ) -> None:
        """Insert these people with all habits, as if they had finished the set-up at `since`."""
        database = Database(self.database_url)
        hours = DayHours(time(wake), time(sleep))
        bring_up(database)
        with database.transaction() as connection:
            for each in ids:
                insert_user(connection, each, "en", since)
                values: UserChanges = {
                    "wake": hours.wake,
                    "sleep": hours.sleep,
                    "setup": Setup.DONE,
                    "zone": zone,
                    "asked_since": since,
                }
                update_user(connection, each, **values)
                user = find_user(connection, each)
                assert user is not None
                # A week ago, so that a digest may come on the first day.
                add_habits(connection, user, OFFERED_AT_SETUP, since - timedelta(days=7))
                reschedule(connection, user, since)
        await database.close()
        for each in ids:
            person = self._people[each] = self.server.person(each, f"P{each}")
            self.server.chats.by_id[each].reach = Reach.OPEN
            self.lives.append(Life(person, zone, wake, sleep, since))

    def person(self, id: int) -> Person:
        return self._people[id]

    def question(self, person: Person) -> Message | None:
        """The newest message of this person with a question that is not answered."""
        return next((each for each in reversed(person.messages) if _data(each, "yes")), None)

    async def tap(self, person: Person, verb: str, message: Message | None = None) -> Tap:
        """Tap yes, no … on the person's newest open question, or on `message`; the checker will
        expect its effect.

        If there is no such button (the evening prompt has only Good night), tap yes instead.
        """
        asked = message or self.question(person)
        assert asked is not None, f"nothing to answer\n{person.transcript()}\n{self.log()[-3000:]}"
        data = _data(asked, verb) or _data(asked, "yes")
        assert data is not None, f"no {verb} on {asked.text!r}"
        _, verb, number = data.split(":")
        return await self.tap_number(person, verb, int(number), asked)

    async def tap_number(self, person: Person, verb: str, check_in: int, message: Message) -> Tap:
        """Tap a button that may be gone by now, as a client with an older view can do."""
        self.taps.append(Tapped(person, check_in, verb, message))
        return await person.tap_raw(f"v1:{verb}:{check_in}", message.message_id)

    async def tap_all(self, verb: str) -> int:
        """Let everybody tap on every question they were ever asked; returns the number of taps."""
        sends = self.checker.sends()
        for number, calls in sends.items():
            chat_id, message_id = calls[0].chat_id, calls[0].message_id
            assert isinstance(chat_id, int)
            assert message_id is not None
            person = self.person(chat_id)
            await self.tap_number(
                person, verb, number, self.server.chats.by_id[chat_id].messages[message_id]
            )
        return len(sends)

    # Time

    async def ask_at(self, instant: datetime) -> None:
        """Move the clock to an instant at which something is due, and wait until it is done."""
        self.move_to(instant + timedelta(seconds=1))
        await self.settle()

    # Killing the bot at a point

    def arm(self, point: str, count: int = 1) -> None:
        """Let the bot kill itself when it reaches `point` for the `count`-th time."""
        new = self._arm.with_suffix(".new")
        new.write_text(f"{point} {count}")
        new.replace(self._arm)

    @property
    def hits(self) -> list[str]:
        """The points at which the bot has killed itself so far, in order."""
        lines = self._hits.read_text().splitlines() if self._hits.exists() else []
        return [line.removeprefix("hit ").rpartition(" ")[0] for line in lines]

    async def died(self) -> None:
        """Wait until the bot has killed itself at the armed point."""
        assert self.process is not None
        armed = self._arm.read_text() if self._arm.exists() else "what was armed"
        async with patience(f"the bot to die at {armed!r}", self.log_end):
            code = await self.process.wait()
        assert code == -signal.SIGKILL, self.log_end()

    # Looking into the database

    async def until_rows(self, table: str, condition: str, count: int) -> None:
        """Wait until at least `count` rows of a table meet the condition."""
        statement = f"SELECT count(*) AS found FROM {table} WHERE {condition}"

        async def are_there() -> bool:
            return int((await self.checker.rows(statement))[0]["found"]) >= count

        await self.until(are_there, f"{count} {table} with {condition}")

    # Becoming idle

    async def settle(self, at_most: float = PATIENCE) -> None:
        """Wait until nothing is due, ambiguous or pending, and every update is confirmed.

        at_most: the bound in seconds, for work that takes longer than PATIENCE.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + at_most
        looked_at = loop.time()
        while waiting := await self.checker.waiting(self.now()):
            if loop.time() > deadline:
                raise AssertionError(
                    f"did not become idle in {at_most:g} s: {waiting}\n{self.log_end()}"
                )
            if waiting == ["later edits"]:
                self.move_by(BEYOND_HEAD_START)
            # Reading an SQLite file blocks its writer. The longer it took, the longer the next read
            # waits.
            await asyncio.sleep(max(0.05, 5 * (loop.time() - looked_at)))
            looked_at = loop.time()


class MeasuredWorld(CrashingWorld):
    """A CrashingWorld whose bot reports measurements, and can be stopped while time passes: see
    `measured`.
    """

    is_measured = True

    def __init__(self, folder: Path, database_url: str | None = None, **tuning: float) -> None:
        super().__init__(folder, database_url, **tuning)
        self._signs, self._asleep = folder / "signs", folder / "asleep"
        self._releases, self._halts = folder / "releases", folder / "halts"
        self._ticks_at_move = 0
        self.environment |= {
            measured.SIGNS: str(self._signs),
            measured.ASLEEP: str(self._asleep),
            measured.RELEASES: str(self._releases),
            measured.HALTS: str(self._halts),
        }

    async def spawn(self, environment: dict[str, str]) -> Any:
        self._signs.unlink(missing_ok=True)
        self._ticks_at_move = 0
        return await super().spawn(environment)

    def move_to(self, instant: datetime) -> None:
        self._ticks_at_move = self.ticks
        super().move_to(instant)

    def _sign(self, name: str) -> float:
        return float(json.loads(self._signs.read_text())[name]) if self._signs.exists() else 0.0

    @property
    def ticks(self) -> int:
        """The number of steps that the bot's `ticking` has started."""
        return int(self._sign("ticks"))

    @property
    def stood_still(self) -> float:
        """The longest time in which the bot blocked its event loop, in seconds."""
        return self._sign("still")

    @property
    def paused(self) -> float:
        """The longest time in which its event loop did not run, for whatever reason, in seconds."""
        return self._sign("paused")

    def releases(self) -> list[float]:
        """When the rate limiter gave permits, in seconds of real time."""
        return (
            [float(line) for line in self._releases.read_text().split()]
            if self._releases.exists()
            else []
        )

    def halts(self) -> list[tuple[float, float]]:
        """From when until when the rate limiter was halted, in seconds of real time."""
        lines = self._halts.read_text().splitlines() if self._halts.exists() else []
        return [(float(at), float(until)) for at, until in (line.split() for line in lines)]

    def vitals(self) -> Vitals:
        """What the bot's process holds now."""
        assert self.process is not None
        process = Path("/proc") / str(self.process.pid)
        pages = int((process / "statm").read_text().split()[1])
        opened = [_target(file) for file in (process / "fd").iterdir()]
        connections = sum(each.startswith("socket:") for each in opened)
        memory, files = pages * os.sysconf("SC_PAGE_SIZE"), len(opened) - connections
        return Vitals(memory, files, int(self._sign("tasks")), connections)

    async def ticks_on(self) -> None:
        """Wait until the bot has started three steps since the clock was moved.

        The move must be of more than a second. Otherwise no step is woken, and the next one starts
        when something is due, or within a minute.
        """
        await self.until(lambda: self.ticks >= self._ticks_at_move + 3, "ticks")

    @asynccontextmanager
    async def stopped_for(self, passing: timedelta) -> AsyncIterator[None]:
        """Stop the process with SIGSTOP, and continue it at the end of the block.

        Requests that have begun still arrive. In the block, `passing` has passed on the wall clock
        and since boot.
        """
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.process.pid}/stat")
        await self.until(
            lambda: stat.read_text().rpartition(")")[2].split()[0] == "T",
            "the process to be stopped",
        )
        calls = -1
        while calls != len(self.server.log):
            calls = len(self.server.log)
            await asyncio.sleep(0.1)
        slept = float(self._asleep.read_text()) if self._asleep.exists() else 0.0
        self._asleep.write_text(str(slept + passing.total_seconds()))
        self.move_by(passing)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


def _target(file: Path) -> str:
    """What an open file descriptor refers to; "" if it has been closed in the meantime."""
    try:
        return os.readlink(file)
    except FileNotFoundError:
        return ""


def _data(message: Message, verb: str) -> str | None:
    carried = [button.data or "" for row in message.buttons for button in row]
    return next((data for data in carried if data.startswith(f"v1:{verb}:")), None)

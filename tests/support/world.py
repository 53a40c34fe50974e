"""Everything that a journey needs: Telegram on 127.0.0.1, people, a clock, and the real bot as a
child process.

No part of the bot is replaced: it is started from the command line and calls Telegram over HTTP.
The clock is moved through its file. A journey waits for events and never for a fixed time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Executable, SelectBase, or_, select, text, union_all

from reminder_bot.clock import Clock, machine_time
from reminder_bot.domain.check_in import Status
from reminder_bot.simulator import BotApiServer, Message, Person
from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import check_ins, reminders
from tests.support.child import DELAYS
from tests.support.waiting import patience, until

ROOT = Path(__file__).parents[2]
TOKEN = "4711001:this-is-a-token-for-tests-0123456789"


class World:
    """One server, one clock, and one bot, which can be started, stopped and killed."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        self.clock_file = folder / "clock"
        self.clock = Clock(self.clock_file)
        self.server = BotApiServer(token=TOKEN, clock=self.clock)
        self.database_url = database_url or f"sqlite:///{folder / 'bot.sqlite3'}"
        self.process: asyncio.subprocess.Process | None = None
        self.log_file = folder / "bot.log"
        self.environment: dict[str, str] = {}
        self._database: Database | None = None
        self.command: tuple[str, ...] = ("-m", "reminder_bot", "run")

    async def __aenter__(self) -> "World":
        await self.server.start()
        return self

    async def __aexit__(self, failed: object, *_: object) -> None:
        if failed is not None:
            print(self.log()[-6000:])
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.close_database()
        await self.server.__aexit__()

    # The bot

    async def start(self, *, wait: bool = True) -> None:
        """Start the bot. wait: until its log says that it is ready."""
        is_ready_already = self.log().count(" ready ")
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),  # the sources beside these tests, wherever they stand
            "REMINDER_BOT_TOKEN": TOKEN,
            "REMINDER_BOT_API_BASE_URL": self.server.base_url,
            "REMINDER_BOT_DATABASE_URL": self.database_url,
            "REMINDER_BOT_DATA_DIR": str(self.folder),
            "REMINDER_BOT_CLOCK_FILE": str(self.clock_file),
        }
        if DELAYS in os.environ:
            environment[DELAYS] = os.environ[DELAYS]
        self.process = await self.spawn(environment | self.environment)
        if wait:
            await self.until(
                lambda: self.log().count(" ready ") > is_ready_already, "the bot to be ready"
            )

    async def spawn(self, environment: dict[str, str]) -> asyncio.subprocess.Process:
        with self.log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *self.command,
                env=environment,
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def stop(self) -> int:
        """Stop the bot with SIGTERM, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def ended(self) -> int:
        """Wait until the bot has ended, and return its exit code."""
        assert self.process is not None
        async with patience("the bot to end", self.log_end):
            return await self.process.wait()

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def log_end(self) -> str:
        return self.log()[-4000:]

    async def until(self, is_true: Callable[[], bool | Awaitable[bool]], what: str) -> None:
        """Wait for something that the server does not see (a line in the log, a row), checking it
        often.
        """

        def is_true_now() -> bool | Awaitable[bool]:
            if self.process is not None and self.process.returncode is not None and "ready" in what:
                raise AssertionError(
                    f"the bot ended with {self.process.returncode}\n{self.log_end()}"
                )
            return is_true()

        await until(is_true_now, what, details=self.log_end)

    # The database, beside the bot

    async def close_database(self) -> None:
        if self._database is not None:
            await self._database.close()

    async def rows(self, statement: str | Executable, **values: Any) -> list[tuple[Any, ...]]:
        """The rows that a statement returns while the bot runs. A SELECT does not block the bot;
        any other statement is committed.
        """
        if self._database is None:
            self._database = Database(self.database_url)
        query = text(statement) if isinstance(statement, str) else statement
        is_read = isinstance(query, SelectBase) or str(query).startswith("SELECT")

        def execute(connection: Connection) -> list[tuple[Any, ...]]:
            found = connection.execute(query, values)
            return [tuple(row) for row in found] if found.returns_rows else []

        return await (self._database.read if is_read else self._database.write)(execute)

    async def settled(self, user_id: int, due_at: datetime) -> None:
        """Wait until all check-ins due at this instant are planned and sent, or otherwise done, and
        every repeat that is due by then. Returns at once if nothing was due.

        A repeat counts from the time at which its send was recorded: a clock that is moved between
        the send and its record moves the repeat, too.

        One statement reads both tables, because a check-in moves from one to the other in the
        transaction that plans it.
        """
        is_due = or_(check_ins.c.due_at == due_at, check_ins.c.send_after <= due_at)
        waiting = union_all(
            select(check_ins.c.id).where(
                check_ins.c.user_id == user_id,
                is_due,
                check_ins.c.status.in_([Status.PLANNED, Status.CLAIMED]),
            ),
            select(reminders.c.id).where(
                reminders.c.user_id == user_id, reminders.c.next_due_at <= self.now()
            ),
        )

        async def is_settled() -> bool:
            return not await self.rows(waiting)

        await self.until(is_settled, f"what was due at {due_at} to be settled")

    async def edits_settled(self) -> None:
        """Wait until every message shows what is recorded. The table `redraws` holds pending
        edits; a row is deleted a moment after the person has seen the edit.
        """

        async def is_settled() -> bool:
            return not await self.rows("SELECT user_id FROM redraws")

        await self.until(is_settled, "all pending edits to be made and settled")

    # Time

    def now(self) -> datetime:
        return self.clock.now()

    def move_to(self, instant: datetime) -> None:
        """Set the wall clock of server, people and bot."""
        Clock.move(self.clock_file, instant - machine_time())

    def move_by(self, step: timedelta) -> None:
        self.move_to(self.now() + step)

    # People

    async def set_up(
        self,
        person: Person,
        zone: str = "Europe/Berlin",
        hours: str | None = "7 – 23",
        city: str | None = None,
    ) -> Message:
        """Do a person's set-up: Start, a typed city, the hours by a button, all four habits.
        Returns the message with the plan.
        """
        await person.send("/start")
        await person.expect("Small daily habits")
        await person.tap("Start")
        asked = await person.expect("What time is it")
        await person.send(city or zone)
        # The card is sent anew below the typed city; for a moment, the old one may show it, too.
        await person.expect(lambda message: message is not asked and ": is it" in message.text)
        await person.tap("Yes")
        await person.expect("When do you get up")
        await person.tap(hours or "7 – 23")
        await person.expect("Which should I help with?")
        await person.tap("Ready")
        return await person.expect("All set.")

    async def set_up_in(self, person: Person, zone: str) -> Message:
        """Like `set_up`, in any language: buttons are recognised by their data."""
        await person.send("/start")
        await carrying(person, "start")
        await person.tap("v1:start")
        await carrying(person, "all")
        await person.send(zone)
        await carrying(person, "zone")
        await person.tap(f"v1:zone:{zone}")
        await carrying(person, "hours")
        await person.tap("v1:hours:0700-2300")
        await carrying(person, "ready")
        await person.tap("v1:ready")
        return await carrying(person, "try")

    async def asked(
        self, person: Person, at: str, sign: str, zone: str = "Europe/Berlin"
    ) -> Message:
        """Move to this local time, wait for a new card with a line that begins with `sign`, and
        until the bot has recorded that it is sent.

        An older card with the same words does not count, because it may be edited at that time.
        """
        instant = local(at, zone)
        if self.now() < instant:
            self.move_to(instant)

        def is_new_card(message: Message) -> bool:
            has_sign = any(line.startswith(sign) for line in message.text.split("\n"))
            return has_sign and bool(message.buttons) and message.date >= instant

        question = await person.expect(is_new_card, new=False)
        await self.settled(person.id, instant)
        return question


def local(text: str, zone: str) -> datetime:
    """The instant of "2026-03-02 07:30" on the clock of `zone`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


async def carrying(person: Person, verb: str) -> Message:
    """Wait for a message with a button for this verb."""

    def carries(message: Message) -> bool:
        return any(
            (each.data or "").split(":")[1:2] == [verb] for row in message.buttons for each in row
        )

    return await person.expect(carries)


def labels(message: Message) -> set[str]:
    """The labels of the buttons under a message."""
    return {button.text for row in message.buttons for button in row}

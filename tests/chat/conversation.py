"""A conversation in this process: the real Chat on an SQLite file, a person at the local server.

Updates are handed over one by one, and the calls that follow are waited for: when a step returns,
the tap or the words have had their whole effect. Time stands where it is set.

What is stored is read with a connection of its own, as rows of plain values.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from reminder_bot.bot_api.rate_limiter import RateLimiter
from reminder_bot.bot_api.sender import Sender
from reminder_bot.bot_api.transport import open_bot
from reminder_bot.chat.effects import EffectRunner
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.messages import Messages
from reminder_bot.chat.updates import Chat
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import SendRate
from reminder_bot.engine.dispatching import Dispatcher
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.simulator import BotApiServer, Message, Person
from reminder_bot.storage.database import Database
from tests.support.messenger import Bench
from tests.support.people import SetClock, settle
from tests.support.telegram import TOKEN
from tests.support.world import local

__all__ = [
    "BERLIN",
    "MONDAY",
    "TABLES",
    "Conversation",
    "Row",
    "State",
    "changed",
    "deliver_again",
    "entries",
    "labels",
    "open_conversation",
]

BERLIN = "Europe/Berlin"
MONDAY = local("2026-03-02 07:01", BERLIN)
TABLES = (
    "users",
    "habits",
    "reminders",
    "check_ins",
    "entries",
    "digests",
    "notices",
    "pauses",
    "terms",
    "redraws",
)
Row = dict[str, Any]
State = dict[str, dict[Any, Row]]


class _HurriedClock(Clock):
    """A second later at each call, so that no test waits for the second between two messages."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._at = start

    def now(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


class _RememberingRenderer(Renderer):
    """The real one, which renders each picture once in a test process: many tests see the same."""

    _pictures: ClassVar[dict[tuple[str, float], bytes]] = {}

    async def render(self, svg: str, scale: float = 1.0) -> bytes:
        key = svg, scale
        if key not in self._pictures:
            self._pictures[key] = await super().render(svg, scale)
        return self._pictures[key]


@dataclass(frozen=True)
class Saved:
    """All of a conversation at one moment: the database and what the person sees."""

    database: sqlite3.Connection
    messages: dict[int, Message]
    versions: dict[int, list[Any]]
    keyboard: Any
    at: datetime


class Conversation:
    """`person` is Ana, 7; `bench` steps the engine; `effects` carries out single effects."""

    def __init__(
        self,
        file: Path,
        server: BotApiServer,
        chat: Chat,
        editor: MessageEditor,
        effects: EffectRunner,
        bench: Bench,
    ) -> None:
        self.server = server
        self.chat = chat
        self.editor = editor
        self.effects = effects
        self.bench = bench
        self.person: Person = server.person(7)
        self._saved: list[sqlite3.Connection] = []
        self._file = file

    # What a person does

    async def send(self, words: str, person: Person | None = None, **more: Any) -> Message:
        """Send words; returns the newest message of the bot, once all has been answered."""
        person = person or self.person
        await person.send(words, **more)
        await self.take()
        return person.newest

    async def tap(
        self, button: str, message: Message | None = None, person: Person | None = None
    ) -> str:
        """Tap a button by its label or by what it carries; returns the words that pop up."""
        person = person or self.person
        tap = await person.tap(button, message)
        await self.take()
        assert tap.tapped.is_answered, f"the tap on {button} was not answered"
        return tap.toast.text if tap.toast else ""

    async def tap_raw(self, data: str, message: Message, person: Person | None = None) -> str:
        """Tap with any data; returns the words that pop up."""
        tap = await (person or self.person).tap_raw(data, message.message_id)
        await self.take()
        assert tap.tapped.is_answered, f"the tap with {data} was not answered"
        return tap.toast.text if tap.toast else ""

    async def go(self, path: str) -> Message:
        """A new message that shows the screen of this path."""
        message = await self.send("/settings")
        await self.tap_raw(f"v1:go:{path}", message)
        return message

    async def do(self, path: str) -> str:
        """Press a screen's button by what it carries, on a new message."""
        return await self.tap_raw(f"v1:do:{path}", await self.send("/settings"))

    async def settle(self) -> None:
        """Ana as a first contact leaves her, without its taps: four habits, 7 to 23."""
        await self.person.send("/start")
        self.server.updates.drop()
        await settle(self.bench.database, self.now, asked_since=self.now)

    async def set_up(self, person: Person | None = None, zone: str = BERLIN) -> Message:
        """A first contact with the four habits, 7 to 23; returns the card with the plan."""
        person = person or self.person
        await self.send("/start", person)
        await self.tap("Start", person=person)
        await self.send(zone, person)
        await self.tap("Yes", person=person)
        await self.tap("7 – 23", person=person)
        await self.tap("Ready", person=person)
        return person.newest

    async def take(self) -> None:
        """Hand over what waits for the bot, and wait for all that follows."""
        while pending := self.server.updates.pending:
            self.server.updates.drop()
            for raw in pending:
                await self.chat.take([raw])
                await self.chat.finish()

    async def take_together(self) -> None:
        """Like `take`, but all that waits for the bot is handed over as one batch."""
        pending = self.server.updates.pending
        self.server.updates.drop()
        await self.chat.take(pending)
        await self.chat.finish()

    async def hand_over(self, words: str) -> None:
        """Send words and hand them over, without waiting for what follows."""
        await self.person.send(words)
        await self.chat.take(self.server.updates.pending)
        self.server.updates.drop()

    # Time and the engine

    @property
    def now(self) -> datetime:
        return self.bench.now

    def move_to(self, at: str, zone: str = BERLIN) -> datetime:
        """Set the clock to a local time, like "2026-03-02 07:30"."""
        self.bench.clock.at = local(at, zone)
        return self.bench.clock.at

    async def tick(self, at: str) -> None:
        """One round of every step, at a local time in Berlin."""
        await self.bench.tick(self.move_to(at))
        await self.editor.step(self.now)

    async def asked(self, at: str) -> Message:
        """The newest message after a round at this time."""
        await self.tick(at)
        return self.person.newest

    # What is stored

    def rows(self, query: str, *values: Any) -> list[Row]:
        with closing(sqlite3.connect(self._file)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def execute(self, statement: str, *values: Any) -> None:
        """Change what is stored behind the bot's back."""
        with closing(sqlite3.connect(self._file)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement, values)
            connection.commit()

    @property
    def user(self) -> Row:
        """Ana's row."""
        (row,) = self.rows("SELECT * FROM users WHERE id = ?", self.person.id)
        return row

    def state(self) -> State:
        """Everything that is stored of people, by table and key."""
        with closing(sqlite3.connect(self._file)) as connection:
            connection.row_factory = sqlite3.Row
            return {
                table: {
                    (row["user_id"], row["message_id"]) if table == "redraws" else row["id"]: dict(
                        row
                    )
                    for row in connection.execute(f"SELECT * FROM {table}")
                }
                for table in TABLES
            }

    # One state, many tries

    def save(self) -> Saved:
        """Keep this moment, so that `restore` can bring it back."""
        memory = sqlite3.connect(":memory:")
        self._saved.append(memory)
        with closing(sqlite3.connect(self._file)) as connection:
            connection.backup(memory)
        chat = self.server.chats.by_id[self.person.id]
        versions = {each: list(message.versions) for each, message in chat.messages.items()}
        return Saved(memory, dict(chat.messages), versions, chat.keyboard, self.now)

    def restore(self, saved: Saved) -> None:
        """Make everything as it was when it was saved."""
        with closing(sqlite3.connect(self._file)) as connection:
            saved.database.backup(connection)
        chat = self.server.chats.by_id[self.person.id]
        chat.messages.clear()
        chat.messages.update(saved.messages)
        for each, versions in saved.versions.items():
            saved.messages[each].versions[:] = versions
        chat.keyboard = saved.keyboard
        self.bench.clock.at = saved.at

    def forget(self) -> None:
        """Close what was saved."""
        for each in self._saved:
            each.close()


@asynccontextmanager
async def open_conversation(
    database: Database,
    wrap: Callable[[SetClock], SetClock] = lambda clock: clock,
    *,
    allowed: frozenset[int] = frozenset(),
) -> AsyncIterator[Conversation]:
    """A conversation before its first word, on an empty SQLite file. wrap: gives the message editor
    another clock. allowed: who may write; empty for everybody.
    """
    bench = Bench(database, MONDAY)
    clock = bench.clock
    rate_limiter = RateLimiter(SendRate(1000), clock=_HurriedClock(MONDAY))
    renderer = _RememberingRenderer()
    async with BotApiServer(token=TOKEN, clock=clock) as server:
        bot = open_bot(TOKEN, server.base_url)
        await bot.request.initialize()
        sender = Sender(bot, rate_limiter, clock)
        messages = Messages(sender, clock, renderer)
        bench.dispatcher = Dispatcher(database, messages, clock)
        editor = MessageEditor(database, sender, messages, wrap(clock))
        chat = Chat(
            database,
            sender,
            editor,
            clock,
            username=server.bot["username"],
            allowed_users=allowed,
        )
        effects = EffectRunner(database, sender, editor, clock)
        talk = Conversation(database.file, server, chat, editor, effects, bench)
        try:
            yield talk
        finally:
            talk.forget()
            await chat.close()
            await rate_limiter.close()
            await renderer.close()
            await bot.request.shutdown()


def labels(message: Message) -> list[list[str]]:
    """What the buttons say, in rows."""
    return [[button.text for button in row] for row in message.buttons]


def changed(before: State, after: State) -> set[str]:
    """What differs: `table.column` of rows that were there, `table+` and `table-` of others."""
    found = set()
    for table in TABLES:
        old, new = before[table], after[table]
        found |= {f"{table}+"} if new.keys() - old.keys() else set()
        found |= {f"{table}-"} if old.keys() - new.keys() else set()
        for key in old.keys() & new.keys():
            found |= {f"{table}.{name}" for name in old[key] if old[key][name] != new[key][name]}
    return found


def entries(talk: Conversation) -> list[tuple[str, int | None]]:
    """Amounts that count, by the habit's kind."""
    rows = talk.rows(
        "SELECT kind, amount FROM entries JOIN habits ON habits.id = habit_id"
        " WHERE undone_at IS NULL ORDER BY entries.id"
    )
    return [(row["kind"], row["amount"]) for row in rows]


async def deliver_again(talk: Conversation, what: Any) -> None:
    """Telegram delivers the last update once more, with the same number."""
    talk.server.updates.inject({**what.update, "update_id": talk.server.updates.next_id - 1})
    await talk.take()

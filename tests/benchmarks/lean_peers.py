"""What an expert would write for one task and nothing else, to compare the bot with.

    python -m tests.benchmarks.lean_peers WAY BASE_URL REMINDERS FOLDER TOKEN

    lean-ptb       python-telegram-bot's Bot on aiohttp instead of httpx
    lean-aiogram   aiogram; a Dispatcher takes the taps

Both store in SQLite with plain SQL, in one thread that only does that, and commit as durably as the
bot does. They have no zones, habits, rate limit, retries or screens, and a crash loses what they
have in memory.

A tap: the update and the reply are recorded in a transaction of their own, then the tap is answered
and its message is edited. Taps of one poll are taken concurrently.

A message: due reminders are read 500 at a time, sent 64 at a time, and recorded together.

A peer prints a line when its reminders are stored, and takes taps from then on. On a command it
makes all reminders due and prints when; it prints another line when all of them are sent.
"""

import asyncio
import json
import os
import sqlite3
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.request import BaseRequest, RequestData

from tests.benchmarks.peers import BATCH, IN_FLIGHT, TEXT, keyboard, say
from tests.benchmarks.processes import BOT_CORE, SOURCES, Child
from tests.benchmarks.telegram import TOKEN, Telegram

__all__ = ["WAYS", "LeanPeer", "installed_ways"]

WAYS = {
    "lean-ptb": "lean python-telegram-bot with aiohttp",
    "lean-aiogram": "lean aiogram",
}
CONNECTIONS = 256
DONE = "💧 10:00 <b>250</b> ml · 750 of 1500 ml today"


def installed_ways() -> list[str]:
    """The ways whose libraries are installed: aiogram is in the extra `benchmarks`."""
    return list(WAYS) if find_spec("aiogram") else ["lean-ptb"]


class LeanPeer(Child):
    def __init__(
        self, way: str, telegram: Telegram, reminders: int, folder: Path, token: str = TOKEN
    ) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(
            [
                "-m",
                "tests.benchmarks.lean_peers",
                way,
                telegram.base_url(),
                str(reminders),
                str(folder),
                token,
            ],
            folder / "peer.log",
            BOT_CORE,
            telegram.environment | {"HOME": str(folder), "PYTHONPATH": SOURCES},
        )

    def wait_until_ready(self) -> float:
        """Seconds from the start until all reminders are stored."""
        self.hear(60)
        return time.monotonic() - self.started_at

    def begin(self) -> float:
        """Make all reminders due now; return the monotonic time."""
        due: float = self.ask("begin")
        return due

    def wait_until_ended(self) -> None:
        self.hear(600)


# The database


class Store:
    """A SQLite file that one thread reads and writes."""

    def __init__(self, file: Path, reminders: int) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(
            """
            CREATE TABLE updates (id INTEGER PRIMARY KEY, handled_at TEXT NOT NULL);
            CREATE TABLE check_ins (
                id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, due_at REAL,
                status TEXT NOT NULL, message_id INTEGER, reply TEXT
            );
            CREATE INDEX by_due_at ON check_ins (due_at);
            """
        )
        self._connection.execute("BEGIN")
        self._connection.executemany(
            "INSERT INTO check_ins (id, user_id, status) VALUES (?, ?, 'planned')",
            [(number, number) for number in range(1, reminders + 1)],
        )
        self._connection.execute("COMMIT")

    async def run(self, function: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *given)

    def reply(self, update_id: int, check_in_id: int, reply: str) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT OR IGNORE INTO updates VALUES (?, ?)", (update_id, str(time.time()))
        )
        connection.execute(
            "UPDATE check_ins SET status = 'replied', reply = ? WHERE id = ?", (reply, check_in_id)
        )
        connection.execute("COMMIT")

    def make_due(self) -> None:
        self._connection.execute("UPDATE check_ins SET due_at = ?", (time.time(),))

    def list_due(self) -> list[tuple[int, int]]:
        return self._connection.execute(
            "SELECT id, user_id FROM check_ins WHERE due_at <= ? ORDER BY due_at LIMIT ?",
            (time.time(), BATCH),
        ).fetchall()

    def record_sent(self, sent: list[tuple[int, int]]) -> None:
        """sent: (message id, check-in id). The next ones are due tomorrow."""
        tomorrow = time.time() + 86_400
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "UPDATE check_ins SET status = 'sent', message_id = ?, due_at = ? WHERE id = ?",
            [(message_id, tomorrow, check_in_id) for message_id, check_in_id in sent],
        )
        self._connection.execute("COMMIT")


def context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])


async def send_due(store: Store, send: Callable[[int], Awaitable[int]]) -> None:
    """Wait for the command to begin, then send all reminders. send: returns the message's id."""
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await store.run(store.make_due)
    print(json.dumps(time.monotonic()), flush=True)
    semaphore = asyncio.Semaphore(IN_FLIGHT)

    async def ask(check_in_id: int, user_id: int) -> tuple[int, int]:
        async with semaphore:
            return await send(user_id), check_in_id

    while due := await store.run(store.list_due):
        await store.run(store.record_sent, await asyncio.gather(*(ask(*each) for each in due)))
    say("ended")


# python-telegram-bot


class AiohttpRequest(BaseRequest):
    read_timeout = 60.0

    async def initialize(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context())
        )

    async def shutdown(self) -> None:
        await self._session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        body = request_data.json_payload if request_data else b"{}"
        headers = {"Content-Type": "application/json"}
        async with self._session.request(method, url, data=body, headers=headers) as answer:
            return answer.status, await answer.read()


async def lean_ptb(base_url: str, token: str, store: Store) -> None:
    buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Undo", callback_data="v1:undo:1")]])
    showing: set[asyncio.Task[None]] = set()

    async def send(user_id: int) -> int:
        message = await bot.send_message(
            user_id, TEXT, parse_mode="HTML", reply_markup=keyboard(user_id)
        )
        return message.message_id

    async def show(update: Update) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer()
        await query.edit_message_text(DONE, parse_mode="HTML", reply_markup=buttons)

    async def take(update: Update) -> None:
        query = update.callback_query
        assert query is not None
        assert query.data is not None
        _, reply, number = query.data.split(":")
        await store.run(store.reply, update.update_id, int(number), reply)
        task = asyncio.create_task(show(update))
        showing.add(task)
        task.add_done_callback(showing.discard)

    async def poll() -> None:
        offset = None
        while True:
            updates = await bot.get_updates(offset, timeout=30, allowed_updates=["callback_query"])
            await asyncio.gather(*map(take, updates))
            if updates:
                offset = updates[-1].update_id + 1

    async with Bot(
        token, f"{base_url}/bot", request=AiohttpRequest(), get_updates_request=AiohttpRequest()
    ) as bot:
        polling = asyncio.create_task(poll())
        await send_due(store, send)
        await polling


# aiogram


async def lean_aiogram(base_url: str, token: str, store: Store) -> None:
    import aiogram
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import InlineKeyboardButton as Button
    from aiogram.types import InlineKeyboardMarkup as Markup

    session = AiohttpSession(api=TelegramAPIServer.from_base(base_url), limit=CONNECTIONS)
    session._connector_init["ssl"] = context()
    bot = aiogram.Bot(token, session=session)
    dispatcher = aiogram.Dispatcher()
    buttons = Markup(inline_keyboard=[[Button(text="Undo", callback_data="v1:undo:1")]])

    def asked(number: int) -> Any:
        def button(text: str, verb: str) -> Any:
            return Button(text=text, callback_data=f"v1:{verb}:{number}")

        first = [button("Yes", "yes"), button("No", "no"), button("Later", "later")]
        return Markup(inline_keyboard=[first, [button("Yes, 500 ml", "more")]])

    async def send(user_id: int) -> int:
        message = await bot.send_message(
            user_id, TEXT, parse_mode="HTML", reply_markup=asked(user_id)
        )
        return int(message.message_id)

    @dispatcher.callback_query()
    async def take(query: Any, event_update: Any) -> None:
        _, reply, number = query.data.split(":")
        await store.run(store.reply, event_update.update_id, int(number), reply)
        await query.answer()
        await query.message.edit_text(DONE, parse_mode="HTML", reply_markup=buttons)

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
    await send_due(store, send)
    await polling


if __name__ == "__main__":
    _, way, base_url, reminders, folder, token = sys.argv
    runs: dict[str, Callable[[str, str, Store], Coroutine[Any, Any, None]]] = {
        "lean-ptb": lean_ptb,
        "lean-aiogram": lean_aiogram,
    }
    asyncio.run(runs[way](base_url, token, Store(Path(folder) / "lean.sqlite3", int(reminders))))

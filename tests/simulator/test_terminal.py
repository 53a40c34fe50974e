"""The demo's chat in a terminal: which button a number taps."""

import asyncio
import io
import os
from pathlib import Path
from typing import cast

from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, Person
from reminder_bot.simulator.chats import Chat, Chats
from reminder_bot.simulator.clock_mover import ClockMover, UpcomingTimes
from reminder_bot.simulator.messages import Version
from reminder_bot.simulator.terminal import Terminal
from tests.support.waiting import until


class AnsweringMover:
    """A bot that answers the first line with a new keyboard, and is slow to tell the zone."""

    def __init__(self, chats: Chats, chat: Chat) -> None:
        self._chats = chats
        self._chat = chat
        self._has_answered = False

    async def wait_until_idle(self) -> bool:
        if not self._has_answered:
            self._has_answered = True
            post_keyboard(self._chats, self._chat, "new")
        await let_other_tasks_run()
        return True

    async def upcoming_times(self, _: Person) -> UpcomingTimes:
        for _round in range(5):
            await let_other_tasks_run()
        return UpcomingTimes(None, None, None)


def post_keyboard(chats: Chats, chat: Chat, data: str) -> None:
    rows = [[{"text": data, "callback_data": data}]]
    version = Version("?", "?", chats.clock.now(), markup={"inline_keyboard": rows})
    chats.post(chat, chats.bot, version)


async def let_other_tasks_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_number_taps_the_keyboard_that_came_before_it(
    server: BotApiServer, ana: Person, tmp_path: Path
) -> None:
    chat = server.chats.by_id[ana.id]
    mover = cast("ClockMover", AnsweringMover(server.chats, chat))
    out = io.StringIO()
    terminal = Terminal(ana, chat, mover, Clock(tmp_path / "clock"), out)
    post_keyboard(server.chats, chat, "old")
    reader, writer = os.pipe()
    running = asyncio.create_task(terminal.run(reader))
    await until(lambda: "[1] old" in out.getvalue())

    os.write(writer, b"hello\n1\n:quit\n")
    await ana.until(lambda: bool(server.chats.taps))
    [tap] = server.chats.taps.values()
    tap.is_answered = True
    chat.changes.notify()
    await running

    os.close(writer)
    os.close(reader)
    assert "Ana taps 'new'" in ana.transcript()

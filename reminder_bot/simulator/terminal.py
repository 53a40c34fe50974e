"""The demo's chat in a terminal, for machines without a browser.

Everything the bot shows is printed as it comes; its buttons have numbers. A line that is one of the
newest numbers taps that button, a line that begins with a colon moves the clock, all else is sent.
Whatever would steer the terminal is taken out of the bot's texts.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from reminder_bot.clock import Clock
from reminder_bot.simulator.chats import Chat
from reminder_bot.simulator.clock_mover import (
    ClockMover,
    Destination,
    MoveResult,
    NoSuchDestination,
)
from reminder_bot.simulator.messages import Message, Version
from reminder_bot.simulator.person import Person

__all__ = ["Terminal"]

MOVES = {
    ":next": Destination.NEXT,
    ":1h": Destination.HOUR,
    ":morning": Destination.MORNING,
    ":digest": Destination.DIGEST,
}
HELP = """\
A number taps the button with that number; other words are sent to the bot (begin with /start).
:next     to the bot's next message      :1h       an hour later
:morning  to tomorrow morning            :digest   to the weekly digest
:say 2    sends a number as words        :at 52.5 13.4  shares a place
:quit     ends the demo (Ctrl-D, too)    :help     these lines
"""
SAID = {
    MoveResult.NOTHING_DUE: "Nothing comes by itself within eight days.",
    MoveResult.STUCK: "The bot is still at work; try again in a moment.",
}
TAP_TIMEOUT = 20.0
SHOWN_AT_FIRST = 5


class Terminal:
    """One person's chat on `out`, led by the lines of the file `descriptor`."""

    def __init__(
        self, person: Person, chat: Chat, mover: ClockMover, clock: Clock, out: TextIO = sys.stdout
    ) -> None:
        self._person = person
        self._chat = chat
        self._mover = mover
        self._clock = clock
        self._out = out
        self._zone: str | None = None
        self._told = max(0, len(chat.bot_versions) - SHOWN_AT_FIRST)
        self._buttons: list[tuple[Message, str]] = []

    async def run(self, descriptor: int = 0) -> None:
        """Until :quit or the end of the input."""
        self._print(HELP)
        showing = asyncio.create_task(self._show())
        try:
            async for line in _lines(descriptor):
                if line == ":quit":
                    break
                try:
                    await self._do(line)
                except (NoSuchDestination, RuntimeError) as error:
                    self._print(f"  {error}\n")
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _do(self, line: str) -> None:
        if not line:
            return
        if line in MOVES:
            result = await self._mover.move(self._person, MOVES[line])
            await self._tell_news()
            local = await self._local(self._clock.now())
            self._print(
                f"  {SAID.get(result, '')}  [{local:%a %d %b %H:%M}, "
                f"{self._zone or 'UTC'}]\n".replace("    [", "  [")
            )
        elif line.startswith(":at "):
            await self._share(line)
        elif line.startswith(":say "):
            await self._send(line.removeprefix(":say "))
        elif line.startswith(":"):
            self._print(HELP)
        elif line.isdecimal() and 1 <= int(line) <= len(self._buttons):
            message, data = self._buttons[int(line) - 1]
            tap = await self._person.tap_raw(data, message.message_id)
            toast = await tap.answered(TAP_TIMEOUT)
            if toast is not None:
                self._print(f"  ({_safe(toast.text)})\n")
            await self._settle()
        else:
            await self._send(line)

    async def _send(self, words: str) -> None:
        await self._person.send(words)
        await self._settle()

    async def _share(self, line: str) -> None:
        try:
            latitude, longitude = map(float, line.removeprefix(":at ").replace(",", " ").split())
        except ValueError:
            self._print("  Write it like :at 52.5 13.4 (latitude, longitude).\n")
            return
        await self._person.share_location(latitude, longitude)
        await self._settle()

    async def _settle(self) -> None:
        """Let the bot answer before the next line is read: a script's lines come all at once."""
        await self._mover.wait_until_idle()
        await self._tell_news()

    async def _show(self) -> None:
        while True:
            await self._chat.changes.wait_until(
                lambda: len(self._chat.bot_versions) > self._told, 3600
            )
            await self._tell_news()

    async def _tell_news(self) -> None:
        while self._told < len(self._chat.bot_versions):
            message, version = self._chat.bot_versions[self._told]
            self._told += 1
            local = await self._local(version.at)
            if version is message.version:  # what was changed again already is told as it is now
                self._tell(message, version, local)

    def _tell(self, message: Message, version: Version, local: datetime) -> None:
        notes = [
            note
            for note, is_so in (("edited", message.edited_at), ("silent", message.is_silent))
            if is_so
        ]
        head = f"\n  {local:%a %H:%M}  " + (f"({', '.join(notes)}) " if notes else "")
        if version.file is not None:
            width, height = version.file.size
            head += f"[{version.file.kind} {_safe(version.file.filename)}{f', {width} × {height}' if width else ''}] "
        text = _safe(version.text).replace("\n", "\n             ")
        links = [entity["url"] for entity in version.entities if "url" in entity]
        lines = [head + text, *(f"             {_safe(link)}" for link in links)]
        if version.buttons:
            self._buttons = []
            for row in version.buttons:
                words = []
                for button in row:
                    if button.data is not None:
                        self._buttons.append((message, button.data))
                        words.append(f"[{len(self._buttons)}] {_safe(button.text)}")
                    else:
                        words.append(
                            f"{_safe(button.text)}: {_safe(button.url or 'send these words')}"
                        )
                lines.append("             " + "  ".join(words))
        self._print("\n".join(lines) + "\n")

    async def _local(self, at: datetime) -> datetime:
        self._zone = (await self._mover.upcoming_times(self._person)).zone
        return at.astimezone(ZoneInfo(self._zone or "UTC"))

    def _print(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _safe(text: str) -> str:
    """The text without control characters, line breaks excepted."""
    return "".join(each if each == "\n" or each.isprintable() else "·" for each in text)


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """The lines of a terminal, a pipe or a file, without a thread: one that waits for input
    could not be ended.
    """
    loop = asyncio.get_running_loop()
    is_readable = asyncio.Event()
    try:
        loop.add_reader(descriptor, is_readable.set)
    except PermissionError:  # a plain file is always readable
        is_readable.set()
    rest = b""
    try:
        while True:
            await is_readable.wait()
            try:
                read = os.read(descriptor, 65536)
            except OSError:  # the terminal is gone
                read = b""
            is_readable.clear()
            *lines, rest = (rest + read).split(b"\n")
            for line in [*lines, *([rest] if not read and rest else [])]:
                yield line.decode(errors="replace").strip()
            if not read:
                return
            if not loop.remove_reader(descriptor):
                is_readable.set()
            else:
                loop.add_reader(descriptor, is_readable.set)
    finally:
        loop.remove_reader(descriptor)

"""The demo's chat in a terminal, for machines without a browser.

New messages are printed as they arrive, with numbered buttons. An input line that is a number taps
that button of the newest keyboard, a line that begins with a colon is a command of the demo, and
any other line is sent to the bot. Control characters are removed from the bot's texts.
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
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.messages import File, Message, Version
from reminder_bot.simulator.person import Person

__all__ = ["Terminal"]

MOVES = {
    ":next": Destination.NEXT,
    ":1h": Destination.HOUR,
    ":morning": Destination.MORNING,
    ":digest": Destination.DIGEST,
}
HELP = """\
A number taps the button with that number; any other text is sent to the bot (begin with /start).
:next     move the clock to the bot's next message
:1h       move the clock one hour ahead
:morning  move the clock to tomorrow morning
:digest   move the clock to the weekly digest
:say 2    send a number as a message
:at 52.5 13.4  share a location (latitude, longitude)
:help     print these lines
:quit     end the demo (as does Ctrl-D)
"""
MOVE_MESSAGES = {
    MoveResult.NOTHING_DUE: "The bot sends nothing by itself within the next eight days.",
    MoveResult.STUCK: "The bot is still busy; try again in a moment.",
}
TAP_TIMEOUT = 20.0  # seconds
SHOWN_AT_FIRST = 5  # messages
INDENT = " " * 13


class Terminal:
    """One person's chat, printed to `out`."""

    def __init__(
        self, person: Person, chat: Chat, mover: ClockMover, clock: Clock, out: TextIO = sys.stdout
    ) -> None:
        self._person = person
        self._chat = chat
        self._mover = mover
        self._clock = clock
        self._out = out
        self._zone: str | None = None
        self._printed = max(0, len(chat.bot_versions) - SHOWN_AT_FIRST)
        self._buttons: list[tuple[Message, str]] = []
        self._printing = asyncio.Lock()

    async def run(self, descriptor: int = 0) -> None:
        """Carry out the lines read from a file descriptor, until :quit or the end of the input."""
        self._print(HELP)
        showing = asyncio.create_task(self._print_new_messages())
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
            await self._move(MOVES[line])
        elif line.startswith(":at "):
            await self._share(line)
        elif line.startswith(":say "):
            await self._send(line.removeprefix(":say "))
        elif line.startswith(":"):
            self._print(HELP)
        elif line.isdecimal() and 1 <= int(line) <= len(self._buttons):
            await self._tap(*self._buttons[int(line) - 1])
        else:
            await self._send(line)

    async def _move(self, destination: Destination) -> None:
        result = await self._mover.move(self._person, destination)
        await self._print_unprinted()
        local = await self._local(self._clock.now())
        if result in MOVE_MESSAGES:
            self._print(f"  {MOVE_MESSAGES[result]}\n")
        self._print(f"  [{local:%a %d %b %H:%M}, {self._zone or 'UTC'}]\n")

    async def _tap(self, message: Message, data: str) -> None:
        tap = await self._person.tap_raw(data, message.message_id)
        toast = await tap.answered(TAP_TIMEOUT)
        if toast is not None:
            self._print(f"  ({_safe(toast.text)})\n")
        await self._wait_for_bot()

    async def _send(self, text: str) -> None:
        await self._person.send(text)
        await self._wait_for_bot()

    async def _share(self, line: str) -> None:
        try:
            latitude, longitude = map(float, line.removeprefix(":at ").replace(",", " ").split())
        except ValueError:
            self._print("  Write it like this: :at 52.5 13.4 (latitude, longitude).\n")
            return
        await self._person.share_location(latitude, longitude)
        await self._wait_for_bot()

    async def _wait_for_bot(self) -> None:
        """Wait for the bot's answer before the next line is read: piped lines arrive together."""
        await self._mover.wait_until_idle()
        await self._print_unprinted()

    async def _print_new_messages(self) -> None:
        while True:
            await self._chat.changes.wait_until(
                lambda: len(self._chat.bot_versions) > self._printed, 3600
            )
            await self._print_unprinted()

    async def _print_unprinted(self) -> None:
        # Two tasks print. With the lock, neither returns before the other has finished, so that
        # the next input line refers to the newest buttons.
        async with self._printing:
            while self._printed < len(self._chat.bot_versions):
                message, version = self._chat.bot_versions[self._printed]
                self._printed += 1
                local = await self._local(version.at)
                if version is message.version:  # skip versions that were replaced in the meantime
                    self._print_message(message, version, local)

    def _print_message(self, message: Message, version: Version, local: datetime) -> None:
        notes = ["edited"] if message.edited_at else []
        notes += ["silent"] if message.is_silent else []
        head = f"\n  {local:%a %H:%M}  " + (f"({', '.join(notes)}) " if notes else "")
        if version.file is not None:
            head += f"[{_describe(version.file)}] "
        text = _safe(version.text).replace("\n", f"\n{INDENT}")
        links = [_safe(entity["url"]) for entity in version.entities if "url" in entity]
        lines = [head + text, *(INDENT + link for link in links)]
        if version.buttons:
            self._buttons = []
            lines += [INDENT + self._number(message, row) for row in version.buttons]
        self._print("\n".join(lines) + "\n")

    def _number(self, message: Message, row: list[Button]) -> str:
        """The text of a row of buttons; each gets the number that taps it."""
        texts = []
        for button in row:
            if button.data is not None:
                self._buttons.append((message, button.data))
                texts.append(f"[{len(self._buttons)}] {_safe(button.text)}")
            else:
                texts.append(f"{_safe(button.text)}: {_safe(button.url or 'send this text')}")
        return "  ".join(texts)

    async def _local(self, at: datetime) -> datetime:
        self._zone = (await self._mover.upcoming_times(self._person)).zone
        return at.astimezone(ZoneInfo(self._zone or "UTC"))

    def _print(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _describe(file: File) -> str:
    width, height = file.size
    return f"{file.kind} {_safe(file.filename)}" + (f", {width} × {height}" if width else "")


def _safe(text: str) -> str:
    """The text with a dot for each control character except line breaks."""
    return "".join(each if each == "\n" or each.isprintable() else "·" for each in text)


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """The lines of a terminal, a pipe or a file.

    They are not read in a thread, because a thread that waits for input can't be cancelled.
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
            is_at_end = not read
            if is_at_end and rest:  # the last line has no line break
                lines.append(rest)
            for line in lines:
                yield line.decode(errors="replace").strip()
            if is_at_end:
                return
            # The loop has no reader for a plain file. That of a terminal or a pipe is added again,
            # so that input that arrived in the meantime is noticed.
            if not loop.remove_reader(descriptor):
                is_readable.set()
            else:
                loop.add_reader(descriptor, is_readable.set)
    finally:
        loop.remove_reader(descriptor)

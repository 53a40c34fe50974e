"""The chats as people see them: messages, toasts, keyboards, and a log of events.

All objects are found by their id, so that a call takes the same time with one chat and with a
hundred thousand. Message ids increase across all chats, as they do for a bot.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from typing import Any, NamedTuple

from reminder_bot.clock import Clock
from reminder_bot.simulator.change_signal import ChangeSignal
from reminder_bot.simulator.keyboards import Button, rows_of
from reminder_bot.simulator.messages import File, Message, Version
from reminder_bot.simulator.refusal import bad_request, forbidden

__all__ = ["CALLBACK_LIFETIME", "Chat", "Chats", "Event", "Reach", "TapRecord", "Toast"]

# Telegram does not document how long a tap can be answered. Observed values lie between 30 seconds
# and 15 minutes; this is the longest. It is measured by the server's clock.
CALLBACK_LIFETIME = timedelta(minutes=15)


class Reach(Enum):
    """Whether the bot can write to a chat."""

    NOT_STARTED = "not started"
    OPEN = "open"
    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Toast:
    text: str
    is_alert: bool
    at: datetime
    query_id: str


class Event(NamedTuple):
    """An entry of a chat's event log; `version` is the content of the message from then on."""

    at: datetime
    what: str
    line: str
    message: Message | None = None
    version: Version | None = None


@dataclass(slots=True)
class TapRecord:
    """A tap on a button, and the bot's answer once there is one."""

    query_id: str
    chat: "Chat"
    at: datetime
    is_answered: bool = False
    toast: Toast | None = None


@dataclass(eq=False)
class Chat:
    """One chat with the bot.

    bot_versions: every version of every message of the bot, in order.
    events: the transcript.
    actions: the number of chat actions so far; a chat action has no end that could be shown.
    wire: the chat as a Bot API object.
    """

    wire: dict[str, Any]
    clock: Clock
    reach: Reach = Reach.NOT_STARTED
    messages: dict[int, Message] = field(default_factory=dict)
    bot_versions: list[tuple[Message, Version]] = field(default_factory=list)
    toasts: list[Toast] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    keyboard: list[list[Button]] | None = None
    last_action: str | None = None
    actions: int = 0
    changes: ChangeSignal = field(default_factory=ChangeSignal)

    @property
    def is_private(self) -> bool:
        return bool(self.wire["type"] == "private")

    @property
    def lines(self) -> list[tuple[datetime, str]]:
        """The transcript: for each event the server's time and a line of text."""
        return [(event.at, event.line) for event in self.events]

    def record_event(self, what: str, line: str, message: Message | None = None) -> None:
        """Append an event of the kind `what` and wake everything that waits for this chat."""
        version = message.version if message is not None else None
        self.events.append(Event(self.clock.now(), what, line, message, version))
        self.changes.notify()


class Chats:
    def __init__(self, clock: Clock, bot: dict[str, Any]) -> None:
        self.clock = clock
        self.bot = bot
        self.by_id: dict[int, Chat] = {}
        self.taps: dict[str, TapRecord] = {}
        self.files: dict[str, File] = {}
        self._message_ids = count(1)
        self._query_ids = count(4_000_000_000_000_001)

    def open(self, wire: dict[str, Any], reach: Reach) -> Chat:
        """Return the chat with the id of `wire`; create it if it is new."""
        return self.by_id.setdefault(wire["id"], Chat(wire, self.clock, reach))

    def writable(self, chat_id: int | str) -> Chat:
        """Return the chat if the bot may write to it, or raise Refusal."""
        chat = self.known(chat_id)
        if chat.reach is Reach.BLOCKED:
            raise forbidden("bot was blocked by the user")
        if chat.reach is Reach.DEACTIVATED:
            raise forbidden("user is deactivated")
        return chat

    def known(self, chat_id: int | str) -> Chat:
        """Return the chat if its person has ever written to the bot, or raise Refusal."""
        # Usernames of channels are strings; there are no channels here.
        chat = self.by_id.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None or chat.reach is Reach.NOT_STARTED:
            raise bad_request("chat not found")
        return chat

    def post(self, chat: Chat, sender: dict[str, Any], version: Version, **more: Any) -> Message:
        """Append a new message to a chat; `more` are fields of Message."""
        is_from_bot = sender is self.bot
        message = Message(
            chat.wire, next(self._message_ids), sender, is_from_bot, [version], **more
        )
        chat.messages[message.message_id] = message
        if message.from_bot:
            chat.bot_versions.append((message, version))
            _change_keyboard(chat, version.markup)
        chat.record_event("message", f"{_name(message)}: {_shown(message)}", message)
        return message

    def edit(self, message: Message, version: Version, *, is_silent: bool = False) -> None:
        """Replace the content of a message.

        is_silent: keep the date of the last edit, as Telegram does when only buttons change.
        """
        chat = self.by_id[message.chat["id"]]
        message.versions.append(version)
        if not is_silent:
            message.edited_at = version.at
        if message.from_bot:
            chat.bot_versions.append((message, version))
        chat.record_event(
            "edit", f"{_name(message)} edits #{message.message_id}: {_shown(message)}", message
        )

    def delete(self, chat: Chat, message_id: int, who: str) -> None:
        message = chat.messages.pop(message_id)
        chat.record_event("delete", f"{who} deletes #{message_id}", message)

    def record_tap(self, chat: Chat, line: str) -> TapRecord:
        tap = TapRecord(str(next(self._query_ids)), chat, self.clock.now())
        self.taps[tap.query_id] = tap
        chat.record_event("tap", line)
        return tap

    def add_file(self, file: File) -> File:
        self.files[file.file_id] = file
        return file


def _change_keyboard(chat: Chat, markup: dict[str, Any] | None) -> None:
    if markup is not None and "keyboard" in markup:
        chat.keyboard = rows_of(markup)
    elif markup is not None and "remove_keyboard" in markup:
        chat.keyboard = None


def _name(message: Message) -> str:
    return "bot" if message.from_bot else str(message.sender["first_name"])


def _shown(message: Message) -> str:
    what = f"({', '.join(message.extra)}) " if message.extra else ""
    what += f"({message.file.kind} {message.file.filename}) " if message.file else ""
    quiet = " (silent)" if message.is_silent else ""
    rows = "".join(
        f"\n        {'  '.join(f'[{button.text}]' for button in row)}" for row in message.buttons
    )
    indented = message.text.replace("\n", "\n        ")
    return f"{what}{indented}{quiet}{rows}"

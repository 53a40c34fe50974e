"""A simulated person: what they see in the chat with the bot, and what they do there.

Each action reaches the bot as an update. The person sees a message of the bot as soon as the server
has accepted it, even if the bot never receives the answer. `expect` considers only what appeared
since the person's last action or last successful `expect`, so that an old message is never taken
for a new one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reminder_bot.simulator.change_signal import PATIENCE
from reminder_bot.simulator.chats import Chat, Chats, Reach, TapRecord, Toast
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.markup import utf16_length
from reminder_bot.simulator.messages import Message, Version
from reminder_bot.simulator.updates import Updates

__all__ = ["Group", "Person", "Tap"]

Wanted = str | Callable[[Message], bool]

_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,32}(@\w+)?")


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on a button, and the update that the bot received for it."""

    tapped: TapRecord
    update: dict[str, Any]

    @property
    def toast(self) -> Toast | None:
        """The toast of the bot's answer; None without a text or before the answer."""
        return self.tapped.toast

    async def answered(self, timeout: float = PATIENCE) -> Toast | None:
        """Wait for the bot's answer and return its toast."""
        chat = self.tapped.chat
        if not await chat.changes.wait_until(lambda: self.tapped.is_answered, timeout):
            raise AssertionError(
                f"the tap was not answered within {timeout:g} s\n{transcript(chat)}"
            )
        return self.tapped.toast


class Person:
    """A Telegram user and their private chat with the bot."""

    def __init__(self, user: dict[str, Any], chats: Chats, updates: Updates) -> None:
        self.user = user
        self.id: int = user["id"]
        wire: dict[str, Any] = {
            key: user[key] for key in ("id", "first_name", "username") if key in user
        }
        self._chats = chats
        self._updates = updates
        self._chat = chats.open({**wire, "type": "private"}, Reach.NOT_STARTED)
        self._seen = 0

    @property
    def messages(self) -> list[Message]:
        """All visible messages, the person's own included, in the order of the chat."""
        return list(self._chat.messages.values())

    @property
    def newest(self) -> Message:
        """The newest visible message of the bot."""
        for message in reversed(self._chat.messages.values()):
            if message.from_bot:
                return message
        raise AssertionError(f"the bot has sent nothing\n{self.transcript()}")

    @property
    def toasts(self) -> list[Toast]:
        return self._chat.toasts

    @property
    def keyboard(self) -> list[list[Button]] | None:
        """The reply keyboard below the chat, if there is one."""
        return self._chat.keyboard

    @property
    def reach(self) -> Reach:
        """Whether the bot can write to this person."""
        return self._chat.reach

    @property
    def chat_action(self) -> str | None:
        """The last chat action of the bot, such as `typing`."""
        return self._chat.last_action

    def transcript(self) -> str:
        return transcript(self._chat)

    async def send(self, text: str, reply_to: Message | None = None) -> Message:
        return self._post(_version(self._chats, text), reply_to=reply_to)

    async def share_location(self, latitude: float, longitude: float) -> Message:
        return self._post(location={"latitude": latitude, "longitude": longitude})

    async def send_sticker(self, emoji: str = "👍") -> Message:
        file = {
            "file_id": "sticker",
            "file_unique_id": "usticker",
            "width": 512,
            "height": 512,
            "emoji": emoji,
        }
        return self._post(
            sticker={**file, "type": "regular", "is_animated": False, "is_video": False}
        )

    async def send_voice(self, seconds: int = 3) -> Message:
        return self._post(
            voice={"file_id": "voice", "file_unique_id": "uvoice", "duration": seconds}
        )

    async def edit(self, message: Message, text: str) -> None:
        self._act()
        self._chats.edit(message, _version(self._chats, text))
        self._updates.add("edited_message", message.as_wire())

    async def delete(self, message: Message) -> None:
        """Delete a message for both sides; Telegram sends the bot no update."""
        self._act()
        self._chats.delete(self._chat, message.message_id, self.user["first_name"])

    async def tap(
        self, button: str, message: Message | None = None, timeout: float = PATIENCE
    ) -> Tap:
        """Tap the inline button with this text or data, as soon as it is visible.

        The button is looked for on `message`, or on all messages of the bot, newest first.
        """
        found: list[tuple[str, int]] = []

        def is_visible() -> bool:
            found.extend(self._find_button(button, message))
            return bool(found)

        if not await self._chat.changes.wait_until(is_visible, timeout):
            raise AssertionError(
                f'no visible message had a button "{button}" within {timeout:g} s\n'
                f"{self.transcript()}"
            )
        return await self.tap_raw(*found[0])

    def _find_button(self, button: str, message: Message | None) -> Iterator[tuple[str, int]]:
        """The data of the button, and the message under which it is."""
        for candidate in [message] if message is not None else reversed(self.messages):
            for found in (found for row in candidate.buttons for found in row):
                is_wanted = button in (found.text, found.data)
                if is_wanted and found.data is not None and candidate.from_bot:
                    yield found.data, candidate.message_id

    async def tap_raw(self, data: str, message_id: int) -> Tap:
        """Tap with any data on any message id, as a modified client could do."""
        self._act()
        tapped = self._chats.record_tap(
            self._chat, f"{self.user['first_name']} taps {data!r} on #{message_id}"
        )
        message = self._chat.messages.get(message_id)
        query = {
            "id": tapped.query_id,
            "from": self.user,
            "message": message.as_wire()
            if message is not None
            else {"chat": self._chat.wire, "message_id": message_id, "date": 0},
            "chat_instance": str(self.id),
            "data": data,
        }
        self._updates.add("callback_query", query)
        return Tap(tapped, {"callback_query": query})

    async def tap_again(self, tap: Tap) -> None:
        """Deliver the same tap again in a new update, as Telegram sometimes does."""
        self._updates.inject(tap.update)

    async def block(self) -> None:
        self._change_membership(Reach.BLOCKED, "member", "kicked")

    async def unblock(self) -> None:
        self._change_membership(Reach.OPEN, "kicked", "member")

    async def deactivate(self) -> None:
        """Delete the account. The bot learns of it only when it next writes."""
        self._chat.reach = Reach.DEACTIVATED
        self._chat.record_event("membership", f"{self.user['first_name']} deletes their account")

    async def expect(
        self, wanted: Wanted, timeout: float = PATIENCE, *, new: bool = True
    ) -> Message:
        """Wait for a message of the bot that contains the text `wanted`, or for which the predicate
        `wanted` is true.

        new: consider only versions since the person's last action or last successful `expect`;
        with new=False all visible messages count.
        """
        found: list[Message] = []

        def is_met() -> bool:
            found.extend(self._find(wanted, is_new=new)[:1])
            return bool(found)

        if not await self._chat.changes.wait_until(is_met, timeout):
            raise AssertionError(
                f"{_described(wanted)} did not come within {timeout:g} s\n{self.transcript()}"
            )
        return found[0]

    async def until(self, is_true: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait until `is_true()`, which is checked after each event in this chat."""
        if not await self._chat.changes.wait_until(is_true, timeout):
            raise AssertionError(
                f"the condition did not become true within {timeout:g} s\n{self.transcript()}"
            )

    def _find(self, wanted: Wanted, *, is_new: bool) -> list[Message]:
        """The first unseen message that fits, or, with is_new=False, all visible ones that do."""
        versions = self._chat.bot_versions
        for index in range(self._seen, len(versions)):
            message, version = versions[index]
            if _fits(wanted, message, version):
                self._seen = index + 1
                return [message]
        if is_new:
            return []
        shown = reversed(self._chat.messages.values())
        return [
            message
            for message in shown
            if message.from_bot and _fits(wanted, message, message.version)
        ]

    def _act(self) -> None:
        if self._chat.reach in (Reach.BLOCKED, Reach.DEACTIVATED):
            raise RuntimeError(
                f"{self.user['first_name']} is {self._chat.reach.value}: unblock() comes first"
            )
        self._chat.reach = Reach.OPEN  # writing to the bot allows it to answer
        self._seen = len(self._chat.bot_versions)

    def _post(
        self, version: Version | None = None, reply_to: Message | None = None, **extra: Any
    ) -> Message:
        self._act()
        version = version or _version(self._chats, "")
        message = self._chats.post(self._chat, self.user, version, reply_to=reply_to, extra=extra)
        self._updates.add("message", message.as_wire())
        return message

    def _change_membership(self, reach: Reach, old: str, new: str) -> None:
        self._chat.reach = reach
        did = "blocks" if new == "kicked" else "unblocks"
        self._chat.record_event("membership", f"{self.user['first_name']} {did} the bot")
        change = {
            "chat": self._chat.wire,
            "from": self.user,
            "date": int(self._chats.clock.now().timestamp()),
            "old_chat_member": _membership(self._chats.bot, old),
            "new_chat_member": _membership(self._chats.bot, new),
        }
        self._updates.add("my_chat_member", change)


class Group:
    """A group that the bot is in; all its members see the same `messages`."""

    def __init__(self, id: int, title: str, chats: Chats, updates: Updates) -> None:
        self.id = id
        self._chats = chats
        self._updates = updates
        self._chat: Chat = chats.open({"id": id, "type": "group", "title": title}, Reach.OPEN)

    @property
    def messages(self) -> list[Message]:
        return list(self._chat.messages.values())

    def transcript(self) -> str:
        return transcript(self._chat)

    async def send(self, person: Person, text: str) -> Message:
        message = self._chats.post(self._chat, person.user, _version(self._chats, text))
        self._updates.add("message", message.as_wire())
        return message


def transcript(chat: Chat) -> str:
    """All events of a chat, one line each, with the server's time."""
    return (
        "\n".join(f"{at:%Y-%m-%d %H:%M:%S}  {line}" for at, line in chat.lines)
        or "(nothing happened)"
    )


def _version(chats: Chats, text: str) -> Version:
    """The content of a message that a person types; Telegram marks the commands in it."""
    entities = [
        {
            "type": "bot_command",
            "offset": utf16_length(text[: match.start()]),
            "length": len(match[0]),
        }
        for match in _COMMAND.finditer(text)
    ]
    return Version(text, text, chats.clock.now(), entities)


def _membership(bot: dict[str, Any], status: str) -> dict[str, Any]:
    return {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})


def _fits(wanted: Wanted, message: Message, version: Version) -> bool:
    """Whether a version is the wanted one.

    A text is also found in an earlier version of a message; a predicate sees only the current one.
    """
    if isinstance(wanted, str):
        return wanted in version.text
    return version is message.version and wanted(message)


def _described(wanted: Wanted) -> str:
    return f"a message with {wanted!r}" if isinstance(wanted, str) else "the expected message"

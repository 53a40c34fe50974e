"""What a page is told of a chat: all of it once, then what is new.

Texts go out as they are, with their entities beside them: the page makes elements of them and never
reads markup. So a hostile text has nothing to get into.
"""

import json
from typing import Any

from reminder_bot.simulator.chats import Chat
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.messages import File, Message
from reminder_bot.simulator.profile import Profile

__all__ = ["ChatFeed", "bot_profile"]

_DEFAULT_SCOPE = json.dumps({"type": "default"})


class ChatFeed:
    """One open page: remembers what it was told."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._told: dict[int, tuple[int, str | None]] = {}
        self._keyboard: list[list[Button]] | None = None
        self._actions = chat.actions

    @property
    def seen(self) -> tuple[int, int]:
        """A value that changes with everything that can be seen of the chat."""
        return len(self._chat.events), self._chat.actions

    def take_changes(self) -> dict[str, Any]:
        """What changed since the last time; the first time it is all there is."""
        chat = self._chat
        now = {
            each.message_id: (len(each.versions), each.reaction) for each in chat.messages.values()
        }
        news: dict[str, Any] = {
            "messages": [
                _shown(chat.messages[each])
                for each, look in now.items()
                if self._told.get(each) != look
            ],
            "gone": [each for each in self._told if each not in now],
            "reach": chat.reach.value,
            "keyboard": _keyboard(chat.keyboard),
        }
        if chat.actions != self._actions:
            news["action"] = chat.last_action
        self._told, self._actions = now, chat.actions
        return news


def bot_profile(profile: Profile, language: str) -> dict[str, Any]:
    """The description and the commands, as the bot has set them for this language, or else for
    everybody.
    """
    description = profile.descriptions.get(language) or profile.descriptions.get("", "")
    commands = profile.commands.get((_DEFAULT_SCOPE, language)) or profile.commands.get(
        (_DEFAULT_SCOPE, ""), []
    )
    return {"description": description, "commands": commands}


def _shown(message: Message) -> dict[str, Any]:
    version = message.version
    shown: dict[str, Any] = {
        "id": message.message_id,
        "bot": message.from_bot,
        "at": message.date.timestamp(),
        "text": version.text,
        "entities": version.entities,
        "rows": [[_button(each) for each in row] for row in version.buttons]
        if "inline_keyboard" in _markup(message)
        else [],
    }
    if message.edited_at is not None:
        shown["edited"] = message.edited_at.timestamp()
    if message.is_silent:
        shown["silent"] = True
    if message.reply_to is not None:
        shown["reply_to"] = {"id": message.reply_to.message_id, "text": _gist(message.reply_to)}
    if message.reaction is not None:
        shown["reaction"] = message.reaction
    if version.file is not None:
        shown["file"] = _file(version.file)
    if message.extra:
        shown["extra"] = {
            name: value for name, value in message.extra.items() if name != "has_protected_content"
        }
    return shown


def _markup(message: Message) -> dict[str, Any]:
    return message.version.markup or {}


def _file(file: File) -> dict[str, Any]:
    width, height = file.size
    return {
        "kind": file.kind,
        "name": file.filename,
        "id": file.file_id,
        "bytes": len(file.content),
        "width": width,
        "height": height,
    }


def _gist(message: Message) -> str:
    what = f"({message.file.kind}) " if message.file else ""
    return (what + message.text.replace("\n", " "))[:80]


def _keyboard(rows: list[list[Button]] | None) -> list[list[dict[str, Any]]] | None:
    return None if rows is None else [[_button(each) for each in row] for row in rows]


def _button(button: Button) -> dict[str, Any]:
    whole = {
        "text": button.text,
        "data": button.data,
        "style": button.style,
        "url": button.url,
        "location": button.asks_location,
    }
    return {name: value for name, value in whole.items() if value}

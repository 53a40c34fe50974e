"""The JSON about a chat that the demo's page receives: first everything, then only the changes.

Texts are sent plain, together with their entities. The page builds its elements from these and
never parses markup, so a hostile text can't inject any.
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
    """The changes of a chat for one open page."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._sent: dict[int, tuple[int, str | None]] = {}
        self._actions = chat.actions

    @property
    def state(self) -> tuple[int, int]:
        """A value that changes with every visible change of the chat."""
        return len(self._chat.events), self._chat.actions

    def take_changes(self) -> dict[str, Any]:
        """Return everything that changed since the last call; at first the whole chat."""
        chat = self._chat
        current = {
            each.message_id: (len(each.versions), each.reaction) for each in chat.messages.values()
        }
        changed = [id for id, state in current.items() if self._sent.get(id) != state]
        changes: dict[str, Any] = {
            "messages": [_message(chat.messages[id]) for id in changed],
            "gone": [id for id in self._sent if id not in current],
            "reach": chat.reach.value,
            "keyboard": _keyboard(chat.keyboard),
        }
        if chat.actions != self._actions:
            changes["action"] = chat.last_action
        self._sent, self._actions = current, chat.actions
        return changes


def bot_profile(profile: Profile, language: str) -> dict[str, Any]:
    """The bot's description and commands in this language, or else those for all languages."""
    description = profile.descriptions.get(language) or profile.descriptions.get("", "")
    commands = profile.commands.get((_DEFAULT_SCOPE, language)) or profile.commands.get(
        (_DEFAULT_SCOPE, ""), []
    )
    return {"description": description, "commands": commands}


def _message(message: Message) -> dict[str, Any]:
    version = message.version
    is_inline = "inline_keyboard" in (version.markup or {})
    shown: dict[str, Any] = {
        "id": message.message_id,
        "bot": message.from_bot,
        "at": message.date.timestamp(),
        "text": version.text,
        "entities": version.entities,
        "rows": (_keyboard(version.buttons) if is_inline else []),
    }
    if message.edited_at is not None:
        shown["edited"] = message.edited_at.timestamp()
    if message.is_silent:
        shown["silent"] = True
    if message.reply_to is not None:
        shown["reply_to"] = {"id": message.reply_to.message_id, "text": _excerpt(message.reply_to)}
    if message.reaction is not None:
        shown["reaction"] = message.reaction
    if version.file is not None:
        shown["file"] = _file(version.file)
    if message.extra:
        shown["extra"] = {
            name: value for name, value in message.extra.items() if name != "has_protected_content"
        }
    return shown


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


def _excerpt(message: Message) -> str:
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

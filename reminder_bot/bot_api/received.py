"""Reading updates: what of an update the bot uses, each value with its bounds.

Nothing of an update is trusted, because a proxy or a server of one's own may deliver anything: an
id may be text or have thirty digits, a text may hold what no database stores, and any value may be
nested. Whatever the bot does not use is never looked at, dates for example. An update whose ids
cannot be read raises `Unreadable`; any other value that makes no sense counts as missing.

The objects of python-telegram-bot would read everything, and fail on a date that does not exist.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from reminder_bot.bot_api.answers import MAX_ID

__all__ = ["Membership", "Message", "Person", "Tapped", "Unreadable", "read_id", "read_update"]

# Characters; Telegram's own limit of a message, and far more than an id or a code has.
LONGEST_TEXT, LONGEST_CODE = 4096, 64
MOST_BUTTONS = 100
_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_CALLBACK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Unreadable(ValueError):
    """An update that no server of Telegram sends. The text names the part, not its value."""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    is_bot: bool
    language: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    sender: None for one of a channel. text: empty for a sticker and the like. has_location: whether
    a location was shared; location: its latitude and longitude if they make sense. reply_to: the id
    of the message that it replies to; buttons: the data of that message's buttons.
    """

    chat_id: int
    is_private: bool
    message_id: int
    sender: Person | None
    text: str
    has_location: bool
    location: tuple[float, float] | None
    reply_to: int | None
    buttons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tapped:
    """A tap. data: None if it makes no sense. chat_id, message_id: where the button is, None if
    Telegram no longer knows the message.
    """

    callback_id: str
    sender: Person
    data: str | None
    chat_id: int | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Membership:
    """What the bot is in a chat has changed."""

    chat_id: int
    is_private: bool
    is_blocked: bool


def read_update(raw: dict[str, Any]) -> Message | Tapped | Membership | None:
    """What an update holds; None if it is of a kind that the bot does not handle."""
    if "callback_query" in raw:
        return _read_tap(_object(raw["callback_query"], "callback_query"))
    if "my_chat_member" in raw:
        return _read_membership(_object(raw["my_chat_member"], "my_chat_member"))
    if "message" in raw:
        return _read_message(_object(raw["message"], "message"))
    return None


def read_id(value: Any, part: str = "id") -> int:
    """An id of Telegram."""
    if type(value) is not int or not 0 < abs(value) < MAX_ID:
        raise Unreadable(f"an update with an id that Telegram does not use ({part})")
    return value


def _read_message(message: dict[str, Any]) -> Message:
    chat = _object(message.get("chat"), "chat")
    sender, replied = message.get("from"), message.get("reply_to_message")
    place = message.get("location")
    return Message(
        chat_id=read_id(chat.get("id"), "chat"),
        is_private=chat.get("type") == "private",
        message_id=read_id(message.get("message_id"), "message"),
        sender=None if sender is None else _read_person(sender),
        text=_text(message.get("text")),
        has_location=place is not None,
        location=_read_location(place),
        reply_to=None
        if replied is None
        else read_id(_object(replied, "reply").get("message_id"), "reply"),
        buttons=() if replied is None else _read_buttons(replied),
    )


def _read_tap(query: dict[str, Any]) -> Tapped:
    callback_id, message = query.get("id"), query.get("message")
    if not isinstance(callback_id, str) or _CALLBACK_ID.fullmatch(callback_id) is None:
        raise Unreadable("a tap without an id")
    data = query.get("data")
    is_data = isinstance(data, str) and len(data) <= LONGEST_CODE
    sender = _read_person(query.get("from"))
    if message is None:
        return Tapped(callback_id, sender, data if is_data else None, None, None)
    message = _object(message, "message")
    return Tapped(
        callback_id,
        sender,
        data if is_data else None,
        read_id(_object(message.get("chat"), "chat").get("id"), "chat"),
        read_id(message.get("message_id"), "message"),
    )


def _read_membership(change: dict[str, Any]) -> Membership:
    chat = _object(change.get("chat"), "chat")
    new = _object(change.get("new_chat_member"), "new_chat_member")
    return Membership(
        chat_id=read_id(chat.get("id"), "chat"),
        is_private=chat.get("type") == "private",
        is_blocked=new.get("status") == "kicked",
    )


def _read_person(person: Any) -> Person:
    person = _object(person, "from")
    language = person.get("language_code")
    is_language = isinstance(language, str) and _LANGUAGE.fullmatch(language) is not None
    user_id = read_id(person.get("id"), "from")
    if user_id < 0:
        raise Unreadable("an update from a person with the id of a group")
    return Person(
        id=user_id,
        is_bot=person.get("is_bot") is True,
        language=language if is_language else "en",
    )


def _read_location(place: Any) -> tuple[float, float] | None:
    if not isinstance(place, dict):
        return None
    latitude, longitude = _number(place.get("latitude")), _number(place.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude, longitude


def _number(value: Any) -> float | None:
    if type(value) not in (int, float):  # true and false are integers in Python
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_buttons(message: dict[str, Any]) -> tuple[str, ...]:
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    buttons = (
        button
        for row in (rows if isinstance(rows, list) else [])
        for button in (row if isinstance(row, list) else [])
    )
    found = [button.get("callback_data") for button in buttons if isinstance(button, dict)]
    return tuple(
        data for data in found[:MOST_BUTTONS] if isinstance(data, str) and len(data) <= LONGEST_CODE
    )


def _text(value: Any) -> str:
    """A text without what a database cannot store: half of a character, and the character 0."""
    if not isinstance(value, str):
        return ""
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode().replace("\0", "")


def _object(value: Any, part: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"an update whose part {part!r} is no object")
    return value

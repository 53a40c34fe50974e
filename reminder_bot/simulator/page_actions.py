"""What a person does on the demo's page: each action changes the chat or the person.

The functions take the JSON object of a request. They answer a malformed one with status 400, and
raise Refused for an action that is not possible now.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from reminder_bot.simulator.chats import Reach
from reminder_bot.simulator.messages import Message
from reminder_bot.simulator.person import Person

__all__ = ["ACTIONS", "Refused", "read_json", "read_number"]

MAX_TEXT_LENGTH = 4096
TAP_TIMEOUT = 20.0  # seconds

Action = Callable[[Person, dict[str, Any]], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """An action that is not possible now; the text is for the person at the page."""


async def read_json(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body of a request."""
    # A form of another site can't send JSON without a preflight request, which is refused.
    given = None
    if request.content_type == "application/json":
        # LookupError: an unknown charset. RecursionError: arrays nested a thousand deep.
        with suppress(ValueError, LookupError, RecursionError):
            parsed = await request.json()
            # "\ud800" is JSON, but half of a character, which can be neither stored nor sent.
            json.dumps(parsed, ensure_ascii=False).encode()
            given = parsed
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected\n")
    return given


def read_number(given: dict[str, Any], name: str, least: float, most: float) -> float:
    """The number of this name, between `least` and `most` inclusive."""
    value = given.get(name)
    if not isinstance(value, int | float) or not least <= value <= most:
        raise web.HTTPBadRequest(text=f"{name} is a number from {least:g} to {most:g}\n")
    return float(value)


async def _send(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    text = given.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT_LENGTH:
        raise web.HTTPBadRequest(text=f"text has 1 to {MAX_TEXT_LENGTH} characters\n")
    reply_to = _message(person, given["reply_to"]) if given.get("reply_to") else None
    await person.send(text.strip(), reply_to)
    return {}


async def _tap(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    """Tap a button and return the bot's answer. A button of an earlier version can be tapped."""
    message, data = _message(person, given.get("message")), given.get("data")
    rows = [row for version in message.versions for row in version.buttons]
    if data not in {button.data for row in rows for button in row}:
        raise Refused("This message has no such button.")
    tap = await person.tap_raw(str(data), message.message_id)
    try:
        toast = await tap.answered(TAP_TIMEOUT)
    except AssertionError:
        return {"is_answered": False}
    if toast is None:
        return {"is_answered": True}
    return {"is_answered": True, "toast": toast.text, "is_alert": toast.is_alert}


async def _location(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    latitude = read_number(given, "latitude", -90, 90)
    longitude = read_number(given, "longitude", -180, 180)
    await person.share_location(latitude, longitude)
    return {}


async def _delete(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    await person.delete(_message(person, given.get("message")))
    return {}


async def _block(person: Person, _: dict[str, Any]) -> dict[str, Any]:
    if person.reach is not Reach.OPEN:
        raise Refused("There is nothing to block.")
    await person.block()
    return {}


async def _unblock(person: Person, _: dict[str, Any]) -> dict[str, Any]:
    if person.reach is not Reach.BLOCKED:
        raise Refused("There is nothing to unblock.")
    await person.unblock()
    return {}


def _message(person: Person, number: Any) -> Message:
    for message in person.messages:
        if message.message_id == number:
            return message
    raise Refused("This message is gone.")


ACTIONS: dict[str, Action] = {
    "send": _send,
    "tap": _tap,
    "location": _location,
    "delete": _delete,
    "block": _block,
    "unblock": _unblock,
}

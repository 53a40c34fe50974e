"""Formats the events of a chat as text for people and as JSON for programs."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reminder_bot.simulator.chats import Chat, Event

__all__ = ["as_json", "as_text"]


def as_text(chat: Chat, zone: str | None) -> str:
    """One line for each event, in the person's local time, or in UTC if `zone` is None."""
    lines = [f"{_local(event.at, zone):%Y-%m-%d %H:%M:%S}  {event.line}\n" for event in chat.events]
    return f"Local time of {zone or 'UTC'}\n\n{''.join(lines)}"


def as_json(chat: Chat, zone: str | None) -> dict[str, Any]:
    """The events with the complete content of each message: text, entities, buttons."""
    return {
        "person": chat.wire,
        "zone": zone,
        "events": [_event(each, zone) for each in chat.events],
    }


def _event(event: Event, zone: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "at": event.at.isoformat(timespec="milliseconds"),
        "local": _local(event.at, zone).isoformat(timespec="seconds"),
        "what": event.what,
        "line": event.line,
    }
    message, version = event.message, event.version
    if message is not None and version is not None:
        found["message"] = {
            "id": message.message_id,
            "from_bot": message.from_bot,
            "is_silent": message.is_silent,
            "text": version.text,
            "entities": version.entities,
            "buttons": [[button.text for button in row] for row in version.buttons],
            "file": version.file.filename if version.file is not None else None,
        }
    return found


def _local(at: datetime, zone: str | None) -> datetime:
    return at.astimezone(ZoneInfo(zone or "UTC"))

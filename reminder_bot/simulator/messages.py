"""A message with all its versions, and its form in the Bot API."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reminder_bot.simulator.keyboards import Button, rows_of

__all__ = ["File", "Message", "Version"]


@dataclass(frozen=True, slots=True)
class File:
    """A file in a message.

    kind: `photo` or `document`. size: width and height of a photo in pixels.
    """

    kind: str
    file_id: str
    filename: str
    content: bytes
    size: tuple[int, int] = (0, 0)

    def as_wire(self) -> dict[str, Any] | list[dict[str, Any]]:
        wire = {
            "file_id": self.file_id,
            "file_unique_id": f"u{self.file_id}",
            "file_size": len(self.content),
        }
        if self.kind == "photo":
            return [{**wire, "width": self.size[0], "height": self.size[1]}]
        return {**wire, "file_name": self.filename}


@dataclass(frozen=True, slots=True)
class Version:
    """The content of a message from `at` on.

    Two versions are equal if a person sees no difference between them.
    """

    text: str
    html: str = field(compare=False)
    at: datetime = field(compare=False)
    entities: list[dict[str, Any]] = field(default_factory=list)
    markup: dict[str, Any] | None = None
    file: File | None = None

    @property
    def buttons(self) -> list[list[Button]]:
        return rows_of(self.markup)


@dataclass(eq=False, slots=True)
class Message:
    """A message of the bot or of a person.

    extra: Bot API fields that need no handling here, such as a location or a sticker.
    """

    chat: dict[str, Any]
    message_id: int
    sender: dict[str, Any]
    from_bot: bool
    versions: list[Version]
    is_silent: bool = False
    reply_to: "Message | None" = None
    extra: dict[str, Any] = field(default_factory=dict)
    edited_at: datetime | None = None
    reaction: str | None = None

    @property
    def version(self) -> Version:
        return self.versions[-1]

    @property
    def history(self) -> list[Version]:
        """The earlier versions, oldest first."""
        return self.versions[:-1]

    @property
    def date(self) -> datetime:
        return self.versions[0].at

    @property
    def text(self) -> str:
        return self.version.text

    @property
    def html(self) -> str:
        return self.version.html

    @property
    def buttons(self) -> list[list[Button]]:
        return self.version.buttons

    @property
    def file(self) -> File | None:
        return self.version.file

    def as_wire(self, *, with_reply: bool = True) -> dict[str, Any]:
        version = self.version
        wire = {
            "message_id": self.message_id,
            "from": self.sender,
            "chat": self.chat,
            "date": int(self.date.timestamp()),
            **self.extra,
        }
        if self.edited_at is not None:
            wire["edit_date"] = int(self.edited_at.timestamp())
        # As with Telegram, the message that is replied to has no reply_to_message of its own.
        if self.reply_to is not None and with_reply:
            wire["reply_to_message"] = self.reply_to.as_wire(with_reply=False)
        if version.file is not None:
            wire[version.file.kind] = version.file.as_wire()
        text, entities = ("caption", "caption_entities") if version.file else ("text", "entities")
        if version.text:
            wire[text] = version.text
        if version.entities:
            wire[entities] = version.entities
        # Telegram does not return reply keyboards.
        if version.markup is not None and "inline_keyboard" in version.markup:
            wire["reply_markup"] = version.markup
        return wire

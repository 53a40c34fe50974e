"""What a handler is given about its update.

The `Incoming` classes hold what Telegram sent; the requests add the user's row.
"""

from dataclasses import dataclass, field
from datetime import datetime

from reminder_bot.bot_api.callback_data import Tap
from reminder_bot.domain.user import User
from reminder_bot.texts.translation import Translation, translation

__all__ = [
    "CommandRequest",
    "Incoming",
    "IncomingMembership",
    "IncomingMessage",
    "IncomingTap",
    "TapRequest",
    "TextRequest",
]


@dataclass(frozen=True, slots=True)
class IncomingTap:
    """A tap as Telegram delivers it. language: the language of the person's client."""

    update_id: int
    user_id: int
    tap: Tap
    message_id: int
    callback_id: str
    language: str

    @property
    def t(self) -> Translation:
        return translation(self.language)


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message in a private chat.

    text: empty for a sticker and the like. reply_to: the message it replies to; asking_path: the
    path of the screen that asks for text on that message, if one does. has_location: whether a
    location was shared; location: its latitude and longitude in degrees, None if they make no
    sense. It is neither stored nor logged.
    """

    update_id: int
    user_id: int
    text: str
    message_id: int
    reply_to: int | None
    language: str
    has_location: bool = False
    location: tuple[float, float] | None = field(default=None, repr=False)
    asking_path: str | None = None


@dataclass(frozen=True, slots=True)
class IncomingMembership:
    """A person has blocked the bot, or has unblocked it."""

    update_id: int
    user_id: int
    is_blocked: bool


Incoming = IncomingTap | IncomingMessage | IncomingMembership


@dataclass(frozen=True, slots=True)
class TapRequest:
    """A tap on a button of `message_id`. callback_id: identifies the tap when it is answered."""

    user: User
    tap: Tap
    message_id: int
    callback_id: str
    now: datetime

    @property
    def t(self) -> Translation:
        return translation(self.user.language)


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """A command; `argument` is the text after it, `message_id` its own message."""

    user: User
    argument: str
    message_id: int
    now: datetime

    @property
    def t(self) -> Translation:
        return translation(self.user.language)


@dataclass(frozen=True, slots=True)
class TextRequest:
    """A message that is not a command.

    text: empty for a sticker and the like. reply_to, asking_path: see `IncomingMessage`.
    """

    user: User
    text: str
    message_id: int
    reply_to: int | None
    now: datetime
    asking_path: str | None = None

    @property
    def t(self) -> Translation:
        return translation(self.user.language)

"""What a handler is told of the update that it handles."""

from dataclasses import dataclass
from datetime import datetime

from reminder_bot.bot_api.callback_data import Tap
from reminder_bot.domain.user import User
from reminder_bot.texts.translation import Translation, translation

__all__ = ["CommandRequest", "TapRequest", "TextRequest"]


@dataclass(frozen=True, slots=True)
class TapRequest:
    """A tap on a button of `message_id`. callback_id: by which the tap is answered."""

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
    """A message that is no command. text: empty for a sticker and the like. reply_to: the message
    it replies to.
    """

    user: User
    text: str
    message_id: int
    reply_to: int | None
    now: datetime

    @property
    def t(self) -> Translation:
        return translation(self.user.language)

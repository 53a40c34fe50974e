"""The interface through which the engine sends messages, and the outcomes of a send."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from reminder_bot.domain.card import Card
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.notice import Notice
from reminder_bot.domain.user import User

__all__ = ["EditOutcome", "Messenger", "Outcome", "OutcomeKind"]


class OutcomeKind(Enum):
    """The outcome of one send."""

    SENT = auto()
    NOT_WANTED = auto()  # no request was made: it was too late, or a halt or a stop came first
    NOT_SENT = auto()  # certainly not accepted
    AMBIGUOUS = auto()  # perhaps accepted: no answer came
    UNREACHABLE = auto()  # blocked, deactivated, chat gone
    REFUSED = auto()  # a fault of ours: a retry would be refused as well


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a send, with its details.

    file_id: Telegram's id of the picture that was uploaded. retry_after: the wait that Telegram
    asked for. reason: for the log; it never holds what a person wrote.
    """

    kind: OutcomeKind
    message_id: int | None = None
    file_id: str | None = None
    retry_after: timedelta | None = None
    reason: str = ""


class EditOutcome(Enum):
    """The outcome of an edit."""

    EDITED = auto()
    MESSAGE_GONE = auto()
    NOT_SENT = auto()


class Messenger(Protocol):
    """Sends messages. `is_wanted` is called right before the request; False cancels the send."""

    @property
    def answered_at(self) -> datetime | None:
        """When Telegram last answered a call without an error."""

    @property
    def is_halted(self) -> bool:
        """Whether Telegram has asked for a pause (429): nothing could be sent now."""

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome: ...

    async def send_digest(
        self, user: User, digest: Digest, is_wanted: Callable[[], bool]
    ) -> Outcome: ...

    async def send_notice(
        self, user: User, notice: Notice, is_wanted: Callable[[], bool]
    ) -> Outcome: ...

"""What the engine asks of whoever carries messages, and what it is told about each send."""

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
    """What became of one send."""

    SENT = auto()
    NOT_WANTED = auto()  # it waited for its turn until it was too late
    NOT_SENT = auto()  # surely not accepted
    AMBIGUOUS = auto()  # perhaps accepted
    UNREACHABLE = auto()  # blocked, deactivated, chat gone
    REFUSED = auto()  # our fault: retrying will not help


@dataclass(frozen=True, slots=True)
class Outcome:
    """A send's fate. `retry_after` is a wait that Telegram named; `reason` is for the log, never
    a person's words; `file_id` is Telegram's name for a picture that it has now."""

    kind: OutcomeKind
    message_id: int | None = None
    file_id: str | None = None
    retry_after: timedelta | None = None
    reason: str = ""


class EditOutcome(Enum):
    """What became of bringing a message up to date."""

    EDITED = auto()
    MESSAGE_GONE = auto()
    NOT_SENT = auto()


class Messenger(Protocol):
    """The way to people. `is_wanted` is asked right before the request leaves; False drops the
    send.
    """

    @property
    def answered_at(self) -> datetime | None:
        """When Telegram last answered some call well."""

    @property
    def is_halted(self) -> bool:
        """Whether Telegram wants silence: nothing that is claimed now could leave."""

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome: ...

    async def tell(self, user: User, digest: Digest, is_wanted: Callable[[], bool]) -> Outcome: ...

    async def notify(
        self, user: User, notice: Notice, is_wanted: Callable[[], bool]
    ) -> Outcome: ...

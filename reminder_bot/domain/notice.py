"""A notice: a message that the bot sends by itself and that asks nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from reminder_bot.domain.user import Setup, User

__all__ = ["Notice", "NoticeKind", "is_wanted"]


class NoticeKind(StrEnum):
    NUDGE = "nudge"  # once, the day after somebody stopped half-way through the set-up
    PAUSE_ENDS = "pause-ends"  # the evening before a pause ends


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    user_id: int
    kind: NoticeKind
    due_at: datetime
    send_after: datetime
    send_until: datetime
    attempts: int = 0


def is_wanted(kind: NoticeKind, user: User) -> bool:
    """Whether a notice is still worth sending to its user."""
    if user.unreachable_at is not None:
        return False
    match kind:
        case NoticeKind.NUDGE:
            return user.setup is not Setup.DONE
        case NoticeKind.PAUSE_ENDS:
            return user.paused_until is not None
    assert_never(kind)

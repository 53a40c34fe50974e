"""A single line that the bot says by itself and that is no question."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reminder_bot.domain.user import Setup, User

__all__ = ["Notice", "NoticeKind", "is_wanted"]


class NoticeKind(StrEnum):
    NUDGE = "nudge"  # the day after somebody stopped half-way through the first contact; once
    PAUSE_ENDS = "pause-ends"  # the evening before a pause is over


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
    """Whether a notice still fits where its user stands."""
    if user.unreachable_at is not None:
        return False
    match kind:
        case NoticeKind.NUDGE:
            return user.setup is not Setup.DONE
        case NoticeKind.PAUSE_ENDS:
            return user.paused_until is not None

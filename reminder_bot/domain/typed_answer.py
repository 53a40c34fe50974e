"""Which question somebody means who types yes or no, without replying to a message.

They mean the newest card if it leaves no doubt: one question is open on it, and either no other one
is open anywhere, or the card came within the last half hour. In every other case it is asked back,
because an answer must never be recorded for an older question by mistake. An evening prompt counts
like a question here: a "yes" after it means "good night".
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reminder_bot.domain.check_in import CheckIn, Status

__all__ = ["Meant", "is_answerable", "meant"]

NEW_FOR = timedelta(minutes=30)
# The last two: it may have arrived, although Telegram's answer was lost.
SEEN = frozenset({Status.SENT, Status.AMBIGUOUS, Status.UNCERTAIN})


class Meant(NamedTuple):
    """check_in: the question that is meant without a doubt. candidates: all that are open."""

    check_in: CheckIn | None
    candidates: tuple[CheckIn, ...]


def is_answerable(check_in: CheckIn, now: datetime) -> bool:
    """Whether words may mean it: it was seen and is open, or it waits for its next ask."""
    return (check_in.status in SEEN or check_in.is_snoozed) and check_in.is_open(now)


def meant(shown: Sequence[CheckIn], now: datetime) -> Meant:
    """What a bare yes or no means. shown: the check-ins that the user has seen lately."""
    candidates = tuple(each for each in shown if is_answerable(each, now))
    if not candidates:
        return Meant(None, ())
    newest = max(shown, key=_shown_at)
    on_card = [each for each in candidates if _message(each) == _message(newest)]
    is_new = now - _shown_at(newest)[0] <= NEW_FOR
    if len(on_card) == 1 and (is_new or len(candidates) == 1):
        return Meant(on_card[0], candidates)
    return Meant(None, candidates)


def _shown_at(check_in: CheckIn) -> tuple[datetime, int]:
    return check_in.sent_at or check_in.send_after, check_in.message_id or 0


def _message(check_in: CheckIn) -> tuple[int | None, int]:
    """What identifies the message of a check-in; one that was not recorded is its own."""
    if check_in.message_id is None:
        return None, check_in.id
    return check_in.message_id, 0

"""What a failed call means. Every error that a call can raise is mapped here, and only here.

| what happened                                       | outcome                                   |
|-----------------------------------------------------|-------------------------------------------|
| no connection; a server error in the API's JSON     | not_sent: retry                           |
| 4xx without the API's JSON: a proxy's               | not_sent: retry                           |
| 429                                                 | not_sent: retry after the wait it names   |
| 401, 404 of the API: the token is refused           | not_sent: nobody can be written to        |
| a late, cut-off or foreign answer                   | ambiguous: Telegram may have accepted it  |
| 403 of the API, "chat not found"                    | unreachable until the person comes back   |
| any other 400 of the API                            | refused: our fault, logged, never retried |

`NotSent` and `PerhapsSent` are raised by the transport, because only it sees the connection. Every
other error is python-telegram-bot's.
"""

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from reminder_bot.engine.messenger import Outcome, OutcomeKind

__all__ = [
    "DEFAULT_RETRY_AFTER",
    "NotSent",
    "PerhapsSent",
    "WrongToken",
    "as_timedelta",
    "is_message_gone",
    "is_unchanged",
    "outcome_of",
]

# For a 429 that does not name a wait.
DEFAULT_RETRY_AFTER = timedelta(seconds=5)
# The Bot API has no error codes beyond the HTTP status, so its texts are compared, in lower case.
GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to delete not found",
    "message can't be deleted",
    "chat not found",
)


class NotSent(NetworkError):
    """Telegram did not get the call, or said that it did not accept it."""


class PerhapsSent(NetworkError):
    """The request went out; whether Telegram accepted it is not known."""


class WrongToken(Exception):
    """Telegram does not know the token. The text is one line that says what to do."""


def outcome_of(error: TelegramError) -> Outcome:
    """The outcome of a send that failed with this error.

    The reason is for the log; it never holds what a person wrote.
    """
    reason = f"{type(error).__name__}: {error.message}"[:160]
    match error:
        case RetryAfter():
            kind, wait = OutcomeKind.NOT_SENT, as_timedelta(error.retry_after)
            return Outcome(kind, retry_after=wait, reason=reason)
        case PerhapsSent():
            return Outcome(OutcomeKind.AMBIGUOUS, reason=reason)
        case NotSent() | InvalidToken():
            return Outcome(OutcomeKind.NOT_SENT, reason=reason)
        case Forbidden():
            return Outcome(OutcomeKind.UNREACHABLE, reason=reason)
        case ChatMigrated():  # only groups migrate, and the bot writes to people
            return Outcome(OutcomeKind.REFUSED, reason=reason)
        case BadRequest() if "chat not found" in error.message.lower():
            return Outcome(OutcomeKind.UNREACHABLE, reason=reason)
        case BadRequest():
            return Outcome(OutcomeKind.REFUSED, reason=reason)
        case _:  # an unknown error does not say whether the message was accepted
            return Outcome(OutcomeKind.AMBIGUOUS, reason=reason)


def is_unchanged(error: BadRequest) -> bool:
    """Whether an edit was refused because the message shows this already, which is a success."""
    return "message is not modified" in error.message.lower()


def is_message_gone(error: BadRequest) -> bool:
    """Whether an edit was refused because the message no longer exists, which is normal."""
    return any(sign in error.message.lower() for sign in GONE)


def as_timedelta(wait: int | timedelta) -> timedelta:
    """The wait of a RetryAfter.

    The library gives a number of seconds or a timedelta, depending on PTB_TIMEDELTA.
    """
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)

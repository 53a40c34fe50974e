"""What a failed call means, error by error; test_sender walks the same table over HTTP."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from reminder_bot.bot_api.errors import (
    NotSent,
    PerhapsSent,
    as_timedelta,
    is_message_gone,
    is_unchanged,
    outcome_of,
)
from reminder_bot.engine.messenger import OutcomeKind

TABLE: list[tuple[TelegramError, OutcomeKind]] = [
    (NotSent("no connection"), OutcomeKind.NOT_SENT),
    (PerhapsSent("late"), OutcomeKind.AMBIGUOUS),
    (RetryAfter(timedelta(seconds=3)), OutcomeKind.NOT_SENT),
    (InvalidToken("Unauthorized"), OutcomeKind.NOT_SENT),
    (Forbidden("bot was blocked by the user"), OutcomeKind.UNREACHABLE),
    (BadRequest("Chat not found"), OutcomeKind.UNREACHABLE),
    (BadRequest("message is too long"), OutcomeKind.REFUSED),
    (ChatMigrated(-1001), OutcomeKind.REFUSED),
    (Conflict("another program polls"), OutcomeKind.AMBIGUOUS),
    (TimedOut(), OutcomeKind.AMBIGUOUS),
    (NetworkError("what is this?"), OutcomeKind.AMBIGUOUS),
    (TelegramError("what is this?"), OutcomeKind.AMBIGUOUS),
]


@pytest.mark.parametrize(
    ("error", "kind"), TABLE, ids=[f"{type(error).__name__} {error.message}" for error, _ in TABLE]
)
def test_each_error_has_one_outcome(error: TelegramError, kind: OutcomeKind) -> None:
    outcome = outcome_of(error)

    assert outcome.kind is kind
    assert outcome.reason.startswith(type(error).__name__)
    assert (outcome.retry_after is not None) == isinstance(error, RetryAfter)


def test_a_wait_is_kept() -> None:
    assert outcome_of(RetryAfter(timedelta(seconds=47))).retry_after == timedelta(seconds=47)


@pytest.mark.parametrize("wait", [47, timedelta(seconds=47)])
def test_a_wait_is_a_timedelta_in_whichever_form_the_library_has_it(wait: int | timedelta) -> None:
    assert as_timedelta(wait) == timedelta(seconds=47)


def test_a_reason_is_short() -> None:
    assert len(outcome_of(BadRequest("x" * 1000)).reason) == 160


def test_an_edit_to_what_the_message_shows_already_is_known() -> None:
    assert is_unchanged(BadRequest("Message is not modified: specified new content …"))
    assert not is_unchanged(BadRequest("message to edit not found"))


@pytest.mark.parametrize(
    "text",
    [
        "Message to edit not found",
        "message can't be edited",
        "MESSAGE_ID_INVALID",
        "message to delete not found",
        "message can't be deleted",
        "chat not found",
    ],
)
def test_a_message_that_is_gone_is_known(text: str) -> None:
    assert is_message_gone(BadRequest(text))


def test_a_refused_edit_is_not_a_message_that_is_gone() -> None:
    assert not is_message_gone(BadRequest("can't parse entities"))

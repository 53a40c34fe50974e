"""Reading an answer of the Bot API: it becomes a value, or one of the errors listed in `errors`.

A server of the Bot API answers `{"ok": true, "result": …}`, or `{"ok": false, "description": …}`
with `"parameters": {"retry_after": …}` for a 429. A proxy, a captive portal or a broken server may
answer anything, so nothing here trusts the shape or the size of a value. python-telegram-bot maps
statuses and descriptions to its errors.
"""

import json
import math
from http import HTTPStatus
from typing import Any

from telegram.error import NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest

from reminder_bot.bot_api.errors import DEFAULT_RETRY_AFTER, NotSent, PerhapsSent

__all__ = ["MAX_ID", "MAX_RETRY_AFTER", "parse_answer", "raise_server_error", "result_of"]

# Seconds. If Telegram wants a longer wait, it says so again after this one. Without this cap a
# nonsensical value would silence the bot for ever.
MAX_RETRY_AFTER = 3600
# The Bot API's ids have at most 52 significant bits; a database holds 63.
MAX_ID = 1 << 52


async def result_of(status: int, payload: bytes) -> Any:
    """The `result` of an answer; raises the error that the answer means if it has none."""
    if 200 <= status <= 299:
        answer = parse_answer(payload)
        if "result" not in answer:
            raise PerhapsSent("an answer that is not Telegram's (a success without a result)")
        return answer["result"]
    if 400 <= status <= 499 and status != HTTPStatus.TOO_MANY_REQUESTS and not _refuses(payload):
        # A proxy or a captive portal did not pass the call on. What it says about a person means
        # nothing: a 403 of a proxy would have made everybody unreachable.
        raise NotSent(f"a refusal with {status} that is not Telegram's")
    try:
        await _Answered(status, payload).post("")
    except NetworkError as error:
        # The library raises RetryAfter only if the answer names a wait.
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RetryAfter(DEFAULT_RETRY_AFTER) from error
        raise
    raise AssertionError("the library maps every other status to an error")


def parse_answer(payload: bytes) -> dict[str, Any]:
    """Telegram's answer, its description and parameters with the types that the Bot API documents.

    Raises PerhapsSent if the answer is not Telegram's.
    """
    try:
        answer = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise PerhapsSent("an answer that is not Telegram's (no JSON)") from error
    if not isinstance(answer, dict) or ("result" not in answer and "description" not in answer):
        raise PerhapsSent("an answer that is not Telegram's (neither result nor description)")
    if "description" in answer:
        # Another type is not shown: that could be nested deeper than it can be converted.
        text = answer["description"]
        answer["description"] = text[:1000] if isinstance(text, str) else f"a {type(text).__name__}"
    if "parameters" in answer:
        answer["parameters"] = _known_parameters(answer["parameters"])
    return answer


def _refuses(payload: bytes) -> bool:
    """Whether an answer is a refusal in the Bot API's JSON."""
    try:
        answer = parse_answer(payload)
    except PerhapsSent:
        return False
    return answer.get("ok") is False and "description" in answer


def raise_server_error(status: int, payload: bytes) -> None:
    """Raise NotSent for a server error in the Bot API's JSON, PerhapsSent for any other."""
    try:
        description = parse_answer(payload)["description"]
    except (TelegramError, KeyError):
        raise PerhapsSent(f"server error {status} that is not Telegram's") from None
    raise NotSent(f"Telegram answered {status}: {description[:100]}")


def _known_parameters(parameters: Any) -> dict[str, int]:
    """The parameters that the Bot API documents, without values that make no sense."""
    if not isinstance(parameters, dict):
        return {}
    known = {}
    if (wait := _seconds(parameters.get("retry_after"))) is not None:
        known["retry_after"] = wait
    # Not isinstance: true and false are integers in Python.
    if type(chat_id := parameters.get("migrate_to_chat_id")) is int:
        known["migrate_to_chat_id"] = chat_id
    return known


def _seconds(value: Any) -> int | None:
    """A wait in whole seconds, rounded up; None if the value is not a positive number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN is not greater than 0 either.
    return math.ceil(min(value, MAX_RETRY_AFTER)) if value > 0 else None


class _Answered(BaseRequest):
    """A request that has been answered already, so that the library's post() maps the answer to its
    errors.
    """

    def __init__(self, status: int, payload: bytes) -> None:
        self._status = status
        self._payload = payload

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(self, *_args: Any, **_options: Any) -> tuple[int, bytes]:
        return self._status, self._payload

    parse_json_payload = staticmethod(parse_answer)

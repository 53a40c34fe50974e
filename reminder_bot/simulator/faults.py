"""Injects failures between the bot and Telegram.

    request ─▶ before: delay, reset, refuse ─▶ accepted ─▶ after: delay, reset, garbage ─▶ answer

A fault before acceptance prevents the call. After acceptance the person sees the message, even if
the bot never receives the answer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

__all__ = ["Fault", "Faults", "Rule"]

_HTML_PAGE = b"<html><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure.

    is_accepted: whether the call takes effect.
    status: the HTTP status of the answer; 0 resets the connection, None sends the real answer.
    seconds: a delay in real time before the failure.
    """

    is_accepted: bool
    status: int | None
    body: bytes = b""
    seconds: float = 0.0

    @staticmethod
    def too_many_requests(retry_after: int | None = None) -> "Fault":
        if retry_after is None:
            return Fault.refusal(429, "Too Many Requests: retry later")
        more = {"parameters": {"retry_after": retry_after}}
        return Fault(False, 429, _json(429, f"Too Many Requests: retry after {retry_after}", more))

    @staticmethod
    def refusal(status: int, description: str) -> "Fault":
        """A refusal in the Bot API's format; the description is the whole text."""
        return Fault(False, status, _json(status, description))

    @staticmethod
    def server_error(status: int = 502, description: str = "Bad Gateway") -> "Fault":
        return Fault.refusal(status, description)

    @staticmethod
    def server_error_page(status: int = 502, *, is_accepted: bool = False) -> "Fault":
        """A 5xx of a proxy, in HTML."""
        return Fault(is_accepted, status, _HTML_PAGE)

    @staticmethod
    def garbage() -> "Fault":
        """The call takes effect and is answered with status 200 and a proxy's HTML page."""
        return Fault(True, 200, _HTML_PAGE)

    @staticmethod
    def reset_before() -> "Fault":
        return Fault(False, 0)

    @staticmethod
    def reset_after() -> "Fault":
        return Fault(True, 0)

    @staticmethod
    def delay_before(seconds: float) -> "Fault":
        """Wait in real time, then carry out the call and send the real answer."""
        return Fault(False, None, seconds=seconds)

    @staticmethod
    def delay_after(seconds: float) -> "Fault":
        """Carry out the call, wait in real time, then send the real answer."""
        return Fault(True, None, seconds=seconds)

    def after(self, seconds: float) -> "Fault":
        """The same fault after a delay in real time."""
        return replace(self, seconds=seconds)

    @property
    def is_html(self) -> bool:
        return self.body == _HTML_PAGE


@dataclass(eq=False, slots=True)
class Rule:
    """The calls to which a fault applies.

    times: the number of further calls to which it applies; None for no limit.
    applied: the number of calls to which it has been applied.
    """

    method: str
    fault: Fault
    times: int | None
    chat_id: int | None
    applied: int = 0

    def fits(self, method: str, chat_id: int | None) -> bool:
        is_for_method = self.method in ("*", method)
        is_for_chat = self.chat_id in (None, chat_id)
        return is_for_method and is_for_chat and self.times != 0


class Faults:
    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(
        self, method: str, fault: Fault, *, times: int | None = 1, chat_id: int | None = None
    ) -> Rule:
        """Apply `fault` to the next `times` calls of `method`, or of any method for `*`.

        If several rules fit a call, the one that was added first applies.
        """
        rule = Rule(method, fault, times, chat_id)
        self._rules.append(rule)
        return rule

    def lift(self, rule: Rule | None = None) -> None:
        """Remove one rule, or all of them."""
        self._rules = [] if rule is None else [each for each in self._rules if each is not rule]

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault for this call, and count it as applied."""
        for rule in self._rules:
            if rule.fits(method, chat_id):
                rule.applied += 1
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times == 0:
                        self.lift(rule)
                return rule.fault
        return None


def _json(status: int, description: str, more: Mapping[str, object] | None = None) -> bytes:
    return json.dumps(
        {"ok": False, "error_code": status, "description": description, **(more or {})}
    ).encode()

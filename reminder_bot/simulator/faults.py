"""What goes wrong between the bot and Telegram, on order.

    request ─▶ [before: delay, drop, refuse] ─▶ accepted ─▶ [after: delay, drop, nonsense] ─▶ answer

The line in the middle is the one that matters: left of it nothing has happened, right of it the
person sees the message whether or not the bot ever learns of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

__all__ = ["Fault", "Faults", "Rule"]

_NONSENSE = b"<html><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """is_accepted: the call takes effect all the same; status: 0 for no answer at all, None for
    the true one.
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
        """A refusal in the Bot API's own words; the description is the whole text."""
        return Fault(False, status, _json(status, description))

    @staticmethod
    def server_error(status: int = 502, description: str = "Bad Gateway") -> "Fault":
        return Fault.refusal(status, description)

    @staticmethod
    def server_error_page(status: int = 502, *, is_accepted: bool = False) -> "Fault":
        """A 5xx of something on the way, in HTML."""
        return Fault(is_accepted, status, _NONSENSE)

    @staticmethod
    def garbage() -> "Fault":
        """Accepted, and answered with 200 and a page that is not Telegram's."""
        return Fault(True, 200, _NONSENSE)

    @staticmethod
    def reset_before() -> "Fault":
        return Fault(False, 0)

    @staticmethod
    def reset_after() -> "Fault":
        return Fault(True, 0)

    @staticmethod
    def delay_before(seconds: float) -> "Fault":
        """Wait in real time, then take the call and answer it truly."""
        return Fault(False, None, seconds=seconds)

    @staticmethod
    def delay_after(seconds: float) -> "Fault":
        """Take the call, wait in real time, then answer it truly."""
        return Fault(True, None, seconds=seconds)

    def after(self, seconds: float) -> "Fault":
        """The same, that many seconds of real time later."""
        return replace(self, seconds=seconds)

    @property
    def is_html(self) -> bool:
        return self.body == _NONSENSE


@dataclass(eq=False, slots=True)
class Rule:
    """times: how often it still strikes; None for ever. struck: how often it did."""

    method: str
    fault: Fault
    times: int | None
    chat_id: int | None
    struck: int = 0

    def fits(self, method: str, chat_id: int | None) -> bool:
        return self.method in ("*", method) and self.chat_id in (None, chat_id) and self.times != 0


class Faults:
    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(
        self, method: str, fault: Fault, *, times: int | None = 1, chat_id: int | None = None
    ) -> Rule:
        """Let `fault` strike the next `times` calls of `method` (`*` for any); the rule added
        first strikes first.
        """
        rule = Rule(method, fault, times, chat_id)
        self._rules.append(rule)
        return rule

    def lift(self, rule: Rule | None = None) -> None:
        """Take back one rule, or all."""
        self._rules = [other for other in self._rules if rule is not None and other is not rule]

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """The fault for this call, used up by one."""
        for rule in self._rules:
            if rule.fits(method, chat_id):
                rule.struck += 1
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

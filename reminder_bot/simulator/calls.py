"""The log of all requests to the server, in order of arrival."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Call", "Log"]


@dataclass(eq=False, slots=True)
class Call:
    """One request and what became of it.

    status: the HTTP status of the answer; 0 before the answer and when the connection was reset.
    accepted: the call has taken effect, even if its answer was lost.
    at: by the server's clock. monotonic: seconds of real time.
    message_id: the message that was created or changed.
    """

    method: str
    parameters: dict[str, Any]
    at: datetime
    monotonic: float
    status: int = 0
    description: str = ""
    accepted: bool = False
    message_id: int | None = None
    chat_id: int | str | None = None


@dataclass
class Log:
    """The calls so far. With is_kept=False nothing is stored, which long runs need."""

    is_kept: bool = True
    calls: list[Call] = field(default_factory=list)
    _accepted: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))

    def add(self, call: Call) -> None:
        if self.is_kept:
            self.calls.append(call)

    def mark_accepted(self, call: Call, result: Any) -> None:
        call.accepted = True
        if isinstance(result, dict) and "message_id" in result:
            call.message_id = result["message_id"]
        if self.is_kept:
            self._accepted[call.method].append(call)

    def accepted(self, method: str, chat_id: int | None = None) -> list[Call]:
        """The calls of a method that took effect, in that order."""
        return [call for call in self._accepted[method] if chat_id in (None, call.chat_id)]

    def clear(self) -> None:
        self.calls.clear()
        self._accepted.clear()

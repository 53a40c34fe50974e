"""The log of every request the server got, in order of arrival."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Call", "Log"]


@dataclass(eq=False, slots=True)
class Call:
    """status: what went out, 0 while nothing has and when the connection was cut.

    accepted: the call has taken effect, also when its answer got lost. at: by the server's clock;
    monotonic: seconds of real time. message_id: the message that was made or changed.
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
    """is_kept: switch it off where hundreds of thousands of calls are not to be remembered."""

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
        """The calls of a method that took effect, in the order in which they did."""
        return [call for call in self._accepted[method] if chat_id in (None, call.chat_id)]

    def clear(self) -> None:
        self.calls.clear()
        self._accepted.clear()

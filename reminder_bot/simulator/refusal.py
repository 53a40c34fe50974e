"""A refused call: an error code, a description, and sometimes when to retry."""

from typing import Any

__all__ = ["Refusal", "bad_request", "conflict", "forbidden"]


class Refusal(Exception):
    """Raised for a call that has no effect; answered with the status `code`."""

    def __init__(
        self, code: int, description: str, parameters: dict[str, Any] | None = None
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def as_wire(self) -> dict[str, Any]:
        """The answer as a Bot API object."""
        answer = {"ok": False, "error_code": self.code, "description": self.description}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(text: str) -> Refusal:
    return Refusal(400, f"Bad Request: {text}")


def forbidden(text: str) -> Refusal:
    return Refusal(403, f"Forbidden: {text}")


def conflict(text: str) -> Refusal:
    return Refusal(409, f"Conflict: {text}")

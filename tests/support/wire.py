"""Calls the Bot API with plain HTTP, without a Telegram library in between."""

from dataclasses import dataclass
from typing import Any

import aiohttp

__all__ = ["Answer", "Wire"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call. payload: Telegram's JSON."""

    status: int
    payload: dict[str, Any]

    @property
    def result(self) -> Any:
        assert self.payload.get("ok") is True, self.payload
        return self.payload["result"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and description of a refusal; the JSON must have the same status."""
        assert self.payload["ok"] is False, self.payload
        assert self.payload["error_code"] == self.status
        return self.status, self.payload["description"]


class Wire:
    """Calls `{base_url}/bot{token}/{method}`. Parameters are sent as JSON unless a test chooses
    another form.
    """

    def __init__(self, base_url: str, token: str) -> None:
        self._base = f"{base_url}/bot{token}"
        self._session = aiohttp.ClientSession()

    async def call(self, method: str, **parameters: Any) -> Answer:
        return await self.request("POST", method, json=parameters)

    async def request(self, verb: str, method: str, **options: Any) -> Answer:
        """options: those of aiohttp's request: json, data, params."""
        return await self.fetch(verb, f"{self._base}/{method}", **options)

    async def fetch(self, verb: str, url: str, **options: Any) -> Answer:
        async with self._session.request(verb, url, **options) as answer:
            return Answer(answer.status, await answer.json(content_type="application/json"))

    async def close(self) -> None:
        await self._session.close()

"""The network between the bot and Telegram, and what goes wrong on it.

    connect ─▶ may_send()? ─▶ the request leaves ─▶ Telegram accepts it ─▶ the answer arrives
      │ no connection             │ lost, refused by a proxy      │ lost, cut off, garbage
      ▼                           ▼                               ▼
    NotSent                    PerhapsSent                    PerhapsSent

The rules of the local Bot API server carry out the calls, without HTTP.
"""

import asyncio
import contextvars
import json
import random
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import Any
from urllib.parse import urlsplit

from reminder_bot.bot_api.answers import raise_server_error
from reminder_bot.bot_api.errors import NotSent, PerhapsSent
from reminder_bot.bot_api.fields import Encoded
from reminder_bot.bot_api.transport import Transport
from reminder_bot.simulator import BotApiServer
from reminder_bot.simulator.calls import Call
from reminder_bot.simulator.parameters import Upload, read_parameters
from reminder_bot.simulator.refusal import Refusal
from reminder_bot.simulator.requests import read_path

__all__ = ["Network", "Weather"]

PAGE = b"<html><body><h1>Bad gateway</h1></body></html>"


@dataclass
class Weather:
    """How often things go wrong, as shares of calls."""

    no_connection: float = 0.0
    lost_before: float = 0.0
    lost_after: float = 0.0
    page: float = 0.0
    garbage: float = 0.0
    too_many: float = 0.0
    slow: float = 0.0


class Network:
    """server: is never started. Its methods are called directly."""

    def __init__(self, server: BotApiServer, chance: random.Random) -> None:
        self.server = server
        self.weather = Weather()
        self.is_down = False  # whether nothing can be reached
        self._chance = chance
        self._world = contextvars.copy_context()  # in which Telegram's side of a call runs

    def happens(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def _is_lost(self, share: float) -> bool:
        return self.is_down or self.happens(share)

    async def send(
        self,
        transport: Transport,
        method: str,
        url: str,
        content: Encoded,
        *,
        read_timeout: float | None = None,
        begin: Any = None,
        may_send: Any = None,
    ) -> tuple[int, bytes]:
        """In place of Transport.send."""
        await asyncio.sleep(self._delay() / 2)
        if self._is_lost(self.weather.no_connection):
            await asyncio.sleep(self._chance.random() * 3)
            raise NotSent("no connection to Telegram (simulated)")
        if begin is not None and not await begin():
            raise NotSent("it was no longer to be sent")
        if may_send is not None and not may_send():
            raise NotSent("it was no longer to be sent")
        allowed = transport.read_timeout if read_timeout is None else read_timeout
        exchange = self._world.run(asyncio.ensure_future, self._exchange(url, content))
        try:
            async with asyncio.timeout(allowed):
                answer = await asyncio.shield(exchange)
        except TimeoutError:
            raise PerhapsSent("no answer from Telegram (TimeoutError)") from None
        if answer is None:
            raise PerhapsSent("no answer from Telegram (simulated)")
        if answer[0] >= 500:
            raise_server_error(*answer)
        return answer

    async def _exchange(self, url: str, content: Encoded) -> tuple[int, bytes] | None:
        """What happens outside of the bot: the answer, or None if there is none."""
        await asyncio.sleep(self._delay())
        weather = self.weather
        if self._is_lost(weather.lost_before):
            return None
        if self.happens(weather.page):
            return self._chance.choice((400, 403, 404, 502, 503)), PAGE
        if self.happens(weather.too_many):
            wait = self._chance.choice((1, 3, 20))
            description = f"Too Many Requests: retry after {wait}"
            return _answer(Refusal(429, description, {"retry_after": wait}))
        answer = await self._accept(url, content)
        await asyncio.sleep(self._delay() / 2)
        if self._is_lost(weather.lost_after):
            return None
        if self.happens(weather.garbage):
            return 200, self._chance.choice((PAGE, b"", b"[]", b'{"ok":true}', b"null"))
        return answer

    async def _accept(self, url: str, content: Encoded) -> tuple[int, bytes]:
        server = self.server
        call = Call("", {}, server.clock.now(), asyncio.get_running_loop().time())
        server.calls.add(call)
        try:
            call.method = read_path(urlsplit(url).path, server.token)
            call.parameters = read_parameters(call.method, _raw(content))
            call.chat_id = call.parameters.get("chat_id")
            call.message_id = call.parameters.get("message_id")
            result = await server._api.call(call.method, call.parameters)
        except Refusal as refusal:
            call.status, call.description = refusal.code, refusal.description
            return _answer(refusal)
        call.status = 200
        server.calls.mark_accepted(call, result)
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _delay(self) -> float:
        seconds = 0.02 + self._chance.random() * 0.08
        return seconds * (100 if self.happens(self.weather.slow) else 1)


def _answer(refusal: Refusal) -> tuple[int, bytes]:
    return refusal.code, json.dumps(refusal.as_wire()).encode()


def _raw(content: Encoded) -> dict[str, Any]:
    if content.content_type == "application/json":
        return dict(json.loads(content.body or b"{}"))
    if not content.content_type.startswith("multipart/"):
        return {}
    head = f"Content-Type: {content.content_type}\r\n\r\n".encode()
    found: dict[str, Any] = {}
    for part in message_from_bytes(head + content.body, policy=HTTP).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        filename = part.get_filename()
        found[name] = payload.decode() if filename is None else Upload(filename, payload)
    return found

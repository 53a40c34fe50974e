"""How a call reaches Telegram, and what is known of it when it fails.

python-telegram-bot builds and reads the calls; the bytes travel over aiohttp, because its default
transport costs nine times the processor time and gets worse with concurrency. Whoever sends needs one
more thing than the library tells: was the call *surely not* accepted (`NotSent`), or *perhaps*
(`PerhapsSent`)? sendMessage has no idempotency key, so that is the difference between asking again and
asking twice. The library's own errors cannot say it (a TimedOut is both), so it is decided here, where
the connection is seen:

- no connection, or none in time: not sent;
- the request went out and no whole answer of Telegram's came back (late, cut off, HTML of a proxy,
  a server error that is not the Bot API's JSON): perhaps;
- a server error in the Bot API's own words: not accepted, by policy.
"""

import asyncio
import json
import os
from typing import Any, NamedTuple, cast

import aiohttp

# The library's next way to tell a wait; without it each 429 costs a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

__all__ = ["File", "NotSent", "PerhapsSent", "Transport", "call", "open_bot"]


class NotSent(NetworkError):
    """Telegram did not get the call, or said that it did not take it."""


class PerhapsSent(NetworkError):
    """The call went out; whether Telegram accepted it is not known."""


class File(NamedTuple):
    """A file to send along, as a field of a call."""

    name: str
    content: bytes
    mime: str


class _Fields:
    """A call's parameters as plain values, in the shape that `do_request` reads of the library's RequestData."""

    def __init__(self, fields: dict[str, Any]) -> None:
        files = {name: value for name, value in fields.items() if isinstance(value, File)}
        self.json_parameters = {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in fields.items()
            if value is not None and name not in files
        }
        self.contains_files = bool(files)
        self.multipart_data = files


async def call(request: BaseRequest, address: str, **fields: Any) -> Any:
    """One call with plain values, through the library's error mapping; fields that are None are left out.

    Building and re-reading the library's objects costs most of a call; few calls need more than this.
    """
    return await request.post(address, cast(RequestData, _Fields(fields)))


class Transport(BaseRequest):
    """python-telegram-bot's way out, over one aiohttp session.

    read_timeout: seconds for an answer; connections: how many calls may be under way at once.
    """

    def __init__(self, *, connections: int, read_timeout: float = 15.0, connect_timeout: float = 10.0) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=15),
                auto_decompress=True,
                trust_env=True,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        assert self._session is not None, "Transport.initialize() comes first"
        wait = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        timeout = aiohttp.ClientTimeout(total=None, connect=self._connect_timeout, sock_read=wait)
        try:
            async with self._session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                status, payload = answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(f"no connection to Telegram ({type(error).__name__})") from error
        except (TimeoutError, aiohttp.ClientError, asyncio.IncompleteReadError, OSError) as error:
            raise PerhapsSent(f"no answer from Telegram ({type(error).__name__})") from error
        return _judged(status, payload)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Telegram's answer as a dict. The library's own version logs what it cannot read; this one does not."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise PerhapsSent("an answer that is not Telegram's (no JSON)") from error
        if not isinstance(answer, dict) or ("result" not in answer and "description" not in answer):
            raise PerhapsSent("an answer that is not Telegram's (neither result nor description)")
        return answer


def _body(request_data: RequestData | None) -> dict[str, Any]:
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return {"data": request_data.json_parameters}
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, mime) in (request_data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return {"data": form}


def _judged(status: int, payload: bytes) -> tuple[int, bytes]:
    """The answer itself, unless it is a server error: those are told apart here."""
    if status < 500:
        return status, payload
    try:
        description = json.loads(payload)["description"]
    except (ValueError, KeyError, TypeError):
        raise PerhapsSent(f"server error {status} without a word of Telegram's") from None
    raise NotSent(f"Telegram answered {status}: {str(description)[:100]}")


def open_bot(token: str, base_url: str, *, connections: int = 64) -> Bot:
    """A Bot whose calls go to `{base_url}/bot{token}/{method}`; `async with` it, or initialize() it.

    getUpdates waits on connections of its own, so that a long poll never takes a place from a send.
    """
    base = base_url.rstrip("/")
    return Bot(
        token=token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=Transport(connections=connections),
        get_updates_request=Transport(connections=2),
    )

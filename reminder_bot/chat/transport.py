"""How a call reaches Telegram, and what is known of it when it fails.

python-telegram-bot maps the errors; the bytes travel over aiohttp, because the library's default transport
costs many times the processor time and gets worse with concurrency. A call's parameters go as one JSON
object: half the work of a form whose fields are JSON again. (pyreqwest takes half of aiohttp's time, and was
left out: 0.15.1 aborted the process in 2 of 15 ends, after its client had been closed;
uvloop changed nothing that could be measured.) Whoever sends needs one
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
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

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


_JSON = {"Content-Type": "application/json"}


class File(NamedTuple):
    """A file to send along, as a field of a call."""

    name: str
    content: bytes
    mime: str


class _Fields:
    """A call's parameters as plain values, in the place of the library's RequestData."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    @property
    def body(self) -> dict[str, Any]:
        """What aiohttp is to send: one JSON object, or a form where a file goes along."""
        values = {name: value for name, value in self.fields.items() if value is not None}
        files = {name: values.pop(name) for name, value in self.fields.items() if isinstance(value, File)}
        if not files:
            return {"data": json.dumps(values, ensure_ascii=False).encode(), "headers": _JSON}
        words = {name: each if isinstance(each, str) else json.dumps(each) for name, each in values.items()}
        return {"data": _form(words, files)}


async def call(request: BaseRequest, address: str, **fields: Any) -> Any:
    """One call with plain values, through the library's error mapping; fields that are None are left out.

    Building and re-reading the library's objects costs most of a call; few calls need more than this.
    """
    return await request.post(address, cast(RequestData, _Fields(fields)))


class Transport(BaseRequest):
    """python-telegram-bot's way out, over one aiohttp session.

    base_url: where all calls go; a proxy that the environment names for it is used.
    read_timeout: seconds for an answer; connections: how many calls may be under way at once.
    may_send: looked at when a connection stands and nothing has gone out; a call that it forbids is NotSent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int,
        read_timeout: float = 15.0,
        connect_timeout: float = 10.0,
        may_send: Callable[[], bool] | None = None,
    ) -> None:
        self._base_url = base_url
        self._connections = connections
        self._may_send = may_send
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
                timeout=self._limit(self._read_timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=_proxy_for(self._base_url),
                trace_configs=[] if self._may_send is None else [_looking(self._may_send)],
            )

    def _limit(self, read_timeout: float | None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=None, connect=self._connect_timeout, sock_read=read_timeout)

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
        limit: dict[str, Any] = (
            {} if read_timeout is BaseRequest.DEFAULT_NONE else {"timeout": self._limit(read_timeout)}
        )
        try:
            async with self._session.request(method, url, **_body(request_data), **limit) as answer:
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


def _body(request_data: RequestData | _Fields | None) -> dict[str, Any]:
    if isinstance(request_data, _Fields):
        return request_data.body
    if request_data is None:
        return {}
    return {"data": _form(request_data.json_parameters, request_data.multipart_data or {})}


def _form(words: dict[str, str], files: Mapping[str, tuple[str, Any, str]]) -> aiohttp.FormData:
    form = aiohttp.FormData(words)
    for name, (filename, content, mime) in files.items():
        form.add_field(name, content, filename=filename, content_type=mime)
    return form


def _judged(status: int, payload: bytes) -> tuple[int, bytes]:
    """The answer itself, unless it is a server error: those are told apart here."""
    if status < 500:
        return status, payload
    try:
        description = json.loads(payload)["description"]
    except (ValueError, KeyError, TypeError):
        raise PerhapsSent(f"server error {status} without a word of Telegram's") from None
    raise NotSent(f"Telegram answered {status}: {str(description)[:100]}")


def _looking(may_send: Callable[[], bool]) -> aiohttp.TraceConfig:
    async def look(*_: object) -> None:
        if not may_send():
            raise NotSent("it may be sent no more")

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(look)  # in spite of its name: aiohttp writes them after it
    return trace


def _proxy_for(base_url: str) -> str | None:
    """Found out once: aiohttp's own `trust_env` asks again for each call, on a thread, and doubles its cost."""
    parts = urlsplit(base_url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)


def open_bot(token: str, base_url: str, *, connections: int = 64) -> Bot:
    """A Bot whose calls go to `{base_url}/bot{token}/{method}`; `async with` it, or initialize() it.

    getUpdates waits on connections of its own, so that a long poll never takes a place from a send.
    """
    base = base_url.rstrip("/")
    return Bot(
        token=token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=Transport(base, connections=connections),
        get_updates_request=Transport(base, connections=2),
    )

"""How a call reaches Telegram, and what is known about it when it fails.

aiohttp does the HTTP, and python-telegram-bot maps the errors; the library's own transport needs
many times the processor time and gets worse with concurrency. A sender must know more than the
library's errors say: whether a failed call was certainly not accepted (`NotSent`) or perhaps
accepted (`PerhapsSent`). sendMessage has no idempotency key, so after a `PerhapsSent` a retry may
ask somebody twice. The library's TimedOut covers both cases; here the state of the connection is
known, so it is decided here:

    wait for a connection ──▶ begin()? may_send()? ──▶ request leaves ──▶ whole answer ──▶ result
          │ none in time            │ no                  │ late, cut off, not HTTP     or error
          ▼                         ▼                     ▼
       NotSent                   NotSent              PerhapsSent

A server error in the Bot API's JSON counts as not accepted, by policy. Of a proxy's own answers, a
5xx counts as perhaps accepted, a 4xx as not accepted, because it did not pass the call on.

An alternative that was tried: pyreqwest 0.15.1 aborted the process in 2 of 15 runs, after its
client had been closed.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import StreamWriter
from yarl import URL

# The library warns at each 429 unless this is set; it then gives waits as timedelta.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot
from telegram.request import BaseRequest, RequestData

from reminder_bot.bot_api.answers import parse_answer, raise_server_error, result_of
from reminder_bot.bot_api.connector import open_connector, proxy_options, tls_context
from reminder_bot.bot_api.errors import NotSent, PerhapsSent
from reminder_bot.bot_api.fields import Encoded, File, encode_fields, encode_form
from reminder_bot.bot_api.proxy import Proxy, find_proxy
from reminder_bot.clock import boot_time

__all__ = ["File", "NotSent", "PerhapsSent", "Transport", "call", "open_bot", "open_session"]

MAX_ANSWER_SIZE = 1 << 24  # bytes
# Bytes a second. The time limit of a call that sends a file grows by its size over this speed.
MIN_UPLOAD_SPEED = 1 << 16


async def call(
    request: BaseRequest,
    address: str,
    *,
    begin: Callable[[], Awaitable[bool]] | None = None,
    may_send: Callable[[], bool] | None = None,
    **fields: Any,
) -> Any:
    """The result of one call with plain values; fields that are None are left out.

    Plain values, because building and parsing the library's objects would take most of the time of
    a call.
    begin, may_send: asked right before the request leaves, in this order; if one of them says no,
    the call raises NotSent.
    """
    assert isinstance(request, Transport)
    answer = await request.send(
        "POST", address, encode_fields(fields), begin=begin, may_send=may_send
    )
    return await result_of(*answer)


class Transport(BaseRequest):
    """The transport of python-telegram-bot, over aiohttp.

    base_url: the server of all calls.
    connections: the highest number of calls in progress at once.
    proxy: the value of REMINDER_BOT_PROXY; if None, the environment decides (see `proxy`).
    connect_timeout: seconds to get a connection, including the wait for a free one.
    read_timeout: seconds for an answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int,
        proxy: str | None = None,
        read_timeout: float = 15.0,
        connect_timeout: float = 10.0,
    ) -> None:
        self._base_url = base_url
        self._limit = connections
        self._proxy_setting = proxy
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._pool: _Pool | None = None

    def for_polling(self, read_timeout: float) -> "Transport":
        """A transport to the same server with its own connections.

        Long polls thus never take a connection from a send.
        """
        return Transport(
            self._base_url, connections=2, proxy=self._proxy_setting, read_timeout=read_timeout
        )

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._pool is None:
            # Done once: reading the environment for each request would add a third to its time.
            self._proxy = find_proxy(self._base_url, self._proxy_setting)
            self._pool = self._open_pool()

    async def shutdown(self) -> None:
        """Close idle connections now, and the others when their calls have ended."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await pool.retire()

    async def send(
        self,
        method: str,
        url: str,
        content: Encoded,
        *,
        read_timeout: float | None = None,
        begin: Callable[[], Awaitable[bool]] | None = None,
        may_send: Callable[[], bool] | None = None,
    ) -> tuple[int, bytes]:
        """Send one request; returns the status and the body of the answer.

        Raises NotSent or PerhapsSent. begin: awaited when the connection is established. may_send:
        called after that; nothing happens between its True and the request.
        """
        pool = await self._usable_pool()
        allowed = self._read_timeout if read_timeout is None else read_timeout
        body = _Body(content, begin, may_send, allowed + len(content.body) / MIN_UPLOAD_SPEED)
        pool.calls += 1
        try:
            async with asyncio.timeout(self._connect_timeout) as body.deadline:
                response = await pool.session.request(
                    method,
                    URL(url, encoded=True),
                    data=body,
                    allow_redirects=False,
                    **pool.request_options,
                )
                answer = response.status, await _read(response)
                # Whatever the server sent before the request is not an answer to it.
                if not body.has_left:
                    raise ConnectionResetError("an answer before the request")
        except Exception as error:  # from aiohttp, aiohttp-socks or the operating system
            raise _meaning_of(error, body) from error
        finally:
            pool.calls -= 1
            if pool.is_retired:
                await pool.close_if_unused()
        if answer[0] >= 500:
            raise_server_error(*answer)
        return answer

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
        """Make a call of the library's own; of its timeouts only read_timeout is used."""
        if read_timeout is BaseRequest.DEFAULT_NONE:
            read_timeout = None
        content = Encoded(b"", "application/octet-stream")
        if request_data is not None:
            content = encode_form(request_data.json_parameters, request_data.multipart_data or {})
        return await self.send(method, url, content, read_timeout=read_timeout)

    parse_json_payload = staticmethod(parse_answer)

    def _open_pool(self) -> "_Pool":
        session, options = open_session(
            self._base_url,
            self._proxy,
            limit=self._limit,
            attempt_timeout=self._connect_timeout / 3,
        )
        return _Pool(session, options)

    async def _usable_pool(self) -> "_Pool":
        """The open connections, or new ones if the machine was suspended since they were opened.

        The server has closed idle connections during a suspend. aiohttp does not notice, because
        its clock (CLOCK_MONOTONIC) stands still meanwhile.
        """
        assert self._pool is not None, "Transport.initialize() comes first"
        if _seconds_suspended() - self._pool.suspended_before > 1.0:
            old, self._pool = self._pool, self._open_pool()
            await old.retire()
        return self._pool


def open_session(
    base_url: str, proxy: Proxy | None, *, limit: int = 1, attempt_timeout: float = 3.0
) -> tuple[aiohttp.ClientSession, dict[str, Any]]:
    """A session for the server of `base_url`, and the options that each request needs."""
    is_secure = base_url.startswith("https:")
    options, headers = proxy_options(proxy, is_secure=is_secure)
    has_tls = is_secure or (proxy is not None and proxy.scheme == "https")
    session = aiohttp.ClientSession(
        connector=open_connector(
            proxy,
            limit=limit,
            attempt_timeout=attempt_timeout,
            context=tls_context() if has_tls else None,
        ),
        timeout=aiohttp.ClientTimeout(total=None),  # `Transport.send` sets the limits
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "identity"} | headers,
        auto_decompress=False,
    )
    return session, options


class _Pool:
    """Connections that are closed together, when the last call on them has ended."""

    def __init__(self, session: aiohttp.ClientSession, request_options: dict[str, Any]) -> None:
        self.session = session
        self.request_options = request_options
        self.suspended_before = _seconds_suspended()
        self.calls = 0  # in progress
        self.is_retired = False

    async def retire(self) -> None:
        self.is_retired = True
        await self.close_if_unused()

    async def close_if_unused(self) -> None:
        if self.calls == 0:
            await self.session.close()


class _Body(aiohttp.Payload):
    """The body of a request; it knows whether the request has begun to leave.

    aiohttp sends the headers together with the first bytes of the body. So `write` is called right
    before anything leaves, when the connection is established.
    """

    _autoclose = True
    deadline: asyncio.Timeout

    def __init__(
        self,
        content: Encoded,
        begin: Callable[[], Awaitable[bool]] | None,
        may_send: Callable[[], bool] | None,
        answer_timeout: float,
    ) -> None:
        super().__init__(content.body, content_type=content.content_type)
        self._size = len(content.body)
        self._begin = begin
        self._may_send = may_send
        self._answer_timeout = answer_timeout
        self.has_left = False
        self.is_refused = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        content: bytes = self._value
        return content.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        assert isinstance(writer, StreamWriter)
        if self._begin is not None and _is_usable(writer) and not await self._begin():
            self.is_refused = True
            raise ConnectionAbortedError("it may not leave")
        if not _is_usable(writer):
            # End the call now. Otherwise aiohttp would wait for the rest of an answer.
            self.deadline.reschedule(asyncio.get_running_loop().time())
            raise ConnectionResetError("the connection was closed")
        if self._may_send is not None and not self._may_send():
            self.is_refused = True
            raise ConnectionAbortedError("it is no longer to be sent")
        # Raises if the time to connect has just run out.
        self.deadline.reschedule(asyncio.get_running_loop().time() + self._answer_timeout)
        self.has_left = True
        await writer.write(self._value)


def _is_usable(writer: StreamWriter) -> bool:
    """Whether the connection is open, with nothing on it that could be taken for the answer."""
    protocol = writer.protocol
    assert isinstance(protocol, ResponseHandler)
    return protocol.is_connected() and not protocol.should_close


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. If it is too large or cut off, the connection is closed."""
    length = response.content_length
    if length is not None and length <= MAX_ANSWER_SIZE:
        return await response.read()
    try:
        if length is None:
            return await _read_bounded(response.content)
        raise _too_large()
    except BaseException:
        response.close()
        raise


async def _read_bounded(content: aiohttp.StreamReader) -> bytes:
    """A body without a length. If it was cut off, parsing its JSON will fail."""
    payload = bytearray()
    async for part in content.iter_any():
        payload += part
        if len(payload) > MAX_ANSWER_SIZE:
            raise _too_large()
    return bytes(payload)


def _too_large() -> ValueError:
    return ValueError(f"an answer of more than {MAX_ANSWER_SIZE} bytes")


def _meaning_of(error: Exception, body: _Body) -> NotSent | PerhapsSent:
    """Whether the call was accepted, by how far it got.

    Only the text reaches a log. It names no URL, because that would hold the token.
    """
    if body.is_refused:
        return NotSent("it was no longer to be sent")
    if body.has_left:
        return PerhapsSent(f"no answer from Telegram ({_name_of(error)})")
    return NotSent(f"no connection to Telegram ({_name_of(error)})")


def _name_of(error: Exception) -> str:
    match error:
        case aiohttp.ClientHttpProxyError():
            return f"the proxy answered {error.status}"
        case aiohttp.ClientProxyConnectionError():
            return f"the proxy cannot be reached, {type(error.os_error).__name__}"
        case aiohttp.ClientConnectorDNSError():
            return "its name cannot be resolved"
        case TimeoutError():
            return "TimeoutError"
        case _:
            return type(error).__name__


def _seconds_suspended() -> float:
    """How long the machine has been suspended since its start: boot time includes a suspend,
    monotonic time does not. (The event loop's time may be as old as its current iteration.)
    """
    return boot_time() - monotonic()


def open_bot(token: str, base_url: str, *, connections: int = 64, proxy: str | None = None) -> Bot:
    """A Bot whose calls go to `{base_url}/bot{token}/{method}`.

    Use it with `async with`, or call initialize(). proxy: the value of REMINDER_BOT_PROXY.
    """
    base = base_url.rstrip("/")
    request = Transport(base, connections=connections, proxy=proxy)
    return Bot(
        token=token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=request.for_polling(request.read_timeout),
    )

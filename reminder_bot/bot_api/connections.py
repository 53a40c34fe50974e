"""Kept-alive HTTP/1.1 connections to one server, each with one request at a time, and what is known
when one fails.

    connect ──▶ free ──▶ asked ──answered whole──▶ free ── unused for 15 s, or closed over there ──▶ gone
                           └── late, cut off, given up ──▶ gone: its answer must not be taken for another's

The parser is httptools (llhttp). A whole client library costs twice as much a call, for redirects,
cookies, content encodings and hooks that the Bot API has no use for.
"""

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from reminder_bot.clock import boot_time

__all__ = ["Connections", "NotConnected", "NotSentAnyMore"]

KEPT = 15.0  # seconds: servers close what is unused for longer, and may do so just when it is used again
LARGEST_ANSWER = 1 << 24  # bytes
SLOWEST = 1 << 16  # bytes a second that a line carries at least: a file is given so much more time
PORTS = {"http": 80, "https": 443}


class NotConnected(Exception):
    """No connection to the server; nothing of the request has left. The text holds no address."""


class NotSentAnyMore(Exception):
    """The connection stood, and the request was not to be sent any more; nothing of it has left."""


class Connections:
    """To the server of `base_url`, at most `most` of them; through the proxy that the environment
    names for it.

    The proxy is found out once: it takes reading the environment, and on some systems a call on the
    network.
    """

    def __init__(self, base_url: str, most: int) -> None:
        parts = urlsplit(base_url)
        proxy = None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
        self._is_secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80)
        self._proxy = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        self._origin = f"{parts.scheme}://{parts.netloc}"
        # An http proxy is asked for whole addresses; through a tunnel, or without one, the server
        # for paths.
        self._asks_for_whole = self._proxy is not None and not self._is_secure
        self._head = (
            f"Host: {parts.netloc.rpartition('@')[2]}\r\n{_credentials('Authorization', parts)}"
        )
        if self._asks_for_whole:
            self._head += _credentials("Proxy-Authorization", self._proxy)
        self._context: ssl.SSLContext | None = None
        self._free: deque[_Connection] = deque()
        self._places = asyncio.Semaphore(most)
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def ask(
        self,
        method: str,
        url: str,
        body: bytes,
        content_type: str,
        *,
        connect_timeout: float,
        read_timeout: float,
        may_send: Callable[[], bool] | None = None,
    ) -> tuple[int, bytes]:
        """One request: the answer's status and body. Timeouts are in seconds; connect_timeout
        includes the wait for one of the connections to be free.

        may_send: asked at the last moment, when the connection stands; nothing comes between its
        yes and the request. Raises NotConnected and NotSentAnyMore, where nothing has left; else
        OSError (a TimeoutError, too) or HttpParserError, where nobody knows whether the server took
        it.
        """
        target = url if self._asks_for_whole else url.removeprefix(self._origin) or "/"
        typed = f"Content-Type: {content_type}\r\n" if body else ""
        head = (
            f"{method} {target} HTTP/1.1\r\n{self._head}{typed}Content-Length: {len(body)}\r\n\r\n"
        )
        until = asyncio.get_running_loop().time() + connect_timeout
        await self._take_place(until)
        try:
            connection = self._take_free() or await self._connect(until)
            if may_send is not None and not may_send():
                self._put_back(connection)
                raise NotSentAnyMore
            answer = await connection.ask(head.encode() + body, read_timeout + len(body) / SLOWEST)
            self._put_back(connection)
            return answer
        finally:
            self._places.release()

    def close(self) -> None:
        """Close what is free now, and what is under way when it is answered."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._free:
            self._free.pop().close()

    async def _take_place(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            raise NotConnected("all connections are in use") from None

    def _take_free(self) -> "_Connection | None":
        # The clock that counts sleep: a server has long hung up on who wakes.
        while self._free:
            connection = self._free.pop()
            if connection.is_open and boot_time() - connection.used_at < KEPT:
                return connection
            connection.close()
        return None

    def _put_back(self, connection: "_Connection") -> None:
        if self._is_closed or not connection.is_open:
            connection.close()
            return
        connection.used_at = boot_time()
        self._free.append(connection)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEPT, self._prune)

    def _prune(self) -> None:
        """Close what is unused for long, the longest first."""
        self._timer = None
        while self._free and (
            not self._free[0].is_open or boot_time() - self._free[0].used_at >= KEPT
        ):
            self._free.popleft().close()
        if self._free:
            self._timer = asyncio.get_running_loop().call_later(KEPT / 3, self._prune)

    async def _connect(self, until: float) -> "_Connection":
        try:
            async with asyncio.timeout_at(until):
                connection = await self._connect_to()
        except (
            OSError,
            HttpParserError,
        ) as error:  # a refused certificate and a late answer are OSErrors, too
            raise NotConnected(type(error).__name__) from error
        if not connection.is_open:
            raise NotConnected("the server hung up at once")
        return connection

    async def _connect_to(self) -> "_Connection":
        loop = asyncio.get_running_loop()
        if (
            self._is_secure and self._context is None
        ):  # reading the authorities' certificates takes a while
            self._context = ssl.create_default_context()
        if self._proxy is None:
            _, connection = await loop.create_connection(
                _Connection, self._host, self._port, ssl=self._context, happy_eyeballs_delay=0.25
            )
            return connection
        if self._proxy.scheme != "http":
            raise NotConnected(
                f"the environment names a proxy of kind {self._proxy.scheme}://, only http:// is "
                f"known"
            )
        _, connection = await loop.create_connection(
            _Connection,
            self._proxy.hostname or "",
            self._proxy.port or PORTS["http"],
            happy_eyeballs_delay=0.25,
        )
        if self._context is not None:
            try:
                await self._open_tunnel(connection, self._context)
            except BaseException:
                connection.close()
                raise
        return connection

    async def _open_tunnel(self, connection: "_Connection", context: ssl.SSLContext) -> None:
        where = f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"
        credentials = _credentials("Proxy-Authorization", self._proxy)
        status = await connection.open_tunnel(
            f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{credentials}\r\n"
        )
        if status != 200:
            raise NotConnected(f"the proxy answered {status}")
        await connection.secure(context, self._host)


def _credentials(header: str, address: SplitResult | None) -> str:
    """The header with the name and password that stand in an address; nothing where none do."""
    if address is None or address.username is None:
        return ""
    words = f"{unquote(address.username)}:{unquote(address.password or '')}"
    return f"{header}: Basic {base64.b64encode(words.encode()).decode()}\r\n"


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.used_at = 0.0
        self._transport: Any = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._is_tunnel = False

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes, timeout: float) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[int, bytes]] = loop.create_future()
        self._answer = answer
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self._size = 0
        self._has_head = False
        timer = loop.call_later(timeout, self._end, TimeoutError("no answer in time"))
        try:
            self._transport.write(request)
            return await answer
        finally:
            timer.cancel()
            if self._answer is not None:  # given up
                self._answer = None
                self.close()

    async def open_tunnel(self, request: str) -> int:
        self._is_tunnel = True
        status, _ = await self.ask(request.encode(), KEPT)  # who connects has a limit of their own
        self._is_tunnel = False
        return status

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(self._transport, self, context, server_hostname=host)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _end(self, outcome: tuple[int, bytes] | Exception) -> None:
        answer, self._answer = self._answer, None
        if isinstance(outcome, Exception):
            self.close()
        if answer is not None and not answer.done():
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    # asyncio's

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.close()  # what nobody asked for, like a last word before the server closes
            return
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._end(error)
        except HttpParserUpgrade:
            self._end(HttpParserError("the server wants to speak something else"))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and self._has_head and error is None:
            # A body without a length ends here; whether this one is whole, its JSON tells.
            self._end((self._parser.get_status_code(), b"".join(self._body)))
        else:
            self._end(error or ConnectionResetError("the server hung up"))

    # httptools'

    def on_headers_complete(self) -> None:
        self._has_head = True
        if self._is_tunnel:  # what follows is the tunnel's
            self._end((self._parser.get_status_code(), b""))

    def on_body(self, part: bytes) -> None:
        self._body.append(part)
        self._size += len(part)
        if self._size > LARGEST_ANSWER:
            self._end(OSError(f"an answer of more than {LARGEST_ANSWER} bytes"))

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # "continue", "early hints": the answer comes yet
            self._has_head = False
            return
        if not self._parser.should_keep_alive():
            self._transport.close()
        self._end((status, b"".join(self._body)))

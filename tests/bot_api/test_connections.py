"""One request at a time on each connection, no answer taken for another's, and known what has left
when it fails.

The server here says, byte for byte, what a test wants to be said.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trustme
from httptools import HttpParserError

from reminder_bot.bot_api import connections as module
from reminder_bot.bot_api.connections import Connections, NotConnected, NotSentAnyMore
from reminder_bot.clock import boot_time
from tests.support.waiting import until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Says for each request what stands next in `says`: bytes, or what to do with the
    connection.
    """

    def __init__(self) -> None:
        self.says: list[bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]] = []
        self.requests: list[bytes] = []
        self.connections: list[asyncio.StreamWriter] = []
        self.ended = 0  # connections that are no more
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                found = re.search(rb"(?i)content-length: (\d+)", head)
                self.requests.append(head + await reader.readexactly(int(found[1]) if found else 0))
                said = self.says.pop(0) if self.says else OK
                if isinstance(said, bytes):
                    writer.write(said)
                else:
                    await said(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended += 1
            writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[bytes]:
        return [request.split(b" ")[1] for request in self.requests]


Some = TypeVar("Some", bound=Server)


@asynccontextmanager
async def running(server: Some, context: ssl.SSLContext | None = None) -> AsyncIterator[Some]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for each in server.connections:
            each.transport.abort()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Server()) as server:
        yield server


@pytest.fixture
async def connections(server: Server) -> AsyncIterator[Connections]:
    connections = Connections(server.url, most=2)
    yield connections
    connections.close()


async def ask(
    connections: Connections,
    path: str = "/",
    body: bytes = b"{}",
    read_timeout: float = 5.0,
    **more: Any,
) -> tuple[int, bytes]:
    url = path if path.startswith("http") else f"{connections._origin}{path}"
    return await connections.ask(
        "POST",
        url,
        body,
        "application/json",
        **{"connect_timeout": 5.0, "read_timeout": read_timeout} | more,
    )


def closing(data: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return say


async def silence(_: asyncio.StreamWriter) -> None:
    """No word."""


# Answers


@pytest.mark.parametrize(
    "said",
    [
        OK,
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    ],
    ids=["with a length", "after a 100", "chunked"],
)
async def test_an_answer_is_read_however_it_comes_and_its_connection_is_used_again(
    server: Server, connections: Connections, said: bytes
) -> None:
    async def byte_by_byte(writer: asyncio.StreamWriter) -> None:
        for byte in said:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    server.says = [said, byte_by_byte]

    assert [await ask(connections, path) for path in ("/a", "/b?c=1")] == [(200, b"ok")] * 2
    assert server.targets == [b"/a", b"/b?c=1"]
    assert server.requests[0].endswith(
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert f"\r\nHost: 127.0.0.1:{server.port}\r\n".encode() in server.requests[0]
    assert len(server.connections) == 1


async def test_a_name_and_a_password_in_the_address_go_along(server: Server) -> None:
    connections = Connections(f"http://ana:s%20e@127.0.0.1:{server.port}", most=1)

    await ask(connections, "/a")
    connections.close()

    assert server.targets == [b"/a"]
    assert (
        f"\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Basic YW5hOnMgZQ==\r\n".encode()
        in server.requests[0]
    )


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        closing(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"),
    ],
    ids=["said so", "old", "no length"],
)
async def test_a_connection_that_ends_with_its_answer_is_used_no_more(
    server: Server, connections: Connections, said: bytes
) -> None:
    server.says = [said]

    assert [await ask(connections) for _ in range(2)] == [(200, b"ok")] * 2
    assert len(server.connections) == 2


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(
    server: Server, connections: Connections
) -> None:
    server.says = [closing(OK)]

    await ask(connections)
    await until(lambda: not connections._free[0].is_open)

    assert await ask(connections) == (200, b"ok")
    assert len(server.connections) == 2


async def test_what_is_unused_is_closed_and_who_wakes_connects_anew(
    server: Server, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = 0.0
    monkeypatch.setattr(module, "boot_time", lambda: boot_time() + slept)

    await ask(connections)
    slept = module.KEPT
    await ask(connections)
    assert len(server.connections) == 2
    slept *= 2
    connections._prune()

    assert not connections._free


async def test_side_by_side_each_has_a_connection_and_no_more_than_the_most(
    server: Server, connections: Connections
) -> None:
    answers = await asyncio.gather(*(ask(connections, f"/{number}") for number in range(20)))

    assert answers == [(200, b"ok")] * 20
    assert sorted(server.targets) == sorted(f"/{number}".encode() for number in range(20))
    assert len(server.connections) == 2


# What fails


@pytest.mark.parametrize(
    "said", [silence, OK[:-1], OK[:20]], ids=["nothing", "a part", "a part of the head"]
)
async def test_a_late_answer_is_nobodys(
    server: Server, connections: Connections, said: bytes
) -> None:
    server.says = [said, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"]

    with pytest.raises(TimeoutError):
        await ask(connections, read_timeout=0.05)

    await until(lambda: server.ended == 1)
    assert await ask(connections) == (200, b"second")
    assert len(server.connections) == 2


async def test_who_gives_up_leaves_no_answer_to_the_next(
    server: Server, connections: Connections
) -> None:
    server.says = [silence]
    given_up = asyncio.create_task(ask(connections))
    await until(lambda: len(server.requests) == 1)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)

    await until(lambda: server.ended == 1)
    assert await ask(connections) == (200, b"ok")
    assert len(server.connections) == 2


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (closing(b""), ConnectionError),
        (closing(OK[:20]), ConnectionError),
        (b"SSH-2.0\r\n\r\n", HttpParserError),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nx",
            HttpParserError,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 17000000\r\n\r\n" + b"x" * 17_000_000, OSError),
    ],
    ids=["hangs up", "half a head", "no HTTP", "something else", "too much"],
)
async def test_what_is_no_answer_is_an_error_and_the_next_call_is_well(
    server: Server, connections: Connections, said: bytes, error: type[Exception]
) -> None:
    server.says = [said]

    with pytest.raises(error):
        await ask(connections)

    await until(lambda: server.ended == 1)
    assert await ask(connections) == (200, b"ok")


async def test_a_word_that_nobody_asked_for_ends_its_connection(
    server: Server, connections: Connections
) -> None:
    await ask(connections)
    server.connections[0].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate")
    await until(lambda: not connections._free[0].is_open)

    assert await ask(connections) == (200, b"ok")


async def test_nothing_leaves_where_no_connection_is_free_in_time(
    server: Server, connections: Connections
) -> None:
    server.says = [silence, silence]
    waiting = [asyncio.create_task(ask(connections)) for _ in range(2)]
    await until(lambda: len(server.requests) == 2)

    with pytest.raises(NotConnected, match="in use"):
        await ask(connections, connect_timeout=0.05)

    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(server.requests) == 2


async def test_nothing_leaves_that_was_not_to_be_sent_any_more(
    server: Server, connections: Connections
) -> None:
    with pytest.raises(NotSentAnyMore):
        await ask(connections, may_send=lambda: False)
    await ask(connections, "/b", may_send=lambda: True)

    assert server.targets == [b"/b"]
    assert len(server.connections) == 1


async def test_nothing_leaves_where_nobody_listens() -> None:
    async with running(Server()) as gone:
        pass

    with pytest.raises(NotConnected):
        await ask(Connections(gone.url, most=1))


# TLS and proxies


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server of https://localhost, its certificate known here."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    async with running(Server(), context) as server:
        yield server


class Proxy(Server):
    """Opens a tunnel to wherever it is asked to, or refuses in its own words."""

    def __init__(self, refusal: bytes = b"") -> None:
        super().__init__()
        self._refusal = refusal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        if self._refusal:
            writer.write(self._refusal)
            return
        host, port = self.targets[-1].decode().split(":")
        there, theirs = await asyncio.open_connection(host, int(port))
        self.connections.append(theirs)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self._carry(reader, theirs), self._carry(there, writer))

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
        except ConnectionError:
            pass
        target.close()


async def test_a_known_certificate_is_taken(secure: Server) -> None:
    connections = Connections(f"https://localhost:{secure.port}", most=1)

    assert [await ask(connections) for _ in range(2)] == [(200, b"ok")] * 2
    assert len(secure.connections) == 1
    connections.close()


async def test_nothing_is_said_to_a_server_whose_certificate_is_anothers(secure: Server) -> None:
    with pytest.raises(NotConnected, match="CertVerification"):
        await ask(Connections(f"https://127.0.0.1:{secure.port}", most=1))

    assert secure.requests == []


async def test_a_tunnel_leads_through_a_proxy_that_wants_a_name(
    secure: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(Proxy()) as proxy:
        monkeypatch.setenv("https_proxy", f"http://ana:s%20e@127.0.0.1:{proxy.port}")
        connections = Connections(f"https://localhost:{secure.port}", most=1)

        assert [await ask(connections, "/a") for _ in range(2)] == [(200, b"ok")] * 2

        assert proxy.targets == [f"localhost:{secure.port}".encode()]
        assert b"\r\nProxy-Authorization: Basic YW5hOnMgZQ==\r\n" in proxy.requests[0]
        assert secure.targets == [b"/a"] * 2
        assert b"Proxy" not in secure.requests[0]
        connections.close()


async def test_a_proxy_that_refuses_lets_nothing_leave(
    secure: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(
        Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    ) as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")

        with pytest.raises(NotConnected, match="the proxy answered 407"):
            await ask(Connections(f"https://localhost:{secure.port}", most=1))

    assert secure.requests == []


async def test_a_proxy_of_another_kind_is_named(
    secure: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")

    with pytest.raises(NotConnected, match="socks5"):
        await ask(Connections(f"https://localhost:{secure.port}", most=1))

"""One call at a time on each connection, no answer taken for another's, and known what has left
when a call fails.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from reminder_bot.bot_api import connector, transport
from reminder_bot.bot_api.errors import NotSent, PerhapsSent
from reminder_bot.bot_api.fields import Encoded
from reminder_bot.bot_api.transport import Transport
from reminder_bot.clock import boot_time
from tests.support.proxies import ConnectProxy
from tests.support.raw_server import (
    OK,
    RawServer,
    Say,
    closing,
    running,
    silence,
    trusted_context,
)
from tests.support.waiting import PATIENCE, until

JSON = Encoded(b"{}", "application/json")


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    async with running(RawServer()) as raw:
        yield raw


@pytest.fixture
async def way(raw: RawServer) -> AsyncIterator[Transport]:
    """A transport to the server, with two connections."""
    way = Transport(raw.url, connections=2, read_timeout=PATIENCE, connect_timeout=PATIENCE)
    await way.initialize()
    yield way
    await way.shutdown()


async def send(
    way: Transport, path: str = "/", content: Encoded = JSON, **options: Any
) -> tuple[int, bytes]:
    return await way.send("POST", f"{way._base_url}{path}", content, **options)


def idle(way: Transport) -> list[Any]:
    """The connections that are kept for the next call."""
    assert way._pool is not None
    connector = way._pool.session.connector
    assert connector is not None
    return [protocol for kept in connector._conns.values() for protocol, _ in kept]


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
    raw: RawServer, way: Transport, said: bytes
) -> None:
    async def byte_by_byte(writer: asyncio.StreamWriter) -> None:
        for byte in said:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    raw.says = [said, byte_by_byte]

    answers = [await send(way, path) for path in ("/a", "/b?c=1")]

    assert answers == [(200, b"ok")] * 2
    assert raw.targets == [b"/a", b"/b?c=1"]
    assert len(raw.connections) == 1


async def test_a_request_is_one_json_object_of_known_length(raw: RawServer, way: Transport) -> None:
    await send(way)

    head, _, body = raw.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST / HTTP/1.1"
    assert f"Host: 127.0.0.1:{raw.port}".encode() in lines
    assert b"Content-Type: application/json" in lines
    assert b"Content-Length: 2" in lines
    assert body == b"{}"


async def test_a_name_and_a_password_in_the_address_go_along(raw: RawServer) -> None:
    way = Transport(f"http://ana:s%20e@127.0.0.1:{raw.port}", connections=1)
    await way.initialize()

    await send(way, "/a")
    await way.shutdown()

    assert raw.targets == [b"/a"]
    assert b"\r\nAuthorization: Basic YW5hOnMgZQ==\r\n" in raw.requests[0]


async def test_a_long_answer_is_read_whole(raw: RawServer, way: Transport) -> None:
    long = b"x" * 3_000_000
    raw.says = [b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + long]

    assert await send(way) == (200, long)


async def test_a_long_request_is_sent_whole(raw: RawServer, way: Transport) -> None:
    await send(way, content=Encoded(b"x" * 3_000_000, "text/plain"))

    assert raw.requests[0].endswith(b"\r\n\r\n" + b"x" * 3_000_000)


async def test_a_redirect_is_not_followed(raw: RawServer, way: Transport) -> None:
    raw.says = [
        f"HTTP/1.1 307 Elsewhere\r\nLocation: {raw.url}/b\r\nContent-Length: 2\r\n\r\nno".encode()
    ]

    answer = await send(way, "/a")

    assert answer == (307, b"no")
    assert raw.targets == [b"/a"]


async def test_a_cookie_is_not_sent_back(raw: RawServer, way: Transport) -> None:
    raw.says = [b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"]

    await send(way)
    await send(way)

    assert b"ookie" not in raw.requests[1]


# Connections


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
    raw: RawServer, way: Transport, said: Say
) -> None:
    raw.says = [said]

    answers = [await send(way) for _ in range(2)]

    assert answers == [(200, b"ok")] * 2
    assert len(raw.connections) == 2


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(
    raw: RawServer, way: Transport
) -> None:
    raw.says = [closing(OK)]

    await send(way)
    await until(lambda: not idle(way)[0].is_connected())

    assert await send(way) == (200, b"ok")
    assert len(raw.connections) == 2


async def test_an_idle_connection_is_closed(
    raw: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "MAX_IDLE", 0.05)
    way = Transport(raw.url, connections=1)
    await way.initialize()

    await send(way)
    await until(lambda: raw.ended == 1)

    await way.shutdown()


async def test_after_a_suspend_calls_go_over_a_new_connection(
    raw: RawServer, way: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspended = 0.0
    monkeypatch.setattr(transport, "boot_time", lambda: boot_time() + suspended)
    await send(way)

    suspended = 60.0
    answers = [await send(way) for _ in range(2)]

    assert answers == [(200, b"ok")] * 2
    assert len(raw.connections) == 2
    await until(lambda: raw.ended == 1)


async def test_a_call_under_way_ends_well_after_the_transport_is_replaced_or_shut_down(
    raw: RawServer, way: Transport
) -> None:
    answer = asyncio.Event()

    async def later(writer: asyncio.StreamWriter) -> None:
        await answer.wait()
        writer.write(OK)

    raw.says = [later]
    under_way = asyncio.create_task(send(way))
    await until(lambda: len(raw.requests) == 1)

    await way.shutdown()
    answer.set()

    assert await under_way == (200, b"ok")
    await until(lambda: raw.ended == 1)


async def test_side_by_side_each_has_a_connection_and_no_more_than_the_limit(
    raw: RawServer, way: Transport
) -> None:
    answers = await asyncio.gather(*(send(way, f"/{number}") for number in range(20)))

    assert answers == [(200, b"ok")] * 20
    assert sorted(raw.targets) == sorted(f"/{number}".encode() for number in range(20))
    assert len(raw.connections) == 2


# Failures


@pytest.mark.parametrize(
    "said", [silence, OK[:-1], OK[:20]], ids=["nothing", "a part", "a part of the head"]
)
async def test_a_late_answer_is_nobodys(raw: RawServer, way: Transport, said: Say) -> None:
    raw.says = [said, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond"]

    with pytest.raises(PerhapsSent, match="TimeoutError"):
        await send(way, read_timeout=0.05)

    await until(lambda: raw.ended == 1)
    assert await send(way) == (200, b"second")
    assert len(raw.connections) == 2


async def test_a_call_of_the_library_waits_as_long_as_the_transport_does(
    raw: RawServer,
) -> None:
    way = Transport(raw.url, connections=1, read_timeout=0.05)
    await way.initialize()
    raw.says = [silence]

    with pytest.raises(PerhapsSent, match="TimeoutError"):
        await way.do_request(f"{raw.url}/", "POST")

    await way.shutdown()


async def test_an_answer_that_drips_for_ever_is_late(raw: RawServer, way: Transport) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    raw.says = [drip]

    with pytest.raises(PerhapsSent, match="TimeoutError"):
        await send(way, read_timeout=0.2)


async def test_a_call_that_is_given_up_leaves_no_answer_to_the_next(
    raw: RawServer, way: Transport
) -> None:
    raw.says = [silence]
    given_up = asyncio.create_task(send(way))
    await until(lambda: len(raw.requests) == 1)

    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)

    await until(lambda: raw.ended == 1)
    assert await send(way) == (200, b"ok")
    assert len(raw.connections) == 2


@pytest.mark.parametrize(
    "said",
    [
        closing(b""),
        closing(OK[:20]),
        closing(OK[:-1]),
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
    ids=[
        "hangs up",
        "half a head",
        "half a body",
        "no HTTP",
        "no length",
        "no chunk",
        "too long a head",
    ],
)
async def test_what_is_no_answer_is_perhaps_sent_and_the_next_call_is_well(
    raw: RawServer, way: Transport, said: Say
) -> None:
    raw.says = [said]

    with pytest.raises(PerhapsSent):
        await send(way)

    await until(lambda: raw.ended == 1)
    assert await send(way) == (200, b"ok")


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 17000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n1036640\r\n"],
    ids=["with a length", "chunked"],
)
async def test_an_answer_that_is_too_large_is_given_up(
    raw: RawServer, way: Transport, head: bytes
) -> None:
    raw.says = [b"HTTP/1.1 200 OK\r\n" + head + b"x" * 17_000_000]

    with pytest.raises(PerhapsSent, match="ValueError"):
        await send(way)

    await until(lambda: raw.ended == 1)
    assert await send(way) == (200, b"ok")


async def test_an_answer_that_nobody_asked_for_ends_its_connection(
    raw: RawServer, way: Transport
) -> None:
    await send(way)
    [kept] = idle(way)
    raw.connections[0].write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate")
    await until(lambda: kept.should_close)

    assert await send(way) == (200, b"ok")
    assert len(raw.connections) == 2


@pytest.mark.parametrize("said", [OK, OK[:-1]], ids=["whole", "a part"])
async def test_nothing_leaves_where_an_answer_came_before_the_request(
    raw: RawServer, way: Transport, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    """The server speaks between the choice of the kept connection and the request."""
    choose = connector._SilentConnector.connect

    async def choose_and_wait(*given: Any, **options: Any) -> Any:
        connection = await choose(*given, **options)
        protocol = connection.protocol
        assert protocol is not None
        raw.connections[0].write(said)
        await until(lambda: protocol.should_close)
        return connection

    await send(way, "/a")
    with monkeypatch.context() as patch:
        patch.setattr(connector._SilentConnector, "connect", choose_and_wait)
        with pytest.raises(NotSent):
            await send(way, "/b")
    await send(way, "/c")

    assert raw.targets == [b"/a", b"/c"]


async def test_nothing_leaves_where_no_connection_is_free_in_time(
    raw: RawServer, way: Transport
) -> None:
    raw.says = [silence, silence]
    waiting = [asyncio.create_task(send(way)) for _ in range(2)]
    await until(lambda: len(raw.requests) == 2)
    way._connect_timeout = 0.05

    with pytest.raises(NotSent):
        await send(way)

    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert len(raw.requests) == 2


async def test_nothing_leaves_where_nobody_listens() -> None:
    async with running(RawServer()) as gone:
        pass
    way = Transport(gone.url, connections=1)
    await way.initialize()

    with pytest.raises(NotSent, match=r"no connection to Telegram \(ClientConnectorError\)"):
        await send(way)

    await way.shutdown()


# The last look before a request leaves


async def test_a_call_that_is_not_to_be_sent_any_more_does_not_leave(
    raw: RawServer, way: Transport
) -> None:
    with pytest.raises(NotSent, match="no longer to be sent"):
        await send(way, "/a", may_send=lambda: False)
    await send(way, "/b", may_send=lambda: True)

    assert raw.targets == [b"/b"]


async def test_on_a_kept_connection_the_last_look_is_the_same(
    raw: RawServer, way: Transport
) -> None:
    await send(way, "/a")

    with pytest.raises(NotSent, match="no longer to be sent"):
        await send(way, "/b", may_send=lambda: False)

    assert raw.targets == [b"/a"]


async def test_the_last_look_is_when_the_connection_stands(
    secure: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is made slow, and meanwhile the call is no longer wanted."""
    async with running(ConnectProxy()) as proxy:
        proxy.may_open.clear()
        way = Transport(
            f"https://localhost:{secure.port}",
            connections=1,
            proxy=f"http://127.0.0.1:{proxy.port}",
            connect_timeout=PATIENCE,
        )
        await way.initialize()
        is_wanted = True
        looks: list[int] = []

        def may_send() -> bool:
            looks.append(len(proxy.connections))
            return is_wanted

        call = asyncio.create_task(send(way, may_send=may_send))
        await until(lambda: len(proxy.asked) == 1)
        is_wanted = False
        proxy.may_open.set()

        with pytest.raises(NotSent, match="no longer to be sent"):
            await call

        assert looks == [2], "asked once, when the proxy has both sides of the tunnel"
        await until(lambda: secure.ended == 1)
        assert secure.requests == []
        await way.shutdown()


async def test_nothing_leaves_after_the_call_was_given_up(raw: RawServer, way: Transport) -> None:
    """The call is cancelled in the very moment in which its request would leave."""
    call: asyncio.Task[Any]

    def cancel() -> bool:
        call.cancel()
        return False

    call = asyncio.create_task(send(way, may_send=cancel))

    with pytest.raises((asyncio.CancelledError, NotSent)):
        await call

    assert await send(way, "/b") == (200, b"ok")
    assert raw.targets == [b"/b"]


# TLS


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RawServer]:
    """A server of https://localhost whose certificate is known here."""
    context, authority = trusted_context(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with running(RawServer(), context) as server:
        yield server


async def test_a_known_certificate_is_accepted(secure: RawServer) -> None:
    way = Transport(f"https://localhost:{secure.port}", connections=1)
    await way.initialize()

    answers = [await send(way) for _ in range(2)]
    await way.shutdown()

    assert answers == [(200, b"ok")] * 2
    assert len(secure.connections) == 1


async def test_nothing_is_said_to_a_server_with_the_certificate_of_another(
    secure: RawServer,
) -> None:
    way = Transport(f"https://127.0.0.1:{secure.port}", connections=1)
    await way.initialize()

    with pytest.raises(NotSent, match="Certificate"):
        await send(way)

    await way.shutdown()
    assert secure.requests == []

"""A server with several addresses is reached by the one that works, wherever the others fail."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from reminder_bot.bot_api.errors import NotSent
from reminder_bot.bot_api.fields import Encoded
from reminder_bot.bot_api.transport import Transport
from tests.support.raw_server import RawServer, running, trusted_context
from tests.support.waiting import PATIENCE

IPV6, IPV4 = "::1", "127.0.0.1"
NAME = "telegram.test"


class Broken(RawServer):
    """Accepts a connection and lets TLS fail: it hangs up, or never says a word."""

    def __init__(self, *, is_silent: bool) -> None:
        super().__init__()
        self._is_silent = is_silent

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        await reader.read(100)
        if not self._is_silent:
            writer.transport.abort()


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """TLS of a server of that name, whose authority is known here."""
    context, authority = trusted_context(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


def resolve(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let the name of the server have these addresses, in this order."""
    real = aiohttp.ThreadedResolver.resolve

    async def resolve(
        self: aiohttp.ThreadedResolver, host: str, *given: Any, **named: Any
    ) -> list[Any]:
        asked = addresses if host == NAME else (host,)
        return [found for each in asked for found in await real(self, each, *given, **named)]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)


@asynccontextmanager
async def transport_to(
    server: RawServer, connect_timeout: float = PATIENCE
) -> AsyncIterator[Transport]:
    way = Transport(f"https://{NAME}:{server.port}", connections=1, connect_timeout=connect_timeout)
    await way.initialize()
    try:
        yield way
    finally:
        await way.shutdown()


async def send(way: Transport) -> tuple[int, bytes]:
    return await way.send("POST", f"{way._base_url}/", Encoded(b"{}", "application/json"))


@pytest.mark.parametrize("is_silent", [False, True], ids=["resets", "is silent"])
@pytest.mark.parametrize(("bad_one", "good_one"), [(IPV6, IPV4), (IPV4, IPV6)])
async def test_an_address_where_tls_fails_is_left_for_one_that_works(
    context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    bad_one: str,
    good_one: str,
    is_silent: bool,
) -> None:
    resolve(monkeypatch, bad_one, good_one)
    async with (
        running(RawServer(), context, host=good_one) as good,
        running(Broken(is_silent=is_silent), host=bad_one, port=good.port) as bad,
        transport_to(good, connect_timeout=6 if is_silent else PATIENCE) as way,
    ):
        answer = await send(way)

        assert answer == (200, b"ok")
        assert len(bad.connections) == 1, "it was tried first, and once"


async def test_an_address_that_refuses_is_left_for_one_that_works(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, IPV6, IPV4)
    async with running(RawServer(), context, host=IPV4) as good, transport_to(good) as way:
        assert await send(way) == (200, b"ok")


async def test_where_tls_fails_on_all_addresses_nothing_was_sent(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, IPV6, IPV4)
    bad = [Broken(is_silent=False) for _ in range(2)]
    async with (
        running(bad[0], host=IPV4),
        running(bad[1], host=IPV6, port=bad[0].port),
        transport_to(bad[0]) as way,
    ):
        with pytest.raises(NotSent, match="no connection to Telegram"):
            await send(way)

    assert [len(each.connections) for each in bad] == [1, 2], "none is tried for ever"


async def test_aiohttp_still_connects_through_the_method_that_is_overridden(
    context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is private, so a release of aiohttp may rename it or change what it is given."""
    name = "_wrap_create_connection"
    original = getattr(aiohttp.TCPConnector, name, None)
    assert original is not None, f"aiohttp.TCPConnector has no {name} any more: see connector.py"
    attempts: list[int] = []

    async def connect(*args: Any, addr_infos: list[Any], **kwargs: Any) -> Any:
        attempts.append(len(addr_infos))
        return await original(*args, addr_infos=addr_infos, **kwargs)

    monkeypatch.setattr(aiohttp.TCPConnector, name, connect)
    resolve(monkeypatch, IPV6, IPV4)
    async with (
        running(RawServer(), context, host=IPV4) as good,
        running(Broken(is_silent=False), host=IPV6, port=good.port),
        transport_to(good) as way,
    ):
        with suppress(NotSent):  # the assertion below says why
            await send(way)

    changed = f"aiohttp.TCPConnector connects without {name}, or gives it other arguments"
    assert attempts == [2, 1], f"{changed}: see connector.py"

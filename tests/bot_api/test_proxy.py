"""The proxy that the host names is found, or refused with a line that says what to do; calls go
through it.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from reminder_bot.app import App
from reminder_bot.bot_api.errors import NotSent
from reminder_bot.bot_api.fields import Encoded
from reminder_bot.bot_api.proxy import Proxy, ProxyError, find_proxy, parse_proxy
from reminder_bot.bot_api.transport import Transport
from reminder_bot.clock import Clock
from reminder_bot.settings import Settings
from reminder_bot.simulator import BotApiServer
from tests.support import world
from tests.support.databases import new_sqlite
from tests.support.proxies import ConnectProxy, SocksProxy
from tests.support.raw_server import RawServer, running, trusted_context
from tests.support.waiting import PATIENCE, until

TELEGRAM = "https://api.telegram.org"


# Which proxy


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, None),
        ({"https_proxy": "http://a:1"}, "a"),
        ({"HTTPS_PROXY": "http://a:1"}, "a"),
        ({"all_proxy": "http://b:1"}, "b"),
        ({"ALL_PROXY": "http://b:1"}, "b"),
        ({"https_proxy": "http://a:1", "ALL_PROXY": "http://b:1"}, "a"),
        ({"http_proxy": "http://c:1"}, None),
        ({"https_proxy": "http://a:1", "no_proxy": "telegram.org"}, None),
        ({"https_proxy": "http://a:1", "NO_PROXY": "api.telegram.org,localhost"}, None),
        ({"all_proxy": "http://b:1", "no_proxy": "*"}, None),
        ({"https_proxy": "http://a:1", "no_proxy": "elsewhere.org"}, "a"),
        ({"https_proxy": ""}, None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], host: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    found = find_proxy(TELEGRAM)

    assert (found and found.host) == host


def test_calls_without_tls_have_a_proxy_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://a:1")
    monkeypatch.setenv("http_proxy", "http://c:1")

    assert find_proxy("http://telegram.test") == Proxy("http", "c", 1)


@pytest.mark.parametrize("server", ["127.0.0.1", "[::1]", "localhost"])
def test_a_server_of_this_machine_is_called_directly(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setenv("all_proxy", "http://a:1")

    assert find_proxy(f"http://{server}:8081") is None
    assert find_proxy(f"http://{server}:8081", "http://127.0.0.1:1") is not None


def test_a_proxy_elsewhere_is_not_shown_the_token() -> None:
    with pytest.raises(ProxyError, match=r"^REMINDER_BOT_PROXY is 'http://…@host:1', .+ clear"):
        find_proxy("http://127.0.0.1:8081", "http://ana:password@host:1")


def test_the_setting_replaces_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://a:1")
    monkeypatch.setenv("no_proxy", "*")

    assert find_proxy(TELEGRAM, "http://d:1") == Proxy("http", "d", 1)


@pytest.mark.parametrize(
    ("address", "proxy"),
    [
        ("http://host:3128", Proxy("http", "host", 3128)),
        ("http://host:3128/", Proxy("http", "host", 3128)),
        ("host:3128", Proxy("http", "host", 3128)),
        ("HTTP://Host", Proxy("http", "host", 80)),
        ("https://host", Proxy("https", "host", 443)),
        (" socks5://host\n", Proxy("socks5", "host", 1080)),
        ("socks5h://host:9050", Proxy("socks5", "host", 9050)),
        ("http://[::1]:3128", Proxy("http", "::1", 3128)),
        ("http://ana:s%40e%3A@host:1", Proxy("http", "host", 1, "ana", "s@e:")),
        ("socks5://ana@host", Proxy("socks5", "host", 1080, "ana")),
    ],
)
def test_an_address_is_read_as_people_write_it(address: str, proxy: Proxy) -> None:
    assert parse_proxy(address) == proxy


NO_ADDRESS = r"which is no address of a proxy: write it like http://host:3128, .+ password, .+"
UNKNOWN = r"a kind of proxy that is not known: write it like http://host:3128, .+"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("http://", rf"is 'http://', {NO_ADDRESS}"),
        ("http://:3128", rf"is 'http://:3128', {NO_ADDRESS}"),
        ("http://host:port", rf"is 'http://…', {NO_ADDRESS}"),
        ("http://host:70000", rf"is 'http://host:70000', {NO_ADDRESS}"),
        ("http://host:0", rf"is 'http://host:0', {NO_ADDRESS}"),
        ("http://[::1:3128", rf"is 'http://…', {NO_ADDRESS}"),
        ("http://ho st:3128", rf"is 'http://ho', {NO_ADDRESS}"),
        ("http://host:31\n28", rf"is 'http://host:31', {NO_ADDRESS}"),
        ("http://hóst:3128", rf"is 'http://hóst:3128', {NO_ADDRESS}"),
        ("http://host:3128/path", rf"is 'http://host:3128', {NO_ADDRESS}"),
        ("http://ana:pass/word@host:3128", rf"is 'http://…@host:3128', {NO_ADDRESS}"),
        ("http://ana:pass#word@host:3128", rf"is 'http://…@host:3128', {NO_ADDRESS}"),
        ("host:3128:ana:password", rf"is '…', {NO_ADDRESS}"),
        ("socks4://host:1080", rf"is 'socks4://host:1080', {UNKNOWN}"),
        ("ftp://ana:password@host", rf"is 'ftp://…@host', {UNKNOWN}"),
        ("socks5://ana:%C5%82@host", r"is 'socks5://…@host', .+: use ASCII characters only"),
    ],
)
def test_a_malformed_address_is_refused_with_the_cure(address: str, line: str) -> None:
    with pytest.raises(ProxyError, match=f"^{line}$") as caught:
        parse_proxy(address)

    assert "ana" not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["12345", "hunter2", "se://cret", "p@s:5x", "pa:55", "p/w#d?5"]
)
@pytest.mark.parametrize(
    "address",
    [
        "{}:3128",
        "{}:proxy.example:3128",
        "{}@proxy.example:port",
        "{}@http://proxy.example:3128",
        "{}@proxy.example:3128:3129",
        "proxy.example:3128:{}",
        "http://{}@proxy.example:port",
        "http://{}@proxy.example:99999",
        "http://{}@[::1:3128",
        "http://{}@proxy.example:3128/path",
        "http://{}:proxy.example:3128",
        "http://http://{}@proxy.example:3128",
        "ftp://{}@proxy.example",
        "socks4://{}@proxy.example:1080",
        "://{}@proxy.example:1080",
    ],
)
def test_however_an_address_is_malformed_its_password_is_not_shown(
    address: str, password: str
) -> None:
    with pytest.raises(ProxyError) as caught:
        parse_proxy(address.format(f"alice:{password}"))

    shown = str(caught.value).partition(", which is no address")[0].partition(", a kind of")[0]
    assert "alice" not in shown
    assert not any(part in shown for part in re.split(r"[:@/#?]+", password) if len(part) > 1)


@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
def test_the_variable_with_the_malformed_address_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "gopher://host")

    with pytest.raises(ProxyError, match=f"^{name} is 'gopher://host', a kind of proxy"):
        find_proxy(TELEGRAM)


def test_a_socks_proxy_without_its_package_is_refused_with_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp_socks", None)

    with pytest.raises(ProxyError, match=r"pip install '\.\[socks\]'"):
        parse_proxy("socks5://ana:password@host")


def test_a_password_is_not_printed_and_known_as_a_secret() -> None:
    proxy = parse_proxy("http://ana:s%40crét@host".replace("é", "%C3%A9"))

    assert "cr" not in repr(proxy)
    assert proxy.secrets == {"s@crét", "s%40cr%C3%A9t"}


# Through the proxy


@pytest.fixture
async def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RawServer]:
    """A server that calls itself telegram.test, a name that only proxies can resolve."""
    context, authority = trusted_context(tmp_path, "telegram.test", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with running(RawServer(), context) as server:
        yield server


@asynccontextmanager
async def transport_to(base_url: str, proxy: str | None = None) -> AsyncIterator[Transport]:
    way = Transport(
        base_url, connections=1, proxy=proxy, read_timeout=PATIENCE, connect_timeout=PATIENCE
    )
    await way.initialize()
    try:
        yield way
    finally:
        await way.shutdown()


async def send(way: Transport, path: str) -> tuple[int, bytes]:
    return await way.send("POST", f"{way._base_url}{path}", Encoded(b"{}", "application/json"))


HOSTS = {"telegram.test": "127.0.0.1"}
# The password is beyond Latin-1, and has what must be escaped in an address.
CREDENTIALS = ("ana", "s @ł")
WRITTEN = "ana:s%20%40%C5%82"
BASIC = b"Proxy-Authorization: Basic YW5hOnMgQMWC"


async def test_an_http_proxy_opens_a_tunnel_and_credentials_stay_with_it(
    secure: RawServer,
) -> None:
    async with (
        running(ConnectProxy(HOSTS)) as proxy,
        transport_to(
            f"https://telegram.test:{secure.port}", f"http://{WRITTEN}@127.0.0.1:{proxy.port}"
        ) as way,
    ):
        answers = [await send(way, "/a") for _ in range(2)]

    assert answers == [(200, b"ok")] * 2
    assert proxy.asked == [("telegram.test", secure.port)], "one tunnel for both"
    assert BASIC in proxy.requests[0]
    assert secure.targets == [b"/a"] * 2
    assert b"Proxy" not in secure.requests[0]


async def test_an_https_proxy_opens_a_tunnel(
    secure: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both speak TLS, with one authority."""
    (tmp_path / "proxy").mkdir()
    context, authority = trusted_context(tmp_path / "proxy", "localhost")
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "authority.pem").read_text() + authority.read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(both))
    async with (
        running(ConnectProxy(HOSTS), context) as proxy,
        transport_to(
            f"https://telegram.test:{secure.port}", f"https://{WRITTEN}@localhost:{proxy.port}"
        ) as way,
    ):
        answer = await send(way, "/a")

    assert answer == (200, b"ok")
    assert BASIC in proxy.requests[0]
    assert b"Proxy" not in secure.requests[0]


async def test_without_tls_an_http_proxy_is_asked_for_the_whole_address() -> None:
    """The server stands in for the proxy."""
    async with (
        running(RawServer()) as proxy,
        transport_to("http://telegram.invalid", f"http://{WRITTEN}@127.0.0.1:{proxy.port}") as way,
    ):
        answer = await send(way, "/a")

    assert answer == (200, b"ok")
    assert proxy.targets == [b"http://telegram.invalid/a"]
    assert BASIC in proxy.requests[0]


@pytest.mark.parametrize("credentials", [None, ("ana", "s @")], ids=["open", "with a password"])
async def test_a_socks_proxy_leads_to_the_server_and_resolves_its_name(
    secure: RawServer, credentials: tuple[str, str] | None
) -> None:
    written = "ana:s%20%40@" if credentials else ""
    async with (
        running(SocksProxy(HOSTS, credentials=credentials)) as proxy,
        transport_to(
            f"https://telegram.test:{secure.port}", f"socks5://{written}127.0.0.1:{proxy.port}"
        ) as way,
    ):
        answers = [await send(way, "/a") for _ in range(2)]

    assert answers == [(200, b"ok")] * 2
    assert proxy.asked == [("telegram.test", secure.port)], "one tunnel for both"
    assert proxy.seen == ([credentials] if credentials else [])


@pytest.mark.parametrize("name", ["https_proxy", "ALL_PROXY"])
async def test_the_proxy_of_the_environment_is_used(
    secure: RawServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with running(ConnectProxy(HOSTS)) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with transport_to(f"https://telegram.test:{secure.port}") as way:
            monkeypatch.setenv(name, "http://127.0.0.1:1")  # found once, not at every call
            answers = [await send(way, "/a") for _ in range(2)]

    assert answers == [(200, b"ok")] * 2
    assert len(proxy.asked) == 1


async def test_long_polls_go_through_the_proxy_of_the_sends(secure: RawServer) -> None:
    async with running(ConnectProxy(HOSTS)) as proxy:
        sends = Transport(
            f"https://telegram.test:{secure.port}",
            connections=1,
            proxy=f"http://127.0.0.1:{proxy.port}",
        )
        polls = sends.for_polling(read_timeout=PATIENCE)
        await polls.initialize()
        answer = await send(polls, "/a")
        await polls.shutdown()

    assert answer == (200, b"ok")
    assert len(proxy.asked) == 1


async def test_the_bot_sends_and_polls_through_the_proxy_of_the_setting(
    folder: Path,
) -> None:
    """The server stands in for the proxy of a server that is not there."""
    async with BotApiServer(token=world.TOKEN, clock=Clock()) as server:
        settings = Settings(
            token=world.TOKEN,
            data_dir=folder,
            database_url=new_sqlite(folder),
            api_base_url="http://127.0.0.1:1",
            proxy=server.base_url,
        )
        app = App(settings)
        running_app = asyncio.create_task(app.run())

        await until(lambda: {"getMe", "getUpdates"} <= {call.method for call in server.log})

        app.stopping.set()
        assert await running_app == 0


REFUSAL = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"


async def test_a_proxy_that_refuses_lets_nothing_leave(secure: RawServer) -> None:
    async with (
        running(ConnectProxy(HOSTS, refusal=REFUSAL)) as proxy,
        transport_to(
            f"https://telegram.test:{secure.port}", f"http://127.0.0.1:{proxy.port}"
        ) as way,
    ):
        with pytest.raises(NotSent, match="the proxy answered 407"):
            await send(way, "/a")

    assert secure.requests == []


async def test_a_socks_proxy_that_refuses_lets_nothing_leave(secure: RawServer) -> None:
    async with (
        running(SocksProxy(HOSTS, credentials=("ben", "other"))) as proxy,
        transport_to(
            f"https://telegram.test:{secure.port}",
            f"socks5://ana:wrong@127.0.0.1:{proxy.port}",
        ) as way,
    ):
        with pytest.raises(NotSent, match=r"no connection to Telegram \(ProxyError\)"):
            await send(way, "/a")

    assert secure.requests == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_away_lets_nothing_leave(secure: RawServer, scheme: str) -> None:
    async with transport_to(
        f"https://telegram.test:{secure.port}", f"{scheme}://127.0.0.1:1"
    ) as way:
        with pytest.raises(NotSent, match=r"proxy|Proxy"):
            await send(way, "/a")

    assert secure.requests == []

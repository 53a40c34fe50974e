"""Connections to the Bot API: kept alive, through a proxy if there is one, and to an address that
works if the server has several.

aiohttp connects by happy eyeballs (RFC 8305), but its race ends when a TCP connection is
established. If the TLS handshake then fails, aiohttp drops one address of each family. Telegram has
one IPv6 and one IPv4 address, so none would be left to try. Therefore the addresses are tried once
more, one by one.

    race of all addresses ──TCP and TLS established──▶ connected
      └─ failed ─▶ the last address ─ failed ─▶ … ─▶ the first address ─ failed ─▶ no connection

The first address is tried last, because it most likely won the race before its TLS failed.

An idle connection on which the server has sent something unasked is not used again, because aiohttp
would take those bytes for the answer to the next request.
"""

import asyncio
import ssl
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from reminder_bot.bot_api.proxy import Proxy

__all__ = ["MAX_IDLE", "open_connector", "proxy_options", "tls_context"]

# Seconds. Servers close connections that are idle for longer, possibly at the moment when one is
# used again.
MAX_IDLE = 15.0


def open_connector(
    proxy: Proxy | None, *, limit: int, attempt_timeout: float, context: ssl.SSLContext | None
) -> aiohttp.TCPConnector:
    """A pool of at most `limit` connections.

    attempt_timeout: seconds for one address to connect, if there are several.
    """
    options: dict[str, Any] = {"limit": limit, "keepalive_timeout": MAX_IDLE}
    if context is not None:
        options["ssl"] = context
    if proxy is not None and proxy.is_socks:
        return _open_socks_connector(proxy, options)
    return _EachAddressConnector(attempt_timeout, **options)


def proxy_options(proxy: Proxy | None, *, is_secure: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """How aiohttp is told about an http or https proxy: (options of each request, headers of all).

    The credentials are sent as a header instead of in the proxy's URL, because aiohttp puts that
    URL into error messages and can't encode a password beyond Latin-1. For a tunnel (CONNECT) the
    header goes to the proxy only; without TLS the proxy reads it from the request itself.
    """
    if proxy is None or proxy.is_socks:
        return {}, {}
    request: dict[str, Any] = {
        "proxy": URL.build(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
    }
    if not proxy.user:
        return request, {}
    credentials = aiohttp.encode_basic_auth(proxy.user, proxy.password, encoding="utf-8")
    header = {"Proxy-Authorization": credentials}
    if is_secure:
        return request | {"proxy_headers": header}, {}
    return request, header


def tls_context() -> ssl.SSLContext:
    """A context that verifies certificates. Reading the authorities takes some 20 ms."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _SilentConnector(aiohttp.TCPConnector):
    """Reuses an idle connection only if nothing has arrived on it since its last answer."""

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close:
                return connection
            connection.close()


class _EachAddressConnector(_SilentConnector):
    """Falls back to the server's other addresses if a TLS handshake fails."""

    def __init__(self, attempt_timeout: float, **options: Any) -> None:
        super().__init__(**options)
        self._attempt_timeout = attempt_timeout

    # Private to aiohttp, but nothing else sees both the addresses and a failed TLS handshake. The
    # public hooks see less: a `socket_factory` is called before TLS begins, a resolver does not
    # learn of failures and is asked only when aiohttp's DNS cache has expired, and a trace can't
    # retry. If a release renames this method, aiohttp's own behaviour remains, and
    # `test_aiohttp_still_connects_through_the_method_that_is_overridden` fails.
    async def _wrap_create_connection(
        self, *args: Any, addr_infos: list[Any], **kwargs: Any
    ) -> Any:
        if len(addr_infos) == 1 or not kwargs.get("ssl"):
            return await super()._wrap_create_connection(*args, addr_infos=addr_infos, **kwargs)
        failure: Exception | None = None
        for some in [addr_infos, *([each] for each in reversed(addr_infos))]:
            try:
                async with asyncio.timeout(self._attempt_timeout):
                    return await super()._wrap_create_connection(
                        *args, addr_infos=list(some), **kwargs
                    )
            except (aiohttp.ClientConnectorError, TimeoutError) as error:
                failure = error
        addr_infos.clear()  # otherwise aiohttp would start again with the addresses that are left
        assert failure is not None
        raise failure


def _open_socks_connector(proxy: Proxy, options: dict[str, Any]) -> aiohttp.TCPConnector:
    from aiohttp_socks import ProxyConnector, ProxyType

    class SocksConnector(_SilentConnector, ProxyConnector):
        pass

    return SocksConnector(
        host=proxy.host,
        port=proxy.port,
        proxy_type=ProxyType.SOCKS5,
        username=proxy.user or None,
        password=proxy.password or None,
        rdns=True,
        **options,
    )

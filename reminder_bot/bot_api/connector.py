"""Connections to the Bot API: kept alive, through a proxy where there is one, to an address that
works where the server has several.

aiohttp connects by happy eyeballs (RFC 8305), but the race is over when TCP stands. If TLS then
fails, aiohttp drops one address of each family: with one IPv6 and one IPv4 address, as Telegram has
them, nothing is left to try. So the addresses are tried once more one by one.

    race of all addresses ──TCP and TLS stand──▶ connected
      └─ failed ─▶ the last address ─ failed ─▶ … ─▶ the first address ─ failed ─▶ no connection

The first address is tried last: it most likely won the race, and its TLS failed.

A kept connection on which the server has said something that nobody asked for is not used again.
aiohttp would take those bytes for the answer to the next request.
"""

import asyncio
import ssl
from typing import Any

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from reminder_bot.bot_api.proxy import Proxy

__all__ = ["MAX_IDLE", "open_connector", "proxy_options", "tls_context"]

# Seconds. Servers close connections that are idle for longer, and might do so just when such a
# connection is used again.
MAX_IDLE = 15.0


def open_connector(
    proxy: Proxy | None, *, limit: int, attempt_timeout: float, context: ssl.SSLContext | None
) -> aiohttp.TCPConnector:
    """A pool of at most `limit` connections.

    attempt_timeout: seconds for one address to connect, where there are several.
    """
    options: dict[str, Any] = {"limit": limit, "keepalive_timeout": MAX_IDLE}
    if context is not None:
        options["ssl"] = context
    if proxy is not None and proxy.is_socks:
        return _open_socks_connector(proxy, options)
    return _EachAddressConnector(attempt_timeout, **options)


def proxy_options(proxy: Proxy | None, *, is_secure: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """What aiohttp must be told about an http or https proxy: options of each request, and headers
    of all requests.

    The credentials go as a header, not in the proxy's URL: aiohttp puts that URL into the texts of
    errors, and it can't encode a password beyond Latin-1. In a tunnel they are for the proxy only;
    without TLS the proxy reads them from the request itself.
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
    """Reading the authorities' certificates takes some 20 ms: once per transport."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class _SilentConnector(aiohttp.TCPConnector):
    """Gives out a kept connection only if nothing came on it since its last answer."""

    async def connect(self, *args: Any, **kwargs: Any) -> Connection:
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close:
                return connection
            connection.close()


class _EachAddressConnector(_SilentConnector):
    def __init__(self, attempt_timeout: float, **options: Any) -> None:
        super().__init__(**options)
        self._attempt_timeout = attempt_timeout

    # A private method of aiohttp, the only place that sees the addresses and the failure of TLS.
    # Should a release rename it, aiohttp's own behaviour remains, and the test of it fails.
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
        addr_infos.clear()  # so that aiohttp does not begin again with what is left of them
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

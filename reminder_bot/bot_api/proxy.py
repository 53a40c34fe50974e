"""Which proxy the calls to Telegram use, and the errors for a malformed address.

    REMINDER_BOT_PROXY, if set
      └─▶ else https_proxy or http_proxy, by the scheme of the Bot API's address
            └─▶ else all_proxy
                  └─▶ else no proxy

The variables of the environment are read in lower and upper case, and no_proxy exempts hosts from
them, as in curl; a Bot API server on this machine needs no such exemption. The setting is meant for
this bot alone, so no_proxy does not apply to it.

For http:// and https:// proxies aiohttp opens a tunnel (CONNECT). A socks5:// proxy needs
aiohttp-socks, the extra `socks`; the proxy resolves the host name, because local name servers may
lie where Telegram is blocked. aiohttp-socks 0.12.0 (August 2026, Apache-2.0, typed) was reviewed
before it was chosen: it depends only on aiohttp and on python-socks, which is pure Python and has
no dependencies.
"""

import importlib.util
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, unquote, urlsplit

__all__ = ["SETTING", "Proxy", "ProxyError", "find_proxy", "is_loopback", "parse_proxy"]

SETTING = "REMINDER_BOT_PROXY"
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_EXAMPLES = "http://host:3128, https://host:443 or socks5://user:password@host:1080"
_FORM = f"write it like {_EXAMPLES}, with %40 for an @ in the password, %2F for a / and %3A for a :"


class ProxyError(ValueError):
    """The address of a proxy can't be used.

    The text is one line with the value, what is wrong with it and what to do; user name and
    password are left out.
    """


@dataclass(frozen=True, slots=True)
class Proxy:
    """scheme: http, https or socks5. user and password: empty if the address has none."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def is_socks(self) -> bool:
        return self.scheme == "socks5"

    @property
    def secrets(self) -> frozenset[str]:
        """The password, plain and percent-encoded; the log replaces both."""
        return frozenset({self.password, quote(self.password, safe="")} - {""})


def find_proxy(base_url: str, setting: str | None = None) -> Proxy | None:
    """The proxy for calls to `base_url`; None if there is none. Raises ProxyError.

    setting: the value of REMINDER_BOT_PROXY, which replaces the environment's proxies.
    """
    server = urlsplit(base_url)
    if setting:
        proxy = _parse_variable(SETTING, setting)
        if server.scheme == "http" and not is_loopback(proxy.host):
            raise ProxyError(
                f"{SETTING} is {_shown(setting)!r}, which would see the token in the clear: "
                "use a Bot API server with https://"
            )
        return proxy
    if is_loopback(server.hostname or "") or not _names_proxies(os.environ):
        return None
    # Imported only if needed: it takes 12 ms, and `health` runs every minute.
    from urllib.request import getproxies, proxy_bypass

    by_scheme = getproxies()
    scheme = server.scheme if server.scheme in by_scheme else "all"
    if scheme not in by_scheme or proxy_bypass(server.netloc.rpartition("@")[2]):
        return None
    return _parse_variable(_name_in_environment(f"{scheme}_proxy"), by_scheme[scheme])


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, judged by its name alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def parse_proxy(address: str) -> Proxy:
    """The proxy that an address names; `http://` is the default scheme. Raises ProxyError."""
    address = address.strip()
    parts = _split(address)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ProxyError(
            f"is {_shown(address)!r}, a kind of proxy that is not known: write it like {_EXAMPLES}"
        )
    scheme = parts.scheme.removesuffix("h")  # the host name is always left to a SOCKS proxy
    if scheme == "socks5" and not _has_socks():
        raise ProxyError(
            f"is {_shown(address)!r}, and the package for SOCKS proxies is not installed: "
            "pip install '.[socks]'"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if scheme == "socks5" and not (user + password).isascii():
        raise ProxyError(
            f"is {_shown(address)!r}, with a user name or password that SOCKS can't carry: "
            "use ASCII characters only"
        )
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return Proxy(scheme, parts.hostname or "", port, user, password)


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not match, letters for a port, a port above 65535
        is_whole = False
    if not is_whole or not re.fullmatch(r"[!-~]+", address) or _rest(parts):
        raise ProxyError(f"is {_shown(address)!r}, which is no address of a proxy: {_FORM}")
    return parts


def _rest(parts: SplitResult) -> str:
    """What follows host and port; anything but a single slash is most likely a part of a password
    that should have been escaped.
    """
    return parts.path.removeprefix("/") + parts.query + parts.fragment


def _shown(address: str) -> str:
    """The address without what is, or could be, a user name or a password.

    Proxy vendors also write host:port:user:password, or user:password:host:port. So host and port
    are shown only if nothing else stands beside them.
    """
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,19}://|", address)
    assert scheme is not None, "the pattern matches nothing as well"
    credentials, at, place = address[scheme.end() :].rpartition("@")
    place = re.split(r"[/?#\s]", place, maxsplit=1)[0]
    is_place = re.fullmatch(r"(\[[0-9A-Fa-f:.]*\]|[\w.-]{0,80})(:\d{0,5})?", place)
    if not is_place or credentials.count(":") > 1:
        return f"{scheme[0]}…"
    return f"{scheme[0]}{'…@' if at else ''}{place}"


def _parse_variable(name: str, address: str) -> Proxy:
    try:
        return parse_proxy(address)
    except ProxyError as error:
        raise ProxyError(f"{name} {error}") from None


def _names_proxies(names: Iterable[str]) -> bool:
    return any(name.lower().endswith("_proxy") for name in names)


def _name_in_environment(name: str) -> str:
    return name if name in os.environ else name.upper()


def _has_socks() -> bool:
    try:
        return importlib.util.find_spec("aiohttp_socks") is not None
    except ValueError:  # sys.modules holds something for it that is not a module
        return False

"""Reading the address of a database, and explaining what is wrong with one.

    sqlite:///relative/path     sqlite:////absolute/path
    postgresql://user:password@host:port/database?option=value

All after `sqlite:///` is the path as it is, so that any character may occur in a directory's name.
The address of a PostgreSQL database is read as libpq reads it: several hosts may be separated by
commas, and a socket is named by its directory, as in `postgresql:///database?host=/run/postgresql`.

No error repeats a part that could hold a password. If an @ or a colon is missing, the password
stands where the host or the port belongs. This module imports the standard library only, because
`health` reads the settings every minute.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote

__all__ = ["Address", "AddressError", "read_address"]

_FORMS = "use sqlite:///path/to/file or postgresql://user:password@host/database"
_ESCAPED = "in a user name or a password, write %40 for @, %2F for /, %3F for ? and %23 for #"
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(:(?P<port>[0-9]*))?")
_HOST_NAME = re.compile(r"[\w.-]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+]{0,19}")

# The parameters of libpq that make sense here; `replication` would open another kind of connection.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_SECRET = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslcompression",
    "sslsni",
    "gssdelegation",
)
_CHOICES = {
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "load_balance_hosts": ("disable", "random"),
    "sslcertmode": ("disable", "allow", "require"),
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": (
        "any",
        "read-write",
        "read-only",
        "primary",
        "standby",
        "prefer-standby",
    ),
}
OPTIONS = frozenset(
    {
        *_SECRET,
        *_NUMBERS,
        *_CHOICES,
        *("application_name", "client_encoding", "dbname", "fallback_application_name"),
        *("gsslib", "host", "hostaddr", "krbsrvname", "max_protocol_version"),
        *("min_protocol_version", "oauth_client_id", "oauth_issuer", "oauth_scope", "options"),
        *("passfile", "port", "require_auth", "requirepeer", "service"),
        *("ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcrl"),
        *("sslcrldir", "sslkey", "sslkeylogfile", "sslrootcert", "user"),
    }
)
"""What may follow the `?` of a PostgreSQL address."""


class AddressError(ValueError):
    """An address can't be used.

    The text goes on after the name of what holds the address: what is wrong, and what to write.
    """


@dataclass(frozen=True, slots=True)
class Address:
    """A database.

    file: of SQLite; None for PostgreSQL. options: libpq's parameters, for PostgreSQL. secrets: the
    passwords in it, as they are written and as they are meant.
    """

    file: Path | None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)


def read_address(text: str) -> Address:
    """The database that an address names. Raises AddressError."""
    scheme, separator, rest = text.partition("://")
    if not separator or not _SCHEME.fullmatch(scheme):
        raise AddressError(f"is not the address of a database: {_FORMS}")
    if scheme == "sqlite":
        return Address(_file(rest))
    if scheme in ("postgresql", "postgres"):
        return _postgresql(rest)
    raise AddressError(f"begins with {scheme!r}: {_FORMS}")


def _file(rest: str) -> Path:
    path = rest[1:]
    if not rest.startswith("/") or path in ("", "/", ":memory:") or path.startswith("file:"):
        raise AddressError(
            "names no file, and what is kept in memory is lost: write sqlite:///path/to/file"
        )
    if path.endswith("/"):
        raise AddressError(
            "names a directory: add the name of a file, as in sqlite:///path/to/file"
        )
    if re.search(r"\?\w+=[^/]*$", path):
        raise AddressError("has options after a ?, which SQLite has none of here: leave them out")
    if "\0" in path:
        raise AddressError("holds a NUL character: write sqlite:///path/to/file")
    return Path(path)


def _postgresql(rest: str) -> Address:
    if re.search(r"[\s\x00-\x1f\x7f]", rest):
        raise AddressError("holds a space or a line break: leave it out, or write %20 for a space")
    if "#" in rest:
        raise AddressError(f"holds a #: {_ESCAPED}")
    main, _, query = rest.partition("?")
    authority, _, name = main.partition("/")
    if "/" in name or "@" in name:
        raise AddressError(f"has a / or an @ after the host: {_ESCAPED}")
    credentials, _, place = authority.rpartition("@")
    # Before a slash, libpq takes all up to an @ for user and password, even a ?.
    if "@" in credentials or ("@" in query and "/" not in main):
        raise AddressError(f"has an @ in the wrong place: {_ESCAPED}")
    user, _, password = credentials.partition(":")
    hosts, ports = _hosts_and_ports(place)
    given = {"user": user, "password": password, "dbname": name, "host": hosts, "port": ports}
    given |= dict(_query(query))
    options = {key: _decoded(value) for key, value in given.items() if value}
    for key, value in options.items():
        _check_option(key, value)
    secrets = {value for key in _SECRET for value in (given.get(key), options.get(key)) if value}
    return Address(None, options, frozenset(secrets))


def _hosts_and_ports(place: str) -> tuple[str, str]:
    """Both as libpq wants them: separated by commas, in the same order; empty if none is given."""
    hosts, ports = [], []
    for each in place.split(","):
        found = _HOST_AND_PORT.fullmatch(each)
        if found is None:
            raise AddressError(
                "has a host or a port that can't be read: write host, host:5432 or [::1]:5432; "
                f"{_ESCAPED}"
            )
        host, port = found["host"], found["port"] or ""
        if not _is_host(host):
            raise AddressError(
                "has a host that can't be read: write its name, its IP address, one for IPv6 in "
                "brackets, or the directory of a socket with %2F for each /"
            )
        hosts.append(host.strip("[]"))
        ports.append(port)
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _is_host(text: str) -> bool:
    if text.startswith("["):
        try:
            return ip_address(unquote(text.strip("[]"))).version == 6
        except ValueError:
            return False
    host = unquote(text)
    return host.startswith(("/", "@")) or _HOST_NAME.fullmatch(host) is not None


def _query(query: str) -> Iterator[tuple[str, str]]:
    for each in query.split("&") if query else ():
        key, separator, value = each.partition("=")
        if key == "ssl" and value == "true":  # libpq knows this name of another driver
            yield "sslmode", "require"
        elif separator and key in OPTIONS:
            yield key, value
        else:
            # With an @ it is rather the rest of a password that holds a ?.
            shown = f" {key!r}" if re.fullmatch(r"\w{1,30}", key) and "@" not in query else ""
            raise AddressError(
                f"has an option{shown} after the ? that libpq does not know: leave it out, or "
                f"write one like sslmode=require; {_ESCAPED}"
            )


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
        decoded.encode()
    except UnicodeError:
        raise AddressError(
            "is not written in UTF-8: write what is no ASCII character as in %C3%A4"
        ) from None
    if "\0" in decoded:
        raise AddressError("holds %00, which PostgreSQL has no use for: leave it out")
    return decoded


def _check_option(key: str, value: str) -> None:
    """Raise AddressError for a value that libpq would refuse at each attempt to connect."""
    if key == "port":
        for port in value.split(","):
            if port and not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
                raise AddressError("has a port that is no number from 1 to 65535: write it as 5432")
    elif key in _NUMBERS:
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise AddressError(f"has the option {key} with {value!r}: write a whole number")
    elif key in _CHOICES and value not in _CHOICES[key]:
        choices = ", ".join(_CHOICES[key])
        raise AddressError(f"has the option {key} with {value!r}: use one of {choices}")

"""The settings of the host, and the messages about wrong values.

Values come from the environment, then from `.env` in the working directory; an empty one counts as
not set. A wrong value stops the program with one line that names the variable, says what is wrong
with it and what to write instead. No such line contains a secret, or a value that could contain
one. An unknown variable that begins with REMINDER_BOT_ is probably misspelled: a warning suggests
the nearest name that exists.

The token is taken from REMINDER_BOT_TOKEN, from the file that REMINDER_BOT_TOKEN_FILE names, or
from the file that `reminder-bot run` has saved in the data directory, in this order.

Reading twelve variables needs no library: with pydantic-settings, which was here before, a start
took 0.13 s more processor time, `health` three times as much, and each process 20 MiB more.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

from dotenv import dotenv_values

from reminder_bot.bot_api.proxy import ProxyError, find_proxy, is_loopback, parse_proxy
from reminder_bot.domain.send_rate import FREE_RATE, HIGHEST_PAID_RATE
from reminder_bot.files import make_private_folder
from reminder_bot.storage.address import read_address

__all__ = ["NAMES", "NO_TOKEN", "Settings", "SettingsError", "fault_of_token"]

PREFIX = "REMINDER_BOT_"
NO_TOKEN = (
    "REMINDER_BOT_TOKEN is not set: get a token from @BotFather and set it, "
    "or put it in a file and set REMINDER_BOT_TOKEN_FILE to its path"
)
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_YES, _NO = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")


class SettingsError(Exception):
    """A setting can't be used.

    The text is one line: the variable, what is wrong with it, and what to write instead.
    """


def fault_of_token(token: str) -> str | None:
    """What is wrong with the form of a token, and what to do; None if it could be one."""
    if _TOKEN.fullmatch(token):
        return None
    return (
        f"is not a bot token ({len(token)} characters): copy it whole from @BotFather, "
        "digits, a colon and about 35 letters, digits, - or _"
    )


def _default_data_dir() -> Path:
    base = Path(os.environ.get("XDG_DATA_HOME") or "")
    if not base.is_absolute():
        base = Path(os.path.expanduser("~/.local/share"))
    # An empty HOME would make it a directory of the whole machine.
    if not base.is_absolute() or os.environ.get("HOME") == "":
        raise SettingsError(
            "REMINDER_BOT_DATA_DIR is not set, and there is no home directory: set it to the "
            "absolute path of a directory that this user may write"
        )
    return base / "reminder-bot"


def _is_loopback(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The validated settings, made by `load()`.

    token, proxy: None if not set. database_url: if empty, a file in the data directory. warnings:
    what the host should know although the program can run, one line for each problem.
    """

    token: str | None = field(default=None, repr=False)
    token_file: Path | None = None
    data_dir: Path = field(default_factory=_default_data_dir)
    database_url: str = field(default="", repr=False)
    api_base_url: str = "https://api.telegram.org"
    proxy: str | None = field(default=None, repr=False)
    paid_broadcast: bool = False
    send_rate: int = FREE_RATE
    allowed_users: frozenset[int] = frozenset()
    log_level: str = "INFO"
    log_format: str = "text"
    clock_file: Path | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.database_url:
            url = f"sqlite:///{self.data_dir / 'reminder-bot.sqlite3'}"
            object.__setattr__(self, "database_url", url)

    @classmethod
    def load(cls) -> Self:
        """The settings of this process, with the token read from its file.

        Raises SettingsError if one of them is wrong.
        """
        in_file = _read_env_file()
        given = {**_not_empty(in_file), **_not_empty(os.environ)}
        values: dict[str, Any] = {}
        for name, read in _READERS.items():
            if (text := given.get(PREFIX + name.upper())) is not None:
                try:
                    values[name] = read(text, values)
                except ValueError as error:
                    raise SettingsError(f"{PREFIX}{name.upper()} {error}") from None
        settings = cls(**values)
        settings._check_proxy_of_environment()
        warnings = _unknown_variables(in_file) + _proxies_in_env_file(in_file)
        if settings.token is None:
            file = settings.token_file or settings.saved_token_file
            token = _token_in(file, is_required=settings.token_file is not None)
            if token is not None:
                settings = settings.with_token(token)
                warnings += _fault_of_mode(file)
        return replace(settings, warnings=tuple(warnings))

    @property
    def saved_token_file(self) -> Path:
        return self.data_dir / "token"

    @property
    def secrets(self) -> frozenset[str]:
        """What no log may contain: the token, and the passwords of the database, the Bot API
        server and the proxy, both as they are written in the URL (percent-encoded) and decoded.
        """
        of_database = read_address(self.database_url).secrets
        password = urlsplit(self.api_base_url).password or ""
        proxy = find_proxy(self.api_base_url, self.proxy)
        of_proxy = proxy.secrets if proxy else frozenset()
        own = frozenset({self.token or "", password, unquote(password)})
        return (own | of_database | of_proxy) - {""}

    def with_token(self, token: str) -> Self:
        return replace(self, token=token)

    def make_database_dir(self) -> None:
        """Create the data directory if the database is a file in it."""
        file = read_address(self.database_url).file
        if file is not None and file.is_relative_to(self.data_dir):
            self.make_data_dir()

    def make_data_dir(self) -> None:
        """Create the data directory, readable by its owner only, if it does not exist."""
        try:
            make_private_folder(self.data_dir)
        except OSError as error:
            raise SettingsError(
                f"REMINDER_BOT_DATA_DIR {self.data_dir} can't be created ({error.strerror}): "
                "set it to a directory that this user may write"
            ) from None

    def _check_proxy_of_environment(self) -> None:
        try:
            find_proxy(self.api_base_url, self.proxy)
        except ProxyError as error:
            raise SettingsError(str(error)) from None


# How the text of each setting is read. `values` are those that were read before it. A ValueError
# says what is wrong and what to do, after the name of the variable.

Values = Mapping[str, Any]


def _token(text: str, _values: Values) -> str:
    token = text.strip()
    if fault := fault_of_token(token):
        raise ValueError(fault)
    return token


def _path(text: str, _values: Values) -> Path:
    text = text.strip("\r\n")  # a line break comes from a file or a command
    if "\0" in text:
        raise ValueError(f"is {text!r}, with a NUL character: write the absolute path")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(
            f"is {text!r}, and there is no home directory: write the absolute path"
        ) from None
    except OSError:
        raise ValueError(
            f"is {text!r}, and the current directory does not exist any more: write the absolute "
            f"path"
        ) from None


def _token_file(text: str, values: Values) -> Path:
    if "token" in values:
        raise ValueError("is set beside REMINDER_BOT_TOKEN: keep one of the two")
    return _path(text, values)


def _database_url(text: str, _values: Values) -> str:
    text = text.strip()
    read_address(text)
    return text


def _api_base_url(text: str, _values: Values) -> str:
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and parts.port != 0 and _has_host(parts)
    except ValueError:  # brackets that do not match, letters for a port, a port above 65535
        is_address = False
    # Methods are appended to the path, so nothing may follow it. An @ in it ends a password.
    if not is_address or not re.fullmatch(r"[!-~]+", text) or re.search(r"[?#]|[^:/]/.*@", text):
        raise ValueError("is not an address: write it like https://api.telegram.org")
    if parts.scheme == "http" and not _is_loopback(text):
        raise ValueError(f"would send the token in the clear to {parts.hostname}: use https://")
    return text.rstrip("/")


def _has_host(parts: SplitResult) -> bool:
    """Whether there is the name or the address of a host. Raises ValueError for a wrong address."""
    place = parts.netloc.rpartition("@")[2]
    if place.startswith("["):
        is_ipv6 = ip_address(parts.hostname or "").version == 6
        return is_ipv6 and re.fullmatch(r"\[[^]]+\](:\d*)?", place) is not None
    return re.fullmatch(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?(:\d*)?", place) is not None


def _proxy(text: str, _values: Values) -> str:
    parse_proxy(text)
    return text


def _yes_or_no(text: str, _values: Values) -> bool:
    if text.lower() not in _YES + _NO:
        raise ValueError(f"is {text!r}: write true or false")
    return text.lower() in _YES


def _send_rate(text: str, values: Values) -> int:
    try:
        rate = int(text)
    except ValueError:
        raise ValueError(
            f"is {text!r}: write a whole number of messages a second, like {FREE_RATE}"
        ) from None
    if not 1 <= rate <= HIGHEST_PAID_RATE:
        raise ValueError(
            f"is {rate}: write 1 to {HIGHEST_PAID_RATE}, the most that Telegram accepts in a second"
        )
    if rate > FREE_RATE and not values.get("paid_broadcast"):
        raise ValueError(
            f"is {rate}, and above {FREE_RATE} a second Telegram charges 0.1 Star a message: "
            f"set REMINDER_BOT_PAID_BROADCAST=true if you want to pay, or write {FREE_RATE} "
            f"or less"
        )
    return rate


def _allowed_users(text: str, _values: Values) -> frozenset[int]:
    ids = [part.strip() for part in text.split(",") if part.strip()]
    for wrong in (part for part in ids if not (part.isascii() and part.isdigit())):
        raise ValueError(
            f"holds {wrong!r}: write Telegram user ids separated by commas, like 12345,67890"
        )
    return frozenset(map(int, ids))


def _log_level(text: str, _values: Values) -> str:
    if text.upper() not in _LEVELS:
        raise ValueError(f"is {text!r}: use one of {', '.join(_LEVELS)}")
    return text.upper()


def _log_format(text: str, _values: Values) -> str:
    if text.lower() not in ("text", "json"):
        raise ValueError(f"is {text!r}: use text or json")
    return text.lower()


def _clock_file(text: str, values: Values) -> Path:
    if not _is_loopback(values.get("api_base_url", "")):
        raise ValueError(
            "moves the clock, which is for tests: unset it, or set REMINDER_BOT_API_BASE_URL "
            "to this machine"
        )
    return _path(text, values)


# A setting that depends on others comes after them.
_READERS: dict[str, Callable[[str, Values], Any]] = {
    "token": _token,
    "token_file": _token_file,
    "data_dir": _path,
    "database_url": _database_url,
    "api_base_url": _api_base_url,
    "proxy": _proxy,
    "paid_broadcast": _yes_or_no,
    "send_rate": _send_rate,
    "allowed_users": _allowed_users,
    "log_level": _log_level,
    "log_format": _log_format,
    "clock_file": _clock_file,
}
NAMES = tuple(PREFIX + name.upper() for name in _READERS)
"""The variables of the environment."""


# The environment and .env


def _read_env_file() -> dict[str, str | None]:
    try:
        return dotenv_values(".env", encoding="utf-8-sig")  # an editor may write a BOM
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env can't be read ({error}): fix or remove it") from None


def _not_empty(variables: Mapping[str, str | None]) -> dict[str, str]:
    """Those that are set, by their names in upper case."""
    return {name.upper(): value for name, value in variables.items() if value}


def _unknown_variables(in_file: Mapping[str, str | None]) -> list[str]:
    ours = {name.upper() for name in (*os.environ, *in_file) if name.upper().startswith(PREFIX)}
    lines = []
    for name in sorted(ours.difference(NAMES)):
        # With a cutoff of 0 there is always a nearest name.
        nearest = difflib.get_close_matches(name, NAMES, n=1, cutoff=0)
        lines.append(f"{name} is not a setting and has no effect: did you mean {nearest[0]}?")
    return lines


def _proxies_in_env_file(in_file: Mapping[str, str | None]) -> list[str]:
    """Warnings about proxy variables in .env: only REMINDER_BOT_ variables are read from there."""
    return [
        f"{name} in .env has no effect: write REMINDER_BOT_PROXY there"
        for name in sorted(in_file)
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy")
    ]


def _token_in(file: Path, *, is_required: bool) -> str | None:
    try:
        token = file.read_text("utf-8-sig").strip()  # an editor may write a BOM
    except (FileNotFoundError, NotADirectoryError):
        if not is_required:
            return None
        raise SettingsError(
            f"REMINDER_BOT_TOKEN_FILE {file} does not exist: write the token into it"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"the token file {file} can't be read ({error.strerror}): make it readable for this "
            f"user"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(
            f"the token file {file} can't be read (it is not text): save it as UTF-8"
        ) from None
    if fault := fault_of_token(token):
        raise SettingsError(f"what the token file {file} holds {fault}")
    return token


def _fault_of_mode(file: Path) -> list[str]:
    """A warning if others can read the file, and this user can change that.

    A secret that a container mounts belongs to another user, or nobody may write it (0440, 0444).
    """
    found = file.stat()
    is_ours = found.st_uid == os.geteuid() and found.st_mode & 0o222
    if not is_ours or not found.st_mode & 0o077:
        return []
    return [f"the token file {file} can be read by others: chmod 600 {file}"]

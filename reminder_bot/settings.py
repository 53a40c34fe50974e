"""The settings of the host, and the messages about wrong values.

Values come from the environment, then from `.env` in the working directory; an empty one counts as
not set. A wrong value stops the program with one line that names the variable, says what is wrong
with it and what to write instead. No such line contains a secret, or a value that could contain
one. An unknown variable that begins with REMINDER_BOT_ is probably misspelled: a warning suggests
the nearest name that exists.

The token is taken from REMINDER_BOT_TOKEN, from the file that REMINDER_BOT_TOKEN_FILE names, or
from the file that `reminder-bot run` has saved in the data directory, in this order.
"""

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, PrivateAttr, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reminder_bot.bot_api.proxy import ProxyError, find_proxy, is_loopback, parse_proxy
from reminder_bot.domain.send_rate import FREE_RATE, HIGHEST_PAID_RATE

__all__ = ["NO_TOKEN", "Settings", "SettingsError", "fault_of_token"]

PREFIX = "REMINDER_BOT_"
NO_TOKEN = (
    "REMINDER_BOT_TOKEN is not set: get a token from @BotFather and set it, "
    "or put it in a file and set REMINDER_BOT_TOKEN_FILE to its path"
)
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


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
        base = Path("~/.local/share").expanduser()
    return base / "reminder-bot"


def _default_database_url(valid: dict[str, Any]) -> str:
    return f"sqlite:///{valid['data_dir'] / 'reminder-bot.sqlite3'}"


def _is_loopback(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


class Settings(BaseSettings):
    """The validated settings, made by `load()`. A field that depends on others comes after them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    token: SecretStr | None = None
    token_file: Path | None = None
    data_dir: Path = Field(default_factory=_default_data_dir)
    database_url: str = Field(default_factory=_default_database_url, repr=False)
    api_base_url: str = "https://api.telegram.org"
    proxy: SecretStr | None = None
    paid_broadcast: bool = False
    send_rate: int = FREE_RATE
    allowed_users: Annotated[frozenset[int], NoDecode] = frozenset()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    clock_file: Path | None = None

    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def load(cls) -> Self:
        """The settings of this process, with the token read from its file.

        Raises SettingsError if one of them is wrong.
        """
        try:
            settings = cls()
        except ValidationError as error:
            raise SettingsError(_first_fault(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f".env can't be read ({error}): fix or remove it") from None
        settings._check_proxy_of_environment()
        warnings = _unknown_variables() + _proxies_in_env_file()
        if settings.token is None:
            file = settings.token_file or settings.saved_token_file
            token = _token_in(file, is_required=settings.token_file is not None)
            if token is not None:
                settings = settings.with_token(token)
                warnings += _fault_of_mode(file)
        settings._warnings = tuple(warnings)
        return settings

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the host should know although the program can run, one line for each problem."""
        return self._warnings

    @property
    def saved_token_file(self) -> Path:
        return self.data_dir / "token"

    @property
    def secrets(self) -> frozenset[str]:
        """What no log may contain: the token, and the passwords of the database and the proxy, both
        as they are written in the URL (percent-encoded) and decoded.
        """
        password = urlsplit(self.database_url).password or ""
        token = self.token.get_secret_value() if self.token else ""
        proxy = find_proxy(self.api_base_url, self.proxy_address)
        of_proxy = proxy.secrets if proxy else frozenset()
        return (frozenset({token, password, unquote(password)}) | of_proxy) - {""}

    @property
    def proxy_address(self) -> str | None:
        """The address of the proxy that the host has set for this bot; it may hold a password."""
        return self.proxy.get_secret_value() if self.proxy else None

    def with_token(self, token: str) -> Self:
        return self.model_copy(update={"token": SecretStr(token)})

    def make_database_dir(self) -> None:
        """Create the data directory if the database is a file in it."""
        if Path(self.database_url.removeprefix("sqlite:///")).is_relative_to(self.data_dir):
            self.make_data_dir()

    def make_data_dir(self) -> None:
        """Create the data directory, readable by its owner only, if it does not exist."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"REMINDER_BOT_DATA_DIR {self.data_dir} can't be created ({error.strerror}): "
                "set it to a directory that this user may write"
            ) from None

    def _check_proxy_of_environment(self) -> None:
        try:
            find_proxy(self.api_base_url, self.proxy_address)
        except ProxyError as error:
            raise SettingsError(str(error)) from None

    @field_validator("token", mode="before")
    @classmethod
    def _token_has_its_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
            if fault := fault_of_token(value):
                raise ValueError(fault)
        return value

    @field_validator("token_file", "data_dir", "clock_file")
    @classmethod
    def _paths_are_absolute(cls, value: Path | None) -> Path | None:
        try:
            return value and value.expanduser().absolute()
        except RuntimeError:
            raise ValueError(
                f"is {str(value)!r}, and there is no home directory: write the absolute path"
            ) from None

    @field_validator("token_file")
    @classmethod
    def _one_token_is_enough(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("token") is not None:
            raise ValueError("is set beside REMINDER_BOT_TOKEN: keep one of the two")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_is_known(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        known = "use sqlite:///path/to/file or postgresql://user:password@host/database"
        if not separator:
            raise ValueError(f"is not the address of a database: {known}")
        if scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError(f"begins with {scheme!r}: {known}")
        if scheme == "sqlite" and (not rest.startswith("/") or rest in ("/", "/:memory:")):
            raise ValueError(
                "names no file, and what is kept in memory is lost: write sqlite:///path/to/file"
            )
        return value

    @field_validator("api_base_url")
    @classmethod
    def _api_is_reached_safely(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_address = False
        if not is_address:
            raise ValueError("is not an address: write it like https://api.telegram.org")
        if parts.scheme == "http" and not _is_loopback(value):
            raise ValueError(f"would send the token in the clear to {parts.hostname}: use https://")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy_can_be_used(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_proxy(value.get_secret_value())
        return value

    @field_validator("send_rate", mode="before")
    @classmethod
    def _rate_is_accepted_by_telegram(cls, value: Any, info: ValidationInfo) -> Any:
        try:
            rate = int(value)
        except ValueError:
            raise ValueError(
                f"is {value!r}: write a whole number of messages a second, like {FREE_RATE}"
            ) from None
        if not 1 <= rate <= HIGHEST_PAID_RATE:
            raise ValueError(
                f"is {rate}: write 1 to {HIGHEST_PAID_RATE}, the most that Telegram accepts in "
                f"a second"
            )
        if rate > FREE_RATE and not info.data.get("paid_broadcast"):
            raise ValueError(
                f"is {rate}, and above {FREE_RATE} a second Telegram charges 0.1 Star a message: "
                f"set REMINDER_BOT_PAID_BROADCAST=true if you want to pay, or write {FREE_RATE} "
                f"or less"
            )
        return rate

    @field_validator("allowed_users", mode="before")
    @classmethod
    def _users_are_ids(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        ids = [part.strip() for part in value.split(",") if part.strip()]
        for wrong in (part for part in ids if not (part.isascii() and part.isdigit())):
            raise ValueError(
                f"holds {wrong!r}: write Telegram user ids separated by commas, like 12345,67890"
            )
        return frozenset(map(int, ids))

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_is_known(cls, value: Any) -> Any:
        if str(value).upper() not in _LEVELS:
            raise ValueError(f"is {value!r}: use one of {', '.join(_LEVELS)}")
        return str(value).upper()

    @field_validator("log_format", mode="before")
    @classmethod
    def _format_is_known(cls, value: Any) -> Any:
        if str(value).lower() not in ("text", "json"):
            raise ValueError(f"is {value!r}: use text or json")
        return str(value).lower()

    @field_validator("clock_file")
    @classmethod
    def _clock_moves_in_tests_only(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and not _is_loopback(info.data.get("api_base_url", "")):
            raise ValueError(
                "moves the clock, which is for tests: unset it, or set REMINDER_BOT_API_BASE_URL "
                "to this machine"
            )
        return value


def _first_fault(error: ValidationError) -> str:
    """One line for the first wrong variable.

    The messages of pydantic itself contain no value, because `hide_input_in_errors` is set.
    """
    fault = error.errors(include_url=False, include_input=False)[0]
    name = PREFIX + str(fault["loc"][0]).upper()
    own = fault.get("ctx", {}).get("error")
    return (
        f"{name} {own}"
        if own
        else f"{name} can't be used ({fault['msg']}): see the table of settings in README.md"
    )


def _unknown_variables() -> list[str]:
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    ours = {
        name.upper()
        for name in (*os.environ, *dotenv_values(".env"))
        if name.upper().startswith(PREFIX)
    }
    lines = []
    for name in sorted(ours.difference(known)):
        # With a cutoff of 0 there is always a nearest name.
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)
        lines.append(f"{name} is not a setting and has no effect: did you mean {nearest[0]}?")
    return lines


def _proxies_in_env_file() -> list[str]:
    """Warnings about proxy variables in .env: only REMINDER_BOT_ variables are read from there."""
    return [
        f"{name} in .env has no effect: write REMINDER_BOT_PROXY there"
        for name in sorted(dotenv_values(".env"))
        if name.lower() in ("http_proxy", "https_proxy", "all_proxy")
    ]


def _token_in(file: Path, *, is_required: bool) -> str | None:
    try:
        token = file.read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        if not is_required:
            return None
        raise SettingsError(
            f"REMINDER_BOT_TOKEN_FILE {file} does not exist: write the token into it"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SettingsError(
            f"the token file {file} can't be read ({reason}): make it readable for this user"
        ) from None
    if fault := fault_of_token(token):
        raise SettingsError(f"what the token file {file} holds {fault}")
    return token


def _fault_of_mode(file: Path) -> list[str]:
    mode = file.stat().st_mode
    return (
        [f"the token file {file} can be read by others: chmod 600 {file}"] if mode & 0o077 else []
    )

"""What a log line looks like, and what it never shows.

A log call names its event in one word and gives everything else as a field:

    log.warning("misfired", extra={"check_in": check_in.id, "due_at": due_at, "late": late})

    2026-01-05T08:00:00.000Z WARNING reminder_bot.engine.planning misfired check_in=4711 late=90.5
    {"at": "…", "level": "WARNING", "logger": "…", "event": "misfired", "check_in": 4711, …}

- The event is a constant in snake_case, so that a host can search for it; no `%` and no f-string.
- Fields are ids, counts and reasons: `user`, `check_in`, `digest`, `update`, `count`, `reason`.
  Never a text, a name, a place or the token. `hint` holds a sentence that tells a host what to do.
- Instants are shown in UTC, durations in seconds, an enum by its value, None as null. An exception
  is shown as the name of its type, because its text may quote what somebody wrote; `safe_text` is
  its text if that cannot. With `exc_info` the traceback follows, without texts of exceptions.
- What stands in double quotes in a `reason` is left out: Telegram quotes the text it refuses.
- A field can't be called `name`, `args`, `message`, `module`, `at`, `level`, `logger`, `event` or
  `traceback`, because the record or the JSON object already has an attribute of that name;
  tests/rules/test_log_calls.py checks this.

Libraries log whole sentences, some with SQL parameters, URLs or bodies in them. So their records
are shown from WARNING on, at every level of the log and of their loggers, and without the values:
the event is the first line of the format string. Redaction works on the text that is about to be
written, because URLs can contain the token. Line breaks are escaped, so that no value can forge a
record. A traceback follows its record, indented, or is a field of the JSON object. Uncaught errors
and warnings are logged the same way.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import TracebackType

from reminder_bot.tracebacks import TracebacksOnce

__all__ = ["JsonFormatter", "TextFormatter", "redacted", "safe_text", "set_up"]

Field = str | int | float | None

# These libraries log each of their actions below WARNING. The handler leaves that out anyway; with
# the level they need not even build the record.
_VERBOSE_LIBRARIES = ("httpx", "httpcore", "aiohttp", "telegram", "alembic", "sqlalchemy")
_TOKEN = re.compile(r"\d{6,}(?:(?::|%3[Aa])[A-Za-z0-9_-]{30,})+")
_PASSWORD_IN_URL = re.compile(r"//([^/\s:@]*):[^/\s@]+@")
# Replacing a shorter secret would make common words unreadable. In a URL a password of any length
# is found by its position.
_SHORTEST_SECRET = 6
# The attributes that every record has; all others were given as `extra`.
_RECORD_ATTRIBUTES = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
_BARE = re.compile(r'[^\s"=]+')
_QUOTED = re.compile(r'"[^"]*("|$)')
_PLACE_OF_WARNING = re.compile(r"(.*?:\d+: \w+):")


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """`text` with the secrets, and whatever looks like a token or a password in a URL, replaced.

    >>> redacted("postgresql://bot:hunter2@db/bot")
    'postgresql://bot:***@db/bot'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return _PASSWORD_IN_URL.sub(r"//\1:***@", _TOKEN.sub("***", text))


def safe_text(error: BaseException) -> str:
    """The first line of an error's text if it quotes nothing that somebody wrote, else its type.

    SQLite names tables and columns only, and so do drivers when the server is away. The text of
    other errors may hold a value. SQLAlchemy's text goes on with the statement.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if type(cause).__module__ == "sqlite3" or type(cause).__name__ == "OperationalError":
        return _QUOTED.sub('"…"', str(cause).partition("\n")[0])
    return type(cause).__name__


def set_up(level: str, format: str, secrets: Collection[str]) -> None:
    """Send all logging, warnings and uncaught errors to stderr. format: text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_shown)
    handler.setFormatter((JsonFormatter if format == "json" else TextFormatter)(secrets))
    handler.addFilter(TracebacksOnce())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # While a step runs longer than its interval, APScheduler warns each second that it still runs.
    # The watchdog in `ticking` reports that once.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = lambda found: _log_uncaught(
        found.exc_type, found.exc_value or found.exc_type(), found.exc_traceback
    )
    threading.excepthook = lambda thread: _log_uncaught(
        thread.exc_type, thread.exc_value or thread.exc_type(), thread.exc_traceback
    )


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "reminder_bot"


def _is_shown(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or _is_ours(record)


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("reminder_bot").critical("uncaught_error", exc_info=(kind, error, trace))


class _Formatter(logging.Formatter):
    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__()
        self._secrets = frozenset(secrets)

    def clean(self, text: str) -> str:
        return redacted(text, self._secrets)

    def event(self, record: logging.LogRecord) -> str:
        record.message = self.clean(_event(record))  # other handlers read it there
        return record.message

    def fields(self, record: logging.LogRecord) -> dict[str, Field]:
        """What the call gave as `extra`.

        Values are redacted before they are quoted, because quoting escapes characters, so that a
        secret would no longer be recognised.
        """
        values = {
            name: _plain(value)
            for name, value in vars(record).items()
            if name not in _RECORD_ATTRIBUTES and _is_ours(record)
        }
        if isinstance(reason := values.get("reason"), str):
            values["reason"] = _QUOTED.sub('"…"', reason)
        return {
            name: self.clean(value) if isinstance(value, str) else value
            for name, value in values.items()
        }

    def traceback(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        parts = _lines_of(error, set()) if error is not None else []
        if record.stack_info and _is_ours(record):
            parts.append(record.stack_info)
        return self.clean("\n".join(parts))


class TextFormatter(_Formatter):
    """`instant level logger event key=value …`, for people and for `grep`."""

    def format(self, record: logging.LogRecord) -> str:
        words = [_instant(record), record.levelname, record.name, self.event(record)]
        words += [f"{name}={_quoted(value)}" for name, value in self.fields(record).items()]
        line = "\\n".join(" ".join(words).splitlines())
        return line + "".join(f"\n    {each}" for each in self.traceback(record).splitlines())


class JsonFormatter(_Formatter):
    """One JSON object a line; each field of the call is a field of the object."""

    def format(self, record: logging.LogRecord) -> str:
        own = {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "event": self.event(record),
        }
        if trace := self.traceback(record):
            own["traceback"] = trace
        # `own` is first for the order of the keys, and last so that no field can replace one.
        return json.dumps({**own, **self.fields(record), **own}, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """The message; of a library's record only what cannot hold a value."""
    if _is_ours(record):
        return record.getMessage()
    if record.name == "py.warnings":
        place = _PLACE_OF_WARNING.match(record.getMessage())
        return place[1] if place else "warning"
    return str(record.msg).partition("\n")[0]


def _lines_of(error: BaseException, known: set[int]) -> list[str]:
    """The lines of a traceback without the texts of the exceptions, those that caused it first."""
    known.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = []
    if before is not None and id(before) not in known:
        lines += [*_lines_of(before, known), "", "which led to:", ""]
    lines.append("Traceback (most recent call last):")
    for entry in traceback.format_tb(error.__traceback__):
        lines += entry.splitlines()
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            lines += [f"  | {line}" for line in _lines_of(each, known)]
    name, text = type(error).__name__, safe_text(error)
    return [*lines, name if text == name else f"{name}: {text}"]


def _plain(value: object) -> Field:
    match value:
        case Enum():
            return _plain(value.value)
        case None | str() | int() | float():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case BaseException():
            return type(value).__name__
    return str(value)


def _quoted(value: Field) -> str:
    """The value after `key=`: as it is if it is one word without quotes or `=`, else as JSON."""
    if isinstance(value, str) and _BARE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

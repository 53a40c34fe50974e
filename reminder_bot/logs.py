"""What the log looks like, and that no secret stands in it.

A record is one line on stderr, `instant level logger text`, or one JSON object. A text with line
breaks is kept on its line, so that what people type can't forge a record; a traceback follows its
record, indented, or is a field of the object. Redaction works on what is about to be written,
tracebacks included, because a token travels in URLs and in errors of libraries: whatever they
format, it ends here. Uncaught errors go the same way.

Texts are written `what happened key=value key=value`, with ids; never texts, names or the token.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Collection
from datetime import UTC, datetime
from types import TracebackType

__all__ = ["redacted", "set_up"]

# Their INFO is about their own doing; httpx and aiohttp write URLs there, and so the token.
_CHATTY = ("httpx", "httpcore", "aiohttp", "telegram", "alembic", "sqlalchemy")
_TOKEN = re.compile(r"\d{6,}(?:(?::|%3[Aa])[A-Za-z0-9_-]{30,})+")
_PASSWORD_IN_URL = re.compile(r"//([^/\s:@]*):[^/\s@]+@")
# A shorter secret would blot out common words; in a URL it is found by its place.
_LEAST_SECRET = 6


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """`text` with the secrets, and whatever looks like a token or a password in a URL, replaced.

    >>> redacted("postgresql://bot:hunter2@db/bot")
    'postgresql://bot:***@db/bot'
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _LEAST_SECRET:
            text = text.replace(secret, "***")
    return _PASSWORD_IN_URL.sub(r"//\1:***@", _TOKEN.sub("***", text))


def set_up(level: str, format: str, secrets: Collection[str]) -> None:
    """Send all logging, warnings and uncaught errors to stderr. format: text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter((_Json if format == "json" else _Text)(secrets))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # It warns of every round that a step still runs: in an outage a line a second, and the step
    # says it itself.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda thread: _log_uncaught(
        thread.exc_type, thread.exc_value or thread.exc_type(), thread.exc_traceback
    )


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("reminder_bot").critical(
        "an error nobody caught", exc_info=(kind, error, trace)
    )


class _Formatter(logging.Formatter):
    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__()
        self._secrets = frozenset(secrets)

    def clean(self, text: str) -> str:
        return redacted(text, self._secrets)

    def traceback(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        if record.stack_info:
            parts.append(self.formatStack(record.stack_info))
        return "\n".join(parts)


class _Text(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = "\\n".join(record.getMessage().splitlines())
        trace = "".join(f"\n    {line}" for line in self.traceback(record).splitlines())
        return self.clean(f"{_instant(record)} {record.levelname} {record.name} {text}{trace}")


class _Json(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # Cleaned before it is quoted: quoting could change a secret's letters and hide it.
        fields = {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.clean(record.getMessage()),
        }
        if trace := self.traceback(record):
            fields["traceback"] = self.clean(trace)
        return json.dumps(fields, ensure_ascii=False)


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

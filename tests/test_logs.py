"""What the log shows, and what it never shows."""

import json
import logging
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from reminder_bot.logs import redacted, safe_text, set_up

TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz_-0123456"
log = logging.getLogger("reminder_bot.test")


class Colour(StrEnum):
    GREEN = "green"


VALUES: list[tuple[object, Any, str]] = [
    (4711, 4711, "4711"),
    (0.25, 0.25, "0.25"),
    (True, True, "true"),
    (None, None, "null"),
    (Colour.GREEN, "green", "green"),
    (timedelta(minutes=1, milliseconds=500), 60.5, "60.5"),
    (
        datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=1))),
        "2026-01-05T08:00:00Z",
        "2026-01-05T08:00:00Z",
    ),
    (date(2026, 1, 5), "2026-01-05", "2026-01-05"),
    ("two words", "two words", '"two words"'),
    ('"', '"', '"\\""'),
    ("a=b", "a=b", '"a=b"'),
    ("", "", '""'),
    (ValueError("what somebody wrote"), "ValueError", "ValueError"),
]
"""A value of a field, as it stands in JSON and in text."""


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def test_a_record_is_one_line_with_its_instant_in_utc(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "text", ())

    log.info("misfired", extra={"check_in": 4711, "user": 7})

    line = capfd.readouterr().err
    instant, rest = line.split(" ", 1)
    assert instant.endswith("Z")
    assert len(instant) == len("2026-01-05T08:00:00.000Z")
    assert rest == "INFO reminder_bot.test misfired check_in=4711 user=7\n"


@pytest.mark.parametrize(("value", "in_json", "in_text"), VALUES)
def test_a_field_is_shown_by_its_type(
    value: object, in_json: Any, in_text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up("INFO", "json", ())
    log.info("event", extra={"field": value})
    set_up("INFO", "text", ())
    log.info("event", extra={"field": value})

    first, second = capfd.readouterr().err.splitlines()
    shown = json.loads(first)["field"]
    assert (shown, type(shown)) == (in_json, type(in_json))
    assert second.endswith(f" event field={in_text}")


@pytest.mark.parametrize(
    "breaking", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"]
)
@pytest.mark.parametrize("place", ["field", "event"])
def test_a_text_with_line_breaks_cannot_forge_a_record(
    place: str, breaking: str, capfd: pytest.CaptureFixture[str]
) -> None:
    text = f"anna{breaking}2026-01-05T08:00:00.000Z INFO forged"
    set_up("INFO", "text", ())

    if place == "field":
        log.info("event", extra={"field": text})
    else:
        log.info("library said %s", text)

    assert len(capfd.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("format", ["text", "json"])
def test_no_secret_is_in_the_log_not_even_in_a_traceback(
    format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up("INFO", format, {'hun"ter2é', TOKEN})

    try:
        raise RuntimeError(f'https://api.telegram.org/bot{TOKEN}/getMe hun"ter2é')
    except RuntimeError:
        url = "postgresql://bot:pass-word@db/bot"
        log.exception("failed url=%s", url, extra={"url": f'{url} hun"ter2é {TOKEN}'})

    shown = capfd.readouterr().err
    assert "RuntimeError" in shown
    assert "//bot:***@db/bot" in shown
    assert not [secret for secret in (TOKEN, "AbCdEf", "ter2", "pass-word") if secret in shown]


def test_a_traceback_follows_its_record_indented(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "text", ())

    try:
        raise RuntimeError("no")
    except RuntimeError:
        log.exception("failed")

    first, *trace = capfd.readouterr().err.splitlines()
    assert first.endswith("ERROR reminder_bot.test failed")
    assert trace[-1] == "    RuntimeError"
    assert all(line.startswith("    ") for line in trace)


def test_json_is_one_object_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "json", ())

    log.warning("misfired", extra={"check_in": 4711})
    try:
        raise RuntimeError("no")
    except RuntimeError:
        log.exception("failed")

    first, second = map(json.loads, capfd.readouterr().err.splitlines())
    assert first.pop("at").endswith("Z")
    assert first == {
        "level": "WARNING",
        "logger": "reminder_bot.test",
        "event": "misfired",
        "check_in": 4711,
    }
    assert second["traceback"].endswith("RuntimeError")


def test_a_field_cannot_replace_what_json_says_itself(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "json", ())

    log.info("sent", extra={"level": "forged", "event": "forged", "at": "forged"})

    assert "forged" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "name", ["httpx", "telegram.ext", "apscheduler.scheduler", "sqlalchemy.engine", "aiohttp"]
)
def test_libraries_log_from_warning_on(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    set_up("DEBUG", "text", ())

    logging.getLogger(name).info("HTTP Request: POST")
    log.debug("ours")

    assert capfd.readouterr().err.count("\n") == 1


WORDS = "Walk the dog"


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL])
@pytest.mark.parametrize("name", ["sqlalchemy.engine", "psycopg", "asyncio", "new.library", "root"])
def test_no_library_logs_a_value_at_any_level(
    name: str, level: int, format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up("DEBUG", format, ())
    library = logging.getLogger(name)
    before = library.level
    library.setLevel(logging.DEBUG)

    try:
        raise KeyError(WORDS) from ValueError(WORDS)
    except KeyError:
        fields = {"body": WORDS, "reason": WORDS}
        library.log(level, "sent %s to %s\n" + WORDS, WORDS, WORDS, exc_info=True, extra=fields)
    finally:
        library.setLevel(before)

    shown = capfd.readouterr().err
    assert WORDS not in shown
    assert ("sent %s to %s" in shown) == (level >= logging.WARNING)
    assert ("which led to:" in shown) == (level >= logging.WARNING)


def test_a_warning_is_logged_by_its_place_and_kind(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "text", ())

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(WORDS, UserWarning, stacklevel=1)

    shown = capfd.readouterr().err
    assert shown.endswith(": UserWarning\n")
    assert "test_logs.py" in shown


class OperationalError(Exception):
    """Like the error of a driver whose server is away."""


class Wrapped(Exception):
    """Like an error of SQLAlchemy."""

    def __init__(self, orig: Exception) -> None:
        super().__init__(f"{orig}\n[parameters: ({WORDS!r},)]")
        self.orig = orig


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError(WORDS), "ValueError"),
        (Wrapped(ValueError(WORDS)), "ValueError"),
        (Wrapped(sqlite3.OperationalError("no such table: x")), "no such table: x"),
        (OperationalError("no connection\nDETAIL"), "no connection"),
        (OperationalError(f'syntax error at "{WORDS}"'), 'syntax error at "…"'),
        (OSError(28, "No space left on device", WORDS), "No space left on device"),
        (OSError(WORDS), "OSError"),
    ],
)
def test_the_text_of_an_error_is_shown_only_if_it_quotes_nobody(
    error: Exception, text: str
) -> None:
    assert safe_text(error) == text


def test_what_telegram_quotes_is_left_out_of_a_reason(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("INFO", "text", ())

    for quoted in (f'can\'t parse "{WORDS}" at 3', f"can't parse \"{WORDS}"):
        log.error("send_refused", extra={"reason": quoted})

    assert WORDS not in (shown := capfd.readouterr().err)
    assert shown.count("can't parse") == 2


def test_the_group_of_errors_and_its_causes_show_no_text(
    capfd: pytest.CaptureFixture[str],
) -> None:
    set_up("INFO", "text", ())

    try:
        raise ExceptionGroup(WORDS, [ValueError(WORDS), OSError(2, "No such file")])
    except ExceptionGroup:
        log.exception("failed")

    shown = capfd.readouterr().err
    assert WORDS not in shown
    assert "ValueError" in shown
    assert "FileNotFoundError: No such file" in shown


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"/bot{TOKEN}/getMe",
        TOKEN.replace(":", "%3A"),
        f"'{TOKEN}'",
        f"x{TOKEN}y",
        f"{TOKEN}{TOKEN}",
    ],
)
def test_a_token_is_known_by_its_form(text: str) -> None:
    assert "AbCdEf" not in redacted(text)


@pytest.mark.parametrize(
    "text", ["12:30:00", "check_in=4711 due_at=2026-01-05T08:00Z", "https://db:5432/bot", "a@b"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text, {"", "bot"}) == text


def test_an_uncaught_error_is_logged_without_secrets() -> None:
    program = (
        "from reminder_bot.logs import set_up\n"
        "set_up('INFO', 'text', ())\n"
        f"raise RuntimeError('{TOKEN}')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "CRITICAL reminder_bot uncaught_error" in done.stderr
    assert TOKEN not in done.stderr

"""A kind of traceback is logged once an hour, and its line each time."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reminder_bot import tracebacks
from reminder_bot.logs import TextFormatter
from reminder_bot.tracebacks import EVERY, MOST_KINDS, TracebacksOnce


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("a test of tracebacks")
    logger.propagate = False
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(TextFormatter(()))
    handler.addFilter(TracebacksOnce())
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def written(log: logging.Logger) -> str:
    handler = own_handler(log)
    text: str = handler.stream.getvalue()
    return text


def own_handler(log: logging.Logger) -> Any:
    """Not one of pytest's."""
    (handler,) = [each for each in log.handlers if each.filters]
    return handler


def fail(log: logging.Logger, error: Exception, event: str = "step_failed") -> None:
    try:
        raise error
    except Exception:
        log.exception(event)


def fail_elsewhere(log: logging.Logger) -> None:
    try:
        raise KeyError
    except KeyError:
        log.exception("step_failed")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    def at(seconds: float) -> None:
        monkeypatch.setattr(tracebacks, "boot_time", lambda: seconds)

    at(5.0)
    return at


def test_a_kind_is_shown_once_and_its_line_each_time(
    log: logging.Logger, at: Callable[[float], None]
) -> None:
    for number in range(50):
        fail(log, KeyError(number))
    fail(log, ValueError())
    fail(log, KeyError(), "another_event")
    fail_elsewhere(log)

    assert written(log).count("Traceback") == 4
    assert written(log).count("step_failed") == 52


def test_it_is_shown_again_after_an_hour(log: logging.Logger, at: Callable[[float], None]) -> None:
    fail(log, KeyError())
    at(5.0 + EVERY - 1)
    fail(log, KeyError())
    assert written(log).count("Traceback") == 1

    at(5.0 + EVERY)
    fail(log, KeyError())

    assert written(log).count("Traceback") == 2


def test_the_kinds_that_are_remembered_are_bounded(
    log: logging.Logger, at: Callable[[float], None]
) -> None:
    for number in range(MOST_KINDS + 5):
        fail(log, KeyError(), f"event_{number}")

    (once,) = own_handler(log).filters
    assert isinstance(once, TracebacksOnce)
    assert len(once._logged_at) <= MOST_KINDS

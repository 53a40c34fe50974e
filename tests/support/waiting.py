"""Waiting for an event, with one bound for all tests.

A test waits until something has happened, never for a fixed time. The bound only ends a test that
hangs, with a message about what it waited for. It does not check speed, so even a machine that is
twelve times slower must not reach it. Tests of speed use tests.support.stopwatch.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from inspect import getsource, isawaitable

from reminder_bot.simulator.change_signal import PATIENCE

__all__ = ["PATIENCE", "patience", "until", "until_in_thread"]

LOOK_EVERY = 0.01  # seconds

Condition = Callable[[], bool | Awaitable[bool]]


async def until(
    is_true: Condition, what: str | None = None, *, details: Callable[[], str] = lambda: ""
) -> None:
    """Wait until `is_true()`, which is checked often.

    Raises AssertionError with `what` and `details()` if it does not become true.
    """
    async with patience(what or _source(is_true), details):
        while True:
            found = is_true()
            if await found if isawaitable(found) else found:
                return
            await asyncio.sleep(LOOK_EVERY)


@asynccontextmanager
async def patience(what: str, details: Callable[[], str] = lambda: "") -> AsyncIterator[None]:
    """Raise AssertionError if the block takes longer than PATIENCE seconds."""
    limit = asyncio.timeout(PATIENCE)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise AssertionError(_given_up(what, details())) from None


def until_in_thread(
    is_true: Callable[[], object], what: str, *, details: Callable[[], str] = lambda: ""
) -> None:
    """Like `until`, for code without an event loop."""
    deadline = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < deadline, _given_up(what, details())
        time.sleep(LOOK_EVERY)


def _given_up(what: str, details: str) -> str:
    return f"waited {PATIENCE:g} s for {what}\n{details}".rstrip()


def _source(is_true: Condition) -> str:
    """The source of a condition, as a name for it."""
    try:
        return getsource(is_true).strip()
    except (OSError, TypeError):
        return repr(is_true)

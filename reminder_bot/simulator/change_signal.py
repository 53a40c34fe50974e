"""Lets coroutines wait for a condition without polling.

It works like asyncio.Condition, except that `notify` is not a coroutine and takes no lock. So a
change and its notification happen in one step, and a Bot API call is never interrupted by another.
"""

import asyncio
from collections.abc import Callable

__all__ = ["PATIENCE", "ChangeSignal"]

# Seconds for which a person waits for what the bot does. It only ends a wait for something that
# never happens, so it is long enough for a machine that is twelve times slower than usual.
PATIENCE = 90.0


class ChangeSignal:
    """Wakes coroutines that wait for a condition, whenever something has changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake all waiting coroutines, so that they check their conditions again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_until(self, is_true: Callable[[], bool], timeout: float) -> bool:
        """Wait until `is_true()` holds; return False after `timeout` seconds of real time.

        The condition is checked immediately and after each notification.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not is_true():
            waiter = loop.create_future()
            self._waiting.add(waiter)
            try:
                await asyncio.wait([waiter], timeout=max(deadline - loop.time(), 0))
            finally:
                self._waiting.discard(waiter)
            if not waiter.done():
                return is_true()
        return True

"""Waiting for something to change, without looking twice for nothing.

Who changes a thing calls `notify`, who waits is woken by that and by nothing else: no poll, no sleep.
It is asyncio.Condition with one difference: `notify` is no coroutine and takes no lock, so that a
change and its telling are one step, and a call that waits for nobody never gives way to another.
"""

import asyncio
from collections.abc import Callable

__all__ = ["PATIENCE", "ChangeSignal"]

# Seconds for which a person waits for what the bot does. It only ends a wait for what never comes,
# so a machine that is twelve times slower must not reach it.
PATIENCE = 90.0


class ChangeSignal:
    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something changed. Not a coroutine: a change is made and told in one step, nobody
        comes between.
        """
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_until(self, is_true: Callable[[], bool], timeout: float) -> bool:
        """Whether `is_true` came true within `timeout` seconds of real time; asked at once and
        at each change.
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

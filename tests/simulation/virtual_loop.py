"""An event loop with virtual time, on which a process can be killed.

Its clock jumps to the next timer when nothing else is to be done, so a day takes seconds. Nothing
waits for the machine: what would run in a thread runs in the loop, after a random delay.

A life stands for a process of the bot: everything that is started in its context belongs to it. A
life that was killed never runs again, not even its `finally` blocks, as after SIGKILL.
"""

import asyncio
import contextvars
import random
import selectors
from collections.abc import Callable
from typing import Any

__all__ = ["LIFE", "Life", "VirtualLoop"]

LIFE: contextvars.ContextVar["Life | None"] = contextvars.ContextVar("LIFE", default=None)
# How long work that is given to a thread waits for it, in seconds: usually, and rarely.
SHORT_WAIT, LONG_WAIT, LONG_WAITS = 0.002, 0.5, 0.1


class Life:
    """One process of the bot. kept: what must not be garbage-collected after it was killed, because
    that would run the `finally` blocks of its coroutines.
    """

    def __init__(self) -> None:
        self.is_dead = False
        self.kept: list[object] = []
        self._end = asyncio.Event()

    def end(self) -> None:
        self.is_dead = True
        self._end.set()

    async def ended(self) -> None:
        await self._end.wait()


class _Selector(selectors.SelectSelector):
    """Waits for nothing, and lets the loop's clock jump instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "nothing is left to happen"
        if timeout > 0:
            self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """now: the loop's time in seconds, from 0 on."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self._chance = chance

    def time(self) -> float:
        return self.now

    def call_soon(  # type: ignore[override]
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        life = _life_of(context)
        if life is None:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(_run_unless_dead, life, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        life = _life_of(context)
        if life is None:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, _run_unless_dead, life, callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, function: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run a function in the loop, as a thread would after a wait for its turn."""
        result = self.create_future()
        is_long = self._chance.random() < LONG_WAITS
        wait = self._chance.random() * (LONG_WAIT if is_long else SHORT_WAIT)

        def run() -> None:
            try:
                found = function(*args)
            except Exception as error:
                if not result.cancelled():
                    result.set_exception(error)
            else:
                if not result.cancelled():
                    result.set_result(found)

        self.call_later(wait, run)
        return result


def _life_of(context: contextvars.Context | None) -> Life | None:
    return LIFE.get() if context is None else context.get(LIFE)


def _run_unless_dead(life: Life, callback: Callable[..., object], *args: Any) -> None:
    if life.is_dead:
        life.kept.append((callback, args))
    else:
        callback(*args)

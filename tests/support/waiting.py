"""Waiting for what tells nobody that it happened: looked for often, and given up loudly."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

__all__ = ["until"]


async def until(is_true: Callable[[], bool | Awaitable[bool]], timeout: float = 10.0) -> None:
    async with asyncio.timeout(timeout):
        while True:
            found = is_true()
            if await found if isawaitable(found) else found:
                return
            await asyncio.sleep(0.01)

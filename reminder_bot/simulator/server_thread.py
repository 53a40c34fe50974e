"""Runs the server in a thread of its own, for tests that block or have no event loop.

The server and its people are used only from the event loop of that thread. `run` executes a
coroutine there and returns its result, so no state is shared between threads.

    with ServerThread(BotApiServer(token=..., clock=...)) as thread:
        ana = thread.server.person(7)
        thread.run(ana.send("/start"))
        subprocess.run([...])  # the server answers in the meantime
        thread.run(ana.expect("Welcome"))
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from reminder_bot.simulator.server import BotApiServer

__all__ = ["ServerThread"]

Result = TypeVar("Result")


class ServerThread:
    """A server in its own thread.

    Hooks run in that thread, too, so they must not set an asyncio.Event of another thread's loop.
    """

    def __init__(self, server: BotApiServer) -> None:
        self.server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="bot-api-server", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.server.start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.server.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine in the server's thread and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

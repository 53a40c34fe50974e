"""The server on a thread of its own, for whoever keeps their own loop busy or has none.

Everything about the server and its people stays on that thread's loop: `run` takes a coroutine
there and brings its result back, so that no state is ever touched from two threads.

    with ServerThread(BotApiServer(token=..., clock=...)) as aside:
        ana = aside.server.person(7)
        aside.run(ana.send("/start"))
        subprocess.run([...])  # the server answers meanwhile
        aside.run(ana.expect("Welcome"))
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from reminder_bot.simulator.server import BotApiServer

__all__ = ["ServerThread"]

Result = TypeVar("Result")


class ServerThread:
    """Hooks run on the server's thread, too: an asyncio.Event of another loop must not be set
    there.
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
        """Wait here for what happens there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

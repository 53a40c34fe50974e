"""The zone at a location, looked up by one child process.

    first question ─▶ the child starts, and loads the map ─▶ one question after the other
                   ─▶ a minute without a question ─▶ it ends

The map needs 34 MiB of memory and blocks while it loads, and most people share a location at most
once, so it is neither in this process nor kept for long. Locations are sent through a pipe, not on
the command line, which everybody on the machine can read. They are neither logged nor stored.

At sea the map has nautical zones (Etc/GMT-3). They are returned like any other zone.
"""

import asyncio
import json
import math
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from reminder_bot.domain.zone import is_known

__all__ = ["ZoneMap"]

TIMEOUT_SECONDS = 10.0
IDLE_SECONDS = 60.0
# Whoever shares a location while so many others wait is asked for a city instead.
MOST_WAITING = 50


class ZoneMap:
    """Looks up zones; `close` it at the end.

    wait: seconds for one answer, after which the child is replaced. idle: seconds without a
    question after which the child ends.
    """

    def __init__(self, wait: float = TIMEOUT_SECONDS, idle: float = IDLE_SECONDS) -> None:
        self._wait = wait
        self._idle = idle
        self._one_at_a_time = asyncio.Lock()
        self._child: Process | None = None
        self._ending: asyncio.TimerHandle | None = None
        self.waiting = 0

    async def zone_at(self, latitude: float, longitude: float) -> str | None:
        """The zone at a location in degrees.

        None if there is no such location, no answer in time, or too many people wait already.
        """
        if not _is_on_earth(latitude, longitude) or self.waiting >= MOST_WAITING:
            return None
        self.waiting += 1
        try:
            async with self._one_at_a_time:
                return await self._ask(json.dumps([latitude, longitude]).encode() + b"\n")
        finally:
            self.waiting -= 1

    async def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if self._ending is not None:
            self._ending.cancel()
        if child is not None and child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await asyncio.shield(child.wait())

    async def _ask(self, question: bytes) -> str | None:
        zone = ""
        try:
            async with asyncio.timeout(self._wait):
                zone = await self._answer_of_child(question)
        except (TimeoutError, OSError, ValueError):
            pass  # no process or memory, or a child that hangs or ended: a city can be typed
        finally:
            if not is_known(zone):
                await self.close()
        if not is_known(zone):
            return None
        self._ending = asyncio.get_running_loop().call_later(self._idle, self._let_child_end)
        return zone

    async def _answer_of_child(self, question: bytes) -> str:
        """The line that the child answers; it is started if none runs."""
        if self._ending is not None:
            self._ending.cancel()
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(question)
        await self._child.stdin.drain()
        return (await self._child.stdout.readline()).decode(errors="replace").strip()

    def _let_child_end(self) -> None:
        """Close the pipe: the child then ends by itself."""
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
        self._child = None


def _is_on_earth(latitude: float, longitude: float) -> bool:
    return (
        math.isfinite(latitude)
        and math.isfinite(longitude)
        and abs(latitude) <= 90
        and abs(longitude) <= 180
    )


def _answer_questions() -> None:
    """What the child process runs: read locations, write their zones, a line each."""
    from tzfpy import get_tz  # here, not above: the parent must not load the map

    for line in sys.stdin:
        latitude, longitude = json.loads(line)
        print(get_tz(longitude, latitude), flush=True)


if __name__ == "__main__":
    _answer_questions()

"""The zone at a location, looked up by a child process that ends after its answer.

The map needs 34 MiB of memory and blocks while it loads, and most people share a location at most
once, so a process is started for each question. The location is sent through a pipe, not on the
command line, which everybody on the machine can read. It is neither logged nor stored.

At sea the map has nautical zones (Etc/GMT-3). They are returned like any other zone.
"""

import asyncio
import json
import math
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress

from reminder_bot.domain.zone import is_known

__all__ = ["zone_at"]

TIMEOUT_SECONDS = 10.0


async def zone_at(latitude: float, longitude: float, wait: float = TIMEOUT_SECONDS) -> str | None:
    """The zone at a location in degrees.

    None if there is no such location, or no answer within `wait` seconds.
    """
    if not _is_on_earth(latitude, longitude):
        return None
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return None  # not enough processes or memory: the person can still type a city
    try:
        async with asyncio.timeout(wait):
            answer, _ = await child.communicate(json.dumps([latitude, longitude]).encode())
    except TimeoutError:
        return None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await asyncio.shield(child.wait())
    zone = answer.decode(errors="replace").strip()
    return zone if child.returncode == 0 and is_known(zone) else None


def _is_on_earth(latitude: float, longitude: float) -> bool:
    return (
        math.isfinite(latitude)
        and math.isfinite(longitude)
        and abs(latitude) <= 90
        and abs(longitude) <= 180
    )


def _answer() -> None:
    """What the child process runs: read a location, write its zone."""
    from tzfpy import get_tz  # here, not above: the parent must not load the map

    latitude, longitude = json.loads(sys.stdin.read())
    print(get_tz(longitude, latitude))


if __name__ == "__main__":
    _answer()

"""The zone at a place on the map, asked of a child process that ends with its answer.

The map costs 34 MiB and blocks while it loads, and a person shares a location about once in their
life: so a process is started for it and gone a moment later. The place goes to it through a pipe,
never on the command line, which everyone on the machine can read; it is neither logged nor kept.

At sea the map knows nautical zones (Etc/GMT-3). They are zones like others and are given as they
are.
"""

import asyncio
import json
import math
import sys
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import suppress

from reminder_bot.domain.zone import is_known

__all__ = ["zone_at"]

LONGEST_WAIT = 10.0


async def zone_at(latitude: float, longitude: float, wait: float = LONGEST_WAIT) -> str | None:
    """The zone at a place in degrees; None where there is no such place, or no answer within
    `wait` seconds.
    """
    if not _is_on_earth(latitude, longitude):
        return None
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return None  # no process or memory to be had: the person can still type a city
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
    """The child's whole life: read a place, write its zone."""
    from tzfpy import get_tz  # here, not above: the parent must not load the map

    latitude, longitude = json.loads(sys.stdin.read())
    print(get_tz(longitude, latitude))


if __name__ == "__main__":
    _answer()

"""What a simulation puts in place of the machine: its clocks, its randomness, its child processes.

Only these are replaced, and the transport (`network`); everything else is the program itself.

    the wall clock     the simulation's time, and the error that the machine's clock has
    time since boot    the loop's time, and the time for which the machine was suspended
    random numbers     those of the seed: uuid4, secrets and the module `random`
    child processes    pictures and the map of zones are answered without one
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, tzinfo
from types import SimpleNamespace
from unittest.mock import patch

import apscheduler.executors.base
import apscheduler.schedulers.base

from reminder_bot import clock
from reminder_bot.content.zone_at import ZoneMap
from reminder_bot.pictures.renderer import NotRendered, Renderer
from reminder_bot.storage import database
from tests.simulation.virtual_loop import VirtualLoop

__all__ = ["Machine", "TrueClock", "substituted"]

PNG = bytes.fromhex("89504e470d0a1a0a") + b"a picture of the simulation"


class Machine:
    """The clocks of the machine on which the bot runs.

    error: by how much its wall clock is ahead. suspended: seconds for which it was suspended, in
    which the loop's time stands still.
    """

    def __init__(self, loop: VirtualLoop, begin: datetime) -> None:
        self._loop = loop
        self._begin = begin
        self.error = timedelta(0)
        self.suspended = 0.0

    def true_time(self) -> datetime:
        return self._begin + timedelta(seconds=self._loop.now + self.suspended)

    def wall_time(self) -> datetime:
        return self.true_time() + self.error

    def boot_time(self) -> float:
        return self._loop.now + self.suspended


class TrueClock(clock.Clock):
    """The clock of Telegram and of people."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine

    def now(self) -> datetime:
        return self._machine.true_time()


@contextmanager
def substituted(machine: Machine, chance: random.Random) -> Iterator[None]:
    class MachineTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return machine.wall_time().astimezone(tz)

    clocks = SimpleNamespace(
        clock_gettime=lambda _: machine.boot_time(),
        CLOCK_BOOTTIME=time.CLOCK_BOOTTIME,
        CLOCK_MONOTONIC=time.CLOCK_MONOTONIC,
    )

    async def render(_: Renderer, svg: str, scale: float = 1.0) -> bytes:
        if chance.random() < 0.01:
            raise NotRendered("the simulation renders no picture")
        return PNG

    async def zone_at(_: ZoneMap, latitude: float, longitude: float) -> str | None:
        return "Europe/Berlin" if latitude > 0 else None

    random.seed(chance.random())
    with ExitStack() as stack:
        for target, name, value in (
            (clock, "datetime", MachineTime),
            (clock, "time", clocks),
            (apscheduler.schedulers.base, "datetime", MachineTime),
            (apscheduler.executors.base, "datetime", MachineTime),
            (database, "monotonic", machine.boot_time),
            (os, "urandom", chance.randbytes),
            (Renderer, "render", render),
            (ZoneMap, "zone_at", zone_at),
        ):
            stack.enter_context(patch.object(target, name, value))
        yield

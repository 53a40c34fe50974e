"""A demo in this process, at a known time, for tests and for the README's picture."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from reminder_bot.clock import Clock, machine_time
from reminder_bot.demo import Demo
from tests.support.databases import quick_folder
from tests.support.world import local

__all__ = ["MORNING", "running_demo"]

# A working day. At two seconds past the minute, the minute does not change while a test answers
# "What time is it for you now?".
MORNING = local("2026-03-04 10:00:02", "Europe/Berlin")


@asynccontextmanager
async def running_demo(port: int = 0, folder: Path | None = None) -> AsyncIterator[Demo]:
    """A demo with its page, at 10:00 in Berlin."""
    with quick_folder() as made:
        place = folder or made
        Clock.move(place / "clock", MORNING - machine_time())
        async with Demo(place).running() as demo:
            await demo.page.start(port)
            yield demo

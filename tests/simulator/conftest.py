"""A server of one's own for each test, a clock that can be moved, and Ana, who has started the
bot.
"""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, Person
from tests.support.wire import Wire

TOKEN = "4711:test-token"
Move = Callable[[timedelta], None]


@pytest.fixture
def offset_file(tmp_path: Path) -> Path:
    return tmp_path / "offset"


@pytest.fixture
def move(offset_file: Path) -> Move:
    """Set the clock that far from the true time."""
    return lambda offset: Clock.move(offset_file, offset)


@pytest.fixture
async def server(offset_file: Path) -> AsyncIterator[BotApiServer]:
    async with BotApiServer(token=TOKEN, clock=Clock(offset_file)) as server:
        yield server


@pytest.fixture
async def wire(server: BotApiServer) -> AsyncIterator[Wire]:
    wire = Wire(server.base_url, TOKEN)
    yield wire
    await wire.close()


@pytest.fixture
async def ana(server: BotApiServer) -> Person:
    """Ana, chat 7, whose first message (id 1) is confirmed already."""
    ana = server.person(7)
    await ana.send("/start")
    server.updates.drop()
    return ana

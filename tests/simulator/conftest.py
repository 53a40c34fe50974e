"""Fixtures: a server for each test, a movable clock, and Ana, who has started the bot."""

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
    """A function that sets the offset of the clock from the real time."""
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
    """Ana, chat 7; the update of her first message (id 1) is confirmed."""
    ana = server.person(7)
    await ana.send("/start")
    server.updates.drop()
    return ana

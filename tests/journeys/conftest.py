"""The world that most journeys begin in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.nursery import ForkedWorld
from tests.support.world import World, local


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    """A running bot at 07:01 in Berlin on a Monday; whatever a test does to it, no traceback may
    be left.
    """
    async with ForkedWorld(folder) as world:
        world.move_to(local("2026-03-02 07:01", "Europe/Berlin"))
        await world.start()
        yield world
        assert "Traceback" not in world.log(), world.log()

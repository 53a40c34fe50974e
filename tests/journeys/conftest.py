"""The world in which most journeys begin."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.nursery import ForkedWorld
from tests.support.world import World, local


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    """A running bot on a Monday at 07:01 in Berlin. After any test, its log must have no
    traceback.
    """
    async with ForkedWorld(folder) as world:
        world.move_to(local("2026-03-02 07:01", "Europe/Berlin"))
        await world.start()
        yield world
        assert "Traceback" not in world.log(), world.log()

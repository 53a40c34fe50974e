"""Fixtures of this folder: see tests.support.telegram."""

from collections.abc import AsyncIterator

import pytest

from reminder_bot.storage.database import Database

pytest.register_assert_rewrite("tests.chat.effects")

from tests.chat.conversation import Conversation, open_conversation  # noqa: E402
from tests.support.databases import MOSTLY_SQLITE  # noqa: E402
from tests.support.telegram import (  # noqa: E402
    ana,
    bot,
    messages,
    no_proxy_of_this_machine,
    rate_limiter,
    renderer,
    sender,
    server,
)

__all__ = [
    "ana",
    "bot",
    "database",
    "messages",
    "no_proxy_of_this_machine",
    "rate_limiter",
    "renderer",
    "sender",
    "server",
    "settled",
    "talk",
]


@pytest.fixture(params=MOSTLY_SQLITE)
def database(request: pytest.FixtureRequest) -> Database:
    """As in tests/conftest.py, but with PostgreSQL under a marker."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture
async def talk(sqlite: Database) -> AsyncIterator[Conversation]:
    """A conversation before its first word, on Monday 2 March 2026, 07:01 in Berlin."""
    async with open_conversation(sqlite) as talk:
        yield talk


@pytest.fixture
async def settled(talk: Conversation) -> Conversation:
    """The same after the first contact: four habits, up at 7, asleep by 23."""
    await talk.settle()
    return talk

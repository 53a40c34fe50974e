"""Fixtures: the real transport, rate limiter and sender, which call the simulated server over HTTP,
and Ana, who has started the bot.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from telegram import Bot

from reminder_bot.bot_api.rate_limiter import RateLimiter
from reminder_bot.bot_api.sender import Sender
from reminder_bot.bot_api.transport import Transport, open_bot
from reminder_bot.chat.messages import Messages
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import SendRate
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.simulator import BotApiServer, Person
from tests.support.people import SetClock
from tests.support.waiting import PATIENCE

__all__ = [
    "MONDAY_TEN",
    "TOKEN",
    "ana",
    "bot",
    "messages",
    "no_proxy_of_this_machine",
    "rate_limiter",
    "renderer",
    "sender",
    "server",
]

TOKEN = "4711:this-is-a-token-for-tests"
MONDAY_TEN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def server() -> AsyncIterator[BotApiServer]:
    async with BotApiServer(token=TOKEN, clock=Clock()) as server:
        yield server


@pytest.fixture
async def ana(server: BotApiServer) -> Person:
    ana = server.person(7)
    await ana.send("/start")
    server.updates.drop()
    return ana


@pytest.fixture
async def bot(server: BotApiServer) -> AsyncIterator[Bot]:
    """A bot with the timeout of a test, so that a busy machine causes no failure."""
    bot = open_bot(TOKEN, server.base_url)
    request = Transport(
        server.base_url, connections=8, read_timeout=PATIENCE, connect_timeout=PATIENCE
    )
    bot._request = (bot._request[0], request)
    await request.initialize()
    yield bot
    await request.shutdown()


@pytest.fixture
async def rate_limiter() -> AsyncIterator[RateLimiter]:
    rate_limiter = RateLimiter(SendRate(1000))
    yield rate_limiter
    await rate_limiter.close()


@pytest.fixture
def sender(bot: Bot, rate_limiter: RateLimiter) -> Sender:
    return Sender(bot, rate_limiter, SetClock(MONDAY_TEN))


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    renderer = Renderer()
    yield renderer
    await renderer.close()


@pytest.fixture
def messages(sender: Sender, renderer: Renderer) -> Messages:
    return Messages(sender, SetClock(MONDAY_TEN), renderer)

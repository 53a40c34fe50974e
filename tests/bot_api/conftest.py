"""Fixtures of this folder: see tests.support.telegram. What depends on connections is tested in
each event loop that the bot may run in.
"""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.support.telegram import (
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
    "messages",
    "no_proxy_of_this_machine",
    "rate_limiter",
    "renderer",
    "sender",
    "server",
]


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    usual = {"asyncio": asyncio.new_event_loop}
    if item.path.stem in {"test_connector", "test_transport"}:
        return usual | {"uvloop": uvloop.new_event_loop}
    return usual

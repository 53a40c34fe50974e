"""Fixtures of this folder: see tests.support.telegram."""

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

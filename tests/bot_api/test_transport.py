"""Where calls go when the host's environment names a proxy."""

import pytest

from reminder_bot.bot_api.transport import Transport
from reminder_bot.simulator import BotApiServer


async def status_of(transport: Transport, url: str) -> int:
    await transport.initialize()
    try:
        return (await transport.do_request(url, "POST"))[0]
    finally:
        await transport.shutdown()


async def test_calls_go_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, server: BotApiServer
) -> None:
    """The server stands in for the proxy: it is asked for a host that does not exist."""
    monkeypatch.setenv("http_proxy", server.base_url)

    url = f"http://telegram.invalid/bot{server.token}/getMe"

    assert await status_of(Transport("http://telegram.invalid", connections=1), url) == 200


async def test_a_host_that_needs_no_proxy_is_called_directly(
    monkeypatch: pytest.MonkeyPatch, server: BotApiServer
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert (
        await status_of(
            Transport(server.base_url, connections=1), f"{server.base_url}/bot{server.token}/getMe"
        )
        == 200
    )

"""Starting and stopping the server, the log of calls, and the two hooks for tests."""

import asyncio

import aiohttp
import pytest

from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, Call, Person
from tests.simulator.conftest import TOKEN
from tests.support.wire import Wire

HELLO = {"chat_id": 7, "text": "hello"}


async def test_the_log_has_every_call_in_order(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    await wire.call("getMe")
    await wire.call("sendMessage", **HELLO)
    await wire.call("sendMessage", chat_id=7, text="")

    assert [(call.method, call.status, call.accepted, call.chat_id) for call in server.log] == [
        ("getMe", 200, True, None),
        ("sendMessage", 200, True, 7),
        ("sendMessage", 400, False, 7),
    ]
    assert server.log[1].message_id == ana.newest.message_id
    assert server.log[2].description == "Bad Request: message text is empty"


async def test_accepted_calls_are_found_by_method_and_chat(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    await server.person(8).send("/start")
    await wire.call("sendMessage", **HELLO)
    await wire.call("sendMessage", chat_id=8, text="hello")

    assert [call.chat_id for call in server.accepted("sendMessage")] == [7, 8]
    assert [call.chat_id for call in server.accepted("sendMessage", chat_id=8)] == [8]


async def test_a_log_that_is_not_kept_stays_empty() -> None:
    async with BotApiServer(token=TOKEN, clock=Clock(), keep_log=False) as server:
        wire = Wire(server.base_url, TOKEN)
        await wire.call("getMe")
        await wire.close()

    assert (server.log, server.accepted("getMe")) == ([], [])


async def test_the_hooks_are_awaited_before_and_after_acceptance(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    seen = []

    async def on_call(call: Call) -> None:
        seen.append(("call", call.method, call.accepted, len(ana.messages)))

    async def on_accepted(call: Call) -> None:
        seen.append(("accepted", call.method, call.accepted, len(ana.messages)))

    server.on_call, server.on_accepted = on_call, on_accepted
    await wire.call("sendMessage", **HELLO)

    assert seen == [("call", "sendMessage", False, 1), ("accepted", "sendMessage", True, 2)]


async def test_a_stopped_server_refuses_connections_and_keeps_its_state(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    address = server.base_url
    await ana.send("before")

    async with server.unreachable():
        await ana.send("meanwhile")
        with pytest.raises(aiohttp.ClientConnectorError):
            await wire.call("getMe")

    assert server.base_url == address
    assert len((await wire.call("getUpdates")).result) == 2


async def test_a_long_poll_ends_when_the_server_stops(server: BotApiServer, wire: Wire) -> None:
    arrived = asyncio.Event()

    async def note(call: Call) -> None:
        arrived.set()

    server.on_call = note
    poll = asyncio.create_task(wire.call("getUpdates", timeout=50))
    await arrived.wait()

    await server.stop()

    with pytest.raises(aiohttp.ClientError):
        await poll


async def test_a_port_can_be_chosen(server: BotApiServer) -> None:
    await server.__aexit__()

    async with BotApiServer(token=TOKEN, clock=Clock(), port=server.port) as other:
        wire = Wire(server.base_url, TOKEN)
        await wire.call("getMe")
        await wire.close()

    assert [call.method for call in other.log] == ["getMe"]

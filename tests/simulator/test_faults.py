"""Injected faults: what the client gets, and whether the person sees the message."""

import asyncio
from typing import Any

import aiohttp
import pytest

from reminder_bot.simulator import BotApiServer, Call, Fault, Person
from tests.support.wire import Wire

HELLO = {"chat_id": 7, "text": "hello"}


@pytest.mark.parametrize(
    ("fault", "status", "payload"),
    [
        (
            Fault.too_many_requests(3),
            429,
            {"description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}},
        ),
        (Fault.too_many_requests(), 429, {"description": "Too Many Requests: retry later"}),
        (Fault.server_error(), 502, {"description": "Bad Gateway"}),
        (
            Fault.server_error(500, "Internal Server Error"),
            500,
            {"description": "Internal Server Error"},
        ),
        (
            Fault.refusal(403, "Forbidden: user is deactivated"),
            403,
            {"description": "Forbidden: user is deactivated"},
        ),
    ],
)
async def test_a_scripted_refusal_has_no_effect(
    server: BotApiServer,
    wire: Wire,
    ana: Person,
    fault: Fault,
    status: int,
    payload: dict[str, Any],
) -> None:
    server.faults.add("sendMessage", fault)

    answer = await wire.call("sendMessage", **HELLO)

    assert answer.status == status
    assert answer.payload == {"ok": False, "error_code": status, **payload}
    assert len(ana.messages) == 1
    assert not server.log[-1].accepted


@pytest.mark.parametrize(
    ("fault", "status", "is_seen"),
    [
        (Fault.server_error_page(), 502, False),
        (Fault.server_error_page(504, is_accepted=True), 504, True),
        (Fault.garbage(), 200, True),
    ],
)
async def test_a_proxys_page_can_come_before_or_after_acceptance(
    server: BotApiServer, ana: Person, fault: Fault, status: int, is_seen: bool
) -> None:
    server.faults.add("sendMessage", fault)

    async with aiohttp.ClientSession() as session, session.post(url(server), json=HELLO) as answer:
        assert answer.content_type == "text/html"
        assert answer.status == status

    assert (len(ana.messages) == 2) is is_seen is bool(server.accepted("sendMessage", chat_id=7))


@pytest.mark.parametrize(
    ("fault", "is_seen"), [(Fault.reset_before(), False), (Fault.reset_after(), True)]
)
async def test_a_reset_loses_the_call_or_its_answer(
    server: BotApiServer, wire: Wire, ana: Person, fault: Fault, is_seen: bool
) -> None:
    server.faults.add("sendMessage", fault)

    with pytest.raises(aiohttp.ClientError):
        await wire.call("sendMessage", **HELLO)

    assert (len(ana.messages) == 2) is is_seen
    assert (server.log[-1].accepted, server.log[-1].status) == (is_seen, 0)


@pytest.mark.parametrize(
    ("fault", "is_seen"), [(Fault.delay_before(30), False), (Fault.delay_after(30), True)]
)
async def test_a_delay_comes_before_or_after_acceptance(
    server: BotApiServer, wire: Wire, ana: Person, fault: Fault, is_seen: bool
) -> None:
    rule = server.faults.add("sendMessage", fault)
    arrived = asyncio.Event()

    async def note(call: Call) -> None:
        arrived.set()

    server.on_call = note
    call = asyncio.create_task(wire.call("sendMessage", **HELLO))
    await arrived.wait()
    await asyncio.wait([call], timeout=0)

    assert rule.applied == 1
    assert (len(ana.messages) == 2) is is_seen
    assert not call.done()
    await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await call


async def test_after_a_delay_the_real_answer_is_sent(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    server.faults.add("sendMessage", Fault.delay_before(0.01))

    answer = await wire.call("sendMessage", **HELLO)

    assert answer.result["text"] == "hello"


async def test_a_fault_applies_to_the_given_number_of_calls(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    server.faults.add("sendMessage", Fault.server_error(), times=2)

    assert [(await wire.call("sendMessage", **HELLO)).status for _ in range(3)] == [502, 502, 200]


async def test_a_fault_of_one_chat_does_not_apply_to_another(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    await server.person(8).send("/start")
    server.faults.add("sendMessage", Fault.server_error(), chat_id=8, times=None)

    assert (await wire.call("sendMessage", **HELLO)).status == 200
    assert (await wire.call("sendMessage", chat_id=8, text="hello")).status == 502


async def test_a_fault_without_a_limit_applies_until_it_is_lifted(
    server: BotApiServer, wire: Wire
) -> None:
    rule = server.faults.add("*", Fault.server_error(), times=None)
    statuses = [(await wire.call(method)).status for method in ("getMe", "getUpdates")]

    server.faults.lift(rule)

    assert statuses == [502, 502]
    assert (await wire.call("getMe")).status == 200


async def test_a_revoked_token_is_refused_by_every_method(server: BotApiServer, wire: Wire) -> None:
    server.is_token_revoked = True
    refused = [(await wire.call(method)).refusal for method in ("getMe", "getUpdates")]

    server.is_token_revoked = False

    assert refused == [(401, "Unauthorized")] * 2
    assert (await wire.call("getMe")).status == 200


async def test_a_dropping_server_resets_connections_without_reading(
    server: BotApiServer, wire: Wire
) -> None:
    server.is_dropping = True

    with pytest.raises(aiohttp.ClientError):
        await wire.call("getMe")

    assert server.log == []


def url(server: BotApiServer) -> str:
    return f"{server.base_url}/bot{server.token}/sendMessage"

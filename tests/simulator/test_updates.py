"""getUpdates: which updates it returns, for how long, and what confirms them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from reminder_bot.simulator import BotApiServer, Call, Person
from tests.simulator.conftest import Move
from tests.support.wire import Wire

OTHER = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


async def texts(wire: Wire, **parameters: Any) -> list[str]:
    return [
        update["message"]["text"] for update in (await wire.call("getUpdates", **parameters)).result
    ]


async def test_an_update_is_fetched_again_until_a_higher_offset_confirms_it(
    wire: Wire, ana: Person
) -> None:
    await ana.send("one")
    await ana.send("two")

    first = (await wire.call("getUpdates")).result

    assert await texts(wire) == ["one", "two"]
    assert await texts(wire, offset=first[0]["update_id"] + 1) == ["two"]
    assert await texts(wire) == ["two"]
    assert await texts(wire, offset=first[1]["update_id"] + 1) == []


async def test_a_limit_leaves_the_rest_for_later(wire: Wire, ana: Person) -> None:
    await ana.send("one")
    await ana.send("two")

    assert await texts(wire, limit=1) == ["one"]
    assert len(await texts(wire)) == 2


async def test_a_negative_offset_keeps_only_the_last_updates(wire: Wire, ana: Person) -> None:
    for text in ("one", "two", "three"):
        await ana.send(text)

    assert await texts(wire, offset=-2) == ["two", "three"]
    assert await texts(wire) == ["two", "three"]


async def test_an_update_ends_a_long_poll(server: BotApiServer, wire: Wire, ana: Person) -> None:
    poll = await waiting_poll(server, wire)

    await ana.send("awake")

    assert [update["message"]["text"] for update in (await poll).result] == ["awake"]


async def test_a_second_poll_ends_the_first(server: BotApiServer, wire: Wire, ana: Person) -> None:
    first = await waiting_poll(server, wire)

    second = await wire.call("getUpdates")

    assert (await first).refusal == (409, OTHER)
    assert second.result == []


async def waiting_poll(server: BotApiServer, wire: Wire) -> Any:
    """Start a getUpdates, and return when it waits for an update."""
    arrived = asyncio.Event()

    async def note(call: Call) -> None:
        arrived.set()

    server.on_call = note
    poll = asyncio.create_task(wire.call("getUpdates", timeout=30))
    await arrived.wait()
    server.on_call = None
    return poll


async def test_a_webhook_ends_polling_until_it_is_deleted(wire: Wire, ana: Person) -> None:
    await wire.call("setWebhook", url="https://example.org/hook", max_connections=5)
    await ana.send("one")

    answer = await wire.call("getUpdates")
    info = (await wire.call("getWebhookInfo")).result
    await wire.call("deleteWebhook", drop_pending_updates=True)

    assert answer.refusal[0] == 409
    assert answer.refusal[1].startswith(
        "Conflict: can't use getUpdates method while webhook is active; use delete"
    )
    assert (info["url"], info["pending_update_count"]) == ("https://example.org/hook", 1)
    assert (await wire.call("getUpdates")).result == []


async def test_only_allowed_kinds_arrive_until_others_are_allowed(wire: Wire, ana: Person) -> None:
    await wire.call("getUpdates", allowed_updates=["my_chat_member"])
    await ana.send("one")
    await ana.block()

    updates = (await wire.call("getUpdates")).result

    assert [sorted(update) for update in updates] == [["my_chat_member", "update_id"]]


async def test_an_empty_list_of_allowed_updates_means_the_default(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    await wire.call("getUpdates", allowed_updates=["poll"])
    await wire.call("getUpdates", allowed_updates=[])

    await ana.send("one")
    server.updates.add("message_reaction", {})

    assert await texts(wire) == ["one"]


async def test_an_update_is_kept_for_24_hours(wire: Wire, ana: Person, move: Move) -> None:
    await ana.send("old")
    move(timedelta(hours=12))
    await ana.send("new")

    move(timedelta(hours=24, seconds=1))

    assert await texts(wire) == ["new"]


async def test_a_higher_offset_removes_later_updates_with_a_lower_id(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    server.updates.next_id = 500
    await ana.send("after an idle week")

    assert await texts(wire, offset=100_000_002) == []
    assert await texts(wire) == []


async def test_ids_continue_from_the_value_that_was_set(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    server.updates.next_id = 500
    await ana.send("one")
    await ana.send("two")

    assert [update["update_id"] for update in (await wire.call("getUpdates")).result] == [500, 501]


async def test_any_update_can_be_injected_even_twice(server: BotApiServer, wire: Wire) -> None:
    poison = {"update_id": 600, "message": {"date": "never"}}
    server.updates.inject(poison)
    server.updates.inject(poison)
    server.updates.inject({"channel_post": {}})

    assert (await wire.call("getUpdates")).result == [
        poison,
        poison,
        {"update_id": 100_000_001, "channel_post": {}},
    ]


async def test_a_batch_can_be_reordered(server: BotApiServer, wire: Wire, ana: Person) -> None:
    await ana.send("one")
    await ana.send("two")
    server.updates.reorder = lambda batch: batch[::-1]

    assert await texts(wire) == ["two", "one"]


async def test_confirmed_waits_until_all_updates_are_confirmed(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    await ana.send("one")
    confirmed = asyncio.create_task(server.updates.confirmed())
    await wire.call("getUpdates", offset=server.updates.next_id)

    await confirmed

    assert server.updates.pending == []


async def test_confirmed_fails_after_its_timeout(server: BotApiServer, ana: Person) -> None:
    await ana.send("one")

    with pytest.raises(AssertionError, match="not confirmed within 0 s"):
        await server.updates.confirmed(timeout=0)

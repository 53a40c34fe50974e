"""The actions of a person, and the updates that the bot gets for them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from reminder_bot.simulator import BotApiServer, Person
from tests.simulator.conftest import Move
from tests.support.wire import Wire

YES_NO = {
    "inline_keyboard": [
        [{"text": "Yes", "callback_data": "v1:yes:1"}, {"text": "No", "callback_data": "v1:no:1"}]
    ]
}
OLD = (400, "Bad Request: query is too old and response timeout expired or query ID is invalid")


async def ask(wire: Wire, text: str = "Water?") -> None:
    await wire.call("sendMessage", chat_id=7, text=text, reply_markup=YES_NO)


async def only_update(wire: Wire) -> dict[str, Any]:
    [update] = (await wire.call("getUpdates")).result
    del update["update_id"]
    assert isinstance(update, dict)
    return update


async def test_the_bot_cant_write_first(server: BotApiServer, wire: Wire) -> None:
    ben = server.person(8, "Ben")
    before = await wire.call("sendMessage", chat_id=8, text="hello")

    await ben.send("/start")

    assert before.refusal == (400, "Bad Request: chat not found")
    assert (await wire.call("sendMessage", chat_id=8, text="hello")).status == 200


async def test_a_command_has_a_bot_command_entity(server: BotApiServer, wire: Wire) -> None:
    await server.person(8, "Ben", "de", "ben").send("💧 /today now")

    message = (await only_update(wire))["message"]

    assert message["entities"] == [{"type": "bot_command", "offset": 3, "length": 6}]
    assert message["from"] == {
        "id": 8,
        "is_bot": False,
        "first_name": "Ben",
        "language_code": "de",
        "username": "ben",
    }
    assert message["chat"] == {"id": 8, "type": "private", "first_name": "Ben", "username": "ben"}


async def test_a_message_has_the_date_of_the_servers_clock(
    server: BotApiServer, wire: Wire, ana: Person, move: Move
) -> None:
    move(timedelta(days=400))

    sent = await ana.send("later")

    assert sent.date - ana.messages[0].date > timedelta(days=399)
    assert (await only_update(wire))["message"]["date"] == int(sent.date.timestamp())


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda person: person.share_location(52.52, 13.4), "location"),
        (lambda person: person.send_sticker(), "sticker"),
        (lambda person: person.send_voice(), "voice"),
    ],
)
async def test_a_location_sticker_or_voice_note_has_no_text(
    wire: Wire, ana: Person, act: Callable[[Person], Awaitable[object]], kind: str
) -> None:
    await act(ana)

    message = (await only_update(wire))["message"]

    assert kind in message
    assert "text" not in message


async def test_a_reply_contains_the_message_it_replies_to(wire: Wire, ana: Person) -> None:
    await ask(wire)

    await ana.send("300 ml", reply_to=ana.newest)

    assert (await only_update(wire))["message"]["reply_to_message"]["text"] == "Water?"


async def test_an_edit_arrives_as_an_edited_message(wire: Wire, ana: Person) -> None:
    await ana.edit(ana.messages[0], "/stop")

    message = (await only_update(wire))["edited_message"]

    assert (message["text"], message["message_id"]) == ("/stop", 1)
    assert "edit_date" in message


@pytest.mark.parametrize("button", ["Yes", "v1:yes:1"])
async def test_a_tap_goes_to_the_newest_message_that_has_the_button(
    wire: Wire, ana: Person, button: str
) -> None:
    await ask(wire, "first")
    await ask(wire, "second")
    await wire.call("sendMessage", chat_id=7, text="third")

    await ana.tap(button)

    query = (await only_update(wire))["callback_query"]
    assert (query["data"], query["message"]["text"], query["from"]["id"]) == (
        "v1:yes:1",
        "second",
        7,
    )


async def test_an_older_message_can_be_tapped(wire: Wire, ana: Person) -> None:
    await ask(wire, "first")
    await ask(wire, "second")

    await ana.tap("No", ana.messages[1])

    assert (await only_update(wire))["callback_query"]["message"]["text"] == "first"


async def test_a_missing_button_cant_be_tapped(wire: Wire, ana: Person) -> None:
    await ask(wire)

    with pytest.raises(
        AssertionError,
        match=r'no visible message had a button "Perhaps" within 0 s(?s:.*)bot: Water\?',
    ):
        await ana.tap("Perhaps", timeout=0)


async def test_a_tap_waits_for_its_button(wire: Wire, ana: Person) -> None:
    await ana.send("again")
    tapping = asyncio.create_task(ana.tap("Yes"))

    await ask(wire)

    assert (await tapping).update["callback_query"]["data"] == "v1:yes:1"


async def test_a_raw_tap_can_have_any_data(wire: Wire, ana: Person) -> None:
    await ana.tap_raw("v1:erase:999", message_id=42)

    query = (await only_update(wire))["callback_query"]

    assert (query["data"], query["message"]["message_id"], query["message"]["date"]) == (
        "v1:erase:999",
        42,
        0,
    )


async def test_a_tap_can_be_delivered_twice(wire: Wire, ana: Person) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")

    await ana.tap_again(tap)

    first, second = (await wire.call("getUpdates")).result
    assert first["callback_query"] == second["callback_query"]
    assert first["update_id"] != second["update_id"]


async def test_the_answer_to_a_tap_is_shown_as_a_toast(wire: Wire, ana: Person) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")
    before = tap.toast
    await wire.call(
        "answerCallbackQuery",
        callback_query_id=tap.tapped.query_id,
        text="Well done",
        show_alert=True,
    )

    toast = await tap.answered()

    assert before is None
    assert toast is not None
    assert (toast.text, toast.is_alert) == ("Well done", True)
    assert ana.toasts == [toast]


async def test_a_second_answer_is_accepted_and_shows_nothing(wire: Wire, ana: Person) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")
    await wire.call("answerCallbackQuery", callback_query_id=tap.tapped.query_id)

    answer = await wire.call(
        "answerCallbackQuery", callback_query_id=tap.tapped.query_id, text="again"
    )

    assert answer.result is True
    assert ana.toasts == []


async def test_an_answer_after_fifteen_minutes_is_refused(
    wire: Wire, ana: Person, move: Move
) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")
    move(timedelta(minutes=15, seconds=1))

    answer = await wire.call("answerCallbackQuery", callback_query_id=tap.tapped.query_id)

    assert answer.refusal == OLD


async def test_a_toast_has_at_most_200_characters(wire: Wire, ana: Person) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")

    answer = await wire.call(
        "answerCallbackQuery", callback_query_id=tap.tapped.query_id, text="x" * 201
    )

    assert answer.refusal == (400, "Bad Request: MESSAGE_TOO_LONG")


async def test_a_tap_that_is_not_answered_fails_with_the_transcript(
    wire: Wire, ana: Person
) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")

    with pytest.raises(
        AssertionError, match=r"not answered within 0 s(?s:.*)Ana taps 'v1:yes:1' on #2"
    ):
        await tap.answered(timeout=0)


async def test_blocking_and_unblocking_send_an_update(wire: Wire, ana: Person) -> None:
    await ana.block()
    await ana.unblock()

    changes = [update["my_chat_member"] for update in (await wire.call("getUpdates")).result]

    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]
    assert (await wire.call("sendMessage", chat_id=7, text="hello")).status == 200


async def test_a_person_who_has_blocked_the_bot_cant_write(ana: Person) -> None:
    await ana.block()

    with pytest.raises(RuntimeError, match="Ana is blocked"):
        await ana.send("hello")


async def test_expect_waits_for_a_message(wire: Wire, ana: Person) -> None:
    expected = asyncio.create_task(ana.expect("Water"))

    await ask(wire)

    assert await expected is ana.newest


async def test_expect_finds_a_message_since_the_last_action(wire: Wire, ana: Person) -> None:
    await ask(wire)

    message = await ana.expect("Water")

    assert message.text == "Water?"


async def test_expect_does_not_accept_an_older_message(wire: Wire, ana: Person) -> None:
    await ask(wire)
    await ana.send("again")

    with pytest.raises(
        AssertionError, match=r"'Water' did not come within 0 s(?s:.*)bot: Water\?(?s:.*)Ana: again"
    ):
        await ana.expect("Water", timeout=0)


async def test_expect_finds_each_message_once(wire: Wire, ana: Person) -> None:
    await ask(wire)
    await ana.expect("Water")

    with pytest.raises(AssertionError):
        await ana.expect("Water", timeout=0)


async def test_expect_finds_an_older_message_with_new_false(wire: Wire, ana: Person) -> None:
    await ask(wire)
    await ana.send("again")

    assert (await ana.expect("Water", new=False)).text == "Water?"


async def test_expect_accepts_an_edit(wire: Wire, ana: Person) -> None:
    await ask(wire)
    await ana.tap("Yes")

    await wire.call("editMessageText", chat_id=7, message_id=2, text="Done")

    assert (
        await ana.expect(lambda message: message.text == "Done" and not message.buttons)
    ).message_id == 2


async def test_expect_finds_a_version_that_was_replaced(wire: Wire, ana: Person) -> None:
    await ask(wire)
    await wire.call("editMessageText", chat_id=7, message_id=2, text="Done")

    assert (await ana.expect("Water?")).text == "Done"


async def test_until_waits_for_any_condition_of_a_chat(wire: Wire, ana: Person) -> None:
    waiting = asyncio.create_task(ana.until(lambda: len(ana.messages) == 3))
    await ask(wire)
    await ask(wire)

    await waiting

    with pytest.raises(AssertionError, match="did not become true within 0 s"):
        await ana.until(lambda: len(ana.messages) == 4, timeout=0)


async def test_a_transcript_has_all_events_in_order(wire: Wire, ana: Person) -> None:
    await ask(wire)
    tap = await ana.tap("Yes")
    await wire.call("answerCallbackQuery", callback_query_id=tap.tapped.query_id, text="ok")
    await wire.call("editMessageText", chat_id=7, message_id=2, text="Done")
    await ana.delete(ana.newest)

    told = [line[21:] if line[:4].isdigit() else line for line in ana.transcript().splitlines()]

    assert told == [
        "Ana: /start",
        "bot: Water?",
        "        [Yes]  [No]",
        "Ana taps 'v1:yes:1' on #2",
        "bot answers the tap: ok",
        "bot edits #2: Done",
        "Ana deletes #2",
    ]


async def test_a_group_has_messages_of_its_members(
    server: BotApiServer, wire: Wire, ana: Person
) -> None:
    group = server.group(-100, "Family")

    await group.send(ana, "/start@reminder_test_bot")

    message = (await only_update(wire))["message"]
    assert message["chat"] == {"id": -100, "type": "group", "title": "Family"}
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 24}]
    assert (await wire.call("sendMessage", chat_id=-100, text="Write to me alone")).status == 200
    assert group.messages[-1].text == "Write to me alone"

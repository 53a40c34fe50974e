"""Sending, editing and deleting messages, as a person sees it."""

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from reminder_bot.simulator import BotApiServer, Button, Person
from tests.simulator.conftest import Move
from tests.support.wire import Wire

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (800).to_bytes(4, "big") + (400).to_bytes(4, "big")
YES = {"inline_keyboard": [[{"text": "Yes", "callback_data": "yes", "style": "success"}]]}
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as "
    "a current content and reply markup of the message"
)


async def sent(wire: Wire, **more: Any) -> dict[str, int]:
    """The chat id and message id of a new message."""
    answer = await wire.call("sendMessage", **{"chat_id": 7, "text": "Water?", **more})
    return {"chat_id": 7, "message_id": answer.result["message_id"]}


def upload(name: str, content: bytes, **more: str) -> dict[str, Any]:
    form = aiohttp.FormData({"chat_id": "7", **more})
    form.add_field(name, content, filename="week.png", content_type="image/png")
    return {"data": form}


async def test_a_message_has_its_text_its_html_and_its_buttons(wire: Wire, ana: Person) -> None:
    await sent(wire, text="<b>Water</b>?", parse_mode="HTML", reply_markup=YES)

    assert (ana.newest.text, ana.newest.html) == ("Water?", "<b>Water</b>?")
    assert ana.newest.buttons == [[Button("Yes", "yes", "success")]]
    assert ana.newest.from_bot


async def test_a_text_of_4096_characters_of_any_kind_is_accepted(wire: Wire, ana: Person) -> None:
    await sent(wire, text="<b>" + "💧" * 4096 + "</b>", parse_mode="HTML")

    assert ana.newest.text == "💧" * 4096


async def test_an_edit_keeps_the_earlier_version(wire: Wire, ana: Person) -> None:
    message = await sent(wire, reply_markup=YES)

    answer = await wire.call("editMessageText", **message, text="Done")

    assert answer.result["text"] == "Done"
    assert (ana.newest.text, ana.newest.buttons) == ("Done", [])
    assert [version.text for version in ana.newest.history] == ["Water?"]
    assert ana.newest.edited_at is not None


@pytest.mark.parametrize(
    ("method", "new"),
    [("editMessageText", {"text": " Water? "}), ("editMessageReplyMarkup", {})],
)
async def test_an_edit_without_any_change_is_refused(
    wire: Wire, ana: Person, method: str, new: dict[str, Any]
) -> None:
    message = await sent(wire, reply_markup=YES)

    answer = await wire.call(method, **message, **new, reply_markup=YES)

    assert answer.refusal == (400, NOT_MODIFIED)
    assert ana.newest.history == []


async def test_new_buttons_under_the_same_text_are_a_change(wire: Wire, ana: Person) -> None:
    message = await sent(wire, reply_markup=YES)

    answer = await wire.call("editMessageReplyMarkup", **message)

    assert "edit_date" not in answer.result
    assert ana.newest.buttons == []


async def test_a_message_with_a_reply_keyboard_cant_be_edited(wire: Wire, ana: Person) -> None:
    message = await sent(
        wire, reply_markup={"keyboard": [[{"text": "Here", "request_location": True}]]}
    )

    answer = await wire.call("editMessageText", **message, text="new")

    assert answer.refusal == (400, "Bad Request: message can't be edited")
    assert ana.keyboard == [[Button("Here", asks_location=True)]]


async def test_a_reply_keyboard_stays_until_it_is_removed(wire: Wire, ana: Person) -> None:
    await sent(wire, reply_markup={"keyboard": [[{"text": "Here"}]]})
    await sent(wire)
    before = ana.keyboard

    await sent(wire, reply_markup={"remove_keyboard": True})

    assert (before, ana.keyboard) == ([[Button("Here")]], None)


async def test_a_photo_has_its_size_and_a_caption(wire: Wire, ana: Person) -> None:
    answer = await wire.request(
        "POST", "sendPhoto", **upload("photo", PNG, caption="<b>Week</b>", parse_mode="HTML")
    )

    assert [(size["width"], size["height"]) for size in answer.result["photo"]] == [(800, 400)]
    assert answer.result["caption"] == ana.newest.text == "Week"
    assert ana.newest.file is not None
    assert ana.newest.file.content == PNG


async def test_a_photo_can_be_sent_again_by_its_id(wire: Wire, ana: Person) -> None:
    first = await wire.request("POST", "sendPhoto", **upload("photo", PNG))

    await wire.call("sendPhoto", chat_id=7, photo=first.result["photo"][0]["file_id"])

    assert [message.file.content for message in ana.messages if message.file] == [PNG, PNG]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file must be non-empty"),
        (b"<svg/>", "IMAGE_PROCESS_FAILED"),
        (PNG[:16] + (9000).to_bytes(4, "big") * 2, "PHOTO_INVALID_DIMENSIONS"),
    ],
)
async def test_a_file_that_is_not_a_photo_is_refused(
    wire: Wire, ana: Person, content: bytes, sentence: str
) -> None:
    answer = await wire.request("POST", "sendPhoto", **upload("photo", content))

    assert answer.refusal == (400, f"Bad Request: {sentence}")


async def test_a_document_keeps_its_name(wire: Wire, ana: Person) -> None:
    answer = await wire.request(
        "POST", "sendDocument", **upload("document", b"a,b", caption="Your data")
    )

    assert answer.result["document"]["file_name"] == "week.png"
    assert answer.result["caption"] == "Your data"


async def test_a_caption_can_be_edited_and_a_text_of_a_photo_can_not(
    wire: Wire, ana: Person
) -> None:
    photo = await wire.request("POST", "sendPhoto", **upload("photo", PNG, caption="old"))
    message = {"chat_id": 7, "message_id": photo.result["message_id"]}

    edited = await wire.call("editMessageCaption", **message, caption="new")
    refused = await wire.call("editMessageText", **message, text="new")

    assert edited.result["caption"] == "new"
    assert refused.refusal == (400, "Bad Request: there is no text in the message to edit")


async def test_a_caption_of_a_text_can_not_be_edited(wire: Wire, ana: Person) -> None:
    answer = await wire.call("editMessageCaption", **await sent(wire), caption="new")

    assert answer.refusal == (400, "Bad Request: there is no caption in the message to edit")


async def test_a_photo_can_replace_another(wire: Wire, ana: Person) -> None:
    photo = await wire.request("POST", "sendPhoto", **upload("photo", PNG))
    media = '{"type": "photo", "media": "attach://new", "caption": "This week"}'

    form = upload("new", PNG + b"new", message_id=str(photo.result["message_id"]), media=media)
    await wire.request("POST", "editMessageMedia", **form)

    assert ana.newest.text == "This week"
    assert ana.newest.file is not None
    assert ana.newest.file.content == PNG + b"new"


async def test_a_missing_attachment_is_refused(wire: Wire, ana: Person) -> None:
    media = {"type": "photo", "media": "attach://new"}

    answer = await wire.call("editMessageMedia", **await sent(wire), media=media)

    assert (
        answer.refusal[1]
        == 'Bad Request: file "new" is named by attach:// and did not come with the call'
    )


async def test_a_deleted_message_is_gone(wire: Wire, ana: Person) -> None:
    message = await sent(wire)

    await wire.call("deleteMessage", **message)

    assert [shown.text for shown in ana.messages] == ["/start"]
    assert (await wire.call("editMessageText", **message, text="new")).refusal[1] == (
        "Bad Request: message to edit not found"
    )


async def test_a_message_older_than_48_hours_cant_be_deleted(
    wire: Wire, ana: Person, move: Move
) -> None:
    message = await sent(wire)
    move(timedelta(hours=48, seconds=1))

    answer = await wire.call("deleteMessage", **message)

    assert answer.refusal == (400, "Bad Request: message can't be deleted for everyone")


async def test_a_reply_shows_what_it_replies_to(wire: Wire, ana: Person) -> None:
    asked = await ana.send("How?")

    answer = await wire.call(
        "sendMessage", chat_id=7, text="So.", reply_parameters={"message_id": asked.message_id}
    )

    assert answer.result["reply_to_message"]["text"] == "How?"
    assert ana.newest.reply_to is asked


async def test_a_reply_to_a_missing_message_is_sent_if_that_is_allowed(
    wire: Wire, ana: Person
) -> None:
    await sent(wire, reply_parameters={"message_id": 99, "allow_sending_without_reply": True})

    assert ana.newest.reply_to is None


async def test_a_reaction_and_a_chat_action_are_visible(wire: Wire, ana: Person) -> None:
    await wire.call(
        "setMessageReaction", chat_id=7, message_id=1, reaction=[{"type": "emoji", "emoji": "👍"}]
    )
    await wire.call("sendChatAction", chat_id=7, action="typing")

    assert (ana.messages[0].reaction, ana.chat_action) == ("👍", "typing")


@pytest.mark.parametrize(
    "method", ["sendMessage", "sendChatAction", "editMessageText", "setMessageReaction"]
)
@pytest.mark.parametrize("what", ["block", "deactivate"])
async def test_nothing_can_be_sent_to_a_person_who_has_left(
    wire: Wire, ana: Person, method: str, what: str
) -> None:
    message = await sent(wire)
    parameters: dict[str, dict[str, Any]] = {
        "sendMessage": {"chat_id": 7, "text": "x"},
        "sendChatAction": {"chat_id": 7, "action": "typing"},
        "editMessageText": {**message, "text": "x"},
        "setMessageReaction": {**message},
    }
    await (ana.block() if what == "block" else ana.deactivate())

    answer = await wire.call(method, **parameters[method])

    sentence = "bot was blocked by the user" if what == "block" else "user is deactivated"
    assert answer.refusal == (403, f"Forbidden: {sentence}")


async def test_commands_are_stored_by_scope_and_language(wire: Wire) -> None:
    commands = [{"command": "today", "description": "Today so far"}]
    place = {"scope": {"type": "all_private_chats"}, "language_code": "de"}
    await wire.call("setMyCommands", commands=commands, **place)

    assert (await wire.call("getMyCommands", **place)).result == commands
    assert (await wire.call("getMyCommands")).result == []
    await wire.call("deleteMyCommands", **place)
    assert (await wire.call("getMyCommands", **place)).result == []


async def test_descriptions_are_stored_by_language(wire: Wire) -> None:
    await wire.call("setMyDescription", description="Kleine Gewohnheiten", language_code="de")
    await wire.call("setMyShortDescription", short_description="Small habits")

    assert (await wire.call("getMyDescription", language_code="de")).result == {
        "description": "Kleine Gewohnheiten"
    }
    assert (await wire.call("getMyDescription")).result == {"description": ""}
    assert (await wire.call("getMyShortDescription")).result == {
        "short_description": "Small habits"
    }


async def test_the_bot_has_the_id_of_its_token(server: BotApiServer, wire: Wire) -> None:
    me = (await wire.call("getMe")).result

    assert (me["id"], me["is_bot"], me["username"]) == (4711, True, "reminder_test_bot")


async def test_a_chat_is_found_by_its_id(wire: Wire, ana: Person) -> None:
    chat = (await wire.call("getChat", chat_id="7")).result

    assert (chat["id"], chat["type"], chat["first_name"]) == (7, "private", "Ana")

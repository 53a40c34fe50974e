"""Correct calls are accepted in every encoding; wrong ones get Telegram's status and text."""

import json
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reminder_bot.simulator import BotApiServer, Person
from reminder_bot.simulator.parameters import read_parameters
from reminder_bot.simulator.refusal import Refusal
from reminder_bot.simulator.tables import METHODS, OBJECTS
from tests.support.wire import Wire

FIELD_NAMES = sorted({name for table in [*METHODS.values(), *OBJECTS.values()] for name in table})
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Yes", **button}]]}


def text(**more: Any) -> dict[str, Any]:
    return {"chat_id": 7, "text": "hello", **more}


def html(source: str) -> dict[str, Any]:
    return text(text=source, parse_mode="HTML")


# A method, its parameters, and the text after "Bad Request: ". Ana's chat is 7, her message is 1.
WRONG = [
    ("sendMessage", {"text": "hello"}, "chat_id is empty"),
    ("sendMessage", text(chat_id=8), "chat not found"),
    ("sendMessage", text(chat_id="@nobody"), "chat not found"),
    (
        "sendMessage",
        text(chat_id=[7]),
        "parameter \"chat_id\" must be of type Integer or String, got '[7]'",
    ),
    (
        "sendMessage",
        text(chat_id=True),
        "parameter \"chat_id\" must be of type Integer or String, got 'True'",
    ),
    ("sendMessage", {"chat_id": 7}, "message text is empty"),
    ("sendMessage", text(text=""), "message text is empty"),
    ("sendMessage", text(text=" \n "), "message text is empty"),
    ("sendMessage", html("<b> </b>"), "message text is empty"),
    ("sendMessage", text(text="x" * 4097), "message is too long"),
    ("sendMessage", text(text=5), "parameter \"text\" must be of type String, got '5'"),
    ("sendMessage", text(text="half \ud83d a pair"), "strings must be encoded in UTF-8"),
    (
        "sendMessage",
        text(silent=True),
        'unknown parameter "silent": not a parameter of sendMessage',
    ),
    (
        "sendMessage",
        text(protect_content="perhaps"),
        "parameter \"protect_content\" must be of type Boolean, got 'perhaps'",
    ),
    (
        "sendMessage",
        text(message_thread_id=1),
        'the simulator does not support "message_thread_id"',
    ),
    (
        "sendMessage",
        text(parse_mode="Markdown"),
        'unsupported parse_mode (the simulator reads HTML only, got "Markdown")',
    ),
    (
        "sendMessage",
        text(entities=[{"type": "bold"}]),
        'can\'t find field "offset" of MessageEntity (entities[0])',
    ),
    (
        "sendMessage",
        html("a <b>b"),
        "can't parse entities: Can't find end tag corresponding to start tag \"b\"",
    ),
    (
        "sendMessage",
        html("é <x>b</x>"),
        'can\'t parse entities: Unsupported start tag "x" at byte offset 3',
    ),
    (
        "sendMessage",
        html("1 < 2"),
        'can\'t parse entities: Unsupported start tag "" at byte offset 2',
    ),
    ("sendMessage", html("a <b"), "can't parse entities: Unclosed start tag at byte offset 2"),
    ("sendMessage", html("a</b>"), "can't parse entities: Unexpected end tag at byte offset 1"),
    (
        "sendMessage",
        html("<b>a</i>"),
        'can\'t parse entities: Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
    ),
    (
        "sendMessage",
        html("<span>a</span>"),
        'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0',
    ),
    (
        "sendMessage",
        html("<a>a</a>"),
        'can\'t parse entities: Tag "a" must have a non-empty attribute "href" at byte offset 0',
    ),
    (
        "sendMessage",
        html("<b style='x'>a</b>"),
        'can\'t parse entities: Unsupported attribute "style" in the tag "b" at byte offset 2',
    ),
    (
        "sendMessage",
        html("<tg-time unix='noon'>a</tg-time>"),
        'can\'t parse entities: Tag "tg-time" must have a valid attribute "unix" at byte offset 0',
    ),
    ("sendMessage", text(reply_markup="{"), "can't parse reply keyboard markup JSON object"),
    ("sendMessage", text(reply_markup="[]"), "object expected as reply markup"),
    (
        "sendMessage",
        text(reply_markup={}),
        "reply_markup is none of InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove, "
        "ForceReply",
    ),
    (
        "sendMessage",
        text(reply_markup={"inline_keyboard": [{"text": "Yes"}]}),
        'parameter "reply_markup.inline_keyboard[0]" must be of type [InlineKeyboardButton], '
        "got \"{'text': 'Yes'}\"",
    ),
    (
        "sendMessage",
        text(reply_markup={"inline_keyboard": [[{"callback_data": "yes"}]]}),
        "can't parse inline keyboard button: Can't find field \"text\"",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard(callback_data="yes", colour="red")),
        'unknown field "colour": not a field of InlineKeyboardButton '
        "(reply_markup.inline_keyboard[0][0])",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard(request_location=True)),
        'unknown field "request_location": not a field of InlineKeyboardButton '
        "(reply_markup.inline_keyboard[0][0])",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard()),
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard(callback_data="yes", url="https://example.org")),
        "an inline keyboard button can have one action, this one has 2: url, callback_data",
    ),
    ("sendMessage", text(reply_markup=keyboard(callback_data="é" * 33)), "BUTTON_DATA_INVALID"),
    (
        "sendMessage",
        text(reply_markup=keyboard(callback_data="yes", style="blue")),
        "BUTTON_STYLE_INVALID",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard(callback_data="yes", text="")),
        "inline keyboard button text must be non-empty",
    ),
    (
        "sendMessage",
        text(reply_markup=keyboard(url="ftp://example.org")),
        "inline keyboard button URL 'ftp://example.org' is invalid: Unsupported URL protocol",
    ),
    ("sendMessage", text(reply_markup={"keyboard": []}), "reply keyboard must be non-empty"),
    (
        "sendMessage",
        text(reply_markup={"keyboard": [[{"text": ""}]]}),
        "keyboard button text must be non-empty",
    ),
    (
        "sendMessage",
        text(chat_id=-9, reply_markup={"keyboard": [[{"text": "Here", "request_location": True}]]}),
        "location can be requested in private chats only",
    ),
    ("sendMessage", text(reply_parameters={"message_id": 99}), "message to be replied not found"),
    ("editMessageText", {"text": "new"}, "chat_id is empty"),
    ("editMessageText", {"chat_id": 7, "text": "new"}, "message identifier is not specified"),
    (
        "editMessageText",
        {"chat_id": 7, "message_id": 99, "text": "new"},
        "message to edit not found",
    ),
    ("editMessageText", {"chat_id": 7, "message_id": 1, "text": "new"}, "message can't be edited"),
    ("editMessageText", {"chat_id": 7, "message_id": 1, "text": ""}, "message text is empty"),
    (
        "editMessageText",
        {"chat_id": 7, "message_id": "one", "text": "new"},
        "parameter \"message_id\" must be of type Integer, got 'one'",
    ),
    (
        "editMessageReplyMarkup",
        {"chat_id": 7, "message_id": 1, "reply_markup": {"keyboard": [[{"text": "Here"}]]}},
        'unknown field "keyboard": not a field of InlineKeyboardMarkup (reply_markup)',
    ),
    ("deleteMessage", {"chat_id": 7}, "message identifier is not specified"),
    ("deleteMessage", {"chat_id": 7, "message_id": 99}, "message to delete not found"),
    ("answerCallbackQuery", {}, OLD_QUERY),
    ("answerCallbackQuery", {"callback_query_id": "1"}, OLD_QUERY),
    ("sendPhoto", {"chat_id": 7}, "there is no photo in the request"),
    (
        "sendPhoto",
        {"chat_id": 7, "photo": "unknown-id"},
        "wrong file identifier/HTTP URL specified",
    ),
    ("sendDocument", {"chat_id": 7}, "there is no document in the request"),
    (
        "sendDocument",
        {"chat_id": 7, "document": "x", "caption": "x" * 1025},
        "message caption is too long",
    ),
    (
        "setMessageReaction",
        {"chat_id": 7, "message_id": 99, "reaction": []},
        "message to react not found",
    ),
    (
        "setMessageReaction",
        {"chat_id": 7, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "🧂"}]},
        "REACTION_INVALID",
    ),
    (
        "setMessageReaction",
        {"chat_id": 7, "message_id": 1, "reaction": [{"type": "smile"}]},
        'reaction[0]: ReactionType has no type "smile"',
    ),
    ("sendChatAction", {"chat_id": 7, "action": "dancing"}, "wrong parameter action in request"),
    ("getChat", {"chat_id": 8}, "chat not found"),
    ("setMyCommands", {}, 'parameter "commands" is required'),
    (
        "setMyCommands",
        {"commands": [{"command": "Today", "description": "x"}]},
        "BOT_COMMAND_INVALID",
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "today", "description": ""}]},
        "BOT_COMMAND_DESCRIPTION_INVALID",
    ),
    (
        "getMyCommands",
        {"scope": {"type": "chat"}},
        'can\'t find field "chat_id" of BotCommandScopeChat (scope)',
    ),
    ("setMyDescription", {"language_code": "english"}, "invalid language code specified"),
    (
        "setWebhook",
        {"url": "http://example.org"},
        "bad webhook: An HTTPS URL must be provided for webhook",
    ),
    (
        "setWebhook",
        {"url": "https://example.org", "secret_token": "not a token"},
        "secret token contains unallowed characters",
    ),
    (
        "getUpdates",
        {"allowed_updates": ["letters"]},
        'allowed_updates: there is no kind of update "letters"',
    ),
    ("getMe", {"who": "me"}, 'unknown parameter "who": not a parameter of getMe'),
]


@pytest.mark.parametrize(("method", "parameters", "sentence"), WRONG)
async def test_a_wrong_call_is_refused_with_telegrams_description(
    server: BotApiServer,
    wire: Wire,
    ana: Person,
    method: str,
    parameters: dict[str, Any],
    sentence: str,
) -> None:
    server.group(-9, "Family")

    answer = await wire.call(method, **parameters)

    assert answer.refusal == (400, f"Bad Request: {sentence}")
    assert len(ana.messages) == 1
    assert not server.log[-1].accepted


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/bot4711:other-token/getMe", (401, "Unauthorized")),
        ("/bot4711/getMe", (404, "Not Found")),
        ("/bot4711:test-token/getYou", (404, "Not Found")),
        ("/bot4711:test-token", (404, "Not Found")),
        ("/", (404, "Not Found")),
    ],
)
async def test_a_wrong_url_is_refused_with_telegrams_description(
    server: BotApiServer, wire: Wire, path: str, refusal: tuple[int, str]
) -> None:
    answer = await wire.fetch("GET", server.base_url + path)

    assert answer.refusal == refusal


RIGHT = text(
    reply_markup=keyboard(callback_data="yes"), disable_notification=True, parse_mode="HTML"
)
AS_STRINGS = {
    name: value if isinstance(value, str) else json.dumps(value) for name, value in RIGHT.items()
}


def multipart() -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in AS_STRINGS.items():
        form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("POST", {"json": RIGHT}),
        ("POST", {"json": AS_STRINGS}),
        ("POST", {"data": AS_STRINGS}),
        ("POST", {"params": AS_STRINGS}),
        ("GET", {"params": AS_STRINGS}),
        ("POST", {"data": multipart}),
    ],
    ids=["json", "strings in json", "form", "query", "get", "multipart"],
)
async def test_a_correct_call_is_accepted_in_every_encoding(
    server: BotApiServer, wire: Wire, ana: Person, verb: str, options: dict[str, Any]
) -> None:
    options = {name: value() if callable(value) else value for name, value in options.items()}

    answer = await wire.request(verb, "sendMessage", **options)

    assert answer.result["reply_markup"] == keyboard(callback_data="yes")
    assert ana.newest.is_silent
    assert server.log[-1].parameters == RIGHT


async def test_the_name_of_a_method_is_not_case_sensitive(wire: Wire) -> None:
    answer = await wire.call("GETME")

    assert answer.result["id"] == 4711


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
async def test_a_body_that_is_not_a_json_object_is_refused(wire: Wire, body: bytes) -> None:
    answer = await wire.request(
        "POST", "getMe", data=body, headers={"Content-Type": "application/json"}
    )

    assert answer.refusal[1].startswith("Bad Request: can't parse JSON object")


@pytest.mark.parametrize(
    ("options", "description"),
    [
        ({"json": {"chat_id": 1, "text": "\ud800"}}, "strings must be encoded in UTF-8"),
        (
            {"data": {"chat_id": "1", "text": "a", "reply_markup": '{"a": "\\ud800"}'}},
            "strings must be encoded in UTF-8",
        ),
        (
            {"data": {"chat_id": "1", "text": "a", "reply_markup": "[" * 100_000}},
            "can't parse reply keyboard markup JSON object",
        ),
    ],
    ids=["json", "json in a form", "nested"],
)
async def test_half_a_character_and_what_is_nested_too_deep_are_refused(
    wire: Wire, ana: Person, options: dict[str, Any], description: str
) -> None:
    answer = await wire.request("POST", "sendMessage", **options)

    assert answer.refusal == (400, f"Bad Request: {description}")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)


# No time limits: a busy machine must not fail the test.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(sorted(METHODS)),
    raw=st.dictionaries(
        st.sampled_from(FIELD_NAMES), ANYTHING | ANYTHING.map(json.dumps), max_size=6
    ),
)
def test_random_parameters_are_read_or_refused(method: str, raw: dict[str, Any]) -> None:
    with suppress(Refusal):
        assert read_parameters(method, raw).keys() <= METHODS[method].keys()


async def test_a_text_that_begins_with_attach_is_a_text(wire: Wire, ana: Person) -> None:
    await wire.call("sendMessage", **text(text="attach://nothing"))

    assert ana.newest.text == "attach://nothing"

"""Each value of an update is read within its bounds, whatever was received."""

import copy
import json
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest

from reminder_bot.bot_api.answers import MAX_ID
from reminder_bot.bot_api.received import (
    LONGEST_TEXT,
    Membership,
    Message,
    Person,
    Tapped,
    Unreadable,
    read_update,
)

ANA = {"id": 7, "is_bot": False, "first_name": "Ana", "language_code": "pt-br"}
CHAT = {"id": 7, "type": "private", "first_name": "Ana"}
BUTTONS = {"inline_keyboard": [[{"text": "Yes", "callback_data": "v1:yes:5"}]]}
MESSAGE: dict[str, Any] = {
    "message_id": 5,
    "date": 1,
    "chat": CHAT,
    "from": ANA,
    "text": "/start",
    "location": {"latitude": 52.5, "longitude": 13},
    "reply_to_message": {"message_id": 4, "date": 1, "chat": CHAT, "reply_markup": BUTTONS},
}
UPDATES: dict[str, dict[str, Any]] = {
    "a message": {"update_id": 1, "message": MESSAGE},
    "a tap": {
        "update_id": 2,
        "callback_query": {
            "id": "4000000000000999",
            "from": ANA,
            "message": {"message_id": 5, "date": 0, "chat": CHAT},
            "data": "v1:yes:1",
        },
    },
    "a block": {
        "update_id": 3,
        "my_chat_member": {
            "chat": CHAT,
            "from": ANA,
            "date": 1,
            "old_chat_member": {"status": "member"},
            "new_chat_member": {"status": "kicked"},
        },
    },
}
READ = {
    "a message": Message(
        chat_id=7,
        is_private=True,
        message_id=5,
        sender=Person(7, is_bot=False, language="pt-br"),
        text="/start",
        has_location=True,
        location=(52.5, 13.0),
        reply_to=4,
        buttons=("v1:yes:5",),
    ),
    "a tap": Tapped("4000000000000999", Person(7, False, "pt-br"), "v1:yes:1", 7, 5),
    "a block": Membership(7, is_private=True, is_blocked=True),
}


def deep() -> Any:
    """Nested as deep as a parser allows."""
    return json.loads("[" * 900 + "]" * 900)


HOSTILE: list[Any] = [
    None,
    True,
    -5,
    0,
    7.5,
    10**17,
    10**30,
    10**400,
    math.inf,
    math.nan,
    "",
    "abc",
    "7",
    "\ud800",
    "\0",
    "x" * 100_000,
    [],
    [None],
    {},
    {"id": None},
    deep(),
]


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield so_far
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from paths(inner, (*so_far, key))
        else:
            yield (*so_far, key)


def mutants(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The update with each of its values replaced by each hostile one, or left out."""
    for path in paths(raw):
        if not path or path == ("update_id",):
            continue
        for hostile in [*HOSTILE, KeyError]:
            changed = copy.deepcopy(raw)
            inside = changed
            for key in path[:-1]:
                inside = inside[key]
            if hostile is KeyError:
                del inside[path[-1]]
            else:
                inside[path[-1]] = hostile
            yield changed


@pytest.mark.parametrize("kind", UPDATES)
def test_what_telegram_sends_is_read(kind: str) -> None:
    assert read_update(UPDATES[kind]) == READ[kind]


@pytest.mark.parametrize("kind", UPDATES)
def test_whatever_stands_in_a_part_the_update_is_read_within_bounds_or_unreadable(
    kind: str,
) -> None:
    read = 0
    for raw in mutants(UPDATES[kind]):
        try:
            update = read_update(raw)
        except Unreadable:
            continue
        read += 1
        assert_within_bounds(update)

    assert read > 50, "most parts are not used, and do no harm"


def assert_within_bounds(update: Message | Tapped | Membership | None) -> None:
    match update:
        case Message():
            for number in (update.chat_id, update.message_id, update.reply_to or 1):
                assert 0 < abs(number) < MAX_ID
            assert len(update.text) <= LONGEST_TEXT
            assert update.text.encode().decode() == update.text
            assert "\0" not in update.text
            assert all(len(data) <= 64 for data in update.buttons)
            if update.location is not None:
                assert abs(update.location[0]) <= 90
                assert abs(update.location[1]) <= 180
        case Tapped():
            assert 0 < update.sender.id < MAX_ID
            assert update.callback_id.isascii()
            assert len(update.callback_id) <= 64
            assert len(update.data or "") <= 64
        case Membership():
            assert 0 < abs(update.chat_id) < MAX_ID
        case None:
            pass


@pytest.mark.parametrize("date", HOSTILE, ids=lambda value: repr(value)[:20])
def test_no_date_is_looked_at(date: Any) -> None:
    assert read_update({"update_id": 1, "message": MESSAGE | {"date": date}}) == READ["a message"]


@pytest.mark.parametrize("value", [None, "x", 7, [], [[]], True])
@pytest.mark.parametrize("kind", ["message", "callback_query", "my_chat_member"])
def test_a_part_that_is_no_object_is_unreadable(kind: str, value: Any) -> None:
    with pytest.raises(Unreadable, match=kind):
        read_update({"update_id": 1, kind: value})


def test_a_kind_that_is_not_handled_holds_nothing() -> None:
    assert read_update({"update_id": 1, "poll": deep()}) is None


def test_a_text_is_cut_at_telegrams_limit_and_can_be_stored() -> None:
    text = "".join(random.Random(1).choices("a\0\ud800ß💧", k=10_000))

    update = read_update({"update_id": 1, "message": MESSAGE | {"text": text}})

    assert isinstance(update, Message)
    assert update.text == text[:LONGEST_TEXT].replace("\ud800", "?").replace("\0", "")

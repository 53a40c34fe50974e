"""The parameters of a call as bytes: JSON, or a form that others read as it was meant."""

import json
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import pytest

from reminder_bot.bot_api.fields import Encoded, File, encode_fields, encode_form


def read_form(encoded: Encoded) -> dict[Any, tuple[Any, ...]]:
    """Filename, type and content by field, as a library reads them that shares no code."""
    head = f"Content-Type: {encoded.content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + encoded.body, policy=HTTP)
    found = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        found[name] = (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
    return found


def test_plain_values_are_one_json_object() -> None:
    body, content_type = encode_fields({"chat_id": 7, "text": "Ä 💧", "reply_markup": {"a": [1]}})

    assert content_type == "application/json"
    assert body == '{"chat_id":7,"text":"Ä 💧","reply_markup":{"a":[1]}}'.encode()


def test_a_field_without_a_value_is_left_out() -> None:
    body, _ = encode_fields({"chat_id": 7, "text": None, "show_alert": False})

    assert json.loads(body) == {"chat_id": 7, "show_alert": False}


def test_half_of_a_surrogate_pair_becomes_a_question_mark() -> None:
    body, _ = encode_fields({"text": "a\ud83d"})

    assert json.loads(body) == {"text": "a?"}


def test_a_file_makes_it_a_form() -> None:
    picture = File("week.png", b"\x89PNG\r\n--x", "image/png")

    encoded = encode_fields(
        {"chat_id": 7, "photo": picture, "caption": "Ä\ud83d", "reply_markup": {"a": 1}, "b": None}
    )

    assert encoded.content_type.startswith("multipart/form-data; boundary=")
    assert read_form(encoded) == {
        "chat_id": (None, "text/plain", b"7"),
        "photo": ("week.png", "image/png", b"\x89PNG\r\n--x"),
        "caption": (None, "text/plain", "Ä?".encode()),
        "reply_markup": (None, "text/plain", b'{"a": 1}'),
    }


@pytest.mark.parametrize(
    ("filename", "written"),
    [('a"b.csv', b'"a%22b.csv"'), ("a\r\nX: y", b'"a%0D%0AX: y"'), ("ä.csv", '"ä.csv"'.encode())],
)
def test_a_filename_can_forge_no_header(filename: str, written: bytes) -> None:
    body, _ = encode_form({}, {"document": (filename, b"1", "text/csv")})

    assert b'name="document"; filename=' + written + b"\r\nContent-Type: text/csv\r\n\r\n1" in body


def test_two_forms_have_different_boundaries() -> None:
    first, second = (encode_form({"a": "b"}, {}) for _ in range(2))

    assert first.content_type != second.content_type

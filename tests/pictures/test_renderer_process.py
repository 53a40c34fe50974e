"""The child process that renders: what it answers to requests on its standard input."""

import subprocess
import sys

import pytest

from reminder_bot.pictures.renderer_process import ANSWER, REQUEST

COMMAND = [sys.executable, "-m", "reminder_bot.pictures.renderer_process"]
PNG = b"\x89PNG\r\n\x1a\n"
SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">'
    '<rect width="10" height="10" fill="teal"/></svg>'
)


def request(svg: str, scale: float = 1.0) -> bytes:
    text = svg.encode()
    return REQUEST.pack(len(text), scale) + text


def answers(sent: bytes) -> list[tuple[bool, bytes]]:
    """The answers of a child to all requests, until it ends by itself."""
    done = subprocess.run(COMMAND, input=sent, capture_output=True, check=True)
    found, at = [], 0
    while at < len(done.stdout):
        length, is_picture = ANSWER.unpack_from(done.stdout, at)
        at += ANSWER.size
        found.append((is_picture, done.stdout[at : at + length]))
        at += length
    return found


def width_of(png: bytes) -> int:
    assert png.startswith(PNG)
    return int.from_bytes(png[16:20], "big")


def test_every_request_is_answered_in_order_until_the_input_ends() -> None:
    found = answers(request(SQUARE) + request(SQUARE, scale=2) + request(SQUARE, scale=3))

    assert [(is_picture, width_of(png)) for is_picture, png in found] == [
        (True, 10),
        (True, 20),
        (True, 30),
    ]


def test_a_text_that_is_no_svg_is_answered_with_a_reason_that_does_not_quote_it() -> None:
    (is_picture, reason), (is_next, _) = answers(
        request(SQUARE.replace("<rect", "<my-secret <rect")) + request(SQUARE)
    )

    assert (is_picture, is_next) == (False, True)
    assert reason == b"the text is no SVG that can be rendered"


@pytest.mark.parametrize("sent", [b"", request(SQUARE)[:5]])
def test_an_input_that_ends_ends_the_child_without_an_answer(sent: bytes) -> None:
    assert answers(sent) == []


def test_words_are_rendered_in_the_bundled_font() -> None:
    """Without that font words would be missing, because system fonts are not used."""
    words = '<text x="0" y="9" font-size="9" fill="teal">m</text>'
    blank = SQUARE.replace('fill="teal"', 'fill="white"')

    (_, with_words), (_, without) = answers(
        request(blank.replace("</svg>", f"{words}</svg>")) + request(blank)
    )

    assert with_words != without


def test_the_child_imports_little_and_the_parent_never_the_renderer() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert "resvg_py" in imported
    assert not {each.partition(".")[0] for each in imported} & {
        "asyncio",
        "telegram",
        "sqlalchemy",
        "pydantic",
        "httpx",
    }
    assert "resvg_py" not in sys.modules

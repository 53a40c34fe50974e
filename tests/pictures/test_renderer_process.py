"""The child process that renders: what it answers to requests on its standard input."""

import os
import subprocess
import sys
from collections.abc import Iterator
from select import select

import pytest

from reminder_bot.pictures.renderer_process import ANSWER, REQUEST
from tests.pictures.test_renderer import WEEK

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


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, bufsize=0) as child:
        yield child
        child.kill()


def test_a_picture_comes_while_more_may_be_asked_for(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None

    child.stdin.write(request(SQUARE))
    ready, _, _ = select([child.stdout], [], [], 60)

    assert ready
    assert ANSWER.unpack(child.stdout.read(ANSWER.size))[1] is True


def test_the_child_gives_way_to_the_bot(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    own = os.getpriority(os.PRIO_PROCESS, 0)

    child.stdin.write(request(SQUARE))
    child.stdout.read(1)  # it works now

    assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(own + 5, 19)


def with_words(attributes: str = "") -> bytes:
    words = f'<text x="0" y="9" font-size="9" {attributes}>m</text>'
    return request(
        SQUARE.replace('fill="teal"', 'fill="white"').replace("</svg>", f"{words}</svg>")
    )


def test_words_are_rendered_in_the_bundled_font() -> None:
    """Without that font words would be missing, because system fonts are not used."""
    (_, words), (_, blank) = answers(
        with_words() + request(SQUARE.replace('fill="teal"', 'fill="white"'))
    )

    assert words != blank


@pytest.mark.parametrize("family", ["DejaVu Sans", "Liberation Sans", "Noto Sans", "serif"])
def test_a_font_of_the_system_is_not_used(family: str) -> None:
    """A picture is the same on every machine, whatever fonts are installed there."""
    (_, found), (_, expected) = answers(
        with_words(f'font-family="{family}"') + with_words('font-family="No Such Font"')
    )

    assert found == expected


def test_the_child_imports_little() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *COMMAND[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

    assert {"resvg_py", "PIL.Image"} <= imported
    assert not {each.partition(".")[0] for each in imported} & {
        "asyncio",
        "telegram",
        "sqlalchemy",
        "aiohttp",
        "httpx",
    }


def test_the_bot_never_imports_the_libraries_for_pictures() -> None:
    code = "import sys, reminder_bot.app; print({'PIL', 'resvg_py'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_a_chart_is_made_of_tiles_and_any_other_size_is_not() -> None:
    """A picture of tiles has a table of colours."""
    (_, chart), (_, smaller) = answers(request(WEEK) + request(WEEK, scale=0.5))

    assert (chart[25], smaller[25]) == (3, 6)  # the colour type of PNG: a table, RGBA

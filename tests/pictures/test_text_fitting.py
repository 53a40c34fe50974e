"""Widths are those of the letters as they are painted; what has no letter is left out."""

import struct
import zlib
from collections.abc import AsyncIterator

import pytest

from reminder_bot.pictures.renderer import Renderer
from reminder_bot.pictures.text_fitting import (
    FAMILY,
    FONTS,
    REGULAR,
    SEMIBOLD,
    legible,
    shortened,
    width,
)

ALPHABETS = {
    "latin": "Sphinx of black quartz",
    "extended": "Žluťoučký şğıİőűłńßæø",
    "vietnamese": "Tiếng Việt",
    "cyrillic": "Съешь ещё булок їґў",
    "greek": "Ξεσκεπάζω ψυχοφθόρα",
}


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    renderer = Renderer()
    yield renderer
    await renderer.close()


def inked_columns(png: bytes) -> list[int]:
    """The columns of a picture of 8-bit RGBA that are not all white; filters as in the PNG
    specification, 9.2.
    """
    wide, high = struct.unpack_from(">II", png, 16)
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    raw, above, inked = zlib.decompress(data), bytearray(4 * wide), set()
    for line in range(high):
        start = line * (4 * wide + 1)
        kind, row = raw[start], bytearray(raw[start + 1 : start + 1 + 4 * wide])
        for i in range(4 * wide):
            left, up, corner = row[i - 4] if i > 3 else 0, above[i], above[i - 4] if i > 3 else 0
            row[i] = (row[i] + predicted(kind, left, up, corner)) & 0xFF
        inked |= {i // 4 for i in range(0, 4 * wide, 4) if row[i] < 128}
        above = row
    return sorted(inked)


def predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    return min((left, up, corner), key=lambda each: abs(left + up - corner - each))


@pytest.mark.parametrize("weight", [REGULAR, SEMIBOLD])
@pytest.mark.parametrize("text", ALPHABETS.values(), ids=ALPHABETS)
async def test_a_text_is_as_wide_as_it_is_painted(
    renderer: Renderer, text: str, weight: int
) -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="50"><rect width="600" height="50" fill="white"/>'
        f'<text x="20" y="36" font-size="40" font-family="{FAMILY}" font-weight="{weight}">{text}</text></svg>'
    )

    columns = inked_columns(await renderer.render(svg))

    assert columns[-1] - 20 == pytest.approx(
        width(text, 40, weight), abs=8
    )  # a fifth of the size: kerning, margins


@pytest.mark.parametrize("text", ALPHABETS.values(), ids=ALPHABETS)
def test_the_alphabets_of_the_languages_are_there(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("🏃 Run", "Run"),
        ("  a\n b\t\u00a0c ", "a b c"),
        ("cafe\u0301", "café"),
        ("\x00\x1b\u200b", ""),
        ("散歩", ""),
    ],
)
def test_only_what_has_a_letter_is_shown(name: str, shown: str) -> None:
    assert legible(name) == shown


@pytest.mark.parametrize("room", [0, 5, 40, 100, 150, 199])
def test_what_is_shortened_fits_and_says_so(room: float) -> None:
    text = shortened("Walk round the lake", room, 40)

    assert text.endswith("…")
    assert text == "…" or width(text, 40) <= room


def test_what_fits_stays_as_it_is() -> None:
    assert shortened("Walk", width("Walk", 40), 40) == "Walk"


def test_the_fonts_are_small_and_bring_their_licence() -> None:
    folder = FONTS[REGULAR].parent

    assert sum(file.stat().st_size for file in FONTS.values()) < 400_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text()

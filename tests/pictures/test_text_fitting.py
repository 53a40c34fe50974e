"""Widths are those of rendered text, and characters that the font lacks are removed."""

import re
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
    _advances,
    fit_text,
    renderable,
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
    """The columns of an 8-bit RGBA picture that are not all white; filters as in the PNG
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


def line_of(text: str, weight: int) -> str:
    """A picture of a text that begins at x = 20."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="50">'
        '<rect width="600" height="50" fill="white"/>'
        f'<text x="20" y="36" font-size="40" font-family="{FAMILY}" font-weight="{weight}">'
        f"{text}</text></svg>"
    )


@pytest.mark.parametrize("weight", [REGULAR, SEMIBOLD])
@pytest.mark.parametrize("text", ALPHABETS.values(), ids=ALPHABETS)
async def test_a_text_is_as_wide_as_it_is_rendered(
    renderer: Renderer, text: str, weight: int
) -> None:
    columns = inked_columns(await renderer.render(line_of(text, weight)))

    # A fifth of the size is left for kerning and margins.
    assert columns[-1] - 20 == pytest.approx(width(text, 40, weight), abs=8)


@pytest.mark.parametrize("text", ALPHABETS.values(), ids=ALPHABETS)
def test_the_alphabets_of_the_languages_are_there(text: str) -> None:
    assert renderable(text) == text


# What the fonts' README lists but Inter does not have: unassigned code points, digraphs, Coptic and
# rare Cyrillic letters.
NOT_IN_INTER = """
    U+0149,U+01C4,U+0378-0379,U+0380-0383,U+038B,U+038D,U+03A2,U+03E2-03EF,U+049E-049F,U+0500-0513
"""


def codes(text: str) -> set[int]:
    """The code points of a list like U+0020-007E,U+20AC."""
    found: set[int] = set()
    for first, last in re.findall(r"U\+([0-9A-F]{4})(?:-([0-9A-F]{4}))?", text):
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.mark.parametrize("weight", [REGULAR, SEMIBOLD])
def test_every_character_of_the_font_has_a_width_and_no_other(weight: int) -> None:
    """This includes the first and the last one of each segment of the character map."""
    readme = (FONTS[weight].parent / "README.md").read_text()

    assert {ord(each) for each in _advances(weight)} == codes(readme) - codes(NOT_IN_INTER)


@pytest.mark.parametrize("weight", [REGULAR, SEMIBOLD])
@pytest.mark.parametrize("character", "0imWжΩế")
async def test_ten_more_of_a_character_are_rendered_ten_widths_further(
    renderer: Renderer, character: str, weight: int
) -> None:
    shorter, longer = [
        inked_columns(await renderer.render(line_of(character * count, weight)))[-1]
        for count in (2, 12)
    ]

    assert longer - shorter == pytest.approx(width(character * 10, 40, weight), abs=1)


def test_a_character_that_the_font_lacks_is_taken_for_a_wide_one() -> None:
    assert width("散", 40) == width("m", 40)


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
def test_only_characters_of_the_font_are_shown(name: str, shown: str) -> None:
    assert renderable(name) == shown


@pytest.mark.parametrize(
    ("room", "shown"),
    [(0, "…"), (60, "W…"), (1000, "Walk round the lake")],
)
def test_as_much_as_fits_is_kept(room: float, shown: str) -> None:
    assert fit_text("Walk round the lake", room, 30) == shown


def test_one_more_character_would_not_fit() -> None:
    text = "Walk round the lake"

    for room in range(40, 370, 7):
        kept = fit_text(text, room, 40).removesuffix("…").rstrip()
        longer = text[: len(kept) + 1].rstrip()
        assert kept == longer or width(f"{text[: len(kept) + 1]}…", 40) > room


@pytest.mark.parametrize("room", [0, 5, 40, 100, 150, 199])
def test_shortened_text_fits_and_ends_with_an_ellipsis(room: float) -> None:
    text = fit_text("Walk round the lake", room, 40)

    assert text.endswith("…")
    assert text == "…" or width(text, 40) <= room


def test_text_that_fits_is_not_changed() -> None:
    assert fit_text("Walk", width("Walk", 40), 40) == "Walk"


def test_the_fonts_are_small_and_have_their_licence_beside_them() -> None:
    folder = FONTS[REGULAR].parent

    assert sum(file.stat().st_size for file in FONTS.values()) < 400_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text()


@pytest.mark.parametrize("words", ["\u0489\u0488Tea", "\u0301 Tea", "🏃\u0302Tea"])
def test_marks_without_a_letter_are_left_out(words: str) -> None:
    assert renderable(words) == "Tea"

"""Text widths in the bundled font, so that nothing in a picture overlaps.

SVG neither wraps nor shortens text, and the layout is fixed before anything is rendered. So the
advance widths are read from the font files, once. Kerning is ignored, because it changes the width
of a word by less than a letter. A character that the font lacks would be rendered as an empty box;
`renderable` removes it.
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

__all__ = ["FAMILY", "FONTS", "REGULAR", "SEMIBOLD", "fit_text", "renderable", "width"]

FAMILY = "Reminder Sans"
REGULAR, SEMIBOLD = 400, 600
FONTS = {
    REGULAR: Path(__file__).parent / "fonts" / "reminder-sans-regular.otf",
    SEMIBOLD: Path(__file__).parent / "fonts" / "reminder-sans-semibold.otf",
}

NO_CHARACTER = 0xFFFF  # ends the last segment of every character map


def width(text: str, size: float, weight: int = REGULAR) -> float:
    """How wide `text` is, in pixels, at a font size of `size` pixels.

    >>> width("iiii", 40) < width("mmmm", 40) < width("mmmm", 40, SEMIBOLD)
    True
    """
    advances = _advances(weight)
    fallback = advances["m"]  # a wide letter: rather too much room than an overlap
    return sum(advances.get(character, fallback) for character in text) * size


def fit_text(text: str, room: float, size: float, weight: int = REGULAR) -> str:
    """`text` if it fits into `room` pixels, else its beginning and an ellipsis.

    >>> fit_text("Walk round the lake", 200, 40)
    'Walk rou…'
    """
    if width(text, size, weight) <= room:
        return text
    kept = text
    while kept and width(f"{kept}…", size, weight) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def renderable(text: str) -> str:
    """The characters of `text` that the font has, on one line.

    >>> renderable("Γεια 🏃  σου")
    'Γεια σου'
    """
    known = _advances(REGULAR)
    # A phone may send é as a letter and an accent; composed, it is one character of the font.
    composed = unicodedata.normalize("NFC", text)
    one_line = " ".join(composed.split())
    kept = "".join(character for character in one_line if character in known)
    shown = " ".join(kept.split())  # a removed character may leave two spaces
    # A mark without a letter before it would hang over what stands to the left of the words.
    while shown and unicodedata.category(shown[0]).startswith("M"):
        shown = shown[1:].lstrip()
    return shown


@lru_cache(maxsize=len(FONTS))
def _advances(weight: int) -> dict[str, float]:
    """The advance width of each character, as a share of the font size.

    OpenType tables: head (units per em at 18), hhea (number of advances at 34), hmtx (an advance
    and a bearing for each glyph), cmap. Glyphs beyond the last advance have that advance, too.
    """
    font = FONTS[weight].read_bytes()
    tables = _tables(font)
    units_per_em = _uint16(font, tables["head"] + 18)
    last = _uint16(font, tables["hhea"] + 34) - 1
    return {
        chr(code): _uint16(font, tables["hmtx"] + 4 * min(glyph, last)) / units_per_em
        for code, glyph in _glyphs(font, tables["cmap"])
    }


def _tables(font: bytes) -> dict[str, int]:
    """The tables of a font file and where each begins."""
    count = _uint16(font, 4)
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(count))
    return {tag.decode(): start for tag, _, start, _ in records}


def _glyphs(font: bytes, cmap: int) -> Iterator[tuple[int, int]]:
    """Character codes and their glyphs, from the first character map, which is in format 4.

    It has segments of codes. For each there are an end, a start, a delta, and the offset of a list
    of glyphs. Without such a list (offset 0), a glyph is the code plus the delta.
    """
    table = cmap + int.from_bytes(font[cmap + 8 : cmap + 12], "big")
    assert _uint16(font, table) == 4, "the bundled fonts have a character map in format 4"
    length = _uint16(font, table + 6)  # of each of the four arrays, in bytes
    ends, starts = table + 14, table + 16 + length
    deltas, offsets = starts + length, starts + 2 * length
    for segment in range(0, length, 2):
        start, end = _uint16(font, starts + segment), _uint16(font, ends + segment)
        delta, offset = _uint16(font, deltas + segment), _uint16(font, offsets + segment)
        for code in range(start, min(end + 1, NO_CHARACTER)):
            glyph = code
            if offset:  # counted from where the offset itself is stored
                glyph = _uint16(font, offsets + segment + offset + 2 * (code - start))
            if glyph:
                yield code, (glyph + delta) % 0x10000


def _uint16(font: bytes, at: int) -> int:
    return int.from_bytes(font[at : at + 2], "big")

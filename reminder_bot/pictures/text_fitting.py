"""How wide words are in the bundled font, so that nothing in a picture overlaps.

An SVG neither wraps nor shortens, and no renderer is asked before the words are placed: the advance
widths are read from the font files themselves, once. Kerning is left out; it moves a word by less
than a letter. What the font has no letter for would be drawn as an empty box: `legible` drops it.
"""

import struct
import unicodedata
from functools import lru_cache
from pathlib import Path

__all__ = ["FAMILY", "FONTS", "REGULAR", "SEMIBOLD", "legible", "shortened", "width"]

FAMILY = "Reminder Sans"
REGULAR, SEMIBOLD = 400, 600
FONTS = {
    REGULAR: Path(__file__).parent / "fonts" / "reminder-sans-regular.otf",
    SEMIBOLD: Path(__file__).parent / "fonts" / "reminder-sans-semibold.otf",
}


def width(text: str, size: float, weight: int = REGULAR) -> float:
    """How far `text` reaches in pixels at a font size of `size` pixels.

    >>> width("iiii", 40) < width("mmmm", 40) < width("mmmm", 40, SEMIBOLD)
    True
    """
    advances = _advances(weight)
    return sum(advances.get(character, advances["m"]) for character in text) * size


def shortened(text: str, room: float, size: float, weight: int = REGULAR) -> str:
    """`text`, with an ellipsis for as much of it as `room` pixels don't hold.

    >>> shortened("Walk round the lake", 200, 40)
    'Walk rou…'
    """
    if width(text, size, weight) <= room:
        return text
    kept = text
    while kept and width(f"{kept}…", size, weight) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def legible(text: str) -> str:
    """What the font can show of `text`, on one line.

    >>> legible("Γεια 🏃  σου")
    'Γεια σου'
    """
    # Composed, because a phone may send é as two characters, and a loose accent would count as a
    # letter.
    known = _advances(REGULAR)
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    return " ".join("".join(character for character in spaced if character in known).split())


@lru_cache(maxsize=len(FONTS))
def _advances(weight: int) -> dict[str, float]:
    """The advance width of each character, as a share of the font size.

    OpenType tables: head (units per em at 18), hhea (count of advances at 34), hmtx, and cmap in
    format 4.
    """
    font = FONTS[weight].read_bytes()
    tables = {}
    for number in range(_short(font, 4)):
        tag, _, start, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        tables[tag.decode()] = start
    units, last = _short(font, tables["head"] + 18), _short(font, tables["hhea"] + 34) - 1
    return {
        chr(code): _short(font, tables["hmtx"] + 4 * min(glyph, last)) / units
        for code, glyph in _glyphs(font, tables["cmap"])
    }


def _glyphs(font: bytes, cmap: int) -> list[tuple[int, int]]:
    """Character codes and their glyphs: segments with an end, a start, and a delta or a place in
    a list of glyphs.
    """
    table = cmap + struct.unpack_from(">I", font, cmap + 8)[0]
    assert _short(font, table) == 4, "the bundled fonts have a character map in format 4"
    twice = _short(font, table + 6)
    ends, starts, deltas, places = (
        table + 14,
        table + 16 + twice,
        table + 16 + 2 * twice,
        table + 16 + 3 * twice,
    )
    found = []
    for at in range(0, twice, 2):
        start, place = _short(font, starts + at), _short(font, places + at)
        for code in range(start, _short(font, ends + at) + 1):
            glyph = _short(font, places + at + place + 2 * (code - start)) if place else code
            if glyph and code < 0xFFFF:
                found.append((code, glyph + _short(font, deltas + at) & 0xFFFF))
    return found


def _short(font: bytes, at: int) -> int:
    return int.from_bytes(font[at : at + 2], "big")

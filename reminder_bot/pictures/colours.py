"""The colours of pictures, and the colour table of their PNG files.

Whatever carries meaning has a contrast of at least 3:1, words 4.5:1. No background is close to
white or black, so that a picture does not glow in a chat.
"""

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Palette", "colour_table"]

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a picture.

    ink, quiet: words, and words that matter less. sign, tile: a habit's sign and what is behind it.
    kept, on_kept: a full cell and the tick on it. no, aside: strokes; no_tile, aside_tile: what is
    behind them.
    """

    background: str
    ink: str
    quiet: str
    sign: str
    tile: str
    kept: str
    on_kept: str
    no: str
    no_tile: str
    aside: str  # skipped, paused
    aside_tile: str
    frame: str  # no answer, not asked


LIGHT = Palette(
    background="#F5F2EB",
    ink="#26322F",
    quiet="#5F6965",
    sign="#2B5F58",
    tile="#E2EAE3",
    kept="#2F7D74",
    on_kept="#FFFFFF",
    no="#9A5137",
    no_tile="#F1DFD3",
    aside="#6B746F",
    aside_tile="#E6E3D9",
    frame="#858C85",
)
DARK = Palette(
    background="#1B2423",
    ink="#D3DAD6",
    quiet="#98A39F",
    sign="#8DBDB4",
    tile="#283533",
    kept="#3F8F85",
    on_kept="#F0F5F2",
    no="#D19A80",
    no_tile="#3A2E29",
    aside="#98A39F",
    aside_tile="#2B3433",
    frame="#75817D",
)

STEPS = 22  # between two colours: the largest error is half a step


def colour_table(palette: Palette) -> list[Colour]:
    """At most 256 colours, the background first: those of the palette, and the shades between two
    of them that meet at an edge.

    >>> len(colour_table(LIGHT)) <= 256
    True
    """
    meeting = [
        *((palette.background, each) for each in _on_background(palette)),
        (palette.tile, palette.sign),
        (palette.kept, palette.on_kept),
        (palette.no_tile, palette.no),
        (palette.aside_tile, palette.aside),
    ]
    shades = [shade for below, above in meeting for shade in _shades(below, above)]
    return list(dict.fromkeys([_rgb(palette.background), *shades]))


def _on_background(palette: Palette) -> Iterator[str]:
    yield from (palette.ink, palette.quiet, palette.tile, palette.kept)
    yield from (palette.no_tile, palette.aside_tile, palette.frame)


def _shades(below: str, above: str) -> Iterator[Colour]:
    """Both colours and the steps between them."""
    pairs = list(zip(_rgb(below), _rgb(above), strict=True))
    for step in range(STEPS + 1):
        red, green, blue = (round(low + (high - low) * step / STEPS) for low, high in pairs)
        yield red, green, blue


def _rgb(colour: str) -> Colour:
    """The three numbers of a colour in hexadecimal.

    >>> _rgb("#F5F2EB")
    (245, 242, 235)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue

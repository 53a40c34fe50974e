"""Pictures that are put together from parts rendered before.

Most of a picture is the same for everybody: cells, signs, names of days, digits. Rendering the SVG
text of a whole week takes a tenth of a second. Here each part is rendered once, kept, and copied to
its place in later pictures, which takes about a tenth of that. Positions are exact to a tenth of a
pixel. Colours at edges may differ slightly, because a file has at most 256.

The text comes from `charts`: a background, and one part a line, which is a group with a place or a
line of words. Any other SVG text is rendered whole.
"""

import re
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from math import ceil, floor

from PIL import Image, ImageChops

from reminder_bot.pictures.colours import DARK, LIGHT, Colour, Palette, colour_table
from reminder_bot.pictures.text_fitting import FAMILY, REGULAR, SEMIBOLD, width

__all__ = ["KEPT_BYTES", "TiledPictures"]

Render = Callable[[str], bytes]

KEPT_BYTES = 8 << 20  # of all tiles
TILE_BYTES = 3000  # what a tile needs beside its pixels: its key and its objects
MOST_PIXELS = 1 << 20  # of one part with the room around it
END = "\n</svg>\n"
_PALETTES = {palette.background: palette for palette in (LIGHT, DARK)}

_HEAD = re.compile(
    r'<svg xmlns="[^"]+" width="(\d{1,4})" height="(\d{1,4})" viewBox="0 0 \1 \2"'
    rf' font-family="{FAMILY}">\n'
    r'<rect x="0" y="0" width="\1" height="\2" rx="0" fill="(#\w{6})"/>\n'
)
_CLIP_PATH = re.compile(r'<clipPath id="(\w+)"><rect [^<>]*/></clipPath>')
_NUMBER = r"(\d{1,4}(?:\.\d)?)"
_GROUP = re.compile(rf'<g class="[\w -]*" transform="translate\({_NUMBER} {_NUMBER}\)">(.*)</g>')
_WORDS = re.compile(
    rf'<text x="{_NUMBER}" y="{_NUMBER}"'
    rf'( font-size="{_NUMBER}" font-weight="({REGULAR}|{SEMIBOLD})" fill="#\w{{6}}"'
    r' text-anchor="(start|middle|end)")>([^<]*)</text>'
)
_USES_CLIP_PATH = re.compile(r"url\(#(\w+)\)")
COMPRESSION = 3
# Pixels: the side of the square in which a group is rendered, and the margin before the group.
GROUP_SIDE, GROUP_MARGIN = 240, 20


class _NotTileable(Exception):
    """The text is not one of `charts`, or a part is larger than expected."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One part: what to render in a picture of its own, and where that picture belongs.

    clip_path: the element with the clip path that it uses. size: the width and height of its own
    picture in pixels. left, top: where that picture's corner is in the whole picture.
    """

    svg: str
    clip_path: str
    size: tuple[int, int]
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class _Tile:
    """A rendered part without the background around it. left, top: its place in its picture."""

    image: Image.Image
    left: int
    top: int

    @property
    def size(self) -> int:
        """How many bytes it takes about: one a pixel."""
        return TILE_BYTES + self.image.width * self.image.height


class TiledPictures:
    """Renders pictures of `charts` from tiles. render: SVG text → PNG, for parts and all others."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._tiles: OrderedDict[tuple[str, str, str], _Tile] = OrderedDict()
        self._size = 0

    def picture(self, svg: str) -> bytes:
        """The PNG for an SVG text."""
        try:
            return self._from_tiles(svg)
        except (_NotTileable, ValueError):  # ValueError: a part that cannot be rendered by itself
            return self._render(svg)

    def _from_tiles(self, svg: str) -> bytes:
        head = _HEAD.match(svg)
        if head is None or head[3] not in _PALETTES or not svg.endswith(END):
            raise _NotTileable
        palette = _PALETTES[head[3]]
        canvas = Image.new("P", (int(head[1]), int(head[2])), 0)
        for part in _parts(svg[head.end() : -len(END)].split("\n")):
            tile = self._tile(part, palette)
            canvas.paste(tile.image, (part.left + tile.left, part.top + tile.top))
        return _png(canvas, palette)

    def _tile(self, part: _Part, palette: Palette) -> _Tile:
        key = palette.background, part.clip_path, part.svg
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
            return tile
        tile = self._tiles[key] = self._rendered(part, palette)
        self._size += tile.size
        while self._size > KEPT_BYTES:
            self._size -= self._tiles.popitem(last=False)[1].size
        return tile

    def _rendered(self, part: _Part, palette: Palette) -> _Tile:
        wide, high = part.size
        if wide * high > MOST_PIXELS:
            raise _NotTileable
        png = self._render(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}"'
            f' font-family="{FAMILY}"><rect width="{wide}" height="{high}"'
            f' fill="{palette.background}"/>{part.clip_path}{part.svg}</svg>'
        )
        with Image.open(BytesIO(png)) as whole:
            image = whole.convert("RGB")
        background = Image.new("RGB", image.size, palette.background)
        bounds = ImageChops.difference(image, background).getbbox()
        if bounds is None:  # nothing was drawn: the words are only spaces
            return _Tile(Image.new("P", (0, 0)), 0, 0)
        left, top, right, bottom = bounds
        if left == 0 or top == 0 or right == wide or bottom == high:
            raise _NotTileable
        return _Tile(_indexed(image.crop(bounds), palette), left, top)


def _parts(lines: list[str]) -> Iterator[_Part]:
    defined: dict[str, str] = {}
    for line in lines:
        if group := _GROUP.fullmatch(line):
            yield _group(group, defined)
        elif line_of_words := _WORDS.fullmatch(line):
            yield _words(line_of_words)
        elif clip_path := _CLIP_PATH.fullmatch(line):
            defined[clip_path[1]] = line
        else:
            raise _NotTileable


def _group(group: re.Match[str], defined: dict[str, str]) -> _Part:
    (left, right), (top, bottom) = _split(group[1]), _split(group[2])
    used = _USES_CLIP_PATH.search(group[3])
    place = f"translate({GROUP_MARGIN + right:g} {GROUP_MARGIN + bottom:g})"
    return _Part(
        f'<g transform="{place}">{group[3]}</g>',
        defined.get(used[1], "") if used else "",
        (GROUP_SIDE, GROUP_SIDE),
        left - GROUP_MARGIN,
        top - GROUP_MARGIN,
    )


def _words(line: re.Match[str]) -> _Part:
    (left, right), (top, bottom) = _split(line[1]), _split(line[2])
    size, weight, anchor = float(line[4]), int(line[5]), line[6]
    needed = ceil(width(unescape(line[7]), size, weight))
    edge = ceil(size)  # more than any letter needs around its words
    before = edge + {"start": 0, "middle": needed // 2, "end": needed}[anchor]
    above = 2 * edge
    place = f'x="{before + right:g}" y="{above + bottom:g}"'
    return _Part(
        f"<text {place}{line[3]}>{line[7]}</text>",
        "",
        (needed + 2 * edge + 1, 3 * edge),
        left - before,
        top - above,
    )


def _split(coordinate: str) -> tuple[int, float]:
    """The whole pixels and the rest, to a tenth.

    >>> _split("12.3")
    (12, 0.3)
    """
    value = float(coordinate)
    return floor(value), round(value - floor(value), 1)


@cache
def _table(palette: Palette) -> tuple[list[Colour], bytes, dict[int, int]]:
    """The colours, the same as bytes, and a cache that `_indexed` fills: the index of a pixel."""
    colours = colour_table(palette)
    return colours, bytes(value for colour in colours for value in colour), {}


def _indexed(image: Image.Image, palette: Palette) -> Image.Image:
    """The image with the nearest colour of the table for each pixel."""
    colours, _, known = _table(palette)
    pixels = memoryview(image.convert("RGBX").tobytes()).cast("I")  # one number a pixel
    for pixel in set(pixels) - known.keys():
        rgb = pixel.to_bytes(4, sys.byteorder)
        known[pixel] = min(range(len(colours)), key=lambda index: _distance(colours[index], rgb))
    return Image.frombytes("P", image.size, bytes(map(known.__getitem__, pixels)))


def _distance(colour: Colour, pixel: bytes) -> int:
    # The fourth byte of the pixel is not used.
    return sum((one - other) ** 2 for one, other in zip(colour, pixel, strict=False))


def _png(canvas: Image.Image, palette: Palette) -> bytes:
    """The canvas as PNG. Stronger compression would take longer than the upload time it saves."""
    canvas.putpalette(_table(palette)[1])
    png = BytesIO()
    canvas.save(png, "PNG", compress_level=COMPRESSION)
    return png.getvalue()

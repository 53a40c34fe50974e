"""The parts of a picture as SVG text: words, a habit's sign, the cell of a day. Each is one line.

A day's mark differs in shape as well as in colour, so that it can be read in grey and by people who
are colour-blind: a tick on a full cell, a cross, chevrons for skipped, two bars for paused, an
empty frame for no answer, a dot if nothing was asked. Water fills its cell from below.
"""

from dataclasses import dataclass
from html import escape
from typing import assert_never

from reminder_bot.domain.adherence import Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.colours import Palette
from reminder_bot.pictures.text_fitting import REGULAR, fit_text

__all__ = ["Box", "cell", "number", "rectangle", "sign", "words"]


@dataclass(frozen=True, slots=True)
class Box:
    """The size of cells. name: the id of their clip path, and the first class of each cell.

    has_tick: whether a full cell has a tick; False for pictures with many small cells.
    """

    name: str
    width: float
    height: float
    has_tick: bool = True

    @property
    def smaller_side(self) -> float:
        return min(self.width, self.height)

    @property
    def corner(self) -> float:
        return self.smaller_side * 0.28

    def clip_path(self) -> str:
        outline = rectangle(0, 0, self.width, self.height, self.corner)
        return f'<clipPath id="{self.name}">{outline}</clipPath>'

    def filled(self, colour: str) -> str:
        return rectangle(0, 0, self.width, self.height, self.corner, f'fill="{colour}"')

    def framed(self, colour: str) -> str:
        """An outline whose line lies within the box."""
        line = max(3.0, self.smaller_side * 0.05)
        return rectangle(
            line / 2,
            line / 2,
            self.width - line,
            self.height - line,
            self.corner - line / 2,
            f'fill="none" stroke="{colour}" stroke-width="{number(line)}"',
        )


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel.

    >>> number(12.0), number(12.34)
    ('12', '12.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def rectangle(
    x: float, y: float, width: float, height: float, corner: float, style: str = ""
) -> str:
    """style: further attributes. Without a fill it is black, which a clip path needs."""
    attributes = f" {style}" if style else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}"'
        f' width="{number(width)}" height="{number(height)}"'
        f' rx="{number(corner)}"{attributes}/>'
    )


def _line_drawing(
    path: str, x: float, y: float, scale: float, colour: str, line_width: float
) -> str:
    return (
        f'<path transform="translate({number(x)} {number(y)}) scale({scale:.3f})" d="{path}"'
        f' fill="none" stroke="{colour}" stroke-width="{line_width}"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )


def words(
    text: str,
    x: float,
    y: float,
    size: float,
    colour: str,
    room: float,
    *,
    weight: int = REGULAR,
    anchor: str = "start",
) -> str:
    """One line of text on the baseline `y`, shortened if it is wider than `room`."""
    shown = escape(fit_text(text, room, size, weight), quote=False)
    return (
        f'<text x="{number(x)}" y="{number(y)}"'
        f' font-size="{number(size)}" font-weight="{weight}" fill="{colour}"'
        f' text-anchor="{anchor}">{shown}</text>'
    )


# A day

# Strokes around the middle of a cell, in units of a twentieth of its smaller side.
STROKES = {
    Mark.KEPT: "M-4.6 .3 L-1.4 3.6 L4.8 -3.4",
    Mark.NO: "M-3.4 -3.4 L3.4 3.4 M3.4 -3.4 L-3.4 3.4",
    Mark.SKIPPED: "M-4 -3.8 L-.2 0 L-4 3.8 M1 -3.8 L4.8 0 L1 3.8",
    Mark.PAUSED: "M-2.4 -3.6 V3.6 M2.4 -3.6 V3.6",
}
STROKE_WIDTH = 1.9
# The share of a partly filled cell that is drawn: a small amount must look different from none, and
# an amount just below the goal different from the goal.
LEAST_FILLED, MOST_FILLED = 0.12, 0.85


def cell(day: Cell, box: Box, x: float, y: float, palette: Palette) -> str:
    """One day of one habit, with its upper left corner at `x`, `y`."""
    place = f"translate({number(x)} {number(y)})"
    inside = _inside(day, box, palette)
    return f'<g class="{box.name} {day.mark}" transform="{place}">{inside}</g>'


def _inside(day: Cell, box: Box, palette: Palette) -> str:
    match day.mark:
        case Mark.KEPT:
            tick = _strokes(Mark.KEPT, box, palette.on_kept) if box.has_tick else ""
            return box.filled(palette.kept) + tick
        case Mark.PARTLY:
            return _partly_filled(day.share, box, palette.kept)
        case Mark.NO:
            return box.filled(palette.no_tile) + _strokes(day.mark, box, palette.no)
        case Mark.SKIPPED | Mark.PAUSED:
            return box.filled(palette.aside_tile) + _strokes(day.mark, box, palette.aside)
        case Mark.UNANSWERED:
            return box.framed(palette.frame)
        case Mark.NOT_DUE:
            return _dot(box, palette.frame)
    assert_never(day.mark)


def _partly_filled(share: float, box: Box, colour: str) -> str:
    height = box.height * min(max(share, LEAST_FILLED), MOST_FILLED)
    style = f'fill="{colour}" clip-path="url(#{box.name})"'
    filling = rectangle(0, box.height - height, box.width, height, 0, style)
    return filling + box.framed(colour)


def _dot(box: Box, colour: str) -> str:
    radius = max(3.5, box.smaller_side * 0.07)
    return (
        f'<circle cx="{number(box.width / 2)}" cy="{number(box.height / 2)}"'
        f' r="{number(radius)}" fill="{colour}"/>'
    )


def _strokes(mark: Mark, box: Box, colour: str) -> str:
    scale = box.smaller_side / 20
    return _line_drawing(STROKES[mark], box.width / 2, box.height / 2, scale, colour, STROKE_WIDTH)


# A habit

SIGN_SIDE = 24  # the width and height of `HabitSpec.drawing`


def sign(kind: HabitKind, x: float, y: float, size: float, palette: Palette) -> str:
    """The sign of a kind of habit on a round tile, with its upper left corner at `x`, `y`."""
    tile = rectangle(0, 0, size, size, size / 2, f'fill="{palette.tile}"')
    inset = size * 0.19
    scale = (size - 2 * inset) / SIGN_SIDE
    lines = _line_drawing(kind.spec.drawing, inset, inset, scale, palette.sign, 1.7)
    place = f"translate({number(x)} {number(y)})"
    return f'<g class="sign {kind}" transform="{place}">{tile}{lines}</g>'

"""The parts that pictures are made of: colours, words, a habit's sign, a day's cell; all as SVG
text.

What a day was is told by a mark as well as by its colour, so that it reads in grey and to a
colour-blind
eye: a tick on a full cell, a cross, chevrons for skipped, two bars for paused, an empty frame where
no answer came, a dot where nothing was asked. Water fills its cell from below. All that carries
meaning keeps a contrast of 3:1 at least, words 4.5:1; neither palette is near white or black, so
that a picture glows in no chat.
"""

from dataclasses import dataclass
from html import escape

from reminder_bot.domain.adherence import Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.text_fitting import REGULAR, fit_text

__all__ = ["DARK", "LIGHT", "Box", "Palette", "cell", "number", "rectangle", "sign", "words"]


@dataclass(frozen=True, slots=True)
class Palette:
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
    frame: str


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


@dataclass(frozen=True, slots=True)
class Box:
    """The size of cells. A cell is found by its box's name and its mark."""

    name: str
    width: float
    height: float
    has_tick: bool = True  # among hundreds of small cells a full one speaks for itself

    @property
    def corner(self) -> float:
        return min(self.width, self.height) * 0.28

    def clip_path(self) -> str:
        return f'<clipPath id="{self.name}">{rectangle(0, 0, self.width, self.height, self.corner)}</clipPath>'


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel.

    >>> number(12.0), number(12.34)
    ('12', '12.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def rectangle(
    x: float, y: float, width: float, height: float, corner: float, style: str = ""
) -> str:
    """`style`: further attributes; black where none are given, as a clip path wants it."""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        f' rx="{number(corner)}"{style and " " + style}/>'
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
    """One line of text on the baseline `y`, fit_text where it is wider than `room`."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" font-weight="{weight}" fill="{colour}"'
        f' text-anchor="{anchor}">{escape(fit_text(text, room, size, weight), quote=False)}</text>'
    )


# A day

# Strokes of each mark from its middle, which is 0 0; half a cell's smaller side is 10.
MARKS = {
    Mark.KEPT: "M-4.6 .3 L-1.4 3.6 L4.8 -3.4",
    Mark.NO: "M-3.4 -3.4 L3.4 3.4 M3.4 -3.4 L-3.4 3.4",
    Mark.SKIPPED: "M-4 -3.8 L-.2 0 L-4 3.8 M1 -3.8 L4.8 0 L1 3.8",
    Mark.PAUSED: "M-2.4 -3.6 V3.6 M2.4 -3.6 V3.6",
}
LEAST_SEEN, MOST_SEEN = (
    0.12,
    0.85,
)  # of a cell's height: a sip is no empty cell, and nearly all is not all


def cell(day: Cell, box: Box, x: float, y: float, palette: Palette) -> str:
    """One day of one habit, its upper left corner at `x`, `y`."""
    looks = {
        Mark.KEPT: (palette.kept, palette.on_kept),
        Mark.NO: (palette.no_tile, palette.no),
        Mark.SKIPPED: (palette.aside_tile, palette.aside),
        Mark.PAUSED: (palette.aside_tile, palette.aside),
    }
    if day.mark is Mark.NOT_DUE:
        radius = max(3.5, min(box.width, box.height) * 0.07)
        inside = f'<circle cx="{number(box.width / 2)}" cy="{number(box.height / 2)}" r="{number(radius)}"'
        inside += f' fill="{palette.frame}"/>'
    elif day.mark is Mark.UNANSWERED:
        inside = _frame(box, palette.frame)
    elif day.mark is Mark.PARTLY:
        height = box.height * min(max(day.share, LEAST_SEEN), MOST_SEEN)
        inside = rectangle(
            0,
            box.height - height,
            box.width,
            height,
            0,
            f'fill="{palette.kept}" clip-path="url(#{box.name})"',
        ) + _frame(box, palette.kept)
    else:
        tile, stroke = looks[day.mark]
        inside = rectangle(0, 0, box.width, box.height, box.corner, f'fill="{tile}"')
        if box.has_tick or day.mark is not Mark.KEPT:
            inside += _mark(day.mark, box, stroke)
    return f'<g class="{box.name} {day.mark}" transform="translate({number(x)} {number(y)})">{inside}</g>'


def _frame(box: Box, colour: str) -> str:
    line = max(3.0, min(box.width, box.height) * 0.05)
    return rectangle(
        line / 2,
        line / 2,
        box.width - line,
        box.height - line,
        box.corner - line / 2,
        f'fill="none" stroke="{colour}" stroke-width="{number(line)}"',
    )


def _mark(mark: Mark, box: Box, colour: str) -> str:
    scale = min(box.width, box.height) / 20
    return (
        f'<path transform="translate({number(box.width / 2)} {number(box.height / 2)}) scale({scale:.3f})"'
        f' d="{MARKS[mark]}" fill="none" stroke="{colour}" stroke-width="1.9" stroke-linecap="round"'
        ' stroke-linejoin="round"/>'
    )


# A habit

# Line drawings on 24 × 24.
SIGNS = {
    HabitKind.HYDRATION: "M12 3.2 C9.2 6.6 6 10.6 6 14.4 a6 6 0 0 0 12 0 C18 10.6 14.8 6.6 12 3.2 Z"
    " M9.2 14.6 a2.8 2.8 0 0 0 2.4 2.8",
    HabitKind.PROBIOTIC: "M8 3.2 h8 v3.2 h-8 Z M8.6 6.4 C8.6 8 6 8.6 6 11.4 V18 a2.8 2.8 0 0 0 "
    "2.8 2.8 h6.4"
    " a2.8 2.8 0 0 0 2.8 -2.8 V11.4 C18 8.6 15.4 8 15.4 6.4 M6 13.6 c2 -1.3 4 1.3 6 0 s4 -1.3 6 0",
    HabitKind.MEDITATION: "M12 4.6 c3.4 3.6 3.4 9.4 0 13.4 c-3.4 -4 -3.4 -9.8 0 -13.4 Z"
    " M8.8 10.6 C7.2 9.2 5.2 8.4 3.2 8.4 C3.4 13.8 7 17.6 12 18 M15.2 10.6 c1.6 -1.4 3.6 -2.2 5.6 "
    "-2.2"
    " C20.6 13.8 17 17.6 12 18 M7 20.6 h10",
    HabitKind.BEDTIME: "M19.8 14.4 A8.2 8.2 0 1 1 9.6 4.2 a6.6 6.6 0 0 0 10.2 10.2 Z",
    HabitKind.FIBRE: "M6.2 17.6 C3.6 10.6 9 4.6 20 4.2 C20.6 14.6 14 20.6 6.2 17.6 Z M4 20.4 C6.6 "
    "15.4 9.6 12 14 9.6",
    HabitKind.SUGAR: "M12 3.4 l7.4 4.1 v8.6 l-7.4 4.1 -7.4 -4.1 V7.5 Z M4.6 7.5 L12 11.6 l7.4 "
    "-4.1 M12 11.6 V20.2",
    HabitKind.SKINCARE: "M8 10.4 h8 a1.8 1.8 0 0 1 1.8 1.8 v6.8 a1.8 1.8 0 0 1 -1.8 1.8 h-8 a1.8 "
    "1.8 0 0 1 -1.8 -1.8"
    " v-6.8 a1.8 1.8 0 0 1 1.8 -1.8 Z M12 10.4 V4.6 M14.6 4.6 H8.8 a2.4 2.4 0 0 0 -2.4 2.4 M9.4 "
    "15.4 h5.2",
    HabitKind.BREAK: "M4.6 9.6 h11.4 v5.6 a4.2 4.2 0 0 1 -4.2 4.2 h-3 a4.2 4.2 0 0 1 -4.2 -4.2 Z"
    " M16 11 h1.4 a2.6 2.6 0 0 1 0 5.2 H15.8 M8.4 3.6 v2.6 M12.2 3.6 v2.6",
    HabitKind.CUSTOM: "M12 3.6 l2.6 5.4 5.9 .8 -4.3 4.1 1.1 5.9 -5.3 -2.9 -5.3 2.9 1.1 -5.9 -4.3 "
    "-4.1 5.9 -.8 Z",
}


def sign(kind: HabitKind, x: float, y: float, size: float, palette: Palette) -> str:
    """A habit's sign on a round tile."""
    inset, scale = size * 0.19, size * 0.62 / 24
    return (
        f'<g class="sign {kind}" transform="translate({number(x)} {number(y)})">'
        + rectangle(0, 0, size, size, size / 2, f'fill="{palette.tile}"')
        + f'<path transform="translate({number(inset)} {number(inset)}) scale({scale:.3f})" d="{SIGNS[kind]}"'
        f' fill="none" stroke="{palette.sign}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/></g>'
    )

"""A person's week, and their twelve weeks, as pictures: SVG text, the same for the same figures.

A row a habit, a cell a day. Sizes are for a phone, which shows the 1080 pixels in about 360: no
word is smaller than 26 pixels. Every word has its room and is made smaller, then shortened, to stay
in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import floor

from reminder_bot import texts
from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.shapes import DARK, LIGHT, Box, Palette, cell, rectangle, sign, words
from reminder_bot.pictures.text_fitting import FAMILY, REGULAR, SEMIBOLD, renderable, width
from reminder_bot.texts.translation import Translation

__all__ = ["ChartRow", "heat_map", "week_chart"]

WIDTH, MARGIN = 1080, 64
RIGHT = WIDTH - MARGIN
LOWEST, TALLEST = 810, 1440  # 4:3 and 3:4
WEEK, WEEKS = 7, 12
SMALLEST = 26


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One habit's days. `name` is in the person's language; `last` is what came before, where
    there was anything.
    """

    kind: HabitKind
    name: str
    cells: tuple[Cell, ...]
    this: Adherence
    last: Adherence | None


# The week

LEFT, STEP, BOX_WIDTH = 174, 122, 110
TOP, BEFORE_SUMS = 216, 28
COMFORTABLE, LOOSEST = 172, 236  # from one habit to the next


def week_chart(
    t: Translation, first_day: date, rows: Sequence[ChartRow], *, is_dark: bool = False
) -> str:
    """One to nine habits on one to seven days from `first_day` on; as tall as the habits need,
    from 4:3 to 3:4.
    """
    palette, days = DARK if is_dark else LIGHT, len(rows[0].cells)
    title = texts.digest.week_title(t, first_day, first_day + (days - 1) * ONE_DAY)
    legend = _Legend.of(t, rows)
    size, line, gap = (34, 46, 26) if len(rows) > 6 else (38, 56, 40)
    pitch = min(COMFORTABLE, (TALLEST - TOP - legend.height) // len(rows))
    pitch = max(pitch, min(LOOSEST, (LOWEST - TOP - legend.height) // len(rows)))
    height = max(LOWEST, TOP + len(rows) * pitch + legend.height)
    top = TOP + (height - TOP - len(rows) * pitch - legend.height) // 2
    box, sums = Box("day", BOX_WIDTH, pitch - line - gap), _Sums.of(t, rows, size)
    name_room = sums.left - BEFORE_SUMS - LEFT
    name_size = _name_size(rows, name_room, size)
    parts = [box.clip_path(), _title(title, palette)]
    for day in range(days):
        head = texts.charts.weekday(t, first_day + day * ONE_DAY)
        middle = LEFT + day * STEP + BOX_WIDTH / 2
        parts.append(words(head, middle, top - 24, 30, palette.quiet, STEP - 8, anchor="middle"))
    for at, row in enumerate(rows):
        y = top + at * pitch
        tile, baseline = min(84.0, line + box.height), y + line - 16
        parts.append(sign(row.kind, MARGIN, y + (line + box.height - tile) // 2 + 4, tile, palette))
        parts.append(
            words(_name(t, row), LEFT, baseline, name_size, palette.ink, name_room, weight=SEMIBOLD)
        )
        parts += sums.drawn(t, row, baseline, palette)
        parts += [
            cell(each, box, LEFT + day * STEP, y + line, palette)
            for day, each in enumerate(row.cells)
        ]
    return _picture(height, [*parts, legend.drawn(height, palette)], palette)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Two columns at the right: this week's sums, right-aligned, and last week's beside them."""

    size: float
    last_size: float
    left: float
    middle: float

    @classmethod
    def of(cls, t: Translation, rows: Sequence[ChartRow], size: float) -> "_Sums":
        last_size = size - 8
        last = max(width(texts.charts.kept_last_week(t, row.last), last_size) for row in rows)
        middle = RIGHT - last - 22 if last else RIGHT
        return cls(
            size,
            last_size,
            middle - max(width(texts.charts.kept(t, row.this), size, SEMIBOLD) for row in rows),
            middle,
        )

    def drawn(self, t: Translation, row: ChartRow, y: float, palette: Palette) -> list[str]:
        weight, colour = (SEMIBOLD, palette.ink) if row.this.due else (REGULAR, palette.quiet)
        room, last_room = self.middle - self.left + 1, RIGHT - self.middle
        found = [
            words(
                texts.charts.kept(t, row.this),
                self.middle,
                y,
                self.size,
                colour,
                room,
                weight=weight,
                anchor="end",
            )
        ]
        if last := texts.charts.kept_last_week(t, row.last):
            found.append(
                words(last, RIGHT, y, self.last_size, palette.quiet, last_room, anchor="end")
            )
        return found


# Twelve weeks

BETWEEN_BLOCKS, BETWEEN_CELLS = 40, 6
BLOCK_TOP, BLOCK_HEAD, BLOCK_GAP = 176, 142, 52
TILE, AFTER_TILE = 76, 92


def heat_map(
    t: Translation, first_day: date, rows: Sequence[ChartRow], *, is_dark: bool = False
) -> str:
    """Twelve weeks from a Monday on, a block a habit: a column a week, a row a weekday; two
    blocks side by side.
    """
    palette = DARK if is_dark else LIGHT
    title = texts.charts.weeks_title(t, first_day, first_day + (WEEK * WEEKS - 1) * ONE_DAY)
    weekdays = [texts.charts.weekday(t, first_day + day * ONE_DAY) for day in range(WEEK)]
    labels = max(width(each, SMALLEST) for each in weekdays) + 16
    columns = min(len(rows), 2)
    room = (RIGHT - MARGIN - labels - (columns - 1) * BETWEEN_BLOCKS) / columns
    step = floor((room + BETWEEN_CELLS) / WEEKS)  # whole pixels: sharp edges, and half the bytes
    room = WEEKS * step - BETWEEN_CELLS
    box = Box("day", step - BETWEEN_CELLS, step - BETWEEN_CELLS, has_tick=False)
    name_size = _name_size(rows, room - AFTER_TILE, 34)
    pitch = BLOCK_HEAD + WEEK * step - BETWEEN_CELLS + BLOCK_GAP
    parts = [box.clip_path(), _title(title, palette)]
    for at, row in enumerate(rows):
        line, column = divmod(at, columns)
        x, y = (
            RIGHT - room - (columns - 1 - column) * (room + BETWEEN_BLOCKS),
            BLOCK_TOP + line * pitch,
        )
        parts += _block_head(t, row, x, y, room, name_size, palette)
        parts += _months(t, first_day, x, y + BLOCK_HEAD - 14, step, palette)
        if column == 0:
            for day in range(0, WEEK, 2):
                baseline = y + BLOCK_HEAD + day * step + box.height / 2 + 9
                parts.append(
                    words(
                        weekdays[day],
                        x - 16,
                        baseline,
                        SMALLEST,
                        palette.quiet,
                        labels,
                        anchor="end",
                    )
                )
        for day, each in enumerate(row.cells):
            week, weekday = divmod(day, WEEK)
            parts.append(cell(each, box, x + week * step, y + BLOCK_HEAD + weekday * step, palette))
    legend = _Legend.of(t, rows, has_tick=False)
    height = BLOCK_TOP + -(-len(rows) // columns) * pitch + legend.height
    return _picture(height, [*parts, legend.drawn(height, palette)], palette)


def _block_head(
    t: Translation, row: ChartRow, x: float, y: float, room: float, size: float, palette: Palette
) -> list[str]:
    beside, room = x + AFTER_TILE, room - AFTER_TILE
    return [
        sign(row.kind, x, y, TILE, palette),
        words(_name(t, row), beside, y + 31, size, palette.ink, room, weight=SEMIBOLD),
        words(texts.charts.days_kept(t, row.this), beside, y + 68, 28, palette.quiet, room),
    ]


def _months(
    t: Translation, first_day: date, x: float, y: float, step: float, palette: Palette
) -> list[str]:
    """A month's name over the week in which it begins, and over the first week where it doesn't
    touch the next one.
    """
    weeks = [first_day + week * WEEK * ONE_DAY for week in range(WEEKS)]
    begins = [
        week for week, monday in enumerate(weeks) if (monday + (WEEK - 1) * ONE_DAY).day <= WEEK
    ]
    if 0 not in begins:
        begins.insert(0, 0)
    ends = [*begins[1:], WEEKS]
    drawn = []
    for week, end in zip(begins, ends, strict=True):
        name = texts.charts.month(t, weeks[week] + (WEEK - 1) * ONE_DAY)
        room = (end - week) * step - 10
        if width(name, SMALLEST) <= room:
            drawn.append(words(name, x + week * step, y, SMALLEST, palette.quiet, room))
    return drawn


# What both share


def _picture(height: int, parts: list[str], palette: Palette) -> str:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    ground = rectangle(0, 0, WIDTH, height, 0, f'fill="{palette.background}"')
    root = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}">'
    return "\n".join([root, ground, *parts, "</svg>", ""])


def _title(title: str, palette: Palette) -> str:
    size = _fitting([title], RIGHT - MARGIN, 54, SEMIBOLD)
    return words(title, MARGIN, 112, size, palette.ink, RIGHT - MARGIN, weight=SEMIBOLD)


def _fitting(lines: Sequence[str], room: float, size: float, weight: int) -> float:
    """One size for all lines: at most `size`, and a fifth smaller at least where one is too
    long.
    """
    widest = max((width(line, size, weight) for line in lines), default=0)
    return size if widest <= room else max(floor(size * room / widest * 10) / 10, size * 0.8)


def _name(t: Translation, row: ChartRow) -> str:
    """A person's own words as far as the font has their letters."""
    return renderable(row.name) or texts.charts.own_habit(t)


def _name_size(rows: Sequence[ChartRow], room: float, size: float) -> float:
    """One size for all names. A person's own words are shortened rather than make the others
    smaller.
    """
    return _fitting(
        [row.name for row in rows if row.kind is not HabitKind.CUSTOM], room, size, SEMIBOLD
    )


KEY = Box("key", 44, 38)
KEY_LINE, BESIDE_KEY, BETWEEN_KEYS = 58, 16, 40


@dataclass(frozen=True, slots=True)
class _Legend:
    """The marks that occur, each with its word, in as many lines as they need; places are from
    the legend's top.
    """

    box: Box
    entries: tuple[tuple[Mark, str, float, int], ...]
    height: int

    @classmethod
    def of(cls, t: Translation, rows: Sequence[ChartRow], *, has_tick: bool = True) -> "_Legend":
        occurring = {each.mark for row in rows for each in row.cells}
        entries, x, y = [], float(MARGIN), 20
        for mark in (each for each in Mark if each in occurring):
            word = texts.charts.mark(t, mark)
            needed = KEY.width + BESIDE_KEY + width(word, 30)
            if x > MARGIN and x + needed > RIGHT:
                x, y = float(MARGIN), y + KEY_LINE
            entries.append((mark, word, x, y))
            x += needed + BETWEEN_KEYS
        return cls(replace(KEY, has_tick=has_tick), tuple(entries), y + KEY_LINE + 36)

    def drawn(self, bottom: int, palette: Palette) -> str:
        top, parts = bottom - self.height, [self.box.clip_path()]
        for mark, word, x, y in self.entries:
            beside = x + self.box.width + BESIDE_KEY
            parts.append(cell(Cell(mark, 0.5), self.box, x, top + y, palette))
            parts.append(words(word, beside, top + y + 29, 30, palette.quiet, RIGHT - beside))
        return "\n".join(parts)

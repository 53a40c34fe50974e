"""The layout of a week and of twelve weeks as SVG text, the same for the same figures.

A week has a row for each habit and a cell for each day; twelve weeks have a block for each habit.
`tiles` renders each line of the text on its own, so parts do not overlap.

Sizes are in pixels of the picture, which is 1080 wide. A phone shows it about 360 wide, so no word
is smaller than 26 pixels. The width that a text may take up is called its room: a text that is
wider is made smaller, then shortened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import ceil, floor

from reminder_bot import texts
from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.colours import DARK, LIGHT, Palette
from reminder_bot.pictures.shapes import Box, cell, rectangle, sign, words
from reminder_bot.pictures.text_fitting import FAMILY, REGULAR, SEMIBOLD, renderable, width
from reminder_bot.texts.translation import Translation

__all__ = ["ChartRow", "heat_map", "week_chart"]

WIDTH, MARGIN = 1080, 64
RIGHT = WIDTH - MARGIN
LEAST_HEIGHT, MOST_HEIGHT = 810, 1440  # 4:3 and 3:4
DAYS, WEEKS = 7, 12
SMALLEST_WORDS = 26


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One habit's days. name: in the person's language. this, last: this and the previous week; in
    twelve weeks, `this` is their sum.
    """

    kind: HabitKind
    name: str
    cells: tuple[Cell, ...]
    this: Adherence
    last: Adherence | None


# The week

LEFT, STEP, BOX_WIDTH = 174, 122, 110
WEEK_TOP, BEFORE_SUMS = 216, 28
USUAL_PITCH, LOOSEST_PITCH = 172, 236
LARGEST_TILE = 84


def week_chart(
    t: Translation, first_day: date, rows: Sequence[ChartRow], *, is_dark: bool = False
) -> str:
    """One to nine habits on one to seven days from `first_day` on.

    The picture is as tall as the habits need, between 4:3 and 3:4.
    """
    palette, days = DARK if is_dark else LIGHT, len(rows[0].cells)
    title = texts.digest.week_title(t, first_day, first_day + (days - 1) * ONE_DAY)
    legend = _Legend.of(t, rows)
    layout = _WeekLayout.of(len(rows), legend.height)
    sums = _Sums.of(t, rows, layout.size)
    parts = [layout.box.clip_path(), _title(title, palette)]
    for number in range(days):
        name = texts.charts.weekday(t, first_day + number * ONE_DAY)
        parts.append(_day_name(name, number, layout.top, palette))
    name_room = sums.left - BEFORE_SUMS - LEFT
    name_size = _name_size(rows, name_room, layout.size)
    for number, row in enumerate(rows):
        y = layout.top + number * layout.pitch
        baseline = y + layout.line - 16
        parts.append(_week_sign(row.kind, y, layout, palette))
        parts.append(_name(t, row, LEFT, baseline, name_size, name_room, palette))
        parts += sums.render(t, row, baseline, palette)
        parts += _week_cells(row, y, layout, palette)
    return _picture(layout.height, [*parts, legend.render(layout.height, palette)], palette)


@dataclass(frozen=True, slots=True)
class _WeekLayout:
    """Where the rows of a week are.

    size: the font size of their words. line: the height of the line of words above a row's cells.
    pitch: the distance from one row to the next. top: where the first row begins. height: that of
    the picture. box: the size of the cells.
    """

    size: float
    line: int
    pitch: int
    top: int
    height: int
    box: Box

    @classmethod
    def of(cls, count: int, legend_height: int) -> "_WeekLayout":
        # Smaller words for more than six habits, because the picture must not be taller than 3:4.
        size, line, gap = (34, 46, 26) if count > 6 else (38, 56, 40)
        around_rows = WEEK_TOP + legend_height
        pitch = min(USUAL_PITCH, (MOST_HEIGHT - around_rows) // count)
        # Few habits are spread out over the least height.
        pitch = max(pitch, min(LOOSEST_PITCH, (LEAST_HEIGHT - around_rows) // count))
        height = max(LEAST_HEIGHT, around_rows + count * pitch)
        unused = height - around_rows - count * pitch
        box = Box("day", BOX_WIDTH, pitch - line - gap)
        return cls(size, line, pitch, WEEK_TOP + unused // 2, height, box)


def _day_name(name: str, number: int, top: float, palette: Palette) -> str:
    middle = LEFT + number * STEP + BOX_WIDTH / 2
    return words(name, middle, top - 24, 30, palette.quiet, STEP - 8, anchor="middle")


def _week_sign(kind: HabitKind, y: float, layout: _WeekLayout, palette: Palette) -> str:
    row_height = layout.line + layout.box.height
    tile = min(float(LARGEST_TILE), row_height)
    return sign(kind, MARGIN, y + (row_height - tile) // 2 + 4, tile, palette)


def _week_cells(row: ChartRow, y: float, layout: _WeekLayout, palette: Palette) -> list[str]:
    return [
        cell(each, layout.box, LEFT + number * STEP, y + layout.line, palette)
        for number, each in enumerate(row.cells)
    ]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Two columns at the right: this week's sums, right-aligned, and last week's beside them.

    left: where the longest sum of this week begins. middle: where the sums of this week end.
    """

    size: float
    left: float
    middle: float

    @classmethod
    def of(cls, t: Translation, rows: Sequence[ChartRow], size: float) -> "_Sums":
        last_sums = [texts.charts.kept_last_week(t, row.last) for row in rows]
        sums = [texts.charts.kept(t, row.this) for row in rows]
        last_width = max(width(each, size - 8) for each in last_sums)
        middle = RIGHT - last_width - 22 if last_width else RIGHT
        return cls(size, middle - max(width(each, size, SEMIBOLD) for each in sums), middle)

    def render(self, t: Translation, row: ChartRow, y: float, palette: Palette) -> list[str]:
        weight, colour = (SEMIBOLD, palette.ink) if row.this.due else (REGULAR, palette.quiet)
        # A pixel more than the longest sum is wide, so that rounding never shortens it.
        room, last_room = self.middle - self.left + 1, RIGHT - self.middle
        this = texts.charts.kept(t, row.this)
        last = texts.charts.kept_last_week(t, row.last)
        parts = [words(this, self.middle, y, self.size, colour, room, weight=weight, anchor="end")]
        if last:
            size, quiet = self.size - 8, palette.quiet
            parts.append(words(last, RIGHT, y, size, quiet, last_room, anchor="end"))
        return parts


# Twelve weeks

BETWEEN_BLOCKS, BETWEEN_CELLS = 40, 6
BLOCK_TOP, BLOCK_HEAD, BLOCK_GAP = 176, 142, 52
TILE, AFTER_TILE = 76, 92
BESIDE_WEEKDAYS = 16


def heat_map(
    t: Translation, first_day: date, rows: Sequence[ChartRow], *, is_dark: bool = False
) -> str:
    """Twelve weeks from the Monday `first_day` on, a block for each habit.

    A block has a column for each week and a row for each weekday. Two blocks are side by side.
    """
    palette = DARK if is_dark else LIGHT
    title = texts.charts.weeks_title(t, first_day, first_day + (DAYS * WEEKS - 1) * ONE_DAY)
    weekdays = [texts.charts.weekday(t, first_day + number * ONE_DAY) for number in range(DAYS)]
    layout = _BlockLayout.of(len(rows), weekdays)
    name_size = _name_size(rows, layout.room - AFTER_TILE, 34)
    parts = [layout.box.clip_path(), _title(title, palette)]
    for number, row in enumerate(rows):
        line, column = divmod(number, layout.columns)
        x, y = layout.corner(line, column)
        parts += _block_head(t, row, x, y, layout.room, name_size, palette)
        parts += _months(t, first_day, x, y + BLOCK_HEAD - 14, layout.step, palette)
        if column == 0:
            parts += _weekday_names(weekdays, x, y + BLOCK_HEAD, layout, palette)
        parts += _block_cells(row, x, y + BLOCK_HEAD, layout, palette)
    legend = _Legend.of(t, rows, has_tick=False)
    height = BLOCK_TOP + layout.lines * layout.pitch + legend.height
    return _picture(height, [*parts, legend.render(height, palette)], palette)


@dataclass(frozen=True, slots=True)
class _BlockLayout:
    """Where the blocks of twelve weeks are.

    columns, lines: the numbers of columns and lines of blocks. labels: the width of the names of
    weekdays. room: the width of a block. step: the distance from one cell to the next. pitch: the
    distance from one line of blocks to the next.
    """

    columns: int
    lines: int
    labels: float
    room: int
    step: int
    pitch: int
    box: Box

    @classmethod
    def of(cls, count: int, weekdays: Sequence[str]) -> "_BlockLayout":
        columns = min(count, 2)
        labels = max(width(each, SMALLEST_WORDS) for each in weekdays) + BESIDE_WEEKDAYS
        between = (columns - 1) * BETWEEN_BLOCKS
        room = (RIGHT - MARGIN - labels - between) / columns
        # Whole pixels make the edges sharp and the PNG half as large.
        step = floor((room + BETWEEN_CELLS) / WEEKS)
        side = step - BETWEEN_CELLS
        return cls(
            columns=columns,
            lines=ceil(count / columns),
            labels=labels,
            room=WEEKS * step - BETWEEN_CELLS,
            step=step,
            pitch=BLOCK_HEAD + DAYS * step - BETWEEN_CELLS + BLOCK_GAP,
            box=Box("day", side, side, has_tick=False),
        )

    def corner(self, line: int, column: int) -> tuple[float, float]:
        """The upper left corner of a block."""
        blocks_right_of_it = self.columns - 1 - column
        x = RIGHT - self.room - blocks_right_of_it * (self.room + BETWEEN_BLOCKS)
        return x, BLOCK_TOP + line * self.pitch


def _block_head(
    t: Translation, row: ChartRow, x: float, y: float, room: float, size: float, palette: Palette
) -> list[str]:
    beside, room = x + AFTER_TILE, room - AFTER_TILE
    return [
        sign(row.kind, x, y, TILE, palette),
        _name(t, row, beside, y + 31, size, room, palette),
        words(texts.charts.days_kept(t, row.this), beside, y + 68, 28, palette.quiet, room),
    ]


def _weekday_names(
    names: Sequence[str], x: float, y: float, layout: _BlockLayout, palette: Palette
) -> list[str]:
    """Every second weekday, to the left of the cells."""
    right, size, room = x - BESIDE_WEEKDAYS, SMALLEST_WORDS, layout.labels
    parts = []
    for number in range(0, DAYS, 2):
        baseline = y + number * layout.step + layout.box.height / 2 + 9
        name = names[number]
        parts.append(words(name, right, baseline, size, palette.quiet, room, anchor="end"))
    return parts


def _block_cells(
    row: ChartRow, x: float, y: float, layout: _BlockLayout, palette: Palette
) -> list[str]:
    parts = []
    for number, each in enumerate(row.cells):
        week, weekday = divmod(number, DAYS)
        left, top = x + week * layout.step, y + weekday * layout.step
        parts.append(cell(each, layout.box, left, top, palette))
    return parts


def _months(
    t: Translation, first_day: date, x: float, y: float, step: float, palette: Palette
) -> list[str]:
    """The names of months, each above the week that contains the first day of the month.

    The first week has a name, too, if there is room for it before the next one.
    """
    # The week contains the first day of a month if its Sunday is one of the first seven days.
    sundays = [first_day + (week * DAYS + DAYS - 1) * ONE_DAY for week in range(WEEKS)]
    begins = [week for week, sunday in enumerate(sundays) if week == 0 or sunday.day <= DAYS]
    parts = []
    for week, next_one in pairwise([*begins, WEEKS]):
        name = texts.charts.month(t, sundays[week])
        room = (next_one - week) * step - 10
        if width(name, SMALLEST_WORDS) <= room:
            parts.append(words(name, x + week * step, y, SMALLEST_WORDS, palette.quiet, room))
    return parts


# Used by both pictures


def _picture(height: int, parts: list[str], palette: Palette) -> str:
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    background = rectangle(0, 0, WIDTH, height, 0, f'fill="{palette.background}"')
    root = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}">'
    return "\n".join([root, background, *parts, "</svg>", ""])


def _title(title: str, palette: Palette) -> str:
    size = _fit_size([title], RIGHT - MARGIN, 54, SEMIBOLD)
    return words(title, MARGIN, 112, size, palette.ink, RIGHT - MARGIN, weight=SEMIBOLD)


def _fit_size(lines: Sequence[str], room: float, size: float, weight: int) -> float:
    """One font size for all lines: `size`, or up to a fifth smaller if the longest needs that."""
    widest = max((width(line, size, weight) for line in lines), default=0)
    if widest <= room:
        return size
    return max(floor(size * room / widest * 10) / 10, size * 0.8)


def _name(
    t: Translation,
    row: ChartRow,
    x: float,
    y: float,
    size: float,
    room: float,
    palette: Palette,
) -> str:
    """The name of a habit; a person's own words as far as the font has their characters."""
    name = renderable(row.name) or texts.charts.own_habit(t)
    return words(name, x, y, size, palette.ink, room, weight=SEMIBOLD)


def _name_size(rows: Sequence[ChartRow], room: float, size: float) -> float:
    """One size for all names. A person's own words are shortened and don't make others smaller."""
    names = [row.name for row in rows if row.kind is not HabitKind.CUSTOM]
    return _fit_size(names, room, size, SEMIBOLD)


KEY = Box("key", 44, 38)
KEY_LINE, BESIDE_KEY, BETWEEN_KEYS = 58, 16, 40
KEY_WORDS = 30


@dataclass(frozen=True, slots=True)
class _Legend:
    """The marks that occur in the picture, each with its meaning, on as many lines as they need.

    entries: mark, meaning, and the position of the mark: x from the left edge of the picture, y
    from the top of the legend.
    """

    box: Box
    entries: tuple[tuple[Mark, str, float, int], ...]
    height: int

    @classmethod
    def of(cls, t: Translation, rows: Sequence[ChartRow], *, has_tick: bool = True) -> "_Legend":
        occurring = {each.mark for row in rows for each in row.cells}
        entries, x, y = [], float(MARGIN), 20
        for mark in Mark:
            if mark not in occurring:
                continue
            meaning = texts.charts.mark(t, mark)
            needed = KEY.width + BESIDE_KEY + width(meaning, KEY_WORDS)
            if x > MARGIN and x + needed > RIGHT:
                x, y = float(MARGIN), y + KEY_LINE
            entries.append((mark, meaning, x, y))
            x += needed + BETWEEN_KEYS
        return cls(replace(KEY, has_tick=has_tick), tuple(entries), y + KEY_LINE + 36)

    def render(self, bottom: int, palette: Palette) -> str:
        top, parts = bottom - self.height, [self.box.clip_path()]
        for mark, meaning, x, y in self.entries:
            beside, baseline = x + self.box.width + BESIDE_KEY, top + y + 29
            room = RIGHT - beside
            sample = Cell(mark, 0.5)  # the share matters only for a partly filled cell
            parts.append(cell(sample, self.box, x, top + y, palette))
            parts.append(words(meaning, beside, baseline, KEY_WORDS, palette.quiet, room))
        return "\n".join(parts)

"""The parts of a picture: marks differ in shape, words stay within their room."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reminder_bot.domain.adherence import Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.colours import LIGHT
from reminder_bot.pictures.shapes import (
    STROKES,
    Box,
    cell,
    number,
    rectangle,
    sign,
    words,
)

BOX = Box("day", 110, 80)


def element_of(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"[-.\d]+", text)]


Point = tuple[float, float]


def strokes_of(mark: Mark) -> list[list[Point]]:
    """The lines of a mark's drawing, each by its points; y grows downwards."""
    _, drawing = element_of(cell(Cell(mark, 1.0), BOX, 0, 0, LIGHT))
    lines: list[list[Point]] = []
    for command, text in re.findall(r"([A-Z])([-.\d ]*)", drawing.attrib["d"]):
        given = numbers(text)
        if command == "M":
            lines.append([])
        if command == "V":  # straight down or up, to this y
            given = [lines[-1][-1][0], *given]
        assert command in "MLV"
        assert len(given) == 2
        lines[-1].append((given[0], given[1]))
    return lines


def side(start: Point, end: Point, point: Point) -> float:
    """Positive on one side of a straight line, negative on the other."""
    across, down = end[0] - start[0], end[1] - start[1]
    return across * (point[1] - start[1]) - down * (point[0] - start[0])


# Marks


@pytest.mark.parametrize("share", [0.3, 0.5, 0.75])
def test_water_fills_its_cell_from_below_by_its_share_of_the_goal(share: float) -> None:
    box = Box("day", 110, 80)

    group = element_of(cell(Cell(Mark.PARTLY, share), box, 0, 0, LIGHT))

    fill = group[0].attrib
    assert float(fill["height"]) == pytest.approx(80 * share, abs=0.1)
    assert float(fill["y"]) + float(fill["height"]) == 80


@pytest.mark.parametrize(("share", "seen"), [(0.001, 0.12), (0.999, 0.85), (1.4, 0.85)])
def test_a_sip_can_be_seen_and_nearly_all_differs_from_all(share: float, seen: float) -> None:
    group = element_of(cell(Cell(Mark.PARTLY, share), Box("day", 110, 100), 0, 0, LIGHT))

    assert float(group[0].attrib["height"]) == pytest.approx(100 * seen)


@pytest.mark.parametrize("has_tick", [True, False])
def test_marks_differ_in_shape_where_no_colour_is_seen(has_tick: bool) -> None:
    grey = replace(LIGHT, **dict.fromkeys(LIGHT.__slots__, "grey"))
    box = Box("day", 31, 31, has_tick=has_tick)

    shapes = [re.sub('class="[^"]*"', "", cell(Cell(mark, 0.5), box, 0, 0, grey)) for mark in Mark]

    assert len(set(shapes)) == len(Mark)


def test_a_kept_day_has_a_tick() -> None:
    """Down a little and then up, higher and farther than it came from."""
    [[start, lowest, end]] = strokes_of(Mark.KEPT)

    assert start[0] < lowest[0] < end[0]
    assert lowest[1] > start[1] > end[1]
    assert end[0] - lowest[0] > lowest[0] - start[0]


def test_a_no_has_a_cross() -> None:
    [[start, end], [other_start, other_end]] = strokes_of(Mark.NO)

    # Each line has its ends on both sides of the other one.
    assert side(start, end, other_start) * side(start, end, other_end) < 0
    assert side(other_start, other_end, start) * side(other_start, other_end, end) < 0


def test_a_skipped_day_has_two_chevrons_that_point_forward() -> None:
    first, second = strokes_of(Mark.SKIPPED)

    for above, tip, below in (first, second):
        assert tip[0] > above[0] == below[0]
        assert above[1] < tip[1] < below[1]
    assert second[1][0] > first[1][0]


def test_a_paused_day_has_two_upright_bars_side_by_side() -> None:
    left, right = strokes_of(Mark.PAUSED)

    for start, end in (left, right):
        assert start[0] == end[0]
    assert left[0][0] < right[0][0]
    assert [point[1] for point in left] == [point[1] for point in right]


def test_a_day_without_an_answer_is_an_empty_frame_and_one_not_due_a_dot() -> None:
    (frame,) = element_of(cell(Cell(Mark.UNANSWERED, 0.0), BOX, 0, 0, LIGHT))
    (dot,) = element_of(cell(Cell(Mark.NOT_DUE, 0.0), BOX, 0, 0, LIGHT))

    assert (frame.tag, frame.attrib["fill"]) == ("rect", "none")
    assert (dot.tag, dot.attrib["fill"]) == ("circle", LIGHT.frame)


@pytest.mark.parametrize("mark", [Mark.NO, Mark.SKIPPED, Mark.PAUSED])
@pytest.mark.parametrize("has_tick", [True, False])
def test_only_a_full_cell_may_go_without_its_strokes(mark: Mark, has_tick: bool) -> None:
    box = replace(BOX, has_tick=has_tick)

    assert STROKES[mark] in cell(Cell(mark, 0.0), box, 0, 0, LIGHT)
    assert (STROKES[Mark.KEPT] in cell(Cell(Mark.KEPT, 1.0), box, 0, 0, LIGHT)) is has_tick


def test_strokes_are_in_the_middle_of_the_cell_and_as_large_as_its_smaller_side() -> None:
    _, strokes = element_of(cell(Cell(Mark.NO, 0.0), BOX, 7, 9, LIGHT))

    assert numbers(strokes.attrib["transform"]) == [55, 40, 4]


@pytest.mark.parametrize(("side", "radius"), [(31, 3.5), (50, 3.5), (100, 7)])
def test_a_dot_is_in_the_middle_and_never_too_small_to_be_seen(side: int, radius: float) -> None:
    (dot,) = element_of(cell(Cell(Mark.NOT_DUE, 0.0), Box("day", side, side), 0, 0, LIGHT))

    assert (float(dot.attrib["cx"]), float(dot.attrib["cy"])) == (side / 2, side / 2)
    assert float(dot.attrib["r"]) == radius


@pytest.mark.parametrize(("side", "line"), [(31, 3), (60, 3), (100, 5)])
def test_the_line_of_a_frame_lies_within_its_cell(side: int, line: float) -> None:
    (frame,) = element_of(cell(Cell(Mark.UNANSWERED, 0.0), Box("day", side, side), 0, 0, LIGHT))
    found = {name: frame.attrib[name] for name in ("x", "y", "width", "height", "rx")}

    assert float(frame.attrib["stroke-width"]) == line
    assert found == {
        "x": number(line / 2),
        "y": number(line / 2),
        "width": number(side - line),
        "height": number(side - line),
        "rx": number(side * 0.28 - line / 2),
    }


def test_a_partly_filled_cell_is_cut_to_the_shape_of_its_box() -> None:
    filling, frame = element_of(cell(Cell(Mark.PARTLY, 0.5), BOX, 0, 0, LIGHT))
    (outline,) = element_of(BOX.clip_path())

    assert filling.attrib["clip-path"] == "url(#day)"
    assert (filling.attrib["fill"], frame.attrib["stroke"]) == (LIGHT.kept, LIGHT.kept)
    assert (outline.attrib["width"], outline.attrib["height"]) == ("110", "80")
    assert float(outline.attrib["rx"]) == pytest.approx(80 * 0.28, abs=0.05)


@pytest.mark.parametrize(
    ("mark", "tile", "stroke"),
    [
        (Mark.KEPT, LIGHT.kept, LIGHT.on_kept),
        (Mark.NO, LIGHT.no_tile, LIGHT.no),
        (Mark.SKIPPED, LIGHT.aside_tile, LIGHT.aside),
        (Mark.PAUSED, LIGHT.aside_tile, LIGHT.aside),
    ],
)
def test_each_mark_has_its_two_colours(mark: Mark, tile: str, stroke: str) -> None:
    background, strokes = element_of(cell(Cell(mark, 0.0), BOX, 0, 0, LIGHT))

    assert (background.attrib["fill"], strokes.attrib["stroke"]) == (tile, stroke)


def test_a_cell_is_moved_to_its_place_and_named_by_its_box_and_mark() -> None:
    group = element_of(cell(Cell(Mark.NO, 0.0), BOX, 7.25, 9, LIGHT))

    assert group.attrib == {"class": "day no", "transform": "translate(7.2 9)"}


# Signs


@pytest.mark.parametrize("kind", HabitKind)
def test_a_sign_stays_within_its_round_tile(kind: HabitKind) -> None:
    tile, lines = element_of(sign(kind, 64, 200, 100, LIGHT))

    x, y, scale = numbers(lines.attrib["transform"])
    assert (tile.attrib["width"], tile.attrib["rx"]) == ("100", "50")
    assert x == y == 19
    assert x + 24 * scale == pytest.approx(100 - 19, abs=0.1)
    assert (tile.attrib["fill"], lines.attrib["stroke"]) == (LIGHT.tile, LIGHT.sign)


DRAWINGS = {
    **{f"mark {mark}": path for mark, path in STROKES.items()},
    **{f"drawing of {kind}": kind.spec.drawing for kind in HabitKind},
}


@pytest.mark.parametrize("path", DRAWINGS.values(), ids=DRAWINGS)
def test_a_path_has_only_commands_and_numbers_of_svg(path: str) -> None:
    number = r"-?\d*\.?\d+"

    assert re.fullmatch(rf"(?:[MLHVCSAZlhvcsa](?: ?{number})* ?|{number} ?)+", path)


# Words


def test_words_are_escaped_and_shortened_to_their_room() -> None:
    line = words("<b> & so on and on", 10, 20, 30, "#123456", 120, anchor="end")

    element = element_of(line)

    assert (element.text or "").startswith("<b> &")
    assert (element.text or "").endswith("…")
    assert element.attrib == {
        "x": "10",
        "y": "20",
        "font-size": "30",
        "font-weight": "400",
        "fill": "#123456",
        "text-anchor": "end",
    }


def test_a_rectangle_may_have_further_attributes_or_none() -> None:
    assert rectangle(1, 2, 3, 4, 5) == '<rect x="1" y="2" width="3" height="4" rx="5"/>'
    assert rectangle(1, 2, 3, 4, 5, 'fill="red"').endswith(' rx="5" fill="red"/>')

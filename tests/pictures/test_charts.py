"""The charts: every day in its place with its mark, and every word within its room."""

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import date, timedelta
from itertools import combinations, pairwise, product
from xml.etree import ElementTree

import pytest

from reminder_bot import texts
from reminder_bot.domain.adherence import NOT_DUE, Adherence, Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures import charts
from reminder_bot.pictures.charts import ChartRow, heat_map, week_chart
from reminder_bot.pictures.colours import DARK, LIGHT
from reminder_bot.pictures.text_fitting import width
from reminder_bot.texts import names
from reminder_bot.texts.translation import PSEUDO, Translation, translation

ENGLISH, LONG = translation("en"), translation(PSEUDO)
MONDAY = date(2026, 3, 2)
SVG = "{http://www.w3.org/2000/svg}"
LETTERS = {
    "k": Mark.KEPT,
    "n": Mark.NO,
    "s": Mark.SKIPPED,
    "p": Mark.PAUSED,
    "u": Mark.UNANSWERED,
    ".": Mark.NOT_DUE,
}
OWN_WORDS = "Walk around the lake"


def cells(letters: str) -> tuple[Cell, ...]:
    """One letter for each day; a digit is an amount of water, in tenths of the goal."""
    return tuple(
        Cell(Mark.PARTLY, int(each) / 10)
        if each.isdigit()
        else Cell(LETTERS[each], float(each == "k"))
        for each in letters
    )


def row(
    letters: str,
    kind: HabitKind = HabitKind.HYDRATION,
    name: str | None = None,
    last: Adherence | None = None,
) -> ChartRow:
    this = Adherence(letters.count("k"), sum(each not in "sp." for each in letters))
    shown = names.habit(ENGLISH, kind, OWN_WORDS) if name is None else name
    return ChartRow(kind, shown, cells(letters), this, last)


def all_habits(
    count: int, t: Translation = ENGLISH, letters: str = "kn3spu.", weeks: int = 1
) -> list[ChartRow]:
    return [
        row(letters * weeks, kind, names.habit(t, kind, t.gettext(OWN_WORDS)), Adherence(4, 7))
        for kind in list(HabitKind)[:count]
    ]


# What a picture holds


@dataclass(frozen=True)
class Thing:
    """A part of a picture and its bounds. kind: "text", or the first class of its group."""

    kind: str
    name: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Thing") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def root_of(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def size_of(svg: str) -> tuple[int, int]:
    root = root_of(svg)
    return int(root.attrib["width"]), int(root.attrib["height"])


def things(svg: str) -> Iterator[Thing]:
    root = root_of(svg)
    boxes = {each.attrib["id"]: each[0].attrib for each in root.iter(f"{SVG}clipPath")}
    for element in root:
        if element.tag == f"{SVG}text":
            text, size = element.text or "", float(element.attrib["font-size"])
            wide = width(text, size, int(element.attrib["font-weight"]))
            x, y = float(element.attrib["x"]), float(element.attrib["y"])
            left = (
                x - {"start": 0.0, "middle": wide / 2, "end": wide}[element.attrib["text-anchor"]]
            )
            yield Thing("text", text, left, y - 0.74 * size, left + wide, y + 0.22 * size)
        elif element.tag == f"{SVG}g":
            kind, name = element.attrib["class"].split()
            x, y = map(float, re.findall(r"[-.\d]+", element.attrib["transform"]))
            box = element[0].attrib if kind == "sign" else boxes[kind]
            yield Thing(kind, name, x, y, x + float(box["width"]), y + float(box["height"]))


def words(svg: str) -> list[str]:
    return [each.text or "" for each in root_of(svg).iter(f"{SVG}text")]


def days(svg: str) -> list[Thing]:
    return [each for each in things(svg) if each.kind == "day"]


def crowded(svg: str) -> list[tuple[str, str]]:
    """The parts that overlap or leave the picture."""
    wide, high = size_of(svg)
    found = list(things(svg))
    out = [
        (each.name, "leaves")
        for each in found
        if each.left < 40 or each.right > wide - 40 or each.top < 30 or each.bottom > high - 30
    ]
    loose = [each for each in found if each.kind != "day"]
    pairs = [*combinations(loose, 2), *product(loose, days(svg))]
    return out + [(one.name, other.name) for one, other in pairs if one.overlaps(other)]


# The week


def test_every_day_of_a_week_has_its_mark_at_its_place() -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("k7k.skn"), row("nuspkkk", HabitKind.MEDITATION)])

    found = days(svg)

    assert [each.name for each in found[:7]] == [
        "kept",
        "partly",
        "kept",
        "not-due",
        "skipped",
        "kept",
        "no",
    ]
    assert [each.name for each in found[7:]] == [
        "no",
        "unanswered",
        "skipped",
        "paused",
        "kept",
        "kept",
        "kept",
    ]
    assert (
        [each.left for each in found[:7]]
        == [each.left for each in found[7:]]
        == [174 + 122 * n for n in range(7)]
    )
    assert len({each.top for each in found[:7]}) == len({each.top for each in found[7:]}) == 1
    assert found[0].bottom < found[7].top


def test_each_day_is_below_its_weekday() -> None:
    svg = week_chart(ENGLISH, date(2026, 3, 5), [row("kkk")])

    heads = {
        each.name: (each.left + each.right) / 2
        for each in things(svg)
        if each.name in {"Th", "Fr", "Sa"}
    }

    assert list(heads.values()) == pytest.approx(
        [(each.left + each.right) / 2 for each in days(svg)], abs=0.2
    )


@pytest.mark.parametrize("count", range(1, 8))
def test_a_first_week_may_have_fewer_days(count: int) -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("k" * count)])

    last = MONDAY + timedelta(days=count - 1)
    assert len(days(svg)) == count
    assert words(svg)[0] == f"Your week, 2 Mar to {texts.formats.day_and_month(ENGLISH, last)}"


def test_a_row_shows_this_week_and_the_last() -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("kkkkknu", last=Adherence(4, 6))])

    assert {"Water", "5 of 7", "last week 4 of 6"} <= set(words(svg))


@pytest.mark.parametrize("last", [None, Adherence(0, 0)])
def test_a_week_in_which_nothing_was_asked_has_no_figures(last: Adherence | None) -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("...pp..", last=last)])

    assert "not counted" in words(svg)
    assert not [each for each in words(svg) if "last week" in each or "of 0" in each]


def test_what_was_not_asked_is_less_prominent_than_a_sum() -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("kkkkkkk"), row("...pp..", HabitKind.BEDTIME)])

    looks = {
        each.text: (each.attrib["font-weight"], each.attrib["fill"])
        for each in root_of(svg).iter(f"{SVG}text")
        if each.attrib["text-anchor"] == "end"  # not those of the legend
    }

    assert looks["7 of 7"] == ("600", LIGHT.ink)
    assert looks["not counted"] == ("400", LIGHT.quiet)


def test_a_long_name_of_a_weekday_stays_in_its_column() -> None:
    head = charts._day_name("Wednesday all day", 0, 216, LIGHT)

    (name,) = things(f'<svg xmlns="http://www.w3.org/2000/svg">{head}</svg>')
    assert name.right - name.left <= 122 - 8


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("is_dark", [False, True])
def test_the_picture_of_a_week_is_between_4_to_3_and_3_to_4(count: int, is_dark: bool) -> None:
    wide, high = size_of(week_chart(ENGLISH, MONDAY, all_habits(count), is_dark=is_dark))

    assert wide == 1080
    assert 810 <= high <= 1440


def test_the_legend_holds_the_marks_that_occur_and_no_others() -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("kk5uukk"), row("kknuukk", HabitKind.BEDTIME)])

    assert [each.name for each in things(svg) if each.kind == "key"] == [
        "kept",
        "partly",
        "no",
        "unanswered",
    ]
    assert words(svg)[-4:] == ["done", "partly", "no", "no answer"]


@pytest.mark.parametrize("kind", HabitKind)
def test_every_habit_is_drawn_with_its_sign(kind: HabitKind) -> None:
    svg = week_chart(ENGLISH, MONDAY, [row("kkkkkkk", kind)])

    assert [each.name for each in things(svg) if each.kind == "sign"] == [kind]


# Twelve weeks


def test_every_day_of_twelve_weeks_is_in_its_week_and_weekday() -> None:
    letters = "".join("knspu.5"[number % 7] for number in range(80)) + "...."
    svg = heat_map(ENGLISH, MONDAY, [row(letters), row("k" * 84, HabitKind.BEDTIME)])

    water, bed = days(svg)[:84], days(svg)[84:]

    assert [each.name for each in water] == [each.mark for each in cells(letters)]
    columns, lines = sorted({each.left for each in water}), sorted({each.top for each in water})
    assert (len(columns), len(lines)) == (12, 7)
    assert [(each.left, each.top) for each in water] == [(x, y) for x in columns for y in lines]
    assert {each.name for each in bed} == {"kept"}
    assert max(columns) < min(each.left for each in bed)


def test_blocks_are_40_pixels_apart_and_cells_6() -> None:
    svg = heat_map(ENGLISH, MONDAY, all_habits(3, weeks=12))
    first, second, third = (days(svg)[at : at + 84] for at in (0, 84, 168))

    assert second[0].left - first[-1].right == 40
    assert first[1].top - first[0].bottom == first[7].left - first[0].right == 6
    assert second[-1].right == 1080 - 64
    assert (third[0].left, second[0].top) == (first[0].left, first[0].top)
    assert third[0].top - first[6].bottom == 142 + 52  # the head of a block, and the gap before it


@pytest.mark.parametrize(("count", "pitch"), [(1, 236), (2, 211), (4, 172), (6, 172), (9, 116)])
def test_the_rows_of_a_week_are_as_far_apart_as_the_picture_allows(count: int, pitch: int) -> None:
    found = days(week_chart(ENGLISH, MONDAY, all_habits(count)))

    tops = sorted({each.top for each in found})

    assert {later - earlier for earlier, later in pairwise(tops)} <= {pitch}
    assert found[0].bottom - found[0].top == pitch - (72 if count > 6 else 96)


def test_a_single_row_has_as_much_space_above_as_below() -> None:
    cell_, *_ = days(week_chart(ENGLISH, MONDAY, [row("kkkkkkk")]))
    row_top, row_bottom = cell_.top - 56, cell_.bottom + 40
    legend_top = 810 - 114

    assert row_top - 216 == legend_top - row_bottom > 0


@pytest.mark.parametrize(
    ("room", "size"),
    [(1000, 40), (100, 40), (99.9, 39.9), (90, 36), (80, 32), (79, 32), (10, 32)],
)
def test_words_that_are_too_long_are_made_smaller_by_a_fifth_at_most(
    room: float, size: float
) -> None:
    line = "Water"
    one_percent = width(line, 40, 600) / 100

    assert charts._fit_size([line], room * one_percent, 40, 600) == pytest.approx(size, abs=0.1)


def test_the_name_of_a_month_is_above_the_week_in_which_it_begins() -> None:
    svg = heat_map(ENGLISH, date(2026, 1, 12), [row("k" * 84)])

    columns = sorted({each.left for each in days(svg)})
    begins = {
        each.name: columns.index(each.left)
        for each in things(svg)
        if each.name in {"Jan", "Feb", "Mar", "Apr"}
    }
    assert begins == {"Jan": 0, "Feb": 2, "Mar": 6, "Apr": 11}


def test_a_month_that_begins_on_a_monday_is_named_above_that_week() -> None:
    svg = heat_map(ENGLISH, date(2026, 4, 13), [row("k" * 84)])

    columns = sorted({each.left for each in days(svg)})
    june = next(each for each in things(svg) if each.name == "Jun")
    assert columns.index(june.left) == 7  # 1 June 2026, seven weeks after 13 April


def test_every_second_weekday_is_named_beside_the_middle_of_its_cells() -> None:
    svg = heat_map(ENGLISH, MONDAY, [row("k" * 84)])

    names = [each for each in things(svg) if each.name in {"Mo", "We", "Fr", "Su"}]
    cells_beside = days(svg)[0:7:2]

    for name, cell_ in zip(names, cells_beside, strict=True):
        middle = (cell_.top + cell_.bottom) / 2
        assert (name.top + name.bottom) / 2 == pytest.approx(middle, abs=3)
        assert cell_.left - name.right == pytest.approx(16, abs=0.2)


def test_twelve_weeks_say_their_dates_and_how_many_days_were_kept() -> None:
    svg = heat_map(ENGLISH, date(2025, 12, 29), [row("k" * 60 + "n" * 20 + "....")])

    assert words(svg)[0] == "Twelve weeks, 29 Dec to 22 Mar"
    assert {"60 of 80 days", "Mo", "We", "Fr", "Su"} <= set(words(svg))


def test_many_small_cells_and_their_legend_have_no_ticks() -> None:
    svg = heat_map(ENGLISH, MONDAY, [row("k" * 84)])

    groups = [each for each in root_of(svg).iter(f"{SVG}g") if "kept" in each.attrib["class"]]
    assert len(groups) == 85
    assert all(each.find(f"{SVG}path") is None for each in groups)


# Words


@pytest.mark.parametrize("t", [ENGLISH, LONG], ids=["english", "pseudo"])
@pytest.mark.parametrize("count", range(1, 10))
def test_nothing_overlaps_or_leaves_a_week_in_the_longest_language(
    t: Translation, count: int
) -> None:
    svg = week_chart(t, date(2026, 12, 28), all_habits(count, t))

    assert crowded(svg) == []


@pytest.mark.parametrize("t", [ENGLISH, LONG], ids=["english", "pseudo"])
@pytest.mark.parametrize("count", [1, 2, 3, 9])
@pytest.mark.parametrize("first_day", [date(2026, 1, 5), date(2026, 1, 26), date(2025, 9, 29)])
def test_nothing_overlaps_or_leaves_twelve_weeks_in_the_longest_language(
    t: Translation, count: int, first_day: date
) -> None:
    svg = heat_map(t, first_day, all_habits(count, t, weeks=12))

    assert crowded(svg) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('y="', 'y="-'),
        ('text-anchor="end">5 of 6', 'text-anchor="start">5 of 6'),
        (">Water<", f">{'Water' * 6}<"),
    ],
)
def test_the_check_for_overlaps_finds_them(before: str, after: str) -> None:
    """Without this, the tests above might find nothing by mistake."""
    svg = week_chart(ENGLISH, MONDAY, [row("kkkskkn", last=Adherence(4, 7))])

    assert crowded(svg) == []
    assert crowded(svg.replace(before, after)) != []


@pytest.mark.parametrize("chart", [week_chart, heat_map])
def test_no_word_is_too_small_for_a_phone(chart: Callable[..., str]) -> None:
    svg = chart(LONG, MONDAY, all_habits(9, LONG, weeks=12 if chart is heat_map else 1))

    assert min(float(each.attrib["font-size"]) for each in root_of(svg).iter(f"{SVG}text")) >= 26


def test_every_word_is_translated() -> None:
    week = week_chart(LONG, MONDAY, all_habits(9, LONG))
    weeks = heat_map(LONG, MONDAY, all_habits(9, LONG, weeks=12))
    nothing = week_chart(LONG, MONDAY, [row(".......", HabitKind.CUSTOM, "")])

    assert [
        each for each in words(week) + words(weeks) + words(nothing) if not each.startswith("[")
    ] == []


def test_dates_are_in_the_persons_language() -> None:
    assert words(week_chart(LONG, MONDAY, [row("kkkkkkk")]))[0].startswith(
        "[Your week, [2 Mar] to [8 Mar]"
    )


@pytest.mark.parametrize(
    "name",
    [
        "</text><script>alert('&amp;')</script>" * 20,
        'a"b\' onload="x" <!-- ]]>',
        "\x00\x08\x1b\ufffe\ud800\u202e\u200d text",
        "W" * 500,
        "two\nlines\tand more",
    ],
)
@pytest.mark.parametrize("chart", [week_chart, heat_map])
def test_a_persons_own_words_do_no_harm_and_stay_in_their_room(
    chart: Callable[..., str], name: str
) -> None:
    weeks = 12 if chart is heat_map else 1
    svg = chart(
        ENGLISH,
        MONDAY,
        [*all_habits(8, weeks=weeks), row("kkkkkkk" * weeks, HabitKind.CUSTOM, name)],
    )

    assert {each.tag.removeprefix(SVG) for each in root_of(svg).iter()} <= {
        "svg",
        "g",
        "rect",
        "circle",
        "path",
        "text",
        "clipPath",
    }
    assert not [each for each in words(svg) if re.search(r"[\x00-\x1f\u202e\u200d]", each)]
    assert crowded(svg) == []


def test_a_long_name_ends_in_an_ellipsis_and_leaves_the_others_their_size() -> None:
    with_it = week_chart(
        ENGLISH, MONDAY, [row("kkkkkkk"), row("kkkkkkk", HabitKind.CUSTOM, "Walk the dog " * 9)]
    )
    without = week_chart(
        ENGLISH, MONDAY, [row("kkkkkkk"), row("kkkkkkk", HabitKind.CUSTOM, "Walk")]
    )

    assert [
        each for each in words(with_it) if each.startswith("Walk the dog") and each.endswith("…")
    ]
    assert size_of_word(with_it, "Water") == size_of_word(without, "Water")


def size_of_word(svg: str, word: str) -> str:
    return next(
        each.attrib["font-size"] for each in root_of(svg).iter(f"{SVG}text") if each.text == word
    )


def test_a_name_without_a_character_that_can_be_rendered_gets_a_general_one() -> None:
    assert "Your own habit" in words(
        week_chart(ENGLISH, MONDAY, [row("kkkkkkk", HabitKind.CUSTOM, "🏃 散歩")])
    )


# Colours


@pytest.mark.parametrize("chart", [week_chart, heat_map])
def test_the_dark_picture_has_the_dark_colours_only(chart: Callable[..., str]) -> None:
    rows = all_habits(9, weeks=12 if chart is heat_map else 1)

    light, dark = (chart(ENGLISH, MONDAY, rows, is_dark=is_dark) for is_dark in (False, True))

    assert set(re.findall(r"#[0-9A-Fa-f]{6}", light)) <= set(astuple(LIGHT))
    assert set(re.findall(r"#[0-9A-Fa-f]{6}", dark)) <= set(astuple(DARK))
    assert re.sub(r"#\w{6}", "", light) == re.sub(r"#\w{6}", "", dark)


def test_the_same_figures_make_the_same_picture() -> None:
    rows = all_habits(4)

    assert week_chart(ENGLISH, MONDAY, rows) == week_chart(ENGLISH, MONDAY, list(rows))
    assert charts.week_chart(ENGLISH, MONDAY, rows) != week_chart(
        ENGLISH, MONDAY, [replace(rows[0], cells=(NOT_DUE,))]
    )

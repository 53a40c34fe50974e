"""Pictures put together from tiles: the same as those rendered whole, and most parts only once."""

import random
from datetime import date, timedelta
from functools import partial
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageFilter
from resvg_py import svg_to_bytes

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures import tiles
from reminder_bot.pictures.charts import ChartRow, heat_map, week_chart
from reminder_bot.pictures.text_fitting import FAMILY, FONTS
from reminder_bot.pictures.tiles import TiledPictures
from reminder_bot.texts import names
from reminder_bot.texts.translation import PSEUDO, translation

A_SHADE = 12  # of 255: about what lies between two colours of the table
MONDAY = date(2026, 3, 2)
SEEDS = [*range(5), *(pytest.param(each, marks=pytest.mark.sweep) for each in range(5, 100))]
OWN_WORDS = ("Stretch", "Γιόγκα & <b>tea</b>", "a walk around the lake, whatever the weather is")

render_whole = partial(
    svg_to_bytes,
    skip_system_fonts=True,
    font_files=[str(file) for file in FONTS.values()],
    font_family=FAMILY,
)


class Renderer:
    """Renders with the library, and counts."""

    def __init__(self) -> None:
        self.rendered: list[str] = []

    def __call__(self, svg: str) -> bytes:
        self.rendered.append(svg)
        return render_whole(svg_string=svg)


@pytest.fixture
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
def pictures(renderer: Renderer) -> TiledPictures:
    return TiledPictures(renderer)


def random_picture(chance: random.Random) -> str:
    """A week or twelve weeks of one to nine habits, in any state, language and palette."""
    t = translation(chance.choice(["en", PSEUDO]))
    is_week = chance.random() < 0.7
    days = 7 if is_week else 84
    rows = []
    for kind in chance.sample(list(HabitKind), chance.randint(1, len(HabitKind))):
        marks = chance.choices(list(Mark), k=days)
        cells = tuple(Cell(mark, round(chance.random(), 2)) for mark in marks)
        due = chance.randint(0, days)
        last = chance.choice([None, Adherence(3, 6)])
        name = names.habit(t, kind, chance.choice(OWN_WORDS))
        rows.append(ChartRow(kind, name, cells, Adherence(chance.randint(0, due), due), last))
    first_day = MONDAY + timedelta(weeks=chance.randint(0, 500))
    draw = week_chart if is_week else heat_map
    return draw(t, first_day, rows, is_dark=chance.random() < 0.5)


def opened(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png)) as image:
        return image.convert("RGB")


def assert_same(png: bytes, whole: bytes) -> None:
    """Each pixel may have the next shade of the table. The renderer rounds coordinates, so a few
    may differ more, but none by more than half a pixel's shift would change it.
    """
    ours, theirs = opened(png), opened(whole)
    assert ours.size == theirs.size
    darkest, lightest = (
        theirs.filter(ImageFilter.MinFilter(3)),
        theirs.filter(ImageFilter.MaxFilter(3)),
    )
    assert most(ImageChops.subtract(darkest, ours)) <= A_SHADE
    assert most(ImageChops.subtract(ours, lightest)) <= A_SHADE
    histogram = ImageChops.difference(ours, theirs).convert("L").histogram()
    assert sum(histogram[A_SHADE * 2 :]) <= ours.width * ours.height / 5_000


def most(image: Image.Image) -> int:
    """The highest value of any colour of any pixel."""
    return max(at % 256 for at, count in enumerate(image.histogram()) if count)


def week(first_day: date = MONDAY, mark: Mark = Mark.KEPT, name: str = "Water") -> str:
    cells = (Cell(mark, 0.5),) * 7
    row = ChartRow(HabitKind.HYDRATION, name, cells, Adherence(7, 7), None)
    return week_chart(translation("en"), first_day, [row])


def replaced(old: str, new: str) -> str:
    svg = week()
    assert old in svg
    return svg.replace(old, new)


# The same picture


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(each, marks=pytest.mark.sweep) for each in range(5, 100))]
)
def test_a_picture_of_tiles_is_the_same_as_one_rendered_whole(
    seed: int, pictures: TiledPictures, renderer: Renderer
) -> None:
    svg = random_picture(random.Random(seed))
    pictures.picture(svg)  # fills the cache
    renderer.rendered.clear()

    png = pictures.picture(svg)

    assert renderer.rendered == []
    assert_same(png, render_whole(svg_string=svg))


def test_a_file_has_one_byte_a_pixel_and_can_be_opened(pictures: TiledPictures) -> None:
    with Image.open(BytesIO(pictures.picture(week()))) as image:
        image.verify()

        assert (image.format, image.mode) == ("PNG", "P")


# Each part once


def test_another_week_renders_only_what_is_new(pictures: TiledPictures, renderer: Renderer) -> None:
    pictures.picture(week())
    renderer.rendered.clear()

    pictures.picture(week(MONDAY + timedelta(weeks=1)))

    (title,) = renderer.rendered
    assert "15" in title


def test_what_was_not_used_for_long_is_forgotten(
    pictures: TiledPictures, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.picture(week())
    kept, kept_parts = pictures._size, len(pictures._tiles)
    monkeypatch.setattr(tiles, "KEPT_BYTES", kept)

    for number in range(1, 9):
        svg = week(MONDAY + timedelta(weeks=number), name="Habit" + "x" * number)
        assert_same(pictures.picture(svg), render_whole(svg_string=svg))
        assert sum(tile.size for tile in pictures._tiles.values()) == pictures._size <= kept

    renderer.rendered.clear()
    pictures.picture(week())
    assert any("Water" in each for each in renderer.rendered)
    assert len(renderer.rendered) < kept_parts, "what all pictures have in common is kept"


# Everything else is rendered whole


TWO_IN_A_LINE = '</clipPath><rect width="9" height="9"/><clipPath id="a"><rect x="0"/></clipPath>'
NO_CHARTS: dict[str, tuple[str, str]] = {
    "colour": ("#F5F2EB", "#123456"),
    "shape": ("</svg>", '<circle cx="5" cy="5" r="3"/>\n</svg>'),
    "weight": ('font-weight="600"', 'font-weight="500"'),
    "anchor": ('text-anchor="middle"', 'text-anchor="inherit"'),
    "place": ("translate(174", "translate(-1"),
    "far away": ("translate(174", "translate(999999999999"),
    "large words": ('font-size="54"', 'font-size="4000"'),
    "no words": ('font-size="54"', 'font-size="0"'),
    "view": ('viewBox="0 0 1080', 'viewBox="0 0 540'),
    "background": ('<rect x="0" y="0" width="1080"', '<rect x="0" y="0" width="10"'),
    "root": ("<svg ", '<svg opacity="0.5" '),
    "two in a line": ("</clipPath>", TWO_IN_A_LINE),
    "too large": ('width="110"', 'width="400"'),
}


@pytest.mark.parametrize("change", NO_CHARTS.values(), ids=NO_CHARTS)
def test_what_is_no_chart_is_rendered_whole(
    change: tuple[str, str], pictures: TiledPictures, renderer: Renderer
) -> None:
    svg = replaced(*change)

    assert pictures.picture(svg) == render_whole(svg_string=svg)
    assert renderer.rendered[-1] == svg


def test_another_picture_is_rendered_whole(pictures: TiledPictures) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'

    assert pictures.picture(svg) == render_whole(svg_string=svg)


def test_spaces_are_a_part_without_pixels(pictures: TiledPictures) -> None:
    svg = replaced(">Water<", "> <")

    assert_same(pictures.picture(svg), render_whole(svg_string=svg))


def test_words_that_are_markup_are_shown_as_they_are(pictures: TiledPictures) -> None:
    svg = week(name="<b> & </text>")

    assert_same(pictures.picture(svg), render_whole(svg_string=svg))


def test_a_text_that_is_no_svg_is_an_error(pictures: TiledPictures) -> None:
    with pytest.raises(ValueError, match=r"."):
        pictures.picture("no svg\n")

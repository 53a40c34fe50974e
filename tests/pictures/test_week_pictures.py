"""Which picture belongs to a digest, to a week, and to twelve weeks."""

from dataclasses import replace
from datetime import UTC, date, datetime

from reminder_bot.domain.adherence import NOT_DUE, Adherence, Cell, Mark
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.charts import ChartRow, heat_map, week_chart
from reminder_bot.pictures.week_pictures import heat_map_of, of_digest, of_week
from reminder_bot.texts.translation import translation
from tests.support.people import someone

ENGLISH = translation("en")
ANA = someone()
SUNDAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
KEPT = Cell(Mark.KEPT, 1.0)
WATER = HabitWeek(HabitKind.HYDRATION, Adherence(1, 2), Adherence(3, 4), (KEPT, NOT_DUE))
WALK = HabitWeek(HabitKind.CUSTOM, Adherence(1, 1), Adherence(0, 0), (KEPT, NOT_DUE), "A walk")
ROWS = [
    ChartRow(HabitKind.HYDRATION, "Water", WATER.cells, WATER.this, WATER.last),
    ChartRow(HabitKind.CUSTOM, "A walk", WALK.cells, WALK.this, None),
]


def digest(figures: Figures) -> Digest:
    return Digest(
        id=1,
        user_id=7,
        last_day=date(2026, 3, 7),
        due_at=NOON,
        send_after=NOON,
        send_until=NOON,
        status=Status.PLANNED,
        copies=0,
        fact_id="",
        figures=figures,
    )


def test_a_week_has_a_row_for_each_habit_and_nothing_of_an_empty_week_before() -> None:
    assert of_week(ENGLISH, ANA, SUNDAY, (WATER, WALK)) == week_chart(ENGLISH, SUNDAY, ROWS)


def test_a_habit_without_days_has_no_row() -> None:
    found = of_week(ENGLISH, ANA, SUNDAY, (WATER, replace(WALK, cells=())))

    assert found == week_chart(ENGLISH, SUNDAY, ROWS[:1])


def test_without_rows_there_is_no_picture() -> None:
    assert of_week(ENGLISH, ANA, SUNDAY, (replace(WALK, cells=()),)) is None
    assert of_week(ENGLISH, ANA, SUNDAY, ()) is None
    assert heat_map_of(ENGLISH, ANA, SUNDAY, ()) is None


def test_a_digest_shows_its_week_from_its_first_day_on() -> None:
    figures = Figures((WATER, WALK), answers=3, best_day=None)
    shorter = replace(digest(figures), first_day=date(2026, 3, 5))

    assert of_digest(ENGLISH, ANA, digest(figures)) == week_chart(ENGLISH, SUNDAY, ROWS)
    assert of_digest(ENGLISH, ANA, shorter) == week_chart(ENGLISH, date(2026, 3, 5), ROWS)


def test_a_digest_of_a_week_without_an_answer_has_no_picture() -> None:
    assert of_digest(ENGLISH, ANA, digest(Figures((WATER, WALK), 0, None))) is None


def test_twelve_weeks_have_a_block_for_each_habit() -> None:
    long = tuple(replace(each, cells=(KEPT, NOT_DUE) * 42) for each in (WATER, WALK))
    rows = [replace(each, cells=(KEPT, NOT_DUE) * 42) for each in ROWS]

    assert heat_map_of(ENGLISH, ANA, SUNDAY, long) == heat_map(ENGLISH, SUNDAY, rows)


def test_a_user_can_have_a_dark_background() -> None:
    dark = replace(ANA, is_dark=True)
    figures = Figures((WATER, WALK), answers=3, best_day=None)
    week = week_chart(ENGLISH, SUNDAY, ROWS, is_dark=True)

    assert of_week(ENGLISH, dark, SUNDAY, (WATER, WALK)) == week
    assert of_digest(ENGLISH, dark, digest(figures)) == week
    assert heat_map_of(ENGLISH, dark, SUNDAY, (WATER, WALK)) == heat_map(
        ENGLISH, SUNDAY, ROWS, is_dark=True
    )

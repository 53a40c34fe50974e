"""Render the README's picture of a week: `python -m tests.support.build_picture`."""

import asyncio
from datetime import date
from pathlib import Path

from reminder_bot.domain.adherence import NOT_DUE, Adherence, Cell, Mark
from reminder_bot.domain.digest import HabitWeek
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures import week_pictures
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.texts.translation import translation
from tests.support.people import someone

PICTURE = Path(__file__).parents[2] / "deploy" / "week.png"

YES, NO, SKIPPED, SILENT = (
    Cell(mark, 0.0) for mark in (Mark.KEPT, Mark.NO, Mark.SKIPPED, Mark.UNANSWERED)
)
WEEK = (
    HabitWeek(
        HabitKind.HYDRATION,
        Adherence(5, 7),
        Adherence(4, 7),
        (YES, Cell(Mark.PARTLY, 0.67), YES, YES, Cell(Mark.PARTLY, 0.5), YES, YES),
    ),
    HabitWeek(
        HabitKind.PROBIOTIC,
        Adherence(5, 6),
        Adherence(5, 7),
        (YES, YES, NO, YES, SKIPPED, YES, YES),
    ),
    HabitWeek(
        HabitKind.MEDITATION,
        Adherence(4, 7),
        Adherence(2, 7),
        (YES, SILENT, YES, YES, NO, YES, SILENT),
    ),
    HabitWeek(
        HabitKind.BEDTIME, Adherence(5, 6), Adherence(4, 7), (NOT_DUE, YES, YES, NO, YES, YES, YES)
    ),
)


async def render() -> bytes:
    renderer = Renderer()
    svg = week_pictures.of_week(translation("en"), someone(), date(2026, 3, 1), WEEK)
    assert svg is not None
    try:
        return await renderer.render(svg, scale=0.5)
    finally:
        await renderer.close()


if __name__ == "__main__":
    PICTURE.write_bytes(asyncio.run(render()))

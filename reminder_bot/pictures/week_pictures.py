"""The pictures of a digest and of the statistics, as SVG text."""

from datetime import date

from reminder_bot import texts
from reminder_bot.domain.digest import Digest, HabitWeek
from reminder_bot.domain.user import User
from reminder_bot.pictures.charts import ChartRow, heat_map, week_chart
from reminder_bot.texts.translation import Translation

__all__ = ["heat_map_of", "of_digest", "of_week"]


def of_digest(t: Translation, user: User, digest: Digest) -> str | None:
    """None for a week without answers: that digest has a kind sentence instead of empty cells."""
    if digest.figures.answers == 0:
        return None
    return of_week(t, user, digest.begins_on, digest.figures.habits)


def of_week(
    t: Translation, user: User, first_day: date, weeks: tuple[HabitWeek, ...]
) -> str | None:
    """None if no habit has a day to show."""
    rows = [_row(t, each) for each in weeks if each.cells]
    return week_chart(t, first_day, rows, is_dark=user.is_dark) if rows else None


def heat_map_of(
    t: Translation, user: User, first_day: date, weeks: tuple[HabitWeek, ...]
) -> str | None:
    rows = [_row(t, each) for each in weeks]
    return heat_map(t, first_day, rows, is_dark=user.is_dark) if rows else None


def _row(t: Translation, week: HabitWeek) -> ChartRow:
    name = texts.names.habit(t, week.kind, week.words)
    return ChartRow(week.kind, name, week.cells, week.this, week.last)

"""/stats: the seven days up to now beside the seven before, or twelve weeks, and three
lines.

Unlike a digest it shows what is on record now, corrections included.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.chat.keyboards import Keyboard, button, inline
from reminder_bot.chat.screens.screen import closing
from reminder_bot.domain.adherence import Adherence, adherence, cell
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.digest import Figures, HabitWeek, figures, week_until
from reminder_bot.domain.user import User
from reminder_bot.engine.counting import records_of, streaks_of
from reminder_bot.pictures import week_pictures
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits
from reminder_bot.texts.translation import Translation, translation

__all__ = ["VIEWS", "Stats", "stats_of"]

VIEWS = frozenset({"week", "weeks"})
WEEKS = 12


class Stats(NamedTuple):
    """The statistics as a message. make_svg: returns None if there is nothing to show yet."""

    make_svg: Callable[[], str | None]
    caption: str
    keyboard: Keyboard


def stats_of(connection: Connection, user: User, view: str, now: datetime) -> Stats:
    t = translation(user.language)
    if user.is_without_numbers:
        return Stats(_nothing, texts.stats.without_numbers(t), inline([]))
    today = user.hours.day_of(now)
    monday = today - (today.isoweekday() - 1 + 7 * (WEEKS - 1)) * ONE_DAY
    of_user = list_habits(connection, [user.id]).get(user.id, {})
    # Enough for either view: two times seven days are less than twelve weeks.
    records = records_of(connection, user, of_user, monday, today, now)
    week = figures(of_user, records, today)
    known = {kind: habit for kind, habit in of_user.items() if kind in records}
    if view == "weeks":
        days = [monday + each * ONE_DAY for each in range(7 * WEEKS)]
        rows = tuple(
            HabitWeek(
                kind,
                adherence(records[kind].values()),
                Adherence(0, 0),
                tuple(cell(records[kind].get(day)) for day in days),
                habit.words,
            )
            for kind, habit in known.items()
        )
        make_svg: Callable[[], str | None] = partial(
            week_pictures.heat_map_of, t, user, monday, rows
        )
    else:
        make_svg = partial(week_pictures.of_week, t, user, week_until(today)[0], week.habits)
    if not any(each.this.due or each.last.due for each in week.habits):
        make_svg = _nothing
    streaks = streaks_of(connection, user, of_user, now)
    lines = _lines(t, week, today)
    if streaks and max(streaks.values()) > 1:
        longest = max(streaks, key=lambda kind: streaks[kind])
        lines.append(texts.stats.streak(t, of_user[longest], streaks[longest]))
    buttons = [
        button(
            texts.buttons.ticked(texts.stats.week_button(t), view == "week"), data("stats", "week")
        ),
        button(
            texts.buttons.ticked(texts.stats.weeks_button(t), view == "weeks"),
            data("stats", "weeks"),
        ),
        closing(t),
    ]
    return Stats(make_svg, "\n".join(lines), inline([buttons]))


def _nothing() -> None:
    return None


def _lines(t: Translation, week: Figures, today: date) -> list[str]:
    """The sum of seven days beside the seven before, and the habit that was kept least."""
    due = [each for each in week.habits if each.this.due]
    if not due:
        return [texts.stats.nothing_yet(t)]
    this = _sum(each.this for each in due)
    before = _sum(each.last for each in week.habits)
    lines = [texts.stats.seven_days(t, today, this, before)]
    hardest = min(due, key=lambda each: each.this.share or 0.0)
    if len(due) > 1 and hardest.this.kept < hardest.this.due:
        lines.append(texts.stats.hardest(t, hardest))
    return lines


def _sum(weeks: Iterable[Adherence]) -> Adherence:
    known = list(weeks)
    return Adherence(sum(each.kept for each in known), sum(each.due for each in known))

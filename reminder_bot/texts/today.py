"""The sentences of /today and of a glass that was noted by /water."""

from datetime import date

from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import formats, water
from reminder_bot.texts.translation import Translation


def title(t: Translation, day: date, *, is_today: bool) -> str:
    day_name = formats.long_date(t, day)
    return t.gettext("Today, {day}").format(day=day_name) if is_today else day_name


def no_habit_is_on(t: Translation) -> str:
    return t.gettext("No habit is on. /habits adds one.")


def paused(t: Translation) -> str:
    return t.gettext("Paused. What you note counts all the same.")


def amount_of_goal(t: Translation, row: DayRow, *, is_today: bool = True) -> str:
    """How much of the day's water is done: "450 of 1,250 ml"; what is left of a limit."""
    if row.habit.is_limit:
        return water.of_limit(t, row.done_ml, row.habit.goal_ml or 0, is_today=is_today)
    done, goal = formats.number(t, row.done_ml), formats.number(t, row.habit.goal_ml or 0)
    return t.gettext("{done} of {goal} ml").format(done=done, goal=goal)


def done(t: Translation) -> str:
    """Instead of an amount, for a user who wants to see no numbers."""
    return t.gettext("done")


def no_answer(t: Translation) -> str:
    return t.gettext("no answer")


def still_open(t: Translation) -> str:
    return t.gettext("open")


def not_asked(t: Translation) -> str:
    return t.gettext("not asked")


def take_last_back_button(t: Translation) -> str:
    """Takes back the last glass of the day."""
    last = t.gettext("last")
    return f"− {last}"


def taken_back(t: Translation) -> str:
    return t.gettext("Taken back")

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
    """How much of the day's water is done, in glasses; also in millilitres if it is not a whole
    number of glasses. What is left of a limit.
    """
    if row.habit.is_limit:
        return water.of_limit(t, row.done_ml, row.habit.goal_ml or 0, is_today=is_today)
    done, goal = formats.portions(row.done_ml, row.habit)
    of_goal = t.gettext("{done} of {goal}").format(done=done, goal=goal)
    if row.done_ml % (row.habit.portion_ml or 1) == 0:
        return of_goal
    amount = t.gettext("{ml} ml").format(ml=row.done_ml)
    return f"{of_goal} · {amount}"


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

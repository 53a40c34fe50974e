"""Amounts of water: what was drunk, and how much of the goal is reached."""

from html import escape

from reminder_bot.domain.habit import LARGEST_ENTRY_ML, Habit
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def of_goal(t: Translation, done_ml: int, habit: Habit, *, is_today: bool) -> str:
    """How much of a day's goal is reached: "450 of 1,250 ml today"; what is left of a limit."""
    if habit.is_limit:
        return of_limit(t, done_ml, habit.goal_ml or 0, is_today=is_today)
    done, goal = formats.number(t, done_ml), formats.number(t, habit.goal_ml or 0)
    if is_today:
        return t.gettext("{done} of {goal} ml today").format(done=done, goal=goal)
    return t.gettext("{done} of {goal} ml that day").format(done=done, goal=goal)


def is_limit_reached(done_ml: int, habit: Habit) -> bool:
    return habit.is_limit and done_ml >= (habit.goal_ml or 0)


def of_limit(t: Translation, done_ml: int, limit_ml: int, *, is_today: bool) -> str:
    if not is_today:
        done, limit = formats.number(t, done_ml), formats.number(t, limit_ml)
        return t.gettext("{done} of {limit} ml that day").format(done=done, limit=limit)
    if done_ml >= limit_ml:
        return t.gettext("your limit for today is reached")
    return t.gettext("{ml} ml left today").format(ml=formats.number(t, limit_ml - done_ml))


def amount_at(t: Translation, clock: str, amount_ml: int | None, glass_ml: int | None) -> str:
    """What was drunk and when: "10:32 a glass". No amount means a glass."""
    if amount_ml is None or amount_ml == glass_ml:
        return t.gettext("{time} a glass").format(time=clock)
    return ml_at(t, clock, amount_ml)


def ml_at(t: Translation, clock: str, amount_ml: int) -> str:
    return t.gettext("{time} {amount} ml").format(time=clock, amount=formats.number(t, amount_ml))


def what_counts(t: Translation) -> str:
    return t.gettext("Herbal tea counts, and so do other tea, milk and soup.")


def more_button(t: Translation, ml: int) -> str:
    return t.gettext("+{amount} ml").format(amount=ml)


def not_an_amount(t: Translation, typed: str) -> str:
    return t.gettext(
        "I can't read “{typed}” as an amount. Send it like 500 ml, or 2 glasses."
    ).format(typed=escape(typed, quote=False))


def more_than_an_entry(t: Translation, typed: str) -> str:
    return t.gettext("“{typed}” is more than I note at once: at most {most} ml.").format(
        typed=escape(typed, quote=False), most=formats.number(t, LARGEST_ENTRY_ML)
    )


def not_among_habits(t: Translation) -> str:
    return t.gettext("Water is not among your habits. /habits adds it.")

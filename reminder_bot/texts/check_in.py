"""A check-in as its message shows it: the question, or what became of it; its buttons; its toasts.

Each line must fit a lock screen: 120 characters for a question, 100 for a result.
"""

from datetime import datetime
from typing import assert_never

from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply
from reminder_bot.domain.food import Food
from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.habit_words import Shown, words_of
from reminder_bot.texts.translation import Translation


def line(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    """One row of a card, with the habit's sign: the question, or what became of it.

    food: the one that is suggested, for a question about fermented food.
    """
    check_in = row.check_in
    if check_in.reply is not None:
        text = _result(t, user, row, check_in.reply)
    elif check_in.is_snoozed:
        text = _snoozed(t, user, row)
    else:
        text = words_of(row.habit.kind).question(t, Shown(user, row, food, now))
    return f"{row.habit.kind.spec.sign} {text}"


def discreet(t: Translation, questions: int) -> str:
    """A card without its words, for a lock screen that others see."""
    return "🔔 " + t.ngettext(
        "A short question for you.", "{n} short questions for you.", questions
    ).format(n=questions)


# What became of it


def _snoozed(t: Translation, user: User, row: Row) -> str:
    at = formats.clock(row.check_in.send_after, user)
    if row.check_in.timer_minutes:
        return t.gettext("{minutes} quiet minutes, until {time}.").format(
            minutes=row.check_in.timer_minutes, time=at
        )
    return t.gettext("Back at {time}.").format(time=at)


def _result(t: Translation, user: User, row: Row, reply: Reply) -> str:
    match reply:
        case Reply.YES:
            replied_at = row.check_in.replied_at
            assert replied_at is not None
            return words_of(row.habit.kind).done(t, Shown(user, row, None, replied_at))
        case Reply.NO:
            return t.gettext("Noted.")
        case Reply.SKIPPED:
            return t.gettext("Skipped today.")
        case _:
            assert_never(reply)


# Buttons that only a check-in has


def good_night_button(t: Translation) -> str:
    return t.gettext("Good night")


def start_timer_button(t: Translation, minutes: int) -> str:
    return t.gettext("Start {minutes} min").format(minutes=minutes)


def skip_today_button(t: Translation) -> str:
    return t.gettext("Skip today")


def later_button(t: Translation, choice: Later) -> str:
    """One of the choices that Later opens; ValueError for the timer, which is not among them."""
    match choice:
        case Later.QUARTER:
            return t.gettext("15 min")
        case Later.HOUR:
            return t.gettext("1 h")
        case Later.EVENING:
            return t.gettext("This evening")
        case Later.TIMER:
            raise ValueError("the timer is started by a button of its own")
        case _:
            assert_never(choice)


# Toasts: why a tap changed nothing


def recorded_already(t: Translation) -> str:
    return t.gettext("That is noted already. Undo changes it.")


def nothing_to_undo(t: Translation) -> str:
    return t.gettext("Nothing to undo here.")


def day_is_over(t: Translation) -> str:
    return t.gettext("That day has ended. /today corrects it.")


def too_old(t: Translation) -> str:
    return t.gettext("That was more than 14 days ago, so it stays as it is.")


def too_late_to_snooze(t: Translation, last: str) -> str:
    """last: the latest time that is not in their quiet hours."""
    return t.gettext("That would be in your quiet hours. The latest is {time}.").format(time=last)

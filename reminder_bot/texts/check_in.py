"""A check-in as its message shows it: the question, or what became of it; its buttons; its toasts.

Each line must fit a lock screen: 120 characters for a question, 100 for a result.
"""

from datetime import datetime
from typing import assert_never

from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.food import Food
from reminder_bot.domain.habit import Role
from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.habit_words import Shown, words_of
from reminder_bot.texts.translation import Translation


def line(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    """One row of a card, with the habit's sign: the question, or what became of it.

    food: the one that is suggested, if the kind suggests foods.
    """
    check_in = row.check_in
    if check_in.reply is not None:
        text = _result(t, user, row, check_in.reply)
    elif check_in.is_snoozed:
        text = _snoozed(t, user, row)
    elif check_in.ask > 1 and check_in.status in {Status.CANCELLED, Status.MISFIRED}:
        # Done meanwhile, paused, removed, or too late; its message said when it would come back.
        text = t.gettext("Not asked again.")
    else:
        text = _question(t, Shown(user, row, food, now))
    return f"{row.habit.kind.spec.sign} {text}"


def asked_again(t: Translation, user: User, row: Row, sent_at: datetime) -> str:
    """What an older message of a check-in says once a newer one has asked again."""
    sign = "🔔" if user.is_discreet else row.habit.kind.spec.sign
    words = t.gettext("Asked again at {time}.").format(time=formats.clock(sent_at, user))
    return f"{sign} {words}"


def discreet(t: Translation, questions: int) -> str:
    """A card without its words, for a lock screen that others see."""
    return "🔔 " + t.ngettext(
        "A short question for you.", "{n} short questions for you.", questions
    ).format(n=questions)


def _question(t: Translation, shown: Shown) -> str:
    check_in, spoken = shown.row.check_in, words_of(shown.row.habit.kind)
    match check_in.role:
        case Role.WIND_DOWN:
            return spoken.wind_down(t, shown)
        case Role.QUESTION if check_in.timer_minutes:
            return t.gettext("{minutes} minutes are over. Done?").format(
                minutes=check_in.timer_minutes
            )
        case Role.QUESTION:
            return spoken.question(t, shown)
        case _:
            assert_never(check_in.role)


# What became of it


def _snoozed(t: Translation, user: User, row: Row) -> str:
    at = formats.clock(row.check_in.send_after, user)
    if row.check_in.timer_minutes:
        return words_of(row.habit.kind).timer_runs(t, row.check_in.timer_minutes, at)
    return t.gettext("Back at {time}.").format(time=at)


def _result(t: Translation, user: User, row: Row, reply: Reply) -> str:
    match reply:
        case Reply.YES:
            if row.check_in.role is Role.WIND_DOWN:
                return t.gettext("Good night.")
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


# Toasts: why a tap changed nothing, or what to mind


def first_quiet_minutes(t: Translation) -> str:
    """When the timer is started for the first time: sitting still can stir up distress."""
    return t.gettext("If it feels bad, stop. Eyes open or a slow walk is as good.")


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

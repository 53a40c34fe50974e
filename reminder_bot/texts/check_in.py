"""A check-in as its message shows it: the question, or what became of it; its buttons; its toasts.

Each line must fit a lock screen: 120 characters for a question, 100 for a result.
"""

from datetime import datetime, timedelta
from html import escape
from typing import assert_never

from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.food import Food
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.user import User
from reminder_bot.texts import foods, formats, names, water
from reminder_bot.texts.translation import Translation

LONGEST_SLEEP_TOLD = timedelta(hours=9)  # more is not advised, so the prompt does not praise it


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
        text = _question(t, user, row, food, now)
    return f"{names.SIGN[row.habit.kind]} {text}"


def discreet(t: Translation, questions: int) -> str:
    """A card without its words, for a lock screen that others see."""
    return "🔔 " + t.ngettext(
        "A short question for you.", "{n} short questions for you.", questions
    ).format(n=questions)


# The question


def _question(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    match row.habit.kind:
        case HabitKind.HYDRATION:
            question = t.gettext("A glass of water?")
            return f"{question} · {_of_goal(t, user, row, now)}"
        case HabitKind.PROBIOTIC:
            return foods.ask(t, user, food, is_new=row.has_new_food)
        case HabitKind.MEDITATION:
            return _ask_quiet_minutes(t, row)
        case HabitKind.BEDTIME:
            if row.check_in.role is Role.WIND_DOWN:
                return _wind_down(t, user, row)
            return t.gettext("Asleep by {time} last night?").format(time=_bedtime(user, row))
        case HabitKind.FIBRE:
            return t.gettext("Some fibre today: beans, oats, vegetables?")
        case HabitKind.SUGAR:
            return t.gettext("Easy on sugar today?")
        case HabitKind.SKINCARE:
            return t.gettext("Gentle skincare done?")
        case HabitKind.BREAK:
            return t.gettext("A short break, just to breathe?")
        case HabitKind.CUSTOM:
            return f"{escape(row.habit.words or '', quote=False)}?"
        case _:
            assert_never(row.habit.kind)


def _of_goal(t: Translation, user: User, row: Row, at: datetime) -> str:
    """Where the check-in's day stands; at: says whether that day is today."""
    is_today = user.hours.day_of(at) == row.check_in.day
    return water.of_goal(t, row.done_ml, row.habit, is_today=is_today)


def _ask_quiet_minutes(t: Translation, row: Row) -> str:
    if row.check_in.timer_minutes:
        return t.gettext("{minutes} minutes are over. Done?").format(
            minutes=row.check_in.timer_minutes
        )
    return t.gettext("A few quiet minutes?")


def _wind_down(t: Translation, user: User, row: Row) -> str:
    """The evening prompt, with the length of the sleep that is planned."""
    day = row.check_in.day
    sleeps_at, wakes_at = user.hours.sleeps_at(day), user.hours.wakes_at(day + ONE_DAY)
    now = formats.clock(row.check_in.send_after, user)
    if wakes_at - sleeps_at > LONGEST_SLEEP_TOLD:
        return t.gettext("{now}. Asleep by {time}, as planned? Time to wind down.").format(
            now=now, time=formats.clock(sleeps_at, user)
        )
    return t.gettext("{now}. Asleep by {time} gives you {hours} h. Time to wind down.").format(
        now=now,
        time=formats.clock(sleeps_at, user),
        hours=formats.hours_long(wakes_at - sleeps_at),
    )


def _bedtime(user: User, row: Row) -> str:
    """When they wanted to be asleep in the night that the morning's question asks about."""
    return formats.clock(user.hours.sleeps_at(row.check_in.day - ONE_DAY), user)


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
            return _yes(t, user, row)
        case Reply.NO:
            return t.gettext("Noted.")
        case Reply.SKIPPED:
            return t.gettext("Skipped today.")
        case _:
            assert_never(reply)


def _yes(t: Translation, user: User, row: Row) -> str:
    if row.check_in.role is Role.WIND_DOWN:
        return t.gettext("Good night.")
    replied_at = row.check_in.replied_at
    assert replied_at is not None
    at = formats.clock(replied_at, user)
    match row.habit.kind:
        case HabitKind.HYDRATION:
            amount = water.amount_at(t, at, row.check_in.amount, row.habit.portion_ml)
            return f"{amount} · {_of_goal(t, user, row, replied_at)}"
        case HabitKind.MEDITATION if row.check_in.amount:
            return t.gettext("{time} · {minutes} min").format(time=at, minutes=row.check_in.amount)
        case HabitKind.BEDTIME:
            return t.gettext("Asleep by {time} last night: yes.").format(time=_bedtime(user, row))
        case (
            HabitKind.PROBIOTIC
            | HabitKind.MEDITATION
            | HabitKind.FIBRE
            | HabitKind.SUGAR
            | HabitKind.SKINCARE
            | HabitKind.BREAK
            | HabitKind.CUSTOM
        ):
            is_today = user.hours.day_of(replied_at) == row.check_in.day
            return done_at(t, at, is_today=is_today)
        case _:
            assert_never(row.habit.kind)


def done_at(t: Translation, clock: str, *, is_today: bool = True) -> str:
    if is_today:
        return t.gettext("{time} · done for today").format(time=clock)
    return t.gettext("{time} · done for that day").format(time=clock)


# Buttons that only a check-in has


def good_night_button(t: Translation) -> str:
    return t.gettext("Good night")


def start_timer_button(t: Translation, minutes: int) -> str:
    return t.gettext("Start {minutes} min").format(minutes=minutes)


def skip_today_button(t: Translation) -> str:
    return t.gettext("Skip today")


def later_button(t: Translation, choice: Later) -> str:
    """One of the choices that Later opens; the timer is none of them and raises ValueError."""
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

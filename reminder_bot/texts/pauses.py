"""Pausing, and coming back from a pause."""

from html import escape

from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def title(t: Translation) -> str:
    return t.gettext("Pause")


def ask_length(t: Translation) -> str:
    return t.gettext(
        "Silence for a while; its days count neither way. For how long, today included?"
    )


def paused(t: Translation, user: User) -> str:
    """That the user has paused, and until when."""
    if user.paused_until is None:
        return t.gettext("Paused until you come back.")
    until = user.hours.local(user.paused_until)
    return t.gettext("Paused until {day}, {time}.").format(
        day=formats.long_date(t, until.date()), time=f"{until:%H:%M}"
    )


def days_button(t: Translation, days: int) -> str:
    return t.ngettext("{n} day", "{n} days", days).format(n=days)


def until_back_button(t: Translation) -> str:
    return t.gettext("Until I'm back")


def resume_button(t: Translation) -> str:
    return t.gettext("Resume")


def welcome_back(t: Translation) -> str:
    """The toast of the Resume button."""
    return t.gettext("Welcome back.")


def resumed(t: Translation) -> str:
    """The answer to /resume."""
    return t.gettext("Welcome back. Your reminders go on.")


def not_paused(t: Translation) -> str:
    return t.gettext("Nothing was paused.")


def not_days(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as a number of days. Send it like 5d.").format(
        typed=escape(typed, quote=False)
    )

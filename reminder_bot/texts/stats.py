"""The lines under the picture of /stats, and its buttons."""

from datetime import date

from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.digest import HabitWeek
from reminder_bot.domain.habit import Habit
from reminder_bot.texts import formats, names
from reminder_bot.texts.translation import Translation


def nothing_yet(t: Translation) -> str:
    return t.gettext("Not much to show yet. Come back tomorrow.")


def without_numbers(t: Translation) -> str:
    return t.gettext("Numbers are off. /settings shows them again.")


def seven_days(t: Translation, last_day: date, this: Adherence, before: Adherence) -> str:
    """The days kept of the last seven, and of the seven before if anything was due then."""
    line = t.gettext("Seven days to {day}: {kept} of {due} kept.").format(
        day=formats.day_and_month(t, last_day), kept=this.kept, due=this.due
    )
    if before.due == 0:
        return line
    line_before = t.gettext("The seven before: {kept} of {due}.").format(
        kept=before.kept, due=before.due
    )
    return f"{line} {line_before}"


def hardest(t: Translation, week: HabitWeek) -> str:
    return t.gettext("Hardest: {habit}, {kept} of {due}.").format(
        habit=names.with_sign(t, week), kept=week.this.kept, due=week.this.due
    )


def streak(t: Translation, habit: Habit, days: int) -> str:
    return t.ngettext(
        "{habit}: {n} day, never two missed in a row.",
        "{habit}: {n} days, never two missed in a row.",
        days,
    ).format(habit=names.with_sign(t, habit), n=days)


def week_button(t: Translation) -> str:
    return t.gettext("7 days")


def weeks_button(t: Translation) -> str:
    return t.gettext("12 weeks")

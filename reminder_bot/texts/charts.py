"""The words in the pictures of a week and of twelve weeks. They are plain text, not HTML."""

from datetime import date

from reminder_bot.domain.adherence import Adherence, Mark
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def weeks_title(t: Translation, first_day: date, last_day: date) -> str:
    return t.gettext("Twelve weeks, {first} to {last}").format(
        first=formats.day_and_month(t, first_day), last=formats.day_and_month(t, last_day)
    )


def own_habit(t: Translation) -> str:
    """The name of a custom habit if the font has none of the characters of its own name."""
    return t.gettext("Your own habit")


def kept(t: Translation, this: Adherence) -> str:
    """The sum of a week, at the end of a habit's row."""
    if this.due == 0:
        return t.gettext("not counted")
    return t.gettext("{kept} of {due}").format(kept=this.kept, due=this.due)


def kept_last_week(t: Translation, last: Adherence | None) -> str:
    """The sum of the week before; empty if nothing was due."""
    if last is None or last.due == 0:
        return ""
    return t.gettext("last week {kept} of {due}").format(kept=last.kept, due=last.due)


def days_kept(t: Translation, this: Adherence) -> str:
    if this.due == 0:
        return t.gettext("not counted")
    return t.ngettext("{kept} of {due} day", "{kept} of {due} days", this.due).format(
        kept=this.kept, due=this.due
    )


def mark(t: Translation, mark: Mark) -> str:
    """What a mark means, in the legend."""
    meanings = {
        Mark.KEPT: t.gettext("done"),
        Mark.PARTLY: t.gettext("partly"),
        Mark.NO: t.gettext("no"),
        Mark.SKIPPED: t.gettext("skipped"),
        Mark.PAUSED: t.gettext("paused"),
        Mark.UNANSWERED: t.gettext("no answer"),
        Mark.NOT_DUE: t.gettext("not counted"),
    }
    return meanings[mark]


def weekday(t: Translation, day: date) -> str:
    """Two letters."""
    names = (
        t.gettext("Mo"),
        t.gettext("Tu"),
        t.gettext("We"),
        t.gettext("Th"),
        t.gettext("Fr"),
        t.gettext("Sa"),
        t.gettext("Su"),
    )
    return names[day.weekday()]


def month(t: Translation, day: date) -> str:
    """Three letters."""
    names = (
        t.gettext("Jan"),
        t.gettext("Feb"),
        t.gettext("Mar"),
        t.gettext("Apr"),
        t.gettext("May"),
        t.gettext("Jun"),
        t.gettext("Jul"),
        t.gettext("Aug"),
        t.gettext("Sep"),
        t.gettext("Oct"),
        t.gettext("Nov"),
        t.gettext("Dec"),
    )
    return names[day.month - 1]

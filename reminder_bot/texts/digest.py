"""The sentences of the weekly digest: a caption of at most 1,000 characters, its buttons, its
source.
"""

from datetime import date, datetime
from html import escape

from reminder_bot.content import FOOTER
from reminder_bot.domain.digest import Digest, HabitWeek
from reminder_bot.domain.fact import Fact, Source
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.domain.user import User
from reminder_bot.texts import formats, names
from reminder_bot.texts.translation import Translation

LONGEST_CAPTION = 1000


def discreet_digest(t: Translation) -> str:
    return "🔔 " + t.gettext("Your week is ready.")


def digest(t: Translation, digest: Digest, fact: Fact) -> str:
    """A week in few lines, one fact, the footer; where a caption has no room, the takeaway goes
    first, then the habits share a line. The fact and the footer never go."""
    whole = _digest(t, digest, fact, with_takeaway=True)
    if len(whole) > LONGEST_CAPTION:
        whole = _digest(t, digest, fact, with_takeaway=False)
    return (
        whole
        if len(whole) <= LONGEST_CAPTION
        else _digest(t, digest, fact, with_takeaway=False, is_merged=True)
    )


def week_title(t: Translation, first: date, last: date) -> str:
    return t.gettext("Your week, {first} to {last}").format(
        first=formats.day_and_month(t, first), last=formats.day_and_month(t, last)
    )


def _digest(
    t: Translation, digest: Digest, fact: Fact, *, with_takeaway: bool, is_merged: bool = False
) -> str:
    title = week_title(t, digest.begins_on, digest.last_day)
    kept = sum(each.this.kept for each in digest.figures.habits)
    due = sum(each.this.due for each in digest.figures.habits)
    lines = [
        f"<b>{title}</b>"
        + (f" · {t.gettext('{kept} of {due} kept').format(kept=kept, due=due)}" if due else "")
    ]
    if digest.figures.answers == 0:
        lines.append(t.gettext("A quiet week. That's fine: the next one starts today."))
        lines.append(t.gettext("One tap when a question comes is enough."))
    else:
        if is_merged:
            lines.append(" · ".join(_habit_short(t, each) for each in digest.figures.habits))
        else:
            lines += [_habit_line(t, each) for each in digest.figures.habits]
        if digest.figures.best_day is not None:
            lines.append(
                t.gettext("Best day: {day}").format(
                    day=formats.weekday(t, digest.figures.best_day.isoweekday())
                )
            )
        if digest.suggestion is not None:
            lines += ["", suggestion(t, digest.suggestion)]
    lines += [
        "",
        f"{escape(t.gettext(fact.text), quote=False)} ({names.certainty(t, fact.certainty)})",
    ]
    if with_takeaway:
        lines.append(escape(t.gettext(fact.takeaway), quote=False))
    lines += ["", f"<i>{escape(t.gettext(FOOTER), quote=False)}</i>"]
    return "\n".join(lines)


def _habit_line(t: Translation, week: HabitWeek) -> str:
    name = names.with_sign(t, week)
    kept, due, last_kept, last_due = week.this.kept, week.this.due, week.last.kept, week.last.due
    if due == 0:
        return f"{name}: {t.gettext('not asked')}"
    this_week = t.ngettext("{kept} of {due} day", "{kept} of {due} days", due).format(
        kept=kept, due=due
    )
    if last_due == 0:
        return f"{name}: {this_week}"
    return f"{name}: {this_week} ({t.gettext('last week {kept} of {due}').format(kept=last_kept, due=last_due)})"


def _habit_short(t: Translation, week: HabitWeek) -> str:
    kept = t.gettext("{kept} of {due}").format(kept=week.this.kept, due=week.this.due)
    return f"{names.SIGN[week.kind]} {kept if week.this.due else t.gettext('not asked')}"


def suggestion(t: Translation, suggestion: Suggestion) -> str:
    sign, slot = names.SIGN[suggestion.kind], f"{suggestion.slot:%H:%M}"
    match suggestion.change:
        case Change.MOVE:
            assert suggestion.to is not None
            return t.gettext("{sign} You answer {slot} late. Move it to {to}?").format(
                sign=sign, slot=slot, to=f"{suggestion.to:%H:%M}"
            )
        case Change.DROP:
            return t.gettext("{sign} {slot} went unanswered all week. Leave it out?").format(
                sign=sign, slot=slot
            )
        case Change.REPEAT:
            return t.gettext(
                "{sign} {slot} went unanswered all week. Ask once more half an hour later?"
            ).format(sign=sign, slot=slot)


def apply_suggestion(t: Translation, suggestion: Suggestion) -> str:
    match suggestion.change:
        case Change.MOVE:
            assert suggestion.to is not None
            return t.gettext("Move to {to}").format(to=f"{suggestion.to:%H:%M}")
        case Change.DROP:
            return t.gettext("Leave it out")
        case Change.REPEAT:
            return t.gettext("Ask once more")


def not_for_me(t: Translation) -> str:
    return t.gettext("Not for me")


def source_button(t: Translation) -> str:
    return t.gettext("Source")


def source(source: Source) -> str:
    """A reference as it is cited: authors, year, title, where it appeared, a link; what is not
    known is left out.
    """
    who = " ".join(
        each for each in (source.authors, f"({source.year})" if source.year else None) if each
    )
    parts = [each for each in (who, source.title, source.published_by) if each]
    lines = [escape(". ".join(parts), quote=False)]
    if source.url:
        lines.append(escape(source.url, quote=False))
    return "\n".join(lines)


def no_digest_yet(t: Translation, user: User, due_at: datetime | None) -> str:
    if due_at is None:
        return t.gettext("Your week comes again when the pause is over.")
    there = user.hours.local(due_at)
    return t.gettext("Your first week comes on {day} at {time}.").format(
        day=formats.long_date(t, there.date()), time=f"{there:%H:%M}"
    )


def applied(t: Translation) -> str:
    return t.gettext("Done. /habits shows it.")


def changed_since(t: Translation) -> str:
    return t.gettext("That has changed since. /habits shows how it is.")


def topic_left_out(t: Translation, name: str) -> str:
    return t.gettext("No more about: {topic}. /settings has it back.").format(topic=name)


def last_topic(t: Translation) -> str:
    return t.gettext("It is the last topic you left on, so it stays.")

"""The weekly digest: its caption, its buttons, its source, and what its buttons answer.

Telegram accepts captions of up to 1,024 characters. If ours has more than 1,000, it is written
without the takeaway, and if it is still too long, with all habits on one line. The fact and the
footer are never shortened.
"""

from datetime import date, datetime
from html import escape
from typing import assert_never

from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.fact import Fact, Source
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.domain.user import User
from reminder_bot.texts import formats, names, safety
from reminder_bot.texts.translation import Translation

LONGEST_CAPTION = 1000


def discreet(t: Translation) -> str:
    """A digest without its words, for a lock screen that others see."""
    return "🔔 " + t.gettext("Your week is ready.")


# The caption


def caption_without_numbers(t: Translation, digest: Digest, fact: Fact) -> str:
    """For a user who wants to see no numbers: the suggestion, the fact and the footer."""
    lines = [f"<b>{week_title(t, digest.begins_on, digest.last_day)}</b>"]
    if digest.figures.answers == 0:
        lines += _quiet_week(t)
    elif digest.suggestion is not None:
        lines += [suggestion(t, digest.suggestion)]
    lines += ["", *_fact(t, fact, has_takeaway=True)]
    lines += ["", f"<i>{safety.digest_footer(t)}</i>"]
    return "\n".join(lines)


def caption(t: Translation, digest: Digest, fact: Fact) -> str:
    """The week, one fact and the footer, in at most 1,000 characters of HTML."""
    whole = _caption(t, digest, fact, has_takeaway=True)
    if len(whole) <= LONGEST_CAPTION:
        return whole
    shorter = _caption(t, digest, fact, has_takeaway=False)
    if len(shorter) <= LONGEST_CAPTION:
        return shorter
    return _caption(t, digest, fact, has_takeaway=False, is_on_one_line=True)


def week_title(t: Translation, first_day: date, last_day: date) -> str:
    return t.gettext("Your week, {first} to {last}").format(
        first=formats.day_and_month(t, first_day), last=formats.day_and_month(t, last_day)
    )


def _caption(
    t: Translation, digest: Digest, fact: Fact, *, has_takeaway: bool, is_on_one_line: bool = False
) -> str:
    lines = [_title(t, digest)]
    if digest.figures.answers == 0:
        lines += _quiet_week(t)
    else:
        lines += _habits(t, digest.figures, is_on_one_line=is_on_one_line)
        if digest.figures.best_day is not None:
            lines.append(_best_day(t, digest.figures.best_day))
        if digest.suggestion is not None:
            lines += ["", suggestion(t, digest.suggestion)]
    lines += ["", *_fact(t, fact, has_takeaway=has_takeaway)]
    lines += ["", f"<i>{safety.digest_footer(t)}</i>"]
    return "\n".join(lines)


def _title(t: Translation, digest: Digest) -> str:
    title = f"<b>{week_title(t, digest.begins_on, digest.last_day)}</b>"
    kept = sum(each.this.kept for each in digest.figures.habits)
    due = sum(each.this.due for each in digest.figures.habits)
    if due == 0 or digest.figures.answers == 0:
        return title
    total = t.gettext("{kept} of {due} kept").format(kept=kept, due=due)
    return f"{title} · {total}"


def _quiet_week(t: Translation) -> list[str]:
    """For a week without an answer: no figures."""
    return [
        t.gettext("A quiet week. That's fine: the next one starts today."),
        t.gettext("One tap when a question comes is enough."),
    ]


def _habits(t: Translation, figures: Figures, *, is_on_one_line: bool) -> list[str]:
    if is_on_one_line:
        return [" · ".join(_habit_in_short(t, each) for each in figures.habits)]
    return [_habit(t, each) for each in figures.habits]


def _habit(t: Translation, week: HabitWeek) -> str:
    name = names.with_sign(t, week)
    if week.this.due == 0:
        not_counted = t.gettext("not counted")
        return f"{name}: {not_counted}"
    this = t.ngettext("{kept} of {due} day", "{kept} of {due} days", week.this.due).format(
        kept=week.this.kept, due=week.this.due
    )
    if week.last.due == 0:
        return f"{name}: {this}"
    last = t.gettext("last week {kept} of {due}").format(kept=week.last.kept, due=week.last.due)
    return f"{name}: {this} ({last})"


def _habit_in_short(t: Translation, week: HabitWeek) -> str:
    if week.this.due == 0:
        kept = t.gettext("not counted")
    else:
        kept = t.gettext("{kept} of {due}").format(kept=week.this.kept, due=week.this.due)
    return f"{week.kind.spec.sign} {kept}"


def _best_day(t: Translation, day: date) -> str:
    return t.gettext("Best day: {day}").format(day=formats.weekday(t, day.isoweekday()))


def _fact(t: Translation, fact: Fact, *, has_takeaway: bool) -> list[str]:
    """The fact with its certainty, and the takeaway."""
    text = escape(t.gettext(fact.text), quote=False)
    lines = [f"{text} ({names.certainty(t, fact.certainty)})"]
    if has_takeaway:
        lines.append(escape(t.gettext(fact.takeaway), quote=False))
    return lines


# The suggestion


def suggestion(t: Translation, suggestion: Suggestion) -> str:
    sign, slot = suggestion.kind.spec.sign, f"{suggestion.slot:%H:%M}"
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
        case Change.STOP:
            return t.gettext("{sign} Trouble sleeping? I can stop asking.").format(sign=sign)
        case _:
            assert_never(suggestion.change)


def apply_button(t: Translation, suggestion: Suggestion) -> str:
    match suggestion.change:
        case Change.MOVE:
            assert suggestion.to is not None
            return t.gettext("Move to {to}").format(to=f"{suggestion.to:%H:%M}")
        case Change.DROP:
            return t.gettext("Leave it out")
        case Change.REPEAT:
            return t.gettext("Ask once more")
        case Change.STOP:
            return t.gettext("Stop asking")
        case _:
            assert_never(suggestion.change)


def suggestion_applied(t: Translation) -> str:
    return t.gettext("Done. /habits shows it.")


def suggestion_outdated(t: Translation) -> str:
    return t.gettext("That has changed since. /habits shows how it is.")


# The fact's buttons


def source_button(t: Translation) -> str:
    return t.gettext("Source")


def source(source: Source) -> str:
    """A reference as it is cited: authors, year, title, publisher, link. Unknown parts are left
    out.
    """
    year = f"({source.year})" if source.year else None
    authors = " ".join(each for each in (source.authors, year) if each)
    parts = [each for each in (authors, source.title, source.published_by) if each]
    return "\n".join(escape(each, quote=False) for each in (". ".join(parts), source.url))


def not_for_me_button(t: Translation) -> str:
    """Leaves the fact's topic out of later digests."""
    return t.gettext("Not for me")


def topic_left_out(t: Translation, topic: str) -> str:
    """topic: its name as the settings show it."""
    return t.gettext("No more about: {topic}. /settings has it back.").format(topic=topic)


def last_topic_stays(t: Translation) -> str:
    return t.gettext("It is the last topic you left on, so it stays.")


def not_yet(t: Translation, user: User, due_at: datetime | None) -> str:
    """The answer to /digest before the first one. due_at: None during a pause."""
    if due_at is None:
        return t.gettext("Your week comes again when the pause is over.")
    local = user.hours.local(due_at)
    return t.gettext("Your first week comes on {day} at {time}.").format(
        day=formats.long_date(t, local.date()), time=f"{local:%H:%M}"
    )

"""The sentences of the first contact, and of choosing a zone or hours later."""

from datetime import datetime
from html import escape

from reminder_bot.content import SAFETY
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.user import User
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import check_in, formats, hours, names, zones
from reminder_bot.texts.translation import Translation


def welcome(t: Translation) -> str:
    return "\n".join(
        [
            f"<b>{t.gettext('Small daily habits for gut and skin.')}</b>",
            t.gettext(
                "I remind you of water, fermented food, quiet minutes and bedtime. You answer "
                "with one tap."
            ),
            t.gettext(
                "Once a week you see how it went. Your answers stay on this server: /privacy"
            ),
        ]
    )


def description(t: Translation) -> str:
    """What an empty chat shows above Telegram's own START."""
    return t.gettext(
        "Small daily habits for gut and skin: water, fermented food, quiet minutes, bedtime. You "
        "answer with one tap."
        " General information, not medical advice."
    )


def start(t: Translation) -> str:
    return t.gettext("Start")


def other(t: Translation) -> str:
    return t.gettext("Other")


def cancel(t: Translation) -> str:
    return t.gettext("Cancel")


def ask_hours(t: Translation, user: User, now: datetime) -> str:
    return "\n".join(
        [
            f"{zones.current_time(t, user, now)} {t.gettext('If they differ, go back.')}",
            "",
            t.gettext("When do you get up, and when do you want to be asleep?"),
        ]
    )


def skip(t: Translation) -> str:
    return t.gettext("Skip")


def ready(t: Translation) -> str:
    return t.gettext("Ready")


def ask_habits(t: Translation, user: User, *, is_none_chosen: bool) -> str:
    lines = [
        t.gettext("Up at {wake}, asleep by {sleep}.").format(
            wake=f"{user.weekday_hours.wake:%H:%M}", sleep=f"{user.weekday_hours.sleep:%H:%M}"
        ),
        "",
        f"<b>{t.gettext('Which should I help with?')}</b>",
        t.gettext("Choose at least one.") if is_none_chosen else t.gettext("And how do you eat?"),
        "",
        t.gettext("General information, not medical advice."),
        t.gettext("Pregnant, immune-weak or on a fluid limit: ask your doctor first."),
    ]
    return "\n".join(lines)


def health_notes_button(t: Translation) -> str:
    return t.gettext("Health notes")


def health_notes(t: Translation) -> str:
    notes = (f"• {escape(t.gettext(note), quote=False)}" for note in SAFETY)
    return "\n".join([f"<b>{t.gettext('Health notes')}</b>", *notes])


def try_it(t: Translation, kind: HabitKind) -> str:
    questions = {
        HabitKind.HYDRATION: t.gettext("Try it now: had a glass of water?"),
        HabitKind.PROBIOTIC: t.gettext("Try it now: something fermented today?"),
        HabitKind.MEDITATION: t.gettext("Try it now: a few quiet minutes today?"),
    }
    return f"{names.SIGN[kind]} {questions[kind]}"


def tried(t: Translation, user: User, row: DayRow, at: datetime) -> str:
    """What became of the first answer."""
    sign, noted = names.SIGN[row.habit.kind], formats.clock(at, user)
    if row.habit.goal_ml:
        glass = t.gettext("{time} a glass").format(time=noted)
        return f"{sign} {glass} · {check_in.standing(t, row)}"
    return f"{sign} {t.gettext('{time} · done for today').format(time=noted)}"


def not_yet(t: Translation) -> str:
    return t.gettext("Not yet")


def plan(
    t: Translation,
    user: User,
    first_at: datetime | None,
    digest_at: datetime | None,
    asks: int,
    now: datetime,
) -> str:
    lines = [f"<b>{t.gettext('All set.')}</b>"]
    if first_at is not None:
        lines.append(_first(t, user, first_at, now))
    lines.append(
        t.gettext("About {asks} short messages a day, quiet from {sleep} to {wake}.").format(
            asks=asks,
            sleep=f"{user.weekday_hours.sleep:%H:%M}",
            wake=f"{user.weekday_hours.wake:%H:%M}",
        )
    )
    if not user.weekday_hours.is_healthy:
        lines.append(hours.unusual_sleep(t, user.weekday_hours))
    if digest_at is not None:
        there = user.hours.local(digest_at)
        lines.append(
            t.gettext("Your week comes on {day}, {date}, at {time}.").format(
                day=formats.weekday(t, there.isoweekday()),
                date=formats.day_and_month(t, there.date()),
                time=f"{there:%H:%M}",
            )
        )
    lines.append("")
    lines.append(f"<i>{t.gettext('General information, not medical advice.')} {_ask_first(t)}</i>")
    return "\n".join(lines)


def _first(t: Translation, user: User, first_at: datetime, now: datetime) -> str:
    first, today = user.hours.local(first_at), user.hours.local(now)
    if first.date() == today.date():
        return t.gettext("The next reminder comes today at {time}.").format(time=f"{first:%H:%M}")
    if first.date() == today.date() + ONE_DAY:
        return t.gettext("The next reminder comes tomorrow at {time}.").format(
            time=f"{first:%H:%M}"
        )
    return t.gettext("The next reminder comes on {day} at {time}.").format(
        day=formats.weekday(t, first.isoweekday()), time=f"{first:%H:%M}"
    )


def _ask_first(t: Translation) -> str:
    return t.gettext(
        "Pregnant, immune-weak or on a fluid limit: ask your doctor first. More in /help."
    )

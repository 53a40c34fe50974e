"""The sentences of the first contact, and of choosing a zone or hours later."""

from datetime import datetime, timedelta
from html import escape

from reminder_bot.content import SAFETY
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import User
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import check_in, formats, names
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


def ask_clock(t: Translation) -> str:
    return t.gettext("What time is it for you now?")


def ask_city(t: Translation) -> str:
    return t.gettext("Which of these cities has your clock?")


def which_city(t: Translation) -> str:
    return t.gettext("Which one is it?")


def type_city_now(t: Translation) -> str:
    return t.gettext("Send me the name of a city near you.")


def no_city(t: Translation, typed: str) -> str:
    return t.gettext("I can't find “{typed}”. Send a larger city nearby, like Lisbon.").format(
        typed=escape(typed, quote=False)
    )


def no_zone_there(t: Translation) -> str:
    return t.gettext(
        "I can't tell the time zone of that place. Send me the name of a city instead."
    )


def other(t: Translation) -> str:
    return t.gettext("Other")


def type_city(t: Translation) -> str:
    return t.gettext("Type a city")


def location(t: Translation) -> str:
    return f"📍 {t.gettext('Location')}"


def share_location(t: Translation) -> str:
    return f"📍 {t.gettext('Share my location')}"


def ask_location(t: Translation) -> str:
    return t.gettext("Tap the button below. I read your time zone from it once and keep no place.")


def cancel(t: Translation) -> str:
    return t.gettext("Cancel")


def zone_found(t: Translation) -> str:
    return t.gettext("Thank you, found it.")


def zone_line(t: Translation, user: User, now: datetime) -> str:
    """Our time beside the phone's own, so that a wrong zone is seen at once."""
    shown = formats.clock(now, user)
    phone = f'<tg-time unix="{int(now.timestamp())}" format="t">{shown}</tg-time>'
    return t.gettext("{place}: {time}. Your phone says {phone}.").format(
        place=formats.place(user.zone), time=shown, phone=phone
    )


def ask_hours(t: Translation, user: User, now: datetime) -> str:
    return "\n".join(
        [
            f"{zone_line(t, user, now)} {t.gettext('If they differ, go back.')}",
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


def ask_wake(t: Translation) -> str:
    return t.gettext("When do you get up?")


def ask_sleep(t: Translation) -> str:
    return t.gettext("When do you want to be asleep?")


def no_hours(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as two times. Send them like 07:00 23:00.").format(
        typed=escape(typed, quote=False)
    )


def impossible_hours(t: Translation) -> str:
    return t.gettext(
        "These hours leave no day or no night: at least 8 hours awake and 3 asleep. Choose others."
    )


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
        lines.append(unusual_sleep(t, user.weekday_hours))
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


def unusual_sleep(t: Translation, hours: DayHours) -> str:
    length = f"{hours.sleep_length / timedelta(hours=1):.1f}".removesuffix(".0")
    return t.gettext("That is {hours} h of sleep; 7 to 9 is advised for most adults.").format(
        hours=length
    )


def kept_as_it_is(t: Translation) -> str:
    return t.gettext("Fine, no place then.")

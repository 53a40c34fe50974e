"""How dates, times and places are written in every message, and how typed words are made safe."""

from datetime import date, datetime, time, timedelta
from html import escape

from reminder_bot.domain.user import User
from reminder_bot.domain.zone import city_of
from reminder_bot.texts.translation import Translation


def clock(instant: datetime, user: User) -> str:
    """The time of day as the person's clock shows it."""
    return f"{user.hours.local(instant):%H:%M}"


def place(zone: str | None) -> str:
    """A zone by the name of its best known city, escaped."""
    return escape(city_of(zone or ""), quote=False)


def hours_pair(wake: time, sleep: time) -> str:
    """A pair of hours as a button shows it, such as "7 – 23" or "6:30 – 24"."""

    def short(at: time) -> str:
        return f"{at:%-H}" if at.minute == 0 else f"{at:%-H:%M}"

    end = "24" if sleep == time(0) else short(sleep)
    return f"{short(wake)} – {end}"


def weekdays(t: Translation, days: list[int]) -> str:
    """Weekdays (ISO, in ascending order) in a few words."""
    match days:
        case [1, 2, 3, 4, 5, 6, 7]:
            return t.gettext("Every day")
        case [1, 2, 3, 4, 5]:
            return t.gettext("Mon–Fri")
        case [6, 7]:
            return t.gettext("Weekend")
    return ", ".join(short_weekday(t, each) for each in days)


def number(t: Translation, value: int) -> str:
    """A whole number with a mark between the thousands: "1,250"."""
    if value < 1000:
        return str(value)
    return t.gettext("{thousands},{rest}").format(
        thousands=number(t, value // 1000), rest=f"{value % 1000:03}"
    )


def hours_long(length: timedelta) -> str:
    """A duration in hours, rounded to a tenth: "8", "7.5"."""
    return f"{length / timedelta(hours=1):.1f}".removesuffix(".0")


def day_groups(t: Translation) -> dict[str, str]:
    """The groups of days whose hours or times are set together, as buttons: all, wd, we."""
    return {"all": t.gettext("All days"), "wd": t.gettext("Mon–Fri"), "we": t.gettext("Weekend")}


def weekday(t: Translation, iso: int) -> str:
    names = (
        t.gettext("Monday"),
        t.gettext("Tuesday"),
        t.gettext("Wednesday"),
        t.gettext("Thursday"),
        t.gettext("Friday"),
        t.gettext("Saturday"),
        t.gettext("Sunday"),
    )
    return names[iso - 1]


def short_weekday(t: Translation, iso: int) -> str:
    names = (
        t.gettext("Mon"),
        t.gettext("Tue"),
        t.gettext("Wed"),
        t.gettext("Thu"),
        t.gettext("Fri"),
        t.gettext("Sat"),
        t.gettext("Sun"),
    )
    return names[iso - 1]


def day_and_month(t: Translation, day: date) -> str:
    months = (
        t.gettext("{day} Jan"),
        t.gettext("{day} Feb"),
        t.gettext("{day} Mar"),
        t.gettext("{day} Apr"),
        t.gettext("{day} May"),
        t.gettext("{day} Jun"),
        t.gettext("{day} Jul"),
        t.gettext("{day} Aug"),
        t.gettext("{day} Sep"),
        t.gettext("{day} Oct"),
        t.gettext("{day} Nov"),
        t.gettext("{day} Dec"),
    )
    return months[day.month - 1].format(day=day.day)


def short_date(t: Translation, day: date) -> str:
    return t.gettext("{weekday} {date}").format(
        weekday=short_weekday(t, day.isoweekday()), date=day_and_month(t, day)
    )


def long_date(t: Translation, day: date) -> str:
    return t.gettext("{weekday} {date}").format(
        weekday=weekday(t, day.isoweekday()), date=day_and_month(t, day)
    )

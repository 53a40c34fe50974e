"""Finding a person's time zone, at the first contact and when they travel."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def ask_clock(t: Translation) -> str:
    return t.gettext("What time is it for you now?")


def ask_city_with_clock(t: Translation) -> str:
    """Asked if several zones show the clock time that was chosen."""
    return t.gettext("Which of these cities has your clock?")


def ask_which_city(t: Translation) -> str:
    """Asked if several cities have the name that was typed."""
    return t.gettext("Which one is it?")


def ask_if_near(t: Translation, typed: str) -> str:
    """Asked if no place has exactly the name that was typed."""
    return t.gettext("I'm not sure about “{typed}”. Is one of these near you?").format(
        typed=escape(typed, quote=False)
    )


def ask_if_clock(t: Translation, zone: str, now: datetime) -> str:
    """Asked before a zone is set that was not chosen by its clock."""
    return t.gettext("{place}: is it {time} now?").format(
        place=formats.place(zone), time=f"{now.astimezone(ZoneInfo(zone)):%H:%M}"
    )


def ask_city_name(t: Translation) -> str:
    return t.gettext("Send me the name of a city near you.")


def no_such_city(t: Translation, typed: str) -> str:
    return t.gettext("I can't find “{typed}”. Send a larger city nearby, like Lisbon.").format(
        typed=escape(typed, quote=False)
    )


def no_zone_there(t: Translation) -> str:
    return t.gettext(
        "I can't tell the time zone of that place. Send me the name of a city instead."
    )


def type_city_button(t: Translation) -> str:
    return t.gettext("Type a city")


def location_button(t: Translation) -> str:
    label = t.gettext("Location")
    return f"📍 {label}"


def share_location_button(t: Translation) -> str:
    label = t.gettext("Share my location")
    return f"📍 {label}"


def ask_location(t: Translation) -> str:
    return t.gettext("Tap the button below. I read your time zone from it once and keep no place.")


def location_found(t: Translation) -> str:
    return t.gettext("Thank you, found it.")


def location_not_shared(t: Translation) -> str:
    return t.gettext("Fine, no place then.")


def current_time(t: Translation, user: User, now: datetime) -> str:
    """The time in the chosen zone beside that of the phone, so that a wrong zone is noticed."""
    clock = formats.clock(now, user)
    phone = f'<tg-time unix="{int(now.timestamp())}" format="t">{clock}</tg-time>'
    return t.gettext("{place}: {time}. Your phone says {phone}.").format(
        place=formats.place(user.zone), time=clock, phone=phone
    )


# Travelling


def times_go_with_you(t: Translation) -> str:
    return t.gettext("Travelling? Your times go with you.")


def times_follow(t: Translation, user: User) -> str:
    return t.gettext("Your times follow the clock there: 07:00 is 07:00 in {place}.").format(
        place=formats.place(user.zone)
    )


def keep_button(t: Translation, zone: str) -> str:
    """Changes back to the previous zone."""
    return t.gettext("Keep {place} time").format(place=formats.place(zone))

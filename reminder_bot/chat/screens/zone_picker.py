"""Choosing a zone by the present local time or by a city, during set-up and in /timezone.

Few people know the name of their zone, but everybody knows what time it is. So a zone that was not
chosen by its clock is only stored after the person has confirmed what time it is there (`check`).
The caller provides the callback data of the buttons (`To`).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reminder_bot import texts
from reminder_bot.chat.keyboards import Button, button, in_rows
from reminder_bot.content.cities import Found, find
from reminder_bot.domain.zone import ClockChoice, clocks, nearest_clocks, zones_with_clock
from reminder_bot.texts.translation import Translation

__all__ = ["To", "ask_which", "check", "picker", "zone_of_clock"]

To = Callable[[str, str], str]
"""A button's callback data, from its verb (all, back, city, location, clock, place, zone) and
argument.

A zone is stored, a place is checked first.
"""


def picker(
    t: Translation, now: datetime, home: str, view: str, argument: str, to: To
) -> tuple[str, list[list[Button]]]:
    """The question and the buttons of one view; the caller adds a button that leads back."""
    match view:
        case "all":
            return texts.zones.ask_clock(t), in_rows(_clock_buttons(t, clocks(now), to))
        case "clock":
            choices = zones_with_clock(now, timedelta(minutes=int(argument)), home)
            by_city = [
                [button(", ".join(each.cities[:2]), to("zone", each.zone))] for each in choices
            ]
            return texts.zones.ask_city_with_clock(t), by_city
        case "city":
            return texts.zones.ask_city_name(t), []
        case "find":
            return ask_which(t, find(argument, now), argument, now, to)
        case "check":
            return check(t, argument, now, to)
        case "lost":
            return texts.zones.no_such_city(t, argument), []
        case "nowhere":
            return texts.zones.no_zone_there(t), []
    more = [
        button(texts.buttons.other(t), to("all", "")),
        button(texts.zones.type_city_button(t), to("city", "")),
        button(texts.zones.location_button(t), to("location", "")),
    ]
    return texts.zones.ask_clock(t), [
        *in_rows(_clock_buttons(t, nearest_clocks(now, home), to)),
        more,
    ]


def ask_which(
    t: Translation, found: Found, typed: str, now: datetime, to: To
) -> tuple[str, list[list[Button]]]:
    """The question which of several cities is meant; with a button for each, and its local time."""
    question = (
        texts.zones.ask_which_city(t) if found.is_exact else texts.zones.ask_if_near(t, typed)
    )
    return question, [
        [
            button(
                f"{city.label} · {now.astimezone(ZoneInfo(city.zone)):%H:%M}",
                to("place", city.zone),
            )
        ]
        for city in found.cities
    ]


def check(t: Translation, zone: str, now: datetime, to: To) -> tuple[str, list[list[Button]]]:
    """The question whether the clock of a zone is the person's own."""
    return texts.zones.ask_if_clock(t, zone, now), [
        [
            button(texts.buttons.yes(t), to("zone", zone), "success"),
            button(texts.buttons.no(t), to("back", "")),
        ]
    ]


def zone_of_clock(now: datetime, argument: str, home: str) -> tuple[str, ...]:
    """The zones with a UTC offset in minutes, given by a button; empty for a forged one."""
    if not argument.removeprefix("-").isdecimal() or len(argument) > 5:
        return ()
    return tuple(
        each.zone for each in zones_with_clock(now, timedelta(minutes=int(argument)), home)
    )


def _clock_buttons(t: Translation, choices: Iterable[ClockChoice], to: To) -> Iterator[Button]:
    """A button for each local time. Kiritimati and Honolulu have the same time on different days,
    so their buttons name the day as well.
    """
    faces = [(each, f"{each.shows:%H:%M}") for each in choices]
    for each, face in faces:
        is_alone = sum(other == face for _, other in faces) == 1
        label = (
            face
            if is_alone
            else f"{texts.formats.short_weekday(t, each.shows.isoweekday())} {face}"
        )
        yield button(label, to("clock", str(each.offset // timedelta(minutes=1))))

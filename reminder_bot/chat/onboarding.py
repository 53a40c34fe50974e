"""First contact: one card, edited from step to step, under a minute and with nothing typed.

    welcome ─▶ zone (by clock, by city, by location) ─▶ hours (wake and sleep) ─▶ done: the plan

The step and what it shows (`setup_view`) stand in the database, so a restart resumes at the same step.
What somebody types moves the card below their words: a new message takes over and the old one goes.
"""

import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reminder_bot.chat import texts
from reminder_bot.chat.callback_data import data
from reminder_bot.chat.keyboards import Button, Keyboard, button, in_rows, inline
from reminder_bot.chat.language import Translation, translation
from reminder_bot.chat.reading import quoted, read_times
from reminder_bot.content.cities import find
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.quiet_hours import Hours
from reminder_bot.domain.user import Setup, User
from reminder_bot.domain.zone import ClockChoice, guess, is_known, nearest_clocks, zones_with_clock
from reminder_bot.domain.zone import clocks as all_clocks
from reminder_bot.engine.planning import add_habits, reschedule
from reminder_bot.storage import digests, reminders, users
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits

__all__ = ["VERBS", "choose_zone", "setup_card", "tapped", "typed"]

VERBS = frozenset({"start", "all", "clock", "city", "zone", "hours", "wake", "sleep", "back"})
HOURS = (Hours(time(6), time(22)), Hours(time(7), time(23)), Hours(time(8), time(0)))
WAKES = tuple(time(hour) for hour in range(4, 16))
SLEEP_AFTER = range(12, 21)  # hours from waking that are offered as sleep time


# What the card shows


async def setup_card(connection: Connection, user: User, now: datetime) -> tuple[str, Keyboard]:
    """The text and buttons of a person's set-up card as their step has it."""
    t = translation(user.language)
    match user.setup:
        case Setup.WELCOME:
            return texts.welcome(t), inline([[button(texts.start(t), data("start"), "success")]])
        case Setup.ZONE:
            return _zone_card(t, user, now)
        case Setup.HOURS:
            return _hours_card(t, user, now)
        case Setup.DONE:
            standings = await reminders.list_of(connection, [user.id])
            due = [each.next_due_at for each in standings if each.next_due_at is not None]
            asks = sum(each.schedule.split()[1].count(",") + 1 for each in standings if each.schedule)
            digest_at = await digests.find_digest_at(connection, user.id)
            return texts.plan(t, user, min(due, default=None), digest_at, asks, now), inline([])


def _zone_card(t: Translation, user: User, now: datetime) -> tuple[str, Keyboard]:
    view, _, argument = user.setup_view.partition(":")
    home = guess(user.language)
    back = [button(texts.back(t), data("back"))]
    match view:
        case "all":
            return texts.ask_clock(t), inline([*in_rows(map(_clock_button, all_clocks(now))), back])
        case "clock":
            choices = zones_with_clock(now, timedelta(minutes=int(argument)), home)
            cities = [[button(", ".join(each.cities[:2]), data("zone", each.zone))] for each in choices]
            return texts.ask_city(t), inline([*cities, back])
        case "city":
            return texts.type_city_now(t), inline([back])
        case "find":
            # With the time there: two Springfields of one country look alike without.
            buttons = [
                [
                    button(
                        f"{city.name}, {city.country} · {now.astimezone(ZoneInfo(city.zone)):%H:%M}",
                        data("zone", city.zone),
                    )
                ]
                for city in find(argument)
            ]
            return texts.which_city(t), inline([*buttons, back])
        case "lost":
            return texts.no_city(t, argument), inline([back])
        case "nowhere":
            return texts.no_zone_there(t), inline([back])
    more = [
        button(texts.other(t), data("all")),
        button(texts.type_city(t), data("city")),
        button(texts.location(t), data("location")),
    ]
    clocks = in_rows(map(_clock_button, nearest_clocks(now, home)))
    return texts.ask_clock(t), inline([*clocks, more, back])


def _clock_button(choice: ClockChoice) -> Button:
    return button(f"{choice.shows:%H:%M}", data("clock", choice.offset // timedelta(minutes=1)))


def _hours_card(t: Translation, user: User, now: datetime) -> tuple[str, Keyboard]:
    view, _, argument = user.setup_view.partition(":")
    back = [button(texts.back(t), data("back"))]
    if view == "wake":
        wakes = in_rows(button(f"{wake:%H:%M}", data("wake", f"{wake:%H%M}")) for wake in WAKES)
        return texts.ask_wake(t), inline([*wakes, back])
    if view == "sleep":
        hour, minute = int(argument[:2]), int(argument[2:])
        sleeps = [time((hour + later) % 24, minute) for later in SLEEP_AFTER]
        rows = in_rows(button(f"{sleep:%H:%M}", data("sleep", f"{argument}-{sleep:%H%M}")) for sleep in sleeps)
        return texts.ask_sleep(t), inline([*rows, back])
    pairs = [
        button(texts.hours(each.wake, each.sleep), data("hours", f"{each.wake:%H%M}-{each.sleep:%H%M}"))
        for each in HOURS
    ]
    rows = [pairs, [button(texts.other(t), data("wake"))], back]
    if view == "lost":
        return texts.no_hours(t, argument), inline(rows)
    if view == "impossible":
        return texts.impossible_hours(t), inline(rows)
    return texts.ask_hours(t, user, now), inline(rows)


# What a tap or typed words do


async def tapped(connection: Connection, user: User, verb: str, argument: str, now: datetime) -> None:
    """Take a step; a verb that does not belong to the person's step changes nothing."""
    match user.setup, verb:
        case Setup.WELCOME, "start":
            await _go(connection, user, Setup.ZONE)
        case Setup.ZONE, "all" | "city":
            await _go(connection, user, Setup.ZONE, verb)
        case Setup.ZONE, "clock":
            await _choose_clock(connection, user, argument, now)
        case Setup.ZONE, "zone" if is_known(argument):
            await choose_zone(connection, user, argument, now)
        case Setup.HOURS, "wake":
            await _go(connection, user, Setup.HOURS, f"sleep:{argument}" if _is_clock(argument) else "wake")
        case Setup.HOURS, "hours" | "sleep":
            wake, _, sleep = argument.partition("-")
            if _is_clock(wake) and _is_clock(sleep):
                await _choose_hours(connection, user, _clock(wake), _clock(sleep), now)
        case _, "back":
            await _go_back(connection, user)


async def typed(connection: Connection, user: User, text: str, now: datetime) -> None:
    """Read a city, or a pair of times, where the step asks for one."""
    short = quoted(text, 40)
    if user.setup is Setup.ZONE:
        found = find(short)
        if len({city.zone for city in found}) == 1:
            await choose_zone(connection, user, found[0].zone, now)
        else:
            await _go(connection, user, Setup.ZONE, f"find:{short}" if found else f"lost:{quoted(text)}")
    elif user.setup is Setup.HOURS:
        times = read_times(text)
        if times is None or len(times) != 2:
            await _go(connection, user, Setup.HOURS, f"lost:{quoted(text)}")
        else:
            await _choose_hours(connection, user, *times, now)


async def choose_zone(connection: Connection, user: User, zone: str | None, now: datetime) -> None:
    """Set the zone of someone who stands at that step; None: it could not be told."""
    if user.setup is not Setup.ZONE:
        return
    if zone is None:
        await _go(connection, user, Setup.ZONE, "nowhere")
    elif await list_habits(connection, [user.id]):  # they were set up before, and only the zone was lost
        await _go(connection, user, Setup.DONE, zone=zone)
        await reschedule(connection, replace(user, setup=Setup.DONE, zone=zone), now)
    else:
        await _go(connection, user, Setup.HOURS, zone=zone)


async def _choose_clock(connection: Connection, user: User, argument: str, now: datetime) -> None:
    if re.fullmatch(r"-?[0-9]{1,4}", argument) is None:
        return
    choices = zones_with_clock(now, timedelta(minutes=int(argument)), guess(user.language))
    if len(choices) == 1:
        await choose_zone(connection, user, choices[0].zone, now)
    elif choices:
        await _go(connection, user, Setup.ZONE, f"clock:{argument}")


async def _choose_hours(connection: Connection, user: User, wake: time, sleep: time, now: datetime) -> None:
    try:
        hours = Hours(wake, sleep)
    except ValueError:
        await _go(connection, user, Setup.HOURS, "impossible")
        return
    await _go(connection, user, Setup.DONE, wake=wake, sleep=sleep)
    ready = replace(user, setup=Setup.DONE, hours=hours, weekend=None)
    await add_habits(connection, ready, HabitKind)
    await reschedule(connection, ready, now, is_first_day=True)


async def _go_back(connection: Connection, user: User) -> None:
    view = user.setup_view.partition(":")[0]
    if user.setup is Setup.HOURS and view == "sleep":
        await _go(connection, user, Setup.HOURS, "wake")
    elif view and user.setup in {Setup.ZONE, Setup.HOURS}:
        await _go(connection, user, user.setup)
    elif user.setup is Setup.HOURS:
        await _go(connection, user, Setup.ZONE)
    elif user.setup is Setup.ZONE:
        await _go(connection, user, Setup.WELCOME)


async def _go(connection: Connection, user: User, setup: Setup, view: str = "", **values: Any) -> None:
    await users.update_user(connection, user.id, setup=setup, setup_view=view, **values)


def _is_clock(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdecimal() and int(text[:2]) < 24 and int(text[2:]) < 60


def _clock(text: str) -> time:
    return time(int(text[:2]), int(text[2:]))

"""/settings, /timezone and /pause: all that can be set, within three taps.

├▶ week      the digest's day and hour
├▶ diet · facts · pause
└▶ zone ─▶ zone/clock/OFFSET ─▶ moved/ZONE (where they were before)
"""

from datetime import time

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.chat.keyboards import PAIRS, SLEEP_AFTER, WAKES, Button, in_rows, inline
from reminder_bot.chat.screens.screen import (
    NoSuchScreen,
    Screen,
    ScreenResult,
    Visit,
    closing,
    do,
    go,
)
from reminder_bot.chat.screens.zone_picker import cities, picker, zone_of_clock
from reminder_bot.content import facts
from reminder_bot.content.cities import find
from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.food import Diet
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.zone import is_known
from reminder_bot.engine import configuring
from reminder_bot.engine.configuring import Impossible
from reminder_bot.storage.users import update_user
from reminder_bot.texts.understanding import quoted, read_days, read_times, wall_time

__all__ = ["NAMES", "act", "read", "show"]

NAMES = frozenset({"settings", "hours", "week", "diet", "facts", "pause", "zone", "moved"})
FLAGS = ("is_discreet", "is_tidy", "is_dark")
PAUSES = (1, 3, 7, 14)
GROUPS = ("all", "wd", "we")


async def show(visit: Visit) -> Screen:
    match visit.name:
        case "settings":
            return _settings(visit)
        case "hours":
            return _hours(visit)
        case "week":
            return _week(visit)
        case "diet":
            return _diet(visit)
        case "facts":
            return _facts(visit)
        case "pause":
            return _pause(visit)
        case "moved":
            return _moved(visit)
        case _:
            return _zone(visit)


async def act(visit: Visit) -> ScreenResult:
    match visit.name:
        case "settings":
            return await _switch(visit)
        case "hours":
            return await _set_hours(visit)
        case "week":
            return await _set_week(visit)
        case "diet":
            return await _set_diet(visit)
        case "facts":
            return await _set_facts(visit)
        case "pause":
            return await _set_pause(visit)
        case "zone":
            return await _set_zone(visit)
    raise NoSuchScreen


async def read(visit: Visit, text: str) -> ScreenResult | str:
    match visit.name:
        case "hours":
            times = read_times(text)
            if times is None or len(times) != 2:
                return texts.hours.not_two_times(visit.t, quoted(text))
            return await _store_hours(visit, *times)
        case "pause":
            days = read_days(text)
            return (
                texts.pauses.not_days(visit.t, quoted(text))
                if days is None
                else await _store_pause(visit, days)
            )
    return await _read_city(visit, text)


# The list of all


def _settings(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    on = t.gettext("on"), t.gettext("off")
    lines = [f"<b>{t.gettext('Settings')}</b>"]
    lines.append(
        t.gettext("{place}: {time}").format(
            place=texts.formats.place(user.zone), time=texts.formats.clock(visit.now, user)
        )
    )
    lines += _hours_lines(visit)
    lines.append(
        t.gettext("Your week comes on {day} at {time}.").format(
            day=texts.formats.weekday(t, user.digest_weekday), time=f"{user.digest_at:%H:%M}"
        )
    )
    if user.paused_at is not None:
        lines.append(_paused_line(visit))

    def switch(label: str, flag: str) -> Button:
        return do(f"{label}: {on[not getattr(user, flag)]}", f"settings/{flag.removeprefix('is_')}")

    rows = [
        [
            go(t.gettext("Habits"), "habits"),
            go(t.gettext("Hours"), "hours"),
            go(t.gettext("Week"), "week"),
        ],
        [
            go(t.gettext("Diet"), "diet"),
            go(t.gettext("Facts"), "facts"),
            go(t.gettext("Time zone"), "zone"),
        ],
        [switch(t.gettext("Discreet"), "is_discreet"), switch(t.gettext("Tidy chat"), "is_tidy")],
        [switch(t.gettext("Dark pictures"), "is_dark"), go(t.gettext("Pause"), "pause")],
        [closing(t)],
    ]
    return Screen("\n".join(lines), inline(rows))


async def _switch(visit: Visit) -> ScreenResult:
    flag = f"is_{visit.argument(0)}"
    if flag not in FLAGS:
        raise NoSuchScreen
    is_on = not getattr(visit.user, flag)
    await update_user(visit.connection, visit.user.id, **{flag: is_on})
    t = visit.t
    words = {
        "is_discreet": t.gettext("Questions come without their words. Open shows them."),
        "is_tidy": t.gettext("Questions that nobody answered will be deleted."),
        "is_dark": t.gettext("The next picture is dark."),
    }
    return ScreenResult("settings", words[flag] if is_on else "")


# Wake and sleep


def _hours_lines(visit: Visit) -> list[str]:
    t, user = visit.t, visit.user
    line = t.gettext("{days}: up at {wake}, asleep by {sleep}.")
    hours = user.hours
    if hours.weekend == hours.weekdays:
        groups = [(list(range(1, 8)), hours.weekdays)]
    else:
        groups = [(list(range(1, 6)), hours.weekdays), ([6, 7], hours.weekend)]
    return [
        line.format(
            days=texts.formats.weekdays(t, days),
            wake=f"{of_days.wake:%H:%M}",
            sleep=f"{of_days.sleep:%H:%M}",
        )
        for days, of_days in groups
    ]


def _hours(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    is_same = user.weekend_hours in {None, user.weekday_hours}
    group = visit.arguments[0] if visit.arguments else "all" if is_same else "wd"
    if group not in GROUPS:
        raise NoSuchScreen
    base = f"hours/{group}"
    match visit.arguments[1:]:
        case ("wake",):
            wakes = in_rows(go(f"{each:%H:%M}", f"{base}/{each:%H%M}") for each in WAKES)
            return Screen(
                texts.hours.ask_wake(t), inline([*wakes, [go(texts.check_in.back(t), base)]])
            )
        case (digits,) if (wake := wall_time(digits)) is not None:
            sleeps = in_rows(
                do(f"{each:%H:%M}", f"{base}/{digits}-{each:%H%M}")
                for each in (wall(minutes(wake) + 60 * after) for after in SLEEP_AFTER)
            )
            return Screen(
                texts.hours.ask_sleep(t),
                inline([*sleeps, [go(texts.check_in.back(t), f"{base}/wake")]]),
            )
        case ():
            pass
        case _:
            raise NoSuchScreen
    lines = [f"<b>{t.gettext('Hours')}</b>", *_hours_lines(visit)]
    hours = user.hours.weekend if group == "we" else user.hours.weekdays
    lines.append(
        t.gettext("Quiet from {sleep} to {wake}: nothing comes by itself.").format(
            sleep=f"{hours.sleep:%H:%M}", wake=f"{hours.wake:%H:%M}"
        )
    )
    if not hours.is_healthy:
        lines.append(texts.hours.unusual_sleep(t, hours))
    lines.append(t.gettext("Tap a pair, or send two times like “6:30 22:30”."))
    names = {"all": t.gettext("All days"), "wd": t.gettext("Mon–Fri"), "we": t.gettext("Weekend")}
    rows = [
        [
            go(texts.names.ticked(name, each == group), f"hours/{each}")
            for each, name in names.items()
        ],
        [
            do(
                texts.formats.hours_pair(each.wake, each.sleep),
                f"{base}/{each.wake:%H%M}-{each.sleep:%H%M}",
            )
            for each in PAIRS
        ],
        [go(texts.setup.other(t), f"{base}/wake"), go(texts.check_in.back(t), "settings")],
    ]
    return Screen("\n".join(lines), inline(rows), is_asking=True)


async def _set_hours(visit: Visit) -> ScreenResult:
    wake, sleep = (wall_time(each) for each in (*visit.argument(1).split("-"), "", "")[:2])
    if wake is None or sleep is None or visit.argument(0) not in GROUPS:
        raise NoSuchScreen
    return await _store_hours(visit, wake, sleep)


async def _store_hours(visit: Visit, wake: time, sleep: time) -> ScreenResult:
    user, group = visit.user, visit.arguments[0] if visit.arguments else "all"
    here = f"hours/{group}"
    try:
        hours = DayHours(wake, sleep)
        working = user.weekday_hours if group == "we" else hours
        weekend = {"all": None, "wd": user.weekend_hours or user.weekday_hours, "we": hours}.get(
            group
        )
        if (working, weekend or working) == (
            user.weekday_hours,
            user.weekend_hours or user.weekday_hours,
        ):
            return ScreenResult(here, texts.check_in.set_already(visit.t))
        await configuring.set_hours(
            visit.connection, user, working, None if weekend == working else weekend, visit.now
        )
    except ValueError:
        return ScreenResult(here, texts.hours.impossible(visit.t), is_alert=True)
    except Impossible as impossible:
        return ScreenResult(here, texts.commands.impossible(visit.t, impossible), is_alert=True)
    return ScreenResult(here)


# The digest's day and hour


def _week(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    lines = [
        f"<b>{t.gettext('Your week')}</b>",
        t.gettext("It comes on {day} at {time} and tells the days before.").format(
            day=texts.formats.weekday(t, user.digest_weekday), time=f"{user.digest_at:%H:%M}"
        ),
    ]
    days = in_rows(
        do(
            texts.names.ticked(texts.formats.short_weekday(t, each), each == user.digest_weekday),
            f"week/day/{each}",
        )
        for each in range(1, 8)
    )
    clock = [do(t.gettext("− 1 h"), "week/hour/earlier"), do(t.gettext("+ 1 h"), "week/hour/later")]
    return Screen(
        "\n".join(lines), inline([*days, clock, [go(texts.check_in.back(t), "settings")]])
    )


async def _set_week(visit: Visit) -> ScreenResult:
    user = visit.user
    weekday, at = user.digest_weekday, user.digest_at
    match visit.arguments:
        case ("day", "1" | "2" | "3" | "4" | "5" | "6" | "7" as day):
            weekday = int(day)
        case ("hour", "earlier" | "later" as way):
            at = wall(minutes(at) + (60 if way == "later" else -60))
        case _:
            raise NoSuchScreen
    try:
        await configuring.set_digest(visit.connection, user, weekday, at, visit.now)
    except Impossible as impossible:
        return ScreenResult("week", texts.commands.impossible(visit.t, impossible), is_alert=True)
    return ScreenResult("week")


# Diet and facts


def _diet(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    toggles = in_rows(
        (
            do(texts.names.ticked(texts.names.diet(t, each), each in user.diet), f"diet/{each}")
            for each in Diet
        ),
        width=2,
    )
    lines = [
        f"<b>{t.gettext('Diet')}</b>",
        t.gettext("Food ideas leave out what you tick. Always read the label."),
    ]
    return Screen("\n".join(lines), inline([*toggles, [go(texts.check_in.back(t), "settings")]]))


async def _set_diet(visit: Visit) -> ScreenResult:
    wish = visit.argument(0)
    if wish not in set(Diet):
        raise NoSuchScreen
    await update_user(
        visit.connection, visit.user.id, diet=" ".join(sorted(visit.user.diet ^ {wish}))
    )
    return ScreenResult("diet")


def topics() -> tuple[str, ...]:
    return tuple(sorted({fact.topic for fact in facts()}))


def _facts(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    toggles = in_rows(
        (
            do(
                texts.names.ticked(texts.names.topic(t, each), each not in user.unwanted_topics),
                f"facts/{each}",
            )
            for each in topics()
        ),
        width=2,
    )
    babies = do(texts.names.ticked(t.gettext("About babies"), user.wants_infants), "facts/infants")
    lines = [
        f"<b>{t.gettext('Facts')}</b>",
        t.gettext("One comes with your week. What may it be about?"),
    ]
    return Screen(
        "\n".join(lines), inline([*toggles, [babies], [go(texts.check_in.back(t), "settings")]])
    )


async def _set_facts(visit: Visit) -> ScreenResult:
    t, user, topic = visit.t, visit.user, visit.argument(0)
    if topic == "infants":
        await update_user(visit.connection, user.id, wants_infants=not user.wants_infants)
        return ScreenResult("facts")
    if topic not in topics():
        raise NoSuchScreen
    unwanted = user.unwanted_topics ^ {topic}
    if len(unwanted) == len(topics()):
        return ScreenResult("facts", t.gettext("One topic stays: the week brings a fact."))
    await update_user(visit.connection, user.id, unwanted_topics=" ".join(sorted(unwanted)))
    return ScreenResult("facts")


# Pauses


def _paused_line(visit: Visit) -> str:
    t, user = visit.t, visit.user
    if user.paused_until is None:
        return t.gettext("Paused until you come back.")
    until = user.hours.local(user.paused_until)
    return t.gettext("Paused until {day}, {time}.").format(
        day=texts.formats.long_date(t, until.date()), time=f"{until:%H:%M}"
    )


def _pause(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    lines = [f"<b>{t.gettext('Pause')}</b>"]
    if user.paused_at is not None:
        lines.append(_paused_line(visit))
    else:
        lines.append(
            t.gettext(
                "Silence for a while; its days count neither way. For how long, today included?"
            )
        )
    lengths = [
        do(t.ngettext("{n} day", "{n} days", each).format(n=each), f"pause/{each}")
        for each in PAUSES
    ]
    rows = [lengths[:2], lengths[2:], [do(t.gettext("Until I'm back"), "pause/0")]]
    if user.paused_at is not None:
        rows.insert(0, [do(t.gettext("Resume"), "pause/resume", "success")])
    return Screen(
        "\n".join(lines), inline([*rows, [go(texts.check_in.back(t), "settings")]]), is_asking=True
    )


async def _set_pause(visit: Visit) -> ScreenResult:
    if visit.arguments == ("resume",):
        await configuring.resume(visit.connection, visit.user, visit.now)
        return ScreenResult("pause", visit.t.gettext("Welcome back."))
    days = visit.number(0)
    if days not in {0, *PAUSES}:
        raise NoSuchScreen
    return await _store_pause(visit, days or None)


async def _store_pause(visit: Visit, days: int | None) -> ScreenResult:
    await configuring.pause(visit.connection, visit.user, days, visit.now)
    return ScreenResult("pause")


# The zone


def _to(verb: str, argument: str) -> str:
    match verb:
        case "zone":
            return data("do", f"zone/set/{argument}")
        case "location":
            return data("location")
        case "clock":
            return data("do", f"zone/clock/{argument}")
    return data("go", f"zone/{verb}")


def _zone(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    view = visit.arguments[0] if visit.arguments else ""
    argument = visit.arguments[1] if len(visit.arguments) > 1 else ""
    if view not in {"", "all", "city", "clock", "nowhere"} or (
        view == "clock" and not zone_of_clock(visit.now, argument, user.zone or "")
    ):
        raise NoSuchScreen
    text, rows = picker(t, visit.now, user.zone or "", view, argument, _to)
    lines = (
        []
        if view
        else [
            texts.zones.current_time(t, user, visit.now),
            t.gettext("Travelling? Your times go with you."),
            "",
        ]
    )
    back = go(texts.check_in.back(t), "zone" if view else "settings")
    return Screen("\n".join([*lines, text]), inline([*rows, [back]]), is_asking=True)


def _moved(visit: Visit) -> Screen:
    """After a change: the old zone stays one tap away, which is how somebody keeps home time."""
    t, user, before = visit.t, visit.user, "/".join(visit.arguments)
    if not is_known(before):
        raise NoSuchScreen
    lines = [
        texts.zones.current_time(t, user, visit.now),
        t.gettext("Your times follow the clock there: 07:00 is 07:00 in {place}.").format(
            place=texts.formats.place(user.zone)
        ),
    ]
    keep = do(
        t.gettext("Keep {place} time").format(place=texts.formats.place(before)),
        f"zone/set/{before}",
    )
    rows = [[keep]] if before != user.zone else []
    return Screen(
        "\n".join(lines), inline([*rows, [go(texts.check_in.back(t), "zone"), closing(t)]])
    )


async def _set_zone(visit: Visit) -> ScreenResult:
    if visit.argument(0) == "clock":
        zones = zone_of_clock(visit.now, visit.argument(1), visit.user.zone or "")
        if not zones:
            raise NoSuchScreen
        return (
            await _store_zone(visit, zones[0])
            if len(zones) == 1
            else ScreenResult(f"zone/clock/{visit.argument(1)}")
        )
    zone = "/".join(visit.arguments[1:])
    if visit.argument(0) != "set" or not is_known(zone):
        raise NoSuchScreen
    return await _store_zone(visit, zone)


async def _store_zone(visit: Visit, zone: str) -> ScreenResult:
    before = visit.user.zone
    await configuring.set_zone(visit.connection, visit.user, zone, visit.now)
    return ScreenResult(f"moved/{before}")


async def _read_city(visit: Visit, text: str) -> ScreenResult | str:
    typed = quoted(text, 40)
    found = find(typed)
    zones = {city.zone for city in found}
    if not zones:
        return texts.zones.no_such_city(visit.t, quoted(text))
    if len(zones) == 1:
        return await _store_zone(visit, zones.pop())
    rows = [*cities(found, visit.now, _to), [go(texts.check_in.back(visit.t), "zone")]]
    return ScreenResult(
        "zone", screen=Screen(texts.zones.ask_which_city(visit.t), inline(rows), is_asking=True)
    )

"""/settings, /timezone and /pause: everything can be set within three taps.

settings ─┬▶ habits (screens.habits)
          ├▶ hours ─▶ hours/GROUP/wake ─▶ hours/GROUP/WAKE   one time after the other
          ├▶ week      the digest's day and hour
          ├▶ diet · facts · pause
          └▶ zone ─▶ zone/clock/OFFSET or check/ZONE ─▶ moved/ZONE (the zone from before)
"""

from datetime import time

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.chat.keyboards import PAIRS, SLEEP_AFTER, WAKES, in_rows, inline
from reminder_bot.chat.screens.screen import (
    NoSuchScreen,
    Screen,
    ScreenResult,
    Visit,
    closing,
    do,
    go,
)
from reminder_bot.chat.screens.zone_picker import ask_which, check, picker, zone_of_clock
from reminder_bot.content import facts
from reminder_bot.content.cities import Found, find
from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.food import Diet
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.possible import are_possible, nearest, next_possible
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import is_known
from reminder_bot.engine import configuring
from reminder_bot.engine.configuring import Impossible, Moved
from reminder_bot.storage.users import UserChanges, update_user
from reminder_bot.texts.understanding import is_answer, quoted, read_days, read_times, wall_time

__all__ = ["NAMES", "act", "read", "show"]

NAMES = frozenset({"settings", "hours", "week", "diet", "facts", "pause", "zone", "check", "moved"})
FLAGS = ("is_discreet", "is_tidy", "is_dark", "is_without_numbers")
PAUSES = (1, 3, 7, 14)
GROUPS = ("all", "wd", "we")


def show(visit: Visit) -> Screen:
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
        case "check":
            return _check(visit)
        case "moved":
            return _moved(visit)
        case _:
            return _zone(visit)


def act(visit: Visit) -> ScreenResult:
    match visit.name:
        case "settings":
            return _switch(visit)
        case "hours":
            return _set_hours(visit)
        case "week":
            return _set_week(visit)
        case "diet":
            return _set_diet(visit)
        case "facts":
            return _set_facts(visit)
        case "pause":
            return _set_pause(visit)
        case "zone":
            return _set_zone(visit)
    raise NoSuchScreen


def read(visit: Visit, text: str) -> ScreenResult | str:
    match visit.name:
        case "hours":
            times = read_times(text)
            if times is not None and len(times) == 1 and len(visit.arguments) == 2:
                return _read_one_time(visit, times[0])
            if times is None or len(times) != 2:
                return texts.hours.not_two_times(visit.t, quoted(text))
            return _store_hours(visit, *times)
        case "pause":
            days = read_days(text)
            return (
                texts.pauses.not_days(visit.t, quoted(text))
                if days is None
                else _store_pause(visit, days)
            )
    return _read_city(visit, text)


# The list of all


def _settings(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    lines = [
        f"<b>{texts.settings.title(t)}</b>",
        texts.settings.place_and_time(t, user, visit.now),
        *texts.hours.lines(t, user),
        texts.settings.digest_time(t, user),
    ]
    if user.paused_at is not None:
        lines.append(texts.pauses.paused(t, user))
    rows = [
        [
            go(texts.settings.habits_button(t), "habits"),
            go(texts.settings.hours_button(t), "hours"),
            go(texts.settings.digest_button(t), "week"),
        ],
        [
            go(texts.settings.diet_button(t), "diet"),
            go(texts.settings.facts_button(t), "facts"),
            go(texts.settings.zone_button(t), "zone"),
        ],
        [
            do(texts.settings.discreet_switch(t, is_on=user.is_discreet), "settings/discreet"),
            do(texts.settings.tidy_switch(t, is_on=user.is_tidy), "settings/tidy"),
        ],
        [
            do(texts.settings.dark_switch(t, is_on=user.is_dark), "settings/dark"),
            go(texts.settings.pause_button(t), "pause"),
        ],
        [
            do(
                texts.settings.numbers_switch(t, is_on=user.is_without_numbers),
                "settings/without_numbers",
            )
        ],
        [closing(t)],
    ]
    return Screen("\n".join(lines), inline(rows))


def _switch(visit: Visit) -> ScreenResult:
    flag = f"is_{visit.argument(0)}"
    if flag not in FLAGS:
        raise NoSuchScreen
    is_on = not getattr(visit.user, flag)
    changes: dict[str, UserChanges] = {
        "is_discreet": {"is_discreet": is_on},
        "is_tidy": {"is_tidy": is_on},
        "is_dark": {"is_dark": is_on},
        "is_without_numbers": {"is_without_numbers": is_on},
    }
    update_user(visit.connection, visit.user.id, **changes[flag])
    return ScreenResult("settings", texts.settings.switched_on(visit.t, flag) if is_on else "")


# Wake and sleep


def _hours(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    is_same = user.weekend_hours in {None, user.weekday_hours}
    group = visit.arguments[0] if visit.arguments else "all" if is_same else "wd"
    if group not in GROUPS:
        raise NoSuchScreen
    base = f"hours/{group}"
    match visit.arguments[1:]:
        case ("wake",):
            wakes = in_rows(
                go(f"{each:%H:%M}", f"{base}/{each:%H%M}")
                for each in WAKES
                if any(_are_possible(user, group, each, sleep) for sleep in _sleeps_after(each))
            )
            return Screen(
                texts.hours.ask_wake(t),
                inline([*wakes, [go(texts.buttons.back(t), base)]]),
                is_asking=True,
            )
        case (digits,) if (wake := wall_time(digits)) is not None:
            sleeps = in_rows(
                do(f"{each:%H:%M}", f"{base}/{digits}-{each:%H%M}")
                for each in _sleeps_after(wake)
                if _are_possible(user, group, wake, each)
            )
            return Screen(
                texts.hours.ask_sleep(t),
                inline([*sleeps, [go(texts.buttons.back(t), f"{base}/wake")]]),
                is_asking=True,
            )
        case ():
            pass
        case _:
            raise NoSuchScreen
    lines = [f"<b>{texts.hours.title(t)}</b>", *texts.hours.lines(t, user)]
    hours = user.hours.weekend if group == "we" else user.hours.weekdays
    lines.append(texts.hours.quiet(t, hours))
    if hours.is_less_than_advised:
        lines.append(texts.hours.too_little_sleep(t, hours))
    lines.append(texts.hours.tap_or_send(t))
    rows = [
        [
            go(texts.buttons.ticked(name, each == group), f"hours/{each}")
            for each, name in texts.formats.day_groups(t).items()
        ],
        [
            do(
                texts.formats.hours_pair(each.wake, each.sleep),
                f"{base}/{each.wake:%H%M}-{each.sleep:%H%M}",
            )
            for each in PAIRS
            if _are_possible(user, group, each.wake, each.sleep)
        ],
        [go(texts.buttons.other(t), f"{base}/wake"), go(texts.buttons.back(t), "settings")],
    ]
    return Screen("\n".join(lines), inline(rows), is_asking=True)


def _sleeps_after(wake: time) -> list[time]:
    return [wall(minutes(wake) + 60 * after) for after in SLEEP_AFTER]


def _are_possible(user: User, group: str, wake: time, sleep: time) -> bool:
    """Whether these hours of a group of days are possible beside those of the other days."""
    try:
        hours = DayHours(wake, sleep)
    except ValueError:
        return False
    working = user.weekday_hours if group == "we" else hours
    weekend = (user.weekend_hours or user.weekday_hours) if group == "wd" else hours
    return are_possible(working, weekend)


def _set_hours(visit: Visit) -> ScreenResult:
    wake, sleep = (wall_time(each) for each in (*visit.argument(1).split("-"), "", "")[:2])
    if wake is None or sleep is None or visit.argument(0) not in GROUPS:
        raise NoSuchScreen
    return _store_hours(visit, wake, sleep)


def _read_one_time(visit: Visit, at: time) -> ScreenResult:
    """The wake time, or the sleep time after it: the screen asks for one after the other."""
    group, step = visit.arguments
    if step == "wake":
        return ScreenResult(f"hours/{group}/{at:%H%M}")
    wake = wall_time(step)
    if wake is None:
        raise NoSuchScreen
    return _store_hours(visit, wake, at)


def _store_hours(visit: Visit, wake: time, sleep: time) -> ScreenResult:
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
            return ScreenResult(here, texts.errors.set_already(visit.t))
        moves = configuring.set_hours(
            visit.connection, user, working, None if weekend == working else weekend, visit.now
        )
    except ValueError:
        return ScreenResult(here, texts.hours.impossible(visit.t), is_alert=True)
    except Impossible as impossible:
        return ScreenResult(here, texts.errors.impossible(visit.t, impossible), is_alert=True)
    return ScreenResult(here, texts.hours.moved(visit.t, moves), is_alert=bool(moves))


# The digest's day and hour


def _week(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    lines = [
        f"<b>{texts.settings.digest_title(t)}</b>",
        texts.settings.digest_time_and_content(t, user),
    ]
    days = in_rows(
        do(
            texts.buttons.ticked(texts.formats.short_weekday(t, each), each == user.digest_weekday),
            f"week/day/{each}",
        )
        for each in range(1, 8)
    )
    clock = [
        do(texts.settings.hour_earlier_button(t), "week/hour/earlier"),
        do(texts.settings.hour_later_button(t), "week/hour/later"),
    ]
    return Screen("\n".join(lines), inline([*days, clock, [go(texts.buttons.back(t), "settings")]]))


def _set_week(visit: Visit) -> ScreenResult:
    user = visit.user
    weekday, at = user.digest_weekday, user.digest_at
    match visit.arguments:
        case ("day", "1" | "2" | "3" | "4" | "5" | "6" | "7" as day):
            weekday = int(day)
            at = nearest(user.hours, weekday, user.digest_at)
        case ("hour", "earlier" | "later" as way):
            at = next_possible(user.hours, weekday, at, 60 if way == "later" else -60)
        case _:
            raise NoSuchScreen
    configuring.set_digest(visit.connection, user, weekday, at, visit.now)
    is_moved = visit.arguments[0] == "day" and at != user.digest_at
    moves = [Moved(None, user.digest_at, at)] if is_moved else []
    return ScreenResult("week", texts.hours.moved(visit.t, moves), is_alert=is_moved)


# Diet and facts


def _diet(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    toggles = in_rows(
        (
            do(texts.buttons.ticked(texts.names.diet(t, each), each in user.diet), f"diet/{each}")
            for each in Diet
        ),
        width=2,
    )
    lines = [
        f"<b>{texts.settings.diet_title(t)}</b>",
        texts.settings.diet(t),
    ]
    return Screen("\n".join(lines), inline([*toggles, [go(texts.buttons.back(t), "settings")]]))


def _set_diet(visit: Visit) -> ScreenResult:
    wish = visit.argument(0)
    if wish not in set(Diet):
        raise NoSuchScreen
    update_user(visit.connection, visit.user.id, diet=" ".join(sorted(visit.user.diet ^ {wish})))
    return ScreenResult("diet")


def topics() -> tuple[str, ...]:
    return tuple(sorted({fact.topic for fact in facts()}))


def _facts(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    toggles = in_rows(
        (
            do(
                texts.buttons.ticked(texts.names.topic(t, each), each not in user.unwanted_topics),
                f"facts/{each}",
            )
            for each in topics()
        ),
        width=2,
    )
    babies = do(
        texts.buttons.ticked(texts.settings.about_babies_button(t), user.wants_infants),
        "facts/infants",
    )
    lines = [
        f"<b>{texts.settings.facts_title(t)}</b>",
        texts.settings.ask_topics(t),
    ]
    return Screen(
        "\n".join(lines), inline([*toggles, [babies], [go(texts.buttons.back(t), "settings")]])
    )


def _set_facts(visit: Visit) -> ScreenResult:
    user, topic = visit.user, visit.argument(0)
    if topic == "infants":
        update_user(visit.connection, user.id, wants_infants=not user.wants_infants)
        return ScreenResult("facts")
    if topic not in topics():
        raise NoSuchScreen
    unwanted = user.unwanted_topics ^ {topic}
    if len(unwanted) == len(topics()):
        return ScreenResult("facts", texts.settings.one_topic_stays(visit.t))
    update_user(visit.connection, user.id, unwanted_topics=" ".join(sorted(unwanted)))
    return ScreenResult("facts")


# Pauses


def _pause(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    lines = [f"<b>{texts.pauses.title(t)}</b>"]
    if user.paused_at is not None:
        lines.append(texts.pauses.paused(t, user))
    else:
        lines.append(texts.pauses.ask_length(t))
    lengths = [do(texts.pauses.days_button(t, each), f"pause/{each}") for each in PAUSES]
    rows = [lengths[:2], lengths[2:], [do(texts.pauses.until_back_button(t), "pause/0")]]
    if user.paused_at is not None:
        rows.insert(0, [do(texts.pauses.resume_button(t), "pause/resume", "success")])
    return Screen(
        "\n".join(lines), inline([*rows, [go(texts.buttons.back(t), "settings")]]), is_asking=True
    )


def _set_pause(visit: Visit) -> ScreenResult:
    if visit.arguments == ("resume",):
        configuring.resume(visit.connection, visit.user, visit.now)
        return ScreenResult("pause", texts.pauses.welcome_back(visit.t))
    days = visit.number(0)
    if days not in {0, *PAUSES}:
        raise NoSuchScreen
    return _store_pause(visit, days or None)


def _store_pause(visit: Visit, days: int | None) -> ScreenResult:
    configuring.pause(visit.connection, visit.user, days, visit.now)
    return ScreenResult("pause")


# The zone


def _to(verb: str, argument: str) -> str:
    match verb:
        case "zone":
            return data("do", f"zone/set/{argument}")
        case "place":
            return data("go", f"check/{argument}")
        case "location":
            return data("location")
        case "clock":
            return data("do", f"zone/clock/{argument}")
        case "back":
            return data("go", "zone")
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
            texts.zones.times_go_with_you(t),
            "",
        ]
    )
    back = go(texts.buttons.back(t), "zone" if view else "settings")
    return Screen("\n".join([*lines, text]), inline([*rows, [back]]), is_asking=True)


def _check(visit: Visit) -> Screen:
    zone = "/".join(visit.arguments)
    if not is_known(zone):
        raise NoSuchScreen
    question, rows = check(visit.t, zone, visit.now, _to)
    return Screen(question, inline(rows), is_asking=True)


def _moved(visit: Visit) -> Screen:
    """Shown after a change of the zone. One tap restores the old zone, for people who want to keep
    the time of their home while they travel.
    """
    t, user, before = visit.t, visit.user, "/".join(visit.arguments)
    if not is_known(before):
        raise NoSuchScreen
    lines = [
        texts.zones.current_time(t, user, visit.now),
        texts.zones.times_follow(t, user),
    ]
    keep = do(texts.zones.keep_button(t, before), f"zone/set/{before}")
    rows = [[keep]] if before != user.zone else []
    return Screen(
        "\n".join(lines), inline([*rows, [go(texts.buttons.back(t), "zone"), closing(t)]])
    )


def _set_zone(visit: Visit) -> ScreenResult:
    if visit.argument(0) == "clock":
        zones = zone_of_clock(visit.now, visit.argument(1), visit.user.zone or "")
        if not zones:
            raise NoSuchScreen
        return (
            _store_zone(visit, zones[0])
            if len(zones) == 1
            else ScreenResult(f"zone/clock/{visit.argument(1)}")
        )
    zone = "/".join(visit.arguments[1:])
    if visit.argument(0) != "set" or not is_known(zone):
        raise NoSuchScreen
    return _store_zone(visit, zone)


def _store_zone(visit: Visit, zone: str) -> ScreenResult:
    before = visit.user.zone
    configuring.set_zone(visit.connection, visit.user, zone, visit.now)
    return ScreenResult(f"moved/{before}")


def _read_city(visit: Visit, text: str) -> ScreenResult | str:
    typed = quoted(text, 40)
    # Words like "yes" may be spelled like a city, and are meant for a question.
    found = Found() if is_answer(typed) else find(typed, visit.now)
    if found.zone is not None:
        return ScreenResult(f"check/{found.zone}")
    if not found.cities:
        return texts.zones.no_such_city(visit.t, quoted(text))
    question, rows = ask_which(visit.t, found, typed, visit.now, _to)
    back = go(texts.buttons.back(visit.t), "zone")
    return ScreenResult("zone", screen=Screen(question, inline([*rows, [back]]), is_asking=True))

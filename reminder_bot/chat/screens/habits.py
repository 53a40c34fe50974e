"""/habits: which habits are on, when each is asked, how loudly and how often.

    habits ─┬▶ habit/ID ─▶ times/REMINDER/GROUP ─▶ slot/REMINDER/GROUP (add a time by buttons)
            └▶ add ─▶ own (the words of a custom habit, typed)

Times are changed by buttons for a group of days (all, wd: Monday to Friday, we: the weekend) or by
a plain phrase. What would fall into quiet hours is refused with the reason.
"""

from datetime import time

from reminder_bot import texts
from reminder_bot.chat.keyboards import in_rows, inline
from reminder_bot.chat.screens.screen import NoSuchScreen, Screen, ScreenResult, Visit, do, go
from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.habit import (
    LARGEST_GOAL_ML,
    PORTIONS_ML,
    SMALLEST_GOAL_ML,
    Habit,
    HabitKind,
    Role,
)
from reminder_bot.domain.reminder import REPEATS
from reminder_bot.engine import configuring
from reminder_bot.engine.configuring import Impossible, weekday_slots
from reminder_bot.engine.planning import default_schedule
from reminder_bot.storage import habits, reminders
from reminder_bot.storage.reminders import Standing
from reminder_bot.texts.understanding import MOST_TIMES, Phrase, quoted, read_schedule, wall_time

__all__ = ["NAMES", "act", "read", "show"]

NAMES = frozenset({"habits", "habit", "add", "own", "times", "slot"})
DAYS = {"all": range(1, 8), "wd": range(1, 6), "we": range(6, 8)}
STEP = 30  # minutes
GOAL_STEP_ML = 250
LONGEST_WORDS = 40


async def show(visit: Visit) -> Screen:
    match visit.name:
        case "habits":
            return await _list(visit)
        case "habit":
            return await _habit(visit)
        case "add":
            return await _add(visit)
        case "own":
            return _own(visit)
        case "times":
            return await _times(visit)
        case _:
            return await _slot(visit)


async def act(visit: Visit) -> ScreenResult:
    match visit.name:
        case "habit":
            return await _change_habit(visit)
        case "add":
            return await _do_add(visit)
        case "times":
            return await _change_times(visit)
    raise NoSuchScreen


async def read(visit: Visit, text: str) -> ScreenResult | str:
    return await (_read_own(visit, text) if visit.name == "own" else _read_times(visit, text))


# The list


async def _list(visit: Visit) -> Screen:
    t = visit.t
    known = await _known(visit)
    standings = await reminders.list_of(visit.connection, [visit.user.id])
    lines = [f"<b>{texts.habits.title(t)}</b>"]
    for habit in known.values():
        of_habit = [each for each in standings if each.habit_id == habit.id]
        lines.append(f"{texts.names.with_sign(t, habit)} · {_in_short(visit, of_habit)}")
    if not known:
        lines.append(texts.habits.none_is_on(t))
    buttons = in_rows(
        (
            go(
                f"{texts.names.SIGN[kind]} {texts.names.habit(t, kind, habit.words)}",
                f"habit/{habit.id}",
            )
            for kind, habit in known.items()
        ),
        width=2,
    )
    add = [go(texts.habits.add_button(t), "add", "primary")] if len(known) < len(HabitKind) else []
    return Screen(
        "\n".join(lines), inline([*buttons, [*add, go(texts.buttons.back(t), "settings")]])
    )


def _in_short(visit: Visit, standings: list[Standing]) -> str:
    """When a habit is asked, in a few words: its times, or how many they are."""
    slots = {each.id: weekday_slots(visit.user, each) for each in standings}
    times = sorted(
        {
            slot
            for each in slots.values()
            for slot in each[visit.user.hours.day_of(visit.now).weekday()]
        }
    )
    if not times:
        return texts.habits.not_today(visit.t)
    if len(times) > 3:
        return texts.habits.times_a_day(visit.t, len(times))
    return ", ".join(f"{each:%H:%M}" for each in times)


async def _known(visit: Visit) -> dict[HabitKind, Habit]:
    return (await habits.list_habits(visit.connection, [visit.user.id])).get(visit.user.id, {})


# One habit


async def _find(visit: Visit) -> tuple[Habit, list[Standing]]:
    habit_id = visit.number(0)
    habit = next((each for each in (await _known(visit)).values() if each.id == habit_id), None)
    if habit is None:
        raise NoSuchScreen
    standings = await reminders.list_of(visit.connection, [visit.user.id])
    return habit, [each for each in standings if each.habit_id == habit_id]


async def _habit(visit: Visit) -> Screen:
    t = visit.t
    habit, standings = await _find(visit)
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>"]
    for each in standings:
        label = f"{_role(visit, each)}: " if len(standings) > 1 else ""
        lines += [f"{label}{line}" for line in _schedule_lines(visit, each)]
    if habit.goal_ml:
        lines += [texts.habits.goal(t, habit), texts.safety.fluid_limit(t)]
    base = f"habit/{habit.id}"
    rows = [
        [
            go(
                _times_label(visit, each, len(standings)),
                f"times/{each.id}/{_group_of(visit, each)}",
            )
            for each in standings
        ]
    ]
    if habit.goal_ml:
        rows += [
            [
                do(texts.habits.less_button(t, GOAL_STEP_ML), f"{base}/goal/less"),
                do(texts.habits.more_button(t, GOAL_STEP_ML), f"{base}/goal/more"),
                do(texts.habits.glass_button(t, habit.portion_ml), f"{base}/glass"),
            ]
        ]
    repeated = _repeated(standings)
    repeat = texts.habits.repeat_button(t, repeated.repeats)
    sound = texts.habits.sound_button(t, is_loud=standings[0].is_loud)
    rows += [
        [do(repeat, f"{base}/repeat"), do(sound, f"{base}/sound")],
        [
            do(texts.habits.remove_button(t), f"{base}/remove", "danger"),
            go(texts.buttons.back(t), "habits"),
        ],
    ]
    return Screen("\n".join(lines), inline(rows))


def _repeated(standings: list[Standing]) -> Standing:
    """The reminder whose repeats are set: bedtime's evening prompt, else the question."""
    return next((each for each in standings if each.role is Role.WIND_DOWN), standings[0])


def _role(visit: Visit, standing: Standing) -> str:
    return (
        texts.habits.evening(visit.t)
        if standing.role is Role.WIND_DOWN
        else texts.habits.morning(visit.t)
    )


def _times_label(visit: Visit, standing: Standing, count: int) -> str:
    return texts.habits.times_button(visit.t) if count == 1 else _role(visit, standing)


def _schedule_lines(visit: Visit, standing: Standing) -> list[str]:
    """The days that share their times, a line each."""
    t = visit.t
    shared: dict[tuple[time, ...], list[int]] = {}
    for weekday, times in enumerate(weekday_slots(visit.user, standing), 1):
        shared.setdefault(times, []).append(weekday)
    lines = []
    for times, weekdays in shared.items():
        clock = " ".join(f"{each:%H:%M}" for each in times) or texts.habits.not_asked(t)
        lines.append(f"{texts.formats.weekdays(t, weekdays)}: {clock}")
    return lines


def _group_of(visit: Visit, standing: Standing) -> str:
    slots = weekday_slots(visit.user, standing)
    return "all" if len(set(slots)) == 1 else "wd"


async def _change_habit(visit: Visit) -> ScreenResult:
    habit, standings = await _find(visit)
    here = f"habit/{habit.id}"
    match visit.arguments[1:]:
        case ("sound",):
            for each in standings:
                await reminders.update_reminder(
                    visit.connection, each.id, is_loud=not standings[0].is_loud
                )
        case ("repeat",):
            cycle = list(REPEATS.values())
            repeated = _repeated(standings)
            following = cycle[(cycle.index(repeated.repeats) + 1) % len(cycle)]
            await reminders.update_reminder(visit.connection, repeated.id, repeats=following)
        case ("goal", "less" | "more" as way) if habit.goal_ml:
            return await _change_goal(
                visit, habit, GOAL_STEP_ML if way == "more" else -GOAL_STEP_ML
            )
        case ("glass",) if habit.portion_ml:
            place = (
                PORTIONS_ML.index(habit.portion_ml) + 1 if habit.portion_ml in PORTIONS_ML else 0
            )
            await habits.update_habit(
                visit.connection, habit.id, portion_ml=PORTIONS_ML[place % len(PORTIONS_ML)]
            )
        case ("remove",):
            await configuring.remove_habit(visit.connection, visit.user, habit.kind, visit.now)
            return ScreenResult("habits", texts.habits.removed(visit.t))
        case _:
            raise NoSuchScreen
    return ScreenResult(here)


async def _change_goal(visit: Visit, habit: Habit, by: int) -> ScreenResult:
    here = f"habit/{habit.id}"
    goal = (habit.goal_ml or 0) + by
    if not SMALLEST_GOAL_ML <= goal <= LARGEST_GOAL_ML:
        words = texts.habits.goal_out_of_range(visit.t, SMALLEST_GOAL_ML, LARGEST_GOAL_ML)
        return ScreenResult(here, words)
    await habits.update_habit(visit.connection, habit.id, goal_ml=goal)
    return ScreenResult(here)


# Adding one


async def _add(visit: Visit) -> Screen:
    t = visit.t
    known = await _known(visit)
    lines = [f"<b>{texts.habits.add_title(t)}</b>"]
    kinds = [kind for kind in HabitKind if kind not in known]
    lines += [
        f"{texts.names.SIGN[kind]} {texts.names.habit(t, kind)}: {texts.names.about(t, kind)}"
        for kind in kinds
    ]
    buttons = in_rows(
        (
            go(f"{texts.names.SIGN[kind]} {texts.names.habit(t, kind)}", "own")
            if kind is HabitKind.CUSTOM
            else do(f"{texts.names.SIGN[kind]} {texts.names.habit(t, kind)}", f"add/{kind}")
            for kind in kinds
        ),
        width=2,
    )
    return Screen("\n".join(lines), inline([*buttons, [go(texts.buttons.back(t), "habits")]]))


async def _do_add(visit: Visit) -> ScreenResult:
    kind = visit.argument(0)
    if kind not in set(HabitKind) - {HabitKind.CUSTOM}:
        raise NoSuchScreen
    return await _added(visit, HabitKind(kind))


async def _added(visit: Visit, kind: HabitKind) -> ScreenResult:
    known = await _known(visit)
    await configuring.choose_habits(visit.connection, visit.user, {*known, kind}, visit.now)
    return ScreenResult(f"habit/{(await _known(visit))[kind].id}")


def _own(visit: Visit) -> Screen:
    t = visit.t
    lines = [
        f"<b>{texts.names.SIGN[HabitKind.CUSTOM]} {texts.habits.own_title(t)}</b>",
        texts.habits.ask_own_words(t),
    ]
    return Screen("\n".join(lines), inline([[go(texts.buttons.back(t), "add")]]), is_asking=True)


async def _read_own(visit: Visit, text: str) -> ScreenResult | str:
    words = quoted(text.strip().rstrip("?"), LONGEST_WORDS)
    if not words:
        return texts.errors.not_understood(visit.t)
    onward = await _added(visit, HabitKind.CUSTOM)
    await habits.update_habit(
        visit.connection, (await _known(visit))[HabitKind.CUSTOM].id, words=words
    )
    return onward


# Times


async def _standing(visit: Visit) -> tuple[Habit, Standing, str]:
    reminder_id, group = visit.number(0), visit.argument(1)
    standings = await reminders.list_of(visit.connection, [visit.user.id])
    standing = next((each for each in standings if each.id == reminder_id), None)
    if standing is None or group not in DAYS:
        raise NoSuchScreen
    return (await _known(visit))[standing.kind], standing, group


async def _times(visit: Visit) -> Screen:
    t = visit.t
    habit, standing, group = await _standing(visit)
    base = f"times/{standing.id}/{group}"
    slots = weekday_slots(visit.user, standing)[DAYS[group][0] - 1]
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>", *_schedule_lines(visit, standing), ""]
    lines.append(texts.habits.send_other_times(t))
    if len(slots) > 1:
        lines.append(texts.habits.tap_removes_a_time(t))
    removing = (
        [do(f"✕ {each:%H:%M}", f"{base}/x{each:%H%M}") for each in slots] if len(slots) > 1 else []
    )
    groups = texts.formats.day_groups(t)
    rows = [
        [
            go(texts.buttons.ticked(name, each == group), f"times/{standing.id}/{each}")
            for each, name in groups.items()
        ],
        *in_rows(removing),
        [
            do(texts.habits.earlier_button(t, STEP), f"{base}/earlier"),
            do(texts.habits.later_button(t, STEP), f"{base}/later"),
        ],
        [
            go(texts.habits.add_time_button(t), f"slot/{standing.id}/{group}"),
            do(texts.habits.usual_times_button(t), f"{base}/usual"),
        ],
        [go(texts.buttons.back(t), f"habit/{habit.id}")],
    ]
    return Screen("\n".join(lines), inline(rows), is_asking=True)


async def _slot(visit: Visit) -> Screen:
    """Whole hours of the waking day; minutes are typed."""
    t = visit.t
    habit, standing, group = await _standing(visit)
    base = f"times/{standing.id}/{group}"
    hours = visit.user.hours.weekend if group == "we" else visit.user.hours.weekdays
    whole = [wall(each * 60) for each in range(24)]
    waking = sorted(
        (each for each in whole if not hours.are_quiet_at(each)),
        key=lambda each: (minutes(each) - minutes(hours.wake)) % 1440,
    )
    buttons = in_rows((do(f"{each:%H:%M}", f"{base}/a{each:%H%M}") for each in waking), width=4)
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>", texts.habits.ask_time_to_add(t)]
    return Screen("\n".join(lines), inline([*buttons, [go(texts.buttons.back(t), base)]]))


async def _change_times(visit: Visit) -> ScreenResult:
    _, standing, group = await _standing(visit)
    here, what = f"times/{standing.id}/{group}", visit.argument(2)
    if what == "usual":
        usual = default_schedule(visit.user, standing.kind, standing.role).slots
        changed = {weekday: usual[weekday - 1] for weekday in DAYS[group]}
    else:
        slots = weekday_slots(visit.user, standing)
        changed = {weekday: _changed(slots[weekday - 1], what) for weekday in DAYS[group]}
    return await _set(visit, standing, changed, here)


def _changed(slots: tuple[time, ...], what: str) -> tuple[time, ...]:
    if what in {"earlier", "later"}:
        by = STEP if what == "later" else -STEP
        return tuple(wall(minutes(each) + by) for each in slots)
    slot = wall_time(what[1:])
    if slot is None:
        raise NoSuchScreen
    if what[0] == "x":
        return tuple(each for each in slots if each != slot) or slots
    if what[0] == "a":
        return (*slots, slot)
    raise NoSuchScreen


async def _read_times(visit: Visit, text: str) -> ScreenResult | str:
    """A phrase sets the days it names; a bare time sets those of the group on the screen."""
    _, standing, group = await _standing(visit)
    phrase: Phrase | None = read_schedule(text)
    if phrase is None:
        return texts.habits.not_times(visit.t, quoted(text))
    weekdays = phrase.weekdays if len(phrase.weekdays) < 7 else frozenset(DAYS[group])
    changed = dict.fromkeys(weekdays, phrase.times)
    after = "wd" if len(weekdays) < 7 else "all"
    return await _set(visit, standing, changed, f"times/{standing.id}/{after}")


async def _set(
    visit: Visit, standing: Standing, changed: dict[int, tuple[time, ...]], here: str
) -> ScreenResult:
    if any(len(times) > MOST_TIMES for times in changed.values()):
        return ScreenResult(here, texts.habits.too_many_times(visit.t, MOST_TIMES))
    slots = weekday_slots(visit.user, standing)
    if all(set(slots[weekday - 1]) == set(times) for weekday, times in changed.items()):
        return ScreenResult(here, texts.errors.set_already(visit.t))
    try:
        await configuring.set_slots(visit.connection, visit.user, standing, changed, visit.now)
    except Impossible as impossible:
        return ScreenResult(here, texts.errors.impossible(visit.t, impossible), is_alert=True)
    return ScreenResult(here)

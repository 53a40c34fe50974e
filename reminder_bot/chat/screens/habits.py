"""/habits: which habits are on, when each is asked, how loudly and how often.

    habits ─┬▶ habit/ID ─▶ times/REMINDER/GROUP ─▶ slot/REMINDER/GROUP (add a time by buttons)
            └▶ add ─▶ own (the words of a custom habit, typed)

Times are changed by buttons for a group of days (all, wd: Monday to Friday, we: the weekend), or by
a typed phrase. Times in quiet hours are refused with the reason.
"""

from dataclasses import replace
from datetime import time
from typing import assert_never

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
from reminder_bot.domain.possible import is_possible
from reminder_bot.domain.reminder import REPEATS
from reminder_bot.engine import configuring
from reminder_bot.engine.configuring import Impossible, weekday_slots
from reminder_bot.engine.planning import default_schedule
from reminder_bot.storage import habits, reminders
from reminder_bot.storage.reminders import Reminder
from reminder_bot.texts.understanding import (
    MOST_TIMES,
    Phrase,
    is_answer,
    quoted,
    read_schedule,
    wall_time,
)

__all__ = ["NAMES", "act", "read", "show"]

NAMES = frozenset({"habits", "habit", "add", "own", "times", "slot"})
DAYS = {"all": range(1, 8), "wd": range(1, 6), "we": range(6, 8)}
STEP = 30  # minutes
GOAL_STEP_ML = 250
LIMIT_STEP_ML = 50  # the number of a care team is seldom a number of glasses
LONGEST_WORDS = 40


def show(visit: Visit) -> Screen:
    match visit.name:
        case "habits":
            return _list(visit)
        case "habit":
            return _habit(visit)
        case "add":
            return _add(visit)
        case "own":
            return _own(visit)
        case "times":
            return _times(visit)
        case _:
            return _slot(visit)


def act(visit: Visit) -> ScreenResult:
    match visit.name:
        case "habit":
            return _change_habit(visit)
        case "add":
            return _do_add(visit)
        case "times":
            return _change_times(visit)
    raise NoSuchScreen


def read(visit: Visit, text: str) -> ScreenResult | str:
    return _read_own(visit, text) if visit.name == "own" else _read_times(visit, text)


# The list


def _list(visit: Visit) -> Screen:
    t = visit.t
    known = _known(visit)
    all_reminders = reminders.list_reminders(visit.connection, [visit.user.id])
    lines = [f"<b>{texts.habits.title(t)}</b>"]
    for habit in known.values():
        of_habit = [each for each in all_reminders if each.habit_id == habit.id]
        asked = texts.habits.not_asked(t) if habit.is_limit else _in_short(visit, of_habit)
        lines.append(f"{texts.names.with_sign(t, habit)} · {asked}")
    if not known:
        lines.append(texts.habits.none_is_on(t))
    buttons = in_rows(
        (
            go(
                f"{kind.spec.sign} {texts.names.habit(t, kind, habit.words)}",
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


def _in_short(visit: Visit, of_habit: list[Reminder]) -> str:
    """When a habit is asked today: its times, or only their number if there are many."""
    slots = {each.id: weekday_slots(visit.user, each) for each in of_habit}
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


def _known(visit: Visit) -> dict[HabitKind, Habit]:
    return habits.list_habits(visit.connection, [visit.user.id]).get(visit.user.id, {})


# One habit


def _find(visit: Visit) -> tuple[Habit, list[Reminder]]:
    habit_id = visit.number(0)
    habit = next((each for each in _known(visit).values() if each.id == habit_id), None)
    if habit is None:
        raise NoSuchScreen
    all_reminders = reminders.list_reminders(visit.connection, [visit.user.id])
    return habit, [each for each in all_reminders if each.habit_id == habit_id]


def _habit(visit: Visit) -> Screen:
    t = visit.t
    habit, of_habit = _find(visit)
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>"]
    for each in of_habit:
        label = f"{_role(visit, each)}: " if len(of_habit) > 1 else ""
        lines += [f"{label}{line}" for line in _schedule_lines(visit, each)]
    if habit.goal_ml:
        line = texts.habits.limit if habit.is_limit else texts.habits.goal
        lines += [line(t, habit), texts.water.what_counts(t)]
        if not configuring.can_be_reached(visit.connection, visit.user, habit):
            lines += [texts.habits.too_few_questions(t)]
        if not habit.is_limit:
            lines += [texts.safety.fluid_limit(t)]
    base = f"habit/{habit.id}"
    rows = [
        [
            go(
                _times_label(visit, each, len(of_habit)),
                f"times/{each.id}/{_group_of(visit, each)}",
            )
            for each in of_habit
        ]
    ]
    if habit.goal_ml:
        step = _step(habit)
        rows += [
            [
                do(texts.habits.less_button(t, step), f"{base}/goal/less"),
                do(texts.habits.more_button(t, step), f"{base}/goal/more"),
                do(texts.habits.glass_button(t, habit.portion_ml), f"{base}/glass"),
            ],
            [do(texts.habits.limit_button(t, is_on=habit.is_limit), f"{base}/limit")],
        ]
    repeated = _repeated(of_habit)
    repeat = texts.habits.repeat_button(t, repeated.repeats)
    sound = texts.habits.sound_button(t, is_loud=of_habit[0].is_loud)
    rows += [
        [do(repeat, f"{base}/repeat"), do(sound, f"{base}/sound")],
        [
            do(texts.habits.remove_button(t), f"{base}/remove", "danger"),
            go(texts.buttons.back(t), "habits"),
        ],
    ]
    return Screen("\n".join(lines), inline(rows))


def _repeated(of_habit: list[Reminder]) -> Reminder:
    """The reminder whose repeats can be set: the evening prompt of bedtime, otherwise the
    question.
    """
    return next((each for each in of_habit if each.role is Role.WIND_DOWN), of_habit[0])


def _role(visit: Visit, reminder: Reminder) -> str:
    match reminder.role:
        case Role.WIND_DOWN:
            return texts.habits.evening(visit.t)
        case Role.QUESTION:
            return texts.habits.morning(visit.t)
        case _:
            assert_never(reminder.role)


def _times_label(visit: Visit, reminder: Reminder, count: int) -> str:
    return texts.habits.times_button(visit.t) if count == 1 else _role(visit, reminder)


def _schedule_lines(visit: Visit, reminder: Reminder) -> list[str]:
    """One line for each group of days with the same times."""
    t = visit.t
    shared: dict[tuple[time, ...], list[int]] = {}
    for weekday, times in enumerate(weekday_slots(visit.user, reminder), 1):
        shared.setdefault(times, []).append(weekday)
    lines = []
    for times, weekdays in shared.items():
        clock = " ".join(f"{each:%H:%M}" for each in times) or texts.habits.not_asked(t)
        lines.append(f"{texts.formats.weekdays(t, weekdays)}: {clock}")
    return lines


def _group_of(visit: Visit, reminder: Reminder) -> str:
    slots = weekday_slots(visit.user, reminder)
    return "all" if len(set(slots)) == 1 else "wd"


def _change_habit(visit: Visit) -> ScreenResult:
    habit, of_habit = _find(visit)
    here = f"habit/{habit.id}"
    match visit.arguments[1:]:
        case ("sound",):
            for each in of_habit:
                reminders.update_reminder(
                    visit.connection, each.id, is_loud=not of_habit[0].is_loud
                )
        case ("repeat",):
            cycle = list(REPEATS.values())
            repeated = _repeated(of_habit)
            following = cycle[(cycle.index(repeated.repeats) + 1) % len(cycle)]
            reminders.update_reminder(visit.connection, repeated.id, repeats=following)
        case ("goal", "less" | "more" as way) if habit.goal_ml:
            return _change_goal(visit, habit, _step(habit) if way == "more" else -_step(habit))
        case ("limit",) if habit.goal_ml:
            configuring.set_limit(
                visit.connection, visit.user, habit, visit.now, is_limit=not habit.is_limit
            )
        case ("glass",) if habit.portion_ml:
            return _change_glass(visit, habit)
        case ("remove",):
            configuring.remove_habit(visit.connection, visit.user, habit.kind, visit.now)
            return ScreenResult("habits", texts.habits.removed(visit.t))
        case _:
            raise NoSuchScreen
    return ScreenResult(here)


def _step(habit: Habit) -> int:
    return LIMIT_STEP_ML if habit.is_limit else GOAL_STEP_ML


def _change_goal(visit: Visit, habit: Habit, by: int) -> ScreenResult:
    here = f"habit/{habit.id}"
    goal = (habit.goal_ml or 0) + by
    if not SMALLEST_GOAL_ML <= goal <= LARGEST_GOAL_ML:
        words = texts.habits.goal_out_of_range(visit.t, SMALLEST_GOAL_ML, LARGEST_GOAL_ML)
        return ScreenResult(here, words)
    try:
        added = configuring.set_goal(visit.connection, visit.user, habit, goal, visit.now)
    except configuring.OutOfReach as out_of_reach:
        words = texts.habits.goal_out_of_reach(visit.t, habit, goal, out_of_reach.needed)
        return ScreenResult(here, words, is_alert=True)
    return ScreenResult(here, texts.habits.questions_added(visit.t, added) if added else "")


def _change_glass(visit: Visit, habit: Habit) -> ScreenResult:
    """Go on to the next size with which the questions can reach the goal."""
    here, sizes = f"habit/{habit.id}", list(PORTIONS_ML)
    place = sizes.index(habit.portion_ml) + 1 if habit.portion_ml in sizes else 0
    for size in sizes[place:] + sizes[:place]:
        other = replace(habit, portion_ml=size)
        if configuring.can_be_reached(visit.connection, visit.user, other):
            if size == habit.portion_ml:
                break
            configuring.set_portion(visit.connection, visit.user, habit, size, visit.now)
            return ScreenResult(here)
    return ScreenResult(here, texts.habits.no_other_glass(visit.t, habit), is_alert=True)


# Adding one


def _add(visit: Visit) -> Screen:
    t = visit.t
    known = _known(visit)
    lines = [f"<b>{texts.habits.add_title(t)}</b>"]
    kinds = [kind for kind in HabitKind if kind not in known]
    for kind in kinds:
        about = texts.habit_words.words_of(kind).about(t)
        lines.append(f"{kind.spec.sign} {texts.names.habit(t, kind)}: {about}")
    buttons = in_rows(
        (
            go(f"{kind.spec.sign} {texts.names.habit(t, kind)}", "own")
            if kind is HabitKind.CUSTOM
            else do(f"{kind.spec.sign} {texts.names.habit(t, kind)}", f"add/{kind}")
            for kind in kinds
        ),
        width=2,
    )
    return Screen("\n".join(lines), inline([*buttons, [go(texts.buttons.back(t), "habits")]]))


def _do_add(visit: Visit) -> ScreenResult:
    kind = visit.argument(0)
    if kind not in set(HabitKind) - {HabitKind.CUSTOM}:
        raise NoSuchScreen
    return _added(visit, HabitKind(kind))


def _added(visit: Visit, kind: HabitKind) -> ScreenResult:
    known = _known(visit)
    configuring.choose_habits(visit.connection, visit.user, {*known, kind}, visit.now)
    return ScreenResult(f"habit/{_known(visit)[kind].id}")


def _own(visit: Visit) -> Screen:
    t = visit.t
    lines = [
        f"<b>{HabitKind.CUSTOM.spec.sign} {texts.habits.own_title(t)}</b>",
        texts.habits.ask_own_words(t),
    ]
    return Screen("\n".join(lines), inline([[go(texts.buttons.back(t), "add")]]), is_asking=True)


def _read_own(visit: Visit, text: str) -> ScreenResult | str:
    words = quoted(text.strip().rstrip("?"), LONGEST_WORDS)
    if not words:
        return texts.errors.not_understood(visit.t)
    if is_answer(words):  # to a question, perhaps: it names no habit
        return texts.habits.not_own_words(visit.t, words)
    result = _added(visit, HabitKind.CUSTOM)
    habits.update_habit(visit.connection, _known(visit)[HabitKind.CUSTOM].id, words=words)
    return result


# Times


def _reminder(visit: Visit) -> tuple[Habit, Reminder, str]:
    reminder_id, group = visit.number(0), visit.argument(1)
    all_reminders = reminders.list_reminders(visit.connection, [visit.user.id])
    reminder = next((each for each in all_reminders if each.id == reminder_id), None)
    if reminder is None or group not in DAYS:
        raise NoSuchScreen
    return _known(visit)[reminder.kind], reminder, group


def _times(visit: Visit) -> Screen:
    t = visit.t
    habit, reminder, group = _reminder(visit)
    base = f"times/{reminder.id}/{group}"
    slots = weekday_slots(visit.user, reminder)[DAYS[group][0] - 1]
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>", *_schedule_lines(visit, reminder), ""]
    lines.append(texts.habits.send_other_times(t))
    if len(slots) > 1:
        lines.append(texts.habits.tap_removes_a_time(t))
    removing = (
        [do(f"✕ {each:%H:%M}", f"{base}/x{each:%H%M}") for each in slots] if len(slots) > 1 else []
    )
    groups = texts.formats.day_groups(t)
    rows = [
        [
            go(texts.buttons.ticked(name, each == group), f"times/{reminder.id}/{each}")
            for each, name in groups.items()
        ],
        *in_rows(removing),
        [
            do(label, f"{base}/{way}")
            for way, label in (
                ("earlier", texts.habits.earlier_button(t, STEP)),
                ("later", texts.habits.later_button(t, STEP)),
            )
            if _is_possible(visit, reminder, group, way)
        ],
        [
            go(texts.habits.add_time_button(t), f"slot/{reminder.id}/{group}"),
            do(texts.habits.usual_times_button(t), f"{base}/usual"),
        ],
        [go(texts.buttons.back(t), f"habit/{habit.id}")],
    ]
    return Screen("\n".join(lines), inline(rows), is_asking=True)


def _slot(visit: Visit) -> Screen:
    """The full hours outside quiet hours; other times can be typed."""
    t = visit.t
    habit, reminder, group = _reminder(visit)
    base = f"times/{reminder.id}/{group}"
    hours = visit.user.hours.weekend if group == "we" else visit.user.hours.weekdays
    whole = [wall(each * 60) for each in range(24)]
    waking = sorted(
        (
            each
            for each in whole
            if all(is_possible(visit.user.hours, weekday, each) for weekday in DAYS[group])
        ),
        key=lambda each: (minutes(each) - minutes(hours.wake)) % 1440,
    )
    buttons = in_rows((do(f"{each:%H:%M}", f"{base}/a{each:%H%M}") for each in waking), width=4)
    lines = [f"<b>{texts.names.with_sign(t, habit)}</b>", texts.habits.ask_time_to_add(t)]
    return Screen(
        "\n".join(lines), inline([*buttons, [go(texts.buttons.back(t), base)]]), is_asking=True
    )


def _change_times(visit: Visit) -> ScreenResult:
    _, reminder, group = _reminder(visit)
    here, what = f"times/{reminder.id}/{group}", visit.argument(2)
    if what == "usual":
        usual = default_schedule(visit.user, reminder.kind, reminder.role).slots
        changed = {weekday: usual[weekday - 1] for weekday in DAYS[group]}
    else:
        slots = weekday_slots(visit.user, reminder)
        changed = {weekday: _changed(slots[weekday - 1], what) for weekday in DAYS[group]}
    return _set(visit, reminder, changed, here)


def _is_possible(visit: Visit, reminder: Reminder, group: str, what: str) -> bool:
    """Whether all times are outside quiet hours after this change."""
    slots = weekday_slots(visit.user, reminder)
    return all(
        is_possible(visit.user.hours, weekday, slot)
        for weekday in DAYS[group]
        for slot in _changed(slots[weekday - 1], what)
    )


def _changed(slots: tuple[time, ...], what: str) -> tuple[time, ...]:
    if what in {"earlier", "later"}:
        by = STEP if what == "later" else -STEP
        return tuple(wall(minutes(each) + by) for each in slots)
    slot = wall_time(what[1:])
    if slot is None:
        raise NoSuchScreen
    if what[0] == "x":
        # The last time stays: an old message may still have a button to remove it.
        return tuple(each for each in slots if each != slot) or slots
    if what[0] == "a":
        return (*slots, slot)
    raise NoSuchScreen


def _read_times(visit: Visit, text: str) -> ScreenResult | str:
    """A phrase that names days sets those; a time alone sets the group that the screen shows. On
    the screen that adds a time it is added.
    """
    _, reminder, group = _reminder(visit)
    phrase: Phrase | None = read_schedule(text)
    if phrase is None:
        return texts.habits.not_times(visit.t, quoted(text))
    # A phrase without days means all seven of them.
    weekdays = phrase.weekdays if len(phrase.weekdays) < 7 else frozenset(DAYS[group])
    changed = dict.fromkeys(weekdays, phrase.times)
    if visit.name == "slot":
        slots = weekday_slots(visit.user, reminder)
        changed = {each: (*slots[each - 1], *phrase.times) for each in weekdays}
    after = "wd" if len(weekdays) < 7 else "all"
    return _set(visit, reminder, changed, f"times/{reminder.id}/{after}")


def _set(
    visit: Visit, reminder: Reminder, changed: dict[int, tuple[time, ...]], here: str
) -> ScreenResult:
    if any(len(times) > MOST_TIMES for times in changed.values()):
        return ScreenResult(here, texts.habits.too_many_times(visit.t, MOST_TIMES))
    slots = weekday_slots(visit.user, reminder)
    if all(set(slots[weekday - 1]) == set(times) for weekday, times in changed.items()):
        return ScreenResult(here, texts.errors.set_already(visit.t))
    try:
        configuring.set_slots(visit.connection, visit.user, reminder, changed, visit.now)
    except Impossible as impossible:
        return ScreenResult(here, texts.errors.impossible(visit.t, impossible), is_alert=True)
    return ScreenResult(here)

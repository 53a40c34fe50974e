"""Set-up: one card that is edited from step to step; it takes under a minute, without typing.

    welcome ─▶ zone (by clock; a city or location is checked by its clock)
            ─▶ hours (wake and sleep) ─▶ habits and diet ─▶ done: the plan

The step and its view (`setup_view`) are stored, so a restart resumes at the same step. When the
user types, the card moves below what they typed: a new message is sent and the old one deleted.

The card with the plan offers to record something at once ("had a glass?"); that is an ordinary
entry.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Unpack, assert_never

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.chat.keyboards import (
    PAIRS,
    SLEEP_AFTER,
    WAKES,
    Button,
    Keyboard,
    button,
    in_rows,
    inline,
)
from reminder_bot.chat.screens.zone_picker import picker, zone_of_clock
from reminder_bot.content.cities import Found, find
from reminder_bot.domain.food import Diet
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.possible import nearest
from reminder_bot.domain.user import Setup, User
from reminder_bot.domain.zone import guess, is_known
from reminder_bot.engine.configuring import choose_habits, set_hours, weekday_slots
from reminder_bot.engine.entries import record_entry, rows_of
from reminder_bot.engine.planning import reschedule
from reminder_bot.storage import digests, reminders, users
from reminder_bot.storage.check_ins import has_been_asked
from reminder_bot.storage.database import Connection
from reminder_bot.storage.entries import undo_single
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.notices import delete_unsent_notices, insert_notice
from reminder_bot.storage.users import USUAL_HOURS, UserChanges
from reminder_bot.texts.translation import Translation, translation
from reminder_bot.texts.understanding import is_answer, quoted, read_times, wall_time

__all__ = [
    "VERBS",
    "check_zone",
    "handle_tap",
    "handle_text",
    "plan_nudge",
    "resume",
    "setup_card",
]

VERBS = frozenset(
    {
        "start",
        "all",
        "clock",
        "city",
        "place",
        "zone",
        "hours",
        "wake",
        "sleep",
        "back",
        "skip",
        "habit",
        "diet",
        "diets",
        "notes",
        "ready",
        "try",
        "untry",
    }
)
# What most people look for; the other ticks are behind a button.
FIRST_DIETS = (Diet.VEGAN, Diet.NO_DAIRY, Diet.NO_GLUTEN)
# The views that say why the last answer was not taken.
ERRORS = frozenset({"lost", "nowhere", "impossible", "none"})
NUDGE_AFTER, NUDGE_FOR = timedelta(days=1), timedelta(hours=12)


def plan_nudge(connection: Connection, user_id: int, now: datetime) -> None:
    """Plan one reminder to finish the set-up, a day from now."""
    delete_unsent_notices(connection, user_id, NoticeKind.NUDGE)
    due_at = now + NUDGE_AFTER
    insert_notice(connection, user_id, NoticeKind.NUDGE, due_at, due_at + NUDGE_FOR)


# The card


def setup_card(connection: Connection, user: User, now: datetime) -> tuple[str, Keyboard]:
    """The text and buttons of the set-up card at the user's step."""
    t = translation(user.language)
    match user.setup:
        case Setup.WELCOME:
            return texts.setup.welcome(t), inline(
                [[button(texts.setup.start_button(t), data("start"), "success")]]
            )
        case Setup.ZONE:
            return _zone_card(t, user, now)
        case Setup.HOURS:
            return _hours_card(t, user, now)
        case Setup.HABITS:
            return _habits_card(t, user)
        case Setup.DONE:
            return _plan_card(connection, t, user, now)
        case _:
            assert_never(user.setup)


def _zone_card(t: Translation, user: User, now: datetime) -> tuple[str, Keyboard]:
    view, _, argument = user.setup_view.partition(":")
    text, rows = picker(t, now, guess(user.language), view, argument, data)
    return text, inline([*rows, [button(texts.buttons.back(t), data("back"))]])


def _hours_card(t: Translation, user: User, now: datetime) -> tuple[str, Keyboard]:
    view, _, argument = user.setup_view.partition(":")
    back = [button(texts.buttons.back(t), data("back"))]
    if view == "wake":
        wakes = in_rows(button(f"{wake:%H:%M}", data("wake", f"{wake:%H%M}")) for wake in WAKES)
        return texts.hours.ask_wake(t), inline([*wakes, back])
    if view == "sleep":
        hour, minute = int(argument[:2]), int(argument[2:])
        sleeps = [time((hour + later) % 24, minute) for later in SLEEP_AFTER]
        rows = in_rows(
            button(f"{sleep:%H:%M}", data("sleep", f"{argument}-{sleep:%H%M}")) for sleep in sleeps
        )
        return texts.hours.ask_sleep(t), inline([*rows, back])
    pairs = [
        button(
            texts.formats.hours_pair(each.wake, each.sleep),
            data("hours", f"{each.wake:%H%M}-{each.sleep:%H%M}"),
        )
        for each in PAIRS
    ]
    rows = [
        pairs,
        [button(texts.buttons.other(t), data("wake"))],
        [*back, button(texts.buttons.skip(t), data("skip"))],
    ]
    if view == "lost":
        return texts.hours.not_two_times(t, argument), inline(rows)
    if view == "impossible":
        return texts.hours.impossible(t), inline(rows)
    return texts.setup.ask_hours(t, user, now), inline(rows)


def _habits_card(t: Translation, user: User) -> tuple[str, Keyboard]:
    view, off = _habits_view(user)
    back = button(texts.buttons.back(t), data("back"))
    if view == "notes":
        more = button(texts.safety.more_button(t), data("notes", "more"))
        return texts.safety.health_notes(t), inline([[more], [back]])
    if view == "more-notes":
        return texts.safety.more_health_notes(t), inline([[back]])
    if view == "diets":
        ticks = in_rows((_tick(t, user, each) for each in Diet), width=2)
        return texts.setup.ask_diets(t), inline([*ticks, [back]])
    habits = in_rows(
        (
            button(
                texts.buttons.ticked(
                    f"{kind.spec.sign} {texts.names.habit(t, kind)}", kind not in off
                ),
                data("habit", kind),
            )
            for kind in OFFERED_AT_SETUP
        ),
        width=2,
    )
    others = len(user.diet - {*FIRST_DIETS})
    more = button(texts.setup.more_diets_button(t, others), data("diets"))
    diet = in_rows([*(_tick(t, user, each) for each in FIRST_DIETS), more], width=2)
    rows = [
        *habits,
        *diet,
        [button(texts.safety.health_notes_button(t), data("notes"))],
        [button(texts.setup.ready_button(t), data("ready"), "success")],
        [back, button(texts.buttons.skip(t), data("skip"))],
    ]
    return texts.setup.ask_habits(t, user, is_none_chosen=view == "none"), inline(rows)


def _tick(t: Translation, user: User, diet: Diet) -> Button:
    return button(
        texts.buttons.ticked(texts.names.diet(t, diet), diet in user.diet), data("diet", diet)
    )


def _habits_view(user: User) -> tuple[str, frozenset[HabitKind]]:
    """The view of the habits step, and which of the four habits are not ticked."""
    view, _, off = user.setup_view.partition(":")
    return view, frozenset(HabitKind(each) for each in off.split(",") if each)


def _plan_card(
    connection: Connection, t: Translation, user: User, now: datetime
) -> tuple[str, Keyboard]:
    of_user = reminders.list_reminders(connection, [user.id])
    due = [each.next_due_at for each in of_user if each.next_due_at is not None]
    # Check-ins on the busiest weekday.
    asks = max(
        (sum(len(weekday_slots(user, each)[day]) for each in of_user) for day in range(7)),
        default=0,
    )
    digest_at = digests.find_digest_at(connection, user.id)
    rows = rows_of(connection, user, user.hours.day_of(now), now)
    trial = next((row for row in rows if row.habit.kind.spec.is_tried_at_setup), None)
    lines = [texts.setup.plan(t, user, min(due, default=None), digest_at, asks, now)]
    view, _, entry_id = user.setup_view.partition(":")
    if trial is None or view == "no":
        return lines[0], inline([])
    entry = next((each for each in trial.entries if str(each.id) == entry_id), None)
    if entry is not None:
        lines.append(texts.setup.tried(t, user, trial, entry.recorded_at))
        return "\n\n".join(lines), inline([[button(texts.buttons.undo(t), data("untry"))]])
    if has_been_asked(connection, user.id):
        # After the first check-in the card offers no trial and no step back.
        return lines[0], inline([])
    lines.append(texts.setup.ask_to_try(t, trial.habit.kind))
    answers = [
        button(texts.buttons.yes(t), data("try", "yes"), "success"),
        button(texts.setup.not_yet_button(t), data("try", "no")),
    ]
    return "\n\n".join(lines), inline([answers, [button(texts.buttons.back(t), data("back"))]])


# Taps and typed words


def handle_tap(connection: Connection, user: User, verb: str, argument: str, now: datetime) -> None:
    """Handle a button of the card. A button of another step changes nothing: it is on an old card,
    or its tap was delivered late.
    """
    match user.setup, verb:
        case Setup.WELCOME, "start":
            _go_to(connection, user, Setup.ZONE)
        case Setup.ZONE, "all" | "city":
            _go_to(connection, user, Setup.ZONE, verb)
        case Setup.ZONE, "place" if is_known(argument):
            check_zone(connection, user, argument)
        case Setup.ZONE, "clock":
            _choose_clock(connection, user, argument, now)
        case Setup.ZONE, "zone" if is_known(argument):
            _choose_zone(connection, user, argument, now)
        case Setup.HOURS, "wake":
            _go_to(
                connection,
                user,
                Setup.HOURS,
                f"sleep:{argument}" if wall_time(argument) is not None else "wake",
            )
        case Setup.HOURS, "hours" | "sleep":
            wake, sleep = (wall_time(each) for each in (*argument.split("-"), "")[:2])
            if wake is not None and sleep is not None:
                _choose_hours(connection, user, wake, sleep, now)
        case Setup.HOURS, "skip":
            _choose_hours(connection, user, USUAL_HOURS.wake, USUAL_HOURS.sleep, now)
        case Setup.HABITS, "habit" | "diet" | "diets" | "notes":
            _toggle(connection, user, verb, argument)
        case Setup.HABITS, "ready":
            _, off = _habits_view(user)
            _finish(connection, user, frozenset(OFFERED_AT_SETUP) - off, now)
        case Setup.HABITS, "skip":
            _finish(connection, replace(user, diet=frozenset()), frozenset(OFFERED_AT_SETUP), now)
        case Setup.DONE, "try" | "untry":
            _try(connection, user, verb, argument, now)
        case _, "back":
            _go_back(connection, user, now)


def handle_text(connection: Connection, user: User, text: str, now: datetime) -> None:
    """Read a city or two times, at the steps that ask for them."""
    short = quoted(text, 40)
    if user.setup is Setup.ZONE:
        # Words like "yes" may be spelled like a city.
        found = Found() if is_answer(short) else find(short, now)
        if found.zone is not None:
            check_zone(connection, user, found.zone)
        elif found.cities:
            _go_to(connection, user, Setup.ZONE, f"find:{short}")
        else:
            _go_to(connection, user, Setup.ZONE, f"lost:{quoted(text)}")
    elif user.setup is Setup.HOURS:
        times = read_times(text)
        if times is None or len(times) != 2:
            _go_to(connection, user, Setup.HOURS, f"lost:{quoted(text)}")
        else:
            _choose_hours(connection, user, *times, now)


def resume(connection: Connection, user: User) -> None:
    """Take an error off the card, which is about to be shown again: it was told when it came."""
    view, _, rest = user.setup_view.partition(":")
    if view in ERRORS:
        _go_to(connection, user, user.setup, f"off:{rest}" if user.setup is Setup.HABITS else "")


def check_zone(connection: Connection, user: User, zone: str | None) -> None:
    """Ask whether the clock of this zone is the user's, if the set-up is at the step that asks for
    the zone; otherwise do nothing.

    zone: None if no zone was found for the location.
    """
    if user.setup is Setup.ZONE:
        _go_to(connection, user, Setup.ZONE, "nowhere" if zone is None else f"check:{zone}")


def _choose_zone(connection: Connection, user: User, zone: str, now: datetime) -> None:
    if list_habits(connection, [user.id]):  # set up before, but the zone was lost
        _go_to(connection, user, Setup.DONE, zone=zone)
        reschedule(connection, replace(user, setup=Setup.DONE, zone=zone), now)
    else:
        _go_to(connection, user, Setup.HOURS, zone=zone)


def _choose_clock(connection: Connection, user: User, argument: str, now: datetime) -> None:
    zones = zone_of_clock(now, argument, guess(user.language))
    if len(zones) == 1:
        _choose_zone(connection, user, zones[0], now)
    elif zones:
        _go_to(connection, user, Setup.ZONE, f"clock:{argument}")


def _choose_hours(
    connection: Connection, user: User, wake: time, sleep: time, now: datetime
) -> None:
    try:
        hours = DayHours(wake, sleep)
    except ValueError:
        _go_to(connection, user, Setup.HOURS, "impossible")
        return
    if list_habits(connection, [user.id]):  # the user went back to change the hours
        set_hours(connection, user, hours, None, now)
    changed = replace(user, weekday_hours=hours, weekend_hours=None)
    _go_to(
        connection,
        user,
        Setup.HABITS,
        "off:",
        wake=wake,
        sleep=sleep,
        weekend_wake=None,
        weekend_sleep=None,
        digest_at=nearest(changed.hours, user.digest_weekday, user.digest_at),
    )


def _toggle(connection: Connection, user: User, verb: str, argument: str) -> None:
    _, off = _habits_view(user)
    if verb in {"notes", "diets"}:
        view = "more-notes" if argument == "more" else verb
        _go_to(connection, user, Setup.HABITS, f"{view}:{','.join(sorted(off))}")
    elif verb == "habit" and argument in set(OFFERED_AT_SETUP):
        _go_to(
            connection, user, Setup.HABITS, f"off:{','.join(sorted(off ^ {HabitKind(argument)}))}"
        )
    elif verb == "diet" and argument in set(Diet):
        users.update_user(connection, user.id, diet=" ".join(sorted(user.diet ^ {argument})))


def _finish(connection: Connection, user: User, kinds: frozenset[HabitKind], now: datetime) -> None:
    """Finish the set-up with these habits; from here on the bot sends check-ins."""
    if not kinds:
        _go_to(connection, user, Setup.HABITS, f"none:{','.join(sorted(OFFERED_AT_SETUP))}")
        return
    _go_to(connection, user, Setup.DONE, diet=" ".join(sorted(user.diet)), asked_since=now)
    delete_unsent_notices(connection, user.id, NoticeKind.NUDGE)
    ready = replace(user, setup=Setup.DONE, asked_since=now)
    # When the set-up is reopened, habits that it does not offer may exist; they stay.
    others = list_habits(connection, [user.id]).get(user.id, {}).keys() - set(OFFERED_AT_SETUP)
    choose_habits(connection, ready, kinds | others, now)


def _try(connection: Connection, user: User, verb: str, argument: str, now: datetime) -> None:
    """Record the offered entry, or undo it; a second tap changes nothing."""
    today = user.hours.day_of(now)
    view, _, entry_id = user.setup_view.partition(":")
    if verb == "untry":
        if view == "tried":
            undo_single(connection, int(entry_id), now)
            _go_to(connection, user, Setup.DONE)
        return
    if view or has_been_asked(connection, user.id):
        return
    if argument == "no":
        _go_to(connection, user, Setup.DONE, "no")
        return
    row = next(
        (
            each
            for each in rows_of(connection, user, today, now)
            if each.habit.kind.spec.is_tried_at_setup
        ),
        None,
    )
    if row is not None:
        added = record_entry(connection, user, row.habit, today, row.habit.portion_ml, now)
        _go_to(connection, user, Setup.DONE, f"tried:{added}")


def _go_back(connection: Connection, user: User, now: datetime) -> None:
    view = user.setup_view.partition(":")[0]
    match user.setup:
        case Setup.WELCOME:
            pass
        case Setup.ZONE:
            _go_to(connection, user, Setup.ZONE if view else Setup.WELCOME)
        case Setup.HOURS if view == "sleep":
            _go_to(connection, user, Setup.HOURS, "wake")
        case Setup.HOURS:
            _go_to(connection, user, Setup.HOURS if view else Setup.ZONE)
        case Setup.HABITS if view in {"notes", "more-notes", "diets"}:
            off = ",".join(sorted(_habits_view(user)[1]))
            before = "notes" if view == "more-notes" else "off"
            _go_to(connection, user, Setup.HABITS, f"{before}:{off}")
        case Setup.HABITS:
            _go_to(connection, user, Setup.HOURS)
        case Setup.DONE:
            if not view and not has_been_asked(connection, user.id):
                _go_back_to_habits(connection, user, now)
        case _:
            assert_never(user.setup)


def _go_back_to_habits(connection: Connection, user: User, now: datetime) -> None:
    """Reopen the set-up; nothing is due until it is finished again."""
    known = list_habits(connection, [user.id]).get(user.id, {})
    off = ",".join(sorted(set(OFFERED_AT_SETUP) - known.keys()))
    _go_to(connection, user, Setup.HABITS, f"off:{off}")
    reschedule(connection, replace(user, setup=Setup.HABITS), now)
    plan_nudge(connection, user.id, now)


def _go_to(
    connection: Connection,
    user: User,
    setup: Setup,
    view: str = "",
    /,
    **changes: Unpack[UserChanges],
) -> None:
    """Set the step and its view, and other columns of the user."""
    changes["setup"], changes["setup_view"] = setup, view
    users.update_user(connection, user.id, **changes)

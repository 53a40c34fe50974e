"""Changing habits, hours, zone, digest and pauses: one short transaction each.

What is already due is planned first, so that a change never loses it. Then all future due times are
computed again. Settings that contradict each other are refused when they are set (`Impossible`).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time

from reminder_bot.domain.check_in import EVENING_BEFORE_SLEEP
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.hours import DayHours, Hours
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.schedule import Schedule
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.planning import (
    add_habits,
    default_goal,
    default_schedule,
    plan_due,
    reschedule,
)
from reminder_bot.storage import check_ins, habits, notices, pauses, reminders
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.reminders import Reminder
from reminder_bot.storage.users import update_user

__all__ = [
    "Impossible",
    "apply",
    "choose_habits",
    "pause",
    "remove_habit",
    "resume",
    "resume_due",
    "set_digest",
    "set_hours",
    "set_slots",
    "set_zone",
    "weekday_slots",
]

log = logging.getLogger(__name__)

BATCH = 100


class Impossible(Exception):
    """A setting that contradicts the others.

    slot: the wall time that would be in quiet hours; None if the hours themselves don't fit.
    kind: the habit to which the slot belongs; None for the digest.
    """

    def __init__(self, slot: time | None = None, kind: HabitKind | None = None) -> None:
        super().__init__(
            f"{slot:%H:%M} is in quiet hours" if slot is not None else "these hours don't fit"
        )
        self.slot = slot
        self.kind = kind


def choose_habits(
    connection: Connection, user: User, kinds: Iterable[HabitKind], now: datetime
) -> None:
    """Make these the user's habits: new ones get their default slots, all others are removed."""
    wanted = set(kinds)
    known = habits.list_habits(connection, [user.id]).get(user.id, {})
    for kind in known.keys() - wanted:
        remove_habit(connection, user, kind, now)
    add_habits(connection, user, [kind for kind in HabitKind if kind in wanted - known.keys()])
    reschedule(connection, user, now)


def remove_habit(connection: Connection, user: User, kind: HabitKind, now: datetime) -> None:
    """Stop asking about a habit; its entries stay for the statistics."""
    known = habits.list_habits(connection, [user.id]).get(user.id, {})
    if kind in known:
        habits.update_habit(connection, known[kind].id, removed_at=now)
        check_ins.cancel_planned(connection, known[kind].id)
        reschedule(connection, user, now)


def set_limit(
    connection: Connection, user: User, habit: Habit, now: datetime, *, is_limit: bool
) -> None:
    """Make the goal of a habit a limit, about which nothing is asked, or a goal again."""
    habits.update_habit(connection, habit.id, is_limit=is_limit)
    if is_limit:
        check_ins.cancel_planned(connection, habit.id)
    reschedule(connection, user, now)


def set_slots(
    connection: Connection,
    user: User,
    reminder: Reminder,
    slots: Mapping[int, tuple[time, ...]],
    now: datetime,
) -> None:
    """Change a reminder's wall times on some weekdays (ISO); raises Impossible if one of them is
    in quiet hours.
    """
    hours = user.hours
    changed = Schedule.parse(hours.zone, hours.day_ends, reminder.schedule).of(
        {
            weekday: tuple(sorted(set(times), key=_minutes_after(hours.day_ends)))
            for weekday, times in slots.items()
        }
    )
    _check_slots(hours, reminder.kind, changed)
    plan_due(connection, now, user.id)
    reminders.update_reminder(connection, reminder.id, schedule=changed.format())
    reschedule(connection, user, now)


def weekday_slots(user: User, reminder: Reminder) -> tuple[tuple[time, ...], ...]:
    """A reminder's wall times, Monday first."""
    return Schedule.parse(user.hours.zone, user.hours.day_ends, reminder.schedule).slots


def _minutes_after(day_ends: time) -> Callable[[time], int]:
    """A sort key for wall times in the order of a person's day: 00:30 comes after 23:30."""
    return lambda slot: (slot.hour * 60 + slot.minute - day_ends.hour * 60 - day_ends.minute) % 1440


def _check_slots(hours: Hours, kind: HabitKind, schedule: Schedule) -> None:
    for weekday, times in enumerate(schedule.slots, 1):
        of_day = hours.weekend if weekday >= 6 else hours.weekdays
        for slot in times:
            if of_day.are_quiet_at(slot):
                raise Impossible(slot, kind)


def set_hours(
    connection: Connection, user: User, weekdays: DayHours, weekend: DayHours | None, now: datetime
) -> User:
    """Set wake and sleep times; reminders at their default times move with them. Raises
    Impossible.
    """
    changed = replace(user, weekday_hours=weekdays, weekend_hours=weekend)
    try:
        hours = changed.hours
    except ValueError as error:
        raise Impossible from error
    schedules: list[tuple[Reminder, Schedule]] = []
    # With those of removed habits, which keep their settings until they are added again.
    for each in reminders.list_reminders(connection, [user.id], with_removed=True):
        if each.schedule == default_schedule(user, each.kind, each.role).format():
            schedules.append((each, default_schedule(changed, each.kind, each.role)))
        else:
            schedule = Schedule.parse(hours.zone, hours.day_ends, each.schedule)
            _check_slots(hours, each.kind, schedule)
            schedules.append((each, schedule))
    _check_digest(changed)
    plan_due(connection, now, user.id)
    update_user(
        connection,
        user.id,
        wake=weekdays.wake,
        sleep=weekdays.sleep,
        weekend_wake=weekend.wake if weekend else None,
        weekend_sleep=weekend.sleep if weekend else None,
    )
    for each, schedule in schedules:
        reminders.update_reminder(connection, each.id, schedule=schedule.format())
    _move_default_goals(connection, user, changed)
    reschedule(connection, changed, now)
    return changed


def _move_default_goals(connection: Connection, before: User, after: User) -> None:
    """A goal that was the default for the hours before becomes the default for those after."""
    for habit in habits.list_habits(connection, [after.id]).get(after.id, {}).values():
        old, new = default_goal(before, habit.kind), default_goal(after, habit.kind)
        if habit.goal_ml == old and old != new and not habit.is_limit:
            habits.update_habit(connection, habit.id, goal_ml=new)


def set_zone(connection: Connection, user: User, zone: str, now: datetime) -> User:
    """Set a user's zone: wall times stay the same, instants change."""
    plan_due(connection, now, user.id)
    changed = replace(user, zone=zone)
    update_user(connection, user.id, zone=zone)
    reschedule(connection, changed, now)
    return changed


def set_digest(connection: Connection, user: User, weekday: int, at: time, now: datetime) -> None:
    """Set the digest's weekday (ISO) and wall time; raises Impossible if it is in quiet hours."""
    changed = replace(user, digest_weekday=weekday, digest_at=at)
    _check_digest(changed)
    update_user(connection, user.id, digest_weekday=weekday, digest_at=at)
    reschedule(connection, changed, now)


def _check_digest(user: User) -> None:
    hours = user.hours.weekend if user.digest_weekday >= 6 else user.hours.weekdays
    if hours.are_quiet_at(user.digest_at):
        raise Impossible(user.digest_at)


def pause(connection: Connection, user: User, days: int | None, now: datetime) -> User:
    """Pause from now on, for `days` days including today, or until the user resumes (None)."""
    user = resume(connection, user, now)
    hours = user.hours
    until = None
    if days is not None:
        until = hours.wakes_at(hours.day_of(now) + days * ONE_DAY)
        # A notice on the last evening says that the pause ends.
        evening = hours.sleeps_at(hours.day_of(until) - ONE_DAY)
        if now < evening - EVENING_BEFORE_SLEEP:
            due_at = evening - EVENING_BEFORE_SLEEP
            notices.insert_notice(connection, user.id, NoticeKind.PAUSE_ENDS, due_at, evening)
    paused = replace(user, paused_at=now, paused_until=until)
    update_user(connection, user.id, paused_at=now, paused_until=until)
    reschedule(connection, paused, now)
    return paused


def resume(connection: Connection, user: User, now: datetime) -> User:
    """End a pause, if there is one. Its days are neutral for adherence, except the day on which it
    ends.
    """
    if user.paused_at is None:
        return user
    hours = user.hours
    first_day, last_day = hours.day_of(user.paused_at), hours.day_of(now) - ONE_DAY
    if first_day <= last_day:
        pauses.insert_pause(connection, user.id, first_day, last_day)
    notices.delete_unsent_notices(connection, user.id, NoticeKind.PAUSE_ENDS)
    resumed = replace(user, paused_at=None, paused_until=None, asked_since=now)
    update_user(connection, user.id, paused_at=None, paused_until=None, asked_since=now)
    reschedule(connection, resumed, now)
    return resumed


async def resume_due(database: Database, now: datetime) -> int:
    """One round: end the pauses that are over by `now`; returns how many."""
    next_at = await database.read(pauses.find_next_resume)
    count = 0
    while next_at is not None and next_at <= now:
        ended = await database.write(_resume_batch, now)
        count += ended
        if ended < BATCH:
            break
    return count


def _resume_batch(connection: Connection, now: datetime) -> int:
    """End one batch of pauses; returns its size, including pauses that could not be ended."""
    found = pauses.list_users_to_resume(connection, now, BATCH)
    for user in found:
        try:
            # The pause ends at the time that was set, even if the bot was down then: what was due
            # since is treated as after any downtime.
            resume(connection, user, user.paused_until or now)
        except (ValueError, KeyError, OSError) as error:  # an unknown zone
            log.error(
                "pause_not_ended",
                extra={"user": user.id, "error": error, "retry_after": UNREADABLE_RETRY},
            )
            update_user(connection, user.id, paused_until=now + UNREADABLE_RETRY)
    return len(found)


def apply(connection: Connection, user: User, suggestion: Suggestion, now: datetime) -> bool:
    """Apply a digest's suggestion; False if the reminder or its slot has changed since."""
    of_user = {each.id: each for each in reminders.list_reminders(connection, [user.id])}
    reminder = of_user.get(suggestion.reminder_id)
    if reminder is None:
        return False
    if suggestion.change is Change.REPEAT:
        reminders.update_reminder(connection, reminder.id, repeats=1)
        return True
    slots = weekday_slots(user, reminder)
    if not any(suggestion.slot in times for times in slots):
        return False
    to = (suggestion.to,) if suggestion.to is not None else ()
    changed = {
        weekday: tuple(each for each in times if each != suggestion.slot) + to
        for weekday, times in enumerate(slots, 1)
        if suggestion.slot in times
    }
    set_slots(connection, user, reminder, changed, now)
    return True

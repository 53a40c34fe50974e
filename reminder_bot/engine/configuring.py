"""What somebody changes about their habits, hours, zone, digest and pauses: one short transaction
each.

What is due in this very second is planned first, so that a change never loses it; then everything
ahead is computed anew. A pair of settings that contradict each other is refused when it is set
(`Impossible`), not found out at night.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time

from reminder_bot.domain.check_in import EVENING_BEFORE_SLEEP
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
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
from reminder_bot.storage.reminders import Standing
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
    """A setting that contradicts the others. `slot` would fall into quiet hours; None: the hours
    themselves don't fit. `kind` is the habit whose slot it is, None for the digest."""

    def __init__(self, slot: time | None = None, kind: HabitKind | None = None) -> None:
        super().__init__(
            f"{slot:%H:%M} is in quiet hours" if slot is not None else "these hours don't fit"
        )
        self.slot = slot
        self.kind = kind


async def choose_habits(
    connection: Connection, user: User, kinds: Iterable[HabitKind], now: datetime
) -> None:
    """Make these the user's habits: what is new comes with its default slots, what is not named
    is removed.
    """
    wanted = set(kinds)
    known = (await habits.list_habits(connection, [user.id])).get(user.id, {})
    for kind in known.keys() - wanted:
        await remove_habit(connection, user, kind, now)
    await add_habits(
        connection, user, [kind for kind in HabitKind if kind in wanted - known.keys()]
    )
    await reschedule(connection, user, now)


async def remove_habit(connection: Connection, user: User, kind: HabitKind, now: datetime) -> None:
    """Ask nothing more of a habit; what was recorded stays for statistics."""
    known = (await habits.list_habits(connection, [user.id])).get(user.id, {})
    if kind in known:
        await habits.update_habit(connection, known[kind].id, removed_at=now)
        await check_ins.cancel_planned(connection, known[kind].id)
        await reschedule(connection, user, now)


async def set_slots(
    connection: Connection,
    user: User,
    standing: Standing,
    slots: Mapping[int, tuple[time, ...]],
    now: datetime,
) -> None:
    """Give a reminder other wall times on some weekdays (ISO); raises Impossible for one in
    quiet hours.
    """
    hours = user.hours
    changed = Schedule.parse(hours.zone, hours.day_ends, standing.schedule).of(
        {
            weekday: tuple(sorted(set(times), key=_from(hours.day_ends)))
            for weekday, times in slots.items()
        }
    )
    _check_slots(hours, standing.kind, changed)
    await plan_due(connection, now, user.id)
    await reminders.update_reminder(connection, standing.id, schedule=changed.format())
    await reschedule(connection, user, now)


def weekday_slots(user: User, standing: Standing) -> tuple[tuple[time, ...], ...]:
    """A reminder's wall times, Monday first."""
    return Schedule.parse(user.hours.zone, user.hours.day_ends, standing.schedule).slots


def _from(day_ends: time) -> Callable[[time], int]:
    """Sorts wall times as a person's day has them: 00:30 comes after 23:30."""
    return lambda slot: (slot.hour * 60 + slot.minute - day_ends.hour * 60 - day_ends.minute) % 1440


def _check_slots(hours: Hours, kind: HabitKind, schedule: Schedule) -> None:
    for weekday, times in enumerate(schedule.slots, 1):
        of_day = hours.weekend if weekday >= 6 else hours.weekdays
        for slot in times:
            if of_day.are_quiet_at(slot):
                raise Impossible(slot, kind)


async def set_hours(
    connection: Connection, user: User, weekdays: DayHours, weekend: DayHours | None, now: datetime
) -> User:
    """Set wake and sleep time; reminders that stand at their default times follow. Raises
    Impossible.
    """
    changed = replace(user, weekday_hours=weekdays, weekend_hours=weekend)
    try:
        hours = changed.hours
    except ValueError as error:
        raise Impossible from error
    schedules: list[tuple[Standing, Schedule]] = []
    for each in await reminders.list_of(connection, [user.id], with_removed=True):
        if each.schedule == default_schedule(user, each.kind, each.role).format():
            schedules.append((each, default_schedule(changed, each.kind, each.role)))
        else:
            schedule = Schedule.parse(hours.zone, hours.day_ends, each.schedule)
            _check_slots(hours, each.kind, schedule)
            schedules.append((each, schedule))
    _check_digest(changed)
    await plan_due(connection, now, user.id)
    await update_user(
        connection,
        user.id,
        wake=weekdays.wake,
        sleep=weekdays.sleep,
        weekend_wake=weekend.wake if weekend else None,
        weekend_sleep=weekend.sleep if weekend else None,
    )
    for each, schedule in schedules:
        await reminders.update_reminder(connection, each.id, schedule=schedule.format())
    await _move_default_goal(connection, user, changed)
    await reschedule(connection, changed, now)
    return changed


async def _move_default_goal(connection: Connection, before: User, after: User) -> None:
    water = (
        (await habits.list_habits(connection, [after.id]))
        .get(after.id, {})
        .get(HabitKind.HYDRATION)
    )
    if (
        water is not None
        and water.goal_ml == default_goal(before)
        and water.goal_ml != default_goal(after)
    ):
        await habits.update_habit(connection, water.id, goal_ml=default_goal(after))


async def set_zone(connection: Connection, user: User, zone: str, now: datetime) -> User:
    """Move somebody to another zone: their wall times stay, the instants change."""
    await plan_due(connection, now, user.id)
    changed = replace(user, zone=zone)
    await update_user(connection, user.id, zone=zone)
    await reschedule(connection, changed, now)
    return changed


async def set_digest(
    connection: Connection, user: User, weekday: int, at: time, now: datetime
) -> None:
    """Set the digest's day (ISO) and wall time; raises Impossible for one in quiet hours."""
    changed = replace(user, digest_weekday=weekday, digest_at=at)
    _check_digest(changed)
    await update_user(connection, user.id, digest_weekday=weekday, digest_at=at)
    await reschedule(connection, changed, now)


def _check_digest(user: User) -> None:
    hours = user.hours.weekend if user.digest_weekday >= 6 else user.hours.weekdays
    if hours.are_quiet_at(user.digest_at):
        raise Impossible(user.digest_at)


async def pause(connection: Connection, user: User, days: int | None, now: datetime) -> User:
    """Be silent from now on: for so many days, today included, or until they come back (None)."""
    user = await resume(connection, user, now)
    hours = user.hours
    until = None
    if days is not None:
        until = hours.wakes_at(hours.day_of(now) + days * ONE_DAY)
        evening = hours.sleeps_at(hours.day_of(until) - ONE_DAY)
        if now < evening - EVENING_BEFORE_SLEEP:
            due_at = evening - EVENING_BEFORE_SLEEP
            await notices.insert_notice(connection, user.id, NoticeKind.PAUSE_ENDS, due_at, evening)
    paused = replace(user, paused_at=now, paused_until=until)
    await update_user(connection, user.id, paused_at=now, paused_until=until)
    await reschedule(connection, paused, now)
    return paused


async def resume(connection: Connection, user: User, now: datetime) -> User:
    """End a pause; its days are neutral, the one on which it ends is not."""
    if user.paused_at is None:
        return user
    hours = user.hours
    first_day, last_day = hours.day_of(user.paused_at), hours.day_of(now) - ONE_DAY
    if first_day <= last_day:
        await pauses.insert_pause(connection, user.id, first_day, last_day)
    await notices.forget_notices(connection, user.id, NoticeKind.PAUSE_ENDS)
    resumed = replace(user, paused_at=None, paused_until=None, asked_since=now)
    await update_user(connection, user.id, paused_at=None, paused_until=None, asked_since=now)
    await reschedule(connection, resumed, now)
    return resumed


async def resume_due(database: Database, now: datetime) -> int:
    """One round: end the pauses that are over by `now`; returns how many."""
    async with database.read() as connection:
        next_at = await pauses.find_next_resume(connection)
    count = 0
    while next_at is not None and next_at <= now:
        async with database.write() as connection:
            found = await pauses.list_users_to_resume(connection, now, BATCH)
            for user in found:
                try:
                    # From the pause's own end on: what was due in between is judged like after any
                    # downtime.
                    await resume(connection, user, user.paused_until or now)
                except (ValueError, KeyError, OSError) as error:  # an unknown zone; the others' end
                    log.error(
                        "pause cannot be ended user=%d: %s; next try in an hour",
                        user.id,
                        str(error)[:200],
                    )
                    await update_user(connection, user.id, paused_until=now + UNREADABLE_RETRY)
        count += len(found)
        if len(found) < BATCH:
            break
    return count


async def apply(connection: Connection, user: User, suggestion: Suggestion, now: datetime) -> bool:
    """Do what a digest suggested; False where things have changed since."""
    standings = {each.id: each for each in await reminders.list_of(connection, [user.id])}
    standing = standings.get(suggestion.reminder_id)
    if standing is None:
        return False
    if suggestion.change is Change.REPEAT:
        await reminders.update_reminder(connection, standing.id, repeats=1)
        return True
    slots = weekday_slots(user, standing)
    if not any(suggestion.slot in times for times in slots):
        return False
    to = (suggestion.to,) if suggestion.to is not None else ()
    changed = {
        weekday: tuple(each for each in times if each != suggestion.slot) + to
        for weekday, times in enumerate(slots, 1)
        if suggestion.slot in times
    }
    await set_slots(connection, user, standing, changed, now)
    return True

"""Changing habits, hours, zone, digest and pauses: one short transaction each.

What is already due is planned first, so that a change never loses it. Then all future due times are
computed again. A setting that contradicts the others is refused (`Impossible`); new hours move what
contradicts them (domain.possible).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.check_in import EVENING_BEFORE_SLEEP
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.goal import questions_needed, with_more_questions
from reminder_bot.domain.habit import GLASS_ML, Habit, HabitKind, Role
from reminder_bot.domain.hours import DayHours, Hours
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.possible import is_possible, nearest
from reminder_bot.domain.schedule import Schedule
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.domain.term import GapTerm, GoalTerm
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.planning import (
    add_habits,
    default_goal,
    default_schedule,
    plan_due,
    reschedule,
)
from reminder_bot.storage import check_ins, habits, notices, pauses, reminders, terms
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import record_pending_edits
from reminder_bot.storage.reminders import Reminder
from reminder_bot.storage.users import update_user

__all__ = [
    "Impossible",
    "Moved",
    "OutOfReach",
    "apply",
    "can_be_reached",
    "choose_habits",
    "pause",
    "remove_habit",
    "resume",
    "resume_due",
    "set_digest",
    "set_goal",
    "set_hours",
    "set_portion",
    "set_slots",
    "set_zone",
    "weekday_slots",
]

log = logging.getLogger(__name__)

BATCH = 100


class Impossible(Exception):
    """A setting that contradicts the others.

    slot: the wall time that would be in quiet hours; None if the hours themselves don't fit.
    kind: the habit to which the slot belongs; None for the digest. hours: those of the slot's day.
    """

    def __init__(
        self,
        slot: time | None = None,
        kind: HabitKind | None = None,
        hours: DayHours | None = None,
    ) -> None:
        super().__init__(
            f"{slot:%H:%M} is in quiet hours" if slot is not None else "these hours don't fit"
        )
        self.slot = slot
        self.kind = kind
        self.hours = hours


@dataclass(frozen=True, slots=True)
class Moved:
    """A wall time that new hours have moved. kind: its habit; None for the digest."""

    kind: HabitKind | None
    before: time
    after: time


class OutOfReach(Exception):
    """A goal that no number of questions that fit into a day can reach.

    needed: how many questions it would take.
    """

    def __init__(self, needed: int) -> None:
        super().__init__(f"{needed} questions do not fit into a day")
        self.needed = needed


def choose_habits(
    connection: Connection, user: User, kinds: Iterable[HabitKind], now: datetime
) -> None:
    """Make these the user's habits: new ones get their default slots, all others are removed."""
    wanted = set(kinds)
    known = habits.list_habits(connection, [user.id]).get(user.id, {})
    for kind in known.keys() - wanted:
        remove_habit(connection, user, kind, now)
    added = [kind for kind in HabitKind if kind in wanted - known.keys()]
    add_habits(connection, user, added, now)
    reschedule(connection, user, now)


def remove_habit(connection: Connection, user: User, kind: HabitKind, now: datetime) -> None:
    """Stop asking about a habit; its entries stay for the statistics."""
    known = habits.list_habits(connection, [user.id]).get(user.id, {})
    if kind in known:
        habits.update_habit(connection, known[kind].id, removed_at=now)
        record_pending_edits(connection, check_ins.cancel_planned(connection, known[kind].id), now)
        reschedule(connection, user, now)


def set_limit(
    connection: Connection, user: User, habit: Habit, now: datetime, *, is_limit: bool
) -> None:
    """Make the goal of a habit a limit, about which nothing is asked, or a goal again; it counts
    from today on.
    """
    _record_goal(connection, user, replace(habit, is_limit=is_limit), now)
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
        for slot in times:
            if not is_possible(hours, weekday, slot):
                raise Impossible(slot, kind, hours.of_weekday(weekday))


def _moved_slots(hours: Hours, schedule: Schedule, kind: HabitKind) -> tuple[Schedule, list[Moved]]:
    """The schedule with each impossible slot at the nearest possible time; and these moves."""
    moves: list[Moved] = []
    slots: dict[int, tuple[time, ...]] = {}
    for weekday, times in enumerate(schedule.slots, 1):
        possible = [nearest(hours, weekday, slot) for slot in times]
        moves += [
            Moved(kind, slot, to) for slot, to in zip(times, possible, strict=True) if slot != to
        ]
        slots[weekday] = tuple(sorted(set(possible), key=_minutes_after(hours.day_ends)))
    return schedule.of(slots), moves


def set_hours(
    connection: Connection, user: User, weekdays: DayHours, weekend: DayHours | None, now: datetime
) -> list[Moved]:
    """Set wake and sleep times; reminders at their default times move with them.

    Other times that would be in quiet hours move to the nearest possible ones; returns these moves.
    Raises Impossible if the weekend and the other days have no part of the night in common.
    """
    changed = replace(user, weekday_hours=weekdays, weekend_hours=weekend)
    try:
        hours = changed.hours
    except ValueError as error:
        raise Impossible from error
    schedules: list[tuple[Reminder, Schedule]] = []
    moves: list[Moved] = []
    asked = {each.id for each in reminders.list_reminders(connection, [user.id])}
    # With those of removed habits, which keep their settings until they are added again.
    for each in reminders.list_reminders(connection, [user.id], with_removed=True):
        if each.schedule == default_schedule(user, each.kind, each.role).format():
            schedules.append((each, default_schedule(changed, each.kind, each.role)))
        else:
            schedule = Schedule.parse(hours.zone, hours.day_ends, each.schedule)
            schedule, of_reminder = _moved_slots(hours, schedule, each.kind)
            schedules.append((each, schedule))
            if each.id in asked:
                moves += of_reminder
    digest_at = nearest(hours, user.digest_weekday, user.digest_at)
    if digest_at != user.digest_at:
        moves.append(Moved(None, user.digest_at, digest_at))
        changed = replace(changed, digest_at=digest_at)
    plan_due(connection, now, user.id)
    update_user(
        connection,
        user.id,
        wake=weekdays.wake,
        sleep=weekdays.sleep,
        weekend_wake=weekend.wake if weekend else None,
        weekend_sleep=weekend.sleep if weekend else None,
        digest_at=digest_at,
    )
    for each, schedule in schedules:
        reminders.update_reminder(connection, each.id, schedule=schedule.format())
    _move_default_goals(connection, user, changed, now)
    reschedule(connection, changed, now, before=user)
    return list(dict.fromkeys(moves))


def _move_default_goals(connection: Connection, before: User, after: User, now: datetime) -> None:
    """A goal that was the default for the hours before becomes the default for those after."""
    for habit in habits.list_habits(connection, [after.id]).get(after.id, {}).values():
        old, new = default_goal(before, habit.kind), default_goal(after, habit.kind)
        if habit.goal_ml == old and new is not None and old != new and not habit.is_limit:
            _record_goal(connection, after, replace(habit, goal_ml=new), now)


def set_goal(connection: Connection, user: User, habit: Habit, goal_ml: int, now: datetime) -> int:
    """Set the goal of a habit; it counts from today on. Returns how many questions a day were
    added, because the others could not reach a higher goal. Raises OutOfReach.
    """
    added = 0
    if goal_ml > (habit.goal_ml or 0) and not habit.is_limit:
        added = _add_questions(connection, user, habit, goal_ml, now)
    _record_goal(connection, user, replace(habit, goal_ml=goal_ml), now)
    return added


def _add_questions(
    connection: Connection, user: User, habit: Habit, goal_ml: int, now: datetime
) -> int:
    """Add questions until a day has enough for the goal. A day without any stays without."""
    reminder = _question_of(connection, user, habit)
    needed = questions_needed(goal_ml, habit.portion_ml or GLASS_ML)
    changed: dict[int, tuple[time, ...]] = {}
    added = 0
    for weekday, slots in enumerate(weekday_slots(user, reminder), 1):
        if 0 < len(slots) < needed:
            hours = user.hours.weekend if weekday >= 6 else user.hours.weekdays
            more = with_more_questions(slots, needed, hours)
            if more is None:
                raise OutOfReach(needed)
            changed[weekday] = more
            added = max(added, needed - len(slots))
    if changed:
        set_slots(connection, user, reminder, changed, now)
    return added


def set_portion(
    connection: Connection, user: User, habit: Habit, portion_ml: int, now: datetime
) -> None:
    """Set the size of a glass; it counts from today on."""
    _record_goal(connection, user, replace(habit, portion_ml=portion_ml), now)


def can_be_reached(connection: Connection, user: User, habit: Habit) -> bool:
    """Whether a glass for each question reaches the goal, on each day that has questions. A limit
    need not be reached.
    """
    if habit.is_limit:
        return True
    reminder = _question_of(connection, user, habit)
    needed = questions_needed(habit.goal_ml or 0, habit.portion_ml or GLASS_ML)
    return all(not slots or len(slots) >= needed for slots in weekday_slots(user, reminder))


def _question_of(connection: Connection, user: User, habit: Habit) -> Reminder:
    of_user = reminders.list_reminders(connection, [user.id])
    return next(
        each for each in of_user if each.habit_id == habit.id and each.role is Role.QUESTION
    )


def _record_goal(connection: Connection, user: User, habit: Habit, now: datetime) -> None:
    goal_ml, portion_ml = habit.goal_ml or 0, habit.portion_ml or GLASS_ML
    habits.update_habit(
        connection,
        habit.id,
        goal_ml=goal_ml,
        portion_ml=portion_ml,
        is_limit=habit.is_limit,
    )
    term = GoalTerm(habit.id, user.hours.day_of(now), goal_ml, portion_ml, habit.is_limit)
    terms.insert_terms(connection, [(user.id, term)])


def set_zone(connection: Connection, user: User, zone: str, now: datetime) -> User:
    """Set a user's zone: wall times stay the same, instants change."""
    plan_due(connection, now, user.id)
    changed = replace(user, zone=zone)
    update_user(connection, user.id, zone=zone)
    reschedule(connection, changed, now, before=user)
    return changed


def set_digest(connection: Connection, user: User, weekday: int, at: time, now: datetime) -> None:
    """Set the digest's weekday (ISO) and wall time; raises Impossible if it is in quiet hours."""
    changed = replace(user, digest_weekday=weekday, digest_at=at)
    if not is_possible(user.hours, weekday, at):
        raise Impossible(at, hours=user.hours.of_weekday(weekday))
    update_user(connection, user.id, digest_weekday=weekday, digest_at=at)
    reschedule(connection, changed, now, before=user)


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
    """End a pause, if there is one. Its days are neutral for adherence, with the one on which it
    ends.
    """
    if user.paused_at is None:
        return user
    hours = user.hours
    first_day, last_day = hours.day_of(user.paused_at), hours.day_of(now) - ONE_DAY
    if first_day <= last_day:
        pauses.insert_pause(connection, user.id, first_day, last_day)
    today = hours.day_of(now)
    terms.insert_terms(connection, [(user.id, GapTerm(None, Gap.RETURN, today, today))])
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
    if suggestion.change is Change.STOP:
        remove_habit(connection, user, suggestion.kind, now)
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

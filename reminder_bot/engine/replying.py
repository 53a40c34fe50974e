"""What a tap or a typed answer does to a check-in: one short transaction each.

A tap counts once: a second one, a double tap, the same tap delivered twice leave the record as it
is. It proves delivery, so it is taken in whatever state the check-in is, for the day it was asked
on, up to fourteen days back. Whatever changed is owed to the message that shows it, in the same
transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from reminder_bot.domain.check_in import (
    BACK_FILL,
    TIMER_MINUTES,
    CheckIn,
    Later,
    Reply,
    Status,
    later_at,
)
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.reminder import closes_at, counted_day, send_until
from reminder_bot.domain.schedule import Schedule, next_due
from reminder_bot.domain.user import User
from reminder_bot.storage import check_ins, entries, reminders
from reminder_bot.storage.check_ins import CheckInChanges
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import PendingEdit, record_pending_edit

__all__ = ["ReplyOutcome", "Result", "reply", "show", "snooze", "undo"]

# The tap's own handler draws first; this is when others see to it.
HEAD_START = timedelta(seconds=5)
LAST_MINUTE = timedelta(minutes=1)


class ReplyOutcome(Enum):
    """What became of a tap; the chat turns it into words."""

    RECORDED = auto()
    RECORDED_ALREADY = auto()
    UNDONE = auto()
    NOTHING_TO_UNDO = auto()
    DAY_IS_OVER = auto()
    TOO_OLD = auto()
    SNOOZED = auto()
    TOO_LATE_TO_SNOOZE = auto()
    SHOWN = auto()


@dataclass(frozen=True, slots=True)
class Result:
    """`at` is a local time to name: when it comes back, or the last time it could."""

    told: ReplyOutcome
    check_in: CheckIn
    pending_edits: tuple[PendingEdit, ...] = ()
    at: datetime | None = None


def reply(
    connection: Connection,
    user: User,
    check_in: CheckIn,
    given: Reply,
    now: datetime,
    *,
    message_id: int | None = None,
    amount: int | None = None,
) -> Result:
    """Record yes, no or skipped; `message_id` is the message that was tapped, `amount` overrides
    a yes's usual one.
    """
    hours = user.hours
    if now >= hours.day_is_over_at(check_in.day) + BACK_FILL:
        return Result(
            ReplyOutcome.TOO_OLD, check_in, _record_edits(connection, check_in, message_id, now)
        )
    if check_in.reply is not None:
        return Result(
            ReplyOutcome.RECORDED_ALREADY,
            check_in,
            _record_edits(connection, check_in, message_id, now),
        )
    changes: CheckInChanges = {
        "status": Status.REPLIED,
        "reply": given,
        "replied_at": now,
        "claimed_by": None,
        "repeat_at": None,
    }
    _add_message(changes, check_in, message_id)
    check_ins.update_check_in(connection, check_in.id, **changes)
    if given is Reply.YES and check_in.role is Role.QUESTION:
        _insert_entry(connection, check_in, amount, now)
    return Result(
        ReplyOutcome.RECORDED, check_in, _record_edits(connection, check_in, message_id, now)
    )


def _insert_entry(
    connection: Connection, check_in: CheckIn, amount: int | None, now: datetime
) -> None:
    if amount is None and check_in.kind is HabitKind.HYDRATION:
        habit = list_habits(connection, [check_in.user_id], with_removed=True)[check_in.user_id][
            check_in.kind
        ]
        amount = habit.portion_ml
    elif amount is None:
        amount = check_in.timer_minutes
    day = counted_day(check_in.kind, check_in.day)
    entries.insert_entry(
        connection, check_in.user_id, check_in.habit_id, day, amount, now, check_in.id
    )


def undo(
    connection: Connection,
    user: User,
    check_in: CheckIn,
    now: datetime,
    *,
    message_id: int | None = None,
) -> Result:
    """Take back a reply or a Later, until the day ends: the question stands again."""
    over = user.hours.day_is_over_at(check_in.day)
    if check_in.reply is None and not check_in.is_snoozed:
        return Result(
            ReplyOutcome.NOTHING_TO_UNDO,
            check_in,
            _record_edits(connection, check_in, message_id, now),
        )
    if now >= over:
        return Result(
            ReplyOutcome.DAY_IS_OVER, check_in, _record_edits(connection, check_in, message_id, now)
        )
    entries.undo_entry(connection, check_in.id, now)
    check_ins.update_check_in(
        connection,
        check_in.id,
        status=Status.SENT,
        reply=None,
        replied_at=None,
        timer_minutes=None,
        closes_at=check_in.closes_at if now < check_in.closes_at else over,
    )
    return Result(
        ReplyOutcome.UNDONE, check_in, _record_edits(connection, check_in, message_id, now)
    )


def snooze(
    connection: Connection,
    user: User,
    check_in: CheckIn,
    choice: Later,
    now: datetime,
    *,
    message_id: int | None = None,
) -> Result:
    """Ask again later, once; what would fall into quiet hours or another day is refused with the
    last possible time.
    """
    owed = _record_edits(connection, check_in, message_id, now)
    if check_in.reply is not None or check_in.status is Status.CLAIMED:
        return Result(ReplyOutcome.RECORDED_ALREADY, check_in, owed)
    hours = user.hours
    if now >= hours.day_is_over_at(check_in.day):
        return Result(ReplyOutcome.DAY_IS_OVER, check_in, owed)
    again = later_at(choice, hours, now)
    last = min(hours.sleeps_at(hours.day_of(now)), hours.day_is_over_at(check_in.day)) - LAST_MINUTE
    if again > last or again <= now or hours.is_quiet_at(again):
        return Result(ReplyOutcome.TOO_LATE_TO_SNOOZE, check_in, owed, last)
    schedule = _schedule(connection, user, check_in)
    changes: CheckInChanges = {
        "status": Status.PLANNED,
        "send_after": again,
        "send_until": send_until(check_in.kind, check_in.role, hours, check_in.day, again),
        "closes_at": closes_at(hours, check_in.day, next_due(schedule, again)),
        "ask": check_in.ask if check_in.is_snoozed else check_in.ask + 1,
        "attempts": 0,
        "copies": 0,
        "claimed_by": None,
        "repeat_at": None,
        "timer_minutes": TIMER_MINUTES if choice is Later.TIMER else None,
    }
    _add_message(changes, check_in, message_id)
    check_ins.update_check_in(connection, check_in.id, **changes)
    return Result(ReplyOutcome.SNOOZED, check_in, owed, again)


def _add_message(changes: CheckInChanges, check_in: CheckIn, message_id: int | None) -> None:
    """A tap that comes before the send is on record tells which message shows the check-in."""
    if check_in.message_id is None and message_id is not None:
        changes["message_id"] = message_id


def show(
    connection: Connection, check_in: CheckIn, view: str, now: datetime, *, message_id: int
) -> Result:
    """Show another face of a card (the choices of Later) without recording an answer.

    A tap that comes before the send is on record tells which message shows the check-in.
    """
    if check_in.message_id is None or (
        check_in.status is Status.CLAIMED and message_id > check_in.message_id
    ):
        check_ins.update_check_in(connection, check_in.id, message_id=message_id)
    pending_edit = record_pending_edit(
        connection, check_in.user_id, message_id, now + HEAD_START, check_in.id, view
    )
    return Result(ReplyOutcome.SHOWN, check_in, (pending_edit,))


def _schedule(connection: Connection, user: User, check_in: CheckIn) -> Schedule:
    of_user = reminders.list_reminders(connection, [user.id])
    text = next(each.schedule for each in of_user if each.id == check_in.reminder_id)
    return Schedule.parse(user.hours.zone, user.hours.day_ends, text)


def _record_edits(
    connection: Connection, check_in: CheckIn, message_id: int | None, now: datetime
) -> tuple[PendingEdit, ...]:
    """Owe a new look to the message that was tapped and to the one that is known to show the
    check-in.
    """
    messages: dict[int, Any] = {
        each: None for each in (message_id, check_in.message_id) if each is not None
    }
    return tuple(
        [
            record_pending_edit(connection, check_in.user_id, each, now + HEAD_START, check_in.id)
            for each in messages
        ]
    )

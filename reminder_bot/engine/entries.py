"""The habits of a day with their entries, and entries that answer no check-in.

An answer on the /today screen is also recorded as the reply to that day's question, so that the
question's message and the screen show the same. Nothing is asked about what is recorded already
(`is_done` in domain.card).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from reminder_bot.domain.check_in import BACK_FILL, CheckIn, Reply, Status
from reminder_bot.domain.entry import Entry
from reminder_bot.domain.habit import Habit, Measure
from reminder_bot.domain.intake import NOTHING_DRUNK, Doubt, doubt_about
from reminder_bot.domain.reminder import counted_day, earliest_counted_day
from reminder_bot.domain.user import User
from reminder_bot.engine import replying
from reminder_bot.engine.counting import habits_on
from reminder_bot.storage import check_ins, entries
from reminder_bot.storage.check_ins import CheckInChanges
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import PendingEdit, record_pending_edit

__all__ = [
    "DayRow",
    "Recorded",
    "Undone",
    "is_open_to_back_fill",
    "record_amount",
    "record_answer",
    "record_entry",
    "rows_of",
    "undo_entry",
    "undo_last",
    "undo_newest",
]


@dataclass(frozen=True, slots=True)
class DayRow:
    """One habit on one day: its entries, and the newest question that was asked, if any."""

    habit: Habit
    entries: tuple[Entry, ...]
    check_in: CheckIn | None

    @property
    def done_ml(self) -> int:
        return sum(each.amount or 0 for each in self.entries)

    @property
    def answer(self) -> Reply | None:
        """The answer recorded for the day, for a habit that is answered with yes or no."""
        if self.entries:
            return Reply.YES
        return self.check_in.reply if self.check_in is not None else None


class Undone(NamedTuple):
    """What /undo removed: the habit, when it was recorded, and the amount."""

    habit: Habit
    at: datetime
    amount: int | None
    reply: Reply
    pending_edits: tuple[PendingEdit, ...]


class Recorded(NamedTuple):
    """An amount that was recorded: as the answer to `check_in`, or as an entry by itself.

    doubt: why nothing was recorded, and the user must be asked.
    """

    habit: Habit
    check_in: CheckIn | None
    entry_id: int | None
    pending_edits: tuple[PendingEdit, ...] = ()
    doubt: Doubt | None = None


def is_open_to_back_fill(user: User, day: date, now: datetime) -> bool:
    """Whether a day may still be filled in or corrected: today, and fourteen days back."""
    return day <= user.hours.day_of(now) and now < user.hours.day_is_over_at(day) + BACK_FILL


def rows_of(connection: Connection, user: User, day: date, now: datetime) -> list[DayRow]:
    """A user's habits on a day with their entries. The row for bedtime is about the night
    before.
    """
    of_user = habits_on(connection, user, day, now)
    done = entries.list_entries(connection, user.id, earliest_counted_day(day), day)
    asked = {each.habit_id: each for each in check_ins.list_of_day(connection, user.id, day)}
    return [
        DayRow(
            habit,
            tuple(
                each
                for each in done
                if each.habit_id == habit.id and each.day == counted_day(kind, day)
            ),
            asked.get(habit.id),
        )
        for kind, habit in of_user.items()
    ]


def record_entry(
    connection: Connection, user: User, habit: Habit, day: date, amount: int | None, now: datetime
) -> int:
    """Record an entry that answers no check-in; returns its id."""
    return entries.insert_entry(
        connection, user.id, habit.id, counted_day(habit.kind, day), amount, now, None
    )


def record_amount(
    connection: Connection,
    user: User,
    row: DayRow,
    amount: int,
    now: datetime,
    *,
    day: date | None = None,
    accepted: Doubt | None = None,
) -> Recorded:
    """Record an amount, unless it is doubtful. If the habit's question is open, this is the answer
    to it.

    day: that of the row if the amount is for no question, as on the /today screen; None for today.
    accepted: the doubt that the user has confirmed.
    """
    habit, question = row.habit, row.check_in
    on = day or user.hours.day_of(now)
    if habit.kind.spec.measure is Measure.MILLILITRES:
        drunk = entries.list_drunk(connection, [user.id], on, on, now - replying.LAST_HOUR)
        doubt = doubt_about(amount, drunk.get((habit.id, on), NOTHING_DRUNK), accepted)
        if doubt is not None:
            return Recorded(habit, None, None, doubt=doubt)
    if day is None and question is not None and question.is_open(now):
        result = replying.reply(
            connection, user, question, Reply.YES, now, amount=amount, accepted=Doubt.IN_A_DAY
        )
        return Recorded(habit, question, None, result.pending_edits)
    return Recorded(habit, None, record_entry(connection, user, habit, on, amount, now))


def record_answer(
    connection: Connection, user: User, row: DayRow, day: date, given: Reply | None, now: datetime
) -> tuple[PendingEdit, ...]:
    """Set the answer of one habit on one day, or clear it (None); returns the edits to make."""
    edits: tuple[PendingEdit, ...] = ()
    for each in row.entries:  # one of them may answer an earlier question of the day
        edits += undo_entry(connection, user, each, now)
    check_in = row.check_in
    if check_in is None:
        if given is Reply.YES:
            record_entry(connection, user, row.habit, day, None, now)
        return edits
    reopened = _reopen(connection, user, check_in, now)
    # The edit that is recorded below replaces an edit of the same message.
    edits = tuple(each for each in edits if each.message_id != check_in.message_id)
    if given is None:
        return edits + _record_edit(connection, check_in, now)
    result = replying.reply(connection, user, reopened, given, now)
    check_ins.update_check_in(connection, check_in.id, is_entered=True)
    return edits + result.pending_edits


def undo_newest(
    connection: Connection, user: User, row: DayRow, now: datetime
) -> tuple[PendingEdit, ...]:
    """Undo the newest entry of a day; a question that it answered is open again."""
    if not row.entries:
        return ()
    return undo_entry(connection, user, row.entries[-1], now)


def undo_last(connection: Connection, user: User, now: datetime) -> Undone | None:
    """Undo the newest entry or reply of today; None if there is none."""
    today = user.hours.day_of(now)
    of_user = list_habits(connection, [user.id], with_removed=True).get(user.id, {})
    by_id = {habit.id: habit for habit in of_user.values()}
    noted = entries.list_entries(connection, user.id, earliest_counted_day(today), today)
    last = max(
        (
            each
            for each in noted
            if each.check_in_id is None and user.hours.day_of(each.recorded_at) == today
        ),
        key=lambda each: (each.recorded_at, each.id),
        default=None,
    )
    replied = [
        (each.replied_at, each)
        for each in check_ins.list_of_day(connection, user.id, today)
        if each.replied_at is not None
    ]
    replied_at, check_in = max(
        replied, key=lambda each: (each[0], each[1].id), default=(None, None)
    )
    if (
        check_in is not None
        and replied_at is not None
        and (last is None or last.recorded_at <= replied_at)
    ):
        result = replying.undo(connection, user, check_in, now)
        assert check_in.reply is not None
        return Undone(
            by_id[check_in.habit_id],
            replied_at,
            check_in.amount,
            check_in.reply,
            result.pending_edits,
        )
    if last is None:
        return None
    entries.undo_single(connection, last.id, now)
    return Undone(by_id[last.habit_id], last.recorded_at, last.amount, Reply.YES, ())


def undo_entry(
    connection: Connection, user: User, entry: Entry, now: datetime
) -> tuple[PendingEdit, ...]:
    """Undo one entry; a question that it answered is open again."""
    entries.undo_single(connection, entry.id, now)
    if entry.check_in_id is None:
        return ()
    check_in = check_ins.find_check_in(connection, entry.check_in_id, user.id)
    assert check_in is not None, "an entry goes with its check-in"
    _reopen(connection, user, check_in, now)
    return _record_edit(connection, check_in, now)


def _reopen(connection: Connection, user: User, check_in: CheckIn, now: datetime) -> CheckIn:
    """Remove a question's reply: it is open until its day ends, and unanswered after that."""
    over = user.hours.day_is_over_at(check_in.day)
    is_open = now < over
    changes: CheckInChanges = {
        "status": Status.SENT if is_open else Status.UNANSWERED,
        "reply": None,
        "replied_at": None,
        "repeat_at": None,
        "is_entered": False,
    }
    if is_open and check_in.closes_at <= now:
        changes["closes_at"] = over
    check_ins.update_check_in(connection, check_in.id, **changes)
    again = check_ins.find_check_in(connection, check_in.id, user.id)
    assert again is not None
    return again


def _record_edit(
    connection: Connection, check_in: CheckIn, now: datetime
) -> tuple[PendingEdit, ...]:
    if check_in.message_id is None:
        return ()
    due = now + replying.HEAD_START
    return (
        record_pending_edit(connection, check_in.user_id, check_in.message_id, due, check_in.id),
    )

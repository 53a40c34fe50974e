"""Recording replies to check-ins, undoing them, and snoozing: in one short transaction.

    planned ──▶ sent ──reply()──▶ replied
       ▲         │ ▲                 │
       └─snooze()┘ └─────undo()──────┘ until the day ends

A reply counts once: a second tap, or an update that is delivered twice, changes nothing. A tap
proves that the message was delivered, so a reply is accepted in every state of the check-in, for
the day of the check-in, up to `BACK_FILL` later. The edits of the messages that show the check-in
are recorded in the same transaction.

Replies are recorded together, because a statement costs as much for a hundred rows as for ten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum, auto

from reminder_bot.domain.check_in import (
    BACK_FILL,
    TIMER_MINUTES,
    CheckIn,
    Later,
    Reply,
    Status,
    later_at,
)
from reminder_bot.domain.habit import Measure, Role
from reminder_bot.domain.intake import NOTHING_DRUNK, Doubt, Drunk, doubt_about
from reminder_bot.domain.reminder import closes_at, counted_day, send_until
from reminder_bot.domain.schedule import Schedule, next_due
from reminder_bot.domain.user import User
from reminder_bot.storage import check_ins, entries, reminders
from reminder_bot.storage.check_ins import CheckInChanges, ReplyRow
from reminder_bot.storage.database import Connection
from reminder_bot.storage.entries import NewEntry, list_drunk
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import (
    ASKED_AGAIN,
    Message,
    PendingEdit,
    record_pending_edit,
    record_pending_edits,
)

__all__ = [
    "ASKED_BACK",
    "NewReply",
    "ReplyOutcome",
    "Result",
    "reply",
    "reply_all",
    "show",
    "snooze",
    "undo",
]

# The effects of the tap edit the message. If they have not done so after this time, because of a
# crash or an error, the message editor does.
HEAD_START = timedelta(seconds=5)
LAST_MINUTE, LAST_HOUR = timedelta(minutes=1), timedelta(hours=1)
# The prefix of a view of a card that asks an amount back: the check-in, millilitres, the doubt.
ASKED_BACK = "sure:"


class ReplyOutcome(Enum):
    """The outcome of a reply, an undo or a snooze; the chat turns it into words."""

    RECORDED = auto()
    RECORDED_ALREADY = auto()
    UNDONE = auto()
    NOTHING_TO_UNDO = auto()
    DAY_IS_OVER = auto()
    TOO_OLD = auto()
    SNOOZED = auto()
    FIRST_TIMER_STARTED = auto()
    TOO_LATE_TO_SNOOZE = auto()
    SHOWN = auto()
    ASKED_BACK = auto()


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome, and the check-in as it was before the transaction.

    at: when a snoozed check-in is asked again, or the latest time to which it could be snoozed.
    doubt, amount: why an amount was asked back, and how much it was.
    """

    outcome: ReplyOutcome
    check_in: CheckIn
    pending_edits: tuple[PendingEdit, ...] = ()
    at: datetime | None = None
    doubt: Doubt | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True)
class NewReply:
    """A reply to record: yes, no or skipped.

    message_id: the message that was tapped. amount: replaces the habit's default amount for a yes.
    accepted: the doubt about the amount that the user has confirmed.
    """

    user: User
    check_in: CheckIn
    given: Reply
    message_id: int | None = None
    amount: int | None = None
    accepted: Doubt | None = None


def reply(
    connection: Connection,
    user: User,
    check_in: CheckIn,
    given: Reply,
    now: datetime,
    *,
    message_id: int | None = None,
    amount: int | None = None,
    accepted: Doubt | None = None,
) -> Result:
    """Record one reply; the arguments are the fields of `NewReply`."""
    new = NewReply(user, check_in, given, message_id, amount, accepted)
    return reply_all(connection, [new], now)[0]


def reply_all(connection: Connection, replies: Sequence[NewReply], now: datetime) -> list[Result]:
    """Record replies, in their order: the first one to a check-in counts. An amount that is
    implausible is asked back instead, on the card if it was tapped.
    """
    replies = _with_portions(connection, replies)
    drunk = _list_drunk(connection, replies, now)
    outcomes: list[ReplyOutcome] = []
    doubts: list[Doubt | None] = []
    recorded: dict[int, NewReply] = {}
    for new in replies:
        outcome, doubt = _outcome_of(new, recorded, now), None
        if outcome is ReplyOutcome.RECORDED:
            doubt = _doubt_about(new, drunk)
            if doubt is None:
                recorded[new.check_in.id] = new
            else:
                outcome = ReplyOutcome.ASKED_BACK
        outcomes.append(outcome)
        doubts.append(doubt)
    _record(connection, recorded.values(), now)
    # Every outcome records the edits, because the tapped message may be outdated.
    messages: dict[Message, int | None] = {}
    for new, doubt in zip(replies, doubts, strict=True):
        if doubt is None:
            messages |= dict.fromkeys(_messages_of(new), new.check_in.id)
    edits = record_pending_edits(connection, messages, now + HEAD_START)
    for new, doubt in zip(replies, doubts, strict=True):
        if doubt is not None and new.message_id is not None:
            asked = dict.fromkeys(_messages_of(new), new.check_in.id)
            view = f"{ASKED_BACK}{new.check_in.id}:{new.amount}:{doubt.value}"
            edits |= record_pending_edits(connection, asked, now + HEAD_START, view)
    return [
        Result(
            outcome,
            new.check_in,
            tuple(edits[each] for each in _messages_of(new) if each in edits),
            doubt=doubt,
            amount=new.amount,
        )
        for new, outcome, doubt in zip(replies, outcomes, doubts, strict=True)
    ]


def _with_portions(connection: Connection, replies: Sequence[NewReply]) -> list[NewReply]:
    """The replies with the amounts that they record: a yes about water is one portion."""
    user_ids = {each.user.id for each in replies if _takes_portion(each)}
    habits = list_habits(connection, user_ids, with_removed=True) if user_ids else {}
    return [
        replace(each, amount=habits[each.user.id][each.check_in.kind].portion_ml)
        if _takes_portion(each)
        else each
        for each in replies
    ]


def _takes_portion(new: NewReply) -> bool:
    """Whether the amount is that of one portion of the habit."""
    return new.amount is None and _is_drink(new)


def _is_drink(new: NewReply) -> bool:
    check_in = new.check_in
    is_measured = check_in.kind.spec.measure is Measure.MILLILITRES
    return is_measured and new.given is Reply.YES and check_in.role is Role.QUESTION


def _list_drunk(
    connection: Connection, replies: Sequence[NewReply], now: datetime
) -> dict[tuple[int, date], Drunk]:
    """What was drunk so far on the days of these replies, by (habit, day)."""
    drinks = [each for each in replies if _is_drink(each)]
    if not drinks:
        return {}
    days = [each.check_in.day for each in drinks]
    user_ids = {each.user.id for each in drinks}
    return list_drunk(connection, user_ids, min(days), max(days), now - LAST_HOUR)


def _doubt_about(new: NewReply, drunk: dict[tuple[int, date], Drunk]) -> Doubt | None:
    """Why an amount is asked back; one that is not is added to what was drunk."""
    if not _is_drink(new):
        return None
    key, amount = (new.check_in.habit_id, new.check_in.day), new.amount or 0
    so_far = drunk.get(key, NOTHING_DRUNK)
    doubt = doubt_about(amount, so_far, new.accepted)
    if doubt is None:
        drunk[key] = Drunk(so_far.day_ml + amount, so_far.hour_ml + amount)
    return doubt


def _outcome_of(new: NewReply, recorded: Mapping[int, NewReply], now: datetime) -> ReplyOutcome:
    """recorded: the replies of this transaction so far, by check-in."""
    check_in = new.check_in
    if now >= new.user.hours.day_is_over_at(check_in.day) + BACK_FILL:
        return ReplyOutcome.TOO_OLD
    if check_in.reply is not None or check_in.id in recorded:
        return ReplyOutcome.RECORDED_ALREADY
    return ReplyOutcome.RECORDED


def _record(connection: Connection, replies: Iterable[NewReply], now: datetime) -> None:
    rows: list[ReplyRow] = []
    done: list[NewReply] = []
    for new in replies:
        check_in = new.check_in
        rows.append(
            {
                "id": check_in.id,
                "status": Status.REPLIED,
                "reply": new.given,
                "replied_at": now,
                "claimed_by": None,
                "repeat_at": None,
            }
        )
        if new.given is Reply.YES and check_in.role is Role.QUESTION:
            done.append(new)
        unrecorded = _unrecorded_message(check_in, new.message_id)
        if unrecorded is not None:
            check_ins.record_message(connection, [check_in.id], unrecorded)
    check_ins.record_replies(connection, rows)
    entries.insert_entries(connection, _new_entries(done, now))


def _new_entries(replies: Sequence[NewReply], now: datetime) -> list[NewEntry]:
    found: list[NewEntry] = []
    for new in replies:
        check_in, amount = new.check_in, new.amount
        found.append(
            {
                "user_id": check_in.user_id,
                "habit_id": check_in.habit_id,
                "day": counted_day(check_in.kind, check_in.day),
                "amount": check_in.timer_minutes if amount is None else amount,
                "recorded_at": now,
                "check_in_id": check_in.id,
            }
        )
    return found


def _messages_of(new: NewReply) -> list[Message]:
    return _messages(new.check_in, new.message_id)


def undo(
    connection: Connection,
    user: User,
    check_in: CheckIn,
    now: datetime,
    *,
    message_id: int | None = None,
) -> Result:
    """Undo a reply or a snooze, until the day ends: the question is open again."""
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
        is_entered=False,
        # If its time to answer is over, the question is open for the rest of the day.
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
    """Ask again later, once. A time in quiet hours or on another day is refused, and the result
    names the latest possible time.
    """
    edits = _record_edits(connection, check_in, message_id, now)
    unrecorded = _unrecorded_message(check_in, message_id)
    if check_in.reply is not None or (unrecorded is None and _is_being_asked_again(check_in)):
        return Result(ReplyOutcome.RECORDED_ALREADY, check_in, edits)
    hours = user.hours
    if now >= hours.day_is_over_at(check_in.day):
        return Result(ReplyOutcome.DAY_IS_OVER, check_in, edits)
    again = later_at(choice, hours, now)
    # The latest time that is neither in quiet hours nor on the next day.
    last = min(hours.sleeps_at(hours.day_of(now)), hours.day_is_over_at(check_in.day)) - LAST_MINUTE
    if again > last or again <= now or hours.is_quiet_at(again):
        return Result(ReplyOutcome.TOO_LATE_TO_SNOOZE, check_in, edits, last)
    is_first_timer = choice is Later.TIMER and not check_ins.has_used_timer(connection, user.id)
    schedule = _schedule(connection, user, check_in)
    changes: CheckInChanges = {
        "status": Status.PLANNED,
        "send_after": again,
        "send_until": send_until(check_in.kind, check_in.role, hours, check_in.day, again),
        "closes_at": closes_at(hours, check_in.day, next_due(schedule, again)),
        # Choosing another time before the snoozed ask was sent does not make it a further ask.
        "ask": check_in.ask if check_in.is_snoozed else check_in.ask + 1,
        "attempts": 0,
        "copies": 0,
        "claimed_by": None,
        "repeat_at": None,
        "timer_minutes": TIMER_MINUTES if choice is Later.TIMER else None,
    }
    if unrecorded is not None:
        changes["message_id"] = unrecorded
    check_ins.update_check_in(connection, check_in.id, **changes)
    outcome = ReplyOutcome.FIRST_TIMER_STARTED if is_first_timer else ReplyOutcome.SNOOZED
    return Result(outcome, check_in, edits, again)


def show(
    connection: Connection, check_in: CheckIn, view: str, now: datetime, *, message_id: int
) -> Result:
    """Show another view of a card, such as the choices for a snooze, without recording a reply.

    The tapped message is stored if the tap came before the send was recorded. The other check-ins
    on the message are not known yet then, so it is edited again after HEAD_START, when they are.
    """
    unrecorded = _unrecorded_message(check_in, message_id)
    if unrecorded is not None:
        _record_delivery(connection, check_in, unrecorded, now)
    wanted = message_id, now + HEAD_START, check_in.id, view
    pending_edit = record_pending_edit(connection, check_in.user_id, *wanted)
    if check_in.status is Status.CLAIMED:
        # Recorded twice, so that the edit is made again once the send is recorded.
        record_pending_edit(connection, check_in.user_id, *wanted)
    return Result(ReplyOutcome.SHOWN, check_in, (pending_edit,))


def _unrecorded_message(check_in: CheckIn, message_id: int | None) -> int | None:
    """The tapped message, if it is not recorded yet that this message was sent; otherwise None.

    If the question was asked before, the older message is recorded.
    """
    if message_id is None or check_in.message_id is None:
        return message_id
    return message_id if _may_be_unrecorded(check_in) and message_id > check_in.message_id else None


def _may_be_unrecorded(check_in: CheckIn) -> bool:
    """Whether the last send may have arrived without a record: it is under way, its answer was
    lost, or a further copy waits or was given up.
    """
    match check_in.status:
        case Status.CLAIMED | Status.AMBIGUOUS | Status.UNCERTAIN:
            return True
        case Status.PLANNED | Status.MISFIRED | Status.CANCELLED:
            return check_in.copies > 0
        case _:
            return False


def _is_being_asked_again(check_in: CheckIn) -> bool:
    """Whether a send is under way, and the recorded message is that of an earlier one."""
    is_recorded = check_in.sent_at is not None and check_in.sent_at >= check_in.send_after
    return check_in.status is Status.CLAIMED and not is_recorded


def _record_delivery(
    connection: Connection, check_in: CheckIn, message_id: int, now: datetime
) -> None:
    """Record the message that was tapped before its send was recorded, which shows that it arrived.

    A send that is under way is recorded by the process that has claimed it.
    """
    changes: CheckInChanges = {"message_id": message_id, "sent_at": now}
    if check_in.status not in (Status.CLAIMED, Status.CANCELLED) and _may_be_unrecorded(check_in):
        changes["status"] = Status.SENT  # no further copy is sent
    check_ins.update_check_in(connection, check_in.id, **changes)
    if check_in.message_id is not None:
        older = check_in.message_id, now, check_in.id, ASKED_AGAIN
        record_pending_edit(connection, check_in.user_id, *older)


def _schedule(connection: Connection, user: User, check_in: CheckIn) -> Schedule:
    of_user = reminders.list_reminders(connection, [user.id])
    text = next(each.schedule for each in of_user if each.id == check_in.reminder_id)
    return Schedule.parse(user.hours.zone, user.hours.day_ends, text)


def _record_edits(
    connection: Connection, check_in: CheckIn, message_id: int | None, now: datetime
) -> tuple[PendingEdit, ...]:
    messages = _messages(check_in, message_id)
    edits = record_pending_edits(connection, dict.fromkeys(messages, check_in.id), now + HEAD_START)
    return tuple(edits[message] for message in messages)


def _messages(check_in: CheckIn, message_id: int | None) -> list[Message]:
    """The message that was tapped and the one that shows the check-in; they may be the same."""
    ids = dict.fromkeys((message_id, check_in.message_id))
    return [(check_in.user_id, each) for each in ids if each is not None]

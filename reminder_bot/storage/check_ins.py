"""Check-ins in the database: planning, looking up, changing, expiring."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

from sqlalchemy import Connection, Select, bindparam, func, or_, select, update

from reminder_bot.domain.adherence import Ask
from reminder_bot.domain.check_in import CheckIn, Reply, Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.suggestion import Asked
from reminder_bot.storage.pending_edits import Message
from reminder_bot.storage.statements import among, insert_new, update_rows
from reminder_bot.storage.tables import check_ins, entries, habits, reminders

__all__ = [
    "SELECT_CHECK_INS",
    "CheckInChanges",
    "Place",
    "PlannedCheckIn",
    "ReplyRow",
    "cancel_planned",
    "close_unanswered",
    "find_by_message",
    "find_check_in",
    "find_first_day",
    "find_next_close",
    "find_next_repeat",
    "has_been_asked",
    "has_used_timer",
    "insert_planned",
    "list_asked",
    "list_check_ins",
    "list_foods",
    "list_of_day",
    "list_outcomes",
    "list_places",
    "list_shown",
    "list_skipped",
    "plan_repeats",
    "record_message",
    "record_replies",
    "update_check_in",
]

# The amount of the entry that a reply made, unless it was undone.
_AMOUNT = (
    select(entries.c.amount)
    .where(entries.c.check_in_id == check_ins.c.id, entries.c.undone_at.is_(None))
    .scalar_subquery()
    .label("amount")
)

# The columns of a CheckIn, in the order of its fields.
_ELSEWHERE = {"kind": habits.c.kind, "role": reminders.c.role, "amount": _AMOUNT}
FIELDS = tuple(CheckIn.__dataclass_fields__)
COLUMNS = tuple(_ELSEWHERE[name] if name in _ELSEWHERE else check_ins.c[name] for name in FIELDS)
_KIND, _ROLE, _STATUS, _REPLY = map(FIELDS.index, ("kind", "role", "status", "reply"))


def check_in(row: Sequence[Any]) -> CheckIn:
    """The CheckIn of a row whose columns begin with `COLUMNS`."""
    values = list(row[: len(FIELDS)])
    values[_KIND], values[_ROLE], values[_STATUS] = (
        HabitKind(values[_KIND]),
        Role(values[_ROLE]),
        Status(values[_STATUS]),
    )
    if values[_REPLY] is not None:
        values[_REPLY] = Reply(values[_REPLY])
    return CheckIn(*values)


# Statements that load check-ins begin with this one.
SELECT_CHECK_INS: Select[Any] = (
    select(*COLUMNS)
    .join(habits, habits.c.id == check_ins.c.habit_id)
    .join(reminders, reminders.c.id == check_ins.c.reminder_id)
    .order_by(check_ins.c.due_at, check_ins.c.id)
)


class PlannedCheckIn(TypedDict):
    """A check-in as planning makes it. status: misfired if it is too late to ask."""

    user_id: int
    habit_id: int
    reminder_id: int
    day: date
    slot: time
    due_at: datetime
    send_after: datetime
    send_until: datetime
    closes_at: datetime
    status: Literal[Status.PLANNED, Status.MISFIRED]
    ask: int
    attempts: int
    copies: int
    repeats_left: int


def insert_planned(connection: Connection, rows: Sequence[PlannedCheckIn]) -> None:
    """Plan check-ins. One that exists, for the same slot of a day or instant, stays as it is."""
    insert_new(connection, check_ins, rows)


# Locks the rows that a tap is going to change, because the dispatcher may record the outcome of
# their send at the same time. In the order of their ids, so that two batches cannot deadlock.
# SQLite has one writer, and ignores it.
_SELECT_TO_CHANGE = (
    SELECT_CHECK_INS.order_by(None).order_by(check_ins.c.id).with_for_update(of=check_ins)
)
_FIND_CHECK_IN = _SELECT_TO_CHANGE.where(
    check_ins.c.id == bindparam("check_in_id"), check_ins.c.user_id == bindparam("user_id")
)


def find_check_in(connection: Connection, check_in_id: int, user_id: int) -> CheckIn | None:
    """One check-in, if it is this user's, locked until the end of the transaction."""
    values = {"check_in_id": check_in_id, "user_id": user_id}
    row = connection.execute(_FIND_CHECK_IN, values).first()
    return None if row is None else check_in(row)


_LIST_CHECK_INS = _SELECT_TO_CHANGE.where(among(check_ins.c.id, "check_in_ids"))


def list_check_ins(connection: Connection, check_in_ids: Iterable[int]) -> dict[int, CheckIn]:
    """Those of the check-ins that exist, by id, whoever's they are.

    They are locked until the end of the transaction.
    """
    rows = connection.execute(_LIST_CHECK_INS, {"check_in_ids": check_in_ids})
    return {each.id: each for each in map(check_in, rows)}


_FIND_BY_MESSAGE = SELECT_CHECK_INS.where(
    check_ins.c.user_id == bindparam("user_id"), check_ins.c.message_id == bindparam("message_id")
)


def find_by_message(connection: Connection, user_id: int, message_id: int) -> list[CheckIn]:
    """The check-ins that a message of a user shows."""
    rows = connection.execute(_FIND_BY_MESSAGE, {"user_id": user_id, "message_id": message_id})
    return [check_in(row) for row in rows]


_LIST_SHOWN = SELECT_CHECK_INS.where(
    check_ins.c.user_id == bindparam("user_id"),
    check_ins.c.day.between(bindparam("first"), bindparam("last")),
    or_(
        check_ins.c.message_id.is_not(None),
        check_ins.c.status.in_([Status.AMBIGUOUS, Status.UNCERTAIN]),
    ),
)


def list_shown(connection: Connection, user_id: int, first: date, last: date) -> list[CheckIn]:
    """The check-ins from `first` to `last` that the user has seen or may have seen: evening
    prompts too, and those that Telegram may have sent.
    """
    values = {"user_id": user_id, "first": first, "last": last}
    return [check_in(row) for row in connection.execute(_LIST_SHOWN, values)]


_HAS_BEEN_ASKED = select(check_ins.c.id).where(check_ins.c.user_id == bindparam("user_id")).limit(1)


def has_been_asked(connection: Connection, user_id: int) -> bool:
    """Whether any check-in of a user was ever planned."""
    return connection.execute(_HAS_BEEN_ASKED, {"user_id": user_id}).first() is not None


_HAS_USED_TIMER = (
    select(check_ins.c.id)
    .where(check_ins.c.user_id == bindparam("user_id"), check_ins.c.timer_minutes.is_not(None))
    .limit(1)
)


def has_used_timer(connection: Connection, user_id: int) -> bool:
    """Whether a user has ever started the timer and not undone it."""
    return connection.execute(_HAS_USED_TIMER, {"user_id": user_id}).first() is not None


_WAS_ASKED = check_ins.c.status.in_([Status.SENT, Status.REPLIED, Status.UNANSWERED])
_LIST_OF_DAY = SELECT_CHECK_INS.where(
    check_ins.c.user_id == bindparam("user_id"),
    check_ins.c.day == bindparam("day"),
    _WAS_ASKED,
    reminders.c.role == Role.QUESTION,
)


def list_of_day(connection: Connection, user_id: int, day: date) -> list[CheckIn]:
    """The questions that were asked of a user on a day, or answered, in the order they were due."""
    rows = connection.execute(_LIST_OF_DAY, {"user_id": user_id, "day": day})
    return [check_in(row) for row in rows]


def cancel_planned(connection: Connection, habit_id: int) -> dict[Message, int]:
    """Cancel the planned check-ins and repeats of a habit; those that were sent stay.

    Returns the messages that say when a cancelled one is asked again, each with its check-in.
    """
    cancelled = connection.execute(
        update(check_ins)
        .where(check_ins.c.habit_id == habit_id, check_ins.c.status == Status.PLANNED)
        .values(status=Status.CANCELLED)
        .returning(check_ins.c.user_id, check_ins.c.message_id, check_ins.c.id)
    ).all()
    connection.execute(
        update(check_ins)
        .where(check_ins.c.habit_id == habit_id, check_ins.c.repeat_at.is_not(None))
        .values(repeat_at=None)
    )
    return {
        (row.user_id, row.message_id): row.id for row in cancelled if row.message_id is not None
    }


# A release before `arrived_at` recorded only when the last ask was sent.
_ARRIVED_AT = func.coalesce(check_ins.c.arrived_at, check_ins.c.sent_at)
_LIST_ASKED = (
    select(
        check_ins.c.reminder_id,
        habits.c.kind,
        check_ins.c.slot,
        _ARRIVED_AT,
        check_ins.c.replied_at,
        check_ins.c.reply,
    )
    .join(habits, habits.c.id == check_ins.c.habit_id)
    .join(reminders, reminders.c.id == check_ins.c.reminder_id)
    .where(
        check_ins.c.user_id == bindparam("user_id"),
        check_ins.c.day.between(bindparam("first"), bindparam("last")),
        _WAS_ASKED,
        reminders.c.role == Role.QUESTION,
        or_(check_ins.c.reply.is_(None), check_ins.c.reply != Reply.SKIPPED),
        _ARRIVED_AT.is_not(None),
        check_ins.c.is_entered.is_(False),
    )
)


def list_asked(connection: Connection, user_id: int, first: date, last: date) -> list[Asked]:
    """The questions sent to a user from `first` to `last`, and when and how each was answered.

    Those that were skipped, or answered on /today, are left out. So are those that were answered
    before their send was recorded.
    """
    rows = connection.execute(_LIST_ASKED, {"user_id": user_id, "first": first, "last": last})
    return [
        Asked(
            reminder_id, HabitKind(kind), slot, due_at, replied_at, Reply(reply) if reply else None
        )
        for reminder_id, kind, slot, due_at, replied_at, reply in rows
    ]


class CheckInChanges(TypedDict, total=False):
    """The columns that a reply, an undo or a snooze can change."""

    status: Status
    send_after: datetime
    send_until: datetime
    closes_at: datetime
    ask: int
    attempts: int
    copies: int
    claimed_by: None
    repeat_at: datetime | None
    message_id: int | None
    sent_at: datetime
    reply: Reply | None
    replied_at: datetime | None
    timer_minutes: int | None
    is_entered: bool


_UPDATE_CHECK_IN = update(check_ins).where(check_ins.c.id == bindparam("check_in_id"))


def update_check_in(
    connection: Connection, check_in_id: int, **changes: Unpack[CheckInChanges]
) -> None:
    connection.execute(_UPDATE_CHECK_IN, {"check_in_id": check_in_id, **changes})


class ReplyRow(TypedDict):
    """What a reply changes in its check-in. A repeat that was planned is dropped."""

    id: int
    status: Literal[Status.REPLIED]
    reply: Reply
    replied_at: datetime
    claimed_by: None
    repeat_at: None


def record_replies(connection: Connection, rows: Sequence[ReplyRow]) -> None:
    update_rows(connection, check_ins, rows)


def record_message(
    connection: Connection, check_in_ids: Iterable[int], message_id: int | None
) -> None:
    """Record which message shows these check-ins; None if no message does."""
    update_rows(
        connection, check_ins, [{"id": each, "message_id": message_id} for each in check_in_ids]
    )


_LIST_SKIPPED = select(check_ins.c.habit_id, check_ins.c.day).where(
    among(check_ins.c.habit_id, "habit_ids"),
    check_ins.c.day.in_(bindparam("days", expanding=True)),
    check_ins.c.reply == Reply.SKIPPED,
)


def list_skipped(
    connection: Connection, habit_ids: Iterable[int], days: Iterable[date]
) -> set[tuple[int, date]]:
    """Which of these habits were skipped on which of these days."""
    rows = connection.execute(_LIST_SKIPPED, {"habit_ids": habit_ids, "days": list(days)})
    return {(habit_id, day) for habit_id, day in rows}


_PLAN_REPEATS = (
    update(check_ins)
    .where(
        check_ins.c.repeat_at <= bindparam("now"),
        check_ins.c.status == Status.SENT,
        check_ins.c.closes_at > bindparam("now"),
    )
    .values(
        status=Status.PLANNED,
        send_after=check_ins.c.repeat_at,
        ask=check_ins.c.ask + 1,
        attempts=0,
        copies=0,
        repeats_left=check_ins.c.repeats_left - 1,
        repeat_at=None,
    )
)
# For the repeats that were not planned, because their check-ins are no longer open.
_DROP_REPEATS = (
    update(check_ins).where(check_ins.c.repeat_at <= bindparam("before")).values(repeat_at=None)
)


def plan_repeats(connection: Connection, now: datetime) -> int:
    """Plan the next ask of open check-ins whose repeat is due; returns their number."""
    changed = connection.execute(_PLAN_REPEATS, {"now": now})
    connection.execute(_DROP_REPEATS, {"before": now - timedelta(minutes=1)})
    return changed.rowcount


# A CTE, because PostgreSQL may run a subquery several times: see claims.claim.
_TO_CLOSE = (
    select(check_ins.c.id)
    .where(check_ins.c.status == Status.SENT, check_ins.c.closes_at <= bindparam("now"))
    .order_by(check_ins.c.closes_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("to_close")
)
_CLOSE_UNANSWERED = (
    update(check_ins)
    .where(check_ins.c.id.in_(select(_TO_CLOSE.c.id)))
    .values(status=Status.UNANSWERED, repeat_at=None)
    .returning(check_ins.c.id, check_ins.c.user_id, check_ins.c.message_id)
)


def close_unanswered(
    connection: Connection, now: datetime, limit: int
) -> list[tuple[int, int, int | None]]:
    """Expire check-ins that nobody answered in time; returns (id, user_id, message_id) of each."""
    closed = connection.execute(_CLOSE_UNANSWERED, {"now": now, "limit": limit})
    return [(row[0], row[1], row[2]) for row in closed]


_LIST_OUTCOMES = (
    select(
        check_ins.c.user_id,
        check_ins.c.habit_id,
        habits.c.kind,
        check_ins.c.day,
        check_ins.c.status,
        check_ins.c.reply,
        _AMOUNT,
    )
    .join(habits, habits.c.id == check_ins.c.habit_id)
    .join(reminders, reminders.c.id == check_ins.c.reminder_id)
    .where(
        among(check_ins.c.user_id, "user_ids"),
        check_ins.c.day.between(bindparam("first"), bindparam("last")),
        reminders.c.role == Role.QUESTION,
    )
)


def list_outcomes(
    connection: Connection, user_ids: Iterable[int], first: date, last: date
) -> list[tuple[int, int, HabitKind, date, Ask]]:
    """(user, habit, kind, day, ask) of these users' questions from `first` to `last`."""
    rows = connection.execute(_LIST_OUTCOMES, {"user_ids": user_ids, "first": first, "last": last})
    return [
        (user, habit, HabitKind(kind), day, _ask(status, reply, amount))
        for user, habit, kind, day, status, reply, amount in rows
    ]


def _ask(status: str, reply: str | None, amount: int | None) -> Ask:
    return Ask(Status(status), None if reply is None else Reply(reply), amount or 0)


_FIND_FIRST_DAY = select(func.min(check_ins.c.day)).where(
    check_ins.c.user_id == bindparam("user_id")
)


def find_first_day(connection: Connection, user_id: int) -> date | None:
    """The earliest day of a user's check-ins."""
    earliest: date | None = connection.execute(_FIND_FIRST_DAY, {"user_id": user_id}).scalar()
    return earliest


_FIND_NEXT_REPEAT = select(func.min(check_ins.c.repeat_at)).where(
    check_ins.c.repeat_at.is_not(None)
)


def find_next_repeat(connection: Connection) -> datetime | None:
    earliest: datetime | None = connection.execute(_FIND_NEXT_REPEAT).scalar()
    return earliest


_LIST_FOODS = (
    select(check_ins.c.user_id, check_ins.c.food_id)
    .where(among(check_ins.c.user_id, "user_ids"), check_ins.c.food_id.is_not(None))
    .order_by(check_ins.c.due_at)
)


def list_foods(connection: Connection, user_ids: Iterable[int]) -> dict[int, list[str]]:
    """The foods that were suggested to these users, the oldest first."""
    found: dict[int, list[str]] = {}
    for user_id, food_id in connection.execute(_LIST_FOODS, {"user_ids": user_ids}):
        found.setdefault(user_id, []).append(food_id)
    return found


class Place(NamedTuple):
    """Which message shows a check-in by the record, its state, and when it was sent."""

    user_id: int
    message_id: int | None
    status: Status
    sent_at: datetime | None


_LIST_PLACES = select(
    check_ins.c.id,
    check_ins.c.user_id,
    check_ins.c.message_id,
    check_ins.c.status,
    check_ins.c.sent_at,
).where(among(check_ins.c.id, "ids"))


def list_places(connection: Connection, ids: Iterable[int]) -> dict[int, Place]:
    """The places of those of the check-ins that still exist, by id."""
    rows = connection.execute(_LIST_PLACES, {"ids": ids})
    return {
        id_: Place(user_id, message_id, Status(status), sent_at)
        for id_, user_id, message_id, status, sent_at in rows
    }


_FIND_NEXT_CLOSE = select(func.min(check_ins.c.closes_at)).where(check_ins.c.status == Status.SENT)


def find_next_close(connection: Connection) -> datetime | None:
    earliest: datetime | None = connection.execute(_FIND_NEXT_CLOSE).scalar()
    return earliest

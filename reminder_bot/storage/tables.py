"""The tables and their indexes.

Only `reminders.next_due_at` and `check_ins` decide what is due. Instants are stored in UTC through
one column type that refuses naive datetimes, because SQLite would silently drop an offset. Every
row about a person references `users` with ON DELETE CASCADE, so erasing somebody is one DELETE.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    false,
)

__all__ = [
    "Day",
    "Instant",
    "budgets",
    "check_ins",
    "digests",
    "entries",
    "habits",
    "leases",
    "metadata",
    "notices",
    "pauses",
    "pending_edits",
    "reminders",
    "state",
    "terms",
    "updates",
    "users",
]


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC.

    The processors of values are given to SQLAlchemy directly, without its own around them, and on
    SQLite they are those of the standard library: each message reads and writes some thirty
    instants.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> "_Processor":
        return _instant_to_sqlite if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> "_Processor":
        return _instant_from_sqlite if dialect.name == "sqlite" else _in_utc


_Processor = Callable[[Any], Any]
_LENGTH = len("2026-01-31 08:00:00.000000")


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"an instant needs its offset, got the naive {value.isoformat()}")
    return value.astimezone(UTC)


def _instant_to_sqlite(value: datetime | None) -> str | None:
    """The text that SQLAlchemy's own type stores, in UTC without an offset."""
    utc = _in_utc(value)
    return None if utc is None else utc.isoformat(" ", "microseconds")[:_LENGTH]


def _instant_from_sqlite(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


class Day(TypeDecorator[date]):
    """A person's local day.

    A datetime is refused. For Python it is a date, too, but that of another zone.
    """

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        if isinstance(value, datetime):
            raise ValueError(f"a day is a date, got the instant {value.isoformat()}")
        return value


# Telegram's ids have up to 52 bits. SQLite generates ids only for a column of the type INTEGER,
# which has 64 bits there.
Id = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _of(table: str, nullable: bool = False) -> Column[int]:
    name = f"{table.removesuffix('s')}_id"
    return Column(
        name, BigInteger, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=nullable
    )


def _delivery() -> tuple[Column[Any], ...]:
    """The columns that planning, claiming and recording need in every table of messages to send."""
    return (
        Column("due_at", Instant, nullable=False),
        Column("send_after", Instant, nullable=False),
        Column("send_until", Instant, nullable=False),
        Column("status", String(12), nullable=False),
        Column("attempts", SmallInteger, nullable=False, default=0),
        Column("copies", SmallInteger, nullable=False, default=0),
        Column("claimed_by", String(32)),
        Column("leased_until", Instant),
        Column("ambiguous_at", Instant),
        Column("sent_at", Instant),
        Column("message_id", BigInteger),
    )


def _delivery_indexes(table: str, columns: Any) -> None:
    """The indexes for claiming planned rows, and for finding claimed and ambiguous ones."""
    Index(f"ix_{table}_planned", columns.send_after, **_where(columns.status == "planned"))
    Index(f"ix_{table}_claimed", columns.leased_until, **_where(columns.status == "claimed"))
    Index(f"ix_{table}_ambiguous", columns.ambiguous_at, **_where(columns.status == "ambiguous"))


def _flag(name: str) -> Column[bool]:
    """A boolean column that is false in rows of older releases: the default is the database's."""
    return Column(name, Boolean, nullable=False, default=False, server_default=false())


def _where(condition: Any) -> dict[str, Any]:
    return {"sqlite_where": condition, "postgresql_where": condition}


users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # Telegram's id
    Column("language", String(16), nullable=False),
    Column("zone", String(64)),
    Column("wake", Time, nullable=False),
    Column("sleep", Time, nullable=False),
    Column("weekend_wake", Time),
    Column("weekend_sleep", Time),
    Column("diet", String(120), nullable=False, default=""),
    Column("setup", String(12), nullable=False),
    Column("setup_view", String(60), nullable=False, default=""),
    Column("setup_message_id", BigInteger),
    Column("helper_message_id", BigInteger),
    Column("digest_weekday", SmallInteger, nullable=False),
    Column("digest_at", Time, nullable=False),
    Column("next_digest_at", Instant),
    Column("paused_at", Instant),
    Column("paused_until", Instant),
    Column("asked_since", Instant),  # the end of the first contact, or of the last pause
    Column("unreachable_at", Instant),
    Column("created_at", Instant, nullable=False),
    _flag("is_discreet"),
    _flag("is_tidy"),
    _flag("is_dark"),
    _flag("is_without_numbers"),
    _flag("wants_infants"),
    Column("unwanted_topics", String(200), nullable=False, default="", server_default=""),
    # What the last screen asked the person to type, in which message, and until when it is valid.
    Column("awaits", String(60), nullable=False, default="", server_default=""),
    Column("awaits_message_id", BigInteger),
    Column("awaits_until", Instant),
)
Index(
    "ix_users_next_digest_at", users.c.next_digest_at, **_where(users.c.next_digest_at.is_not(None))
)

# For resuming.
Index("ix_users_paused_until", users.c.paused_until, **_where(users.c.paused_until.is_not(None)))

habits = Table(
    "habits",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    Column("kind", String(16), nullable=False),
    Column("goal_ml", Integer),
    Column("portion_ml", Integer),
    Column("words", String(60)),  # the name that a person gave a custom habit
    Column("removed_at", Instant),  # the row stays for the statistics
    _flag("is_limit"),  # goal_ml is the most that the person may drink
    UniqueConstraint("user_id", "kind"),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    _of("habits"),
    Column("role", String(12), nullable=False),
    Column("schedule", Text, nullable=False),
    Column("repeats", SmallInteger, nullable=False),
    Column("is_loud", Boolean, nullable=False),
    Column("next_due_at", Instant),
)
Index(
    "ix_reminders_next_due_at",
    reminders.c.next_due_at,
    **_where(reminders.c.next_due_at.is_not(None)),
)
Index("ix_reminders_user_id", reminders.c.user_id)
Index("ix_reminders_habit_id", reminders.c.habit_id)

check_ins = Table(
    "check_ins",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    _of("habits"),
    _of("reminders"),
    Column("day", Day, nullable=False),
    Column("slot", Time, nullable=False),
    *_delivery(),
    Column("closes_at", Instant, nullable=False),
    Column("ask", SmallInteger, nullable=False, default=1),
    Column("repeats_left", SmallInteger, nullable=False, default=0),
    Column("repeat_at", Instant),
    Column("food_id", String(40)),
    Column("reply", String(8)),
    Column("replied_at", Instant),
    Column("timer_minutes", SmallInteger),
    Column("arrived_at", Instant),  # when the first ask was sent
    _flag("is_entered"),  # the reply was given on /today and not to the question
    # A slot of a day is asked once, also if the time zone changes.
    UniqueConstraint("reminder_id", "day", "slot"),
    UniqueConstraint("reminder_id", "due_at"),
)
_delivery_indexes("check_ins", check_ins.c)
Index("ix_check_ins_open", check_ins.c.closes_at, **_where(check_ins.c.status == "sent"))  # expiry
Index("ix_check_ins_repeat_at", check_ins.c.repeat_at, **_where(check_ins.c.repeat_at.is_not(None)))
# The rows of a card.
Index("ix_check_ins_user_id_message_id", check_ins.c.user_id, check_ins.c.message_id)
Index("ix_check_ins_user_id_day", check_ins.c.user_id, check_ins.c.day)  # statistics
Index("ix_check_ins_habit_id", check_ins.c.habit_id)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    _of("habits"),
    Column("check_in_id", BigInteger, ForeignKey("check_ins.id", ondelete="CASCADE")),
    Column("day", Day, nullable=False),
    Column("amount", Integer),
    Column("recorded_at", Instant, nullable=False),
    Column("undone_at", Instant),
)
Index("ix_entries_user_id_day", entries.c.user_id, entries.c.day)  # the amounts of a day
Index("ix_entries_habit_id", entries.c.habit_id)
Index(
    "uq_entries_check_in_id",  # a check-in has at most one entry that counts
    entries.c.check_in_id,
    unique=True,
    **_where(entries.c.undone_at.is_(None)),
)

digests = Table(
    "digests",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    Column("last_day", Day, nullable=False),
    *_delivery(),
    Column("fact_id", String(60), nullable=False),
    Column("figures", Text, nullable=False),
    Column("first_day", Day),  # None: the week that ends with last_day
    Column("suggestion", String(80)),
    Column("file_id", String(200)),  # Telegram's file_id of the picture, to send it again
    UniqueConstraint("user_id", "last_day"),
)
_delivery_indexes("digests", digests.c)

# Messages of one line that are not questions: a nudge during setup, the end of a pause.
notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    Column("kind", String(16), nullable=False),
    *_delivery(),
    UniqueConstraint("user_id", "kind", "due_at"),
)
_delivery_indexes("notices", notices.c)

# Pauses that are over, in days of the person, both included.
# Statistics show these days as neutral.
pauses = Table(
    "pauses",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    Column("first_day", Day, nullable=False),
    Column("last_day", Day, nullable=False),
)
Index("ix_pauses_user_id_last_day", pauses.c.user_id, pauses.c.last_day)

# What held on a day (domain.term): a goal from first_day on, or a span of days with less asked, of
# one habit or of all.
terms = Table(
    "terms",
    metadata,
    Column("id", Id, primary_key=True),
    _of("users"),
    _of("habits", nullable=True),
    Column("kind", String(12), nullable=False),
    Column("first_day", Day, nullable=False),
    Column("last_day", Day),
    Column("goal_ml", Integer),
    Column("portion_ml", Integer),
    _flag("is_limit"),
)
Index("ix_terms_user_id", terms.c.user_id)
Index("ix_terms_habit_id", terms.c.habit_id)

# Messages that must show something new, from the transaction that changed it until they are edited.
# The table and `draw_after` have the names of an older release, which may still run beside this
# one; /export shows them as well.
pending_edits = Table(
    "redraws",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("check_in_id", BigInteger),
    Column("view", String(40), nullable=False, default=""),
    Column("version", Integer, nullable=False, default=1),
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("draw_after", Instant, key="edit_after", nullable=False),
)
Index("ix_redraws_draw_after", pending_edits.c.edit_after)

# The ids of updates that took effect. Each one is kept and not only the greatest, because after an
# idle week Telegram starts again at a random id.
updates = Table(
    "updates",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("handled_at", Instant, nullable=False),
)
Index("ix_updates_handled_at", updates.c.handled_at)

# Work that only one of several replicas does at a time, and the replica that does it.
leases = Table(
    "leases",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("leased_until", Instant, nullable=False),
)

# The send rate of the token: when the next permit is free, when the next one that costs nothing is,
# and until when Telegram has halted sending.
budgets = Table(
    "budgets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("next_at", Instant, nullable=False),
    Column("next_unpaid_at", Instant, nullable=False),
    Column("halted_until", Instant),
)

# Single values of this installation, such as the version of the zone data that was used last.
state = Table(
    "state",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

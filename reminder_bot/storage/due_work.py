"""When each kind of work is due next, in one query: an idle tick costs one statement."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, false, func, or_, select

from reminder_bot.domain.check_in import Status
from reminder_bot.storage.claims import QUEUES
from reminder_bot.storage.tables import check_ins, pending_edits, reminders, users

__all__ = ["DueWork", "find_due_work"]


class DueWork(NamedTuple):
    """The earliest instant at which each kind of work is due; None if there is none.

    The fields are in the order of the query's columns; the messages in that of claims.QUEUES.
    """

    plan_at: datetime | None
    repeat_at: datetime | None
    plan_digest_at: datetime | None
    resume_at: datetime | None
    send_check_in_at: datetime | None
    send_digest_at: datetime | None
    send_notice_at: datetime | None
    ambiguous_check_in_since: datetime | None
    ambiguous_digest_since: datetime | None
    ambiguous_notice_since: datetime | None
    close_at: datetime | None
    edit_at: datetime | None
    has_expired_lease: bool

    @property
    def send_times(self) -> tuple[datetime | None, ...]:
        """The instants at which something must be planned or sent."""
        return (
            self.plan_at,
            self.repeat_at,
            self.plan_digest_at,
            self.resume_at,
            self.send_check_in_at,
            self.send_digest_at,
            self.send_notice_at,
        )

    @property
    def ambiguous_times(self) -> tuple[datetime | None, ...]:
        """Since when the oldest send of each kind has been ambiguous."""
        return (
            self.ambiguous_check_in_since,
            self.ambiguous_digest_since,
            self.ambiguous_notice_since,
        )


def find_due_work(connection: Connection) -> DueWork:
    query = _POSTGRESQL if connection.dialect.name == "postgresql" else _SQLITE
    row = connection.execute(query).one()
    return DueWork(*row)


def _query(has_expired_lease: Any) -> Select[Any]:
    def least(column: Any, *conditions: Any) -> Any:
        # Each one is read from the end of a partial index on its condition.
        return select(func.min(column)).where(*conditions).scalar_subquery().label(None)

    return select(
        least(reminders.c.next_due_at, reminders.c.next_due_at.is_not(None)),
        least(check_ins.c.repeat_at, check_ins.c.repeat_at.is_not(None)),
        least(users.c.next_digest_at, users.c.next_digest_at.is_not(None)),
        least(users.c.paused_until, users.c.paused_until.is_not(None)),
        *(least(table.c.send_after, table.c.status == Status.PLANNED) for table in QUEUES),
        *(least(table.c.ambiguous_at, table.c.status == Status.AMBIGUOUS) for table in QUEUES),
        least(check_ins.c.closes_at, check_ins.c.status == Status.SENT),
        least(pending_edits.c.edit_after),
        has_expired_lease,
    )


def _has_expired(table: Any) -> Any:
    return select(table.c.id).where(
        table.c.status == Status.CLAIMED, table.c.leased_until < func.clock_timestamp()
    )


_SQLITE = _query(false())  # only one process: its leases never expire while it runs
_POSTGRESQL = _query(or_(*(_has_expired(table).exists() for table in QUEUES)))

"""Recording the outcomes of sends, in batches, on rows that this process still claims.

    waiting ──▶ writing ──▶ recorded
       ▲           │ the database is away
       └───────────┤
                   └ the record itself cannot be written ──▶ the row stays claimed, and becomes
                                                             ambiguous when its lease expires

A statement costs as much for a hundred rows as for ten. So while more than `MANY` sends are in
progress, outcomes wait `GATHERING` seconds for others.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reminder_bot.clock import Clock
from reminder_bot.domain.check_in import Status
from reminder_bot.storage import check_ins, claims, pending_edits
from reminder_bot.storage.check_ins import Place
from reminder_bot.storage.claims import OutcomeRow
from reminder_bot.storage.database import Connection, Database, is_away
from reminder_bot.storage.users import record_unreachable

__all__ = ["Record", "Recorder"]

log = logging.getLogger(__name__)

# A crash during this wait makes a send ambiguous, as a crash during the request does.
MANY = 50
GATHERING = 0.02  # seconds


Pair = tuple[int, int]
"""The id of a message, and that of a check-in on it."""


@dataclass(slots=True)
class Record:
    """The outcome of one send: the rows to update, and what follows from it."""

    table: claims.Queue
    rows: list[OutcomeRow]
    user_id: int
    is_unreachable: bool = False
    # to_edit: messages to edit in any case. sent: new messages; they are edited if the check-in was
    # answered or moved to another message meanwhile.
    to_edit: list[Pair] = field(default_factory=list)
    sent: list[Pair] = field(default_factory=list)


class Recorder:
    """Writes the outcomes of the rows that `process` has claimed."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._clock = clock
        self._process = process
        self._waiting: list[Record] = []
        self._writing = asyncio.Lock()
        self.under_way = 0  # sends whose outcomes are still to come

    def add(self, *records: Record) -> None:
        self._waiting += records

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def is_writing(self) -> bool:
        """Whether `write` is running; it also writes what is added meanwhile."""
        return self._writing.locked()

    async def write(self) -> None:
        """Write all waiting outcomes, with those that are added meanwhile."""
        async with self._writing:
            while self._waiting:
                # Unless many outcomes are waiting already, wait for more of them.
                if self.under_way > MANY > len(self._waiting):
                    await asyncio.sleep(GATHERING)
                batch, self._waiting = self._waiting, []
                try:
                    await self._write(batch)
                except Exception as error:
                    if is_away(error):
                        self._waiting = batch + self._waiting
                        log.warning("outcomes_delayed", extra={"count": len(self._waiting)})
                        await asyncio.sleep(1)
                    elif len(batch) > 1:
                        await self._write_singly(batch)
                    else:
                        _log_not_recorded(batch[0], error)

    async def _write_singly(self, batch: Iterable[Record]) -> None:
        """Write each record by itself, so that one that can't be written costs no other."""
        for record in batch:
            try:
                await self._write([record])
            except Exception as error:
                if is_away(error):
                    self._waiting.append(record)
                else:
                    _log_not_recorded(record, error)

    async def _write(self, batch: Sequence[Record]) -> None:
        await self._database.write(_write_batch, batch, self._process, self._clock.now())


def _log_not_recorded(record: Record, error: Exception) -> None:
    ids = ",".join(str(row["id"]) for row in record.rows)
    log.error(
        "outcome_not_recorded",
        exc_info=error,
        extra={"table": record.table.name, "ids": ids, "user": record.user_id},
    )


def _write_batch(
    connection: Connection, batch: Sequence[Record], process: str, now: datetime
) -> None:
    """Write outcomes to the rows that `process` still claims, record the edits that they need, and
    mark unreachable users.
    """
    for table in claims.QUEUES:
        rows = [row for record in batch if record.table is table for row in record.rows]
        claims.record_outcomes(connection, table, process, rows)
    _record_edits(connection, batch, now)
    unreachable = {record.user_id for record in batch if record.is_unreachable}
    if unreachable:
        record_unreachable(connection, unreachable, now)


def _record_edits(connection: Connection, batch: Sequence[Record], now: datetime) -> None:
    """Record the pending edits of older messages whose check-in was asked again, and of new ones
    that do not show the record. Check-ins that were erased meanwhile need none.
    """
    to_edit = {pair for record in batch for pair in record.to_edit}
    sent = {pair for record in batch for pair in record.sent}
    if not to_edit and not sent:
        return
    places = check_ins.list_places(connection, {check_in_id for _, check_in_id in to_edit | sent})
    for message_id, check_in_id in sorted(to_edit):
        place = places.get(check_in_id)
        if place is not None:
            view = "" if place.message_id == message_id else pending_edits.ASKED_AGAIN
            pending_edits.record_pending_edit(
                connection, place.user_id, message_id, now, check_in_id, view
            )
    sent_at = {row["id"]: row.get("sent_at") for record in batch for row in record.rows}
    for message_id, check_in_id in _outdated(sent, places, sent_at):
        user_id = places[check_in_id].user_id
        pending_edits.record_pending_edit(connection, user_id, message_id, now, check_in_id)


def _outdated(
    sent: set[Pair], places: Mapping[int, Place], sent_at: Mapping[int, datetime | None]
) -> list[Pair]:
    """The new messages to edit, because a tap came before the record of their send: it has moved
    the check-in to another message, or the card was edited without the other check-ins on it.

    sent_at: what was to be recorded. A check-in that a tap has changed before keeps its own.
    """
    present = [pair for pair in sorted(sent) if pair[1] in places]
    rows_on = Counter(
        (places[check_in_id].user_id, message_id) for message_id, check_in_id in present
    )
    outdated = []
    for message_id, check_in_id in present:
        place = places[check_in_id]
        has_moved = place.message_id != message_id
        was_tapped = (place.status, place.sent_at) != (Status.SENT, sent_at[check_in_id])
        is_partial = was_tapped and rows_on[place.user_id, message_id] > 1
        if has_moved or is_partial:
            outdated.append((message_id, check_in_id))
    return outdated

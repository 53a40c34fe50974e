"""Recording the outcomes of sends, in batches, on rows that this process still claims.

    waiting ──▶ writing ──▶ recorded
       ▲           │ the database is away
       └───────────┤
                   └ the record itself cannot be written ──▶ the row stays claimed, and becomes
                                                             ambiguous when its lease expires

A statement costs as much for a hundred rows as for ten. So while more than `MANY` sends are under
way, outcomes wait `GATHERING` seconds for others.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reminder_bot.clock import Clock
from reminder_bot.storage import check_ins, claims, pending_edits
from reminder_bot.storage.claims import OutcomeRow
from reminder_bot.storage.database import Connection, Database, is_away
from reminder_bot.storage.users import record_unreachable

__all__ = ["Record", "Recorder"]

log = logging.getLogger(__name__)

# A crash during this wait makes a send ambiguous, as a crash during the request does.
MANY = 50
GATHERING = 0.02  # seconds


@dataclass(slots=True)
class Record:
    """The outcome of one send: the rows to update, and what follows from it."""

    table: claims.Queue
    rows: list[OutcomeRow]
    user_id: int
    is_unreachable: bool = False
    # Pairs of message id and check-in id. to_edit: messages to edit in any case. sent: new
    # messages; they are edited if the check-in was answered or moved to another message meanwhile.
    to_edit: list[tuple[int, int]] = field(default_factory=list)
    sent: list[tuple[int, int]] = field(default_factory=list)


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
        """Whether a call of `write` runs; it also writes what is added meanwhile."""
        return self._writing.locked()

    async def write(self) -> None:
        """Write all waiting outcomes, with those that are added meanwhile."""
        async with self._writing:
            while self._waiting:
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
    """Record pending edits: for the older message of a check-in that was asked again, and for a new
    message whose check-in was answered, or moved to another message, before its send was recorded.
    """
    pairs = {pair for record in batch for pair in record.to_edit}
    sent = {pair for record in batch for pair in record.sent}
    if not pairs and not sent:
        return
    there = check_ins.list_still_there(connection, {each for _, each in pairs | sent})
    for message_id, each in sorted(pairs):
        if each in there:
            is_old = there[each][1] != message_id
            pending_edits.record_pending_edit(
                connection,
                there[each][0],
                message_id,
                now,
                each,
                pending_edits.ASKED_AGAIN if is_old else "",
            )
    on_card = Counter((there[each][0], message_id) for message_id, each in sent if each in there)
    for message_id, each in sorted(sent):
        if each in there:
            user_id, present_id, is_replied = there[each]
            # The card was edited after the answer, but without the other check-ins on it, whose
            # sends were not recorded yet.
            is_partial = is_replied and on_card[user_id, message_id] > 1
            if present_id != message_id or is_partial:
                pending_edits.record_pending_edit(connection, user_id, message_id, now, each)

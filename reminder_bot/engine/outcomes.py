"""What became of the sends, written down in batches where the claim is still ours.

A statement costs as much for a hundred rows as for ten: while a crowd is under way an outcome waits
a moment for others. Nothing is dropped: what cannot be written because the database is away waits,
and what cannot be written for its own sake leaves its claim, which is in doubt when its lease ends.
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

# Where a crowd is under way an outcome waits so long for others; a crash in it costs as much doubt
# as one on the way.
CROWD = 50
GATHERING = 0.02


@dataclass(slots=True)
class Record:
    """Outcomes of one send, waiting to be written: rows of a table, and what else follows from
    them.
    """

    table: claims.Queue
    rows: list[OutcomeRow]
    user_id: int
    is_unreachable: bool = False
    # (message, check-in): messages to edit, and sent ones that are right only if the check-in shows
    # there.
    to_edit: list[tuple[int, int]] = field(default_factory=list)
    sent: list[tuple[int, int]] = field(default_factory=list)


class Recorder:
    """Writes the outcomes of what `process` has claimed."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._clock = clock
        self._process = process
        self._waiting: list[Record] = []
        self._writing = asyncio.Lock()
        self.under_way = 0  # sends whose outcomes will come

    def add(self, *records: Record) -> None:
        self._waiting += records

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def is_writing(self) -> bool:
        """Whether somebody is at it: what is added now is written by them."""
        return self._writing.locked()

    async def write(self) -> None:
        """Write what came back; what arrives meanwhile goes with the next round."""
        async with self._writing:
            while self._waiting:
                if self.under_way > CROWD > len(self._waiting):
                    await asyncio.sleep(GATHERING)
                batch, self._waiting = self._waiting, []
                try:
                    await self._write(batch)
                except Exception as error:
                    if is_away(error):
                        self._waiting = batch + self._waiting
                        log.warning("outcomes wait for the database count=%d", len(self._waiting))
                        await asyncio.sleep(1)
                    elif len(batch) > 1:
                        await self._write_singly(batch)
                    else:  # its claim stays in doubt; the others go on
                        log.exception("an outcome cannot be recorded")

    async def _write_singly(self, batch: Iterable[Record]) -> None:
        for record in batch:
            try:
                await self._write([record])
            except Exception as error:
                if is_away(error):
                    self._waiting.append(record)
                else:
                    log.exception("an outcome cannot be recorded")

    async def _write(self, batch: Sequence[Record]) -> None:
        await self._database.write(_write_batch, batch, self._process, self._clock.now())


def _write_batch(
    connection: Connection, batch: Sequence[Record], process: str, now: datetime
) -> None:
    """Write outcomes to the rows that `process` still claims, and what follows from them."""
    for table in claims.QUEUES:
        rows = [row for record in batch if record.table is table for row in record.rows]
        claims.record_outcomes(connection, table, process, rows)
    _record_edits(connection, batch, now)
    unreachable = {record.user_id for record in batch if record.is_unreachable}
    if unreachable:
        record_unreachable(connection, unreachable, now)


def _record_edits(connection: Connection, batch: Sequence[Record], now: datetime) -> None:
    """Owe a new look to older messages of what was asked again, and to a message whose check-in
    was answered elsewhere, or too soon, while it was under way."""
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
            # Answered before the others on its card were on record, the card was drawn without
            # them.
            is_partial = is_replied and on_card[user_id, message_id] > 1
            if present_id != message_id or is_partial:
                pending_edits.record_pending_edit(connection, user_id, message_id, now, each)

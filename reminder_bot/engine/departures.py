"""Marking what is about to leave, before its first byte does.

    claimed ──begin()──▶ waiting ──one commit for all──▶ marked ──▶ the request leaves
                            │                               └─ the process dies: perhaps sent
                            └─ the process dies, or the claim has ended: certainly not sent

When a process dies, only what it had marked is ambiguous; whatever else it had claimed is simply
planned again. A mark is committed right before the request, so hardly anything is marked that has
not left. Marks that wait at the same time share one transaction, because a commit costs as much for
a hundred rows as for one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from reminder_bot.clock import Clock
from reminder_bot.storage import claims
from reminder_bot.storage.database import Connection, Database, is_away

__all__ = ["Departure", "Departures"]

log = logging.getLogger(__name__)

# How long a mark waits for others, in seconds, while several come in the time of a commit. Longer
# waits would cost throughput: a permit that is not used yet counts against the rate.
GATHERING = 0.01

# The table of a row, and its id.
Key = tuple[str, int]


class _Waiting(NamedTuple):
    table: claims.Queue
    ids: frozenset[int]
    is_marked: "asyncio.Future[bool]"


class Departures:
    """Marks the rows that `process` has claimed."""

    def __init__(self, database: Database, clock: Clock, process: str) -> None:
        self._database = database
        self._clock = clock
        self._process = process
        self._waiting: list[_Waiting] = []
        self._marking: asyncio.Task[None] | None = None
        self._come_together = False  # whether the last commit marked several sends

    async def begin(self, table: claims.Queue, ids: Sequence[int]) -> bool:
        """Mark rows; returns whether their request may leave now.

        It may not if the claim of one of them has ended, or if the database is away.
        """
        given: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(table, frozenset(ids), given))
        if self._marking is None:
            self._marking = asyncio.create_task(self._mark_all())
        return await given

    async def _mark_all(self) -> None:
        """Mark all that wait, with those that are added meanwhile."""
        try:
            while self._waiting:
                if self._come_together:
                    await asyncio.sleep(GATHERING)
                batch, self._waiting = self._waiting, []
                self._come_together = len(batch) > 1
                await self._mark(batch)
        finally:
            self._marking = None

    async def _mark(self, batch: Sequence[_Waiting]) -> None:
        marked: set[Key] = set()
        try:
            marked = await self._database.write(_mark_batch, batch, self._process, self._clock)
        except Exception as error:
            if not is_away(error):
                log.exception("departure_not_marked")
            log.warning("departures_delayed", extra={"count": len(batch), "reason": error})
        for each in batch:
            if not each.is_marked.done():
                wanted = {(each.table.name, row_id) for row_id in each.ids}
                each.is_marked.set_result(wanted <= marked)


def _mark_batch(
    connection: Connection, batch: Sequence[_Waiting], process: str, clock: Clock
) -> set[Key]:
    """Mark rows as leaving; returns those that are still claimed by `process`."""
    marked: set[Key] = set()
    for table in claims.QUEUES:
        ids = [row_id for each in batch if each.table is table for row_id in each.ids]
        if ids:
            found = claims.mark_leaving(connection, table, process, ids, clock.now())
            marked |= {(table.name, row_id) for row_id in found}
    return marked


class Departure:
    """What a send asks right before it leaves.

    Calling it tells whether the send is still wanted: neither too late, nor with a lease that has
    expired, after which another process may send the same. `begin` marks its rows as leaving.
    """

    def __init__(
        self,
        departures: Departures,
        table: claims.Queue,
        ids: Sequence[int],
        is_wanted: Callable[[], bool],
    ) -> None:
        self._departures = departures
        self._table = table
        self._ids = ids
        self._is_wanted = is_wanted
        self._has_begun = False

    def __call__(self) -> bool:
        return self._is_wanted()

    async def begin(self) -> bool:
        """Returns whether the request may leave. Marked once, however often the send is tried."""
        if not self._has_begun:
            self._has_begun = await self._departures.begin(self._table, self._ids)
        # The mark may have taken longer than the lease lasts.
        return self._has_begun and self._is_wanted()

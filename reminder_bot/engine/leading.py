"""Which of several replicas polls and edits messages: one at a time, by a lease in the database.

    standing by ──lease is free──▶ leading ──renewed every 2 s──▶ leading
         ▲                            │ not renewed for 6 s: suspended, or cut off from the database
         └────────────────────────────┘

The lease expires by the database's clock. A leader trusts it for less time than it lasts, counted
from before the request and with CLOCK_BOOTTIME, which includes a suspend: so a leader has stopped
before another one begins. After a leader's death another replica takes over within LENGTH and one
round. On SQLite there is one process, and it leads.

Each change of the role is logged as `leading` or `standing_by`; so is the role of the first round.
"""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from reminder_bot.clock import boot_time
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.leases import acquire_lease, release_lease

__all__ = ["EVERY", "Leading"]

log = logging.getLogger(__name__)

NAME = "leading"
EVERY = 2.0  # seconds
LENGTH = timedelta(seconds=8)
MARGIN = 2.0  # seconds
# How long a process that is suspended or cut off during the request can lock the lease's row. The
# other replicas wait for that row meanwhile.
REQUEST_TIMEOUT = timedelta(seconds=2)


class Leading:
    """Whether this process leads; `step` takes and renews the lease."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process = uuid4().hex
        self._until = float("inf") if database.is_sqlite else float("-inf")
        self._logged_role: bool | None = None  # whether it leads; None: nothing logged yet

    def is_leading(self) -> bool:
        return boot_time() < self._until

    async def step(self, now: datetime) -> None:
        if self._database.is_sqlite:
            return  # the only process on its file leads for ever
        asked_at = boot_time()  # the lease may begin at any time after this
        is_ours = await self._database.write_urgently(
            REQUEST_TIMEOUT, acquire_lease, NAME, self._process, LENGTH
        )
        self._until = asked_at + LENGTH.total_seconds() - MARGIN if is_ours else float("-inf")
        self._log_change(is_ours)

    def _log_change(self, is_leading: bool) -> None:
        if is_leading == self._logged_role:
            return
        self._logged_role = is_leading
        if is_leading:
            log.info("leading")
        else:
            log.info("standing_by")

    async def stop(self) -> None:
        """Let another process take over at once."""
        if not self._database.is_sqlite and self.is_leading():
            self._until = float("-inf")
            try:
                await self._database.write_urgently(
                    REQUEST_TIMEOUT, release_lease, NAME, self._process
                )
            except Exception as error:
                if not is_away(error):
                    raise  # with the database away, the lease expires by itself

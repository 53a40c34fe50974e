"""Which of several replicas polls, and draws what the taps have changed: one at a time, by a lease.

    standing by ──lease is free──▶ leading ──renewed every 2 s──▶ leading
         ▲                            │ not renewed for 6 s: the process slept, or is cut off from the database
         └────────────────────────────┘

The lease is the database's, by its clock. A leader trusts it for less time than it lasts, counted
from before it asked and on the clock that counts sleep: so it has stopped before another begins.
After a leader's death another one takes over within LENGTH and one round. On SQLite there is one
process, and it leads.
"""

import logging
from datetime import datetime, timedelta
from uuid import uuid4

from reminder_bot.clock import boot_time
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.leases import release_lease, take_lease

__all__ = ["EVERY", "Leading"]

log = logging.getLogger(__name__)

NAME = "leading"
EVERY = 2.0  # seconds
LENGTH = timedelta(seconds=8)
MARGIN = 2.0  # seconds
# Who is stopped or cut off while it asks holds the row no longer: the others wait for it.
ASKING = timedelta(seconds=2)


class Leading:
    """Whether this process leads; `step` takes and renews the lease."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._process = uuid4().hex
        self._until = float("inf") if database.is_sqlite else float("-inf")
        self._is_known_to_lead = False

    def is_leading(self) -> bool:
        return boot_time() < self._until

    async def step(self, now: datetime) -> None:
        if self._database.is_sqlite:
            return
        asked_at = boot_time()
        is_ours = await self._database.write_urgently(
            ASKING, take_lease, NAME, self._process, LENGTH
        )
        self._until = asked_at + LENGTH.total_seconds() - MARGIN if is_ours else float("-inf")
        if is_ours != self._is_known_to_lead:
            self._is_known_to_lead = is_ours
            log.info(
                "this process polls now" if is_ours else "another process polls now: standing by"
            )

    async def stop(self) -> None:
        """Let another process take over at once."""
        if not self._database.is_sqlite and self.is_leading():
            self._until = float("-inf")
            try:
                await self._database.write_urgently(ASKING, release_lease, NAME, self._process)
            except Exception as error:
                if not is_away(error):
                    raise  # else it runs out by itself

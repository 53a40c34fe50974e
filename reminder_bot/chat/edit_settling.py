"""Settling the edits of taps: deleting the pending edits of those that were made, several together.

    made ──▶ waiting ──▶ settled
                 ▲  └─ the database is away: it stays pending, and is made again
                 └──── at most `settle_every` seconds, or until `settle` or `finish`

A commit for each edit would cost as much as recording the reply. The first edit is settled at once.
After a crash in between, the message is edited once more, to the same content.

These edits were the latest of their messages when they ended. So if a message has something newer
to show by then, it is not due to them, and its own pending edit is left alone.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence

from reminder_bot.storage import pending_edits
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.pending_edits import Message, PendingEdit

__all__ = ["EditSettling"]

log = logging.getLogger(__name__)

SETTLE_EVERY = 0.25  # seconds


class EditSettling:
    """Settles what is added to it."""

    def __init__(self, database: Database) -> None:
        # Seconds. A program that moves the clock and waits until all is settled may set it lower.
        self.settle_every = SETTLE_EVERY
        self._database = database
        self._made: dict[Message, PendingEdit] = {}
        self._repeating: asyncio.Task[None] | None = None
        self._finishing = asyncio.Event()
        self._lock = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether all edits that were added are settled."""
        return not self._made and not self._lock.locked()

    def add(self, made: Iterable[PendingEdit]) -> None:
        """Settle edits that were made, now or together with those of the last `settle_every`."""
        self._made.update((each.message, each) for each in made)
        if self._made and (self._repeating is None or self._repeating.done()):
            self._repeating = asyncio.create_task(self._repeat())

    async def settle(self) -> None:
        """Settle now what has been added so far."""
        async with self._lock:
            made = list(self._made.values())
            self._made.clear()
            if made:
                await self._settle_or_log(made)

    async def finish(self) -> None:
        """Settle what has been added, and wait for no more."""
        if self._repeating is not None:
            self._finishing.set()
            await self._repeating
            self._finishing.clear()

    async def _repeat(self) -> None:
        while self._made:
            await self.settle()
            try:
                async with asyncio.timeout(self.settle_every):
                    await self._finishing.wait()
            except TimeoutError:
                pass

    async def _settle_or_log(self, made: Sequence[PendingEdit]) -> None:
        try:
            await self._database.write(pending_edits.settle_pending_edits, made)
        except Exception as error:
            if is_away(error):
                return
            if len(made) > 1:  # one of them is the reason; settle the others
                for each in made:
                    await self._settle_or_log([each])
                return
            user_id = made[0].user_id
            log.error("edit_not_settled", exc_info=error, extra={"user": user_id, "error": error})

"""The queue of updates that getUpdates returns, with Telegram's rules.

    add ─▶ pending ─▶ fetched ─▶ getUpdates with a higher offset ─▶ removed
                └── 24 hours ─────────────────────────────────────▶ removed

An update can be fetched any number of times. It is removed when getUpdates asks for an offset above
its id. The last allowed_updates decides which updates are queued. Only one getUpdates can wait; a
second one ends the first with 409.
"""

from bisect import bisect_left, insort
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from reminder_bot.clock import Clock
from reminder_bot.simulator.change_signal import PATIENCE, ChangeSignal
from reminder_bot.simulator.refusal import Refusal, bad_request, conflict
from reminder_bot.simulator.tables import UPDATE_KINDS

__all__ = ["Updates"]

LIFETIME = timedelta(hours=24)
LONGEST_POLL = 50.0  # seconds; Telegram caps a longer timeout
# Kinds that Telegram sends only if allowed_updates lists them.
_OPT_IN = {"chat_member", "message_reaction", "message_reaction_count"}
_DEFAULT_KINDS = frozenset(UPDATE_KINDS) - _OPT_IN


class _Entry(NamedTuple):
    """A queued update. Entries sort by id, then by arrival, since tests can inject equal ids."""

    update_id: int
    arrival: int
    at: datetime
    update: dict[str, Any]


class Updates:
    """The queue. A test can set `reorder` to change the order within a batch, which is by id."""

    def __init__(self, clock: Clock, first_id: int = 100_000_001) -> None:
        self._clock = clock
        self._changes = ChangeSignal()
        self._pending: list[_Entry] = []
        self._arrivals = 0
        self._oldest: datetime | None = None
        self._poll = 0
        self._is_closed = False
        self.next_id = first_id
        self.allowed: frozenset[str] = _DEFAULT_KINDS
        self.reorder: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None

    def add(self, kind: str, content: dict[str, Any]) -> int | None:
        """Queue an update and return its id, or None if its kind is not allowed."""
        if kind not in self.allowed:
            return None
        return self.inject({kind: content})

    def inject(self, raw: dict[str, Any]) -> int:
        """Queue `raw` unchecked; it gets the next id if it has none. Its id may be a lower one."""
        update_id = raw.get("update_id", self.next_id)
        if "update_id" not in raw:
            self.next_id += 1
        now = self._clock.now()
        self._arrivals += 1
        insort(
            self._pending, _Entry(update_id, self._arrivals, now, {"update_id": update_id, **raw})
        )
        self._oldest = now if self._oldest is None else min(self._oldest, now)
        self._changes.notify()
        return int(update_id)

    @property
    def pending(self) -> list[dict[str, Any]]:
        """The updates that the bot has not confirmed, sorted by id."""
        self._expire()  # the clock may have been moved since the last call
        return [entry.update for entry in self._pending]

    def drop(self) -> None:
        self._pending.clear()
        self._changes.notify()

    async def confirmed(self, timeout: float = PATIENCE) -> None:
        """Wait until the bot has confirmed all updates."""
        if not await self._changes.wait_until(lambda: not self._pending, timeout):
            raise AssertionError(
                f"not confirmed within {timeout:g} s: {[entry.update for entry in self._pending]}"
            )

    def allow(self, kinds: list[str]) -> None:
        """Set allowed_updates of getUpdates or setWebhook; an empty list means the default."""
        unknown = [kind for kind in kinds if kind not in UPDATE_KINDS]
        if unknown:
            raise bad_request(f'allowed_updates: there is no kind of update "{unknown[0]}"')
        self.allowed = frozenset(kinds) or _DEFAULT_KINDS

    async def fetch(self, *, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:
        """The batch that getUpdates returns; waits up to `timeout` seconds of real time for it."""
        # A newer poll increases `_poll`, which ends this one with 409.
        self._poll += 1
        this_poll = self._poll
        self._changes.notify()
        self._confirm(offset)
        if not self._pending and timeout > 0:
            await self._changes.wait_until(
                lambda: bool(self._pending) or self._poll != this_poll or self._is_closed,
                min(timeout, LONGEST_POLL),
            )
        if self._poll != this_poll:
            raise other_poller()
        return self._batch(limit)

    def close(self) -> None:
        """End a waiting getUpdates, and let none wait until `open`."""
        self._is_closed = True
        self._changes.notify()

    def open(self) -> None:
        self._is_closed = False

    def _confirm(self, offset: int) -> None:
        """Remove the updates below `offset`; a negative one keeps only the last updates."""
        self._expire()
        if offset > 0:
            count = bisect_left(self._pending, offset, key=lambda entry: entry.update_id)
            del self._pending[:count]
        elif offset < 0:
            del self._pending[:offset]
        self._changes.notify()

    def _expire(self) -> None:
        limit = self._clock.now() - LIFETIME
        # Most calls expire nothing: `_oldest` saves a pass through the queue.
        if self._oldest is None or self._oldest > limit:
            return
        self._pending = [entry for entry in self._pending if entry.at > limit]
        self._oldest = min((entry.at for entry in self._pending), default=None)

    def _batch(self, limit: int) -> list[dict[str, Any]]:
        count = limit if 1 <= limit <= 100 else 100  # as Telegram does, without an error
        batch = [entry.update for entry in self._pending[:count]]
        return self.reorder(batch) if self.reorder else batch


def other_poller() -> Refusal:
    return conflict(
        "terminated by other getUpdates request; make sure that only one bot instance is running"
    )

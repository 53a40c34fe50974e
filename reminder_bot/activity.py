"""What this process did: one log line an hour with counts, which shows that a healthy bot runs.

    INFO reminder_bot.activity activity role=leading minutes=60 sent=118 digests=0 answered=97 …

Counts only, no ids. They are of this process since its last line, so those of several replicas add
up. The role is `leading` (it polls and edits messages) or `standing_by` (it sends what it claims).
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Literal, get_args

from reminder_bot.clock import boot_time

__all__ = ["Activity", "What"]

log = logging.getLogger(__name__)

EVERY = 3600.0  # seconds

What = Literal["sent", "digests", "answered", "edited", "failed"]
"""What is counted.

sent: check-ins and notices that Telegram accepted, and digests: the weekly ones.
answered: taps and messages of people that the bot has answered.
edited: messages that were changed or deleted.
failed: requests that were not accepted, or perhaps not. Most are tried again and counted again.
"""


class Activity:
    """Counts, and reports once an hour. is_leading: whether this process leads right now."""

    def __init__(self, is_leading: Callable[[], bool] = lambda: True) -> None:
        self._is_leading = is_leading
        self._counts: Counter[What] = Counter()
        self._since = boot_time()

    def count(self, what: What) -> None:
        self._counts[what] += 1

    async def step(self, now: datetime) -> None:
        """Report when an hour has passed. A step of `ticking`, which may come more often: a moved
        wall clock wakes every step.
        """
        if boot_time() - self._since >= EVERY:
            self.report()

    def report(self) -> None:
        """Log what was done since the last report; also called when the process stops."""
        now = boot_time()
        log.info(
            "activity",
            extra={
                "role": "leading" if self._is_leading() else "standing_by",
                "minutes": round((now - self._since) / 60),
                **{what: self._counts[what] for what in get_args(What)},
            },
        )
        self._counts.clear()
        self._since = now

"""What this process did: one log line an hour with counts, which shows that a healthy bot runs.

    INFO reminder_bot.activity activity role=leading minutes=60 sent=118 digests=0 answered=97 …

The line has counts and no ids. It counts what one process did since its previous line, so the lines
of several replicas can be added up. The role is `leading` (the process polls and edits messages) or
`standing_by` (it only sends what it claims).
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

sent: check-ins and notices that Telegram accepted.
digests: weekly digests that Telegram accepted.
answered: taps and messages of people that the bot has answered.
edited: messages that were changed or deleted.
failed: requests that Telegram did not accept, certainly or possibly. Most are retried and counted
    again.
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
        """Report if an hour has passed since the last report.

        `ticking` may call it more often, because a change of the wall clock wakes every step.
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

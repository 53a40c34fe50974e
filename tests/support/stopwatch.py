"""How long something takes, without the time in which it waited for a processor.

While all processors are busy, one cannot know whether a program waits for a timer, or is ready to
run and waits for a processor. While a processor is free, a program that does not run waits for
something else: a timer, a lock, an answer. Only that time is counted here. On a quiet machine this
is the true time. On a busy one it is less, so a test does not exceed its bound because of the load.
"""

import time
from pathlib import Path

__all__ = ["Stopwatch"]

_STAT = Path("/proc/stat")
TICKS = 100  # a second, in /proc/stat


class Stopwatch:
    """Measures from its construction."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._idle = idle_seconds()

    @property
    def seconds(self) -> float:
        """The true time."""
        return time.monotonic() - self._began

    @property
    def free_seconds(self) -> float:
        """The time for which one processor was free: of all processors the longest."""
        idle = idle_seconds()
        if len(idle) != len(self._idle) or not idle:
            return self.seconds
        return min(
            self.seconds, max(now - before for now, before in zip(idle, self._idle, strict=True))
        )


def idle_seconds() -> list[float]:
    """How long each processor has been idle since the machine started; empty if that is unknown."""
    try:
        lines = _STAT.read_text().splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines if line.startswith("cpu") and line[3].isdigit()]
    return [
        (int(idle) + int(waiting_for_disk)) / TICKS
        for _, _, _, _, idle, waiting_for_disk, *_ in fields
    ]

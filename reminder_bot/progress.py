"""Shows on stderr how far a long command has come.

On a terminal this is a bar that is updated in place, elsewhere a line every few seconds.
"""

import sys
from time import monotonic
from typing import TextIO

__all__ = ["Progress", "StillWorking"]

# Seconds between two updates.
BAR_EVERY, LINE_EVERY = 0.2, 4.0
WIDTH = 30


class Progress:
    """Call it with how many units are done, and how many there are."""

    def __init__(self, what: str, out: TextIO | None = None, *, unit: str = "rows") -> None:
        self._what = what
        self._unit = unit
        self._out = sys.stderr if out is None else out
        self._is_terminal = self._out.isatty()
        self._shown_at = monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        every = BAR_EVERY if self._is_terminal else LINE_EVERY
        if now - self._shown_at < every and done < total:
            return
        self._shown_at = now
        part = done / total if total else 1.0
        text = f"{self._what}: {part:4.0%}, {done:,} of {total:,} {self._unit}"
        if not self._is_terminal:
            print(text, file=self._out, flush=True)
            return
        filled = round(WIDTH * part)
        bar = "█" * filled + "░" * (WIDTH - filled)
        # The cursor goes back to the start of the line, so that a log line replaces the bar.
        end = "\n" if done >= total else "\r"
        print(f"{bar} {text}\x1b[K", end=end, file=self._out, flush=True)


class StillWorking:
    """For work of unknown length: call it often. Shows for how many seconds it has worked."""

    def __init__(self, what: str, out: TextIO | None = None) -> None:
        self._what = what
        self._out = sys.stderr if out is None else out
        self._is_terminal = self._out.isatty()
        self._began_at = self._shown_at = monotonic()

    def __call__(self) -> None:
        now = monotonic()
        if now - self._shown_at < (BAR_EVERY if self._is_terminal else LINE_EVERY):
            return
        self._shown_at = now
        text = f"{self._what}: {now - self._began_at:.0f} s"
        if self._is_terminal:
            print(f"{text}\x1b[K", end="\r", file=self._out, flush=True)
        else:
            print(text, file=self._out, flush=True)

    def clear(self) -> None:
        """Remove what is shown in the last line of a terminal, also a bar."""
        if self._is_terminal:
            print("\r\x1b[K", end="", file=self._out, flush=True)

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
    """Shows how much of a known total is done: call it with done and total.

    what: the work, as the line begins, such as "copying".
    """

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
        # The cursor goes back to the start of the line, so that the next output overwrites it.
        end = "\n" if done >= total else "\r"
        print(f"{bar} {text}\x1b[K", end=end, file=self._out, flush=True)


class StillWorking:
    """Shows the elapsed seconds of work of unknown length: call it often."""

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
        """Clear the current line of a terminal, which may have a bar of `Progress`."""
        if self._is_terminal:
            print("\r\x1b[K", end="", file=self._out, flush=True)

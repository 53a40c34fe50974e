"""Shows on stderr how far a long command has come.

On a terminal this is a bar that is updated in place, elsewhere a line every few seconds. It never
disturbs the work, which may hold the lock of a database: nothing is written to an output that is
closed, or that would block, such as a terminal after Ctrl-S.
"""

import select
import sys
from time import monotonic
from typing import TextIO

__all__ = ["Progress", "StillWorking"]

# Seconds between two updates.
BAR_EVERY, LINE_EVERY = 0.2, 4.0
WIDTH = 30


class _Output:
    """Where the progress is shown. out: None if this process has no stderr."""

    def __init__(self, out: TextIO | None) -> None:
        self._out = out
        self.is_terminal = False
        if out is not None and not out.closed:
            self.is_terminal = out.isatty()

    @property
    def every(self) -> float:
        return BAR_EVERY if self.is_terminal else LINE_EVERY

    def show(self, text: str, end: str = "\n") -> None:
        if self._out is None or not self._would_take():
            return
        try:
            print(text, end=end, file=self._out, flush=True)
        except (OSError, ValueError):  # a full disk, or a reader that has gone
            self._out = None

    def _would_take(self) -> bool:
        """Whether a short text can be written without waiting."""
        assert self._out is not None
        try:
            number = self._out.fileno()
        except (OSError, ValueError):  # no file, or a closed one
            return True
        return bool(select.select([], [number], [], 0)[1])


class Progress:
    """Shows how much of a known total is done: call it with done and total.

    what: the work, as the line begins, such as "copying".
    """

    def __init__(self, what: str, out: TextIO | None = None, *, unit: str = "rows") -> None:
        self._what = what
        self._unit = unit
        self._output = _Output(sys.stderr if out is None else out)
        self._shown_at = monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        if now - self._shown_at < self._output.every and done < total:
            return
        self._shown_at = now
        part = done / total if total else 1.0
        text = f"{self._what}: {part:4.0%}, {done:,} of {total:,} {self._unit}"
        if not self._output.is_terminal:
            self._output.show(text)
            return
        filled = round(WIDTH * part)
        bar = "█" * filled + "░" * (WIDTH - filled)
        # The cursor goes back to the start of the line, so that the next output overwrites it.
        self._output.show(f"{bar} {text}\x1b[K", end="\n" if done >= total else "\r")


class StillWorking:
    """Shows the elapsed seconds of work of unknown length: call it often, from its begin on."""

    def __init__(self, what: str, out: TextIO | None = None) -> None:
        self._what = what
        self._output = _Output(sys.stderr if out is None else out)
        self._began_at: float | None = None
        self._shown_at = 0.0

    def __call__(self) -> None:
        now = monotonic()
        if self._began_at is None:
            self._began_at = self._shown_at = now
        if now - self._shown_at < self._output.every:
            return
        self._shown_at = now
        text = f"{self._what}: {now - self._began_at:.0f} s"
        if self._output.is_terminal:
            self._output.show(f"{text}\x1b[K", end="\r")
        else:
            self._output.show(text)

    def clear(self) -> None:
        """Clear the current line of a terminal, which may have a bar of `Progress`."""
        if self._output.is_terminal:
            self._output.show("\r\x1b[K", end="")

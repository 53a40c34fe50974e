"""The wall clock. Only this module reads it; everything else gets the time as an argument.

For tests and the demo a clock can follow a file that holds an offset in seconds. The offset moves
the program's wall clock and nothing else: its timers run in real time. The file is read again
whenever it was replaced, so `now()` always uses the current offset.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reminder_bot.files import private_opener

__all__ = ["Clock", "boot_time", "machine_time"]


def boot_time() -> float:
    """Seconds since boot, suspended time included; never set back (CLOCK_BOOTTIME)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def machine_time() -> datetime:
    """The time of the machine's own wall clock, for what runs in real time even if a clock file
    moves the program's clock.
    """
    return datetime.now(UTC)


class Clock:
    """The machine's wall clock, moved by the offset file if there is one."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta(0)

    @property
    def is_moved_by_file(self) -> bool:
        return self._offset_file is not None

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        if self._offset_file is not None:
            self._read(self._offset_file)
        return machine_time() + self._offset

    def _read(self, file: Path) -> None:
        # `move` replaces the file, so the inode shows a second move even if the modification time
        # does not: file systems store it with a resolution of only some milliseconds.
        try:
            stat = os.stat(file)
            stamp = (stat.st_ino, stat.st_mtime_ns)
            if stamp != self._stamp:
                self._offset = timedelta(seconds=float(file.read_text() or 0))
                self._stamp = stamp
        except FileNotFoundError:
            self._offset = timedelta(0)
            self._stamp = None
        except ValueError as error:
            raise ValueError(
                f"the clock file {file} holds {file.read_text()[:40]!r}: write an offset in "
                f"seconds, like 3600"
            ) from error

    @staticmethod
    def move(file: Path, offset: timedelta) -> None:
        """Set the offset for every clock that follows `file`, atomically."""
        new = file.with_name(f"{file.name}.{os.getpid()}.new")
        with open(new, "w", opener=private_opener) as out:
            out.write(repr(offset.total_seconds()))
        new.replace(file)

"""Shows without a network whether the bot runs: by a file in the data directory that it renews.

The file holds seconds since boot instead of a time of day, so that a change of the wall clock makes
no bot look dead or alive. It is overwritten in place, which needs no space on a full disk. If it
can't be written at all, the bot goes on. A fresh file says that the process lives, not that it can
reach Telegram or the database, because a restart would fix neither.
"""

import contextlib
import logging
import os
from pathlib import Path

from reminder_bot.clock import boot_time

__all__ = ["Heartbeat", "fault_of_heartbeat"]

log = logging.getLogger(__name__)

EVERY = 10.0  # seconds
STALE_AFTER = 60.0
NAME = "heartbeat"


class Heartbeat:
    """The heartbeat of one process. `beat()` may be called at any time: it writes the file every
    ten seconds at most. `end()` removes the file.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._beat_at = float("-inf")
        self._is_written = True

    def beat(self) -> None:
        now = boot_time()
        if now - self._beat_at < EVERY:
            return
        self._beat_at = now
        try:
            self._write(f"{now:.0f}".zfill(12))
            self._is_written = True
        except OSError as error:
            if self._is_written:
                log.warning(
                    "heartbeat_failed",
                    extra={
                        "file": self._file,
                        "error": error.strerror,
                        "hint": "`reminder-bot health` fails until this file can be written",
                    },
                )
            self._is_written = False

    def end(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(file, text.encode(), 0)
        finally:
            os.close(file)


def fault_of_heartbeat(folder: Path) -> str | None:
    """Why the bot that keeps its data in `folder` counts as dead; None when it runs."""
    try:
        age = boot_time() - int((folder / NAME).read_text())
    except FileNotFoundError:
        return f"no bot is running with the data directory {folder}"
    except (OSError, ValueError) as error:
        return f"the heartbeat in {folder} can't be read: {error}"
    if age < -1:
        return f"no bot has run with the data directory {folder} since this machine started"
    if age > STALE_AFTER:
        return f"the bot has been stuck for {age:.0f} s: restart it and look at its log"
    return None

"""Whether the bot is alive: a file in the data directory that the bot overwrites while it runs.

So no network is needed to find out. The file holds seconds since boot and no time of day, so that a
change of the wall clock does not make a bot look dead or alive. It is overwritten in place, which
needs no space on a full disk; if it can't be written at all, the bot continues. A recent file means
that the process is alive, not that Telegram or the database can be reached: a restart would not
help in that case. What does need the host, such as a database that was removed, follows the seconds
on a second line, and then the bot is not healthy.
"""

import contextlib
import logging
import os
from pathlib import Path

from reminder_bot.clock import boot_time
from reminder_bot.files import make_private_folder

__all__ = ["Heartbeat", "fault_of_heartbeat"]

log = logging.getLogger(__name__)

EVERY = 10.0  # seconds
STALE_AFTER = 60.0
NAME = "heartbeat"


class Heartbeat:
    """The heartbeat of one process. `beat()` can be called often: it writes the file at most once
    in ten seconds. `end()` removes the file.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME
        self._beat_at = float("-inf")
        self._is_written = True
        self.fault: str | None = None

    def beat(self, fault: str | None = None) -> None:
        """Write the file if it is time, or if the fault is another. fault: why not healthy."""
        now = boot_time()
        if now - self._beat_at < EVERY and fault == self.fault:
            return
        self._beat_at = now
        self.fault = fault
        try:
            # Always twelve digits, which are overwritten in place.
            self._write(f"{now:.0f}".zfill(12) + (f"\n{fault}" if fault else ""))
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
        make_private_folder(self._file.parent)
        file = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(file, os.pwrite(file, text.encode(errors="backslashreplace"), 0))
        finally:
            os.close(file)


def fault_of_heartbeat(folder: Path) -> str | None:
    """Why the bot with the data directory `folder` is not healthy; None if it is."""
    try:
        seconds, _, fault = (folder / NAME).read_text("utf-8").partition("\n")
        age = boot_time() - int(seconds)
    except FileNotFoundError:
        return f"no bot is running with the data directory {folder}"
    except (OSError, ValueError) as error:
        return f"the heartbeat in {folder} can't be read: {error}"
    if age < -1:  # written before the last boot; -1 allows for the rounding to whole seconds
        return f"no bot has run with the data directory {folder} since this machine started"
    if age > STALE_AFTER:
        return f"the bot has been stuck for {age:.0f} s: restart it and look at its log"
    return fault or None

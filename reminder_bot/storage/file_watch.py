"""Noticing that the SQLite file of a running bot was removed, replaced, emptied or overwritten.

A process keeps the file that it has opened, even if the file is gone from its directory or another
one stands there. Its transactions still succeed, and are lost. So each one compares what stands in
the directory with what was opened:

    device and inode      of the path, for a file that was removed or replaced
    generation            for a file that a copy was written over: a random number in the database
                          (PRAGMA user_version), which each start and each backup writes anew
    file change counter   for a copy made by other means: the counter never decreases

The two numbers are read from the file's header, which costs some microseconds, and in which a copy
is seen even before SQLite has noticed it. https://www.sqlite.org/fileformat2.html#the_database_header
"""

import os
import secrets
import struct
from pathlib import Path

__all__ = ["FileLost", "FileWatch", "new_generation"]

_HEADER_SIZE = 100
_COUNTER_AT, _GENERATION_AT = 24, 60
_NUMBER = struct.Struct(">I")
_REMEDY = "stop the bot, restore a backup with `reminder-bot restore FILE`, and start it again"


class FileLost(OSError):
    """The database is not the file that was opened: nothing that is written to it would be kept.

    An OSError, because what waits for a database that is away has to wait for this one, too.
    """


def new_generation() -> int:
    return 1 + secrets.randbelow(2**31 - 1)


class FileWatch:
    """Compares an open SQLite file with what stands at its path. generation: what was written."""

    def __init__(self, file: Path, generation: int) -> None:
        self._file = file
        # Open until the connections are closed: closing it would release their locks on the file.
        self._descriptor = os.open(file, os.O_RDONLY)
        opened = os.fstat(self._descriptor)
        self._identity = opened.st_dev, opened.st_ino
        header = os.pread(self._descriptor, _HEADER_SIZE, 0)
        # In WAL mode it may still be in the log; then only the other signs are compared.
        is_written = _number(header, _GENERATION_AT) == generation
        self._generation = generation if is_written else None
        self._counter = 0

    def close(self) -> None:
        os.close(self._descriptor)

    def fault(self, *, is_locked: bool = False) -> str | None:
        """What has happened to the file, and what to do; None if it is as it was opened.

        is_locked: whether this thread has a write transaction that has changed nothing yet. Only
        then the counter is noted: another transaction may still be rolled back.
        """
        noted = self._counter  # before the header is read: another thread may note a later one
        try:
            found = os.stat(self._file)
        except FileNotFoundError:
            return self._line("was removed")
        except OSError as error:
            return self._line(f"can't be reached any more ({error.strerror})")
        if (found.st_dev, found.st_ino) != self._identity:
            return self._line("was replaced by another file")
        header = os.pread(self._descriptor, _HEADER_SIZE, 0)
        if len(header) < _HEADER_SIZE:
            return self._line("was emptied")
        counter = _number(header, _COUNTER_AT)
        is_other = self._generation not in (None, _number(header, _GENERATION_AT))
        if is_other or counter < noted:
            return self._line("was overwritten, perhaps by an older backup")
        if is_locked:
            self._counter = counter
        return None

    def _line(self, what: str) -> str:
        return f"the database {self._file} {what} while the bot was running: {_REMEDY}"


def _number(header: bytes, at: int) -> int:
    return int(_NUMBER.unpack_from(header.ljust(_HEADER_SIZE, b"\0"), at)[0])

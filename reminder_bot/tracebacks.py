"""Each kind of traceback is logged once an hour: what fails a thousand times would fill the disk.

The line itself is always logged. Two errors are of one kind if they have the same type and were
raised at the same line of the source.
"""

import logging
from types import TracebackType

from reminder_bot.clock import boot_time

__all__ = ["EVERY", "TracebacksOnce"]

EVERY = 3600.0  # seconds
MOST_KINDS = 1000

_Kind = tuple[str, type[BaseException] | None, str, int]


class TracebacksOnce(logging.Filter):
    """Takes the traceback off a record if its kind was logged within the last hour."""

    def __init__(self) -> None:
        super().__init__()
        self._logged_at: dict[_Kind, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info or record.exc_info[2] is None:
            return True
        kind, now = (record.msg, record.exc_info[0], *_place(record.exc_info[2])), boot_time()
        if now - self._logged_at.get(kind, -EVERY) < EVERY:
            record.exc_info = record.exc_text = None
        else:
            if len(self._logged_at) >= MOST_KINDS:
                self._logged_at.clear()
            self._logged_at[kind] = now
        return True


def _place(trace: TracebackType) -> tuple[str, int]:
    """Where an error was raised: the file and the line."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno

"""Gives memory that a rush has used back to the machine.

A connection under TLS has a buffer of 256 KiB, and a rush uses up to 200 connections. After they
are closed, glibc keeps their memory, because some that is in use lies behind it: 150 MiB were still
resident minutes after a rush, and 92 after `malloc_trim`. Other C libraries have no such function;
there nothing is done.
"""

import ctypes
from datetime import datetime

__all__ = ["release_freed_memory"]

# None: the functions of this process, those of its C library among them.
_malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


async def release_freed_memory(_: datetime) -> None:
    """A step of `ticking`: takes up to 20 ms if there is much to release, else 0.3 ms."""
    if _malloc_trim is not None:
        _malloc_trim(0)

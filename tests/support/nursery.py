"""A world whose bots are forked from one process that has imported the program already.

A start costs a tenth of a second then, not a second and more. The bot runs the same command line
(`tests.support.child`, with nothing armed); that it starts on its own as well is shown by
journeys.test_week, journeys.test_stopping and the package's own tests.
"""

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self

from tests.support.waiting import until
from tests.support.world import ROOT, World

__all__ = ["ForkedWorld"]


class _Nursery:
    """The process that forks bots for this test process; it ends with it."""

    def __init__(self) -> None:
        self.socket = Path(tempfile.mkdtemp(prefix="nursery-")) / "socket"
        command = [sys.executable, "-m", "tests.support.child", "--nursery", str(self.socket)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
        atexit.register(self._end)

    def _end(self) -> None:
        self._process.communicate()
        self.socket.unlink(missing_ok=True)
        self.socket.parent.rmdir()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        def is_open() -> bool:
            assert self._process.poll() is None, "the nursery ended"
            return self.socket.exists()

        await until(is_open, "the nursery to be open")
        return await asyncio.open_unix_connection(self.socket)


_nurseries: dict[int, _Nursery] = {}


class _Forked:
    """A bot that the nursery forked, as far as World needs asyncio's Process of it."""

    def __init__(
        self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._follow(reader, writer))

    async def _follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        self.returncode = int(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedWorld(World):
    """The world of `World`, its bot forked."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def spawn(self, environment: dict[str, str]) -> Any:
        if os.getpid() not in _nurseries:
            _nurseries[os.getpid()] = _Nursery()
        reader, writer = await _nurseries[os.getpid()].connect()
        wanted = {"environment": environment, "folder": str(self.folder), "log": str(self.log_file)}
        writer.write(json.dumps(wanted).encode() + b"\n")
        return _Forked(int(await reader.readline()), reader, writer)

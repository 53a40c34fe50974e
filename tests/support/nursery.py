"""A world whose bots are forked from one process that has imported the program already. Other
commands of the program can be run in this way, too.

So a start takes a tenth of a second instead of more than a second. The bot runs the same command
line (`tests.support.child`, with nothing armed). That the bot also starts without a nursery is
shown by journeys.test_week, journeys.test_stopping and the tests of the command line.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.waiting import PATIENCE, until, until_in_thread
from tests.support.world import ROOT, World

__all__ = ["ForkedWorld", "run_forked"]


class _Nursery:
    """The process that forks bots for this test process; it ends together with the test process."""

    def __init__(self) -> None:
        self.socket = Path(tempfile.mkdtemp(prefix="nursery-")) / "socket"
        command = [sys.executable, "-m", "tests.support.child", "--nursery", str(self.socket)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)
        atexit.register(self._end)

    def _end(self) -> None:
        self._process.communicate()
        self.socket.unlink(missing_ok=True)
        self.socket.parent.rmdir()

    def _is_open(self) -> bool:
        assert self._process.poll() is None, "the nursery ended"
        return self.socket.exists()

    def opened(self) -> Path:
        """Wait until the socket is open, and return its path."""
        until_in_thread(self._is_open, "the nursery to be open")
        return self.socket

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await until(self._is_open, "the nursery to be open")
        return await asyncio.open_unix_connection(self.socket)


_nurseries: dict[int, _Nursery] = {}


def _nursery() -> _Nursery:
    """The nursery of this test process."""
    if os.getpid() not in _nurseries:
        _nurseries[os.getpid()] = _Nursery()
    return _nurseries[os.getpid()]


def _request(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    stdin: Path,
    stdout: Path,
    stderr: Path,
    *,
    is_measured: bool = False,
) -> bytes:
    """A request to the nursery, as `child.nurse` reads it."""
    files = {"stdin": str(stdin), "stdout": str(stdout), "stderr": str(stderr)}
    wanted = {"words": words, "environment": dict(environment), "folder": str(folder)}
    return json.dumps(wanted | files | {"is_measured": is_measured}).encode() + b"\n"


def run_forked(
    *words: str, environment: Mapping[str, str], folder: Path, typed: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run `reminder-bot` with these arguments in this folder, and wait until it has ended. It is
    like subprocess.run, without the second that Python takes for the imports.
    """
    with (
        tempfile.TemporaryDirectory(prefix="forked-") as place,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        stdin, stdout, stderr = (Path(place, name) for name in ("stdin", "stdout", "stderr"))
        stdin.write_text(typed)
        connection.connect(str(_nursery().opened()))
        connection.sendall(_request(words, environment, folder, stdin, stdout, stderr))
        connection.settimeout(PATIENCE)
        _pid, code = connection.makefile()
        return subprocess.CompletedProcess(words, int(code), stdout.read_text(), stderr.read_text())


class _Forked:
    """A bot that the nursery forked, with those methods of asyncio's Process that World needs."""

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
    """A `World` whose bot is forked by the nursery. words: its arguments; is_measured: it runs as
    `measured` does.
    """

    words: tuple[str, ...] = ("run",)
    is_measured = False

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def spawn(self, environment: dict[str, str]) -> Any:
        reader, writer = await _nursery().connect()
        log = self.log_file
        files = Path(os.devnull), log, log
        writer.write(
            _request(self.words, environment, self.folder, *files, is_measured=self.is_measured)
        )
        return _Forked(int(await reader.readline()), reader, writer)

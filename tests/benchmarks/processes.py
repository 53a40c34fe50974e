"""Child processes of the benchmarks: their core, their processor time, and commands to them.

The bot, or the implementation it is compared with, runs alone on the first core. The Bot API
server, PostgreSQL and this process run on the last one; with a single core they all share it. The
processor time of a child includes all its threads, also those that have ended.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

__all__ = ["BOT_CORE", "CORES", "OTHER_CORE", "SOURCES", "Child", "until"]

# Where the programs that are measured find the sources, and the stand-ins that hide what only the
# development tools bring.
SOURCES = f"{Path(__file__).with_name('production')}{os.pathsep}{Path(__file__).parents[2]}"
CORES = sorted(os.sched_getaffinity(0))
BOT_CORE, OTHER_CORE = CORES[0], CORES[-1]


def processor_seconds(pid: int) -> float:
    """Processor time that a process has used so far, of all threads, in user and system mode."""
    # The id of another process's clock, as clock_getcpuclockid(3) makes it; 2: CPUCLOCK_SCHED.
    return time.clock_gettime((~pid << 3) | 2)


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


class Child:
    """A Python process on one core.

    talks: the process reads and writes lines of JSON; only its stderr goes to the log file.
    """

    def __init__(
        self,
        arguments: list[str],
        log: Path,
        core: int,
        environment: Mapping[str, str] | None = None,
        *,
        talks: bool = True,
    ) -> None:
        self._name = " ".join(arguments)
        self.log_file = log
        self.started_at = time.monotonic()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else file,
                stderr=file,
                cwd=log.parent,
                env={
                    "PATH": os.environ.get("PATH", ""),
                    "PYTHONPATH": SOURCES,
                    **(environment or {}),
                },
                text=True,
                bufsize=1,
            )
        self.pid = self._process.pid
        os.sched_setaffinity(self.pid, {core})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, do: str, timeout: float = 60.0, **given: Any) -> Any:
        """Send a command and return its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **given}) + "\n")
        return self.hear(timeout)

    def hear(self, timeout: float = 60.0) -> Any:
        """Wait for the next line of the process and return its JSON value."""
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], timeout)[0]:
            raise TimeoutError(f"{self._name} wrote nothing for {timeout:g} s\n{self._end_of_log}")
        line = stdout.readline()
        if not line:
            code = self._process.wait()
            raise RuntimeError(f"{self._name} ended with {code}\n{self._end_of_log}")
        return json.loads(line)

    @property
    def processor_seconds(self) -> float:
        """Processor time used so far by all threads, in user and system mode."""
        return processor_seconds(self.pid)

    @property
    def resident_mib(self) -> float:
        return resident_mib(self.pid)

    @property
    def wake_ups(self) -> int:
        """How often the main thread has waited for something so far, and was woken."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def _end_of_log(self) -> str:
        return self.log()[-3000:]

    def end(self, timeout: float = 25.0) -> None:
        """Send SIGTERM, and SIGKILL after the timeout."""
        if not self.has_ended:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run child processes that are started inside the block on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def until(
    is_true: Callable[[], object], what: str, timeout: float = 120.0, every: float = 0.02
) -> None:
    """Poll a condition until it is true; raise TimeoutError with `what` after the timeout."""
    deadline = time.monotonic() + timeout
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(every)

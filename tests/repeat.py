"""Run the default tests many times, on fresh clones: `python -m tests.repeat --runs 10 --busy 8`.

A test that fails once in a hundred runs shows a fault, of the test or of the program. Each run has
its own seed for the order of the tests and for the examples of Hypothesis. The clones are of the
commit that is checked out, so changes that are not committed are not tested. All runs use the
interpreter that runs this script, with the packages that are installed for it.

--busy: the number of processes that do nothing but compute while the tests run. They show how the
tests behave on a machine on which everything takes longer.

--delays: each commit and each call of the bots that the journeys start takes up to this many
seconds more, before it and after it. So things happen in every order that is possible, without a
busy machine. Choose the journeys: `python -m tests.repeat --delays 0.15 -- tests/journeys`.

The exit code is 0 if all runs passed, else 1. The output of a failed run is kept, and its path is
printed.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.support.child import DELAYS
from tests.support.world import ROOT

# If this process is killed, they get another parent, and end.
BUSY = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): pass"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.repeat", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument(
        "--busy", type=int, default=0, help="processes that compute beside the tests"
    )
    parser.add_argument("--delays", type=float, help="seconds, at most, for commits and calls")
    parser.add_argument(
        "--seed", type=int, help="of the first run; each further run has the next number"
    )
    parser.add_argument("pytest", nargs="*", help="given to pytest, after --: files, or options")
    options = parser.parse_args(arguments)
    first = random.SystemRandom().randrange(2**31) if options.seed is None else options.seed
    kept = Path(tempfile.mkdtemp(prefix="reminder-bot-runs-"))
    if options.delays is not None:
        os.environ[DELAYS] = str(options.delays)
    # So that the busy processes end with this one, however it is told to end.
    signal.signal(signal.SIGTERM, _stop)

    red = 0
    print("seed        result  seconds  load", flush=True)
    with _busy(options.busy):
        for seed in range(first, first + options.runs):
            output = kept / f"{seed}.txt"
            began = time.monotonic()
            is_green = _run(seed, options.pytest, output)
            seconds, load = time.monotonic() - began, os.getloadavg()[0]
            result = "green" if is_green else "red"
            print(f"{seed:<11} {result:<7} {seconds:<8.0f} {load:.1f}", flush=True)
            if is_green:
                output.unlink()
            else:
                red += 1
                print(f"  {output}", *_failed(output), sep="\n  ", flush=True)
    print(
        f"{options.runs - red} of {options.runs} runs were green, "
        f"{options.busy} busy processes beside them"
    )
    if not red:
        kept.rmdir()
    return 1 if red else 0


def _run(seed: int, more: list[str], output: Path) -> bool:
    """Whether the tests of a fresh clone pass; their output is written to `output`."""
    with tempfile.TemporaryDirectory(
        prefix="reminder-bot-clone-", ignore_cleanup_errors=True
    ) as folder:
        clone = Path(folder) / "clone"
        # No hard links: git may remove files of the original repository during the run.
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
        seeds = [f"--randomly-seed={seed}", f"--hypothesis-seed={seed}"]
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", *seeds, *more],
                cwd=clone,
                env=os.environ | {"PYTHONPATH": str(clone)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            try:
                return process.wait() == 0
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()


def _failed(output: Path) -> Iterator[str]:
    """The lines of pytest's summary that name what failed."""
    lines = output.read_text(errors="replace").splitlines()
    return (line for line in lines if line.startswith(("FAILED", "ERROR")))


@contextmanager
def _busy(count: int) -> Iterator[None]:
    processes = [
        subprocess.Popen([sys.executable, "-c", BUSY, str(os.getpid())]) for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _stop(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())

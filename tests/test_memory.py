"""Memory that was freed is given back to the machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from reminder_bot import memory

# Frees 60 MB below an object that stays, so that the C library cannot shrink the heap by itself.
CODE = """
import asyncio
from datetime import datetime
from pathlib import Path
from reminder_bot.memory import release_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

much = [bytes(2000) for _ in range(30_000)]
last = bytes(2000)
del much
before = resident()
asyncio.run(release_freed_memory(datetime.now()))
print(before - resident())
"""


@pytest.mark.skipif(memory._malloc_trim is None, reason="this C library has no malloc_trim")
def test_freed_memory_is_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(done.stdout) > 40

"""What the bot costs when nothing is due: start to ready, resident memory, processor.

    python -m tests.benchmarks.idle [SECONDS]

The first start makes the tables, the others find them. Figures are of this machine and moment.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.support.world import World

STARTS = 4


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="reminder-bot-idle-") as folder:
        async with World(Path(folder)) as world:
            world.environment = {"REMINDER_BOT_CLOCK_FILE": ""}  # as it runs for people
            print("start  ready s  resident MiB  processor % of one core")
            for number in range(1, STARTS + 1):
                begin = monotonic()
                await world.start()
                ready = monotonic() - begin
                assert world.process is not None
                pid = world.process.pid
                await asyncio.sleep(2)  # the zones are warmed up behind the ready line
                used, at = processor_seconds(pid), monotonic()
                await asyncio.sleep(seconds)
                share = 100 * (processor_seconds(pid) - used) / (monotonic() - at)
                print(f"{number:>5}  {ready:>7.2f}  {resident_mib(pid):>12.1f}  {share:>23.2f}", flush=True)
                await world.stop()


if __name__ == "__main__":
    asyncio.run(measure(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0))

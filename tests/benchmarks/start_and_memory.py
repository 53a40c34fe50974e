"""B3: from start to ready, and the memory held then, with a thousand people and with up to a
million: the same.

The real `reminder-bot run`, started several times, the sizes in turn. Peers beside it as far as
they bear it: JobQueue puts each job into memory at every start; a job store's start finds its jobs
in the database (filled before).
"""

import time
from statistics import median

from tests.benchmarks.cost_by_size import SIZES
from tests.benchmarks.databases import REMINDERS_EACH, Store
from tests.benchmarks.harness import KINDS, Harness, Result, Row
from tests.benchmarks.peers import WAYS, Peer

__all__ = ["measure"]

GOAL = 1.1
PEERS = ("job-queue", "job-store")
WARM_AFTER = 2.0  # seconds: the zones are warmed up behind the ready line


def measure(harness: Harness) -> Result:
    sizes, starts = harness.short_or_long(SIZES[0], SIZES[1]), harness.short_or_long(3, 5)
    stores = {(kind, size): harness.store(kind, size) for kind in KINDS for size in sizes}
    ready: dict[tuple[str, int], list[float]] = {}
    used: dict[tuple[str, int], list[float]] = {}
    memory: dict[tuple[str, int], list[float]] = {}
    for _ in range(starts):
        for key, store in stores.items():
            seconds, processor, mib = start(harness, store)
            ready.setdefault(key, []).append(seconds)
            used.setdefault(key, []).append(processor)
            memory.setdefault(key, []).append(mib)
    rows: list[Row] = []
    numbers: dict[str, list[list[float]]] = {}
    for kind in KINDS:
        for size in sizes:
            seconds, processor, mib = (median(each[kind, size]) for each in (ready, used, memory))
            figures = f"{seconds:.2f} s ({processor:.2f} s of processor), {mib:.0f} MiB"
            rows.append(Row(f"start, memory with {size:,} people × 6, {kind}", figures))
            numbers.setdefault(kind, []).append([size, seconds, mib])
        for what, found in (("start", ready), ("memory", memory)):
            ratio = median(found[kind, sizes[-1]]) / median(found[kind, sizes[0]])
            rows.append(
                Row(
                    f"{what}, {sizes[-1]:,} ÷ {sizes[0]:,}, {kind}",
                    f"{ratio:.2f}",
                    f"≤ {GOAL}",
                    ratio <= GOAL,
                )
            )
    rows.append(
        Row(
            "processor while nothing is due, largest, SQLite",
            f"{idle(harness, stores['SQLite', sizes[-1]]):.2f} %",
        )
    )
    for way in PEERS:
        for size in harness.short_or_long((1_000, 10_000), (1_000, 10_000, 100_000)):
            seconds, mib = start_of_peer(harness, way, size * REMINDERS_EACH)
            rows.append(
                Row(
                    f"start, memory with {size:,} × 6, {WAYS[way]}",
                    f"{seconds:.1f} s, {mib:.0f} MiB",
                )
            )
            numbers.setdefault(way, []).append([size, seconds, mib])
            harness.print(f"{way} with {size:,} people: {seconds:.1f} s, {mib:.0f} MiB")
    return Result(rows, numbers)


def start(harness: Harness, store: Store) -> tuple[float, float, float]:
    """Seconds to the ready line, those of processor until then, and MiB held once it is warm."""
    with harness.bot(store) as bot:
        seconds, processor = bot.wait_until_ready(), bot.processor_seconds
        time.sleep(WARM_AFTER)
        return seconds, processor, bot.resident_mib


def idle(harness: Harness, store: Store) -> float:
    """Per cent of a core while nothing is due."""
    seconds = harness.short_or_long(10, 60)
    with harness.bot(store).warm_up() as bot:
        time.sleep(WARM_AFTER)
        before, begin = bot.processor_seconds, time.monotonic()
        time.sleep(seconds)
        return 100 * (bot.processor_seconds - before) / (time.monotonic() - begin)


def start_of_peer(harness: Harness, way: str, reminders: int) -> tuple[float, float]:
    """The same of a peer; its second start, which finds what the first has stored, where it
    stores.
    """
    folder = harness.folder / f"b3-{way}-{reminders}"
    if way == "job-store":
        with Peer(way, harness.telegram, reminders, folder) as first:
            first.wait_until_ready()
    with Peer(way, harness.telegram, reminders, folder) as peer:
        seconds = peer.wait_until_ready()
        return seconds, peer.resident_mib

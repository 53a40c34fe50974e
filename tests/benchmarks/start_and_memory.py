"""B3: the time from start to ready and the memory then, with a thousand to a million people.

The goal is that they do not depend on the number of people. The real `reminder-bot run` is started
several times with each size in turn. It is compared with two other implementations at sizes that
these can handle: JobQueue adds each job at every start, a job store loads its jobs from the
database, which was filled before.
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
WARM_UP = 2.0  # seconds, in which the bot loads zones after it is ready


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
            figures = f"{seconds:.2f} s ({processor:.2f} s of processor time), {mib:.0f} MiB"
            what = f"start and memory with {size:,} people of 6 reminders each, {kind}"
            rows.append(Row(what, figures))
            numbers.setdefault(kind, []).append([size, seconds, mib])
        for what, found in (("start", ready), ("memory", memory)):
            ratio = median(found[kind, sizes[-1]]) / median(found[kind, sizes[0]])
            rows.append(
                Row(
                    f"{what}, ratio of {sizes[-1]:,} to {sizes[0]:,} people, {kind}",
                    f"{ratio:.2f}",
                    f"≤ {GOAL}",
                    ratio <= GOAL,
                )
            )
    for kind in KINDS:
        percent, wake_ups = idle(harness, stores[kind, sizes[-1]])
        what = f"while nothing is due, {sizes[-1]:,} people, {kind}"
        has_goal = kind == "SQLite"  # on PostgreSQL the lease of the leader is renewed, too
        rows += [
            Row(
                f"processor use {what}",
                f"{percent:.2f} % of a core",
                "≤ 0.1 %" * has_goal,
                percent <= 0.1 if has_goal else None,
            ),
            Row(
                f"wake-ups an hour {what}",
                f"{wake_ups:,.0f}",
                "≤ 600" * has_goal,
                wake_ups <= 600 if has_goal else None,
            ),
        ]
    for way in PEERS:
        for size in harness.short_or_long((1_000, 10_000), (1_000, 10_000, 100_000)):
            seconds, mib = start_of_peer(harness, way, size * REMINDERS_EACH)
            rows.append(
                Row(
                    f"start and memory with {size:,} people of 6 reminders each, {WAYS[way]}",
                    f"{seconds:.1f} s, {mib:.0f} MiB",
                )
            )
            numbers.setdefault(way, []).append([size, seconds, mib])
            harness.print(f"{way} with {size:,} people: {seconds:.1f} s, {mib:.0f} MiB")
    return Result(rows, numbers)


def start(harness: Harness, store: Store) -> tuple[float, float, float]:
    """Seconds until ready, seconds of processor time until then, and MiB after the warm-up."""
    with harness.bot(store) as bot:
        seconds, processor = bot.wait_until_ready(), bot.processor_seconds
        time.sleep(WARM_UP)
        return seconds, processor, bot.resident_mib


def idle(harness: Harness, store: Store) -> tuple[float, float]:
    """Per cent of a core, and wake-ups an hour, while nothing is due."""
    seconds = harness.short_or_long(60, 600)
    with harness.bot(store).warm_up() as bot:
        time.sleep(WARM_UP)
        before, woken, begin = bot.processor_seconds, bot.wake_ups, time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - begin
        percent = 100 * (bot.processor_seconds - before) / took
        return percent, 3600 * (bot.wake_ups - woken) / took


def start_of_peer(harness: Harness, way: str, reminders: int) -> tuple[float, float]:
    """Seconds until ready and MiB then; with a job store, those of the second start."""
    folder = harness.folder / f"b3-{way}-{reminders}"
    if way == "job-store":
        with Peer(way, harness.telegram, reminders, folder) as first:
            first.wait_until_ready()
    with Peer(way, harness.telegram, reminders, folder) as peer:
        seconds = peer.wait_until_ready()
        return seconds, peer.resident_mib

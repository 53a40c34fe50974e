"""B2: what a due check-in costs with a thousand people in the database, and with up to a million:
the same.

At each size a thousand people spread over all of them are due at once, six reminders each. All
sizes' bots stand ready side by side and take turns, so that what else the machine does meets them
alike. Where the database is a server, its processor time counts, too.
"""

from contextlib import ExitStack
from statistics import median

from tests.benchmarks.bot_process import LIFTED
from tests.benchmarks.harness import KINDS, Harness, Result, Row
from tests.benchmarks.loads import run_load

__all__ = ["SIZES", "measure"]

SIZES = ((1_000, 10_000, 100_000), (1_000, 10_000, 100_000, 1_000_000))
DUE = 1_000
GOALS = {"PostgreSQL": 1.3, "SQLite": 1.5}


def measure(harness: Harness) -> Result:
    sizes, rounds = harness.short_or_long(SIZES[0], SIZES[1]), harness.short_or_long(4, 9)
    costs: dict[tuple[str, int], list[float]] = {}
    waits: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        standing = {}
        for kind in KINDS:
            for size in sizes:
                store = harness.store(kind, size)
                standing[kind, size] = (
                    store,
                    stack.enter_context(harness.bot(store, rate=LIFTED)).settle(),
                )
                harness.print(f"{kind} with {size:,} people is there")
        for number in range(rounds):
            for (kind, size), (store, bot) in standing.items():
                load = run_load(
                    harness.telegram, store, range(1, size + 1, size // DUE), bot, turn=number
                )
                if number:  # the first only warms up
                    costs.setdefault((kind, size), []).append(
                        1000 * (load.processor + load.database) / DUE
                    )
                    waits.setdefault((kind, size), []).append(1000 * load.seconds / DUE)
    rows = []
    for kind in KINDS:
        each = {size: median(costs[kind, size]) for size in sizes}
        clock = {size: median(waits[kind, size]) for size in sizes}
        for size in sizes:
            figures = f"{each[size]:.2f} ms of processor, {clock[size]:.2f} ms by the clock"
            rows.append(Row(f"a due check-in with {size:,} people × 6, {kind}", figures))
        ratio = each[sizes[-1]] / each[sizes[0]]
        rows.append(
            Row(
                f"{sizes[-1]:,} ÷ {sizes[0]:,}, {kind}",
                f"{ratio:.2f}",
                f"≤ {GOALS[kind]}",
                ratio <= GOALS[kind],
            )
        )
    return Result(
        rows, {kind: [[size, median(costs[kind, size])] for size in sizes] for kind in KINDS}
    )

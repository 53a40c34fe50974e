"""B2: the processor time of a due check-in, with a thousand to a million people in the database.

The goal is that it does not depend on the number of people. At each size a thousand people, spread
evenly over the database, are due at once. The bots of all sizes run at the same time and are
measured in turn, so that other load on the machine affects all of them equally. The processor time
of PostgreSQL is included.
"""

from contextlib import ExitStack
from statistics import median

from tests.benchmarks.bot_process import UNLIMITED
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
        bots = {}
        for kind in KINDS:
            for size in sizes:
                store = harness.store(kind, size)
                bot = stack.enter_context(harness.bot(store, rate=UNLIMITED)).warm_up()
                bots[kind, size] = (store, bot)
                harness.print(f"{kind} with {size:,} people is ready")
        for number in range(rounds):
            for (kind, size), (store, bot) in bots.items():
                load = run_load(
                    harness.telegram, store, range(1, size + 1, size // DUE), bot, turn=number
                )
                if number:  # the first round fills caches and is not counted
                    costs.setdefault((kind, size), []).append(
                        1000 * (load.processor + load.database) / DUE
                    )
                    waits.setdefault((kind, size), []).append(1000 * load.seconds / DUE)
    rows = []
    for kind in KINDS:
        each = {size: median(costs[kind, size]) for size in sizes}
        clock = {size: median(waits[kind, size]) for size in sizes}
        for size in sizes:
            figures = f"{each[size]:.2f} ms of processor time, {clock[size]:.2f} ms elapsed"
            what = f"a due check-in with {size:,} people of 6 reminders each, {kind}"
            rows.append(Row(what, figures))
        ratio = each[sizes[-1]] / each[sizes[0]]
        rows.append(
            Row(
                f"ratio of {sizes[-1]:,} to {sizes[0]:,} people, {kind}",
                f"{ratio:.2f}",
                f"≤ {GOALS[kind]}",
                ratio <= GOALS[kind],
            )
        )
    return Result(
        rows, {kind: [[size, median(costs[kind, size])] for size in sizes] for kind in KINDS}
    )

"""B6: the throughput of one, two and four bot processes on one PostgreSQL database.

Each process has a core of its own if the machine has enough. If not, the throughput with a core for
each is estimated: the messages per core-second times the number of processes. A process claims a
batch whenever it is free, so that one that shares its core with the server sends fewer messages.
The shares of the processes are printed; each calls the server under a path of its own.
"""

from collections import Counter
from contextlib import ExitStack
from statistics import median

from tests.benchmarks.bot_process import UNLIMITED, Bot
from tests.benchmarks.databases import Store
from tests.benchmarks.harness import Harness, Result, Row
from tests.benchmarks.loads import Load, run_load
from tests.benchmarks.processes import CORES

__all__ = ["measure"]

PROCESSES = (1, 2, 4)
GOAL = 1.7


def measure(harness: Harness) -> Result:
    rounds, count = harness.short_or_long((2, 6_000), (5, 20_000))
    found: dict[int, list[Load]] = {number: [] for number in PROCESSES}
    store = harness.store("PostgreSQL", (rounds + 1) * len(PROCESSES) * count)
    first = 1
    for turn in range(rounds):
        for number in PROCESSES:
            with ExitStack() as stack:
                bots = [
                    stack.enter_context(start_bot(harness, store, index)) for index in range(number)
                ]
                for bot in bots:
                    bot.warm_up()
                warm_up, ids = range(first, first + 200), range(first + 200, first + count)
                run_load(harness.telegram, store, warm_up, *bots)
                found[number].append(run_load(harness.telegram, store, ids, *bots))
                first += count
        each = ", ".join(f"{number}: {found[number][-1].per_second:.0f}/s" for number in PROCESSES)
        harness.print(f"round {turn + 1}, processes {each}")
    return Result(rows(found), {str(number): numbers(loads) for number, loads in found.items()})


def start_bot(harness: Harness, store: Store, index: int) -> Bot:
    core = CORES[index % len(CORES)]
    return harness.bot(store, rate=UNLIMITED, sender=f"bot{index}", core=core)


def rows(found: dict[int, list[Load]]) -> list[Row]:
    one = numbers(found[1])
    has_cores = len(CORES) > PROCESSES[1]
    lines = []
    for number, loads in found.items():
        values = numbers(loads)
        lines.append(
            Row(
                f"messages of {number} process{'es' * (number > 1)} on one PostgreSQL",
                f"{values['by_the_clock']:,.0f}/s elapsed, "
                f"{values['per_core_second']:,.0f} per core-second, "
                f"{values['with_a_core_each']:,.0f}/s with a core for each process; "
                f"shares {shares(loads[-1])}",
            )
        )
        if number > 1:
            by = "by_the_clock" if has_cores else "with_a_core_each"
            ratio = values[by] / one[by]
            note = "" if has_cores else f" (estimated, as there are only {len(CORES)} cores)"
            is_met = ratio >= GOAL if number == 2 else None
            lines.append(
                Row(
                    f"ratio of {number} processes to one{note}",
                    f"{ratio:.2f}",
                    f"≥ {GOAL}" if number == 2 else "",
                    is_met,
                )
            )
    lines.append(Row("messages sent twice in all rounds", "0", "0", True))  # run_load asserts it
    return lines


def numbers(loads: list[Load]) -> dict[str, float]:
    return {
        "by_the_clock": median(load.per_second for load in loads),
        "per_core_second": median(load.per_core_second for load in loads),
        "with_a_core_each": median(len(load.processors) * load.per_core_second for load in loads),
    }


def shares(load: Load) -> str:
    counts = Counter(load.log.senders)
    return ", ".join(f"{100 * count / load.messages:.0f} %" for _, count in sorted(counts.items()))

"""The benchmarks, each side by side with what it is held against, in one run.

    python -m tests.benchmarks [B1 B1b B2 B3 B4 B5 B6] [--long] [--out FOLDER] [--profile FOLDER]

Short by default, some minutes in all; --long takes the full sizes, up to a million people, and a
few hours. Figures are of this machine and moment; ratios are what carries over. What was found is
kept in FOLDER/results.json, so that the table and the plot show the newest run of each benchmark.
"""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from tests.benchmarks import (
    burst,
    cost_by_size,
    on_time,
    replicas,
    start_and_memory,
    tapping,
    whole_path,
)
from tests.benchmarks.harness import Harness, Result, Row, open_harness
from tests.benchmarks.plot import plot, render_png
from tests.benchmarks.processes import CORES
from tests.benchmarks.table import table

BUSY = 0.4  # processes that want to run, a core
OUT = Path(__file__).parent / "results"
BENCHMARKS: dict[str, tuple[str, Callable[[Harness], Result]]] = {
    "B1": ("the whole path per core", whole_path.measure),
    "B1b": ("thousands due in the same minute", burst.measure),
    "B2": ("what a due check-in costs, by size", cost_by_size.measure),
    "B3": ("start and memory, by size", start_and_memory.measure),
    "B4": ("on time at nine o'clock", on_time.measure),
    "B5": ("taps", tapping.measure),
    "B6": ("several processes on one database", replicas.measure),
}


def main() -> int:
    words = parsed()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then, too
    words.out.mkdir(parents=True, exist_ok=True)
    if words.profile is not None:
        words.profile.mkdir(parents=True, exist_ok=True)
    print(
        f"Python {platform.python_version()} on {platform.machine()}, {len(CORES)} cores",
        flush=True,
    )
    for name in words.names or BENCHMARKS:
        what, measure = BENCHMARKS[name]
        begin, load = monotonic(), os.getloadavg()[0]
        print(f"{name}: {what}", flush=True)
        if load > BUSY * len(CORES):
            print(
                f"  the machine does other work (load {load:.1f}): what is measured by the clock "
                f"is not the bot's"
            )
        with open_harness(is_long=words.long, profiles=words.profile) as harness:
            result = measure(harness)
        print(f"  took {monotonic() - begin:.0f} s\n", flush=True)
        print(table({name: result}), flush=True)
        keep(words.out, name, result, is_long=words.long)
    results = kept(words.out)
    (words.out / "table.md").write_text(table(results))
    svg = plot(results)
    (words.out / "plot.svg").write_text(svg)
    (words.out / "plot.png").write_bytes(render_png(svg))
    return (
        0
        if all(row.is_met is not False for result in results.values() for row in result.rows)
        else 1
    )


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("names", nargs="*", metavar="B1", help=f"some of {', '.join(BENCHMARKS)}")
    parser.add_argument("--long", action="store_true", help="the full sizes")
    parser.add_argument(
        "--out", type=lambda text: Path(text).absolute(), default=OUT, metavar="FOLDER"
    )
    parser.add_argument("--profile", type=lambda text: Path(text).absolute(), metavar="FOLDER")
    words = parser.parse_args()
    if unknown := [name for name in words.names if name not in BENCHMARKS]:
        parser.error(f"{unknown[0]} is none of {', '.join(BENCHMARKS)}")
    return words


def keep(folder: Path, name: str, result: Result, *, is_long: bool) -> None:
    file = folder / "results.json"
    stored = json.loads(file.read_text()) if file.exists() else {}
    stored[name] = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "is_long": is_long,
        "rows": result.rows,
        "numbers": result.numbers,
    }
    file.write_text(json.dumps(stored, indent=1, ensure_ascii=False))


def kept(folder: Path) -> dict[str, Result]:
    stored = json.loads((folder / "results.json").read_text())
    return {
        name: Result([Row(*row) for row in stored[name]["rows"]], stored[name]["numbers"])
        for name in BENCHMARKS
        if name in stored
    }


if __name__ == "__main__":
    sys.exit(main())

"""Runs the benchmarks, together with the implementations that they are compared with.

    python -m tests.benchmarks [B1 B1b B2 … B9] [--long] [--out FOLDER] [--profile FOLDER]

The default sizes take about half an hour. With --long the databases have up to a million
people, and the run takes some hours. Absolute figures depend on the machine and its load; ratios
depend on them less.

Results are stored in FOLDER/results.json. The table and the plot show the newest result of each
benchmark.
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
    digests_at_once,
    on_time,
    replicas,
    small_machine,
    start_and_memory,
    tap_throughput,
    tapping,
    whole_path,
)
from tests.benchmarks.harness import Harness, Result, Row, open_harness
from tests.benchmarks.plot import plot, render_png
from tests.benchmarks.processes import CORES
from tests.benchmarks.table import table

BUSY = 0.4  # load average per core; above it, other processes disturb the measurement
OUT = Path(__file__).parent / "results"
BENCHMARKS: dict[str, tuple[str, Callable[[Harness], Result]]] = {
    "B1": ("throughput per core from a due reminder to its record", whole_path.measure),
    "B1b": ("lateness when 6,000 check-ins are due in the same minute", burst.measure),
    "B2": ("processor time of a due check-in, by database size", cost_by_size.measure),
    "B3": ("start-up time and memory, by database size", start_and_memory.measure),
    "B4": ("punctuality at nine o'clock with the free rate limit", on_time.measure),
    "B5": ("latency of taps", tapping.measure),
    "B6": ("throughput of several processes on one database", replicas.measure),
    "B7": ("processor time of a tap, and 1,000 taps at once", tap_throughput.measure),
    "B8": ("weekly digests that are due at the same time", digests_at_once.measure),
    "B9": ("150,000 people on one core, PostgreSQL included", small_machine.measure),
}


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that child processes are ended
    options.out.mkdir(parents=True, exist_ok=True)
    if options.profile is not None:
        options.profile.mkdir(parents=True, exist_ok=True)
    version, machine = platform.python_version(), platform.machine()
    print(f"Python {version} on {machine}, {len(CORES)} cores", flush=True)
    for name in options.names or BENCHMARKS:
        result = run(name, is_long=options.long, profiles=options.profile)
        save(options.out, name, result, is_long=options.long)
    results = load(options.out)
    write_reports(options.out, results)
    rows = [row for result in results.values() for row in result.rows]
    return 1 if any(row.is_met is False for row in rows) else 0


def run(name: str, *, is_long: bool, profiles: Path | None) -> Result:
    """Run one benchmark and print its table."""
    description, measure = BENCHMARKS[name]
    began_at, load_average = monotonic(), os.getloadavg()[0]
    print(f"{name}: {description}", flush=True)
    if load_average > BUSY * len(CORES):
        print(
            f"  Warning: the load average is {load_average:.1f}. Other processes disturb all "
            f"figures that are measured in elapsed time."
        )
    with open_harness(is_long=is_long, profiles=profiles) as harness:
        result = measure(harness)
    print(f"  finished after {monotonic() - began_at:.0f} s\n", flush=True)
    print(table({name: result}), flush=True)
    return result


def parse_arguments() -> argparse.Namespace:
    benchmarks = "\n".join(f"  {name:<4} {text}" for name, (text, _) in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Run benchmarks and print a table with the results and the goals.\n\n"
        f"The benchmarks are:\n{benchmarks}",
        epilog="The exit code is 1 if a goal was missed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="benchmarks to run, such as B1; default: all"
    )
    parser.add_argument(
        "--long",
        action="store_true",
        help="use the full sizes, with up to a million people; takes some hours",
    )
    parser.add_argument(
        "--out",
        type=absolute_path,
        default=OUT,
        metavar="FOLDER",
        help="store results.json, table.md and the plot here (default: %(default)s)",
    )
    parser.add_argument(
        "--profile",
        type=absolute_path,
        metavar="FOLDER",
        help="run each bot under cProfile and store the profiles here",
    )
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {unknown[0]}; choose from {', '.join(BENCHMARKS)}")
    return options


def absolute_path(text: str) -> Path:
    return Path(text).absolute()


def write_reports(folder: Path, results: dict[str, Result]) -> None:
    (folder / "table.md").write_text(table(results))
    svg = plot(results)
    (folder / "plot.svg").write_text(svg)
    (folder / "plot.png").write_bytes(render_png(svg))


def save(folder: Path, name: str, result: Result, *, is_long: bool) -> None:
    """Store a result in results.json, in place of an earlier one of this benchmark."""
    file = folder / "results.json"
    stored = json.loads(file.read_text()) if file.exists() else {}
    stored[name] = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "is_long": is_long,
        "rows": result.rows,
        "numbers": result.numbers,
    }
    file.write_text(json.dumps(stored, indent=1, ensure_ascii=False))


def load(folder: Path) -> dict[str, Result]:
    """All stored results, in the order of BENCHMARKS."""
    stored = json.loads((folder / "results.json").read_text())
    return {
        name: Result([Row(*row) for row in stored[name]["rows"]], stored[name]["numbers"])
        for name in BENCHMARKS
        if name in stored
    }


if __name__ == "__main__":
    sys.exit(main())

"""Simulates days of the bot and of people, with faults, from a seed.

    python -m tests.simulation --seed 7 --people 5 --days 7
    python -m tests.simulation --seeds 300 --days 0.5 --jobs 2

A failure is one number: the same seed gives the same trace. It is tried again with fewer faults, so
that the shortest list of faults that still fails is printed. The exit code is 0 if nothing was
wrong.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

from tests.simulation.world import FAULTS, Outcome, Plan, prepare, simulate


class Run(NamedTuple):
    """A world that was simulated in a child process. report: what it has printed."""

    plan: Plan
    is_wrong: bool
    report: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=1, help="how many, from --seed on")
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--faults", default=",".join(FAULTS), help="default: %(default)s")
    parser.add_argument("--leave-out", default="", help="numbers of faults that do not happen")
    parser.add_argument("--jobs", type=int, default=1, help="worlds at the same time")
    parser.add_argument("--first", action="store_true", help="end at the first that fails")
    parser.add_argument("--log", action="store_true", help="print what happened")
    options = parser.parse_args(arguments)
    faults = tuple(each for each in options.faults.split(",") if each)
    if unknown := set(faults) - set(FAULTS):
        parser.error(f"there is no fault {unknown.pop()!r}; choose from {', '.join(FAULTS)}")
    left_out = frozenset(map(int, filter(None, options.leave_out.split(","))))
    seeds = range(options.seed, options.seed + options.seeds)
    plans = [Plan(seed, options.people, options.days, faults, left_out) for seed in seeds]
    # Before the threads: Alembic keeps what it works on in globals of its module, so that two
    # threads cannot migrate at the same time, and a child gets what its parent has computed.
    prepare(options.people)
    if options.first:
        for plan in plans:
            tried = run(plan)
            if tried.is_wrong:
                print(tried.report)
                return 1
        return 0
    with ThreadPoolExecutor(options.jobs) as threads:
        runs = list(threads.map(lambda plan: run(plan, has_log=options.log), plans))
    wrong = [each for each in runs if each.is_wrong]
    for each in runs:
        if options.seeds == 1 or each.is_wrong:
            print(each.report)
    for each in wrong[:3]:
        print(shrunk(each.plan))
    print(f"{len(wrong)} of {len(runs)} worlds failed")
    return 1 if wrong else 0


def run(plan: Plan, *, has_log: bool = False) -> Run:
    """Simulate in a child process, which ends without cleaning up what its kills have left."""
    prepare(plan.people)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            began = time.process_time()
            outcome, world = simulate(plan)
            if has_log:
                print("\n".join(world.log), file=out)
            print(describe(outcome, time.process_time() - began), file=out)
        os._exit(bool(outcome.wrong))
    os.close(writing)
    with os.fdopen(reading) as said:
        report = said.read()
    _, status = os.waitpid(pid, 0)
    return Run(plan, os.waitstatus_to_exitcode(status) != 0, report.rstrip())


def describe(outcome: Outcome, seconds: float) -> str:
    line = (
        f"seed {outcome.plan.seed}: trace {outcome.trace}, {outcome.kills} kills, "
        f"{outcome.calls} calls, {outcome.taps} taps, {seconds:.1f} s of processor"
    )
    return f"{line}\n{outcome.wrong}" if outcome.wrong else line


def shrunk(plan: Plan) -> str:
    """The faults that are needed for the failure, and how to see it."""
    for fault in plan.schedule():
        fewer = replace(plan, left_out=plan.left_out | {fault.number})
        if run(fewer).is_wrong:
            plan = fewer
    left = ",".join(map(str, sorted(plan.left_out)))
    listed = "\n".join(f"  {each.at:.0f} s: {each.kind}" for each in plan.schedule())
    return (
        f"seed {plan.seed} needs only:\n{listed}\n"
        f"python -m tests.simulation --seed {plan.seed} --people {plan.people} --days {plan.days} "
        f"--faults {','.join(plan.faults)} --leave-out {left or ','} --log"
    )


if __name__ == "__main__":
    sys.exit(main())

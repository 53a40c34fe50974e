"""B1: messages per core-second from a due reminder to its record, compared with common designs.

A message is planned, claimed, sent and recorded. Each round makes a number of reminders due at
once, for each implementation in turn. The processor time of its process is measured until the last
message is recorded. The bot runs without a rate limit. The common designs get fewer reminders,
because they become slower with more of them at once; the lean ones get as many as the bot.
"""

import time
from contextlib import ExitStack
from statistics import median

from tests.benchmarks import lean_peers
from tests.benchmarks.bot_process import UNLIMITED
from tests.benchmarks.harness import KINDS, Harness, Result, Row
from tests.benchmarks.lean_peers import LeanPeer
from tests.benchmarks.loads import Load, run_load
from tests.benchmarks.peers import WAYS, Peer

__all__ = ["measure"]

GOALS = {"orm": 18, "job-queue": 15, "lean-ptb": 1.8}
NAMES = WAYS | lean_peers.WAYS
ABSOLUTE, STRETCH = 2_000, 3_300


def measure(harness: Harness) -> Result:
    rounds, count, of_peer = harness.short_or_long((3, 4_000, 500), (5, 10_000, 1_000))
    stores = {kind: harness.store(kind, (rounds + 1) * count) for kind in KINDS}
    rates: dict[str, list[float]] = {}
    speeds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        bots = {
            kind: stack.enter_context(harness.bot(stores[kind], rate=UNLIMITED)).warm_up()
            for kind in KINDS
        }
        for kind in KINDS:  # an uncounted round, which fills caches and opens connections
            run_load(
                harness.telegram,
                stores[kind],
                range(rounds * count + 1, (rounds + 1) * count + 1),
                bots[kind],
            )
        for number in range(rounds):
            ids = range(number * count + 1, (number + 1) * count + 1)
            loads = {
                kind: run_load(harness.telegram, stores[kind], ids, bots[kind]) for kind in KINDS
            }
            loads |= {way: load_of_peer(harness, way, of_peer, number) for way in WAYS}
            loads |= {
                way: load_of_peer(harness, way, count, number)
                for way in lean_peers.installed_ways()
            }
            for name, load in loads.items():
                rates.setdefault(name, []).append(load.per_core_second)
                speeds.setdefault(name, []).append(load.per_second)
            each = ", ".join(f"{name} {load.per_core_second:.0f}" for name, load in loads.items())
            harness.print(f"round {number + 1}, messages a core-second: {each}")
    middle = {name: median(values) for name, values in rates.items()}
    return Result(
        rows(middle, {name: median(values) for name, values in speeds.items()}),
        {"per_core_second": middle},
    )


def load_of_peer(harness: Harness, way: str, count: int, number: int) -> Load:
    harness.telegram.forget()
    kind = LeanPeer if way in lean_peers.WAYS else Peer
    with kind(way, harness.telegram, count, harness.folder / f"b1-{way}-{number}") as peer:
        peer.wait_until_ready()
        due_at = peer.begin()
        before = peer.processor_seconds
        peer.wait_until_ended()
        used, seconds = peer.processor_seconds - before, time.monotonic() - due_at
    log = harness.telegram.log()
    assert len(log.at) >= count, f"{way} sent {len(log.at)} of {count}"
    if len(log.at) > count:
        harness.print(f"{way} sent {len(log.at) - count} messages more than were due")
    return Load(count, seconds, [used], 0.0, due_at, log)


def rows(rates: dict[str, float], speeds: dict[str, float]) -> list[Row]:
    found = []
    for kind in KINDS:
        rate = rates[kind]
        found.append(
            Row(
                f"messages per core-second, this bot on {kind}",
                f"{rate:,.0f} ({1000 / rate:.2f} ms each; {speeds[kind]:,.0f}/s elapsed)",
                f"≥ {ABSOLUTE:,} (stretch goal {STRETCH:,})",
                rate >= ABSOLUTE,
            )
        )
    peers = {way: name for way, name in NAMES.items() if way in rates}
    for way, name in peers.items():
        found.append(
            Row(
                f"messages per core-second, {name}",
                f"{rates[way]:,.0f} ({1000 / rates[way]:.1f} ms each)",
            )
        )
    for kind in KINDS:
        for way, name in peers.items():
            ratio, goal = rates[kind] / rates[way], GOALS.get(way)
            found.append(
                Row(
                    f"ratio of this bot on {kind} to {name}",
                    f"{ratio:.1f}",
                    f"≥ {goal}" if goal else "",
                    ratio >= goal if goal else None,
                )
            )
    return found

"""B7: what a tap costs, and how long people wait when many tap at once.

1,000 taps wait before a poll, as after an outage. Measured are the processor time of the bot until
all of them are answered, shown and settled, and the time until each is answered. Then taps come at
random, 20 a second, while nothing else happens; the processor time that the bot uses without taps
is subtracted. The lean peers get the same taps in turns with the bot.
"""

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from statistics import median
from typing import NamedTuple

from tests.benchmarks.bot_process import UNLIMITED
from tests.benchmarks.databases import Store
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.lean_peers import WAYS, LeanPeer, installed_ways
from tests.benchmarks.loads import run_load
from tests.benchmarks.processes import Child, until
from tests.benchmarks.telegram import Tap

__all__ = ["measure"]

AT_ONCE, PER_SECOND = 1_000, 20
GOALS = {"SQLite": 1_000, "PostgreSQL": 900}
LEAST_RATIO = 1.2
REFERENCE = "lean-ptb"


class Burst(NamedTuple):
    """Taps that were waiting at the same time. processor: seconds of the bot's process."""

    taps: list[Tap]
    processor: float

    @property
    def per_core_second(self) -> float:
        return len(self.taps) / self.processor

    @property
    def answered_twice(self) -> int:
        return sum(each.answers > 1 for each in self.taps)


class Steady(NamedTuple):
    """Taps that came one at a time. processor: seconds for each, beyond those without taps."""

    taps: list[Tap]
    processor: float


class _Target(NamedTuple):
    """A process that takes taps. messages: what can still be tapped, as `Telegram.offer` takes it.
    store: the database of the bot, None for a peer.
    """

    token: str
    process: Child
    messages: list[tuple[int, int, int]]
    store: Store | None


def measure(harness: Harness) -> Result:
    rounds, slices, seconds = harness.short_or_long((3, 3, 5), (9, 6, 15))
    people = _people(rounds, slices * seconds)
    bursts: dict[str, list[Burst]] = {}
    steady: dict[str, list[Steady]] = {}
    with ExitStack() as stack:
        targets = {
            name: stack.enter_context(target) for name, target in _targets(harness, people).items()
        }
        for each in targets.values():  # not counted: it fills caches and opens connections
            measure_burst(harness, each)
        # In turns, because the speed of a shared machine changes from minute to minute.
        for _ in range(rounds):
            for name, each in targets.items():
                bursts.setdefault(name, []).append(measure_burst(harness, each))
        for _ in range(slices):
            for name, each in targets.items():
                steady.setdefault(name, []).append(measure_steady(harness, each, seconds))
    whole = {name: join(each) for name, each in steady.items()}
    for name in targets:
        harness.print(describe(name, bursts[name], whole[name]))
    return Result(rows(bursts, whole), numbers(bursts, whole))


def _targets(harness: Harness, people: int) -> Mapping[str, AbstractContextManager[_Target]]:
    """All processes that are compared, by name; each is another bot for Telegram."""
    tokens = (f"{number}:{'a' * 35}" for number in itertools.count(4711001))
    bots = {kind: _bot(harness, kind, people, next(tokens)) for kind in KINDS}
    return bots | {way: _peer(harness, way, people, next(tokens)) for way in installed_ways()}


@contextmanager
def _bot(harness: Harness, kind: str, people: int, token: str) -> Iterator[_Target]:
    store = harness.store(kind, people)
    with harness.bot(store, rate=UNLIMITED, token=token).warm_up() as bot:
        run_load(harness.telegram, store, range(1, people + 1), bot)
        yield _Target(token, bot, list_sent(store), store)


@contextmanager
def _peer(harness: Harness, way: str, people: int, token: str) -> Iterator[_Target]:
    with LeanPeer(way, harness.telegram, people, harness.folder / f"b7-{way}", token) as peer:
        peer.wait_until_ready()
        messages = [(number, number, number) for number in range(1, people + 1)]
        yield _Target(token, peer, messages, None)


def _people(rounds: int, seconds: int) -> int:
    """How many people are enough, so that no message is tapped twice: a multiple of fifty."""
    return -(-((rounds + 1) * AT_ONCE + seconds * PER_SECOND * 2) // 50) * 50


def list_sent(store: Store) -> list[tuple[int, int, int]]:
    return store.rows("SELECT user_id, message_id, id FROM check_ins WHERE status = 'sent'")


def measure_burst(harness: Harness, target: _Target) -> Burst:
    offer(harness, target, AT_ONCE)
    before = target.process.processor_seconds
    harness.telegram.tap_all()
    wait_until_shown(harness, target)
    return Burst(harness.telegram.taps(), target.process.processor_seconds - before)


def measure_steady(harness: Harness, target: _Target, seconds: int) -> Steady:
    # Tapped at random, so that fewer come than are offered.
    offer(harness, target, seconds * PER_SECOND * 2)
    process = target.process
    before = process.processor_seconds
    time.sleep(seconds)
    idle = process.processor_seconds - before
    before, began_at = process.processor_seconds, time.monotonic()
    harness.telegram.start_tapping(PER_SECOND)
    time.sleep(seconds)
    harness.telegram.stop_tapping()
    wait_until_shown(harness, target)
    used = process.processor_seconds - before
    taps = harness.telegram.taps()
    used -= idle * (time.monotonic() - began_at) / seconds
    return Steady(taps, used / len(taps))


def join(slices: list[Steady]) -> Steady:
    """Several measurements of the same process as one."""
    taps = [tap for each in slices for tap in each.taps]
    processor = sum(each.processor * len(each.taps) for each in slices) / len(taps)
    return Steady(taps, processor)


def offer(harness: Harness, target: _Target, count: int) -> None:
    harness.telegram.forget()
    harness.telegram.offer([target.messages.pop() for _ in range(count)], target.token)


def wait_until_shown(harness: Harness, target: _Target) -> None:
    """Wait until all taps are answered and shown, and nothing is left to record."""
    until(lambda: harness.telegram.open_taps == 0, "all taps to be answered and shown", every=0.05)
    store = target.store
    if store is not None:
        until(
            lambda: store.number("SELECT count(*) FROM redraws") == 0,
            "all edits to be settled",
            every=0.1,
        )


# Reports


def answered_ms(taps: list[Tap]) -> list[float]:
    return [1000 * each.answered for each in taps if each.answered is not None]


def rate_of(bursts: list[Burst]) -> float:
    return median(each.per_core_second for each in bursts)


def describe(name: str, bursts: list[Burst], steady: Steady) -> str:
    waits = [answered_ms(each.taps) for each in bursts]
    alone = answered_ms(steady.taps)
    return (
        f"{name}: {rate_of(bursts):.0f} taps a core-second; {AT_ONCE:,} at once answered p50 "
        f"{median(map(p50, waits)):.0f} ms, p99 {median(map(p99, waits)):.0f} ms, "
        f"{sum(each.answered_twice for each in bursts)} twice; {PER_SECOND}/s: p50 "
        f"{p50(alone):.1f} ms, p99 {p99(alone):.1f} ms, {1000 * steady.processor:.1f} ms of "
        f"processor each"
    )


def rows(bursts: dict[str, list[Burst]], steady: dict[str, Steady]) -> list[Row]:
    found: list[Row] = []
    for kind in KINDS:
        rate = rate_of(bursts[kind])
        found.append(
            Row(
                f"taps per core-second, {AT_ONCE:,} waiting, this bot on {kind}",
                f"{rate:,.0f} ({1000 / rate:.2f} ms each)",
                f"≥ {GOALS[kind]:,}",
                rate >= GOALS[kind],
            )
        )
    found += [
        Row(f"taps per core-second, {name}", f"{rate_of(bursts[way]):,.0f}")
        for way, name in WAYS.items()
        if way in bursts
    ]
    for kind in KINDS:
        ratio = rate_of(bursts[kind]) / rate_of(bursts[REFERENCE])
        found.append(
            Row(
                f"ratio of this bot on {kind} to {WAYS[REFERENCE]}",
                f"{ratio:.2f}",
                f"≥ {LEAST_RATIO}",
                ratio >= LEAST_RATIO,
            )
        )
    for name in bursts:
        found += _waits(WAYS.get(name, f"this bot on {name}"), bursts[name], name in KINDS)
        found.append(_steady_row(WAYS.get(name, f"this bot on {name}"), steady[name]))
    return found


def _waits(name: str, bursts: list[Burst], has_goal: bool) -> list[Row]:
    waits = [answered_ms(each.taps) for each in bursts]
    middle, last = median(map(p50, waits)), median(map(p99, waits))
    twice = sum(each.answered_twice for each in bursts)
    return [
        Row(
            f"until {AT_ONCE:,} taps at once are answered, {name}",
            f"p50 {middle:,.0f} ms, p99 {last:,.0f} ms",
            "p50 ≤ 800 ms, p99 ≤ 1,500 ms" if has_goal else "",
            middle <= 800 and last <= 1_500 if has_goal else None,
        ),
        Row(f"answered twice, {name}", str(twice), "0" * has_goal, twice == 0 or None),
    ]


def _steady_row(name: str, steady: Steady) -> Row:
    waits = answered_ms(steady.taps)
    return Row(
        f"{PER_SECOND} taps/s, {name}",
        f"p50 {p50(waits):.1f} ms, p99 {p99(waits):.1f} ms, {1000 * steady.processor:.1f} ms of "
        f"processor each ({len(waits)} taps)",
        "p50 ≤ 6 ms, p99 ≤ 60 ms, ≤ 4.5 ms of processor" if name.startswith("this bot") else "",
        _is_steady_met(waits, steady) if name.startswith("this bot") else None,
    )


def _is_steady_met(waits: list[float], steady: Steady) -> bool:
    return p50(waits) <= 6 and p99(waits) <= 60 and steady.processor <= 0.0045


def numbers(bursts: dict[str, list[Burst]], steady: dict[str, Steady]) -> dict[str, object]:
    return {
        "per_core_second": {name: rate_of(each) for name, each in bursts.items()},
        "processor_ms": {name: 1000 * each.processor for name, each in steady.items()},
    }

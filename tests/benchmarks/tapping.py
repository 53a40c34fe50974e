"""B5: the latency of a tap while the bot is idle, and while it sends at the free and paid rates.

People tap Yes at random times on messages that they have just received. The latency is the time
until the server receives answerCallbackQuery, which the bot sends after its commit. The time until
the message is edited is measured, too.
"""

import time

from tests.benchmarks.bot_process import FREE, PAID
from tests.benchmarks.databases import last_minute
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.on_time import due_at_nine
from tests.benchmarks.processes import until
from tests.benchmarks.telegram import Tap

__all__ = ["measure"]

TAPS_PER_SECOND = 10
GOALS = {"idle": 100, "at nine": 300, "in full": 300}  # milliseconds
LABELS = {
    "idle": "while nothing is due",
    "at nine": f"while {FREE} messages/s are sent (B4)",
    "in full": f"while {PAID:,} messages/s are sent",
}


def measure(harness: Harness) -> Result:
    seconds = harness.short_or_long(20, 120)
    rows: list[Row] = []
    numbers: dict[str, list[float]] = {}
    for kind in KINDS:
        found = {"at nine": taps_at_nine(harness, kind, seconds)}
        found |= taps_in_full_and_idle(harness, kind, seconds)
        for name, label in LABELS.items():
            row, latencies = evaluate(found[name], f"{label}, {kind}", GOALS[name])
            rows.append(row)
            numbers[f"{kind} {name}"] = latencies
            harness.print(f"{kind}, {label}: p50 {latencies[0]:.1f} ms, p99 {latencies[1]:.1f} ms")
    return Result(rows, numbers)


def evaluate(taps: list[Tap], label: str, goal: float) -> tuple[Row, list[float]]:
    """The row of the table, and p50 and p99 of the latency in milliseconds."""
    answered = [1000 * each.answered for each in taps if each.answered is not None]
    shown = [1000 * each.shown for each in taps if each.shown is not None]
    assert len(answered) == len(taps), f"{len(taps) - len(answered)} taps were never answered"
    row = Row(
        f"from a tap to its commit and answer {label}",
        f"p50 {p50(answered):.0f} ms, p99 {p99(answered):.0f} ms ({len(answered)} taps; "
        f"until the message is edited: p50 {p50(shown):.0f} ms, p99 {p99(shown):.0f} ms)",
        f"p99 ≤ {goal} ms",
        p99(answered) <= goal,
    )
    return row, [p50(answered), p99(answered)]


def taps_at_nine(harness: Harness, kind: str, seconds: int) -> list[Tap]:
    people = (seconds + 5) * FREE // 50 * 50
    with due_at_nine(harness, kind, people) as (_, nine):
        harness.telegram.keep_bodies()
        until(
            lambda: time.monotonic() > nine and harness.telegram.count > TAPS_PER_SECOND,
            "the first check-ins to be sent",
        )
        return taps(harness, seconds)


def taps_in_full_and_idle(harness: Harness, kind: str, seconds: int) -> dict[str, list[Tap]]:
    people = (seconds + 5) * PAID
    store = harness.store(kind, people)
    with harness.bot(store, rate=PAID).warm_up():
        harness.telegram.forget()
        harness.telegram.keep_bodies()
        store.make_due(last_minute(), range(1, people + 1))
        until(
            lambda: harness.telegram.count > TAPS_PER_SECOND,
            "the first check-ins to be sent",
        )
        in_full = taps(harness, seconds)
        assert harness.telegram.count < people, "all check-ins were sent before the taps ended"
        until(
            lambda: harness.telegram.count >= people,
            "all check-ins to be sent",
            timeout=600,
        )
        until(
            lambda: store.count_sent(range(1, people + 1)) >= people - len(in_full),
            "all check-ins to be recorded",
            every=0.5,
        )
        return {"in full": in_full, "idle": taps(harness, seconds)}


def taps(harness: Harness, seconds: int) -> list[Tap]:
    """Tap for a number of seconds, then wait until all taps are answered and shown."""
    harness.telegram.forget_taps()
    harness.telegram.start_tapping(TAPS_PER_SECOND)
    time.sleep(seconds)
    harness.telegram.stop_tapping()
    until(
        lambda: all(each.answered and each.shown for each in harness.telegram.taps()),
        "all taps to be answered and shown",
        every=0.5,
    )
    return harness.telegram.taps()

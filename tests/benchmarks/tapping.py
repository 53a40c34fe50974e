"""B5: from a tap to its commit and its answer, while nothing else happens, at the free rate, and at
the highest one.

People tap Yes at random moments on messages they were just sent. Measured is until the server gets
answerCallbackQuery, which the bot sends after its commit; so the server's own time is outside.
Beside it: until the message shows it.
"""

import time

from tests.benchmarks.bot_process import FREE, PAID
from tests.benchmarks.databases import last_minute
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.on_time import due_at_nine
from tests.benchmarks.processes import until
from tests.benchmarks.telegram import Tap

__all__ = ["measure"]

A_SECOND = 10
GOALS = {"idle": 100, "at nine": 300, "in full": 300}
WORDS = {
    "idle": "while nothing is due",
    "at nine": f"while {FREE}/s leave (B4)",
    "in full": f"while {PAID:,}/s leave",
}


def measure(harness: Harness) -> Result:
    seconds = harness.short_or_long(20, 120)
    rows: list[Row] = []
    numbers: dict[str, list[float]] = {}
    for kind in KINDS:
        found = {"at nine": at_nine(harness, kind, seconds)} | in_full_and_idle(
            harness, kind, seconds
        )
        for name, words in WORDS.items():
            answered = [1000 * each.answered for each in found[name] if each.answered is not None]
            shown = [1000 * each.shown for each in found[name] if each.shown is not None]
            assert len(answered) == len(found[name]), (
                f"{len(found[name]) - len(answered)} taps were never answered"
            )
            rows.append(
                Row(
                    f"tap → committed and answered, {words}, {kind}",
                    f"p50 {p50(answered):.0f} ms, p99 {p99(answered):.0f} ms ({len(answered)} "
                    f"taps; "
                    f"shown: p50 {p50(shown):.0f} ms, p99 {p99(shown):.0f} ms)",
                    f"p99 ≤ {GOALS[name]} ms",
                    p99(answered) <= GOALS[name],
                )
            )
            numbers[f"{kind} {name}"] = [p50(answered), p99(answered)]
            harness.print(f"{kind} {words}: p50 {p50(answered):.1f} ms, p99 {p99(answered):.1f} ms")
    return Result(rows, numbers)


def at_nine(harness: Harness, kind: str, seconds: int) -> list[Tap]:
    people = (seconds + 5) * FREE // 50 * 50
    with due_at_nine(harness, kind, people) as (_, nine):
        harness.telegram.keep_bodies()
        until(
            lambda: time.monotonic() > nine and harness.telegram.count > A_SECOND,
            "the first to be asked",
        )
        return taps(harness, seconds)


def in_full_and_idle(harness: Harness, kind: str, seconds: int) -> dict[str, list[Tap]]:
    people = (seconds + 5) * PAID
    store = harness.store(kind, people)
    with harness.bot(store, rate=PAID).warm_up():
        harness.telegram.forget()
        harness.telegram.keep_bodies()
        store.make_due(last_minute(), range(1, people + 1))
        until(lambda: harness.telegram.count > A_SECOND, "the first to be asked")
        in_full = taps(harness, seconds)
        assert harness.telegram.count < people, "all was sent before the taps were over"
        until(lambda: harness.telegram.count >= people, "everybody to be asked", timeout=600)
        until(
            lambda: store.count_sent(range(1, people + 1)) >= people - len(in_full),
            "the last records",
            every=0.5,
        )
        return {"in full": in_full, "idle": taps(harness, seconds)}


def taps(harness: Harness, seconds: int) -> list[Tap]:
    """Taps for so long, and until the last of them is answered and shown."""
    harness.telegram.forget_taps()
    harness.telegram.start_tapping(A_SECOND)
    time.sleep(seconds)
    harness.telegram.stop_tapping()
    until(
        lambda: all(each.answered and each.shown for each in harness.telegram.taps()),
        "the taps to show",
        every=0.5,
    )
    return harness.telegram.taps()

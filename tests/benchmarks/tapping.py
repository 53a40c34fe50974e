"""B5: from a tap to its commit and its answer, while nothing else happens, at the free rate, and at
the highest one.

People tap Yes at random moments on messages they were just sent. Measured is until the server gets
answerCallbackQuery, which the bot sends after its commit; so the server's own time is outside.
Beside it: until the message shows it.
"""

import time

from tests.benchmarks.databases import last_minute
from tests.benchmarks.lab import KINDS, Lab, Result, Row, p50, p99
from tests.benchmarks.machine import until
from tests.benchmarks.on_time import due_at_nine
from tests.benchmarks.ours import FREE, PAID
from tests.benchmarks.telegram import Tap

__all__ = ["measure"]

A_SECOND = 10
GOALS = {"idle": 100, "at nine": 300, "in full": 300}
WORDS = {
    "idle": "while nothing is due",
    "at nine": f"while {FREE}/s leave (B4)",
    "in full": f"while {PAID:,}/s leave",
}


def measure(lab: Lab) -> Result:
    seconds = lab.either(20, 120)
    rows: list[Row] = []
    numbers: dict[str, list[float]] = {}
    for kind in KINDS:
        found = {"at nine": at_nine(lab, kind, seconds)} | in_full_and_idle(lab, kind, seconds)
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
            lab.note(f"{kind} {words}: p50 {p50(answered):.1f} ms, p99 {p99(answered):.1f} ms")
    return Result(rows, numbers)


def at_nine(lab: Lab, kind: str, seconds: int) -> list[Tap]:
    people = (seconds + 5) * FREE // 50 * 50
    with due_at_nine(lab, kind, people) as (_, nine):
        lab.telegram.keep_bodies()
        until(
            lambda: time.monotonic() > nine and lab.telegram.count > A_SECOND,
            "the first to be asked",
        )
        return taps(lab, seconds)


def in_full_and_idle(lab: Lab, kind: str, seconds: int) -> dict[str, list[Tap]]:
    people = (seconds + 5) * PAID
    store = lab.store(kind, people)
    with lab.bot(store, rate=PAID).settle():
        lab.telegram.forget()
        lab.telegram.keep_bodies()
        store.make_due(last_minute(), range(1, people + 1))
        until(lambda: lab.telegram.count > A_SECOND, "the first to be asked")
        in_full = taps(lab, seconds)
        assert lab.telegram.count < people, "all was sent before the taps were over"
        until(lambda: lab.telegram.count >= people, "everybody to be asked", timeout=600)
        until(
            lambda: store.count_sent(range(1, people + 1)) >= people - len(in_full),
            "the last records",
            every=0.5,
        )
        return {"in full": in_full, "idle": taps(lab, seconds)}


def taps(lab: Lab, seconds: int) -> list[Tap]:
    """Taps for so long, and until the last of them is answered and shown."""
    lab.telegram.forget_taps()
    lab.telegram.start_tapping(A_SECOND)
    time.sleep(seconds)
    lab.telegram.stop_tapping()
    until(
        lambda: all(each.answered and each.shown for each in lab.telegram.taps()),
        "the taps to show",
        every=0.5,
    )
    return lab.telegram.taps()

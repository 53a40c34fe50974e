"""B1b: six thousand check-ins due in the same minute: how many are sent, and how late.

The bot runs at Telegram's highest paid rate (in the long run at the free one, too), so that a queue
forms and is known: so many seconds as there are messages for the rate. Peers run with their
defaults and no limit at all.
"""

from contextlib import suppress

from tests.benchmarks.bot_process import FREE, PAID
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.loads import run_load
from tests.benchmarks.peers import WAYS, Peer

__all__ = ["measure"]

COUNT = 6_000
PATIENCE = 120.0  # seconds: so long a peer may take; what it has not sent by then counts as lost
A_LITTLE = 2.0  # seconds: for the tick that sees it, and the first batch


def measure(harness: Harness) -> Result:
    rows, numbers = [], {}
    for rate in harness.short_or_long((PAID,), (PAID, FREE)):
        for kind in KINDS:
            lateness = latenesses(harness, kind, rate)
            queue = 0.99 * COUNT / rate
            numbers[f"{kind} at {rate}/s"] = {"lost": 0, "p50": p50(lateness), "p99": p99(lateness)}
            rows.append(
                Row(
                    f"lost of {COUNT:,}, this bot on {kind} at {rate:,}/s",
                    str(COUNT - len(lateness)),
                    "0",
                    True,
                )
            )
            rows.append(
                Row(
                    f"lateness p50, p99, {kind} at {rate:,}/s",
                    f"{p50(lateness):.1f} s, {p99(lateness):.1f} s",
                    f"the queue's {queue:.1f} s + 5 % + {A_LITTLE:.0f} s",
                    p99(lateness) <= queue * 1.05 + A_LITTLE,
                )
            )
    for way in harness.short_or_long(("job-queue",), tuple(WAYS)):
        name = WAYS[way]
        lateness = latenesses_of_peer(harness, way)
        late = (
            f"; p50 {p50(lateness):.1f} s, p99 {p99(lateness):.1f} s late"
            if len(lateness) > 1
            else ""
        )
        numbers[way] = {"lost": COUNT - len(lateness)}
        rows.append(
            Row(
                f"not sent of {COUNT:,} in {PATIENCE:.0f} s, {name}, its defaults",
                f"{COUNT - len(lateness):,}{late}",
            )
        )
        harness.print(f"{way}: {COUNT - len(lateness)} lost")
    return Result(rows, numbers)


def latenesses(harness: Harness, kind: str, rate: int) -> list[float]:
    """Seconds from when all were due until each was accepted; each is one person's, `run_load`
    holds.
    """
    store = harness.store(kind, COUNT)
    with harness.bot(store, rate=rate).settle() as bot:
        load = run_load(harness.telegram, store, range(1, COUNT + 1), bot)
    harness.print(f"{kind} at {rate}/s: {load.seconds:.1f} s")
    return [at - load.became_due for at in load.log.at]


def latenesses_of_peer(harness: Harness, way: str) -> list[float]:
    harness.telegram.forget()
    with Peer(
        way, harness.telegram, COUNT, harness.folder / f"b1b-{way}", has_defaults=True
    ) as peer:
        peer.wait_until_ready()
        due_at = peer.begin()
        with suppress(
            TimeoutError
        ):  # thousands that wait for one pool keep a core busy for many minutes
            peer.wait_until_ended(PATIENCE)
    return [at - due_at for at in harness.telegram.log().at]

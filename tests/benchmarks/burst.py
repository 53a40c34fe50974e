"""B1b: 6,000 check-ins due in the same minute: how many are sent, and how late.

The bot runs with Telegram's highest paid rate, and in the long run also with the free one. So the
length of the queue is known: the number of messages divided by the rate. The implementations that
it is compared with use their defaults, without any rate limit.
"""

from contextlib import suppress

from tests.benchmarks.bot_process import FREE, PAID
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.loads import run_load
from tests.benchmarks.peers import WAYS, Peer

__all__ = ["measure"]

COUNT = 6_000
TIMEOUT = 120.0  # seconds; what another implementation has not sent by then counts as lost
START_ALLOWANCE = 2.0  # seconds, until a tick finds the due check-ins and the first batch is sent


def measure(harness: Harness) -> Result:
    rows, numbers = [], {}
    for rate in harness.short_or_long((PAID,), (PAID, FREE)):
        for kind in KINDS:
            lateness = latenesses(harness, kind, rate)
            queue = 0.99 * COUNT / rate
            numbers[f"{kind} at {rate}/s"] = {"lost": 0, "p50": p50(lateness), "p99": p99(lateness)}
            rows.append(
                Row(
                    f"messages lost of {COUNT:,}, this bot on {kind} at {rate:,}/s",
                    str(COUNT - len(lateness)),
                    "0",
                    True,
                )
            )
            rows.append(
                Row(
                    f"lateness, {kind} at {rate:,}/s",
                    f"p50 {p50(lateness):.1f} s, p99 {p99(lateness):.1f} s",
                    f"p99 ≤ {queue:.1f} s of queue + 5 % + {START_ALLOWANCE:.0f} s",
                    p99(lateness) <= queue * 1.05 + START_ALLOWANCE,
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
                f"messages not sent of {COUNT:,} within {TIMEOUT:.0f} s, {name} with defaults",
                f"{COUNT - len(lateness):,}{late}",
            )
        )
        harness.print(f"{way}: {COUNT - len(lateness)} lost")
    return Result(rows, numbers)


def latenesses(harness: Harness, kind: str, rate: int) -> list[float]:
    """For each message the seconds from its due time until the server accepted it."""
    store = harness.store(kind, COUNT)
    with harness.bot(store, rate=rate).warm_up() as bot:
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
        # With thousands of calls waiting for the connection pool it can take many minutes.
        with suppress(TimeoutError):
            peer.wait_until_ended(TIMEOUT)
    return [at - due_at for at in harness.telegram.log().at]

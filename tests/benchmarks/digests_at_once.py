"""B8: thousands of weekly digests due at the same minute, each with a picture of its own.

One process renders and sends them at Telegram's free rate, while other people tap. Its child
process, which renders the pictures, runs on the same core.
"""

from datetime import timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from tests.benchmarks.bot_process import FREE
from tests.benchmarks.databases import Store, last_minute, morning_zones
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.loads import run_load
from tests.benchmarks.processes import until
from tests.benchmarks.tap_throughput import answered_ms, list_sent

__all__ = ["measure"]

TAPS_PER_SECOND = 2  # each edits a message, which takes a permit from the digests
TAP_GOAL = 200  # milliseconds, p99
DAYS = 14  # of which each habit is kept on two of three


def measure(harness: Harness) -> Result:
    count = harness.short_or_long(1_000, 10_000)
    allowed = count / FREE * 1.05 + 30
    tappers = int(allowed * TAPS_PER_SECOND * 1.2) // 50 * 50 + 50
    rows: list[Row] = []
    numbers: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        harness.telegram.forget()
        store = harness.store(kind, count + tappers)
        keep_habits(store, range(1, count + 1))
        with harness.bot(store).warm_up() as bot:
            run_load(harness.telegram, store, range(count + 1, count + tappers + 1), bot)
            harness.telegram.forget()
            harness.telegram.offer(list_sent(store))
            make_digests_due(store, range(1, count + 1))
            before, began_at = bot.processor_seconds, monotonic()
            harness.telegram.start_tapping(TAPS_PER_SECOND)
            until(
                lambda: harness.telegram.count >= count,
                "all digests to be sent",
                timeout=allowed * 3,
            )
            harness.telegram.stop_tapping()
            until(lambda: harness.telegram.open_taps == 0, "all taps to be answered and shown")
            used, taps = bot.processor_seconds - before, answered_ms(harness.telegram.taps())
            log = harness.telegram.log()
        assert len(set(log.chats)) == len(log.chats) == count
        pictures, last = log.methods.get("sendPhoto", 0), log.at[-1] - began_at
        rows += [
            Row(
                f"until the last of {count:,} digests is sent, {kind}",
                f"{last:.1f} s ({pictures:,} with a picture; {1000 * used / count:.1f} ms of "
                f"processor each, without the child process)",
                f"≤ {count:,} / {FREE} × 1.05 + 30 = {allowed:.0f} s",
                last <= allowed and pictures == count,
            ),
            Row(
                f"from a tap to its answer meanwhile, {kind}",
                f"p50 {p50(taps):.0f} ms, p99 {p99(taps):.0f} ms ({len(taps)} taps)",
                f"p99 ≤ {TAP_GOAL} ms",
                p99(taps) <= TAP_GOAL,
            ),
        ]
        numbers[kind] = {"seconds": last, "tap_p99": p99(taps)}
        harness.print(
            f"{kind}: {count} digests in {last:.1f} s; taps p50 {p50(taps):.0f} ms, p99 "
            f"{p99(taps):.0f} ms"
        )
    return Result(rows, numbers)


def keep_habits(store: Store, ids: range) -> None:
    """Record entries of the last days, so that hardly two people have the same week."""
    now = last_minute()
    store.execute(
        *(
            f"INSERT INTO entries (user_id, habit_id, day, amount, recorded_at) "
            f"SELECT user_id, id, {store.day(now.date() - timedelta(days=back))}, "
            f"CASE WHEN kind = 'hydration' THEN 200 + user_id % 37 * 50 END, {store.instant(now)} "
            f"FROM habits WHERE user_id BETWEEN {ids.start} AND {ids.stop - 1} "
            f"AND (user_id * 7 + id * 31 + {back} * 17) % 3 <> 0"
            for back in range(1, DAYS + 1)
        ),
        is_durable=False,
    )


def make_digests_due(store: Store, ids: range) -> None:
    due_at = last_minute()
    zone = morning_zones(due_at)[0]
    local = due_at.astimezone(ZoneInfo(zone))
    store.execute(
        f"UPDATE users SET zone = '{zone}', digest_weekday = {local.isoweekday()}, "
        f"digest_at = '{local:%H:%M:%S.%f}', next_digest_at = {store.instant(due_at)} "
        f"WHERE id BETWEEN {ids.start} AND {ids.stop - 1}"
    )

"""B9: a small hosted machine: 150,000 people, the bot and its PostgreSQL together on one core.

At nine o'clock check-ins of some thousand people are due, which are sent at Telegram's free rate,
while others tap. All other people are in the database, with reminders that are due later. Whatever
the time of day, the bot sends no faster than that rate, so a core that has time left now has time
left all day.
"""

from time import monotonic

from reminder_bot.clock import Clock, machine_time
from tests.benchmarks.bot_process import FREE
from tests.benchmarks.databases import Store, populate, postgres_server
from tests.benchmarks.harness import Harness, Result, Row, p50, p99
from tests.benchmarks.on_time import AT_START, WHEN_READY, last_nine
from tests.benchmarks.processes import BOT_CORE, until
from tests.benchmarks.tap_throughput import answered_ms

__all__ = ["measure"]

PEOPLE = 150_000
TAPS_PER_SECOND = 10
TAP_GOAL = 100  # milliseconds, p99
MEMORY_GOAL = 1024  # MiB
SHARED_BUFFERS = "128MB"  # PostgreSQL's default


def measure(harness: Harness) -> Result:
    due = harness.short_or_long(1_800, 6_000)
    harness.telegram.forget()
    with postgres_server(BOT_CORE, SHARED_BUFFERS) as server:
        store = populate(Store(harness.folder, server), PEOPLE)
        nine, clock_file = last_nine(), harness.folder / "clock-small"
        store.make_due(nine, range(1, due + 1))
        Clock.move(clock_file, nine - AT_START - machine_time())
        with harness.bot(store, clock_file=clock_file).warm_up() as bot:
            Clock.move(clock_file, nine - WHEN_READY - machine_time())
            at_nine = monotonic() + WHEN_READY.total_seconds()
            harness.telegram.keep_bodies()
            until(lambda: monotonic() > at_nine, "nine o'clock")
            before = bot.processor_seconds, server.processor_seconds
            harness.telegram.start_tapping(TAPS_PER_SECOND)
            until(
                lambda: harness.telegram.count >= due,
                "everybody to be asked",
                timeout=due / FREE * 3 + 60,
            )
            harness.telegram.stop_tapping()
            until(lambda: harness.telegram.open_taps == 0, "all taps to be answered and shown")
            seconds = monotonic() - at_nine
            used = bot.processor_seconds - before[0], server.processor_seconds - before[1]
            memory = bot.resident_mib, server.resident_mib
            taps, log = answered_ms(harness.telegram.taps()), harness.telegram.log()
    assert len(set(log.chats)) == len(log.chats) == due
    last = log.at[-1] - at_nine
    allowed = (due + len(taps)) / FREE * 1.05 + 2  # a tap edits its message at the same rate
    share = sum(used) / seconds
    rows = [
        Row(
            f"time until the last of {due:,} of {PEOPLE:,} people is asked",
            f"{last:.1f} s",
            f"≤ ({due:,} + {len(taps)} edits) / {FREE} × 1.05 + 2 = {allowed:.1f} s",
            last <= allowed,
        ),
        Row(
            "from a tap to its answer meanwhile",
            f"p50 {p50(taps):.0f} ms, p99 {p99(taps):.0f} ms ({len(taps)} taps)",
            f"p99 ≤ {TAP_GOAL} ms",
            p99(taps) <= TAP_GOAL,
        ),
        Row(
            "share of the core that was used, by the bot and by PostgreSQL",
            f"{100 * used[0] / seconds:.0f} % and {100 * used[1] / seconds:.0f} %",
            "≤ 100 %",
            share <= 1,
        ),
        Row(
            "memory of the bot and of PostgreSQL",
            f"{memory[0]:.0f} and {memory[1]:.0f} MiB",
            f"≤ {MEMORY_GOAL} MiB",
            sum(memory) <= MEMORY_GOAL,
        ),
    ]
    harness.print(
        f"{due} asked in {last:.1f} s; taps p50 {p50(taps):.0f} ms, p99 {p99(taps):.0f} ms; "
        f"{100 * share:.0f} % of the core, {sum(memory):.0f} MiB"
    )
    return Result(rows, {"seconds": last, "tap_p99": p99(taps), "share": share})

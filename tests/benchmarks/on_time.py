"""B4: 10,000 check-ins due at nine o'clock, sent at Telegram's free rate: the rate and lateness.

The real `reminder-bot run` is measured, with its wall clock set to shortly before nine; its timers
run in real time. The server refuses more than 33 sends in a second or 300 in ten seconds with 429,
as Telegram may.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from time import monotonic
from zoneinfo import ZoneInfo

from reminder_bot.clock import Clock, machine_time
from tests.benchmarks.bot_process import FREE, Bot
from tests.benchmarks.harness import KINDS, Harness, Result, Row, p50, p99
from tests.benchmarks.processes import until

__all__ = ["due_at_nine", "measure", "most_within"]

A_SECOND, TEN_SECONDS = (33, 1.0), (300, 10.0)  # the most sends within this number of seconds
# How long before nine the clock is set: at the bot's start, and when it is ready.
AT_START, WHEN_READY = timedelta(minutes=5), timedelta(seconds=2)


def measure(harness: Harness) -> Result:
    people = harness.short_or_long(900, 10_000)
    rows, numbers = [], {}
    for kind in KINDS:
        with due_at_nine(harness, kind, people) as (_, nine):
            harness.telegram.limit(A_SECOND, TEN_SECONDS)
            until(
                lambda: harness.telegram.count >= people,
                "everybody to be asked",
                timeout=people / FREE * 2 + 60,
            )
        log = harness.telegram.log()
        assert len(set(log.chats)) == len(log.chats) == people
        late = [at - nine for at in log.at]
        allowed = people / FREE * 1.05 + 2
        seconds = [
            sum(1 for each in late if second <= each < second + 1)
            for second in range(ceil(late[-1]))
        ]
        numbers[kind] = {"a_second": seconds, "p50": p50(late), "p99": p99(late), "total": late[-1]}
        arrived = sorted(log.at + log.refused_at)
        most, of_ten = most_within(arrived, 1.0), most_within(arrived, 10.0)
        rows += [
            Row(
                f"most sends within any second, {kind}",
                str(most),
                f"≤ {A_SECOND[0]}",
                most <= A_SECOND[0],
            ),
            Row(
                f"most sends within any ten seconds, {kind}",
                str(of_ten),
                f"≤ {TEN_SECONDS[0]}",
                of_ten <= TEN_SECONDS[0],
            ),
            Row(f"answers with 429, {kind}", str(len(log.refused_at)), "0", not log.refused_at),
            Row(
                f"time until the last of {people:,} is sent, {kind}",
                f"{late[-1]:.1f} s",
                f"≤ {people:,} / {FREE} × 1.05 + 2 = {allowed:.1f} s",
                late[-1] <= allowed,
            ),
            Row(f"lateness, {kind}", f"p50 {p50(late):.1f} s, p99 {p99(late):.1f} s"),
        ]
        harness.print(
            f"{kind}: {people} sent in {late[-1]:.1f} s, at most {most} within a second and "
            f"{of_ten} within ten, {len(log.refused_at)} answers with 429"
        )
    return Result(rows, numbers)


@contextmanager
def due_at_nine(harness: Harness, kind: str, people: int) -> Iterator[tuple[Bot, float]]:
    """Start a bot shortly before nine with a reminder of each person due then.

    Yields the bot and the monotonic time of nine o'clock.
    """
    harness.telegram.forget()
    store, clock_file = harness.store(kind, people), harness.folder / f"clock-{kind}"
    nine = last_nine()
    store.make_due(nine, range(1, people + 1))
    Clock.move(clock_file, nine - AT_START - machine_time())
    with harness.bot(store, clock_file=clock_file).warm_up() as bot:
        Clock.move(clock_file, nine - WHEN_READY - machine_time())
        yield bot, monotonic() + WHEN_READY.total_seconds()


def last_nine() -> datetime:
    """The last nine o'clock in Berlin, so that all other reminders are due later."""
    now = machine_time().astimezone(ZoneInfo("Europe/Berlin"))
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0)
    return nine if nine <= now else nine - timedelta(days=1)


def most_within(instants: list[float], seconds: float) -> int:
    """The largest number of instants within any window of this length; they are sorted."""
    most = first = 0
    for last, at in enumerate(instants):
        while at - instants[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most

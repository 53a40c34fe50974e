"""Makes check-ins due and measures the work until all of them are sent and recorded."""

import time
from typing import NamedTuple

from tests.benchmarks.bot_process import Bot
from tests.benchmarks.databases import Store, last_minute
from tests.benchmarks.processes import until
from tests.benchmarks.telegram import Log, Telegram

__all__ = ["Load", "run_load"]


class Load(NamedTuple):
    """The measured work.

    seconds: elapsed time from the first message to the last record.
    processors: seconds of processor time of each bot process.
    database: seconds of processor time of the database server; 0 for SQLite.
    became_due: the monotonic time at which the check-ins became due.
    """

    messages: int
    seconds: float
    processors: list[float]
    database: float
    became_due: float
    log: Log

    @property
    def processor(self) -> float:
        return sum(self.processors)

    @property
    def per_core_second(self) -> float:
        return self.messages / self.processor

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


def run_load(telegram: Telegram, store: Store, ids: range, *bots: Bot, turn: int = 0) -> Load:
    """Make a reminder of each user due, and wait until the bots have sent and recorded them all.

    Raises AssertionError if a user was sent none or more than one.
    """
    telegram.forget()
    before = [bot.processor_seconds for bot in bots]

    def used() -> list[float]:
        return [bot.processor_seconds - each for bot, each in zip(bots, before, strict=True)]

    wanted = store.count_sent(ids) + len(ids)
    store.make_due(last_minute(), ids, turn)
    became_due, database_before = time.monotonic(), store.processor_seconds
    for bot in bots:
        telegram.nudge(bot.token)
    until(lambda: telegram.count >= len(ids), f"{len(ids)} messages", timeout=600)
    until(lambda: store.count_sent(ids) >= wanted, f"{len(ids)} records", timeout=60, every=0.05)
    ended_at = time.monotonic()
    processors = used()
    database = store.processor_seconds - database_before
    log = telegram.log()
    assert len(set(log.chats)) == len(log.chats) == len(ids), (
        f"{len(log.chats)} sends to {len(set(log.chats))} people of {len(ids)}"
    )
    return Load(len(ids), ended_at - log.at[0], processors, database, became_due, log)

"""A load and what it cost: so many people are due at once, and it is over when all of it is on
record.
"""

import time
from typing import NamedTuple

from tests.benchmarks.databases import Store, last_minute
from tests.benchmarks.processes import Child, until
from tests.benchmarks.telegram import Log, Telegram

__all__ = ["Load", "run_load"]

A_LOOK = 0.01  # seconds of processor: more than an idle bot uses at once


class Load(NamedTuple):
    """seconds: from the first work to the last record. processor: of each process; database: of a
    server of its own.

    became_due: when, by the clock of the log.
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


def run_load(telegram: Telegram, store: Store, ids: range, *bots: Child, turn: int = 0) -> Load:
    """Make a reminder of each of these users due and wait until the bots have sent and recorded
    them all.
    """
    telegram.forget()
    before = [bot.processor_seconds for bot in bots]

    def used() -> list[float]:
        return [bot.processor_seconds - each for bot, each in zip(bots, before, strict=True)]

    wanted = store.count_sent(ids) + len(ids)
    store.make_due(last_minute(), ids, turn)
    became_due, database_before = time.monotonic(), store.processor_seconds
    until(lambda: sum(used()) > A_LOOK, "the bot to see what is due", every=0.002)
    begin = time.monotonic()
    until(lambda: telegram.count >= len(ids), f"{len(ids)} messages", timeout=600)
    until(lambda: store.count_sent(ids) >= wanted, f"{len(ids)} records", timeout=60, every=0.05)
    seconds, processors, database = (
        time.monotonic() - begin,
        used(),
        store.processor_seconds - database_before,
    )
    log = telegram.log()
    assert len(set(log.chats)) == len(log.chats) == len(ids), (
        f"{len(log.chats)} sends to {len(set(log.chats))} people of {len(ids)}"
    )
    return Load(len(ids), seconds, processors, database, became_due, log)

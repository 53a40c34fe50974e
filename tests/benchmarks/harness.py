"""What every benchmark is given: a folder, a Bot API server, databases, and how long it may
take.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

from tests.benchmarks.bot_process import Bot
from tests.benchmarks.databases import DurablePostgres, Store, populate, postgres_server
from tests.benchmarks.telegram import Telegram

__all__ = ["KINDS", "Harness", "Result", "Row", "open_harness", "p50", "p99"]

KINDS = ("SQLite", "PostgreSQL")
T = TypeVar("T")


class Row(NamedTuple):
    """One line of the table. is_met: whether the goal is reached, None where the line is only
    for comparison.
    """

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


class Result(NamedTuple):
    """What a benchmark found: its lines, and the numbers that the plot draws."""

    rows: list[Row]
    numbers: dict[str, Any]


@dataclass
class Harness:
    folder: Path
    telegram: Telegram
    is_long: bool
    profiles: Path | None
    _stack: ExitStack
    _postgres: DurablePostgres | None = None
    _bots: int = 0

    def short_or_long(self, short: T, long: T) -> T:
        return long if self.is_long else short

    def store(self, kind: str, people: int) -> Store:
        """A database of this kind with so many people, of its own."""
        if kind == "SQLite":
            return populate(Store(self.folder), people)
        if self._postgres is None:
            self._postgres = self._stack.enter_context(postgres_server())
        return populate(Store(self.folder, self._postgres), people)

    def bot(self, store: Store, **given: Any) -> Bot:
        """A bot on this database in a folder of its own, profiled where that is wanted; `given`
        as Bot takes it.
        """
        self._bots += 1
        name = f"{self._bots}-{store.kind.lower()}"
        profile = self.profiles and self.profiles / f"{name}.prof"
        return Bot(self.telegram, store.url, self.folder / name, profile=profile, **given)

    def print(self, line: str) -> None:
        print(f"  {line}", flush=True)


@contextmanager
def open_harness(*, is_long: bool, profiles: Path | None = None) -> Iterator[Harness]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="reminder-bot-bench-")))
        folder.chmod(0o755)
        telegram = stack.enter_context(Telegram(folder))
        yield Harness(folder, telegram, is_long, profiles, stack)


def p50(values: list[float]) -> float:
    return quantiles(values, n=2)[0]


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]

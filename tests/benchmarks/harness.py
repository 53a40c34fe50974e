"""What every benchmark uses: a temporary folder, a Bot API server, databases, and its size."""

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
    """A row of the table. is_met: whether the goal is reached; None if the row has no goal."""

    what: str
    measured: str
    goal: str = ""
    is_met: bool | None = None


class Result(NamedTuple):
    """The result of a benchmark: rows for the table and numbers for the plot."""

    rows: list[Row]
    numbers: dict[str, Any]


@dataclass
class Harness:
    """The environment of one benchmark."""

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
        """Create a database of one of KINDS with this number of people."""
        if kind == "SQLite":
            return populate(Store(self.folder), people)
        if self._postgres is None:
            self._postgres = self._stack.enter_context(postgres_server())
        return populate(Store(self.folder, self._postgres), people)

    def bot(self, store: Store, **given: Any) -> Bot:
        """Start a bot on this database, in a folder of its own; `given` are arguments of Bot.

        It runs under cProfile if a folder for profiles was given.
        """
        self._bots += 1
        name = f"{self._bots}-{store.kind.lower()}"
        profile = self.profiles and self.profiles / f"{name}.prof"
        return Bot(self.telegram, store.url, self.folder / name, profile=profile, **given)

    def print(self, line: str) -> None:
        print(f"  {line}", flush=True)


@contextmanager
def open_harness(*, is_long: bool, profiles: Path | None = None) -> Iterator[Harness]:
    """Provide a harness with its own folder and Bot API server, and remove both at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="reminder-bot-bench-")))
        folder.chmod(0o755)
        telegram = stack.enter_context(Telegram(folder))
        yield Harness(folder, telegram, is_long, profiles, stack)


def p50(values: list[float]) -> float:
    return quantiles(values, n=2)[0]


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]

"""The tests' own waiting: neither a bot between two steps nor a busy machine may mislead it."""

import ast
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reminder_bot.clock import Clock
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine.planning import plan
from reminder_bot.simulator import BotApiServer
from reminder_bot.storage.database import Database
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.storage.tables import check_ins
from tests.support import stopwatch, waiting
from tests.support.checker import Checker
from tests.support.databases import new_sqlite
from tests.support.people import BERLIN, settle
from tests.support.stopwatch import Stopwatch
from tests.support.waiting import patience, until, until_in_thread
from tests.support.world import ROOT, TOKEN, World, local

TEN = local("2026-03-02 10:00", BERLIN)


def doing_a_step_after_each_read(
    waiting: Any, *steps: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot does its next step right after each time that `waiting` has read the database."""
    read, left = waiting.rows, list(steps)

    async def rows(*given: Any, **named: Any) -> Any:
        found = await read(*given, **named)
        if left:
            await left.pop(0)()
        return found

    monkeypatch.setattr(waiting, "rows", rows)


async def test_a_world_is_not_settled_between_what_is_due_and_its_check_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(folder, new_sqlite(folder))
    world.move_to(TEN)
    database = Database(world.database_url)
    before = TEN - timedelta(hours=1)
    await settle(database, before, habits=[HabitKind.MEDITATION], slots="1234567 10:00")
    steps = []

    async def plan_it() -> None:
        steps.append("planned")
        await plan(database, world.now())

    async def send_it() -> None:
        steps.append("sent")
        with database.transaction() as connection:
            connection.execute(check_ins.update().values(status=Status.SENT))

    async def rest() -> None:
        pass

    doing_a_step_after_each_read(world, plan_it, rest, rest, send_it, monkeypatch=monkeypatch)
    await world.settled(7, TEN)
    await database.close()
    await world.close_database()

    assert steps == ["planned", "sent"]


async def test_a_bot_is_not_at_rest_between_a_taps_confirmation_and_its_edit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(new_sqlite(folder))
    await settle(database, TEN)
    server = BotApiServer(token=TOKEN, clock=Clock())
    checker = Checker(server, database.url, [], [])
    await server.person(7).send("yes")

    async def take_it() -> None:
        with database.transaction() as connection:
            record_pending_edit(connection, 7, 5, TEN)
        server.updates.drop()

    doing_a_step_after_each_read(checker, take_it, monkeypatch=monkeypatch)
    before, after = await checker.waiting(TEN), await checker.waiting(TEN)
    await database.close()

    assert before == ["updates"]
    assert after == ["redraws"]


# A busy machine


def test_time_in_which_every_processor_is_busy_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter([[5.0, 5.0], [5.0, 5.0], [5.0, 5.25]])
    monkeypatch.setattr(stopwatch, "idle_seconds", lambda: next(readings))
    now = iter([100.0, 160.0, 160.0, 160.0])
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(monotonic=lambda: next(now)))

    measured = Stopwatch()

    assert measured.free_seconds == 0.0
    assert measured.free_seconds == 0.25


def test_a_sleep_is_counted_in_full_where_a_processor_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter([[5.0, 5.0], [65.01, 5.0]])
    monkeypatch.setattr(stopwatch, "idle_seconds", lambda: next(readings))
    now = iter([100.0, 160.0])
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(monotonic=lambda: next(now)))

    assert Stopwatch().free_seconds == 60.0


def test_the_idle_time_of_each_processor_of_this_machine_is_found() -> None:
    assert len(stopwatch.idle_seconds()) == os.cpu_count()


async def test_what_never_comes_is_named_when_it_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.0)
    moons: list[str] = []

    with pytest.raises(AssertionError, match="waited 0 s for the moon\nit is new"):
        await until(lambda: False, "the moon", details=lambda: "it is new")
    with pytest.raises(
        AssertionError, match=r"waited 0 s for await until\(lambda: bool\(moons\)\)"
    ):
        await until(lambda: bool(moons))
    with pytest.raises(AssertionError, match="waited 0 s for the moon"):
        until_in_thread(lambda: False, "the moon")


async def test_a_timeout_of_what_is_waited_for_is_not_taken_for_the_bound() -> None:
    with pytest.raises(TimeoutError, match="its own"):
        async with patience("the moon"):
            raise TimeoutError("its own")


# Methods that take a number of seconds, and after how many other arguments. Zero seconds are
# allowed: that is no wait.
WAITS = {"answered": 0, "confirmed": 0, "ended": 0, "expect": 1, "until": 1}
# Their `timeout` is not a bound of the test: it is how long a long poll lasts, or how long SQLite
# tries to get a lock.
OTHERS_TIMEOUTS = {"call", "connect"}
HERE = ROOT / "tests"
# Their own time is what is measured: benchmarks. The browser has a clock of its own, and simulated
# worlds have virtual time.
NOT_LOOKED_AT = {HERE / "benchmarks", HERE / "browser", HERE / "simulation"}


def wall_clock_bounds(source: str) -> list[int]:
    """The lines on which a wait has a bound of its own in seconds."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        given = [each.value for each in node.keywords if each.arg == "timeout"]
        if last in WAITS and last != name:
            given += node.args[WAITS[last] : WAITS[last] + 1]
        is_bounded = any(
            isinstance(each, ast.Constant)
            and isinstance(each.value, int | float)
            and each.value > 0
            for each in given
        )
        if name in {"asyncio.timeout", "asyncio.wait_for"} or (
            is_bounded and last not in OTHERS_TIMEOUTS
        ):
            found.append(node.lineno)
    return found


def test_no_test_bounds_a_wait_by_a_time_of_its_own() -> None:
    """A busy machine exceeds such bounds: wait with tests.support.waiting, and measure time with
    tests.support.stopwatch.
    """
    files = [file for file in HERE.rglob("*.py") if not NOT_LOOKED_AT & set(file.parents)]
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted(files)
        if file != Path(waiting.__file__)
        for line in wall_clock_bounds(file.read_text())
    ]

    assert len(files) > 100
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "async with asyncio.timeout(5): pass",
        "await asyncio.wait_for(task, limit)",
        "await person.expect('Water', 3)",
        "await person.expect('Water', timeout=20)",
        "subprocess.run(command, timeout=60)",
        "await world.until(is_it, 20.0)",
        "process.wait(timeout=20)",
    ],
)
def test_a_bound_of_its_own_is_found(line: str) -> None:
    assert wall_clock_bounds(f"async def test():\n    {line}") == [2]

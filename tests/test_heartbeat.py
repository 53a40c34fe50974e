"""Whether the bot runs, as a container asks: by a file, without a network, whatever the wall clock
says.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reminder_bot import heartbeat
from reminder_bot.app import App
from reminder_bot.clock import boot_time
from reminder_bot.heartbeat import Heartbeat, fault_of_heartbeat
from reminder_bot.settings import Settings
from tests.support.nursery import ForkedWorld
from tests.support.waiting import PATIENCE, until
from tests.support.world import ROOT, TOKEN


def health(data_dir: Path, **values: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data_dir),
        "PYTHONPATH": str(ROOT),
        "REMINDER_BOT_DATA_DIR": str(data_dir),
        **values,
    }
    return subprocess.run(
        [sys.executable, "-m", "reminder_bot", "health"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds since boot."""
    return lambda seconds: monkeypatch.setattr(heartbeat, "boot_time", lambda: seconds)


def test_a_beat_of_a_minute_ago_is_alive_and_an_older_one_is_not(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    at(1000)
    Heartbeat(tmp_path).beat()

    at(1060)
    assert fault_of_heartbeat(tmp_path) is None
    at(1061)
    assert str(fault_of_heartbeat(tmp_path)).startswith("the bot has been stuck for 61 s: ")


def test_the_file_is_written_every_ten_seconds_at_most(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    beating, file = Heartbeat(tmp_path), tmp_path / "heartbeat"
    at(1000)
    beating.beat()
    file.unlink()

    at(1009.9)
    beating.beat()
    assert not file.exists()
    at(1010)
    beating.beat()
    assert file.exists()


def test_a_beat_from_before_the_machine_was_started_does_not_count(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    at(90_000)
    Heartbeat(tmp_path).beat()

    at(20)
    assert (
        fault_of_heartbeat(tmp_path)
        == f"no bot has run with the data directory {tmp_path} since this machine started"
    )


def test_a_shorter_number_overwrites_a_longer_one_whole(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    for seconds in (123_456_789, 5):
        at(seconds)
        Heartbeat(tmp_path).beat()

    assert fault_of_heartbeat(tmp_path) is None


def test_a_fault_is_told_at_once_and_until_it_is_over(
    tmp_path: Path, at: Callable[[float], None]
) -> None:
    beating = Heartbeat(tmp_path)
    told = []
    for seconds, fault in ((1000, None), (1001, "the database is lost ä"), (1002, None)):
        at(seconds)
        beating.beat(fault)
        told.append(fault_of_heartbeat(tmp_path))

    assert told == [None, "the database is lost ä", None]


def test_a_stop_removes_the_file(tmp_path: Path) -> None:
    beating = Heartbeat(tmp_path)
    beating.beat()

    beating.end()
    beating.end()

    assert fault_of_heartbeat(tmp_path) == f"no bot is running with the data directory {tmp_path}"


def test_a_heartbeat_that_cannot_be_written_is_logged_once_and_stops_nothing(
    at: Callable[[float], None], caplog: pytest.LogCaptureFixture
) -> None:
    beating = Heartbeat(Path("/proc/nowhere"))

    for seconds in (1000, 1010, 1020):
        at(seconds)
        beating.beat()
    beating.end()

    assert caplog.text.count("heartbeat_failed file=/proc/nowhere/heartbeat") == 1


def test_on_a_full_disk_it_is_still_renewed(tmp_path: Path, at: Callable[[float], None]) -> None:
    """Overwriting in place needs no space."""
    beating, file = Heartbeat(tmp_path), tmp_path / "heartbeat"
    at(1000)
    beating.beat()
    before = file.stat()

    at(2000)
    beating.beat()

    after = file.stat()
    assert (after.st_ino, after.st_size, after.st_blocks) == (
        before.st_ino,
        before.st_size,
        before.st_blocks,
    )
    assert fault_of_heartbeat(tmp_path) is None


@pytest.mark.parametrize("content", ["", "soon", "\0" * 12])
def test_a_heartbeat_that_cannot_be_read_is_reported(tmp_path: Path, content: str) -> None:
    (tmp_path / "heartbeat").write_text(content)

    assert str(fault_of_heartbeat(tmp_path)).startswith(
        f"the heartbeat in {tmp_path} can't be read"
    )


def test_health_is_one_line(tmp_path: Path) -> None:
    dead = health(tmp_path)
    Heartbeat(tmp_path).beat()
    alive = health(tmp_path)

    assert (dead.returncode, dead.stdout, dead.stderr) == (
        1,
        "",
        f"no bot is running with the data directory {tmp_path}\n",
    )
    assert (alive.returncode, alive.stdout, alive.stderr) == (0, "the bot runs\n", "")


def test_health_with_a_wrong_setting_says_which(tmp_path: Path) -> None:
    done = health(tmp_path, REMINDER_BOT_LOG_LEVEL="LOUD")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("REMINDER_BOT_LOG_LEVEL is 'LOUD'")


def test_health_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys, reminder_bot.cli as cli\n"
        "cli.main(['health'])\n"
        "print([name for name in ('telegram', 'sqlalchemy', 'aiohttp', 'sqlite3') if name in "
        "sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "[]"


async def test_a_running_bot_beats_and_a_frozen_or_stopped_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ForkedWorld(tmp_path) as world:
        await world.start()
        assert fault_of_heartbeat(tmp_path) is None

        assert world.process is not None
        world.process.send_signal(signal.SIGSTOP)
        now = boot_time()
        with monkeypatch.context() as later:
            later.setattr(heartbeat, "boot_time", lambda: now + 61)
            assert "stuck for 6" in str(fault_of_heartbeat(tmp_path))
        world.process.send_signal(signal.SIGCONT)

        assert await world.stop() == 0
        assert (
            fault_of_heartbeat(tmp_path) == f"no bot is running with the data directory {tmp_path}"
        )


async def test_a_bot_that_waits_for_its_network_is_alive(tmp_path: Path) -> None:
    """A restart would not bring the network."""
    async with ForkedWorld(tmp_path) as world:
        await world.server.stop()
        await world.start(wait=False)
        await world.until(lambda: "start_delayed needs=telegram" in world.log(), "the bot to wait")

        assert fault_of_heartbeat(tmp_path) is None


async def test_it_is_renewed_also_while_the_database_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App(
        Settings(token=TOKEN, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/no/file")
    )

    app.ticking.add("due_work", app._wake_for_due_work, 0.02)
    app.ticking.watch_every = 0.02

    app.ticking.start()
    await until(lambda: fault_of_heartbeat(tmp_path) is None)

    await app.ticking.stop()
    await app.database.close()

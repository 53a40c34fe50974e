"""Stopping in order, with exit code 0 within 25 s; and refusing to start, with exit code 78 and one
line that says what to do.
"""

import asyncio
import ctypes
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reminder_bot.simulator import Fault
from reminder_bot.storage.database import BUSY_TIMEOUT_MS
from tests.support.crashing import ROOT, CrashingWorld, locked
from tests.support.databases import new_sqlite
from tests.support.stopwatch import Stopwatch
from tests.support.waiting import PATIENCE
from tests.support.world import TOKEN, World, local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
EX_CONFIG = 78
WITHIN = 25.0


async def stopped_within(world: World, seconds: float = WITHIN) -> int:
    stopwatch = Stopwatch()
    code = await world.stop()
    assert stopwatch.free_seconds < seconds
    return code


# Stopping


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.crash)], indirect=True
)
async def test_a_stop_under_load_finishes_what_is_in_flight_and_repeats_nothing(
    database_url: str, folder: Path
) -> None:
    async with CrashingWorld(folder, database_url) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 113), ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))
        slow = [world.server.faults.add("sendMessage", Fault.delay_before(1.0), times=6)]
        slow += [world.server.faults.add("sendMessage", Fault.delay_after(1.0), times=None)]
        world.server.faults.add("editMessageText", Fault.delay_after(0.5), times=None)

        world.move_to(local("2026-03-02 08:00", ZONE) + timedelta(seconds=1))
        await world.until(lambda: all(rule.applied for rule in slow), "sends in flight")
        taps = await world.tap_all("yes")
        code = await stopped_within(world)
        world.server.faults.lift()
        await world.start()
        await world.settle()

        assert code == 0
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": taps, "sent": 24 - taps}


async def test_a_stop_while_telegram_is_not_reached_at_the_start_ends_with_0(folder: Path) -> None:
    async with CrashingWorld(folder) as world, world.server.unreachable():
        await world.start(wait=False)
        await world.until(
            lambda: "start_delayed needs=telegram" in world.log(), "the missing network"
        )

        assert await stopped_within(world, 5) == 0


async def test_a_stop_while_the_database_is_not_reached_at_the_start_ends_with_0(
    folder: Path,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with CrashingWorld(
            folder, f"postgresql://bot:correct-horse@127.0.0.1:{port}/bot"
        ) as world:
            await world.start(wait=False)
            await world.until(
                lambda: "start_delayed needs=database" in world.log(), "the missing database"
            )

            assert await stopped_within(world, 5) == 0
            assert "correct-horse" not in world.log()


@pytest.mark.parametrize(
    "busy_timeout", [0.5, pytest.param(BUSY_TIMEOUT_MS / 1000, marks=pytest.mark.crash)]
)
async def test_a_stop_while_the_database_is_locked_is_in_time_and_loses_no_tap(
    busy_timeout: float, folder: Path
) -> None:
    async with CrashingWorld(folder, busy_timeout=busy_timeout) as world:
        world.move_to(BEGIN)
        await world.seat([101, 102], ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))

        with locked(folder / "bot.sqlite3"):
            polls = len(world.server.log)
            await world.tap_all("yes")
            await world.until(lambda: len(world.server.log) >= polls, "the taps to be fetched")
            code = await stopped_within(world)
        await world.start()
        await world.settle()

        assert code == 0
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 2}


@pytest.mark.outage
async def test_a_stop_at_a_start_on_a_locked_database_is_in_time(folder: Path) -> None:
    async with CrashingWorld(folder) as world:
        await world.seat([101], ZONE, BEGIN)
        with locked(folder / "bot.sqlite3"):
            await world.start(wait=False)
            await world.until((folder / "bot.sqlite3.lock").exists, "the bot to hold the file")

            assert await stopped_within(world) == 0


# Refusing to start


@pytest.fixture
def database(folder: Path) -> Path:
    """An SQLite file at the program's revision, in a folder of its own."""
    place = folder / "data"
    place.mkdir()
    return Path(new_sqlite(place).removeprefix("sqlite:///"))


def run(
    file: Path, folder: Path, before: Callable[[], None] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Start the bot on a file; it does not get as far as calling Telegram."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "REMINDER_BOT_TOKEN": TOKEN,
        "REMINDER_BOT_API_BASE_URL": "http://127.0.0.1:9",
        "REMINDER_BOT_DATABASE_URL": f"sqlite:///{file}",
        "REMINDER_BOT_DATA_DIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "reminder_bot", "run"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=before,
    )


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line of a refusal."""
    assert done.returncode == EX_CONFIG, done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stderr
    return done.stderr


async def test_a_second_bot_on_the_same_file_is_refused_and_the_first_continues(
    folder: Path,
) -> None:
    async with CrashingWorld(folder) as world:
        await world.start()

        done = await asyncio.to_thread(run, folder / "bot.sqlite3", folder)

        assert "is in use by another reminder-bot: stop it first" in refused(done)
        assert await stopped_within(world, 5) == 0


@pytest.mark.processes
def test_a_database_newer_than_the_program_is_refused_and_left_alone(
    database: Path, folder: Path
) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = database.read_bytes()

    done = run(database, folder)

    assert "the database has revision 9999, newer than this program's" in refused(done)
    assert "install the newer program again, or restore the backup" in done.stderr
    assert database.read_bytes() == before


@pytest.mark.processes
@pytest.mark.parametrize(
    "damage",
    [
        "text",
        *(
            pytest.param(each, marks=pytest.mark.crash)
            for each in ("pages", "cut off", "empty header")
        ),
    ],
)
def test_a_damaged_database_is_refused_with_advice_and_left_alone(
    damage: str, database: Path, folder: Path
) -> None:
    whole = database.read_bytes()
    page = int.from_bytes(whole[16:18], "big")
    broken = {
        "text": b"this is no database, but long enough to be looked at as one\n" * 100,
        "pages": whole[:page] + b"\xff" * (len(whole) - page),
        "cut off": whole[: 3 * page],
        "empty header": bytes(100) + whole[100:],
    }[damage]
    database.write_bytes(broken)

    line = refused(run(database, folder))

    assert "restore a backup; the file was left as it is" in line
    assert database.read_bytes() == broken


def without_privilege() -> None:
    """Let file permissions apply to root, too: drop CAP_DAC_OVERRIDE from the bounding set, which
    takes effect with the next exec.
    """
    if os.geteuid() == 0:
        ctypes.CDLL(None, use_errno=True).prctl(24, 1, 0, 0, 0)


@pytest.mark.processes
def test_a_read_only_file_is_refused(database: Path, folder: Path) -> None:
    database.chmod(0o444)

    line = refused(run(database, folder, without_privilege))

    assert "is read-only: give the bot's user the right to write it and its folder" in line


@pytest.mark.processes
def test_a_read_only_folder_is_refused(database: Path, folder: Path) -> None:
    database.parent.chmod(0o555)
    try:
        line = refused(run(database, folder, without_privilege))
    finally:
        database.parent.chmod(0o755)

    assert "give the bot a writable data directory" in line


@pytest.mark.processes
def test_a_folder_in_the_place_of_the_file_is_refused(folder: Path) -> None:
    (folder / "bot.sqlite3").mkdir()

    assert "is a directory: name a file" in refused(run(folder / "bot.sqlite3", folder))


@pytest.mark.processes
def test_a_missing_folder_is_refused(folder: Path) -> None:
    assert "nowhere" in refused(run(Path("/nowhere/at/all/bot.sqlite3"), folder))


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if (
        os.geteuid() != 0
        or shutil.which("mount") is None
        or subprocess.run(mount, check=False).returncode != 0
    ):
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.processes
def test_a_full_disk_at_the_start_is_refused(small_disk: Path, folder: Path) -> None:
    with open(small_disk / "filler", "wb", buffering=0) as filler:
        filler.write(bytes(40 * 1024))

    line = refused(run(small_disk / "bot.sqlite3", folder))

    assert "no room left for" in line
    assert "free some space on its disk" in line


def fill(file: Path) -> int:
    """Fill the pages that a tap writes to completely; returns the number of pages of the file."""
    with sqlite3.connect(file, isolation_level=None, timeout=20) as connection:
        before = pages = connection.execute("PRAGMA page_count").fetchone()[0]
        for number in range(1, 1000):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT INTO updates VALUES (?, '2026-03-02 06:30:00.000000')", [number]
            )
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute("COMMIT" if pages == before else "ROLLBACK")
            if pages > before:
                break
    connection.close()
    return int(before)


async def test_a_disk_that_fills_up_loses_no_tap_and_sends_nothing_that_is_not_claimed(
    folder: Path,
) -> None:
    pages = folder / "pages"
    async with CrashingWorld(folder) as world:
        world.environment["CHILD_PAGES"] = str(pages)
        world.move_to(BEGIN)
        await world.seat([101, 102], ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))

        pages.write_text(str(fill(folder / "bot.sqlite3")))
        await world.tap_all("yes")
        world.move_to(local("2026-03-02 08:00", ZONE) + timedelta(seconds=1))
        await world.until(lambda: "updates_wait_for_database" in world.log(), "the full disk")
        pending = len(world.server.updates.pending)
        sent = len(world.server.accepted("sendMessage"))
        claimed = await world.checker.rows(
            "SELECT count(*) AS rows FROM check_ins WHERE status <> 'planned'"
        )
        pages.unlink()
        await world.settle()

        assert pending == 2
        assert claimed[0]["rows"] >= sent
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 2, "sent": 2}


# The token


async def test_a_wrong_token_at_the_start_ends_with_one_line_and_78(folder: Path) -> None:
    async with CrashingWorld(folder) as world:
        world.server.is_token_revoked = True
        await world.start(wait=False)

        assert await world.ended() == EX_CONFIG
        assert world.log().startswith(
            "REMINDER_BOT_TOKEN is refused by Telegram: copy it again from @BotFather"
        )
        assert world.log().count("\n") == 1
        assert TOKEN.partition(":")[2] not in world.log()


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(401, marks=pytest.mark.outage),
        pytest.param(404, marks=pytest.mark.crash),
    ],
)
async def test_a_token_refused_later_loses_nothing_and_sends_continue_when_it_works_again(
    status: int, folder: Path
) -> None:
    async with CrashingWorld(folder, refused_wait=0.5) as world:
        world.move_to(BEGIN)
        await world.seat([101, 102], ZONE, BEGIN)
        await world.start()
        await world.ask_at(local("2026-03-02 07:30", ZONE))

        refused = world.server.faults.add("*", Fault.refusal(status, "Unauthorized"), times=None)
        await world.until(lambda: "token_refused" in world.log(), "the refusal")
        await world.tap_all("yes")
        world.move_to(local("2026-03-02 08:00", ZONE) + timedelta(seconds=1))
        await world.until(lambda: "nothing can be sent" in world.log(), "the refusal of a send")
        calls = len(world.server.log)
        await world.until(lambda: polls(world, calls) >= 3, "the bot to go on trying")
        pending = len(world.server.updates.pending)
        world.server.faults.lift(refused)
        world.move_by(timedelta(minutes=6))  # beyond the longest wait after a send that failed
        await world.settle()

        assert world.process is not None
        assert world.process.returncode is None
        assert pending == 2
        report = await world.checker.check(world.now(), world.log())
        assert report.statuses == {"replied": 2, "sent": 2}


def polls(world: World, since: int) -> int:
    return sum(call.method == "getUpdates" for call in world.server.log[since:])

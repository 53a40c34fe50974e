"""`reminder-bot check`: every line passes and every line fails once, against the local Bot API
server. Here it runs in this process, in tests.test_cli in one of its own.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from reminder_bot import check
from reminder_bot.cli import main
from reminder_bot.clock import Clock
from reminder_bot.domain.zone import data_version
from reminder_bot.settings import Settings
from reminder_bot.simulator import BotApiServer, Fault, ServerThread
from reminder_bot.storage.migrating import upgrade
from reminder_bot.storage.migrations import HEAD
from tests.support.databases import new_postgresql, new_sqlite
from tests.support.postgres import Postgres
from tests.support.world import ROOT, TOKEN

LINES = ["settings", "token", "webhook", "clock", "data dir", "disk", "database", "zone data"]
WRONG = "4711001:" + "wrongwrongwrongwrongwrongwrongwrong"


class Host:
    """A machine with good settings; a test makes one of them bad."""

    def __init__(self, folder: Path, aside: ServerThread) -> None:
        self.folder = folder
        self.aside = aside
        self.data_dir = folder / "data"
        self.data_dir.mkdir()
        self.values = {
            "token": TOKEN,
            "api_base_url": aside.server.base_url,
            "data_dir": str(self.data_dir),
            "database_url": new_sqlite(self.data_dir),
        }
        self.output = ""

    def check(self, **values: str) -> dict[str, str]:
        """The lines by their subject. Asserts that the exit code fits them and that no secret is
        in them.
        """
        ours = {
            f"REMINDER_BOT_{name.upper()}": value for name, value in (self.values | values).items()
        }
        said, warned = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(warned):
            patch.chdir(self.folder)
            for name in {*os.environ} - {"PATH"}:
                patch.delenv(name)
            for name, value in {
                "HOME": str(self.folder),
                "PYTHONPATH": str(ROOT),
                **ours,
            }.items():
                patch.setenv(name, value)
            code = main(["check"])
        for secret in (TOKEN, WRONG, "hunter2", "s3cret"):
            assert secret not in said.getvalue() + warned.getvalue()
        lines = said.getvalue().splitlines()
        assert code == int(any(line.startswith("fails ") for line in lines))
        return {line[6:17].strip(): line[:6].strip() + " " + line[17:] for line in lines}


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        yield Host(tmp_path, aside)


def failing(lines: dict[str, str]) -> list[str]:
    return [what for what, line in lines.items() if line.startswith("fails ")]


def test_where_all_is_well_there_are_eight_lines(host: Host) -> None:
    lines = host.check()

    assert list(lines) == LINES
    assert failing(lines) in (
        [],
        ["zone data"],
    )  # zone data grows old when nothing is upgraded
    assert lines["token"].startswith("ok @")
    assert lines["webhook"] == "ok none; updates are polled"
    assert lines["data dir"] == "ok writable"
    assert lines["database"] == f"ok sqlite, at revision {HEAD}"
    assert data_version() in lines["zone data"]


def test_what_asks_telegram_goes_through_the_proxy_of_the_setting(host: Host) -> None:
    """The server stands in for the proxy of a server that is not there."""
    lines = host.check(api_base_url="http://127.0.0.1:1", proxy=host.values["api_base_url"])

    assert failing(lines) == []


def test_before_the_first_start_all_is_well_and_nothing_is_created(host: Host) -> None:
    place = host.folder / "not" / "yet"

    lines = host.check(data_dir=str(place), database_url="")

    assert lines["data dir"] == "ok does not exist yet: `run` creates it"
    assert lines["database"] == "ok sqlite, does not exist yet: `run` creates it"
    assert not place.parent.exists()


def test_where_much_is_wrong_there_is_still_every_line(host: Host) -> None:
    (host.data_dir / "notes.txt").write_text(
        "no database, but long enough to be looked at as one\n" * 100
    )
    clock_file = host.folder / "clock"
    Clock.move(clock_file, timedelta(days=800))

    lines = host.check(
        token=WRONG,
        data_dir="/proc/nowhere",
        clock_file=str(clock_file),
        database_url=f"sqlite:///{host.data_dir}/notes.txt",
    )

    assert list(lines) == LINES
    assert failing(lines) == ["token", "webhook", "clock", "data dir", "database", "zone data"]


def test_without_a_token_the_rest_is_checked(host: Host) -> None:
    lines = host.check(token="")

    assert list(lines) == LINES
    assert failing(lines) == ["token", "webhook"] or failing(lines) == [
        "token",
        "webhook",
        "zone data",
    ]
    assert lines["token"].startswith(
        "fails REMINDER_BOT_TOKEN is not set: get a token from @BotFather"
    )
    assert lines["webhook"] == "fails not checked: fix the token first"


def test_a_wrong_setting_is_the_only_line(host: Host) -> None:
    """Without settings there is nothing to check."""
    assert host.check(token="123:hunter2") == {
        "settings": "fails REMINDER_BOT_TOKEN is not a bot token (11 characters): copy it whole "
        "from @BotFather, "
        "digits, a colon and about 35 letters, digits, - or _"
    }


def test_a_token_that_telegram_does_not_know_fails(host: Host) -> None:
    host.aside.server.is_token_revoked = True

    assert host.check()["token"] == "fails Telegram does not know it: copy it again from @BotFather"


def test_an_unreachable_telegram_fails(host: Host) -> None:
    host.aside.run(host.aside.server.stop())

    lines = host.check()

    assert list(lines) == LINES
    assert lines["token"].startswith("fails no connection to Telegram")
    assert lines["clock"].endswith("check the network, then try again")
    assert lines["database"].startswith("ok ")


def test_a_webhook_fails_and_only_its_host_is_shown(host: Host) -> None:
    with socket.create_connection(("127.0.0.1", host.aside.server.port)) as line:
        body = b"url=https%3A%2F%2Fold.example.org%2Fhook%2Fs3cret"
        line.sendall(
            f"POST /bot{TOKEN}/setWebhook HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            f"{len(body)}\r\n\r\n".encode()
            + body
        )
        assert b" 200 " in line.recv(4096)

    assert host.check()["webhook"].startswith(
        "fails one is set at old.example.org: stop the program that uses it"
    )


def test_an_error_of_telegram_in_place_of_the_webhook_fails(host: Host) -> None:
    host.aside.server.faults.add("getWebhookInfo", Fault.too_many_requests(3))

    assert host.check()["webhook"] == "fails Telegram answered 429: try again in a minute"


@pytest.mark.parametrize(
    ("seconds", "is_well"), [(0, True), (3, True), (-3, True), (20, False), (-20, False)]
)
def test_a_clock_more_than_some_seconds_off_fails(host: Host, seconds: int, is_well: bool) -> None:
    clock_file = host.folder / "clock"
    Clock.move(clock_file, timedelta(seconds=seconds))

    line = host.check(clock_file=str(clock_file))["clock"]

    assert line.startswith("ok " if is_well else "fails ")
    if not is_well:
        assert (
            "ahead of" if seconds > 0 else "behind"
        ) + " Telegram's, at most 5 s allowed: turn on time synchronisation" in line


@pytest.mark.parametrize("place", ["/proc/nowhere", "a file"])
def test_a_data_directory_that_cannot_be_written_fails(host: Host, place: str) -> None:
    if place == "a file":
        place = str(host.folder / "file")
        Path(place).touch()

    line = host.check(data_dir=place)["data dir"]

    assert line.startswith(f"fails {place} can't be written (")
    assert line.endswith("): make it writable for the user who runs the bot")


def test_a_disk_that_is_nearly_full_fails(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(database_url=host.values["database_url"], data_dir=host.data_dir)
    assert check.disk(settings).is_ok

    monkeypatch.setattr(check, "_LEAST_FREE", 10**18)

    assert str(check.disk(settings)).startswith("fails disk       ")
    assert check.disk(settings).text.endswith(
        f"MB free at {host.data_dir}, at least 1,000,000,000,000 MB needed: free some space there"
    )


@pytest.mark.parametrize(
    ("revision", "cure"),
    [
        ("0000", f"fails sqlite, at revision 0000, but this program needs {HEAD}: run `"),
        (
            "9999",
            f"fails sqlite, at revision 9999, but this program knows revisions up to {HEAD}: "
            f"install the newer program again",
        ),
    ],
)
def test_a_database_of_another_revision_fails(host: Host, revision: str, cure: str) -> None:
    set_revision = (
        "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as c: c.execute('UPDATE "
        "alembic_version SET "
        "version_num = ?', sys.argv[2:])"
    )
    file = host.values["database_url"].removeprefix("sqlite:///")
    subprocess.run([sys.executable, "-c", set_revision, file, revision], check=True)

    assert host.check()["database"].startswith(cure)


def test_a_postgresql_database_is_checked(host: Host, postgres: Postgres) -> None:
    empty = postgres.new_database(f"check_{os.getpid()}")
    assert (
        host.check(database_url=empty)["database"]
        == "ok postgresql, empty: `run` creates its tables"
    )

    assert (
        host.check(database_url=new_postgresql(postgres))["database"]
        == f"ok postgresql, at revision {HEAD}"
    )
    upgrade(empty)
    assert host.check(database_url=empty)["database"] == f"ok postgresql, at revision {HEAD}"


def test_an_unreachable_postgresql_fails_and_shows_no_password(host: Host) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        lines = host.check(
            database_url=f"postgresql://bot:hunter2@127.0.0.1:{unused.getsockname()[1]}/bot"
        )

    assert list(lines) == LINES
    assert lines["database"].startswith("fails postgresql, can't be reached (")
    assert lines["database"].endswith("): start its server, or fix REMINDER_BOT_DATABASE_URL")


def test_a_missing_driver_of_postgresql_fails_and_stops_a_run(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, cure = (
        "postgresql://bot:hunter2@127.0.0.1/bot",
        "the driver for PostgreSQL is not installed: pip install",
    )
    monkeypatch.setitem(sys.modules, "psycopg", None)
    program = (
        "import sys\n"
        "sys.modules['psycopg'] = None\n"
        "from reminder_bot.cli import main\n"
        "sys.exit(main(['run']))"
    )

    line = check.database(Settings(database_url=address))
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "HOME": str(host.folder),
            "PYTHONPATH": str(ROOT),
            "REMINDER_BOT_TOKEN": TOKEN,
            "REMINDER_BOT_DATABASE_URL": address,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert str(line).startswith(f"fails database   {cure}")
    assert (done.returncode, done.stderr.count("\n"), done.stderr.startswith(cure)) == (
        78,
        1,
        True,
    ), done.stderr


def test_zone_data_of_years_ago_fails() -> None:
    year = int(data_version()[:4])

    new, old = (check.zone_data(datetime(year + after, 12, 31, tzinfo=UTC)) for after in (1, 2))

    assert (new.is_ok, new.text) == (True, data_version())
    assert (old.is_ok, old.text) == (
        False,
        f"{data_version()}, more than a year old: run `pip install --upgrade tzdata`",
    )

"""The command line as a host uses it: in a process of its own."""

import asyncio
import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvloop

from reminder_bot import __version__, check, cli
from reminder_bot.cli import COMMANDS, main
from reminder_bot.settings import Settings
from tests.support.nursery import run_forked
from tests.support.postgres import Postgres
from tests.support.waiting import PATIENCE
from tests.support.world import ROOT

TOKEN = "123456789:" + "AbCdEfGhIjKlMnOpQrStUvWxYz_-0123456"
WRONG = "123456789:" + "wrongwrongwrongwrongwrongwrongwrong"
EX_CONFIG = 78

Host = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(home: Path, **values: str) -> dict[str, str]:
    """Nothing but a home, these sources and our variables: token="…" sets REMINDER_BOT_TOKEN."""
    ours = {f"REMINDER_BOT_{name.upper()}": value for name, value in values.items()}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), **ours}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Runs `reminder-bot` in an empty directory, without a terminal."""

    def run(*arguments: str, **values: str) -> "subprocess.CompletedProcess[str]":
        return run_forked(*arguments, environment=environment(tmp_path, **values), folder=tmp_path)

    return run


class Telegram(BaseHTTPRequestHandler):
    """A stand-in for Telegram with three answers: getMe, getWebhookInfo, and the Date header."""

    webhook = ""
    date = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if f"/bot{TOKEN}/" not in self.path:
            self.reply(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        elif self.path.endswith("/getMe"):
            self.reply(
                200, {"ok": True, "result": {"id": 1, "is_bot": True, "username": "habits_bot"}}
            )
        else:
            self.reply(200, {"ok": True, "result": {"url": self.webhook}})

    def do_GET(self) -> None:
        self.reply(404, {"ok": False, "error_code": 404, "description": "Not Found"})

    def reply(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.date or super().date_time_string(timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def telegram() -> Iterator[tuple[str, type[Telegram]]]:
    """The address of the stand-in, and its class, whose attributes a test may set."""
    kind = type("Telegram", (Telegram,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", kind
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--port", "0", "'0' is not a port: use a number from 1 to 65535"),
        ("--port", "65536", "'65536' is not a port: use a number from 1 to 65535"),
        ("--port", "eighty", "'eighty' is not a port: use a number from 1 to 65535"),
        ("--speed", "fast", "'fast' is not a speed: use a number from 1 "),
        ("--speed", "0.5", "'0.5' is not a speed: use a number from 1 "),
        ("--speed", "nan", "'nan' is not a speed: use a number from 1 "),
        ("--speed", "86401", "'86401' is not a speed: use a number from 1 "),
    ],
)
def test_a_wrong_option_of_the_demo_is_refused_with_its_value(
    option: str, value: str, wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", option, value])

    assert f"error: argument {option}: {wanted}" in capsys.readouterr().err


def test_every_command_and_every_argument_has_a_line_of_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages = [[], *([command] for command in COMMANDS)]

    for page in pages:
        with pytest.raises(SystemExit):
            main([*page, "--help"])
    shown = capsys.readouterr().out

    # argparse puts the help beside its argument, or on the next line where there is no room.
    without = re.findall(r"^ +((?:--)?[\w-]+(?: [A-Z]+)?)$\n(?! {8})", shown, re.MULTILINE)
    assert without == ["COMMAND"]
    assert [command for command in COMMANDS if f"\n    {command} " not in shown] == []


def test_the_version_is_printed(host: Host) -> None:
    assert host("--version").stdout == f"reminder-bot {__version__}\n"


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys, reminder_bot.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('asyncio', 'aiohttp', 'telegram', 'sqlalchemy') if name in "
        "sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_the_bot_runs_in_uvloop_if_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    loops = []

    async def note_loop() -> int:
        loops.append(type(asyncio.get_running_loop()))
        return 0

    cli._run_in_event_loop(note_loop())
    monkeypatch.setitem(sys.modules, "uvloop", None)  # not importable
    cli._run_in_event_loop(note_loop())

    assert loops == [uvloop.Loop, asyncio.SelectorEventLoop]


def test_without_a_token_and_a_terminal_it_says_what_to_set(host: Host) -> None:
    done = host("run")

    assert (done.returncode, done.stdout) == (EX_CONFIG, "")
    assert done.stderr.startswith(
        "REMINDER_BOT_TOKEN is not set: get a token from @BotFather and set it"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_wrong_value_is_one_line_and_exit_code_78(host: Host, command: str) -> None:
    done = host(command, log_level="LOUD")

    assert (done.returncode, done.stdout) == (EX_CONFIG, "")
    assert (
        done.stderr == "REMINDER_BOT_LOG_LEVEL is 'LOUD': use one of DEBUG, INFO, WARNING, ERROR\n"
    )


def test_a_malformed_token_is_refused_at_once_and_not_shown(host: Host) -> None:
    done = host("run", token="123:hunter2")

    assert done.returncode == EX_CONFIG
    assert done.stderr.startswith(
        "REMINDER_BOT_TOKEN is not a bot token (11 characters): copy it whole"
    )
    assert "hunter2" not in done.stderr


def test_a_misspelt_setting_is_warned_of(host: Host) -> None:
    done = host("run", tokn=TOKEN)

    warning, fault = done.stderr.splitlines()
    assert warning.endswith(
        'REMINDER_BOT_TOKN is not a setting and has no effect: did you mean REMINDER_BOT_TOKEN?"'
    )
    assert fault.startswith("REMINDER_BOT_TOKEN is not set")
    assert TOKEN not in done.stderr


def test_migrate_prints_the_revision_reached(host: Host) -> None:
    first, second = host("migrate"), host("migrate")

    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("the database is at revision ")
    assert "None" not in first.stdout
    assert second.stdout == first.stdout


def test_a_file_that_is_no_database_is_one_line_and_exit_code_78(
    host: Host, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text(
        "no database, but long enough to be looked at as one\n" * 100
    )
    values = {"database_url": f"sqlite:///{tmp_path}/notes.txt"}

    migrated, checked = host("migrate", **values), host("check", **values)

    assert (migrated.returncode, migrated.stdout, migrated.stderr.count("\n")) == (
        EX_CONFIG,
        "",
        1,
    ), migrated.stderr
    assert f"fails database   {migrated.stderr}" in checked.stdout


def test_check_passes_where_all_is_well(host: Host, telegram: tuple[str, type[Telegram]]) -> None:
    address, _ = telegram
    values = {"token": TOKEN, "api_base_url": address}
    host("migrate", **values)

    done = host("check", **values)

    whats = [line.split(maxsplit=1)[0] for line in done.stdout.splitlines()]
    assert (done.returncode, whats) == (0, ["ok"] * 8), done.stdout + done.stderr
    assert "@habits_bot" in done.stdout


def test_check_shows_a_wrong_setting_and_fails(host: Host) -> None:
    done = host("check", log_format="xml")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "fails settings   REMINDER_BOT_LOG_FORMAT is 'xml': use text or json\n"


async def test_check_shows_a_token_that_telegram_does_not_know(
    telegram: tuple[str, type[Telegram]],
) -> None:
    finding = await check.token(settings(telegram[0], WRONG))

    assert (
        str(finding) == "fails token      Telegram does not know it: copy it again from @BotFather"
    )


async def test_check_shows_that_telegram_is_not_reached() -> None:
    finding = await check.token(settings("http://127.0.0.1:9", TOKEN))

    assert not finding.is_ok
    assert finding.text.startswith("no connection to Telegram")


async def test_check_shows_only_the_host_of_a_webhook(
    telegram: tuple[str, type[Telegram]],
) -> None:
    telegram[1].webhook = "https://old.example.org/hook/s3cret"

    finding = await check.webhook(settings(telegram[0], TOKEN))

    assert not finding.is_ok
    assert "old.example.org" in finding.text
    assert "s3cret" not in finding.text


async def test_check_shows_how_far_the_clock_is_off(telegram: tuple[str, type[Telegram]]) -> None:
    true = await check.clock(settings(telegram[0], TOKEN))
    telegram[1].date = "Mon, 05 Jan 2026 08:00:00 GMT"
    wrong = await check.clock(settings(telegram[0], TOKEN))

    assert (true.is_ok, wrong.is_ok) == (True, False)
    assert "ahead of Telegram's, at most 5 s allowed: turn on time synchronisation" in wrong.text


def settings(address: str, token: str) -> Settings:
    settings = Settings(api_base_url=address)
    return settings.with_token(token)


def test_on_a_terminal_the_token_is_asked_for_checked_and_saved(
    tmp_path: Path, telegram: tuple[str, type[Telegram]]
) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "reminder_bot", "run"],
        cwd=tmp_path,
        env=environment(tmp_path, api_base_url=telegram[0]),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        shown = talk(ours, ("Token (not shown): ", "nonsense"), ("Token (not shown): ", WRONG))
        shown += talk(ours, ("Token (not shown): ", TOKEN), ("[Y/n] ", "y"))
        read_until(ours, "\n", "\n")
        saved = tmp_path / ".local/share/reminder-bot/token"
        wait_for(ours, saved.exists)
    finally:
        child.kill()
        child.wait()
        os.close(ours)

    assert "This is not a bot token (8 characters)" in shown
    assert "Telegram does not know it" in shown
    assert "Telegram knows it: @habits_bot." in shown
    assert "wrongwrong" not in shown
    assert TOKEN not in shown
    assert (saved.read_text(), saved.stat().st_mode & 0o777) == (TOKEN + "\n", 0o600)


def talk(terminal: int, *lines: tuple[str, str]) -> str:
    """Type each line when its prompt has come; what was shown."""
    shown = ""
    for prompt, line in lines:
        shown += read_until(terminal, prompt)
        os.write(terminal, line.encode() + b"\n")
    return shown


def read_until(terminal: int, *ends: str) -> str:
    shown = ""
    for end in ends:
        part = ""
        while end not in part:
            assert select.select([terminal], [], [], PATIENCE)[0], (
                f"waited for {end!r}, saw {shown + part!r}"
            )
            part += os.read(terminal, 1).decode("utf-8", "replace")
        shown += part
    return shown


def wait_for(terminal: int, condition: Callable[[], bool]) -> None:
    """Wait while the child goes on, reading what it shows, at most 30 s."""
    for _ in range(600):
        if condition():
            return
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                os.read(terminal, 1024)
            except OSError:  # the child has gone
                break
    assert condition()


@pytest.mark.processes
@pytest.mark.parametrize("command", ["run", "migrate", "check"])
@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"database_url": "postgresql://bot:hunter2@[db/bot"}, "REMINDER_BOT_DATABASE_URL has a h"),
        ({"database_url": "postgresql://bot:hunter2@db:x/b"}, "REMINDER_BOT_DATABASE_URL has a h"),
        ({"database_url": "oracle://bot:hunter2@db/bot"}, "REMINDER_BOT_DATABASE_URL begins with"),
        ({"api_base_url": "https://bot:hunter2@[::1"}, "REMINDER_BOT_API_BASE_URL is not an add"),
        ({"proxy": "http://bot:hunter2@host:port"}, "REMINDER_BOT_PROXY is 'http://…', which is"),
        ({"data_dir": "~nobody-of-that-name/d"}, "REMINDER_BOT_DATA_DIR is '~nobody-of-that-n"),
    ],
)
def test_an_address_that_is_malformed_ends_each_command_with_one_line(
    host: Host, command: str, values: dict[str, str], line: str
) -> None:
    done = host(command, token=TOKEN, **values)

    said = done.stdout if command == "check" else done.stderr
    assert done.returncode == (1 if command == "check" else EX_CONFIG)
    assert said.removeprefix("fails settings   ").startswith(line)
    assert (done.stdout + done.stderr).count("\n") == 1
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.processes
@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_database_without_utf8_is_refused_with_one_line(
    host: Host, postgres: Postgres, telegram: tuple[str, type[Telegram]], command: str
) -> None:
    name = f"ascii_{command}_{os.getpid()}"
    create = f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    postgres.psql("postgres", create)

    done = host(command, token=TOKEN, api_base_url=telegram[0], database_url=postgres.url(name))

    assert done.returncode == EX_CONFIG
    assert done.stderr.splitlines()[-1].startswith(
        "the PostgreSQL database keeps text as SQL_ASCII"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.processes
@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LANG": "C", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
)
def test_an_output_that_is_ascii_only_shows_the_rest_escaped(
    tmp_path: Path, locale: dict[str, str]
) -> None:
    """In processes of their own, because Python reads these variables at its start."""
    place = tmp_path / "ä"
    values = environment(tmp_path, data_dir=str(place), log_level="lauter")
    wrong = values | {"REMINDER_BOT_DATA_DIR": "~ünknown/ä"}

    for command, variables in (
        (["migrate"], values | {"REMINDER_BOT_LOG_LEVEL": "DEBUG"}),
        (["check"], values | {"REMINDER_BOT_LOG_LEVEL": "DEBUG"}),
        (["backup", str(place / "ö")], values | {"REMINDER_BOT_LOG_LEVEL": "DEBUG"}),
        (["run"], wrong),
        (["check"], wrong),
        (["health"], wrong),
        (["demo", "--port", "ä"], values),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "reminder_bot", *command],
            cwd=tmp_path,
            env=variables | locale,
            capture_output=True,
            check=False,
        )
        output = (done.stdout + done.stderr).decode("ascii")
        assert output, command
        assert "Traceback" not in output
    assert (place / "ö").exists()

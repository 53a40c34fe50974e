"""The systemd unit: by systemd's own tools, and by running its command."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from reminder_bot.app import STOP_WITHIN
from reminder_bot.cli import EX_CONFIG
from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, ServerThread
from tests.support.world import TOKEN

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "reminder-bot.service"
SCRIPTS = Path(sysconfig.get_path("scripts"))
MOST_EXPOSED = 2.0  # of 10


def directive(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)
    return str(value)


def here(text: str) -> str:
    return text.replace("/opt/reminder-bot/bin", str(SCRIPTS))


@pytest.fixture
def analyze() -> str:
    """The path of systemd-analyze. CI installs it, or says why it could not."""
    tool = shutil.which("systemd-analyze")
    if tool is None:
        why = os.environ.get("WITHOUT_SYSTEMD_ANALYZE")
        if os.environ.get("CI") and not why:
            pytest.fail("CI should have installed systemd-analyze")
        pytest.skip(why or "systemd-analyze is not installed")
    return tool


def verified(analyze: str, unit: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )


def test_systemd_understands_every_line(analyze: str, tmp_path: Path) -> None:
    unit, wrong = tmp_path / "reminder-bot.service", tmp_path / "wrong.service"
    unit.write_text(here(UNIT.read_text()))
    wrong.write_text(unit.read_text().replace("RestrictRealtime=", "RestrictRealtimes="))

    good, bad = verified(analyze, unit), verified(analyze, wrong)

    assert (good.returncode, about(unit, good.stderr)) == (0, [])
    assert about(wrong, bad.stderr) != []


def about(unit: Path, said: str) -> list[str]:
    """The lines about this unit; the machine's other units may have faults of their own."""
    return [line for line in said.splitlines() if unit.name in line]


def test_the_service_is_hardened(analyze: str) -> None:
    done = subprocess.run(
        [
            analyze,
            "security",
            "--offline=true",
            f"--threshold={MOST_EXPOSED * 10:.0f}",
            "--no-pager",
            UNIT,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is too old to check a file")

    (exposure,) = re.findall(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert done.returncode == 0, done.stdout
    assert float(exposure) < MOST_EXPOSED


def test_it_has_time_to_stop_and_is_not_restarted_with_a_wrong_configuration() -> None:
    assert int(directive("TimeoutStopSec")) > STOP_WITHIN
    assert int(directive("RestartPreventExitStatus")) == EX_CONFIG
    assert directive("Restart") == "always"


def test_its_command_runs_with_the_env_file_of_its_working_directory(tmp_path: Path) -> None:
    """As in the guide: the settings are in one directory, which the bot does not write, and the
    data is in another.
    """
    settings, data = tmp_path / "etc", tmp_path / "var"
    settings.mkdir()
    data.mkdir()
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        example = (DEPLOY / "env.example").read_text()
        (settings / ".env").write_text(
            example.replace("REMINDER_BOT_TOKEN=\n", f"REMINDER_BOT_TOKEN={TOKEN}\n")
            + f"REMINDER_BOT_DATA_DIR={data}\nREMINDER_BOT_API_BASE_URL={aside.server.base_url}\n"
        )
        ana = aside.server.person(7)
        aside.run(ana.send("/start"))
        with subprocess.Popen(
            here(directive("ExecStart")).split(),
            cwd=settings,
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
                "HOME": str(data),
                "LANG": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
        ) as bot:
            try:
                aside.run(ana.expect(lambda message: message.from_bot))
            finally:
                bot.terminate()

    assert bot.returncode == 0
    assert [each.name for each in settings.iterdir()] == [".env"]
    assert "reminder-bot.sqlite3" in {each.name for each in data.iterdir()}


def test_without_a_token_its_command_exits_with_the_code_that_prevents_a_restart(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        here(directive("ExecStart")).split(),
        cwd=tmp_path,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )

    assert done.returncode == int(directive("RestartPreventExitStatus"))

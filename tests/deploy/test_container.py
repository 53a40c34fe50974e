"""The container's files, without a container engine: by their linters, and by running the commands
that they contain.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reminder_bot.app import STOP_WITHIN
from reminder_bot.clock import Clock
from reminder_bot.settings import NAMES, Settings
from reminder_bot.simulator import BotApiServer, ServerThread
from tests.support.world import TOKEN

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SCRIPTS = Path(sysconfig.get_path("scripts"))
COMPOSE = ["compose.yaml", "compose.postgres.yaml"]
SETTINGS = set(NAMES)


def instructions() -> list[tuple[str, str]]:
    """Each instruction of the Dockerfile with its arguments; continued lines are joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [
        (name, words) for name, _, words in (line.partition(" ") for line in lines if line.strip())
    ]


def final(name: str) -> list[str]:
    """The arguments of each instruction of this name in the last stage."""
    stage: list[str] = []
    for each, words in instructions():
        stage = [] if each == "FROM" else [*stage, words] if each == name else stage
    return stage


def command(name: str) -> list[str]:
    """A command in exec form, which runs without a shell that would swallow SIGTERM."""
    (words,) = final(name)
    parsed: list[str] = json.loads(words[words.index("[") :])
    return parsed


def services(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(DEPLOY / file)["services"]
    return loaded


# The image


def test_the_dockerfile_passes_its_linter() -> None:
    done = subprocess.run(
        [SCRIPTS / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_stage_has_the_same_slim_base_of_a_fixed_version() -> None:
    bases = {words.partition(" ")[0] for name, words in instructions() if name == "FROM"}

    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", base)


def test_everything_installed_is_locked_by_its_hash() -> None:
    installs = [
        each
        for name, words in instructions()
        if name == "RUN"
        for each in words.split("&&")
        if "install " in each and "pip" in each
    ]

    assert len(installs) == 3
    assert [
        each
        for each in installs
        if "--require-hashes" not in each and "--no-deps dist/" not in each
    ] == []


def test_the_image_is_built_with_the_projects_build_backend() -> None:
    lock = (DEPLOY / "build-requirements.txt").read_text()
    odd = re.sub(
        r"^[a-z0-9-]+==[\w.]+ \\$|^    --hash=sha256:[0-9a-f]{64}( \\)?$",
        "",
        lock,
        flags=re.MULTILINE,
    )

    assert lock.startswith("hatchling==")
    assert odd.strip() == ""


def test_the_image_runs_as_a_numeric_user_without_rights() -> None:
    (user,) = final("USER")

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert f"-o {user.split(':')[0]} -g {user.split(':')[1]} /data" in " ".join(final("RUN"))


def test_no_token_can_get_into_the_image() -> None:
    assert not [
        words for name, words in instructions() if name in ("ARG", "ENV") and "TOKEN" in words
    ]
    assert (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()[1] == "*"


def test_the_build_context_holds_what_is_copied_and_nothing_else() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        each
        for name, words in instructions()
        if name == "COPY" and not words.startswith("--from")
        for each in words.split()[:-1]
    }

    assert copied == sent
    assert [each for each in copied if not (ROOT / each).exists()] == []


@pytest.mark.processes
def test_the_images_commands_run_report_health_and_stop(tmp_path: Path) -> None:
    data, variables = (
        tmp_path / "data",
        dict(each.split("=", 1) for each in " ".join(final("ENV")).split()),
    )
    data.mkdir()
    assert variables["REMINDER_BOT_DATA_DIR"] == "/data"
    assert final("WORKDIR") == ["/data"]
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        ana = aside.server.person(7)
        environment = {
            "PATH": variables["PATH"]
            .replace("/opt/reminder-bot/bin", str(SCRIPTS))
            .replace("$PATH", "/usr/bin:/bin"),
            "REMINDER_BOT_DATA_DIR": str(data),
            "REMINDER_BOT_TOKEN": TOKEN,
            "REMINDER_BOT_API_BASE_URL": aside.server.base_url,
        }

        def health() -> int:
            return subprocess.run(
                command("HEALTHCHECK"), cwd=data, env=environment, check=False
            ).returncode

        aside.run(ana.send("/start"))
        with subprocess.Popen(
            command("ENTRYPOINT") + command("CMD"), cwd=data, env=environment
        ) as bot:
            try:
                aside.run(ana.expect(lambda message: message.from_bot))
                assert health() == 0
            finally:
                bot.terminate()
        assert bot.returncode == 0
        assert health() == 1


# The compose files


@pytest.mark.parametrize("file", COMPOSE)
def test_a_compose_file_fits_the_specification(file: str, tmp_path: Path) -> None:
    """The schema comes with the tool. A misspelt key shows that it also refuses."""
    check = [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    wrong = tmp_path / file
    wrong.write_text((DEPLOY / file).read_text().replace("restart:", "restarts:"))

    good, bad = (
        subprocess.run([*check, each], capture_output=True, check=False)
        for each in (DEPLOY / file, wrong)
    )

    assert good.returncode == 0, good.stdout
    assert bad.returncode != 0


@pytest.mark.parametrize(
    ("file", "service"), [(file, service) for file in COMPOSE for service in services(file)]
)
def test_a_service_has_only_the_rights_that_it_needs(file: str, service: str) -> None:
    found = services(COMPOSE[0]).get(service, {}) | services(file)[service]

    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "ports"} & set(found)
    assert found["restart"] == "unless-stopped"
    assert all(":" in image for image in [found["image"]] if image != "reminder-bot")


def test_the_bots_service_is_read_only_limited_and_has_time_to_stop() -> None:
    bot = services("compose.yaml")["bot"]

    assert bot["read_only"] is True
    assert "/tmp" in bot["tmpfs"]
    assert bot["volumes"] == ["data:/data"]
    assert {"mem_limit", "pids_limit"} <= set(bot)
    assert int(bot["stop_grace_period"].removesuffix("s")) > STOP_WITHIN
    assert "cap_add" not in bot


def test_the_bot_waits_until_postgresql_is_healthy() -> None:
    both = services("compose.postgres.yaml")

    assert both["bot"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert both["postgres"]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("file", COMPOSE)
def test_a_compose_file_names_settings_that_exist_and_holds_no_secret(file: str) -> None:
    for service in services(file).values():
        for name, value in service.get("environment", {}).items():
            assert name in SETTINGS or name.startswith("POSTGRES_")
            if "PASSWORD" in name or "@" in value:
                assert "${POSTGRES_PASSWORD:?" in value


def test_the_address_of_postgresql_is_one_that_the_bot_accepts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    postgres = services("compose.postgres.yaml")["postgres"]["environment"]
    address = services("compose.postgres.yaml")["bot"]["environment"]["REMINDER_BOT_DATABASE_URL"]

    monkeypatch.setenv("REMINDER_BOT_DATABASE_URL", re.sub(r"\$\{.*?\}", "abc123", address))

    url = Settings.load().database_url

    assert (
        url == f"postgresql://{postgres['POSTGRES_USER']}:abc123@postgres/{postgres['POSTGRES_DB']}"
    )


# The guide


def guide() -> str:
    return (DEPLOY / "README.md").read_text()


def blocks() -> list[str]:
    return [
        re.sub(r"^   ", "", each, flags=re.MULTILINE)
        for each in re.findall(r"```sh\n(.*?)```", guide(), re.DOTALL)
    ]


def test_the_guides_commands_are_shell_and_name_files_that_exist() -> None:
    assert len(blocks()) >= 8
    for block in blocks():
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)
        named = re.findall(r"(?<![\w/.-])(?:/usr/local/src/reminder-bot/)?(deploy/[\w.-]+)", block)
        assert [each for each in named if not (ROOT / each).exists()] == []


def test_the_guides_commands_of_the_bot_are_commands_of_the_bot() -> None:
    lines = [line for block in blocks() for line in block.splitlines()]
    said = {
        words[words.index(each) + 1]
        for line in lines
        if (words := shlex.split(line, comments=True))
        for each in words[:-1]
        if each.endswith(("bin/reminder-bot",)) or (each == "reminder-bot" and "exec" in words)
    }
    said |= {match for line in lines for match in re.findall(r"run --rm bot (\w+)", line)} - {"rm"}
    help_text = subprocess.run(
        [sys.executable, "-m", "reminder_bot", "--help"], capture_output=True, text=True, check=True
    ).stdout

    assert {"check", "backup", "restore"} <= said
    assert [each for each in said if f"    {each} " not in help_text] == []


@pytest.fixture
def line_of_check(tmp_path: Path) -> Iterator[list[str]]:
    """The subject of each line of `check`."""
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        done = subprocess.run(
            [sys.executable, "-m", "reminder_bot", "check"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "REMINDER_BOT_TOKEN": TOKEN,
                "REMINDER_BOT_API_BASE_URL": aside.server.base_url,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        yield [line[6:17].strip() for line in done.stdout.splitlines()]


def test_the_guide_explains_every_line_of_check(line_of_check: list[str]) -> None:
    assert re.findall(r"^\| `([a-z ]+)` \|", guide(), re.MULTILINE) == line_of_check

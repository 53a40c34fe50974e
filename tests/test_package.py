"""The packages: a source archive that is complete, and a wheel built from it that runs in an empty
folder.
"""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest

from reminder_bot import __version__
from reminder_bot.clock import Clock
from reminder_bot.simulator import BotApiServer, ServerThread
from tests.support.databases import quick_folder
from tests.support.waiting import PATIENCE
from tests.support.world import TOKEN

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[1]
NAME = f"gut_skin_reminder_bot-{__version__}"
# At the top of a source archive: the build backend adds PKG-INFO.
TOP = {
    ".ci",
    ".editorconfig",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "deploy",
    "pyproject.toml",
    "reminder_bot",
    "tests",
}


def build(target: str, source: Path, place: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", place],
        cwd=source,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with the source archive, unpacked as well, and the wheel built from it."""
    with quick_folder() as place:
        build("sdist", ROOT, place)
        with tarfile.open(place / f"{NAME}.tar.gz") as archive:
            archive.extractall(place, filter="data")
        build("wheel", place / NAME, place)
        yield place


@pytest.fixture(scope="module")
def installed(place: Path) -> Path:
    """A folder with the installed wheel and nothing else. What it depends on comes from the running
    environment.
    """
    target = place / "installed"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--no-compile",
    ]
    wheel = place / f"{NAME}-py3-none-any.whl"
    subprocess.run([*command, "--target", target, wheel], check=True, capture_output=True)
    return target


def names_in_wheel(place: Path) -> set[str]:
    with zipfile.ZipFile(place / f"{NAME}-py3-none-any.whl") as wheel:
        return set(wheel.namelist())


def package_files() -> set[str]:
    """Every file of the package: code, content, migrations, fonts, locales."""
    files = (each for each in (ROOT / "reminder_bot").rglob("*") if each.is_file())
    return {str(each.relative_to(ROOT)) for each in files if "__pycache__" not in each.parts}


def test_the_wheel_holds_the_whole_package_and_nothing_beside_it(place: Path) -> None:
    names = names_in_wheel(place)

    assert {name for name in names if ".dist-info/" not in name} == package_files()
    assert {
        "content/facts.json",
        "content/foods.json",
        "content/cities.tsv",
        "content/regions.tsv",
        "py.typed",
    } <= {name.removeprefix("reminder_bot/") for name in names}
    assert any(name.startswith("reminder_bot/storage/migrations/versions/0001") for name in names)


def test_the_wheel_holds_its_licence_and_says_what_it_is(place: Path) -> None:
    with zipfile.ZipFile(place / f"{NAME}-py3-none-any.whl") as wheel:
        about = Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())
        licences = {
            name: wheel.read(f"{NAME}.dist-info/licenses/{name}")
            for name in ("LICENSE", "reminder_bot/pictures/fonts/OFL.txt")
        }

    assert licences == {name: (ROOT / name).read_bytes() for name in licences}
    assert "GeoNames" in about.get_payload()
    assert (about["Version"], about["License-Expression"], about["Requires-Python"]) == (
        __version__,
        "MIT AND CC-BY-4.0 AND OFL-1.1",
        ">=3.11",
    )


def test_the_source_archive_is_complete_and_holds_no_secret(place: Path) -> None:
    unpacked = place / NAME
    files = [each for each in unpacked.rglob("*") if each.is_file()]

    assert {each.name for each in unpacked.iterdir()} == TOP
    assert {str(each.relative_to(unpacked)) for each in files} >= package_files()
    assert [each for each in files if each.name == ".env" or ".sqlite3" in each.name] == []


def environment(home: Path, installed: Path, address: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHONPATH": str(installed),
        "REMINDER_BOT_TOKEN": TOKEN,
        "REMINDER_BOT_API_BASE_URL": address,
    }


def test_what_is_installed_is_what_is_tested(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import reminder_bot; print(reminder_bot.__file__)"],
        cwd=tmp_path,
        env=environment(tmp_path, installed, ""),
        capture_output=True,
        text=True,
        check=True,
    )

    assert Path(done.stdout.strip()).parent == installed / "reminder_bot"


def test_the_installed_bot_runs_in_an_empty_folder_and_answers(
    installed: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with ServerThread(BotApiServer(token=TOKEN, clock=Clock())) as aside:
        ana = aside.server.person(7)
        aside.run(ana.send("/start"))
        with subprocess.Popen(
            [installed / "bin" / "reminder-bot", "run"],
            cwd=empty,
            env=environment(tmp_path, installed, aside.server.base_url),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as bot:
            try:
                aside.run(ana.expect(lambda message: message.from_bot))
            finally:
                bot.terminate()
                _, log = bot.communicate(timeout=PATIENCE)

    assert bot.returncode == 0, log
    assert "Traceback" not in log
    assert os.listdir(empty) == []

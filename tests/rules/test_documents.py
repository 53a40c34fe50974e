"""The pages and configuration files fit the program, and name nothing of one machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from reminder_bot.cli import main
from reminder_bot.settings import NAMES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
VARIABLES = list(NAMES)
DEPLOY = [
    file
    for file in sorted((ROOT / "deploy").rglob("*"))
    if file.is_file() and file.suffix not in (".txt", ".png")
]
PAGES = ["README.md", "CONTRIBUTING.md", "deploy/README.md", "tests/benchmarks/README.md"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {"deploy/requirements.txt": ["postgres"], ".ci/requirements.txt": ["postgres", "dev"]}


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_in_the_readme_and_in_the_example(variable: str) -> None:
    rows = [line for line in README.splitlines() if line.startswith(f"| `{variable}` |")]
    lines = [
        line
        for line in (ROOT / "deploy/env.example").read_text().splitlines()
        if f"{variable}=" in line
    ]

    assert (len(rows), len(lines)) == (1, 1)


def test_no_document_names_a_setting_that_does_not_exist() -> None:
    documents = README + "".join(file.read_text() for file in DEPLOY)

    named = set(re.findall(r"REMINDER_BOT_[A-Z_]*[A-Z]", documents))

    assert named <= set(VARIABLES)


def test_the_readme_gives_the_two_commands() -> None:
    lines = [line.strip() for line in README.splitlines()]

    assert (
        "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/reminder-bot run" in lines
    )
    assert (
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest" in lines
    )


def test_every_command_is_in_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.MULTILINE)

    assert len(commands) >= 3
    assert [
        command
        for command in commands
        if not re.search(rf"`reminder-bot {command}( [A-Z]+)?`", README)
    ] == []


def places() -> set[Path]:
    """The paths in the README's table of what to change where. A module may be named without
    `.py`.
    """
    table = README.partition("## Where to change what")[2]
    cells = [line.split("|")[2] for line in table.splitlines() if line.startswith("| ")]
    spans = [span for cell in cells for span in re.findall(r"`([\w/.]+)`", cell)]
    paths = [
        ROOT / span if span.startswith(("tests/", "deploy/")) else ROOT / "reminder_bot" / span
        for span in spans
    ]
    return {path if path.exists() else path.with_suffix(".py") for path in paths}


def test_the_readme_says_where_to_change_what_with_places_that_exist() -> None:
    assert sorted(place for place in places() if not place.exists()) == []


def test_the_readme_says_what_to_change_in_each_package_and_module() -> None:
    rooms = [
        file
        for file in sorted((ROOT / "reminder_bot").iterdir())
        if not file.name.startswith("_") and (file.is_dir() or file.suffix == ".py")
    ]
    left_out = [
        room.name for room in rooms if not any(place.is_relative_to(room) for place in places())
    ]

    assert len(rooms) > 10
    assert left_out == []


def test_the_map_for_contributors_names_each_package_and_module() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = [
        f"{file.name}/" if file.is_dir() else file.name
        for file in sorted((ROOT / "reminder_bot").iterdir())
        if not file.name.startswith("_") and (file.is_dir() or file.suffix == ".py")
    ]

    assert [room for room in rooms if f"`{room}`" not in page] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_to_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"", text)
    files = [link for link in map("".join, links) if not link.startswith("https://")]

    assert [file for file in files if not ((ROOT / page).parent / file).exists()] == []


def test_the_pre_commit_hooks_are_the_linters_of_ci() -> None:
    hooks = re.findall(
        r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), re.MULTILINE
    )
    linters = re.findall(
        r"^ +step ((?:ruff|mypy|lint-imports) .+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE
    )

    assert len(linters) >= 4
    assert hooks == linters


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_holds_names_versions_and_hashes_only(lock: str) -> None:
    marker = r"( ; [\w .'()<>=!]+)?"
    lines = (ROOT / lock).read_text().splitlines()

    odd = [
        line
        for line in lines
        if not re.fullmatch(
            rf"[a-z0-9-]+==[\w.]+{marker} \\|    --hash=sha256:[0-9a-f]{{64}}( \\)?", line
        )
    ]

    assert lines
    assert odd == []


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_holds_all_that_the_project_depends_on(lock: str) -> None:
    wanted = sum(
        (PROJECT["optional-dependencies"][extra] for extra in EXTRAS[lock]), PROJECT["dependencies"]
    )
    locked = set(re.findall(r"^[a-z0-9-]+(?===)", (ROOT / lock).read_text(), re.MULTILINE))

    assert {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted} <= locked


def test_no_file_names_a_package_index_or_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout")
    # Put together here, or this file would name them itself.
    places = re.compile(
        "|".join(
            ["/simp" + "le/", "index-" + "url", "find-" + "links", "/wo" + "rk/", "/opt" + "/py"]
        )
    )
    named = []
    for name in filter(None, listed.stdout.split("\0")):
        file = ROOT / name
        if file.is_file() and places.search(file.read_bytes().decode("utf-8", "replace")):
            named.append(name)

    assert named == []

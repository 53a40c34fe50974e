"""Programs that tests start import the sources beside the tests, not the installed package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.world import ROOT

HERE = ROOT / "tests"
# Their programs are not ours, or run where nothing but the installed package exists.
NOT_LOOKED_AT = {HERE / "deploy"}


def without_sources(source: str) -> list[int]:
    """The lines of environments for child processes that do not say where the sources are."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            keys = {each.value for each in node.keys if isinstance(each, ast.Constant)}
            if "HOME" in keys and "PYTHONPATH" not in keys:
                found.append(node.lineno)
    return found


def test_each_environment_of_a_child_process_names_the_sources() -> None:
    files = [file for file in HERE.rglob("*.py") if not NOT_LOOKED_AT & set(file.parents)]
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted(files)
        for line in without_sources(file.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    ("environment", "lines"),
    [
        ('{"PATH": path, "HOME": home}', [1]),
        ('{"PATH": path, "HOME": home, "PYTHONPATH": str(ROOT)}', []),
        ("{}", []),
    ],
)
def test_an_environment_without_the_sources_is_found(environment: str, lines: list[int]) -> None:
    assert without_sources(f"environment = {environment}") == lines


def test_a_child_process_that_inherits_the_environment_imports_these_sources(
    tmp_path: Path,
) -> None:
    program = "import reminder_bot; print(reminder_bot.__file__)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"{ROOT / 'reminder_bot' / '__init__.py'}\n"

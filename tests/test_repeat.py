"""The command that repeats the tests: what it says of green and red runs, and what it leaves."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests import repeat

pytestmark = pytest.mark.processes

TEST = """
def test_that_fails_with_an_odd_seed(request):
    seed = request.config.getoption("randomly_seed")
    assert seed % 2 == 0
    assert request.config.getoption("--hypothesis-seed") == str(seed)
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one test; temporary files lie beside it."""
    repository, files = tmp_path / "repository", tmp_path / "files"
    repository.mkdir()
    files.mkdir()
    (repository / "test_it.py").write_text(TEST)
    name = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (
        ("init", "--quiet"),
        ("add", "."),
        (*name, "commit", "--quiet", "-m", "A test"),
    ):
        subprocess.run(["git", *command], cwd=repository, check=True)
    monkeypatch.setattr(repeat, "ROOT", repository)
    monkeypatch.setattr("tempfile.tempdir", str(files))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test process keeps its own
    return repository


def children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


def test_a_red_run_is_named_with_its_seed_and_only_its_output_stays(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "test_it.py").write_text("what is not committed is not tested")

    code = repeat.main(["--runs", "2", "--seed", "10", "--", "-q"])

    assert code == 1
    printed = capsys.readouterr().out
    results = re.findall(r"^(\d+) +(green|red)", printed, re.MULTILINE)
    assert results == [("10", "green"), ("11", "red")]
    assert "FAILED test_it.py::test_that_fails_with_an_odd_seed" in printed
    assert "1 of 2 runs were green, 0 busy processes beside them" in printed
    left = [each for each in (repository.parent / "files").rglob("*") if each.is_file()]
    assert [each.name for each in left] == ["11.txt"]


def test_green_runs_leave_no_file_and_no_busy_process(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = children()

    code = repeat.main(["--runs", "1", "--busy", "1", "--seed", "2", "--", "-q"])

    assert code == 0
    assert "1 of 1 runs were green, 1 busy processes beside them" in capsys.readouterr().out
    assert children() <= before
    assert list((repository.parent / "files").iterdir()) == []

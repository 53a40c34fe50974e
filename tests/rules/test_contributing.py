"""The examples of CONTRIBUTING.md work: each is applied to a copy of the source, and its commands
pass there.

An example is the section below one heading of the third level. Its diffs have the lines around a
change in place of line numbers: the lines of a hunk that begin with a space or a minus stand in the
file exactly once. A hunk of plus lines alone is a whole new file.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.databases import quick_folder

ROOT = Path(__file__).parents[2]
LEFT_OUT = (
    ".git",
    ".venv",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    "*.egg-info",
    "build",
    "dist",
)
EXAMPLES = ("A sentence", "A setting", "A command with a screen", "A habit")


@dataclass(frozen=True)
class Hunk:
    """One change of one file. old: empty where the file is new."""

    file: str
    old: str
    new: str


def section(heading: str) -> str:
    """What stands below a heading of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    found = text.partition(f"\n### {heading}\n")[2]
    assert found, f"CONTRIBUTING.md has no section {heading!r}"
    return re.split(r"\n##+ ", found)[0]


def blocks(heading: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)


def hunks(diff: str) -> Iterator[Hunk]:
    """The hunks of a diff: `--- a/file`, `+++ b/file`, then `@@` before each."""
    file = ""
    for part in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = re.sub(r"^--- .*\n\+\+\+ .*\n", "", part, flags=re.MULTILINE).splitlines(True)
        if lines:
            old = "".join(line[1:] or line for line in lines if not line.startswith("+"))
            new = "".join(line[1:] or line for line in lines if not line.startswith("-"))
            yield Hunk(file, old, new)
        if header := re.search(r"^\+\+\+ b/(.+)$", part, re.MULTILINE):
            file = header[1]


def apply(hunk: Hunk, root: Path) -> None:
    file = root / hunk.file
    if not hunk.old:
        assert not file.exists(), f"{hunk.file} exists already: give the lines around the change"
        file.write_text(hunk.new)
        return
    text = file.read_text()
    found = len(re.findall(f"^{re.escape(hunk.old)}", text, re.MULTILINE))
    assert found == 1, f"{hunk.file} has these lines {found} times:\n{hunk.old}"
    file.write_text(re.sub(f"^{re.escape(hunk.old)}", lambda _: hunk.new, text, flags=re.MULTILINE))


def run(command: str, root: Path) -> None:
    """Run a command of the page in the copy, in this environment and in one process."""
    program, *arguments = shlex.split(command)
    name = program.removeprefix(".venv/bin/")
    prefix = [] if name == "python" else ["-m", name]
    one_process = ["-n", "0"] if name == "pytest" else []
    done = subprocess.run(
        [sys.executable, *prefix, *one_process, *arguments],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.fixture
def copy() -> Iterator[Path]:
    """A copy of the source, in memory where possible."""
    with quick_folder() as folder:
        copy = folder / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        yield copy


@pytest.mark.processes
@pytest.mark.timeout(600)  # five processes each, on a machine that may be busy
@pytest.mark.parametrize("heading", EXAMPLES)
def test_an_example_can_be_applied_and_its_commands_pass(heading: str, copy: Path) -> None:
    (diff,) = blocks(heading, "diff")
    (commands,) = blocks(heading, "sh")
    changes = list(hunks(diff))

    for hunk in changes:
        apply(hunk, copy)

    changed = sorted({hunk.file for hunk in changes if hunk.file.endswith(".py")})
    run(f"ruff check {' '.join(changed)}", copy)
    run(f"ruff format --check {' '.join(changed)}", copy)
    for command in commands.replace("\\\n", " ").splitlines():
        run(command, copy)


def test_every_example_of_the_page_is_checked() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## Examples\n")[2]
    headings = re.findall(r"^### (.+)$", text, re.MULTILINE)

    assert [heading for heading in headings if blocks(heading, "diff")] == list(EXAMPLES)


def test_an_example_that_does_not_fit_the_source_any_more_is_seen(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("first\nsecond\nsecond\n")
    twice, gone, new = (
        "--- a/file.py\n+++ b/file.py\n@@\n-second\n+third\n",
        "--- a/file.py\n+++ b/file.py\n@@\n fourth\n+fifth\n",
        "--- /dev/null\n+++ b/file.py\n@@\n+first\n",
    )

    for diff in (twice, gone, new):
        (hunk,) = hunks(diff)
        with pytest.raises(AssertionError, match=r"file\.py (has these lines [02] times|exists)"):
            apply(hunk, tmp_path)

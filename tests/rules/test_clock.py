"""The wall clock is read in one module; everything else is told the time."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reminder_bot"
READS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "strftime"),
    ("time", "ctime"),
}


def readings(source: str) -> list[str]:
    """Every place where the wall clock is read: datetime.now, datetime.datetime.now, from time
    import time.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = (
                owner.attr
                if isinstance(owner, ast.Attribute)
                else owner.id
                if isinstance(owner, ast.Name)
                else ""
            )
            if (name, node.attr) in READS and not (
                name == "time" and isinstance(owner, ast.Attribute)
            ):
                found.append(f"{node.lineno}: {name}.{node.attr}")
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            found += [
                f"{node.lineno}: {alias.name}"
                for alias in node.names
                if ("time", alias.name) in READS
            ]
    return found


def test_only_the_clock_reads_the_wall_clock() -> None:
    found = {
        str(file.relative_to(PACKAGE)): places
        for file in PACKAGE.rglob("*.py")
        if file.name != "clock.py" and (places := readings(file.read_text()))
    }

    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "from time import time",
    ],
)
def test_each_way_to_read_it_is_seen(source: str) -> None:
    assert readings(source)

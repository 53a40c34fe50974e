"""The examples in docstrings (`>>>`) are run, so they stay true."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reminder_bot"


def modules_with_examples() -> list[str]:
    files = (file for file in PACKAGE.rglob("*.py") if ">>> " in file.read_text())
    parts = (file.relative_to(PACKAGE.parent).with_suffix("").parts for file in files)
    return sorted(".".join(each).removesuffix(".__init__") for each in parts)


@pytest.mark.parametrize("module", modules_with_examples())
def test_the_examples_of_a_module_are_true(module: str) -> None:
    done = doctest.testmod(import_module(module))

    assert done.attempted > 0
    assert done.failed == 0

"""Rules that hold for every module of texts/: each function is tested, each sentence translated."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from reminder_bot import texts
from reminder_bot.texts import translation, understanding
from tests.texts.reading import BRACKETED, assert_html

MODULES: list[ModuleType] = [
    *(getattr(texts, name) for name in texts.__all__),
    translation,
    understanding,
]


def name_of(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def functions(module: ModuleType) -> dict[str, Callable[..., object]]:
    """A module's own public functions."""
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


PLAIN = [
    pytest.param(function, id=f"{name_of(module)}.{name}")
    for module in MODULES
    for name, function in functions(module).items()
    if list(inspect.signature(function).parameters) == ["t"]
]
"""The functions that need a translation and nothing else."""


def test_every_module_is_at_hand() -> None:
    folder = Path(texts.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "translation"}

    assert set(texts.__all__) == files


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_function_is_called_by_a_test_of_its_module(module: ModuleType) -> None:
    tests = ast.parse((Path(__file__).parent / f"test_{name_of(module)}.py").read_text())
    names = {node.attr for node in ast.walk(tests) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tests) if isinstance(node, ast.Name)}

    assert functions(module).keys() - names == set()


def test_there_are_functions_to_check() -> None:
    assert len(PLAIN) > 100


@pytest.mark.parametrize("function", PLAIN)
def test_every_line_can_be_translated_and_is_well_formed(
    function: Callable[..., str | dict[str, str]],
) -> None:
    """A line without brackets went past gettext."""
    said = function(BRACKETED)

    for text in said.values() if isinstance(said, dict) else [said]:
        assert [line for line in text.splitlines() if line and "[" not in line] == []
        assert_html(text)

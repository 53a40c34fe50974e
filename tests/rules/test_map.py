"""The map in `reminder_bot.__init__` names what exists, and all of it."""

import re
from importlib.util import find_spec
from pathlib import Path

import reminder_bot

PACKAGE = Path(reminder_bot.__file__).parent
MAP = reminder_bot.__doc__ or ""
# What the bot does, in this order.
STEPS = [
    "a reminder becomes due",
    "→ a check-in is planned",
    "→ claimed",
    "→ sent",
    "→ answered",
    "→ counted",
    "→ digested",
]


def children() -> set[str]:
    """The modules and folders of the package; a folder's name ends with a slash."""
    modules = {file.stem for file in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    folders = {each for each in PACKAGE.iterdir() if any(each.glob("*.[pm]*"))}
    return modules | {f"{each.name}/" for each in folders if each.name != "__pycache__"}


def modules_on_the_map() -> list[str]:
    packages = "|".join(each.rstrip("/") for each in children() if each.endswith("/"))
    return re.findall(rf"\b(?:{packages})\.[a-z_]+\b", MAP)


def test_every_module_on_the_map_exists() -> None:
    named = modules_on_the_map()

    assert len(named) > 15
    assert [each for each in named if find_spec(f"reminder_bot.{each}") is None] == []


def test_every_folder_on_the_map_exists() -> None:
    folders = re.findall(r"(\w+)/", MAP)

    assert [each for each in folders if not any(PACKAGE.rglob(each))] == []


def test_the_map_names_every_module_and_folder_of_the_package() -> None:
    entries = re.findall(r"(?:^|  )([a-z_]+/?)  ", MAP, re.MULTILINE)

    assert children() - set(entries) == set()


def test_the_map_follows_a_check_in_from_due_to_digested() -> None:
    lines = [line.strip() for line in MAP.splitlines()]

    assert [line for line in lines if line in STEPS] == STEPS


def test_every_step_has_an_owner() -> None:
    parts = re.split("|".join(re.escape(f"    {step}\n") for step in STEPS), MAP)

    assert all(re.match(r" {8}[a-z_]+\.[a-z_]+ ", part) for part in parts[1:])

"""The tables equal the specification of the Bot API, if a copy of it is beside the checkout."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from reminder_bot.simulator.tables import (
    KINDS,
    METHODS,
    OBJECTS,
    UNSUPPORTED,
    UPDATE_KINDS,
    Field,
    Table,
)

FILE = Path(__file__).parents[3] / "shared" / "botapi-spec" / "api.json"
BARE = {"Integer": "int", "String": "str", "Boolean": "bool"}


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    if not FILE.exists() and os.environ.get("CI") != "true":
        pytest.skip(
            "the specification of the Bot API (../shared/botapi-spec/api.json) is not beside this "
            "checkout"
        )
    specification: dict[str, Any] = json.loads(FILE.read_text())
    return specification


def as_table(described: dict[str, Any]) -> Table:
    return {
        field["name"]: Field(
            tuple(in_our_notation(name) for name in field["types"]), field["required"]
        )
        for field in described.get("fields", [])
    }


def in_our_notation(name: str) -> str:
    inner = name.removeprefix("Array of ")
    return f"[{in_our_notation(inner)}]" if inner != name else BARE.get(name, name)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_has_the_parameters_of_the_specification(
    specification: dict[str, Any], method: str
) -> None:
    assert METHODS[method] == as_table(specification["methods"][method])


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_fields_of_the_specification(
    specification: dict[str, Any], name: str
) -> None:
    assert OBJECTS[name] == as_table(specification["types"][name])


@pytest.mark.parametrize("name", KINDS)
def test_a_union_has_the_kinds_of_the_specification(
    specification: dict[str, Any], name: str
) -> None:
    assert sorted(KINDS[name].values()) == sorted(specification["types"][name]["subtypes"])


def test_the_kinds_of_updates_are_those_of_the_specification(specification: dict[str, Any]) -> None:
    fields = [field["name"] for field in specification["types"]["Update"]["fields"]]

    assert sorted(["update_id", *UPDATE_KINDS]) == sorted(fields)


def test_every_object_that_a_table_names_has_a_table() -> None:
    named = {
        types.strip("[]")
        for table in [*METHODS.values(), *OBJECTS.values()]
        for field in table.values()
        for types in field.types
    }

    assert named - {"int", "str", "bool", "InputFile"} <= OBJECTS.keys() | KINDS.keys()


def test_every_unsupported_parameter_is_one_of_telegrams() -> None:
    assert {name for table in METHODS.values() for name in table} >= UNSUPPORTED

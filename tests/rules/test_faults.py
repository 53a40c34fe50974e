"""The list of known faults names tests and code that exist.

That each test fails without its protection is shown by `python -m tests.faults prove`, which takes
many minutes.
"""

import ast

import pytest

from tests.faults import FAULTS, ROOT, Fault, remove_protection
from tests.simulation.proof import PLANTED

WITHOUT_LEASE = Fault(
    0, "a fault", "a_file.py", "may_send(until)", "True", "tests/a_file.py", "Sender.send"
)


def unparsed(source: str) -> str:
    return ast.unparse(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "class Sender:\n    def send(self):\n        if may_send(until): pass\n",
        "class Sender:\n    def send(self):\n"
        "        if may_send(\n            until,  # why\n        ):\n            pass",
        "class Sender:\n    async def send(self):\n        if await may_send(until): pass",
    ],
    ids=["as it is written", "formatted in another way", "awaited"],
)
def test_a_protection_is_found_however_it_is_formatted_and_awaited(source: str) -> None:
    without = remove_protection(source, WITHOUT_LEASE)

    assert "if True:" in without
    assert "may_send" not in without


def test_a_statement_is_replaced_as_a_whole() -> None:
    fault = Fault(0, "a fault", "a_file.py", "stop()", "pass", "tests/a_file.py")

    without = remove_protection("async def run():\n    await stop()\n    go()\n", fault)

    assert without == unparsed("async def run():\n    pass\n    go()\n")


def test_the_body_of_a_function_can_be_replaced() -> None:
    fault = Fault(0, "a fault", "a_file.py", "", "return 0", "tests/a_file.py", "Limiter.wait")

    without = remove_protection("class Limiter:\n    def wait(self):\n        return 1\n", fault)

    assert without == unparsed("class Limiter:\n    def wait(self):\n        return 0\n")


@pytest.mark.parametrize(
    "source",
    [
        "class Sender:\n    def send(self): pass\n",
        "class Other:\n    def send(self): may_send(until)\n",
    ],
)
def test_a_protection_that_is_not_there_is_an_error(source: str) -> None:
    with pytest.raises(LookupError):
        remove_protection(source, WITHOUT_LEASE)


def test_each_test_of_the_list_exists() -> None:
    missing = [fault.test for fault in FAULTS if not exists(fault.test)]

    assert missing == []


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    source = (ROOT / file).read_text() if (ROOT / file).exists() else ""
    return f"def {name or 'test_'}" in source


# Not a default test, because it would demand the exact code of each protection.
@pytest.mark.faults
@pytest.mark.parametrize(
    "fault", [*FAULTS, *PLANTED], ids=lambda fault: f"{fault.number} {fault.name}"
)
def test_each_protection_is_in_the_code(fault: Fault) -> None:
    remove_protection((ROOT / fault.file).read_text(), fault)

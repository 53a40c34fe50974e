"""The list of faults follows the code; that each test really fails without its protection,
`prove` shows.
"""

import pytest

from tests.faults import FAULTS, ROOT, Fault


@pytest.mark.faults
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_faults_protection_and_its_test_are_still_there(fault: Fault) -> None:
    file, _, name = fault.test.partition("::")

    assert (ROOT / fault.file).read_text().count(fault.protection) >= 1
    assert (ROOT / file).exists()
    assert not name or f"def {name}(" in (ROOT / file).read_text()

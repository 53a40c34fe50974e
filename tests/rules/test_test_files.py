"""Every module has a test file of its name, at the same place under tests/."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ["content", "domain", "pictures"]
# What a package's own file (__init__) holds is tested here.
OF_PACKAGES = {
    "content": "tests/content/test_content.py",
    "domain": "tests/rules/test_glossary.py",
    "pictures": "tests/pictures/test_week_pictures.py",
}


def modules() -> list[Path]:
    files = (file for each in PACKAGES for file in (ROOT / "reminder_bot" / each).rglob("*.py"))
    return sorted(file.relative_to(ROOT / "reminder_bot") for file in files)


@pytest.mark.parametrize("module", modules(), ids=str)
def test_a_module_has_a_test_file(module: Path) -> None:
    if module.name == "__init__.py":
        expected = ROOT / OF_PACKAGES[str(module.parent)]
    else:
        expected = ROOT / "tests" / module.parent / f"test_{module.name}"

    assert "def test_" in expected.read_text()

"""The figures of the style table count what their description says."""

from pathlib import Path

from tests.rules.style import Figures, report

SOURCE = '''"""A module docstring."""

# A reason.
LONG = "{filling}"


def add(a: int, b: int) -> int:
    """The sum."""
    text = "# not a comment"
    return a + b  # a limit
'''.replace("{filling}", "x" * 90)


def test_a_comment_is_one_on_a_line_of_its_own_or_after_code() -> None:
    figures = Figures()

    figures.add(SOURCE)

    assert figures.comments == 2


def test_code_lines_are_neither_blank_nor_docstrings_nor_comments() -> None:
    figures = Figures()

    figures.add(SOURCE)

    assert [line.split()[0] for line in figures.code] == ["LONG", "def", "text", "return"]
    assert len(figures.text) == 7
    assert figures.lines == 10


def test_a_function_is_as_long_as_from_its_def_to_its_last_line() -> None:
    figures = Figures()

    figures.add(SOURCE)

    assert figures.functions == [4]


def test_the_report_has_a_row_for_each_part_and_their_ratio(tmp_path: Path) -> None:
    for name, times in (("reminder_bot", 1), ("tests", 2)):
        (tmp_path / name).mkdir()
        for number in range(times):
            (tmp_path / name / f"module_{number}.py").write_text(SOURCE)

    header, source, tests, ratio = report(tmp_path).splitlines()

    assert header.split()[:3] == ["lines", "chars", "over"]
    lines, chars, over_88, comments, code_chars, *rest = source.split()[1:]
    assert (lines, chars, over_88, comments) == ("10", "32.4", "14.3%", "20.0")
    assert (code_chars, *rest) == ("44.2", "25.0%", "50.0", "4", "4")
    assert tests.split()[1] == "20"
    assert ratio == "lines of tests per line of source: 2.00"

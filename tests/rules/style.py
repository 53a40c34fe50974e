"""Prints how dense the source of a tree is: `python -m tests.rules.style [FOLDER]`.

The figures show whether the style drifts; no test holds them to a limit. What each one counts:

    chars      mean length of a line that is not blank, without its indentation
    over 88    share of lines that are not blank and longer than 88 columns, indentation included
    comments   comments per 100 lines of the file; a docstring is not a comment
    median     median length of a function in lines, from its `def` to its last line
    p90        the length that 90 % of the functions do not exceed

The columns marked "code" leave out docstrings and lines that hold only a comment. For orientation,
procrastinate has 31 characters, 0.8 % over 88, 3.6 comments, functions of 8 and 32 lines.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

__all__ = ["Figures", "measure", "report"]

LONG = 88
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
HEADER = (
    f"{'':<14}{'lines':>8}{'chars':>8}{'over 88':>9}{'comments':>10}"
    f"{'code chars':>12}{'code over 88':>14}{'code comments':>15}{'median':>8}{'p90':>6}"
)


@dataclass
class Figures:
    """The lines and functions of some files. `text` is every line that is not blank."""

    lines: int = 0
    comments: int = 0
    text: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)

    def add(self, source: str) -> None:
        tree = ast.parse(source)
        lines = source.splitlines()
        comments = [token for token in _tokens(source) if token.type == tokenize.COMMENT]
        left_out = set(_docstring_lines(tree))
        left_out |= {each.start[0] for each in comments if each.line.lstrip().startswith("#")}
        numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        self.lines += len(lines)
        self.comments += len(comments)
        self.text += [line for _, line in numbered]
        self.code += [line for number, line in numbered if number not in left_out]
        self.functions += [_length(node) for node in ast.walk(tree) if isinstance(node, FUNCTION)]


def measure(folder: Path) -> Figures:
    """The figures of every Python file below a folder."""
    figures = Figures()
    for file in sorted(folder.rglob("*.py")):
        figures.add(file.read_text(encoding="utf-8"))
    return figures


def report(root: Path) -> str:
    """The table for `reminder_bot` and `tests` below `root`, or for `root` itself."""
    names = [name for name in ("reminder_bot", "tests") if (root / name).is_dir()]
    measured = {name: measure(root / name) for name in names} or {root.name: measure(root)}
    rows = [_row(name, figures) for name, figures in measured.items()]
    if len(names) == 2:
        ratio = measured["tests"].lines / measured["reminder_bot"].lines
        rows.append(f"lines of tests per line of source: {ratio:.2f}")
    return "\n".join([HEADER, *rows])


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | FUNCTION) and ast.get_docstring(node):
            first = node.body[0]
            yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def _length(node: FUNCTION) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _row(name: str, figures: Figures) -> str:
    lengths = figures.functions
    p90 = quantiles(lengths, n=10)[8] if len(lengths) > 1 else sum(lengths)
    return (
        f"{name:<14}{figures.lines:>8,}{_mean_length(figures.text):>8.1f}"
        f"{_share_of_long(figures.text):>8.1f}%"
        f"{_per_hundred(figures.comments, figures.lines):>10.1f}"
        f"{_mean_length(figures.code):>12.1f}{_share_of_long(figures.code):>13.1f}%"
        f"{_per_hundred(figures.comments, len(figures.code)):>15.1f}"
        f"{median(lengths or [0]):>8.0f}{p90:>6.0f}"
    )


def _mean_length(lines: list[str]) -> float:
    return mean(len(line.strip()) for line in lines) if lines else 0.0


def _share_of_long(lines: list[str]) -> float:
    return _per_hundred(sum(len(line) > LONG for line in lines), len(lines))


def _per_hundred(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


if __name__ == "__main__":
    print(report(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))

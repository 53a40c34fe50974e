"""Try the tests on mutants, which are copies of a function with one small fault.

    python -m tests.mutants --seed 10 --count 160

mutmut makes the mutants of `domain`, `engine`, `chat` and `texts`, and runs for each one the tests
that call the mutated function, until one fails. A mutant that no test fails on has survived: it
shows what the tests do not check, or that it makes no difference. This command chooses a sample:
the same seed chooses the same mutants as long as the source is the same. Each package has its part
by its lines of code. What mypy rejects is not in the sample, for it never reaches a test.

mutmut has no fault of the three kinds that have been made here, so they are added: a call is left
out, an element of a list is left out, and an `if` always goes one way.

What a test calls while it is collected, as in the rows of parametrize, runs before the mutant takes
effect. So check a survivor with `mutmut apply NAME`, in a clean work tree, before you write a test.

Exit code 0 when at least 90 % of the sample was killed, 1 when not.
"""

import argparse
import random
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
from mutmut import __main__ as mutmut
from mutmut.configuration import config
from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.mutators import mutation_operators
from mutmut.stats import status_by_exit_code
from mutmut.type_checking import run_type_checker
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import get_mutant_name

__all__ = ["main", "sample"]

GOAL = 0.9
KILLED = {"killed", "timeout", "segfault"}


def without_the_call(node: cst.Expr) -> Iterator[cst.Pass]:
    if not isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        yield cst.Pass()


def without_an_element(node: cst.List | cst.Tuple) -> Iterator[cst.List | cst.Tuple]:
    # A tuple of names is mostly a target: `first, second = pair`.
    if isinstance(node, cst.List) or (len(node.lpar) > 0 and len(node.elements) > 1):
        for at in range(len(node.elements)):
            yield node.with_changes(elements=[*node.elements[:at], *node.elements[at + 1 :]])


def always_one_way(node: cst.If) -> Iterator[cst.If]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    for operator, value in ((cst.And(), "False"), (cst.Or(), "True")):
        changed = cst.BooleanOperation(left=test, operator=operator, right=cst.Name(value))
        yield node.with_changes(test=changed)


MORE_OPERATORS = [
    (cst.Expr, without_the_call),
    (cst.List, without_an_element),
    (cst.Tuple, without_an_element),
    (cst.If, always_one_way),
]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("names", nargs="*", help="mutants to try in place of a sample")
    options = parser.parse_args(arguments)

    mutation_operators.extend(MORE_OPERATORS)
    _make_mutants()
    names = options.names or _sample_of_valid(options.seed, options.count)
    config().type_check_command = []  # what mypy rejects is not among them
    mutmut._run(names, max_children=1)
    return _report(names)


def _make_mutants() -> None:
    """Write the mutants to the folder `mutants/`, those of changed files only."""
    Path("mutants").mkdir(exist_ok=True)
    mutmut.set_mutant_under_test("mutant_generation")
    with mutmut.CatchOutput(spinner_title="Making the mutants"):
        mutmut.copy_src_dir()
        mutmut.copy_also_copy_files()
        mutmut.setup_source_paths()
        mutmut.create_mutants(1)


def _sample_of_valid(seed: int, count: int) -> list[str]:
    """The names of the mutants to try."""
    with mutmut.CatchOutput(spinner_title="Leaving out what mypy rejects"):
        rejected = _rejected_by_mypy()
    lines: Counter[str] = Counter()
    mutants: dict[str, list[str]] = {}
    for path in walk_mutatable_files():
        package = path.parts[1]
        lines[package] += len([line for line in path.read_text().splitlines() if line.strip()])
        valid = _results_of(path).keys() - rejected
        mutants.setdefault(package, []).extend(valid)
    print(f"mypy rejects {len(rejected)}, and accepts {sum(map(len, mutants.values()))}")
    return sample(mutants, lines, seed, count)


def _rejected_by_mypy() -> set[str]:
    """The names of mutants with wrong types. mutmut finds them, too, but takes half an hour."""
    with change_cwd("mutants"):
        errors = run_type_checker(config().type_check_command)
    lines: dict[Path, list[int]] = {}
    for each in sorted(errors, key=lambda each: each.line_number):
        lines.setdefault(each.file_path, []).append(each.line_number)
    rejected = set()
    for path in walk_mutatable_files():
        spans = MutantLineSpans.load(path)
        wrong = lines.get((Path("mutants") / path).absolute(), [])
        assert spans is not None, f"mutmut has written no index for {path}"
        for name, span in spans.span_by_function_name.items():
            at = bisect_left(wrong, span.start)
            if at < len(wrong) and wrong[at] <= span.end:
                rejected.add(get_mutant_name(path, name))
    return rejected


def sample(mutants: dict[str, list[str]], lines: Counter[str], seed: int, count: int) -> list[str]:
    """At least `count` names: of each package as many as its part of all lines."""
    chosen = []
    for package in sorted(mutants):
        part = -(-count * lines[package] // lines.total())  # rounded up
        names = sorted(mutants[package])
        chosen += random.Random(f"{seed} {package}").sample(names, min(part, len(names)))
    return chosen


def _results_of(path: Path) -> dict[str, int | None]:
    data = SourceFileMutationData(path=path)
    data.load()
    return dict(data.exit_code_by_key)


def _report(names: list[str]) -> int:
    """Print a row for each package, and what each survivor changes."""
    codes = {
        name: code for path in walk_mutatable_files() for name, code in _results_of(path).items()
    }
    results = {name: status_by_exit_code[codes[name]] for name in names}
    for package in sorted({name.split(".")[1] for name in names}):
        counts = Counter(
            result for name, result in results.items() if name.split(".")[1] == package
        )
        print(
            f"{package}: {counts.total()} mutants,",
            ", ".join(f"{n} {r}" for r, n in counts.items()),
        )
    for name, result in results.items():
        if result not in KILLED:
            print(f"\n{name}: {result}\n{get_diff_for_mutant(name)}")
    killed = sum(result in KILLED for result in results.values())
    print(f"\n{killed} of {len(names)} mutants were killed: {killed / len(names):.1%}")
    return 0 if killed >= GOAL * len(names) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The benchmarks' figures as a Markdown table."""

from collections.abc import Mapping

from tests.benchmarks.harness import Result

__all__ = ["table"]

SIGNS = {True: "yes", False: "**no**", None: ""}


def table(results: Mapping[str, Result]) -> str:
    """All rows of all benchmarks; the first row of each has its name."""
    lines = ["| | what | measured | goal | met |", "|---|---|---|---|---|"]
    for name, result in results.items():
        for number, row in enumerate(result.rows):
            first = f"**{name}**" if number == 0 else ""
            lines.append(
                f"| {first} | {row.what} | {row.measured} | {row.goal} | {SIGNS[row.is_met]} |"
            )
    return "\n".join(lines) + "\n"

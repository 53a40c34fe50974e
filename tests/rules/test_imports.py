"""Imports go one way, and what is foreign is known in one place."""

import ast
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reminder_bot"

# Each of these is imported only by modules that begin so.
ONLY_IN = {
    "telegram": ("reminder_bot.bot_api.",),
    "sqlalchemy": ("reminder_bot.storage.",),
    "alembic": ("reminder_bot.storage.",),
    "sqlite3": ("reminder_bot.storage.",),
    "psycopg": ("reminder_bot.storage.",),
    "apscheduler": ("reminder_bot.engine.ticking",),
    "resvg_py": ("reminder_bot.pictures.renderer_process",),
    "reminder_bot.settings": (
        "reminder_bot.cli",
        "reminder_bot.check",
        "reminder_bot.app",
        "reminder_bot.demo",
    ),
    "reminder_bot.simulator": ("reminder_bot.simulator.", "reminder_bot.demo"),
}


def module_of(file: Path) -> str:
    """The dotted name, with a dot after a package's, so that it begins like its modules' names."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1]) + "." if parts[-1] == "__init__" else ".".join(parts)


def imports_of(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write imports from the root of the package"
            # `from reminder_bot import settings` imports a module, too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_part_of(imported: str, package: str) -> bool:
    return f"{imported}.".startswith(f"{package}.")


MODULES = {module_of(file): sorted(set(imports_of(file))) for file in sorted(PACKAGE.rglob("*.py"))}


def test_imports_go_one_way_from_the_command_line_to_the_domain() -> None:
    command = Path(sysconfig.get_path("scripts"), "lint-imports")

    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", ONLY_IN)
def test_what_is_foreign_is_imported_in_one_place(package: str) -> None:
    strangers = [
        f"{module} imports {imported}"
        for module, imports in MODULES.items()
        for imported in imports
        if is_part_of(imported, package) and not module.startswith(ONLY_IN[package])
    ]

    assert strangers == []


def test_the_domain_knows_the_standard_library_and_itself_only() -> None:
    strangers = [
        f"{module} imports {imported}"
        for module, imports in MODULES.items()
        if module.startswith("reminder_bot.domain.")
        for imported in imports
        if imported.partition(".")[0] not in sys.stdlib_module_names
        and not is_part_of(imported, "reminder_bot.domain")
    ]

    assert strangers == []


def test_the_simulator_knows_the_clock_only() -> None:
    strangers = [
        f"{module} imports {imported}"
        for module, imports in MODULES.items()
        if module.startswith("reminder_bot.simulator.")
        for imported in imports
        if is_part_of(imported, "reminder_bot")
        and not is_part_of(imported, "reminder_bot.simulator")
        and not is_part_of(imported, "reminder_bot.clock")
    ]

    assert strangers == []


def test_what_runs_in_a_transaction_is_a_plain_function() -> None:
    """Nobody can wait for Telegram, a file or a child process while a transaction is open."""
    asynchronous = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
        and any(
            each.annotation is not None and ast.unparse(each.annotation) == "Connection"
            for each in node.args.args
        )
    ]

    assert asynchronous == []


def test_only_the_storage_executes_statements() -> None:
    elsewhere = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if "storage" not in file.parts
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if "connection.execute" in line
    ]

    assert elsewhere == []

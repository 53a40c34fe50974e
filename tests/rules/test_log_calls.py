"""Every log call of the package has the form that reminder_bot/logs.py describes."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "reminder_bot"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
OPTIONS = {"extra", "exc_info", "stack_info"}
RESERVED = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"} | {
    "at",
    "level",
    "logger",
    "event",
    "traceback",
}


def log_calls(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and re.fullmatch(r"log|logging\.getLogger\(.*\)", ast.unparse(node.func.value))
        ):
            yield node


def faults(source: str) -> list[str]:
    """What is wrong with the log calls of a module, with their lines."""
    return [
        f"{call.lineno}: {fault}" for call in log_calls(source) if (fault := fault_of_call(call))
    ]


def fault_of_call(call: ast.Call) -> str | None:
    if len(call.args) != 1:
        return "an event and nothing else by position"
    if not re.fullmatch(r"'[a-z]+(_[a-z]+)*'", ast.unparse(call.args[0])):
        return f"{ast.unparse(call.args[0])} is not one word in snake_case"
    options = {option.arg: option.value for option in call.keywords}
    if odd := options.keys() - OPTIONS:
        return f"{odd} is no option of a log call"
    extra = options.get("extra", ast.Dict([], []))
    if not isinstance(extra, ast.Dict):
        return "extra is not written out as a dict"
    names = {key.value for key in extra.keys if isinstance(key, ast.Constant)}
    return f"{names & RESERVED} is a name of the record's own" if names & RESERVED else None


def test_log_calls_name_an_event_and_give_the_rest_as_fields() -> None:
    found = {
        file.relative_to(PACKAGE).as_posix(): wrong
        for file in sorted(PACKAGE.rglob("*.py"))
        if (wrong := faults(file.read_text()))
    }

    assert found == {}


@pytest.mark.parametrize(
    "call",
    [
        "log.info('sent', extra={'check_in': 7})",
        "log.exception('send_failed')",
        "log.error('send_failed', exc_info=error, extra={kind: row_id, **counts})",
        "print('a sentence')",
    ],
)
def test_a_call_of_the_right_form_passes(call: str) -> None:
    assert faults(call) == []


@pytest.mark.parametrize(
    "call",
    [
        "log.info('sent check_in=%d', 7)",
        "log.info('a sentence')",
        "log.info(f'sent_{what}')",
        "log.warning(text)",
        "log.info('Sent')",
        "log.info('sent', extra={'name': 7})",
        "log.info('sent', extra={'event': 7})",
        "log.info('sent', extra=fields)",
        "logging.getLogger(__name__).warning('a sentence')",
    ],
)
def test_each_way_to_leave_the_form_is_seen(call: str) -> None:
    assert len(faults(call)) == 1

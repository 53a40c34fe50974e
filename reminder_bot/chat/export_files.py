"""/export: everything that is known of somebody, once as a table for a spreadsheet and once as
JSON.

The table has a row for each row that is stored, and a column for each name that any of them uses.
Instants are in UTC, as they are kept; days are the person's own.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from reminder_bot.bot_api.transport import File

__all__ = ["files_of"]

# A spreadsheet runs cells that begin with these as formulas; an apostrophe makes them text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def files_of(rows: Mapping[str, Sequence[Mapping[str, Any]]], day: date) -> tuple[File, File]:
    """The two files; `rows` by table."""
    plain = {
        table: [{name: _plain(value) for name, value in row.items()} for row in of]
        for table, of in rows.items()
    }
    as_json = json.dumps(plain, ensure_ascii=False, indent=2)
    return (
        File(f"reminder-bot-{day}.csv", b"\xef\xbb\xbf" + _table(plain).encode(), "text/csv"),
        File(f"reminder-bot-{day}.json", as_json.encode(), "application/json"),
    )


def _table(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    columns = dict.fromkeys(name for of in rows.values() for row in of for name in row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["table", *columns], restval="")
    writer.writeheader()
    for table, of in rows.items():
        for row in of:
            writer.writerow({"table": table} | {name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date | time) else value

"""/export: everything that is stored about a user, as a CSV table and as JSON.

The table has one row for each stored row of any kind, and a column for each name that one of them
uses. Instants are in UTC, as they are stored; days are the user's own.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from reminder_bot.bot_api.transport import File

__all__ = ["files_of"]

# Spreadsheets evaluate cells that begin with these as formulas; an apostrophe makes them text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def files_of(rows: Mapping[str, Sequence[Mapping[str, Any]]], day: date) -> tuple[File, File]:
    """The CSV and the JSON file. rows: by table."""
    plain = {
        table: [{name: _plain(value) for name, value in row.items()} for row in of]
        for table, of in rows.items()
    }
    as_json = json.dumps(plain, ensure_ascii=False, indent=2)
    return (
        # With a byte order mark, without which Excel does not read UTF-8.
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

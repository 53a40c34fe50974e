"""The files of /export open everywhere, hold what is stored, and run nothing."""

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.bot_api.transport import File
from reminder_bot.chat.export_files import files_of

DAY = date(2026, 3, 2)
TEN_IN_BERLIN = datetime(2026, 3, 2, 10, tzinfo=timezone(timedelta(hours=1)))
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"id": 7, "zone": "Europe/Berlin", "wake": time(7), "is_tidy": False, "paused_at": None}
    ],
    "habits": [{"id": 1, "user_id": 7, "kind": "custom", "words": "Spazieren, „langsam“\n💧"}],
    "entries": [
        {"id": 1, "day": DAY, "amount": 250, "recorded_at": TEN_IN_BERLIN},
        {"id": 2, "day": DAY, "amount": -5, "recorded_at": TEN_IN_BERLIN},
    ],
    "pauses": [],
}


def table_of(file: File) -> list[dict[str, str]]:
    """As a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))


def test_the_files_say_what_they_are() -> None:
    table, as_json = files_of(ROWS, DAY)

    assert [table.name, as_json.name] == [
        "reminder-bot-2026-03-02.csv",
        "reminder-bot-2026-03-02.json",
    ]
    assert [table.mime, as_json.mime] == ["text/csv", "application/json"]


def test_the_table_has_a_line_for_each_row_that_is_stored() -> None:
    found = table_of(files_of(ROWS, DAY)[0])

    assert [each["table"] for each in found] == ["users", "habits", "entries", "entries"]
    assert found[0]["wake"] == "07:00:00"
    assert found[1]["words"] == ROWS["habits"][0]["words"]
    assert found[2] | {"id": "1", "amount": "250", "zone": ""} == found[2]


def test_the_table_begins_with_the_mark_of_utf_8() -> None:
    assert files_of(ROWS, DAY)[0].content.startswith(b"\xef\xbb\xbf")


def test_json_holds_the_same_and_every_table() -> None:
    found = json.loads(files_of(ROWS, DAY)[1].content)

    assert list(found) == list(ROWS)
    assert found["entries"][0] == {
        "id": 1,
        "day": "2026-03-02",
        "amount": 250,
        "recorded_at": "2026-03-02T09:00:00+00:00",
    }
    assert found["users"][0]["paused_at"] is None
    assert found["habits"][0]["words"] == ROWS["habits"][0]["words"]


def test_instants_are_in_utc() -> None:
    table, as_json = files_of(ROWS, DAY)

    assert table_of(table)[2]["recorded_at"] == "2026-03-02T09:00:00+00:00"
    assert (
        datetime.fromisoformat(json.loads(as_json.content)["entries"][0]["recorded_at"]).tzinfo
        == UTC
    )


@pytest.mark.parametrize(
    "words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']
)
def test_what_a_spreadsheet_would_run_is_text(words: str) -> None:
    (row,) = table_of(files_of({"habits": [{"words": words}]}, DAY)[0])

    assert row["words"] == f"'{words}"


def test_a_number_stays_a_number() -> None:
    assert table_of(files_of(ROWS, DAY)[0])[3]["amount"] == "-5"


def test_of_somebody_nothing_is_known_of_the_files_are_empty_and_open_all_the_same() -> None:
    table, as_json = files_of({"users": []}, DAY)

    assert table_of(table) == []
    assert json.loads(as_json.content) == {"users": []}


@given(words=st.text(max_size=60))
def test_whatever_somebody_wrote_comes_out_as_it_was(words: str) -> None:
    table, as_json = files_of(
        {"habits": [{"id": 1, "words": words}, {"id": 2, "words": None}]}, DAY
    )

    first, second = table_of(table)
    assert first["words"].removeprefix("'") == words.removeprefix("'")
    assert not first["words"].startswith(("=", "+", "-", "@"))
    assert second["words"] == ""
    assert json.loads(as_json.content)["habits"][0]["words"] == words

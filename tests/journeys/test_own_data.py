"""All data about a person can be exported, and deleted to the last row, whatever is in progress."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from reminder_bot.simulator import Message, Person
from reminder_bot.simulator.faults import Fault
from reminder_bot.storage.tables import metadata
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
OF_USERS = [table for table in metadata.sorted_tables if "user_id" in table.c]


async def rows_of(world: World, user_id: int) -> dict[str, int]:
    """The number of rows about a user in each table that has any, when no edit is pending."""
    await world.edits_settled()
    users = metadata.tables["users"]
    counts = {"users": select(func.count()).where(users.c.id == user_id)}
    counts |= {
        table.name: select(func.count()).where(table.c.user_id == user_id) for table in OF_USERS
    }
    found = {name: (await world.rows(query))[0][0] for name, query in counts.items()}
    return {name: count for name, count in found.items() if count}


async def lived(world: World, *people: Person) -> None:
    """A morning, a pause and a week, so that every table has rows about these people."""
    for person in people:
        await world.set_up(person)
    world.move_to(local("2026-03-02 07:30", BERLIN))
    for person in people:
        question = await person.expect("💧 A glass of water?")
        await (await person.tap("Yes", question)).answered()
        await person.expect("250 of 1,250 ml")
        await person.send("/water 330")
        await person.expect("330 ml")
        await person.send("/pause 1d")
        await person.expect("Paused until")
        await person.send("/resume")
        await person.expect("Welcome back.")
    world.move_to(local("2026-03-08 18:00", BERLIN))
    for person in people:
        await person.expect("Your week, ")


def document(person: Person, suffix: str) -> bytes:
    found = [
        each.file
        for each in person.messages
        if each.file is not None and each.file.filename.endswith(suffix)
    ]
    assert len(found) == 1, person.transcript()
    return found[0].content


async def test_an_export_holds_all_and_only_what_is_known_of_one_person(world: World) -> None:
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    await lived(world, ana, ben)
    await ben.send("/water 1 l")
    await ben.expect("1,000 ml")
    before = await rows_of(world, 1)
    await ana.send("/export")
    await ana.until(
        lambda: (
            len([each for each in ana.messages if each.file and each.file.kind == "document"]) == 2
        )
    )

    as_json: dict[str, list[dict[str, Any]]] = json.loads(document(ana, ".json"))
    assert {name: len(rows) for name, rows in as_json.items() if rows} == before
    assert {row["user_id"] for rows in as_json.values() for row in rows if "user_id" in row} == {1}
    assert [row["id"] for row in as_json["users"]] == [1]
    for table in OF_USERS:
        if "id" in table.c:
            ids = [id for (id,) in await world.rows(select(table.c.id).where(table.c.user_id == 1))]
            assert sorted(row["id"] for row in as_json.get(table.name, ())) == sorted(ids)
    assert sorted(row["amount"] for row in as_json["entries"]) == [250, 330]
    assert as_json["entries"][0]["recorded_at"].startswith("2026-03-02T06:30:0")
    text = document(ana, ".csv").decode("utf-8-sig")
    table_rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {name: sum(row["table"] == name for row in table_rows) for name in before} == before
    assert [row["amount"] for row in table_rows if row["table"] == "entries"] == ["250", "330"]
    assert "None" not in text


async def test_a_habits_words_are_no_formula_in_a_spreadsheet(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await ana.send("/habits")
    await ana.expect("Your habits")
    for button, says in (("Add", "Add a habit"), ("⭐ Your own", "Send it in a few words")):
        await ana.tap(button)
        await ana.expect(says)
    await ana.send('=HYPERLINK("http://evil","walk")')
    await ana.expect("⭐ =HYPERLINK")
    await ana.send("/export")
    await ana.until(lambda: len([each for each in ana.messages if each.file]) == 2)

    rows = csv.DictReader(io.StringIO(document(ana, ".csv").decode("utf-8-sig"), newline=""))
    assert [row["words"][0] for row in rows if row["words"]] == ["'"]
    assert any(
        row["words"] == '=HYPERLINK("http://evil","walk")'
        for row in json.loads(document(ana, ".json"))["habits"]
    )


async def test_delete_leaves_no_row_in_any_table(world: World) -> None:
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    await lived(world, ana, ben)
    count = sum((await rows_of(world, 1)).values())
    of_ben = await rows_of(world, 2)
    assert of_ben.keys() >= {"users", "habits", "reminders", "check_ins", "entries", "digests"}
    await erased(ana, count)

    assert await rows_of(world, 1) == {}
    assert await rows_of(world, 2) == of_ben


async def erased(person: Person, rows: int | None = None) -> Message:
    await person.send("/delete")
    asked = await person.expect("This deletes all that is known of you")
    assert rows is None or f"{rows} rows" in asked.text
    await (await person.tap("Delete all", asked)).answered()
    return await person.expect("Deleted:")


async def test_delete_while_a_digest_is_on_its_way_leaves_no_row(world: World) -> None:
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    for person in (ana, ben):
        await world.set_up(person)
    await world.asked(ana, "2026-03-02 07:30", "💧")
    await (await ana.tap("Yes", ana.newest)).answered()
    world.server.faults.add("sendPhoto", Fault.delay_after(1.5), chat_id=1)
    world.move_to(local("2026-03-08 18:00", BERLIN))
    await ana.expect("Your week, ")  # Telegram has it, and has not answered yet
    await erased(ana)
    await world.until(lambda: is_told(world), "Ben's digest")
    await world.asked(ben, "2026-03-09 07:30", "💧")

    assert await rows_of(world, 1) == {}
    assert "Traceback" not in world.log()


async def is_told(world: World) -> bool:
    return await world.rows("SELECT status FROM digests WHERE user_id = 2") == [("sent",)]


async def test_delete_while_a_picture_is_rendered_leaves_no_row(
    world: World, tmp_path: Path
) -> None:
    await world.stop()
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(
        "import sys, time\nif any(each.endswith('brush') for each in sys.orig_argv):\n    "
        "time.sleep(1.5)\n"
    )
    world.environment["PYTHONPATH"] = f"{slow}:{__file__.rpartition('/tests/')[0]}"
    await world.start()
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    for person in (ana, ben):
        await world.set_up(person)
    await world.asked(ana, "2026-03-02 12:00", "🥛")
    await (await ana.tap("Yes", ana.newest)).answered()
    await ana.expect("done for today")
    await ana.send("/stats")
    await world.server.updates.confirmed()  # the picture is being rendered
    await erased(ana)
    assert len(world.server.accepted("sendPhoto", 1)) == 1
    await ben.send("/today")
    await ben.expect("Today,")

    assert await rows_of(world, 1) == {}
    assert "Traceback" not in world.log()

"""Several people: they do not affect each other, leave and come back, are strangers, are erased."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reminder_bot.content import SAFETY_FIRST
from reminder_bot.simulator.faults import Fault
from reminder_bot.storage.tables import metadata
from tests.support.nursery import ForkedWorld
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
TABLES = tuple(table.name for table in metadata.sorted_tables if "user_id" in table.c)


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    """A bot that is not started yet, at 07:01 in Berlin on a Monday."""
    async with ForkedWorld(folder) as world:
        world.move_to(local("2026-03-02 07:01", BERLIN))
        yield world
        assert "Traceback" not in world.log(), world.log()


async def rows_of(world: World, user_id: int) -> int:
    """The number of rows about a user in all tables together, as soon as no edit is pending."""
    await world.edits_settled()
    counts = " + ".join(f"(SELECT count(*) FROM {table} WHERE user_id = :id)" for table in TABLES)
    [(rows,)] = await world.rows(
        f"SELECT (SELECT count(*) FROM users WHERE id = :id) + {counts}", id=user_id
    )
    assert isinstance(rows, int)
    return rows


async def test_two_people_live_by_their_own_clocks_and_never_see_each_other(world: World) -> None:
    await world.start()
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    await world.set_up(ana, BERLIN)
    await world.set_up(ben, "Asia/Tokyo")  # 15:01 there

    world.move_to(local("2026-03-02 07:30", BERLIN))
    of_ana = await ana.expect("A glass of water?")
    world.move_to(local("2026-03-02 17:30", "Asia/Tokyo"))
    of_ben = await ben.expect("A glass of water?")
    await (await ana.tap("Yes", of_ana)).answered()
    await ana.expect("250 of 1,250 ml")
    stolen = (
        next(button.data for row in of_ben.buttons for button in row if button.text == "Yes") or ""
    )
    toast = await (await ana.tap_raw(stolen, of_ana.message_id)).answered()

    assert toast is not None
    assert toast.text == "This button is from an older message."
    assert "0 of 1,250 ml" in of_ben.text
    assert await world.rows("SELECT user_id FROM entries") == [(1,)]


async def test_a_person_who_blocks_the_bot_is_asked_again_only_when_they_are_back(
    world: World,
) -> None:
    await world.start()
    ana, ben, eve = (world.server.person(id, f"P{id}") for id in (1, 2, 3))
    for person in (ana, ben, eve):
        await world.set_up(person, BERLIN)

    async def unreachable() -> bool:
        return await world.rows(
            "SELECT id FROM users WHERE unreachable_at IS NOT NULL ORDER BY id"
        ) == [(1,), (2,)]

    await ana.block()  # Telegram tells the bot
    await ben.deactivate()  # the bot learns of it when it writes
    world.move_to(local("2026-03-02 07:30", BERLIN))
    await eve.expect("A glass of water?")
    await world.until(unreachable, "both to be known as unreachable")
    world.move_to(local("2026-03-02 10:00", BERLIN))
    await eve.expect(lambda message: "A glass of water?" in message.text and not message.history)
    tried = [call for call in world.server.log if call.chat_id in {1, 2} and call.status == 403]
    assert [call.chat_id for call in tried] == [2], (
        "one attempt: Telegram sends no update about Ben"
    )

    await ana.unblock()
    await world.server.updates.confirmed()
    await world.asked(ana, "2026-03-02 12:30", "💧")
    assert await world.rows("SELECT id FROM users WHERE unreachable_at IS NOT NULL") == [(2,)]

    world.server.faults.add(
        "sendMessage", Fault.refusal(403, "Forbidden: bot was blocked by the user"), chat_id=3
    )
    world.move_to(local("2026-03-02 15:00", BERLIN))
    await ana.expect(lambda message: "A glass of water?" in message.text and not message.history)

    async def eve_is_gone() -> bool:
        return (3,) in await world.rows("SELECT id FROM users WHERE unreachable_at IS NOT NULL")

    await world.until(eve_is_gone, "a 403 without my_chat_member")
    await eve.send("/start")
    await eve.expect("Today, Monday 2 Mar")
    await world.asked(eve, "2026-03-02 17:30", "💧")


async def test_strangers_change_nothing_and_are_pointed_to_start(world: World) -> None:
    await world.start()
    eve = world.server.person(3, "Eve")
    for words in ("hello", "yes", "/delete", "500 ml"):
        await eve.send(words)
        await eve.expect("Send /start")
    toast = await (await eve.tap_raw("v1:yes:1", 99)).answered()
    assert toast is not None
    assert "/start" in toast.text
    await eve.share_location(52.5, 13.4)
    await eve.expect("Send /start")
    await eve.send_sticker()
    await eve.expect("Send /start")
    await eve.send("/privacy")
    await eve.expect("What is kept")
    await eve.block()
    await eve.unblock()
    await world.server.updates.confirmed()

    for table in ("users", *TABLES):
        assert await world.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    group = world.server.group(-100, "Friends")
    await group.send(eve, "/start")
    await group.send(eve, "just talking")
    await world.server.updates.confirmed()
    await eve.send("hello")
    await eve.expect("Send /start")
    said = [message.text for message in group.messages if message.from_bot]
    assert said == ["I talk in private only: https://t.me/reminder_test_bot"]
    assert await world.rows("SELECT count(*) FROM users") == [(0,)]


async def test_only_allowed_users_are_served_if_the_host_has_named_them(world: World) -> None:
    world.environment["REMINDER_BOT_ALLOWED_USERS"] = "1,2"
    await world.start()
    ana, eve = world.server.person(1, "Ana"), world.server.person(3, "Eve")

    await eve.send("/start")
    await eve.expect("This bot is private.")
    toast = await (await eve.tap_raw("v1:start", 99)).answered()
    assert toast is not None
    assert "private" in toast.text
    await world.set_up(ana, BERLIN)

    assert await world.rows("SELECT id FROM users") == [(1,)]


async def test_help_and_privacy_say_all_that_they_must(world: World) -> None:
    await world.start()
    ana = world.server.person(1)
    await world.set_up(ana, BERLIN)
    await ana.send("/help")
    shown = await ana.expect("Health notes")
    await ana.send("/privacy")
    privacy = await ana.expect("What is kept")

    assert [note for note in SAFETY_FIRST if note not in shown.text] == []
    assert "/delete" in privacy.text
    await ana.send("/nonsense")
    await ana.expect("/help")


async def test_erase_says_how_much_asks_once_and_leaves_no_row(world: World) -> None:
    await world.start()
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    await world.set_up(ana, BERLIN)
    await world.set_up(ben, BERLIN)
    world.move_to(local("2026-03-02 07:30", BERLIN))
    question = await ana.expect("A glass of water?")
    await ben.expect("A glass of water?")
    await (await ana.tap("Yes", question)).answered()
    await ana.expect("250 of 1,250 ml")
    await ana.send("/delete")
    kept = await ana.expect("This deletes all")
    await ana.tap("Keep", kept)
    await ana.expect("Nothing was deleted.")
    rows = await rows_of(world, 1)
    await ana.send("/delete")
    sure = await ana.expect("This deletes all")
    assert f"{rows} rows" in sure.text

    # A reminder is being sent while everything is deleted.
    world.server.faults.add("sendMessage", Fault.delay_after(1.5), chat_id=1)
    world.move_to(local("2026-03-02 08:00", BERLIN))
    await ana.expect("A few quiet minutes?")
    await ana.tap("Delete all", sure)
    await ana.expect("Deleted:")

    assert await rows_of(world, 1) == 0
    before = await rows_of(world, 2)
    late = await ana.tap("Undo", question)
    toast = await late.answered()
    assert toast is not None
    assert "/start" in toast.text
    again = await ana.tap_raw("v1:erase:yes", sure.message_id)
    await again.answered()
    world.move_to(local("2026-03-02 10:00", BERLIN))
    await ben.expect(lambda message: "A glass of water?" in message.text and not message.history)
    assert await rows_of(world, 1) == 0
    assert await rows_of(world, 2) >= before
    assert [
        call
        for call in world.server.accepted("sendMessage", 1)
        if call.at >= local("2026-03-02 10:00", BERLIN)
    ] == []
    await ana.send("hello")
    await ana.expect("Send /start")
    assert await rows_of(world, 1) == 0

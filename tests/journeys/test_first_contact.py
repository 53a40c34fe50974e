"""The first minute: from /start to the plan, by clock, city or location, through restarts at every step."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reminder_bot.simulator import Person
from tests.support.world import World, labels, local


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A running bot at 12:00 in Berlin on a working day."""
    async with World(tmp_path) as world:
        world.move_to(local("2026-03-02 12:00", "Europe/Berlin"))
        await world.start()
        yield world
        assert "Traceback" not in world.log(), world.log()


async def at_zone_step(world: World, id: int, language: str = "de") -> Person:
    person = world.server.person(id, language_code=language)
    await person.send("/start")
    await person.expect("Small daily habits")
    await person.tap("Start")
    await person.expect("What time is it")
    return person


async def zone_of(world: World, person: Person) -> object:
    [(zone,)] = await world.rows("SELECT zone FROM users WHERE id = :id", id=person.id)
    return zone


async def test_a_zone_is_told_by_clock_in_few_taps(world: World) -> None:
    ana = await at_zone_step(world, 1)
    assert "12:00" in labels(ana.newest)
    for forged in ("--60", "9999", "60/1", "1e3", "-", "60:0"):
        await (await ana.tap_raw(f"v1:clock:{forged}", ana.newest.message_id)).answered()
    await (await ana.tap_raw("v1:zone:Mars/Phobos", ana.newest.message_id)).answered()
    await ana.tap("12:00")
    cities = await ana.expect("Which of these cities")
    assert any(label.startswith("Berlin") for label in labels(cities))
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("Other")
    all_clocks = await ana.expect(lambda message: len(labels(message)) > 20)
    assert {"11:00", "16:30", "16:45", "00:00"} <= labels(all_clocks)
    await ana.tap("16:45")  # one zone has it: Kathmandu
    await ana.expect("Kathmandu: 16:45")

    assert await zone_of(world, ana) == "Asia/Kathmandu"
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("13:00")
    same_clock = await ana.expect("Which of these cities")
    assert len(labels(same_clock)) > 5
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("12:00")
    await ana.expect("Which of these cities")
    await ana.tap(next(label for label in labels(ana.newest) if label.startswith("Berlin")))
    await ana.expect("Berlin: 12:00")
    await ana.tap("7 – 23")
    plan = await ana.expect("All set.")
    assert await zone_of(world, ana) == "Europe/Berlin"
    assert "today at 12:30" in plan.text


async def test_a_zone_is_told_by_a_typed_city(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Atlantis")
    lost = await ana.expect("can't find “Atlantis”")
    assert "like Lisbon" in lost.text
    await ana.send("Springfield")
    await ana.expect("Which one is it?")
    assert len(labels(ana.newest)) > 2, "two places of one name must be told apart"
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("Type a city")
    await ana.expect("Send me the name of a city")
    await ana.send("san jose")
    await ana.expect("Which one is it?")
    costa_rica = next(label for label in labels(ana.newest) if "CR" in label)
    await ana.tap(costa_rica)
    await ana.expect("Costa Rica: 05:00")

    assert await zone_of(world, ana) == "America/Costa_Rica"
    cards = [message for message in ana.messages if message.from_bot]
    assert len(cards) == 1, ana.transcript()  # one card, below what was typed


async def test_a_zone_is_told_by_a_location_that_nobody_keeps(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.tap("📍 Location")
    await ana.until(lambda: ana.keyboard is not None)
    assert ana.keyboard is not None
    assert ana.keyboard[0][0].asks_location
    cancel = ana.keyboard[1][0].text
    await world.server.updates.confirmed()
    await world.until_async(lambda: helper_is_known(world), "the helper to be known")
    await ana.send(cancel)
    await ana.until(lambda: ana.keyboard is None)
    await ana.until(lambda: len(ana.messages) == 2)  # /start and the card
    assert await zone_of(world, ana) is None

    await ana.tap("📍 Location")
    await ana.until(lambda: ana.keyboard is not None)
    await world.until_async(lambda: helper_is_known(world), "the helper to be known")
    place = await ana.share_location(-41.28664, 174.77557)
    await ana.expect("Auckland: 00:00")
    await ana.until(lambda: ana.keyboard is None and place not in ana.messages and len(ana.messages) == 2)

    assert await zone_of(world, ana) == "Pacific/Auckland"
    assert "41.28" not in world.log()
    assert b"41.28" not in (world.folder / "bot.sqlite3").read_bytes()


async def helper_is_known(world: World) -> bool:
    return await world.rows("SELECT count(*) FROM users WHERE helper_message_id IS NOT NULL") == [(1,)]


async def test_hours_are_told_by_tap_or_typed(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("When do you get up")
    await ana.send("25:00")
    lost = await ana.expect("I can't read “25:00”")
    assert "07:00 23:00" in lost.text
    assert len(lost.text) <= 120
    await ana.send("9 to 16")
    await ana.expect("at least 8 hours awake")
    await ana.tap("Other")
    await ana.expect("When do you get up?")
    await ana.tap("14:00")
    sleeps = await ana.expect("When do you want to be asleep?")
    assert "06:00" in labels(sleeps)
    await ana.tap("Back")
    await ana.expect("When do you get up?")
    await ana.tap("Back")
    await ana.expect("When do you get up, and")
    await ana.send("6:30 22:15")
    plan = await ana.expect("All set.")

    assert "quiet from 22:15 to 06:30" in plan.text
    assert await world.rows("SELECT wake, sleep FROM users") == [("06:30:00.000000", "22:15:00.000000")]


async def test_a_kill_at_every_step_resumes_at_the_same_step(world: World) -> None:
    ana = world.server.person(1, language_code="de")

    async def killed_then(act: Callable[[], Awaitable[object]], says: str) -> None:
        await world.kill()
        await act()
        await world.start()
        await ana.expect(says)

    await killed_then(lambda: ana.send("/start"), "Small daily habits")
    await killed_then(lambda: ana.tap("Start"), "What time is it")
    await killed_then(lambda: ana.send("Berlin"), "When do you get up, and")
    await killed_then(lambda: ana.tap("Other"), "When do you get up?")
    await killed_then(lambda: ana.tap("07:00"), "When do you want to be asleep?")
    await killed_then(lambda: ana.send("/start"), "When do you want to be asleep?")
    await killed_then(lambda: ana.tap("23:00"), "All set.")

    cards = [message for message in ana.messages if message.from_bot]
    await ana.until(lambda: len([message for message in ana.messages if message.from_bot]) == 1)
    assert cards[-1].text.startswith("All set.")


async def test_start_again_resumes_or_shows_the_plan_and_erases_nothing(world: World) -> None:
    ana = world.server.person(1)
    await ana.send("/start")
    await ana.expect("Small daily habits")
    await ana.send("hello?")  # half-typed words where a tap is asked for bring the card below them
    await ana.expect("Small daily habits")
    await ana.tap("Start")
    await ana.expect("What time is it")
    await ana.send("/start")
    await ana.expect("What time is it")
    await ana.send("Berlin")
    await ana.expect("When do you get up")
    await ana.tap("7 – 23")
    await ana.expect("All set.")
    world.move_to(local("2026-03-02 12:30", "Europe/Berlin"))
    await ana.expect("A glass of water?")
    await (await ana.tap("Yes")).answered()
    before = await world.rows("SELECT count(*) FROM entries")

    await ana.send("/start")

    plan = await ana.expect("All set.")
    assert "The next reminder comes today at 15:00" in plan.text
    assert await world.rows("SELECT count(*) FROM entries") == before == [(1,)]


async def test_a_night_workers_day_goes_over_midnight(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("When do you get up")
    await ana.send("14:00 06:00")
    plan = await ana.expect("All set.")
    assert "today at 14:30" in plan.text
    assert "quiet from 06:00 to 14:00" in plan.text

    asked = []
    for at, sign in (
        ("02 14:30", "💧"), ("02 15:00", "🧘"), ("02 17:00", "💧"), ("02 19:00", "🥛"), ("03 00:30", "💧"),
        ("03 03:00", "💧"), ("03 05:15", "🌙"), ("03 14:15", "🌙"),
    ):  # fmt: skip
        asked.append((await world.asked(ana, f"2026-03-{at}", sign)).text)
    assert asked[-2].startswith("🌙 05:15. Asleep by 06:00 gives you 8 h.")
    assert asked[-1] == "🌙 Asleep by 06:00 last night?"
    # In the quiet hours nobody was asked anything.
    for call in world.server.accepted("sendMessage", ana.id):
        if "v1:yes" in str(call.parameters):
            minute = f"{call.at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}"
            assert not "06:00" <= minute < "14:00"

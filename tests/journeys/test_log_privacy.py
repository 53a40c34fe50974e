"""At DEBUG, with every library's logger at DEBUG too, a log holds nothing that people wrote, no
name and no token.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reminder_bot.simulator import Fault
from tests.support.child import LOUD
from tests.support.nursery import ForkedWorld
from tests.support.world import TOKEN, World, local

BERLIN, LISBON = "Europe/Berlin", "Europe/Lisbon"
NAME, USERNAME, OWN_HABIT = "Xanthippe Quokka", "quokka_9931", "Feed the axolotl"
TYPED = (OWN_HABIT, "zebras at dawn <b>", "marmalade 25:99")


@pytest.fixture
async def loud_world(folder: Path) -> AsyncIterator[World]:
    async with ForkedWorld(folder) as world:
        world.environment |= {"REMINDER_BOT_LOG_LEVEL": "DEBUG", LOUD: "1"}
        world.move_to(local("2026-03-02 07:01", BERLIN))
        await world.start()
        yield world


async def test_a_log_at_debug_holds_nothing_of_what_people_wrote(loud_world: World) -> None:
    world = loud_world
    person = world.server.person(1, NAME, username=USERNAME)
    await world.set_up(person, city="Lisbon, Portugal")
    await person.send("/habits")
    await person.expect("Your habits")
    for button, says in (("Add", "Add a habit"), ("⭐ Your own", "Send it in a few words")):
        await person.tap(button)
        await person.expect(says)
    await person.send(OWN_HABIT)
    await person.expect(f"⭐ {OWN_HABIT}")
    for words, answer in zip(TYPED[1:], ("I didn't get that", "as an amount"), strict=True):
        await person.send(words)
        await person.expect(answer)
    question = await world.asked(person, "2026-03-02 07:30", "💧", LISBON)
    await (await person.tap("Yes", question)).answered()
    # Telegram quotes what it refuses.
    refusal = Fault.refusal(400, f'Bad Request: can\'t parse entities: "{OWN_HABIT}"')
    world.server.faults.add("sendMessage", refusal)
    world.move_to(local("2026-03-02 12:00", LISBON))
    await world.until(lambda: "parse entities" in world.log(), "the refusal to be logged")
    await world.stop()

    log = world.log()
    assert " ready " in log
    secrets = (TOKEN, TOKEN.partition(":")[2], *NAME.split(), USERNAME, "Lisbon", *TYPED)
    found = [word for word in secrets if word.lower() in log.lower()]
    assert found == []
    assert "SELECT" not in log
    assert "/bot" not in log

"""The database file is removed under the running bot: nobody's update is lost, and no empty
database takes its place.
"""

from pathlib import Path

from reminder_bot.heartbeat import fault_of_heartbeat
from tests.journeys.test_backup import command, people
from tests.support.nursery import ForkedWorld

EX_CONFIG = 78


async def test_a_removed_database_is_reported_refused_and_restored(folder: Path) -> None:
    async with ForkedWorld(folder) as world:
        await world.start()
        ana, ben = world.server.person(7), world.server.person(8)
        await ana.send("/start")
        await ana.expect("Small daily habits")
        code, said = await command(world, "backup", folder / "backup.sqlite3")
        assert code == 0, said
        await world.server.updates.confirmed()

        remove_all(folder)
        await ben.send("/start")
        await world.until(
            lambda: "bot.sqlite3 was removed" in (fault_of_heartbeat(folder) or ""),
            "the bot to say that it is not healthy",
        )
        await world.until(lambda: "updates_wait_for_database" in world.log(), "the update to wait")
        assert "database_lost hint=" in world.log()
        assert not any(message.from_bot for message in ben.messages)
        assert await world.stop() == 0

        await world.start(wait=False)
        assert await world.ended() == EX_CONFIG
        assert "bot.sqlite3 is missing, although this bot has had one: restore" in world.log()
        assert not (folder / "bot.sqlite3").exists()

        code, said = await command(world, "restore", folder / "backup.sqlite3")
        assert code == 0, said
        await world.start()
        await ben.expect("Small daily habits")
        assert people(folder / "bot.sqlite3") == [(7,), (8,)]
        await world.stop()

        remove_all(folder)
        world.words = ("run", "--new")
        await world.start()
        await ana.send("/start")
        await ana.expect("Small daily habits")
        assert people(folder / "bot.sqlite3") == [(7,)]


def remove_all(folder: Path) -> None:
    for file in folder.glob("bot.sqlite3*"):
        file.unlink()

"""A backup is made while the bot runs, the disk fails, and the backup restores everybody's data."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from reminder_bot.storage.migrations import HEAD
from tests.support.nursery import ForkedWorld
from tests.support.world import ROOT, World


async def command(world: World, name: str, file: Path) -> tuple[int, str]:
    """Run a command with the settings of the bot; returns its exit code and its output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reminder_bot",
        name,
        str(file),
        env={
            "HOME": str(world.folder),
            "PYTHONPATH": str(ROOT),
            "REMINDER_BOT_DATA_DIR": str(world.folder),
            "REMINDER_BOT_DATABASE_URL": world.database_url,
        },
        cwd=world.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return await process.wait(), said.decode()


async def test_a_backup_of_a_running_bot_brings_its_people_back(folder: Path) -> None:
    backup, database = folder / "away.sqlite3", folder / "bot.sqlite3"
    async with ForkedWorld(folder) as world:
        await world.start()
        ana = world.server.person(7)
        await ana.send("/start")
        await ana.expect(lambda message: message.from_bot)
        known = people(database)

        assert await command(world, "backup", backup) == (0, f"{said_of(backup)}\n")
        assert (await command(world, "backup", backup))[0] == 1
        code, said = await command(world, "restore", backup)
        assert (code, "in use by another reminder-bot: stop it first" in said) == (1, True)

        await world.stop()
        database.write_bytes(b"what the disk has left of it" * 1000)
        await world.start(wait=False)
        assert await world.ended() == 78
        code, said = await command(world, "restore", backup)
        assert code == 0, said
        assert said.startswith(
            f"the database is restored from {backup}; the previous database is kept as "
            f"{database}.before-restore-"
        )

        await world.start()
        await ana.send("/start")
        await ana.expect(lambda message: message.from_bot)
        assert people(database) == known


def people(database: Path) -> list[tuple[int]]:
    """The ids of the users, read with a new connection: an old one would still use the old file."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT id FROM users").fetchall()


def said_of(backup: Path) -> str:
    size = backup.stat().st_size / 1e6
    return f"{backup} holds a checked copy of the database, {size:.1f} MB, at revision {HEAD}"

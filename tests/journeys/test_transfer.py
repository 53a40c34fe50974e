"""The host moves the bot from SQLite to PostgreSQL, and its users notice nothing."""

import asyncio
import sys
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from reminder_bot.simulator import Message, Person
from tests.journeys.test_week import figures_in
from tests.support.journal import Journal
from tests.support.postgres import Postgres
from tests.support.world import ROOT, World, labels, local

BERLIN = "Europe/Berlin"


class MovingWorld(World):
    """A world whose bot can be moved to another database."""

    async def __aenter__(self) -> "MovingWorld":
        await super().__aenter__()
        return self

    async def use(self, address: str) -> None:
        assert self._database is not None
        await self._database.close()
        self._database, self.database_url = None, address


async def transfer(world: World, address: str) -> tuple[int, str]:
    """Run `transfer` with the bot's settings, and the address on standard input. Returns its exit
    code and its output.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reminder_bot",
        "transfer",
        "-",
        env={
            "HOME": str(world.folder),
            "PYTHONPATH": str(ROOT),
            "REMINDER_BOT_DATA_DIR": str(world.folder),
            "REMINDER_BOT_DATABASE_URL": world.database_url,
            "REMINDER_BOT_LOG_LEVEL": "WARNING",
        },
        cwd=world.folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(f"{address}\n".encode())
    return await process.wait(), said.decode()


def asks(person: Person, sign: str) -> list[Message]:
    return [each for each in person.messages if each.from_bot and each.text.startswith(sign)]


async def answer(person: Person, choice: str, question: Message) -> None:
    await (await person.tap(choice, question)).answered()
    await person.expect(
        lambda message: message is question and labels(message) == {"Undo"}, new=False
    )


@pytest.mark.processes
async def test_people_move_to_postgresql_and_nothing_changes_for_them(
    tmp_path: Path, postgres: Postgres
) -> None:
    address = postgres.new_database(f"moved_{uuid4().hex}")
    async with MovingWorld(tmp_path) as world:
        world.move_to(local("2026-03-04 07:01", BERLIN))  # a Wednesday
        await world.start()
        ana, ben = world.server.person(7, "Ana"), world.server.person(8, "Ben")
        await world.set_up(ana, BERLIN)
        await world.set_up(ben, BERLIN)
        await answer(ana, "Yes", await world.asked(ana, "2026-03-04 07:30", "💧"))
        await world.settled(ben.id, local("2026-03-04 07:30", BERLIN))
        await answer(ben, "No", await world.asked(ben, "2026-03-04 08:00", "🧘"))
        food = await world.asked(ana, "2026-03-04 12:00", "🥛")
        code, said = await transfer(world, address)
        assert (code, "in use by another reminder-bot: stop it first" in said) == (1, True)

        assert await world.stop() == 0
        tapped = await ana.tap("Yes", food)  # Telegram keeps the update
        code, said = await transfer(world, address)
        assert code == 0, said
        assert "everything was copied to PostgreSQL (people: 2, rows: " in said
        await world.start(wait=False)
        assert await world.ended() == 78
        assert "bot.sqlite3 was moved to PostgreSQL: set REMINDER_BOT_DATABASE_URL" in world.log()

        await world.use(address)
        await world.start()
        await tapped.answered()
        await ana.expect(lambda message: message is food and labels(message) == {"Undo"}, new=False)
        await answer(ben, "Yes", asks(ben, "🥛")[0])
        for person in (ana, ben):
            await answer(person, "+500 ml", await world.asked(person, "2026-03-04 12:30", "💧"))
        for person in (ana, ben):
            await world.asked(person, "2026-03-04 15:00", "💧")
        await answer(ana, "Yes", await world.asked(ana, "2026-03-05 07:15", "🌙"))
        await world.settled(ben.id, local("2026-03-05 07:15", BERLIN))

        world.move_to(local("2026-03-08 18:00", BERLIN))
        for person in (ana, ben):
            digest = await person.expect("Your week, ")
            journal = Journal(world.server, person, BERLIN)
            signs = [each.sign for each in journal.asks()]
            assert signs[:6] == list("💧🧘🥛💧💧🌙"), person.transcript()
            week = journal.week(date(2026, 3, 7))
            counted = {sign: figures for sign, figures in week.items() if figures != (0, 0)}
            assert figures_in(digest) == counted, person.transcript()
        assert await world.rows("SELECT count(*) FROM users") == [(2,)]
        assert "Traceback" not in world.log(), world.log()

"""A flood in a simulated world: somebody writes 200 times a second, and the others notice nothing.

    07:29:50  the bot starts ── the flood begins ── 07:30 everybody is asked ── the flood ends

Meanwhile the others send /help again and again. How long they wait for it is compared with the same
world without a flood. Time is virtual, so the processor time of a flood does not count here.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from reminder_bot.bot_api.chat_pace import BURST, CHAT_INTERVAL
from reminder_bot.domain.send_rate import FREE_RATE
from reminder_bot.simulator import Call, Person
from reminder_bot.simulator.chats import Reach
from tests.simulation import virtual_loop, world
from tests.simulation.world import FIRST_ID, Plan, World, prepare, simulate

__all__ = ["FLOODS", "flood"]

BEGIN_AT, ASKED_AT = 9.5 + 59 / 60 + 50 / 3600, datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
PEOPLE = 8
A_SECOND = 200  # messages of the flood
# What Telegram counts, and what it therefore limits.
COUNTED = ("send", "edit", "delete", "setMessageReaction")
NEWCOMERS, OUTSIDERS = 300, 20  # answers a minute, to all of them together


class FloodWorld(World):
    """name: of the flood; empty for a world without one. seconds: how long it lasts."""

    name = ""
    seconds = 4.0
    waits: list[float]

    async def run(self) -> str:
        chance = random.Random(self.plan.seed)
        if self.name in INVITED_ONLY:
            self.allowed_users = frozenset(range(FIRST_ID, FIRST_ID + PEOPLE))
        self.people = [self.server.person(FIRST_ID + each, f"P{each}") for each in range(PEOPLE)]
        for each in self.people:
            self.server.chats.by_id[each.id].reach = Reach.OPEN
        self.start_bot()
        await asyncio.sleep(6)
        flooding = asyncio.ensure_future(self._flood(chance))
        self.waits = []
        asking = [self._ask_for_help(each, chance) for each in self.people[1:]]
        await asyncio.gather(flooding, *asking)
        await asyncio.sleep(12)
        return "; ".join(filter(None, (self._paced(), self._asked(), self._within_budgets())))

    async def _flood(self, chance: random.Random) -> None:
        if not self.name:
            return
        # The bot starts 10 s before everybody is asked: the flood lasts until after that.
        await asyncio.sleep(4 - self.seconds / 2)
        for number in range(int(self.seconds * A_SECOND)):
            await FLOODS[self.name](self, number, chance)
            await asyncio.sleep(1 / A_SECOND)

    async def _ask_for_help(self, person: Person, chance: random.Random) -> None:
        """Send /help a few times, and note how long the answers took."""
        await asyncio.sleep(chance.random() * 2)
        for _ in range(3):
            began, count = self.loop.now, self._helps(person)
            await person.send("/help")
            while self._helps(person) == count:  # noqa: ASYNC110  (virtual time)
                await asyncio.sleep(0.01)
            self.waits.append(self.loop.now - began)
            await asyncio.sleep(chance.random() * 2)

    def _helps(self, person: Person) -> int:
        return sum(each.text.startswith("I ask about") for each in person.messages)

    def _counted(self) -> list[Call]:
        return [
            call
            for call in self.server.log
            if call.method.startswith(COUNTED) and call.chat_id is not None
        ]

    def _paced(self) -> str:
        """No chat gets more than one call a second and a burst, and all together keep the rate."""
        times: dict[Any, list[float]] = {}
        for call in self._counted():
            times.setdefault(call.chat_id, []).append(call.monotonic)
        for chat_id, its in times.items():
            for first, since in enumerate(its):
                for last in range(first, len(its)):
                    allowed = BURST + 1 + (its[last] - since) / CHAT_INTERVAL + 0.2
                    if last - first + 1 > allowed:
                        return f"{last - first + 1} calls to {chat_id} in {its[last] - since:.1f} s"
        every = sorted(call.monotonic for call in self._counted())
        if any(b - a < 0.9 for a, b in zip(every, every[FREE_RATE + 4 :], strict=False)):
            return "the rate of the token was exceeded"
        refused = [call.status for call in self.server.log if call.status == 429]
        return f"{len(refused)} calls were refused" if refused else ""

    def _asked(self) -> str:
        """Everybody is asked in time, the one who floods included."""
        late = []
        for each in self.people:
            asked = [
                (call.at - ASKED_AT).total_seconds()
                for call in self.server.accepted("sendMessage", each.id)
                if "v1:yes:" in str(call.parameters.get("reply_markup"))
            ]
            if len(asked) != 1 or not 0 <= asked[0] < 5:
                late.append(f"{each.id}: {asked}")
        return f"not asked in time: {late}" if late else ""

    def _within_budgets(self) -> str:
        known = {each.id for each in self.people}
        sent = [call for call in self._counted() if call.chat_id not in known]
        most = NEWCOMERS if self.name in OF_NEWCOMERS else OUTSIDERS
        return f"{len(sent)} answers to outsiders" if len(sent) > most else ""


Flood = Callable[[FloodWorld, int, random.Random], Awaitable[object]]


def _flooder(world: FloodWorld) -> Person:
    return world.people[0]


def _says(*texts: str) -> Flood:
    async def say(world: FloodWorld, number: int, _: random.Random) -> None:
        await _flooder(world).send(texts[number % len(texts)])

    return say


async def stickers(world: FloodWorld, _number: int, _: random.Random) -> None:
    await _flooder(world).send_sticker()


async def odd_taps(world: FloodWorld, _number: int, _: random.Random) -> None:
    await _flooder(world).tap_raw("v1:nonsense", 1)


async def answers(world: FloodWorld, number: int, chance: random.Random) -> None:
    """Taps on the buttons of the newest message, whatever they are."""
    person = _flooder(world)
    message = next((each for each in reversed(person.messages) if each.buttons), None)
    if message is None:
        if number % A_SECOND == 0:
            await person.send("/settings")
        return
    buttons = [each.data for row in message.buttons for each in row if each.data]
    await person.tap_raw(chance.choice(buttons), message.message_id)


async def newcomer(world: FloodWorld, number: int, _: random.Random) -> None:
    await world.server.person(999).send("/start" if number % 50 == 49 else "hello")


async def newcomers(world: FloodWorld, number: int, _: random.Random) -> None:
    await world.server.person(1000 + number).send("/start" if number % 2 else "hello")


async def uninvited(world: FloodWorld, number: int, _: random.Random) -> None:
    await world.server.person(1000 + number % 100).send("/start")


async def group(world: FloodWorld, _number: int, _: random.Random) -> None:
    await world.server.group(-100, "Family").send(_flooder(world), "/today")


async def groups(world: FloodWorld, number: int, _: random.Random) -> None:
    where = world.server.group(-100 - number % 50, "Family")
    await where.send(world.server.person(5000 + number), "/today@reminder_test_bot")


INVITED_ONLY = {"not invited"}
OF_NEWCOMERS = {"a newcomer", "many newcomers"}
FLOODS: dict[str, Flood] = {
    "words": _says("hello"),
    "help": _says("/help"),
    "water": _says("/water 100", "500 ml"),
    "pictures": _says("/stats"),
    "screens": _says("/settings", "/today", "/habits"),
    "commands": _says("/help", "/stats", "/undo", "hello", "/pause", "/resume", "/export"),
    "stickers": stickers,
    "odd taps": odd_taps,
    "all buttons": answers,
    "a newcomer": newcomer,
    "many newcomers": newcomers,
    "not invited": uninvited,
    "a group": group,
    "many groups": groups,
}


def flood(name: str, seconds: float = FloodWorld.seconds) -> tuple[str, list[float]]:
    """Simulate a flood, or a world without one if the name is empty.

    Returns what was wrong, and how long the others waited for their answers, in seconds.
    """
    prepare(PEOPLE)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            FloodWorld.name, FloodWorld.seconds = name, seconds
            with (
                patch.object(world, "FIRST_HOURS", (BEGIN_AT,)),
                patch.object(virtual_loop, "LONG_WAITS", 0.0),
            ):
                outcome, ended = simulate(Plan(1, PEOPLE, faults=()), FloodWorld)
            assert isinstance(ended, FloodWorld)
            print(outcome.wrong, *ended.waits, sep="\n", file=out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        wrong, *waits = said.read().splitlines()
    os.waitpid(pid, 0)
    return wrong, [float(each) for each in waits]

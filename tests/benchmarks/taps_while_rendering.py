"""Measures how fast taps are answered while pictures are rendered.

    python -m tests.benchmarks.taps_while_rendering [PICTURES]

A number of people ask for /stats at the same time, each for a different picture, while one person
taps through screens. For comparison the same is measured with a command that only answers with
text, since many people at once take time by themselves, and with nobody else active. The latency is
the time from a tap until the local Bot API server has the answer. The server, the people and the
bot share this machine's cores.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from reminder_bot.simulator import Message, Person
from tests.support.world import World, local

TAPS = 100
ROUNDS = 5


async def tap(person: Person, button: str) -> float:
    """Milliseconds from a tap to its answer."""
    begin = perf_counter()
    await (await person.tap(button)).answered()
    return (perf_counter() - begin) * 1000


async def walk(person: Person, is_over: asyncio.Event | None = None) -> list[float]:
    """The latencies of taps through two screens, until `is_over`, or of at least TAPS taps."""
    waits: list[float] = []
    while len(waits) < TAPS if is_over is None else not is_over.is_set():
        for button in ("Diet", "Back"):
            waits.append(await tap(person, button))
            await person.expect(
                lambda message, label=button: any(  # type: ignore[misc]
                    each.text == ("Back" if label == "Diet" else "Diet")
                    for row in message.buttons
                    for each in row
                )
            )
    return waits


def line(name: str, waits: list[float], rest: list[float]) -> str:
    p99, p99_rest = quantiles(waits, n=100)[98], quantiles(rest, n=100)[98]
    return (
        f"{name:<12}{len(waits):>6}{median(waits):>11.1f}{p99:>10.1f}"
        f"{median(waits) / median(rest):>14.2f}{p99 / p99_rest:>11.2f}"
    )


async def measure(pictures: int) -> None:
    with tempfile.TemporaryDirectory(prefix="reminder-bot-taps-") as folder:
        async with World(Path(folder)) as world:
            world.move_to(local("2026-03-02 07:01", "Europe/Berlin"))
            await world.start()
            people = [world.server.person(number) for number in range(1, pictures + 2)]
            walker, *others = people
            for each in people:
                await world.set_up(each)
            for number, each in enumerate(others):
                for _ in range(number % 5 + 1):
                    await each.send(f"/water {100 + number}")
                await each.expect("today")
            world.move_to(local("2026-03-02 08:00", "Europe/Berlin"))
            for each in people:  # so that the picture shows a day with a kept habit
                await each.tap("Yes", await each.expect("🧘", new=False))
            await walker.send("/settings")
            await walker.expect("Settings")
            rest = await walk(walker)
            plain = [
                wait
                for _ in range(ROUNDS)
                for wait in await beside(walker, others, "/privacy", is_text)
            ]
            while_rendering = []
            for number in range(ROUNDS):
                for each in others:  # another amount, so that the picture is not cached
                    await each.send(f"/water {20 + number}")
                    await each.expect("today")
                while_rendering += await beside(walker, others, "/stats", is_picture)
            print("taps          count  median ms    p99 ms  median ÷ rest  p99 ÷ rest")
            print(line("at rest", rest, rest))
            print(line(f"{pictures} texts", plain, rest))
            print(line(f"{pictures} pictures", while_rendering, rest))


def is_text(message: Message) -> bool:
    return "What is kept" in message.text


def is_picture(message: Message) -> bool:
    return message.file is not None


async def beside(
    walker: Person, others: list[Person], command: str, is_answer: Callable[[Message], bool]
) -> list[float]:
    """The walker's latencies while all others send a command, until each of them is answered."""
    is_over = asyncio.Event()
    walking = asyncio.create_task(walk(walker, is_over))
    for each in others:
        await each.send(command)
    await asyncio.gather(*(each.expect(is_answer, timeout=60) for each in others))
    is_over.set()
    return await walking


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20))

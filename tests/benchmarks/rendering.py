"""Measures what a picture costs, and how much rendering delays the event loop.

    python -m tests.benchmarks.rendering [PICTURES]

Each picture is the digest of another person for the same week: other habits, marks and sums. They
are rendered in the bot's child process, which keeps the parts, then whole, by the library alone, in
a thread of this process. The delays of the event loop are the reason why the bot renders in a child
process. With fewer than two free cores they are longer.
"""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from statistics import median, quantiles
from time import perf_counter, process_time

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.charts import ChartRow, week_chart
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.pictures.text_fitting import FAMILY, FONTS
from reminder_bot.texts.translation import translation
from tests.benchmarks.processes import processor_seconds, resident_mib

PAUSE = 0.002  # seconds


def week(number: int) -> str:
    """The chart of a random week. number: the seed.

    It has two, four, five or nine habits, mostly four.
    """
    chance = random.Random(number)
    kinds = list(HabitKind)[: chance.choice([2, 4, 4, 4, 5, 9])]
    rows = []
    for kind in kinds:
        marks = chance.choices(list(Mark), k=7)
        cells = tuple(Cell(mark, chance.randint(1, 9) / 10) for mark in marks)
        this = Adherence(sum(mark is Mark.KEPT for mark in marks), 7)
        rows.append(ChartRow(kind, kind.title(), cells, this, Adherence(chance.randint(0, 7), 7)))
    return week_chart(translation("en"), date(2026, 3, 1), rows)


async def lateness(work: Callable[[], Awaitable[object]]) -> list[float]:
    """The delays of the event loop in milliseconds, measured by short sleeps during `work`."""
    late, task = [], asyncio.ensure_future(work())
    while not task.done():
        begin = perf_counter()
        await asyncio.sleep(PAUSE)
        late.append((perf_counter() - begin - PAUSE) * 1000)
    await task
    return late


async def measure(pictures: int) -> None:
    weeks = [week(number) for number in range(pictures)]
    renderer = Renderer()

    async def in_a_child() -> None:
        for svg in weeks:
            await renderer.render(svg)

    async def in_a_thread() -> None:
        from resvg_py import svg_to_bytes

        fonts = [str(file) for file in FONTS.values()]
        for svg in weeks:
            await asyncio.to_thread(
                svg_to_bytes,
                svg_string=svg,
                skip_system_fonts=True,
                font_files=fonts,
                font_family=FAMILY,
            )

    begin = perf_counter()
    await renderer.render(week(pictures))
    first = (perf_counter() - begin) * 1000
    assert renderer._child is not None
    child = renderer._child.pid
    print(f"first picture, including the start of the child process: {first:.0f} ms")
    print("delays of the event loop in ms; processor time of a picture in ms")
    print("rendering    median    p99    max   p99 ÷ p99 at rest   processor")
    at_rest = 0.0
    for name, work, clock in (
        ("at rest", lambda: asyncio.sleep(3), process_time),
        ("in a child", in_a_child, lambda: processor_seconds(child)),
        ("in a thread", in_a_thread, process_time),
    ):
        begin = clock()
        late = await lateness(work)
        each, p99 = (clock() - begin) * 1000 / pictures, quantiles(late, n=100)[98]
        at_rest = at_rest or p99
        took = f"{each:>11.1f}" if name != "at rest" else ""
        print(
            f"{name:<12} {median(late):>6.2f} {p99:>6.2f} {max(late):>6.2f} "
            f"{p99 / at_rest:>19.1f} {took}",
            flush=True,
        )
    print(f"memory of the child process: {resident_mib(child):.0f} MiB")
    await renderer.close()


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20))

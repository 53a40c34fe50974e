"""Measures how much rendering of pictures delays the event loop, compared with an idle process.

    python -m tests.benchmarks.rendering [PICTURES]

Each picture is a different week of nine habits. The last row renders in a thread of this process;
its delays are the reason why the bot renders in a child process. With fewer than two free cores all
figures are worse.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from statistics import median, quantiles
from time import perf_counter

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.charts import ChartRow, week_chart
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.pictures.text_fitting import FAMILY, FONTS
from reminder_bot.texts.translation import translation

PAUSE = 0.002  # seconds
MARKS = (Mark.KEPT, Mark.NO, Mark.PARTLY, Mark.SKIPPED, Mark.KEPT, Mark.UNANSWERED, Mark.KEPT)


def week(number: int) -> str:
    cells = tuple(Cell(mark, 0.5) for mark in MARKS)
    rows = [
        ChartRow(kind, kind.title(), cells, Adherence(3, 6), Adherence(4, 7)) for kind in HabitKind
    ]
    return week_chart(translation("en"), date(2026, 1, 5) + timedelta(weeks=number), rows)


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
    print(f"first picture, including the start of the child process: {first:.0f} ms")
    print("rendering    delay ms: median   p99     max   p99 ÷ p99 at rest   ms per picture")
    at_rest = 0.0
    for name, work in (
        ("at rest", lambda: asyncio.sleep(3)),
        ("in a child", in_a_child),
        ("in a thread", in_a_thread),
    ):
        begin = perf_counter()
        late = await lateness(work)
        each, p99 = (perf_counter() - begin) * 1000 / pictures, quantiles(late, n=100)[98]
        at_rest = at_rest or p99
        took = f"{each:>14.0f}" if name != "at rest" else ""
        print(
            f"{name:<12} {median(late):>16.2f} {p99:>6.2f} {max(late):>7.2f} "
            f"{p99 / at_rest:>19.1f} {took}",
            flush=True,
        )
    await renderer.close()


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20))

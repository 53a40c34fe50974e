"""Plots the results of all benchmarks as one SVG, 720 pixels wide, with the bot's own fonts.

Each benchmark that has a result gets a panel. The panels fill the space without gaps.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, log10
from typing import Any

from reminder_bot.pictures.colours import LIGHT
from reminder_bot.pictures.shapes import number, rectangle, words
from reminder_bot.pictures.text_fitting import FAMILY, FONTS, SEMIBOLD, width
from tests.benchmarks.harness import KINDS, Result

__all__ = ["plot", "render_png"]

WIDTH, MARGIN, BETWEEN = 720, 28, 20
COLUMN = (WIDTH - 2 * MARGIN - BETWEEN) / 2
HEAD, PANEL, ROW = 64, 208, 30
SQLITE, POSTGRESQL, JOB_QUEUE, JOB_STORE, ORM, LEAN_PTB, LEAN_AIOGRAM = (
    LIGHT.kept,
    "#35618F",
    "#9A5137",
    "#B07F2E",
    "#7A6C86",
    "#8A8F3F",
    "#86888C",
)
GOAL = "#A33A3A"
COLOURS = {
    "SQLite": SQLITE,
    "PostgreSQL": POSTGRESQL,
    "job-queue": JOB_QUEUE,
    "job-store": JOB_STORE,
    "orm": ORM,
    "lean-ptb": LEAN_PTB,
    "lean-aiogram": LEAN_AIOGRAM,
}
NAMES = {
    "SQLite": "this bot, SQLite",
    "PostgreSQL": "this bot, PostgreSQL",
    "job-queue": "JobQueue",
    "job-store": "APScheduler job store",
    "orm": "ORM, default transport",
    "lean-ptb": "lean PTB + aiohttp",
    "lean-aiogram": "lean aiogram",
}
SMALL, USUAL, LARGE = 11, 12, 13.5

Point = tuple[float, float]
Lines = Mapping[str, Sequence[Point]]


def plot(results: Mapping[str, Result]) -> str:
    """The picture as SVG."""
    wide: list[str] = []
    panels: list[tuple[str, str, str]] = []
    height = float(HEAD)
    if "B1" in results:
        shown, tall = throughput(results["B1"].numbers)
        wide.append(f'<g transform="translate({MARGIN} {number(height)})">{shown}</g>')
        height += tall + BETWEEN
    for name, draw in PANELS:
        if name in results:
            panels.append(draw(results[name].numbers))
    placed = []
    for place, panel in enumerate(panels):
        x, y = MARGIN + place % 2 * (COLUMN + BETWEEN), height + place // 2 * (PANEL + BETWEEN)
        title, under, body = panel
        card = frame(COLUMN, PANEL, title, under)
        placed.append(f'<g transform="translate({number(x)} {number(y)})">{card}{body}</g>')
    height += ceil(len(panels) / 2) * (PANEL + BETWEEN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{number(height + 8)}"'
        f' viewBox="0 0 {WIDTH} {number(height + 8)}" font-family="{FAMILY}">'
        f'<rect width="100%" height="100%" fill="{LIGHT.background}"/>'
        + words("Throughput, size and punctuality", MARGIN, 34, 19, LIGHT.ink, 420, weight=SEMIBOLD)
        + legend(("SQLite", "PostgreSQL", "job-queue", "job-store", "orm"))
        + "".join(wide)
        + "".join(placed)
        + "</svg>"
    )


def render_png(svg: str, scale: float = 2.0) -> bytes:
    """The picture as PNG."""
    from resvg_py import svg_to_bytes

    fonts = [str(file) for file in FONTS.values()]
    return bytes(
        svg_to_bytes(
            svg_string=svg, zoom=scale, skip_system_fonts=True, font_files=fonts, font_family=FAMILY
        )
    )


# Panels


def throughput(numbers: Mapping[str, Any]) -> tuple[str, float]:
    rates: dict[str, float] = numbers["per_core_second"]
    ordered = sorted(rates, key=lambda each: -rates[each])
    tall = 58 + ROW * len(ordered) + 12
    left, right = 176.0, WIDTH - 2 * MARGIN - 86
    scale = (right - left) / max(rates[ordered[0]], 2_000) * 0.98
    parts = [
        frame(
            WIDTH - 2 * MARGIN,
            tall,
            "Messages per core-second",
            "planned, claimed, sent over TLS and recorded",
        )
    ]
    goal = left + 2_000 * scale
    top, bottom = 62, tall - 14
    parts.append(line([(goal, top - 4), (goal, bottom)], GOAL, 1.2, "3 3"))
    parts.append(words("goal 2,000", goal, top - 9, SMALL, GOAL, 90, anchor="middle"))
    for place, name in enumerate(ordered):
        y = top + place * ROW
        parts.append(
            words(NAMES[name], left - 12, y + 16, USUAL, LIGHT.ink, left - 24, anchor="end")
        )
        parts.append(bar(left, y + 3, rates[name] * scale, 17, COLOURS[name]))
        said = f"{rates[name]:,.0f}"
        x = left + rates[name] * scale + 8
        parts.append(words(said, x, y + 16, USUAL, LIGHT.ink, 80, weight=SEMIBOLD))
        best = rates[ordered[0]] / rates[name]
        if name not in KINDS:
            parts.append(
                words(
                    f"÷ {best:.0f}" if best >= 9.5 else f"÷ {best:.1f}",
                    x + width(said, USUAL, SEMIBOLD) + 8,
                    y + 16,
                    SMALL,
                    LIGHT.quiet,
                    90,
                )
            )
    return "".join(parts), tall


def cost(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    lines = {
        kind: [(size, each) for size, each in numbers[kind]] for kind in ("SQLite", "PostgreSQL")
    }
    return (
        "Cost of a due check-in",
        "ms of processor time, by people in the database",
        curves(lines, from_zero=True),
    )


def start(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    lines = {
        name: [(size, seconds) for size, seconds, _ in found] for name, found in numbers.items()
    }
    return "Time from start to ready", "seconds, by people with 6 reminders each", curves(lines)


def memory(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    lines = {name: [(size, mib) for size, _, mib in found] for name, found in numbers.items()}
    return "Memory when ready", "MiB, by people with 6 reminders each", curves(lines)


def at_nine(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    found: dict[str, dict[str, Any]] = dict(numbers)
    people = sum(next(iter(found.values()))["a_second"])
    longest = max(len(each["a_second"]) for each in found.values())
    left, right, top, bottom = 34.0, COLUMN - 16, 66.0, PANEL - 34

    def y(value: float) -> float:
        return bottom - value / 36 * (bottom - top)

    parts = []
    for tick in (0, 10, 20, 30):
        parts.append(line([(left, y(tick)), (right, y(tick))], LIGHT.aside_tile, 1))
        parts.append(words(str(tick), left - 6, y(tick) + 4, SMALL, LIGHT.quiet, 30, anchor="end"))
    parts.append(line([(left, y(33)), (right, y(33))], GOAL, 1.2, "3 3"))
    parts.append(
        words("at most 33 in any second", right, y(33) - 4, SMALL, GOAL, 180, anchor="end")
    )
    for kind, each in found.items():
        step = (right - left) / longest
        points = [
            (left + (place + 0.5) * step, y(count)) for place, count in enumerate(each["a_second"])
        ]
        parts.append(line(points, COLOURS[kind], 1.6))
    parts.append(words("09:00", left, bottom + 16, SMALL, LIGHT.quiet, 60))
    last = max(each["total"] for each in found.values())
    parts.append(words(f"+ {last:.0f} s", right, bottom + 16, SMALL, LIGHT.quiet, 60, anchor="end"))
    title = f"{people:,} check-ins due at nine"
    return title, "messages accepted in each second, at a limit of 30/s", "".join(parts)


def waits(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    left, right, top = 78.0, COLUMN - 20, 76.0
    rows = [("idle", "idle", 100), ("at nine", "at 30/s", 300), ("in full", "at 1,000/s", 300)]
    most: float = max(330.0, *(values[1] for values in numbers.values()))

    def x(value: float) -> float:
        return left + value / most * (right - left)

    parts = []
    for place, (key, label, goal) in enumerate(rows):
        y = top + place * 38
        parts.append(words(label, left - 10, y + 12, USUAL, LIGHT.ink, left - 20, anchor="end"))
        parts.append(line([(x(goal), y - 8), (x(goal), y + 25)], GOAL, 1.2, "3 3"))
        for row, kind in enumerate(("SQLite", "PostgreSQL")):
            middle, late = numbers[f"{kind} {key}"]
            level = y + 3 + row * 12
            parts.append(line([(x(middle), level), (x(late), level)], COLOURS[kind], 3))
            outline = f'stroke="{COLOURS[kind]}" stroke-width="2"'
            parts.append(dot(x(middle), level, 4, COLOURS[kind]))
            parts.append(dot(x(late), level, 3.2, LIGHT.background, outline))
    bottom = PANEL - 18
    parts += [
        words(str(tick), x(tick), bottom, SMALL, LIGHT.quiet, 40, anchor="middle")
        for tick in (0, 100, 200, 300)
    ]
    return (
        "Time from a tap to its answer",
        "milliseconds; filled: p50, open: p99",
        "".join(parts),
    )


def sharing(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    left, top, bottom = 24.0, 78.0, PANEL - 34
    rates = {name: each["with_a_core_each"] for name, each in numbers.items()}
    most = max(rates.values())
    step = (COLUMN - 2 * left) / len(rates)
    parts = [line([(left, bottom), (COLUMN - left, bottom)], LIGHT.frame, 1)]
    for place, (name, rate) in enumerate(rates.items()):
        tall, middle = rate / most * (bottom - top), left + (place + 0.5) * step
        parts.append(bar(middle - 24, bottom - tall, 48, tall, POSTGRESQL))
        parts.append(
            words(
                f"{rate:,.0f}/s",
                middle,
                bottom - tall - 6,
                USUAL,
                LIGHT.ink,
                step,
                weight=SEMIBOLD,
                anchor="middle",
            )
        )
        label = f"{name} process{'es' * (name != '1')}"
        parts.append(words(label, middle, bottom + 16, SMALL, LIGHT.quiet, step, anchor="middle"))
    title = "Processes on one PostgreSQL database"
    return title, "messages a second, with a core for each process", "".join(parts)


def taps(numbers: Mapping[str, Any]) -> tuple[str, str, str]:
    rates: dict[str, float] = numbers["per_core_second"]
    left, right, top = 140.0, COLUMN - 60, 64.0
    most = max(rates.values())
    parts = []
    for place, (name, rate) in enumerate(sorted(rates.items(), key=lambda each: -each[1])):
        y, wide = top + place * ROW, rate / most * (right - left)
        parts.append(
            words(NAMES[name], left - 10, y + 13, SMALL, LIGHT.ink, left - 14, anchor="end")
        )
        parts.append(bar(left, y, wide, 17, COLOURS[name]))
        said = f"{rate:,.0f}"
        parts.append(words(said, left + wide + 6, y + 13, USUAL, LIGHT.ink, 60, weight=SEMIBOLD))
    return "Taps per core-second", "1,000 waiting: recorded, answered, shown", "".join(parts)


PANELS: tuple[tuple[str, Callable[[Mapping[str, Any]], tuple[str, str, str]]], ...] = (
    ("B2", cost),
    ("B3", start),
    ("B3", memory),
    ("B4", at_nine),
    ("B5", waits),
    ("B6", sharing),
    ("B7", taps),
)


# Parts


def frame(wide: float, tall: float, title: str, under: str) -> str:
    return (
        rectangle(0, 0, wide, tall, 10, f'fill="#FFFFFF" stroke="{LIGHT.aside_tile}"')
        + words(title, 16, 25, LARGE, LIGHT.ink, wide - 32, weight=SEMIBOLD)
        + words(under, 16, 42, SMALL, LIGHT.quiet, wide - 32)
    )


def legend(names: Iterable[str]) -> str:
    parts, x = [], float(MARGIN)
    for name in names:
        parts.append(rectangle(x, 45, 9, 9, 2, f'fill="{COLOURS[name]}"'))
        parts.append(words(NAMES[name], x + 14, 53, SMALL, LIGHT.quiet, 200))
        x += 14 + width(NAMES[name], SMALL) + 16
    return "".join(parts)


def bar(x: float, y: float, wide: float, tall: float, colour: str) -> str:
    return rectangle(x, y, max(wide, 1.5), max(tall, 1.5), min(3, wide / 2), f'fill="{colour}"')


def dot(x: float, y: float, radius: float, colour: str, outline: str = "") -> str:
    place = f'cx="{number(x)}" cy="{number(y)}" r="{radius}"'
    return f'<circle {place} fill="{colour}"{outline and f" {outline}"}/>'


def line(points: Iterable[Point], colour: str, thick: float, dashes: str = "") -> str:
    path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dash_array = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"'
        f' stroke-linejoin="round" stroke-linecap="round"{dash_array}/>'
    )


def curves(lines: Lines, *, from_zero: bool = False) -> str:
    """Lines over sizes on a logarithmic axis; the other axis is logarithmic, or linear from 0."""
    left, right, top, bottom = 42.0, COLUMN - 20, 66.0, PANEL - 34
    sizes = sorted({size for points in lines.values() for size, _ in points})
    values = [value for points in lines.values() for _, value in points]
    least, most = log10(sizes[0]), max(log10(sizes[-1]), log10(sizes[0]) + 1)
    ticks, place = linear(max(values)) if from_zero else tenfold(min(values), max(values))

    def x(size: float) -> float:
        return left + 6 + (log10(size) - least) / (most - least) * (right - left - 12)

    def y(value: float) -> float:
        return bottom - place(value) * (bottom - top)

    parts = []
    for tick in ticks:
        parts.append(line([(left, y(tick)), (right, y(tick))], LIGHT.aside_tile, 1))
        parts.append(
            words(short(tick), left - 6, y(tick) + 4, SMALL, LIGHT.quiet, 40, anchor="end")
        )
    parts += [
        words(short(size), x(size), bottom + 16, SMALL, LIGHT.quiet, 50, anchor="middle")
        for size in sizes
    ]
    for name, points in lines.items():
        parts.append(line([(x(size), y(value)) for size, value in points], COLOURS[name], 2))
        parts += [dot(x(size), y(value), 3.4, COLOURS[name]) for size, value in points]
    return "".join(parts)


def linear(most: float) -> tuple[list[float], Callable[[float], float]]:
    """The ticks of an axis from 0, and the function from a value to its place, 0 to 1."""
    step = next(each for each in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if most * 1.15 <= each * 4)
    top = step * ceil(most * 1.15 / step)
    return [step * number for number in range(round(top / step) + 1)], lambda value: value / top


def tenfold(least: float, most: float) -> tuple[list[float], Callable[[float], float]]:
    """The same for a logarithmic axis, with a tick at each power of ten."""
    low = 10.0 ** int(log10(least) // 1)
    high = max(10.0 ** ceil(log10(most)), low * 10)
    steps = round(log10(high / low))
    ticks = [low * 10**number for number in range(steps + 1)]
    return ticks, lambda value: log10(value / low) / steps


def short(value: float) -> str:
    """A number as the label of an axis: 1M, 10k, 250, 0.5."""
    for unit, sign in ((1_000_000, "M"), (1_000, "k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"

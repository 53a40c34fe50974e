"""Pictures from a real child process, which is killed, stopped and replaced."""

import asyncio
import os
import signal
import stat
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from reminder_bot.domain.adherence import Adherence, Cell, Mark
from reminder_bot.domain.habit import HabitKind
from reminder_bot.pictures.charts import ChartRow, week_chart
from reminder_bot.pictures.renderer import CACHED_PICTURES, NotRendered, Renderer
from reminder_bot.texts.translation import translation
from tests.support.waiting import until

WEEK = week_chart(
    translation("en"),
    date(2026, 3, 2),
    [ChartRow(HabitKind.HYDRATION, "Water", (Cell(Mark.KEPT, 1.0),) * 7, Adherence(7, 7), None)],
)


def square(side: int, colour: str = "teal") -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">'
        f'<rect width="{side}" height="{side}" fill="{colour}"/></svg>'
    )


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack_from(">II", png, 16)
    return wide, high


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for (a zombie) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pid_of(renderer: Renderer) -> int:
    assert renderer._child is not None
    return renderer._child.pid


def stand_in(path: Path, lines: str) -> str:
    """A program that runs in place of the child's Python."""
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    """Closed even if the test fails, because a child that is left over fails other tests."""
    renderer = Renderer()
    yield renderer
    await renderer.close()


async def test_a_week_becomes_a_picture_of_its_size(renderer: Renderer) -> None:
    assert size_of(await renderer.render(WEEK)) == (1080, 810)


async def test_a_picture_can_be_smaller_or_larger(renderer: Renderer) -> None:
    assert size_of(await renderer.render(WEEK, scale=0.5)) == (540, 405)
    assert size_of(await renderer.render(square(10), scale=3)) == (30, 30)


async def test_one_child_renders_one_picture_after_the_other(renderer: Renderer) -> None:
    pictures = await asyncio.gather(*(renderer.render(square(side)) for side in range(1, 9)))

    assert [size_of(each) for each in pictures] == [(side, side) for side in range(1, 9)]
    pid = pid_of(renderer)
    await renderer.render(square(9))
    assert pid_of(renderer) == pid


async def test_no_child_is_started_before_there_is_work(renderer: Renderer) -> None:
    assert renderer._child is None


async def test_the_same_picture_is_rendered_once(renderer: Renderer) -> None:
    first = await renderer.render(square(10))
    os.kill(pid_of(renderer), signal.SIGSTOP)  # it can render nothing more

    assert await renderer.render(square(10)) is first


async def test_few_pictures_are_kept(renderer: Renderer) -> None:
    for side in range(1, CACHED_PICTURES + 3):
        await renderer.render(square(side))

    assert len(renderer._cache) == CACHED_PICTURES


async def test_the_picture_that_was_not_asked_for_longest_is_forgotten(renderer: Renderer) -> None:
    for side in range(1, CACHED_PICTURES + 1):
        await renderer.render(square(side))
    await renderer.render(square(1))
    await renderer.render(square(CACHED_PICTURES + 1))
    os.kill(pid_of(renderer), signal.SIGSTOP)  # what is not cached takes too long now
    renderer._timeout = 0.2

    for cached in (1, 3, CACHED_PICTURES + 1):
        await renderer.render(square(cached))
    with pytest.raises(NotRendered, match="longer than"):
        await renderer.render(square(2))


async def test_the_child_and_all_pictures_are_gone_when_nothing_is_asked_for(
    renderer: Renderer,
) -> None:
    renderer._idle = 0.05
    await renderer.render(square(10))

    await until(lambda: renderer._child is None and not renderer._ending)

    assert not renderer._cache
    assert size_of(await renderer.render(square(10))) == (10, 10)


async def test_the_child_stays_while_there_is_work(renderer: Renderer) -> None:
    """Each picture starts the idle time again."""
    await renderer.render(square(10))
    first = renderer._idle_timer

    await renderer.render(square(11))

    assert first is not None
    assert first.cancelled()
    assert renderer._idle_timer is not None
    assert not renderer._idle_timer.cancelled()


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_a_child_that_died_is_replaced(renderer: Renderer, signal_number: int) -> None:
    await renderer.render(square(10))
    died = pid_of(renderer)
    os.kill(died, signal_number)
    await until(lambda: not is_alive(died))

    assert size_of(await renderer.render(square(11))) == (11, 11)
    assert pid_of(renderer) != died


@pytest.mark.parametrize(
    ("svg", "reason"),
    [
        ("", "no width and height"),
        ("<svg", "no width and height"),
        (square(10).replace("</svg>", ""), "no SVG"),
        (square(10).replace("<rect", "<rect <"), "no SVG"),
        ('<html width="10" height="10"></html>', "no width and height"),
        (square(4097), "4097 × 4097"),
        (square(0), "0 × 0"),
        (square(10) + " " * (1 << 20), "too long"),
    ],
)
async def test_what_is_not_a_picture_is_refused_with_a_reason(
    renderer: Renderer, svg: str, reason: str
) -> None:
    with pytest.raises(NotRendered, match=reason):
        await renderer.render(svg)

    assert size_of(await renderer.render(square(10))) == (10, 10)


@pytest.mark.parametrize("scale", [0.0, -1.0, 500.0, float("nan"), float("inf")])
async def test_a_scale_that_makes_no_sense_is_refused(renderer: Renderer, scale: float) -> None:
    with pytest.raises(NotRendered, match="pixels"):
        await renderer.render(square(10), scale)


async def test_the_reason_does_not_quote_the_picture(renderer: Renderer) -> None:
    with pytest.raises(NotRendered) as raised:
        await renderer.render(square(10).replace("<rect", "<text>my secret habit</wrong><rect"))

    assert "secret" not in str(raised.value)
    assert "wrong" not in str(raised.value)


async def test_a_picture_that_takes_too_long_is_given_up_and_the_next_is_rendered(
    renderer: Renderer,
) -> None:
    await renderer.render(square(10))
    stopped = pid_of(renderer)
    os.kill(stopped, signal.SIGSTOP)
    renderer._timeout = 0.2

    with pytest.raises(NotRendered, match="longer than"):
        await renderer.render(square(11))

    renderer._timeout = 60
    assert size_of(await renderer.render(square(12))) == (12, 12)
    await until(lambda: not is_alive(stopped))


async def test_a_cancelled_picture_leaves_no_half_answer_for_the_next(
    renderer: Renderer,
) -> None:
    await renderer.render(square(10))
    stopped = pid_of(renderer)
    os.kill(stopped, signal.SIGSTOP)
    given_up = asyncio.create_task(renderer.render(square(4000)))
    await until(renderer._lock.locked)

    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    assert size_of(await renderer.render(square(12))) == (12, 12)
    await until(lambda: not is_alive(stopped))


async def test_a_picture_cancelled_while_the_child_starts_leaves_no_child(
    renderer: Renderer,
) -> None:
    given_up = asyncio.create_task(renderer.render(square(10)))
    await until(renderer._lock.locked)

    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up

    await renderer.close()
    assert children() == []


def children() -> list[str]:
    """The children of this process that render."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may end while it is looked at
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if (
                int(parent) == os.getpid()
                and b"reminder_bot.pictures.renderer_process" in (folder / "cmdline").read_bytes()
            ):
                found.append(folder.name)
    return found


async def test_a_closed_renderer_leaves_no_process(renderer: Renderer) -> None:
    await renderer.render(square(10))
    pid = pid_of(renderer)

    await renderer.close()
    await renderer.close()

    assert not is_alive(pid)
    assert children() == []


async def test_closing_waits_for_the_pictures_that_were_asked_for(renderer: Renderer) -> None:
    pictures = [asyncio.create_task(renderer.render(square(side))) for side in (10, 11, 12)]
    await until(renderer._lock.locked)

    await renderer.close()

    assert [size_of(await each) for each in pictures] == [(10, 10), (11, 11), (12, 12)]
    assert renderer._child is None


async def test_a_parent_that_was_killed_leaves_no_child() -> None:
    script = (
        "import asyncio, sys\n"
        "from reminder_bot.pictures.renderer import Renderer\n"
        "async def main():\n"
        "    renderer = Renderer()\n"
        "    await renderer.render(sys.argv[1])\n"
        "    print(renderer._child.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, square(10), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_alive(pid)

    parent.kill()
    await parent.wait()

    await until(lambda: not is_alive(pid))


async def test_a_child_that_cannot_be_started_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))

    with pytest.raises(NotRendered, match="could be started"):
        await Renderer().render(square(10))


@pytest.mark.parametrize(
    "lines", ["exit 0", "cat > /dev/null", "head -c 1; exit 1", "echo odd; exit 0"]
)
async def test_a_child_that_does_not_answer_is_an_error(
    renderer: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", lines))
    renderer._timeout = 1

    with pytest.raises(NotRendered, match=r"ended before|took longer"):
        await renderer.render(square(10))

    assert renderer._child is None

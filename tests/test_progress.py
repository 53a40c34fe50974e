"""The progress of a long command: a bar on a terminal, lines elsewhere."""

import io
import os
import select
from typing import TextIO

import pytest

from reminder_bot import progress
from reminder_bot.progress import Progress, StillWorking
from tests.support.waiting import until_in_thread


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times at which `Progress` is called; the last one stays."""
    found = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: found.pop(0) if len(found) > 1 else found[0])
    return found


def test_elsewhere_there_is_a_line_every_four_seconds_and_one_at_the_end(
    times: list[float],
) -> None:
    times[:] = [0.0, 0.1, 3.9, 4.0, 5.0]
    out = io.StringIO()
    show = Progress("copying", out)

    for done in (1_000, 500_000, 600_000, 1_200_000):
        show(done, 1_200_000)

    assert out.getvalue().splitlines() == [
        "copying:  50%, 600,000 of 1,200,000 rows",
        "copying: 100%, 1,200,000 of 1,200,000 rows",
    ]


def test_on_a_terminal_a_bar_is_replaced_and_the_last_one_stays(times: list[float]) -> None:
    times[:] = [0.0, 0.2, 0.4, 0.5]
    out = Terminal()
    show = Progress("copying", out)

    for done in (0, 5, 10):
        show(done, 10)

    first, second, last = out.getvalue().split("\x1b[K")[:3]
    assert first == "░" * 30 + " copying:   0%, 0 of 10 rows"
    assert second == "\r" + "█" * 15 + "░" * 15 + " copying:  50%, 5 of 10 rows"
    assert last == "\r" + "█" * 30 + " copying: 100%, 10 of 10 rows"
    assert out.getvalue().endswith("\n")


def test_nothing_to_do_is_done(times: list[float]) -> None:
    out = io.StringIO()

    Progress("copying", out)(0, 0)

    assert out.getvalue() == "copying: 100%, 0 of 0 rows\n"


def test_work_of_unknown_length_says_how_long_it_has_worked(times: list[float]) -> None:
    times[:] = [60.0, 60.1, 63.9, 64.0, 67.0, 68.2]
    out = io.StringIO()
    show = StillWorking("checking the copy", out)

    for _ in range(6):
        show()
    show.clear()

    assert out.getvalue().splitlines() == ["checking the copy: 4 s", "checking the copy: 8 s"]


def test_on_a_terminal_the_seconds_are_replaced_and_removed_at_the_end(times: list[float]) -> None:
    times[:] = [0.0, 0.1, 1.0, 2.0]
    out = Terminal()
    show = StillWorking("checking the copy", out)

    for _ in range(4):
        show()
    show.clear()

    assert out.getvalue() == (
        "checking the copy: 1 s\x1b[K\rchecking the copy: 2 s\x1b[K\r\r\x1b[K"
    )


# An output that takes nothing


class Broken(io.StringIO):
    """Its reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_without_a_stderr_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)

    Progress("copying")(5, 5)
    StillWorking("checking the copy")()
    StillWorking("checking the copy").clear()


@pytest.mark.parametrize("is_closed", [True, False])
def test_an_output_that_breaks_does_not_end_the_work(is_closed: bool, times: list[float]) -> None:
    times[:] = [0.0, 5.0, 10.0, 15.0, 20.0]
    out = Broken()
    if is_closed:
        out.close()
    show, work = Progress("copying", out), StillWorking("checking the copy", out)

    for done in (1, 2, 3):
        show(done, 3)
        work()
    work.clear()


def takes(out: TextIO) -> bool:
    return bool(select.select([], [out], [], 0)[1])


def test_a_terminal_that_was_stopped_delays_nothing(times: list[float]) -> None:
    leader, follower = os.openpty()
    with os.fdopen(follower, "w") as out:
        times[:] = [0.0, 1.0, 2.0, 3.0]
        show = Progress("copying", out)
        show(1, 3)
        os.write(leader, b"\x13")  # Ctrl-S; the kernel takes a moment
        until_in_thread(lambda: not takes(out), "the terminal to be stopped")
        show(2, 3)
        os.write(leader, b"\x11")  # Ctrl-Q
        until_in_thread(lambda: takes(out), "the terminal to go on")
        show(3, 3)
        said = ""
        while "3 of 3" not in said:
            said += os.read(leader, 4096).decode()
    os.close(leader)

    assert "1 of 3" in said
    assert "2 of 3" not in said

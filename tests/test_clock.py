"""The wall clock follows its offset file at once; without a file it is the machine's."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from reminder_bot.clock import Clock, boot_time, machine_time


def is_ahead_by(clock: Clock, offset: timedelta) -> bool:
    """Whether a clock shows the machine's time and this offset; however long the look takes."""
    before = machine_time()
    shown = clock.now()
    return before <= shown - offset <= machine_time()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "offset"


def test_without_a_file_it_is_the_machines_clock() -> None:
    clock = Clock()

    assert is_ahead_by(clock, timedelta(0))
    assert clock.now().tzinfo is UTC
    assert not clock.is_moved_by_file


def test_a_file_that_is_not_there_moves_nothing(file: Path) -> None:
    clock = Clock(file)

    assert is_ahead_by(clock, timedelta(0))
    assert clock.is_moved_by_file


@pytest.mark.parametrize(
    "offset", [timedelta(days=400), timedelta(hours=-1), timedelta(0), timedelta(seconds=0.25)]
)
def test_it_is_moved_by_the_offset_in_the_file(file: Path, offset: timedelta) -> None:
    Clock.move(file, offset)

    assert is_ahead_by(Clock(file), offset)


def test_every_move_is_seen_at_the_next_reading(file: Path) -> None:
    """Also several moves within one tick of the modification time."""
    clock = Clock(file)

    for hours in range(200):
        Clock.move(file, timedelta(hours=hours))
        assert is_ahead_by(clock, timedelta(hours=hours))


def test_all_clocks_that_follow_a_file_show_the_same(file: Path) -> None:
    first, second = Clock(file), Clock(file)

    Clock.move(file, timedelta(days=3))

    assert is_ahead_by(first, timedelta(days=3))
    assert is_ahead_by(second, timedelta(days=3))


def test_without_its_file_the_clock_is_the_machines_again(file: Path) -> None:
    clock = Clock(file)
    Clock.move(file, timedelta(days=3))
    clock.now()

    file.unlink()

    assert is_ahead_by(clock, timedelta(0))


def test_an_empty_file_moves_nothing(file: Path) -> None:
    file.write_text("")

    assert is_ahead_by(Clock(file), timedelta(0))


@pytest.mark.parametrize("content", ["tomorrow", "1 h", "12:30", "3600 seconds"])
def test_a_file_that_holds_no_number_is_an_error_that_says_what_to_write(
    file: Path, content: str
) -> None:
    file.write_text(content)

    with pytest.raises(
        ValueError, match=f"holds '{content}': write an offset in seconds, like 3600"
    ):
        Clock(file).now()


def test_a_bad_file_that_is_fixed_is_followed_again(file: Path) -> None:
    clock = Clock(file)
    file.write_text("tomorrow")
    with pytest.raises(ValueError, match="tomorrow"):
        clock.now()

    Clock.move(file, timedelta(hours=1))

    assert is_ahead_by(clock, timedelta(hours=1))


def test_a_move_leaves_no_temporary_file(file: Path) -> None:
    Clock.move(file, timedelta(hours=1))

    assert list(file.parent.iterdir()) == [file]


def test_the_time_since_boot_is_not_moved_with_the_wall_clock() -> None:
    before = boot_time()

    with time_machine.travel(datetime.now(UTC) - timedelta(days=1), tick=True):
        moved = boot_time()

    assert before <= moved <= boot_time()


def test_the_time_since_boot_includes_suspended_time() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)

    assert before <= boot_time() <= time.clock_gettime(time.CLOCK_BOOTTIME)

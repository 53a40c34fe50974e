"""The zone at a location, looked up by a real child process."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from reminder_bot.content.zone_at import zone_at
from reminder_bot.domain.zone import is_known


def stand_in(path: Path, lines: str) -> str:
    """A program that runs in place of the child's Python."""
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        (52.52, 13.40, "Europe/Berlin"),
        (-31.55, 159.08, "Australia/Lord_Howe"),
        (27.47, 89.64, "Asia/Thimphu"),
        (0, -160.2, "Etc/GMT+11"),
    ],
)
async def test_a_location_has_the_zone_of_the_map(
    latitude: float, longitude: float, zone: str
) -> None:
    assert await zone_at(latitude, longitude) == zone


@pytest.mark.parametrize(("latitude", "longitude"), [(90, 0), (-90, 180), (0, 180), (0, -180)])
async def test_the_edges_of_the_map_have_a_zone(latitude: float, longitude: float) -> None:
    zone = await zone_at(latitude, longitude)

    assert zone is not None
    assert is_known(zone)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(90.1, 0), (0, 180.1), (float("nan"), 0), (0, float("inf")), (-1e300, 0)],
)
async def test_a_location_that_is_not_on_earth_has_no_zone(
    latitude: float, longitude: float
) -> None:
    assert await zone_at(latitude, longitude) is None


async def test_the_map_is_never_loaded_into_this_process() -> None:
    await zone_at(52.52, 13.40)

    assert "tzfpy" not in sys.modules


async def test_the_location_is_sent_through_the_pipe_and_not_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (
        f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/input; '
        f"env > {tmp_path}/environment; echo Asia/Tokyo"
    )
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", told))

    zone = await zone_at(52.5251, 13.4049)

    assert zone == "Asia/Tokyo"
    assert "52.5251" in (tmp_path / "input").read_text()
    assert "52.52" not in (tmp_path / "arguments").read_text()
    assert "52.52" not in (tmp_path / "environment").read_text()


@pytest.mark.parametrize(
    "answer",
    ["echo Atlantis/Poseidonis", "echo", "true", "printf '\\377\\376'", "echo UTC; exit 3"],
)
async def test_an_answer_that_is_not_a_zone_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", answer))

    assert await zone_at(52.52, 13.40) is None


async def test_a_child_that_can_not_be_started_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))

    assert await zone_at(52.52, 13.40) is None


async def test_a_child_that_does_not_answer_in_time_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = f"echo $$ > {tmp_path}/pid; exec tail -f /dev/null"
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", hung))

    zone = await zone_at(52.52, 13.40, wait=0.5)

    assert zone is None
    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_a_cancelled_question_leaves_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pid")
    hung = f"echo $$ > {tmp_path}/pid; exec tail -f /dev/null"
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", hung))
    question = asyncio.create_task(zone_at(52.52, 13.40))
    pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))

    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question

    assert not is_alive(pid)

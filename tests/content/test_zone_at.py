"""The zone at a location, looked up by a real child process."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reminder_bot.content import zone_at
from reminder_bot.content.zone_at import ZoneMap
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


@pytest.fixture
async def zone_map() -> AsyncIterator[ZoneMap]:
    zone_map = ZoneMap()
    yield zone_map
    await zone_map.close()


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
    latitude: float, longitude: float, zone: str, zone_map: ZoneMap
) -> None:
    assert await zone_map.zone_at(latitude, longitude) == zone


@pytest.mark.parametrize(("latitude", "longitude"), [(90, 0), (-90, 180), (0, 180), (0, -180)])
async def test_the_edges_of_the_map_have_a_zone(
    latitude: float, longitude: float, zone_map: ZoneMap
) -> None:
    zone = await zone_map.zone_at(latitude, longitude)

    assert zone is not None
    assert is_known(zone)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(90.1, 0), (0, 180.1), (float("nan"), 0), (0, float("inf")), (-1e300, 0)],
)
async def test_a_location_that_is_not_on_earth_has_no_zone(
    latitude: float, longitude: float, zone_map: ZoneMap
) -> None:
    assert await zone_map.zone_at(latitude, longitude) is None


async def test_the_map_is_never_loaded_into_this_process(zone_map: ZoneMap) -> None:
    await zone_map.zone_at(52.52, 13.40)

    assert "tzfpy" not in sys.modules


async def test_the_location_is_sent_through_the_pipe_and_not_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    told = (
        f'echo "$@" > {tmp_path}/arguments; env > {tmp_path}/environment; '
        f'read line; echo "$line" > {tmp_path}/input; echo Asia/Tokyo'
    )
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", told))

    zone = await zone_map.zone_at(52.5251, 13.4049)

    assert zone == "Asia/Tokyo"
    assert "52.5251" in (tmp_path / "input").read_text()
    assert "52.52" not in (tmp_path / "arguments").read_text()
    assert "52.52" not in (tmp_path / "environment").read_text()


@pytest.mark.parametrize(
    "answer",
    ["echo Atlantis/Poseidonis", "echo", "true", "printf '\\377\\376'", "exit 3"],
)
async def test_an_answer_that_is_not_a_zone_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap, answer: str
) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", answer))

    assert await zone_map.zone_at(52.52, 13.40) is None


async def test_a_child_that_can_not_be_started_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))

    assert await zone_map.zone_at(52.52, 13.40) is None


async def test_a_child_that_does_not_answer_in_time_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = f"echo $$ > {tmp_path}/pid; exec tail -f /dev/null"
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", hung))

    zone_map = ZoneMap(wait=0.5)
    zone = await zone_map.zone_at(52.52, 13.40)

    assert zone is None
    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_a_cancelled_question_leaves_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    os.mkfifo(tmp_path / "pid")
    hung = f"echo $$ > {tmp_path}/pid; exec tail -f /dev/null"
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", hung))
    question = asyncio.create_task(zone_map.zone_at(52.52, 13.40))
    pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))

    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question

    assert not is_alive(pid)


def counting(tmp_path: Path) -> str:
    """A child that notes its start, and answers each line."""
    return f"echo $$ >> {tmp_path}/starts; while read line; do echo Asia/Tokyo; done"


def starts(tmp_path: Path) -> list[int]:
    return [int(line) for line in (tmp_path / "starts").read_text().split()]


async def test_one_child_answers_all_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", counting(tmp_path)))

    zones = await asyncio.gather(*(zone_map.zone_at(35.0, 139.0) for _ in range(20)))

    assert zones == ["Asia/Tokyo"] * 20
    assert len(starts(tmp_path)) == 1


async def test_a_child_that_has_ended_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    once = f"echo $$ >> {tmp_path}/starts; read line; echo Asia/Tokyo"
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", once))

    zones = [await zone_map.zone_at(35.0, 139.0) for _ in range(4)]

    assert "Asia/Tokyo" in zones[1:], "only the question to a child that just ends may be lost"
    assert len(starts(tmp_path)) > 1


async def test_a_child_without_questions_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", counting(tmp_path)))
    zone_map = ZoneMap(idle=0)
    await zone_map.zone_at(35.0, 139.0)
    child = zone_map._child
    assert child is not None

    await child.wait()

    assert zone_map._child is None


async def test_too_many_waiting_questions_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone_map: ZoneMap
) -> None:
    monkeypatch.setattr(zone_at, "MOST_WAITING", 3)
    monkeypatch.setattr(sys, "executable", stand_in(tmp_path / "child", counting(tmp_path)))

    zones = await asyncio.gather(*(zone_map.zone_at(35.0, 139.0) for _ in range(10)))

    assert zones == ["Asia/Tokyo"] * 3 + [None] * 7
    assert zone_map.waiting == 0

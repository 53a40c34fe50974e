"""What a healthy run tells of itself: a line an hour with counts, and nothing of anybody."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from reminder_bot import activity
from reminder_bot.activity import Activity

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds since boot."""
    return lambda seconds: monkeypatch.setattr(activity, "boot_time", lambda: seconds)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level("INFO", logger="reminder_bot")
    return lambda: [line.partition("activity activity ")[2] for line in caplog.text.splitlines()]


async def test_an_hour_is_told_in_one_line_with_every_count(
    at: Callable[[float], None], lines: Callable[[], list[str]]
) -> None:
    at(1000)
    counts = Activity()
    counts.count("sent")
    counts.count("sent")
    counts.count("failed")

    at(1000 + 3600)
    await counts.step(NOW)

    assert lines() == ["role=leading minutes=60 sent=2 digests=0 answered=0 edited=0 failed=1"]


async def test_steps_within_the_hour_say_nothing(
    at: Callable[[float], None], lines: Callable[[], list[str]]
) -> None:
    at(1000)
    counts = Activity()

    for seconds in (1000, 1060, 1000 + 3599):
        at(seconds)
        await counts.step(NOW)

    assert lines() == []


async def test_each_line_is_of_the_time_since_the_last_one(
    at: Callable[[float], None], lines: Callable[[], list[str]]
) -> None:
    at(0)
    counts = Activity()
    counts.count("answered")
    at(3600)
    await counts.step(NOW)
    counts.count("edited")

    at(3600 + 600)
    counts.report()

    assert lines() == [
        "role=leading minutes=60 sent=0 digests=0 answered=1 edited=0 failed=0",
        "role=leading minutes=10 sent=0 digests=0 answered=0 edited=1 failed=0",
    ]


def test_a_replica_says_that_it_stands_by(lines: Callable[[], list[str]]) -> None:
    Activity(is_leading=lambda: False).report()

    assert lines()[0].startswith("role=standing_by ")

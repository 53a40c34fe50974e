"""Whether a notice still fits where its user stands."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reminder_bot.domain.notice import NoticeKind, is_wanted
from reminder_bot.domain.user import Setup
from tests.chat.cards import ANA

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("setup", list(Setup))
def test_who_stopped_half_way_is_nudged_and_nobody_else(setup: Setup) -> None:
    assert is_wanted(NoticeKind.NUDGE, replace(ANA, setup=setup)) is (setup is not Setup.DONE)


def test_the_end_of_a_pause_is_told_to_who_pauses_until_then() -> None:
    paused = replace(ANA, paused_at=NOON)

    assert is_wanted(NoticeKind.PAUSE_ENDS, replace(paused, paused_until=NOON))
    assert not is_wanted(NoticeKind.PAUSE_ENDS, paused)
    assert not is_wanted(NoticeKind.PAUSE_ENDS, ANA)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_who_cannot_be_reached_is_told_nothing(kind: NoticeKind) -> None:
    gone = replace(ANA, setup=Setup.ZONE, paused_at=NOON, paused_until=NOON, unreachable_at=NOON)

    assert not is_wanted(kind, gone)

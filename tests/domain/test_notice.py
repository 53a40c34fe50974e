"""Whether a notice is still worth sending to its user."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reminder_bot.domain.notice import Notice, NoticeKind, is_wanted
from reminder_bot.domain.user import Setup
from tests.chat.cards import ANA

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("setup", list(Setup))
def test_only_users_who_did_not_finish_the_set_up_are_nudged(setup: Setup) -> None:
    assert is_wanted(NoticeKind.NUDGE, replace(ANA, setup=setup)) is (setup is not Setup.DONE)


def test_the_end_of_a_pause_is_announced_to_users_who_set_one() -> None:
    paused = replace(ANA, paused_at=NOON)

    assert is_wanted(NoticeKind.PAUSE_ENDS, replace(paused, paused_until=NOON))
    assert not is_wanted(NoticeKind.PAUSE_ENDS, paused)
    assert not is_wanted(NoticeKind.PAUSE_ENDS, ANA)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_an_unreachable_user_gets_no_notice(kind: NoticeKind) -> None:
    gone = replace(ANA, setup=Setup.ZONE, paused_at=NOON, paused_until=NOON, unreachable_at=NOON)

    assert not is_wanted(kind, gone)


def test_a_new_notice_has_no_attempts() -> None:
    assert Notice(1, 7, NoticeKind.NUDGE, NOON, NOON, NOON).attempts == 0

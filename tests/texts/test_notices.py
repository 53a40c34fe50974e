"""The lines that the bot says by itself."""

from dataclasses import replace
from datetime import timedelta

from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.texts import notices
from tests.chat.cards import ANA, TEN
from tests.texts.reading import ENGLISH


def test_every_kind_of_notice_has_its_line() -> None:
    user = replace(ANA, paused_until=TEN + timedelta(days=1, minutes=30))

    lines = {
        kind: notices.line(ENGLISH, user, Notice(1, 7, kind, TEN, TEN, TEN)) for kind in NoticeKind
    }

    assert lines == {
        NoticeKind.NUDGE: "Your reminders are one minute away. Shall we go on?",
        NoticeKind.PAUSE_ENDS: "Your pause ends tomorrow at 10:30. /pause makes it longer.",
    }


def test_the_button_under_the_nudge() -> None:
    assert notices.go_on_button(ENGLISH) == "Go on"

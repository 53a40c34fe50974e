"""The notices: single lines that the bot sends by itself and that ask nothing."""

from typing import assert_never

from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def line(t: Translation, user: User, notice: Notice) -> str:
    match notice.kind:
        case NoticeKind.NUDGE:
            return t.gettext("Your reminders are one minute away. Shall we go on?")
        case NoticeKind.PAUSE_ENDS:
            assert user.paused_until is not None
            return t.gettext("Your pause ends tomorrow at {time}. /pause makes it longer.").format(
                time=formats.clock(user.paused_until, user)
            )
        case _:
            assert_never(notice.kind)


def go_on_button(t: Translation) -> str:
    """Under the nudge: continues the set-up."""
    return t.gettext("Go on")

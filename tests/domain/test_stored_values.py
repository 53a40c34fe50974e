"""What databases and the buttons of old messages hold is still read by the next version.

A value may be added here, but none may be changed or removed without a migration. The kinds of
habit stand in test_habit.
"""

from enum import StrEnum

import pytest

from reminder_bot.domain.adherence import Mark
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.fact import Certainty
from reminder_bot.domain.food import Diet
from reminder_bot.domain.habit import Role
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.suggestion import Change
from reminder_bot.domain.user import Setup

VALUES = {
    Certainty: "good moderate early",
    Change: "move drop repeat stop",
    Diet: (
        "vegan no-dairy no-gluten no-soy no-fish no-nuts no-alcohol low-salt low-fodmap "
        "low-tyramine"
    ),
    Later: "timer 15m 1h evening",
    Mark: "kept partly no skipped paused unanswered not-due",
    NoticeKind: "nudge pause-ends",
    Reply: "yes no skipped",
    Role: "question wind_down",
    Setup: "welcome zone hours habits done",
    Status: ("planned claimed ambiguous sent replied unanswered misfired cancelled uncertain"),
}


@pytest.mark.parametrize("kinds", VALUES, ids=lambda kinds: kinds.__name__)
def test_stored_values_stay(kinds: type[StrEnum]) -> None:
    assert [each.value for each in kinds] == VALUES[kinds].split()

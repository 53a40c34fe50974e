"""What could not be understood or done: it says what to do instead."""

from datetime import time

import pytest

from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.engine.configuring import Impossible
from reminder_bot.texts import errors
from tests.texts.reading import ENGLISH


@pytest.mark.parametrize(
    ("impossible", "reason"),
    [
        (Impossible(), "The weekend and the other days need a part of the night in common."),
        (
            Impossible(time(23), hours=DayHours(time(7), time(23))),
            "Your week at 23:00 would be in your quiet hours. Choose another hour.",
        ),
        (
            Impossible(time(6, 30), HabitKind.SKINCARE, DayHours(time(7), time(23))),
            "🧴 06:30 would be in your quiet hours, 23:00 to 07:00. Choose another time, or change "
            "the hours in /settings.",
        ),
    ],
    ids=["hours", "digest", "habit"],
)
def test_a_setting_is_refused_with_its_reason(impossible: Impossible, reason: str) -> None:
    assert errors.impossible(ENGLISH, impossible) == reason


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (errors.not_understood(ENGLISH), "I didn't get that. Tap a button above, or see /help."),
        (
            errors.too_fast(ENGLISH),
            "That was faster than I may answer. I read it all, but left out some replies.",
        ),
        (errors.no_open_question(ENGLISH), "Nothing is open right now. I'll ask when it's time."),
        (
            errors.asks_nothing(ENGLISH),
            "That message asks nothing. Reply to a question, or send 500 ml on its own, not as a "
            "reply.",
        ),
        (
            errors.takes_yes_or_no(ENGLISH),
            "That question takes a yes or a no. Send an amount on its own, like 500 ml.",
        ),
        (errors.unknown_command(ENGLISH), "I don't know this command. /help lists what I can do."),
        (errors.old_button(ENGLISH), "This button is from an older message."),
        (errors.screen_gone(ENGLISH), "This is not there any more. /settings shows what is."),
        (errors.set_already(ENGLISH), "It is set like that already."),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

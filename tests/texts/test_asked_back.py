"""What is asked back, as it is read."""

import pytest

from reminder_bot.domain.intake import Doubt
from reminder_bot.texts import asked_back
from tests.texts.reading import ENGLISH


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (asked_back.which_one(ENGLISH), "Which one?"),
        (asked_back.both_button(ENGLISH, 2), "Both"),
        (asked_back.both_button(ENGLISH, 3), "All of them"),
        (asked_back.neither_button(ENGLISH), "Neither"),
        (asked_back.what(ENGLISH, 5), "5 what?"),
        (asked_back.glasses_button(ENGLISH, 1), "1 glass"),
        (asked_back.glasses_button(ENGLISH, 5), "5 glasses"),
        (asked_back.minutes_button(ENGLISH, 1), "1 minute"),
        (asked_back.minutes_button(ENGLISH, 5), "5 minutes"),
        (asked_back.ml_button(ENGLISH, 40), "40 ml"),
        (
            asked_back.doubt(ENGLISH, Doubt.SIP, 12),
            "12 ml is only a sip. Shall I note it?",
        ),
        (
            asked_back.doubt(ENGLISH, Doubt.IN_AN_HOUR, 500),
            "500 ml more makes over a litre within an hour. Shall I note it?",
        ),
        (
            asked_back.doubt(ENGLISH, Doubt.IN_A_DAY, 500),
            "That is a lot. Drinking far beyond thirst can be dangerous: headache, vomiting or "
            "confusion is an emergency.",
        ),
        (asked_back.note_it_button(ENGLISH, 12), "Note 12 ml"),
        (asked_back.no_button(ENGLISH), "Don't note it"),
        (asked_back.nothing_recorded(ENGLISH), "Nothing was recorded."),
        (asked_back.minutes_at(ENGLISH, "10:32", 5), "10:32 · 5 min"),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

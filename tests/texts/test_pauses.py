"""Pauses as they are asked for, shown and ended."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from reminder_bot.texts import pauses
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA, TEN
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits


def test_a_pause_says_when_it_ends() -> None:
    paused = replace(ANA, paused_at=TEN, paused_until=TEN + timedelta(days=3))

    assert pauses.paused(ENGLISH, paused) == "Paused until Thursday 5 Mar, 10:00."


def test_a_pause_without_an_end_lasts_until_they_come_back() -> None:
    assert pauses.paused(ENGLISH, replace(ANA, paused_at=TEN)) == "Paused until you come back."


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_no_number_of_days_is_shown_back_and_never_markup(typed: str) -> None:
    answer = pauses.not_days(ENGLISH, typed)

    assert_html(answer)
    assert typed in unescape(answer)


@LANGUAGES
def test_what_is_no_number_of_days_is_told_briefly(language: str) -> None:
    answer = pauses.not_days(translation(language), quoted("<" * 500))

    assert fits(answer, 120, language), answer


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (pauses.title(ENGLISH), "Pause"),
        (
            pauses.ask_length(ENGLISH),
            "Silence for a while; its days count neither way. For how long, today included?",
        ),
        (pauses.days_button(ENGLISH, 1), "1 day"),
        (pauses.days_button(ENGLISH, 14), "14 days"),
        (pauses.until_back_button(ENGLISH), "Until I'm back"),
        (pauses.resume_button(ENGLISH), "Resume"),
        (pauses.welcome_back(ENGLISH), "Welcome back."),
        (pauses.resumed(ENGLISH), "Welcome back. Your reminders go on."),
        (pauses.not_paused(ENGLISH), "Nothing was paused."),
        (
            pauses.not_days(ENGLISH, "soon"),
            "I can't read “soon” as a number of days. Send it like 5d.",
        ),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

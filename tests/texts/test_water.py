"""Amounts of water as they are read."""

from html import unescape

import pytest

from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.texts import water
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits

WATER = Habit(1, HabitKind.HYDRATION, 1500, 250)
LIMIT = Habit(1, HabitKind.HYDRATION, 1500, 250, is_limit=True)


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_no_amount_is_shown_back_and_never_markup(typed: str) -> None:
    answer = water.not_an_amount(ENGLISH, typed)

    assert_html(answer)
    assert typed in unescape(answer)


@LANGUAGES
def test_what_is_no_amount_is_told_briefly(language: str) -> None:
    answer = water.not_an_amount(translation(language), quoted("<" * 500))

    assert fits(answer, 120, language), answer


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (water.of_goal(ENGLISH, 750, WATER, is_today=True), "750 of 1,500 ml today"),
        (water.of_goal(ENGLISH, 2100, WATER, is_today=False), "2,100 of 1,500 ml that day"),
        (water.of_goal(ENGLISH, 1250, LIMIT, is_today=True), "250 ml left today"),
        (water.of_goal(ENGLISH, 1500, LIMIT, is_today=True), "your limit for today is reached"),
        (water.of_goal(ENGLISH, 1600, LIMIT, is_today=True), "your limit for today is reached"),
        (water.is_limit_reached(1500, LIMIT), True),
        (water.is_limit_reached(1499, LIMIT), False),
        (water.is_limit_reached(1500, WATER), False),
        (water.of_limit(ENGLISH, 1600, 1500, is_today=False), "1,600 of 1,500 ml that day"),
        (water.amount_at(ENGLISH, "10:32", 250, 250), "10:32 a glass"),
        (water.amount_at(ENGLISH, "10:32", None, 250), "10:32 a glass"),
        (water.amount_at(ENGLISH, "10:32", 300, 250), "10:32 300 ml"),
        (water.ml_at(ENGLISH, "10:32", 250), "10:32 250 ml"),
        (water.more_button(ENGLISH, 500), "+500 ml"),
        (
            water.what_counts(ENGLISH),
            "Herbal tea counts, and so do other tea, milk and soup.",
        ),
        (
            water.not_an_amount(ENGLISH, "a lot"),
            "I can't read “a lot” as an amount. Send it like 500 ml, or 2 glasses.",
        ),
        (water.ml_at(ENGLISH, "10:32", 1500), "10:32 1,500 ml"),
        (
            water.more_than_an_entry(ENGLISH, "<3 l>"),
            "“&lt;3 l&gt;” is more than I note at once: at most 2,000 ml.",
        ),
        (water.not_among_habits(ENGLISH), "Water is not among your habits. /habits adds it."),
    ],
)
def test_short_words_as_they_are_read(said: object, wanted: object) -> None:
    assert said == wanted

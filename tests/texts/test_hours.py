"""Wake and sleep times as they are asked for and shown."""

from dataclasses import replace
from datetime import time
from html import unescape

import pytest

from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.engine.configuring import Moved
from reminder_bot.texts import hours
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits


def test_the_same_hours_on_all_days_are_one_line() -> None:
    same = replace(ANA, weekend_hours=ANA.weekday_hours)

    for user in (ANA, same):
        assert hours.lines(ENGLISH, user) == ["Every day: up at 07:00, asleep by 23:00."]


def test_a_weekend_of_its_own_has_a_line_of_its_own() -> None:
    user = replace(ANA, weekend_hours=DayHours(time(9, 30), time(1)))

    assert hours.lines(ENGLISH, user) == [
        "Mon–Fri: up at 07:00, asleep by 23:00.",
        "Weekend: up at 09:30, asleep by 01:00.",
    ]


@pytest.mark.parametrize(
    ("wake", "sleep", "notice"),
    [
        (time(6), time(1), "That is short. If you can't sleep longer, a doctor can help."),
        (time(6, 30), time(0), "That is 6.5 h of sleep; 7 to 9 is advised for most adults."),
    ],
)
def test_too_little_sleep_is_noticed(wake: time, sleep: time, notice: str) -> None:
    assert hours.too_little_sleep(ENGLISH, DayHours(wake, sleep)) == notice


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_are_no_two_times_is_shown_back_and_never_markup(typed: str) -> None:
    answer = hours.not_two_times(ENGLISH, typed)

    assert_html(answer)
    assert typed in unescape(answer)


@LANGUAGES
def test_what_are_no_two_times_is_told_briefly(language: str) -> None:
    answer = hours.not_two_times(translation(language), quoted("<" * 500))

    assert fits(answer, 120, language), answer


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (hours.title(ENGLISH), "Hours"),
        (hours.ask_wake(ENGLISH), "When do you get up?"),
        (hours.ask_sleep(ENGLISH), "When do you want to be asleep?"),
        (
            hours.quiet(ENGLISH, DayHours(time(6, 50), time(0))),
            "Quiet from 00:00 to 06:50: nothing comes by itself.",
        ),
        (hours.tap_or_send(ENGLISH), "Tap a pair, or send two times like “6:30 22:30”."),
        (
            hours.not_two_times(ENGLISH, "25:00"),
            "I can't read “25:00” as two times. Send them like 07:00 23:00.",
        ),
        (
            hours.moved(
                ENGLISH,
                [Moved(None, time(18), time(22)), Moved(HabitKind.BEDTIME, time(6, 30), time(7))],
            ),
            "Your week has moved from 18:00 to 22:00. 🌙 06:30 has moved to 07:00.",
        ),
        (
            hours.moved(ENGLISH, [Moved(None, time(18), time(22))] * 4),
            "Your week has moved from 18:00 to 22:00. " * 3
            + "Others have moved, too: see /habits.",
        ),
        (hours.moved(ENGLISH, []), ""),
        (
            hours.impossible(ENGLISH),
            "These hours leave no day or no night: at least 8 hours awake and 3 asleep. Choose "
            "others.",
        ),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

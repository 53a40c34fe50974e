"""The sentences of /habits as they are read."""

from html import unescape

import pytest

from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.reminder import REPEATS
from reminder_bot.texts import habits
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits


def test_every_number_of_repeats_has_its_label() -> None:
    labels = [habits.repeat_button(ENGLISH, each) for each in sorted(REPEATS.values())]

    assert labels == ["Repeat: off", "Repeat: gentle", "Repeat: firm"]


def test_an_odd_number_of_repeats_is_called_firm() -> None:
    assert habits.repeat_button(ENGLISH, 2) == "Repeat: firm"


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_are_no_times_is_shown_back_and_never_markup(typed: str) -> None:
    answer = habits.not_times(ENGLISH, typed)

    assert_html(answer)
    assert typed in unescape(answer)


@LANGUAGES
def test_what_are_no_times_is_told_briefly(language: str) -> None:
    answer = habits.not_times(translation(language), quoted("<" * 500))

    assert fits(answer, 120, language), answer


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (habits.title(ENGLISH), "Your habits"),
        (habits.none_is_on(ENGLISH), "None is on. Add one below."),
        (habits.add_button(ENGLISH), "Add"),
        (habits.not_today(ENGLISH), "not today"),
        (habits.times_a_day(ENGLISH, 1), "1 time a day"),
        (habits.times_a_day(ENGLISH, 6), "6 times a day"),
        (
            habits.goal(ENGLISH, Habit(1, HabitKind.HYDRATION, 1250, 300)),
            "Goal 1,250 ml a day, a glass is 300 ml.",
        ),
        (
            habits.too_few_questions(ENGLISH),
            "A glass for each time does not reach it. Days below the goal are not counted.",
        ),
        (
            habits.questions_added(ENGLISH, 1),
            "1 time added, so that a glass for each reaches the goal.",
        ),
        (
            habits.questions_added(ENGLISH, 3),
            "3 times added, so that a glass for each reaches the goal.",
        ),
        (
            habits.goal_out_of_reach(ENGLISH, Habit(1, HabitKind.HYDRATION, 2000, 150), 2250, 15),
            "2,250 ml would take 15 glasses of 150 ml, more times than fit in your day. "
            "A larger glass helps.",
        ),
        (
            habits.no_other_glass(ENGLISH, Habit(1, HabitKind.HYDRATION, 3500, 500)),
            "With a smaller glass your times cannot reach 3,500 ml. Lower the goal, or add times.",
        ),
        (
            habits.limit(ENGLISH, Habit(1, HabitKind.HYDRATION, 1200, 250, is_limit=True)),
            "Limit 1,200 ml a day, a glass is 250 ml. Every drink counts, nothing is asked.",
        ),
        (habits.limit_button(ENGLISH, is_on=True), "Limit: on"),
        (habits.limit_button(ENGLISH, is_on=False), "Limit: off"),
        (habits.less_button(ENGLISH, 250), "− 250 ml"),
        (habits.more_button(ENGLISH, 250), "+ 250 ml"),
        (habits.glass_button(ENGLISH, 300), "Glass 300 ml"),
        (habits.sound_button(ENGLISH, is_loud=True), "Sound: on"),
        (habits.sound_button(ENGLISH, is_loud=False), "Sound: off"),
        (habits.remove_button(ENGLISH), "Remove"),
        (habits.removed(ENGLISH), "Removed. Add brings it back with its history."),
        (habits.goal_out_of_range(ENGLISH, 500, 3500), "The goal can be 500 to 3,500 ml."),
        (habits.evening(ENGLISH), "Evening"),
        (habits.morning(ENGLISH), "Morning"),
        (habits.times_button(ENGLISH), "Times"),
        (habits.not_asked(ENGLISH), "not asked"),
        (
            habits.send_other_times(ENGLISH),
            "Send other times like “weekdays 7:30” or “every 90 min from 9 to 20”.",
        ),
        (habits.tap_removes_a_time(ENGLISH), "A tap on a time takes it out."),
        (habits.earlier_button(ENGLISH, 30), "− 30 min"),
        (habits.later_button(ENGLISH, 30), "+ 30 min"),
        (
            habits.not_times(ENGLISH, "noonish"),
            "I can't read “noonish” as times. Send them like “weekdays 7:30”.",
        ),
        (habits.add_time_button(ENGLISH), "Add a time"),
        (habits.usual_times_button(ENGLISH), "Usual times"),
        (habits.ask_time_to_add(ENGLISH), "Which time shall I add?"),
        (habits.too_many_times(ENGLISH, 16), "At most 16 times a day."),
        (habits.add_title(ENGLISH), "Add a habit"),
        (habits.own_title(ENGLISH), "Your own habit"),
        (
            habits.not_own_words(ENGLISH, "<yes>"),
            "“&lt;yes&gt;” is no habit. Send a few words, like “Walk after lunch”.",
        ),
        (
            habits.ask_own_words(ENGLISH),
            "Send it in a few words, like “Walk after lunch”. I ask once a day.",
        ),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

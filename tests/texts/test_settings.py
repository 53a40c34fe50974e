"""The sentences of /settings as they are read."""

from dataclasses import replace
from datetime import time

import pytest

from reminder_bot.texts import settings
from tests.chat.cards import ANA, TEN
from tests.texts.reading import ENGLISH

WEDNESDAY = replace(ANA, digest_weekday=3, digest_at=time(7, 30), zone="Asia/Kathmandu")


@pytest.mark.parametrize("is_on", [True, False])
def test_a_switch_says_whether_it_is_on(is_on: bool) -> None:
    state = "on" if is_on else "off"

    assert settings.discreet_switch(ENGLISH, is_on=is_on) == f"Discreet: {state}"
    assert settings.tidy_switch(ENGLISH, is_on=is_on) == f"Tidy chat: {state}"
    assert settings.dark_switch(ENGLISH, is_on=is_on) == f"Dark pictures: {state}"
    assert settings.numbers_switch(ENGLISH, is_on=is_on) == f"Without numbers: {state}"


@pytest.mark.parametrize(
    ("flag", "effect"),
    [
        ("is_discreet", "Questions come without their words. Open shows them."),
        ("is_tidy", "Questions that nobody answered will be deleted."),
        ("is_dark", "The next picture is dark."),
        ("is_without_numbers", "No sums, streaks or pictures any more."),
    ],
)
def test_what_is_switched_on_says_what_it_does(flag: str, effect: str) -> None:
    assert settings.switched_on(ENGLISH, flag) == effect


def test_an_unknown_switch_is_an_error() -> None:
    with pytest.raises(KeyError):
        settings.switched_on(ENGLISH, "is_loud")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (settings.title(ENGLISH), "Settings"),
        (settings.place_and_time(ENGLISH, ANA, TEN), "Berlin: 10:00"),
        (settings.place_and_time(ENGLISH, WEDNESDAY, TEN), "Kathmandu: 14:45"),
        (settings.digest_time(ENGLISH, ANA), "Your week comes on Sunday at 18:00."),
        (settings.digest_time(ENGLISH, WEDNESDAY), "Your week comes on Wednesday at 07:30."),
        (settings.habits_button(ENGLISH), "Habits"),
        (settings.hours_button(ENGLISH), "Hours"),
        (settings.digest_button(ENGLISH), "Week"),
        (settings.diet_button(ENGLISH), "Diet"),
        (settings.facts_button(ENGLISH), "Facts"),
        (settings.zone_button(ENGLISH), "Time zone"),
        (settings.pause_button(ENGLISH), "Pause"),
        (settings.digest_title(ENGLISH), "Your week"),
        (
            settings.digest_time_and_content(ENGLISH, WEDNESDAY),
            "It comes on Wednesday at 07:30 and tells the days before.",
        ),
        (settings.hour_earlier_button(ENGLISH), "− 1 h"),
        (settings.hour_later_button(ENGLISH), "+ 1 h"),
        (settings.diet_title(ENGLISH), "Diet"),
        (settings.diet(ENGLISH), "Food ideas leave out what you tick. Always read the label."),
        (settings.facts_title(ENGLISH), "Facts"),
        (settings.ask_topics(ENGLISH), "One comes with your week. What may it be about?"),
        (settings.about_babies_button(ENGLISH), "About babies"),
        (settings.one_topic_stays(ENGLISH), "One topic stays: the week brings a fact."),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

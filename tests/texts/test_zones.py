"""Finding a zone: each question and answer as it is read."""

from dataclasses import replace
from html import unescape

import pytest

from reminder_bot.texts import zones
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA, TEN
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits


def test_our_time_stands_beside_the_phones_own() -> None:
    user = replace(ANA, zone="Asia/Kolkata")

    line = zones.current_time(ENGLISH, user, TEN)

    assert_html(line)
    assert line == (
        f'Delhi: 14:30. Your phone says <tg-time unix="{int(TEN.timestamp())}" format="t">14:30'
        "</tg-time>."
    )


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_city_that_is_not_found_is_shown_back_and_never_markup(typed: str) -> None:
    answer = zones.no_such_city(ENGLISH, typed)

    assert_html(answer)
    assert typed in unescape(answer)


@LANGUAGES
def test_a_city_that_is_not_found_is_told_briefly(language: str) -> None:
    answer = zones.no_such_city(translation(language), quoted("<" * 500))

    assert fits(answer, 120, language), answer


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (zones.ask_clock(ENGLISH), "What time is it for you now?"),
        (zones.ask_city_with_clock(ENGLISH), "Which of these cities has your clock?"),
        (zones.ask_which_city(ENGLISH), "Which one is it?"),
        (
            zones.ask_if_near(ENGLISH, "Berln & Co"),
            "I'm not sure about “Berln &amp; Co”. Is one of these near you?",
        ),
        (zones.ask_if_clock(ENGLISH, "Asia/Kolkata", TEN), "Delhi: is it 14:30 now?"),
        (zones.ask_if_clock(ENGLISH, "Etc/GMT+3", TEN), "UTC−3: is it 06:00 now?"),
        (zones.ask_city_name(ENGLISH), "Send me the name of a city near you."),
        (
            zones.no_such_city(ENGLISH, "Atlantis & Co"),
            "I can't find “Atlantis &amp; Co”. Send a larger city nearby, like Lisbon.",
        ),
        (
            zones.no_zone_there(ENGLISH),
            "I can't tell the time zone of that place. Send me the name of a city instead.",
        ),
        (zones.type_city_button(ENGLISH), "Type a city"),
        (zones.location_button(ENGLISH), "📍 Location"),
        (zones.share_location_button(ENGLISH), "📍 Share my location"),
        (
            zones.ask_location(ENGLISH),
            "Tap the button below. I read your time zone from it once and keep no place.",
        ),
        (zones.location_found(ENGLISH), "Thank you, found it."),
        (zones.location_not_shared(ENGLISH), "Fine, no place then."),
        (zones.times_go_with_you(ENGLISH), "Travelling? Your times go with you."),
        (
            zones.times_follow(ENGLISH, ANA),
            "Your times follow the clock there: 07:00 is 07:00 in Berlin.",
        ),
        (
            zones.keep_button(ENGLISH, "America/Argentina/Buenos_Aires"),
            "Keep Buenos Aires time",
        ),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

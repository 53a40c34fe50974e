"""Labels that several kinds of messages share."""

import pytest

from reminder_bot.texts import buttons
from tests.texts.reading import ENGLISH


def test_a_tick_stands_before_what_is_on() -> None:
    assert buttons.ticked("vegan", True) == "✓ vegan"
    assert buttons.ticked("vegan", False) == "vegan"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (buttons.yes(ENGLISH), "Yes"),
        (buttons.no(ENGLISH), "No"),
        (buttons.later(ENGLISH), "Later"),
        (buttons.undo(ENGLISH), "Undo"),
        (buttons.open_words(ENGLISH), "Open"),
        (buttons.back(ENGLISH), "Back"),
        (buttons.close(ENGLISH), "Close"),
        (buttons.skip(ENGLISH), "Skip"),
        (buttons.other(ENGLISH), "Other"),
        (buttons.cancel(ENGLISH), "Cancel"),
    ],
)
def test_labels_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

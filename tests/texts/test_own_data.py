"""What is said about a person's own data."""

import pytest

from reminder_bot.texts import own_data
from tests.texts.reading import ENGLISH, assert_html


def test_privacy_says_what_is_kept_where_and_how_it_goes() -> None:
    text = own_data.privacy(ENGLISH)

    assert_html(text)
    assert text.splitlines() == [
        "<b>What is kept</b>",
        "Your Telegram number, time zone, hours, diet, habits, the questions asked and your "
        "answers. The words of a habit of your own. No name, no place, nothing else you write.",
        "It stays in the database of whoever hosts this bot and goes to nobody else. Telegram "
        "carries the messages.",
        "/delete removes all of it at once.",
        "",
        "Cities: data of GeoNames (geonames.org), CC BY 4.0. Font of the pictures: a subset of "
        "Inter, SIL Open Font License 1.1.",
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            own_data.exported(ENGLISH),
            "All that is known of you: a table for a spreadsheet, and the same as JSON.",
        ),
        (
            own_data.ask_delete(ENGLISH, 1),
            "This deletes all that is known of you: 1 row. It can't be undone.",
        ),
        (
            own_data.ask_delete(ENGLISH, 1200),
            "This deletes all that is known of you: 1200 rows. It can't be undone.",
        ),
        (own_data.delete_button(ENGLISH), "Delete all"),
        (own_data.keep_button(ENGLISH), "Keep"),
        (
            own_data.deleted(ENGLISH, 1),
            "Deleted: 1 row. Nothing is known of you here any more. /start begins anew.",
        ),
        (
            own_data.deleted(ENGLISH, 12),
            "Deleted: 12 rows. Nothing is known of you here any more. /start begins anew.",
        ),
        (own_data.kept(ENGLISH), "Nothing was deleted."),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

"""A card arrives with a sound if any of its check-ins does."""

from dataclasses import replace

import pytest

from reminder_bot.domain.card import Row
from reminder_bot.domain.habit import HabitKind
from tests.chat.cards import card, row

LOUD = replace(row(HabitKind.MEDITATION), is_loud=True)
SILENT = replace(row(HabitKind.HYDRATION), is_loud=False)


@pytest.mark.parametrize(
    ("rows", "is_silent"),
    [
        ([SILENT], True),
        ([SILENT, SILENT], True),
        ([LOUD], False),
        ([SILENT, LOUD], False),
        ([LOUD, SILENT], False),
    ],
)
def test_a_card_is_silent_if_all_its_rows_are(rows: list[Row], is_silent: bool) -> None:
    assert card(*rows).is_silent is is_silent


def test_the_food_of_a_row_is_known_unless_it_is_said_to_be_new() -> None:
    plain = Row(LOUD.check_in, LOUD.habit, 0, is_done=False, is_loud=True)

    assert not plain.has_new_food

"""Cards: when one makes a sound, and when a habit is done for the day."""

from dataclasses import replace
from datetime import time

import pytest

from reminder_bot.domain.card import Row, is_ahead, is_done
from reminder_bot.domain.habit import HabitKind, Role
from tests.chat.cards import card, row

LOUD = replace(row(HabitKind.MEDITATION), is_loud=True)
SILENT = replace(row(HabitKind.HYDRATION), is_loud=False)
# The check-ins of tests/chat/cards.py are for the slot at 10:00 of a Monday, the second of five.
# The goal is 1500 ml, so 600 ml are expected after it.
SCHEDULE = "12345 08:00,10:00,12:00,14:00,16:00"


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


@pytest.mark.parametrize(("ask", "is_silent"), [(1, False), (2, True), (3, True)])
def test_only_the_first_evening_prompt_makes_a_sound(ask: int, is_silent: bool) -> None:
    prompt = row(HabitKind.BEDTIME, role=Role.WIND_DOWN, ask=ask)
    question = row(HabitKind.BEDTIME, ask=ask)

    assert card(replace(prompt, is_loud=True)).is_silent is is_silent
    assert not card(replace(question, is_loud=True)).is_silent


def test_the_food_of_a_row_is_known_unless_it_is_said_to_be_new() -> None:
    plain = Row(LOUD.check_in, LOUD.habit, 0, is_done=False, is_loud=True)

    assert not plain.has_new_food


@pytest.mark.parametrize(("done_ml", "expected"), [(0, False), (599, False), (600, True)])
def test_a_day_is_ahead_if_it_holds_the_share_of_all_slots_up_to_this_one(
    done_ml: int, expected: bool
) -> None:
    check_in = row(HabitKind.HYDRATION).check_in

    assert is_ahead(check_in, SCHEDULE, done_ml, 1500) is expected


def test_no_day_is_ahead_of_a_slot_that_its_schedule_no_longer_has() -> None:
    moved = row(HabitKind.HYDRATION, slot=time(11)).check_in

    assert not is_ahead(moved, SCHEDULE, 1499, 1500)
    assert not is_ahead(moved, "67 11:00", 1499, 1500)


@pytest.mark.parametrize(
    ("ask", "done_ml", "expected"),
    [
        (1, 0, False),
        (1, 599, False),
        (1, 600, True),
        (2, 600, False),  # a later ask was wanted, so only the goal itself ends it
        (2, 1499, False),
        (2, 1500, True),
    ],
)
def test_a_goal_is_done_when_reached_or_when_the_day_is_ahead_of_a_first_ask(
    ask: int, done_ml: int, expected: bool
) -> None:
    water = row(HabitKind.HYDRATION, ask=ask)

    assert is_done(water.check_in, water.habit, SCHEDULE, done_ml, times=3) is expected


@pytest.mark.parametrize("ask", [1, 2])
@pytest.mark.parametrize(("times", "expected"), [(0, False), (1, True)])
def test_a_habit_without_a_goal_is_done_by_one_entry_on_any_ask(
    ask: int, times: int, expected: bool
) -> None:
    calm = row(HabitKind.MEDITATION, ask=ask)

    assert is_done(calm.check_in, calm.habit, "1234567 10:00", 0, times) is expected


def test_an_evening_prompt_is_never_done_by_what_was_answered_that_morning() -> None:
    evening = row(HabitKind.BEDTIME, Role.WIND_DOWN)

    assert not is_done(evening.check_in, evening.habit, "1234567 10:00", 0, times=1)

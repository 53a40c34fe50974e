"""The buttons under a message: which, where, and that Telegram takes them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from reminder_bot.chat import keyboards
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.texts.translation import PSEUDO, translation
from tests.chat.cards import LARGEST, TEN, card, row

ENGLISH = translation("en")


def shown(*rows: Any, now: datetime = TEN, view: str = "") -> list[list[str]]:
    keyboard = keyboards.of_card(ENGLISH, card(*rows), now, view)
    return [[each["text"] for each in line] for line in keyboard["inline_keyboard"]]


def test_a_question_has_yes_no_and_later() -> None:
    assert shown(row(HabitKind.SKINCARE)) == [["Yes", "No", "Later"]]


def test_yes_is_green_no_is_plain_later_is_blue() -> None:
    keyboard = keyboards.of_card(ENGLISH, card(row(HabitKind.MEDITATION)), TEN)

    assert [each.get("style") for each in keyboard["inline_keyboard"][0]] == [
        "success",
        None,
        "primary",
    ]


def test_water_has_a_larger_amount_too() -> None:
    assert shown(row(HabitKind.HYDRATION)) == [["Yes", "No", "Later"], ["+500 ml"]]


def test_quiet_minutes_have_a_timer_too() -> None:
    assert shown(row(HabitKind.MEDITATION)) == [["Yes", "No", "Later"], ["Start 5 min"]]


def test_after_the_timer_only_the_answer_is_asked() -> None:
    assert shown(row(HabitKind.MEDITATION, ask=2, timer_minutes=5)) == [["Yes", "No", "Later"]]


def test_the_evening_prompt_has_good_night_alone() -> None:
    assert shown(row(HabitKind.BEDTIME, Role.WIND_DOWN)) == [["Good night"]]


def test_later_opens_its_choices() -> None:
    assert shown(row(HabitKind.MEDITATION), view="later:1") == [
        ["15 min", "1 h", "This evening"],
        ["Skip today", "Back"],
    ]


def test_this_evening_is_not_offered_in_the_evening() -> None:
    late = TEN + timedelta(hours=11)  # 21:00, three hours before sleep have passed

    assert shown(
        row(HabitKind.MEDITATION, closes_at=late + timedelta(hours=1)), now=late, view="later:1"
    ) == [
        ["15 min", "1 h"],
        ["Skip today", "Back"],
    ]


@pytest.mark.parametrize("given", list(Reply))
def test_what_is_answered_can_be_undone(given: Reply) -> None:
    answered = row(HabitKind.MEDITATION, reply=given, replied_at=TEN, status=Status.REPLIED)

    assert shown(answered) == [["Undo"]]


def test_what_comes_back_later_can_be_undone() -> None:
    assert shown(row(HabitKind.MEDITATION, status=Status.PLANNED, ask=2)) == [["Undo"]]


@pytest.mark.parametrize(
    "closed",
    [
        {"closes_at": TEN},
        {"status": Status.UNANSWERED},
        {"status": Status.CANCELLED},
        {"status": Status.MISFIRED},
    ],
)
def test_what_has_closed_has_no_buttons(closed: dict[str, Any]) -> None:
    assert shown(row(HabitKind.MEDITATION, **closed)) == []


def test_on_a_card_of_two_each_button_says_what_it_is_about() -> None:
    assert shown(row(HabitKind.HYDRATION), row(HabitKind.MEDITATION, id=2)) == [
        ["💧 Yes", "💧 No", "💧 Later"],
        ["💧 +500 ml"],
        ["🧘 Yes", "🧘 No", "🧘 Later"],
        ["🧘 Start 5 min"],
    ]


def test_the_choices_of_later_open_for_one_row_alone() -> None:
    lines = shown(row(HabitKind.PROBIOTIC), row(HabitKind.MEDITATION, id=2), view="later:2")

    assert lines == [
        ["🥛 Yes", "🥛 No", "🥛 Later"],
        ["🧘 15 min", "🧘 1 h", "🧘 This evening"],
        ["🧘 Skip today", "🧘 Back"],
    ]


@pytest.mark.parametrize("language", ["en", PSEUDO])
@pytest.mark.parametrize("view", ["", f"later:{LARGEST}"])
@pytest.mark.parametrize("kind", list(HabitKind))
def test_telegram_takes_every_button(language: str, view: str, kind: HabitKind) -> None:
    """At most three in a row, 64 bytes each, for the largest number a database can count to."""
    rows = [
        row(kind, id=LARGEST),
        row(kind, id=LARGEST, reply=Reply.YES, replied_at=TEN),
        row(HabitKind.BEDTIME, Role.WIND_DOWN, id=LARGEST),
    ]

    keyboard = keyboards.of_card(translation(language), card(*rows), TEN, view)

    lines = keyboard["inline_keyboard"]
    assert all(1 <= len(line) <= 3 for line in lines)
    assert all(0 < len(each["callback_data"].encode()) <= 64 for line in lines for each in line)
    assert all(each["text"] for line in lines for each in line)


def test_a_keyboard_without_rows_takes_the_buttons_away() -> None:
    assert keyboards.inline([]) == keyboards.inline([[]]) == {"inline_keyboard": []}


def test_buttons_fill_rows_of_three() -> None:
    buttons = [keyboards.button(str(number), "v1:yes") for number in range(7)]

    assert [len(line) for line in keyboards.in_rows(buttons)] == [3, 3, 1]


def test_every_choice_of_later_has_a_verb_of_its_own() -> None:
    keyboard = keyboards.of_card(ENGLISH, card(row(HabitKind.MEDITATION)), TEN, "later:1")

    choices = [each for each in Later if each is not Later.TIMER]
    assert [each["callback_data"] for each in keyboard["inline_keyboard"][0]] == [
        f"v1:{each}:1" for each in choices
    ]

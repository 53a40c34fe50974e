"""What is said to somebody who is no user, and in a group."""

from reminder_bot.texts import strangers
from tests.texts.reading import ENGLISH, assert_html


def test_whoever_did_not_start_is_told_how() -> None:
    assert strangers.start_first(ENGLISH) == ("Send /start and I will ask what time it is for you.")


def test_whoever_is_not_invited_is_told_who_can_help() -> None:
    assert strangers.not_invited(ENGLISH) == "This bot is private. Its host can add you."


def test_a_group_is_pointed_to_the_private_chat() -> None:
    assert strangers.in_private(ENGLISH, "gut_bot") == (
        "I talk in private only: https://t.me/gut_bot"
    )


def test_a_name_of_the_bot_is_never_markup() -> None:
    assert_html(strangers.in_private(ENGLISH, "<b>&bot"))

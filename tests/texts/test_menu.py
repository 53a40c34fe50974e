"""The menu of commands as Telegram shows it."""

import pytest

from reminder_bot.texts import menu
from reminder_bot.texts.translation import translation
from tests.texts.reading import BRACKETED, ENGLISH, LANGUAGES


def test_every_command_has_its_line_most_used_first() -> None:
    assert list(menu.commands(ENGLISH).items()) == [
        ("today", "Where the day stands"),
        ("water", "Note a glass, or “/water 500”"),
        ("habits", "Habits and their times"),
        ("stats", "How it went"),
        ("digest", "Your last week again"),
        ("undo", "Take back the last answer"),
        ("pause", "Silence for a while"),
        ("resume", "End a pause"),
        ("settings", "Hours, diet, discretion and more"),
        ("timezone", "Your clock, when you travel"),
        ("export", "All your data as files"),
        ("delete", "Delete all your data"),
        ("privacy", "What is kept, and where"),
        ("help", "How it works, and health notes"),
        ("start", "Begin, or see today"),
    ]


@pytest.mark.parametrize("command", menu.commands(ENGLISH))
def test_every_line_is_translated(command: str) -> None:
    assert menu.commands(BRACKETED)[command].startswith("[")


@LANGUAGES
def test_telegram_takes_every_line(language: str) -> None:
    """At most 256 characters."""
    lines = menu.commands(translation(language)).values()

    assert all(0 < len(line) <= 256 for line in lines)

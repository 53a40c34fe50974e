"""The commands that only open a screen open the right one."""

import pytest

from reminder_bot.chat.screens.menu import OPENS
from reminder_bot.texts.menu import commands
from reminder_bot.texts.translation import translation
from tests.chat.conversation import Conversation

TITLES = {
    "today": "Today, Monday 2 Mar",
    "habits": "Your habits",
    "settings": "Settings",
    "timezone": "Berlin: 07:01.",
}


def test_these_commands_open_a_screen() -> None:
    assert OPENS.keys() == TITLES.keys()
    assert OPENS.keys() <= commands(translation("en")).keys()


@pytest.mark.parametrize("command", TITLES)
async def test_the_command_opens_its_screen(command: str, settled: Conversation) -> None:
    screen = await settled.send(f"/{command}")

    assert screen.text.startswith(TITLES[command])

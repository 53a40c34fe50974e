"""Every command stands where somebody may look for it: Telegram's menu, /help, and the README."""

import re
from pathlib import Path

import pytest

from reminder_bot.storage.database import Database
from reminder_bot.texts.menu import commands
from reminder_bot.texts.translation import translation
from tests.chat.conversation import open_conversation

README = (Path(__file__).parents[2] / "README.md").read_text()
CHAPTER = README.partition("## What the chat looks like")[2].partition("\n## ")[0]
COMMANDS = (
    "today",
    "water",
    "habits",
    "stats",
    "digest",
    "undo",
    "pause",
    "resume",
    "settings",
    "timezone",
    "export",
    "delete",
    "privacy",
    "help",
    "start",
)


def test_the_menu_has_every_command_and_no_other() -> None:
    assert tuple(commands(translation("en"))) == COMMANDS


async def test_help_names_every_command(sqlite: Database) -> None:
    async with open_conversation(sqlite) as talk:
        await talk.settle()

        answer = await talk.send("/help")

    named = set(re.findall(r"/(\w+)", answer.text))
    assert [each for each in COMMANDS if each not in named] == []
    assert named <= set(COMMANDS), "a command that does not exist"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readmes_chapter_about_the_chat_names_the_command(command: str) -> None:
    assert command in re.findall(r"`/(\w+)", CHAPTER)


@pytest.mark.parametrize("command", COMMANDS)
async def test_the_command_is_known(command: str, sqlite: Database) -> None:
    async with open_conversation(sqlite) as talk:
        await talk.settle()

        answer = await talk.send(f"/{command}@{talk.server.bot['username']}")

    assert answer.from_bot
    assert "I don't know this command" not in answer.text

"""The bot's profile: its commands by scope and language, and its two descriptions."""

import json
import re
from typing import Any

from reminder_bot.simulator.refusal import bad_request

__all__ = ["Profile"]

Given = dict[str, Any]

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"([a-z]{2})?")


class Profile:
    """The bot's profile; `commands` are keyed by scope (as JSON) and language.

    An empty language stands for all languages that have no entry of their own.
    """

    def __init__(self) -> None:
        self.commands: dict[tuple[str, str], list[Given]] = {}
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}

    def set_commands(self, given: Given) -> bool:
        commands = given["commands"]
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(command["command"].removeprefix("/")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_place(given)] = commands
        return True

    def get_commands(self, given: Given) -> list[Given]:
        return self.commands.get(_place(given), [])

    def delete_commands(self, given: Given) -> bool:
        self.commands.pop(_place(given), None)
        return True

    def set_description(self, given: Given) -> bool:
        return _describe(self.descriptions, given, "description", 512)

    def get_description(self, given: Given) -> Given:
        return {"description": self.descriptions.get(_language(given), "")}

    def set_short_description(self, given: Given) -> bool:
        return _describe(self.short_descriptions, given, "short_description", 120)

    def get_short_description(self, given: Given) -> Given:
        return {"short_description": self.short_descriptions.get(_language(given), "")}


def _describe(descriptions: dict[str, str], given: Given, name: str, limit: int) -> bool:
    text = given.get(name, "")
    if len(text) > limit:
        raise bad_request(f"{name.replace('_', ' ')} is too long")
    descriptions[_language(given)] = text
    return True


def _place(given: Given) -> tuple[str, str]:
    return json.dumps(given.get("scope", {"type": "default"}), sort_keys=True), _language(given)


def _language(given: Given) -> str:
    language: str = given.get("language_code", "")
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language

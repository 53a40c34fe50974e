"""All screen modules, and the commands that only open a screen."""

from reminder_bot.chat.screens import asked_back, habits, settings, today
from reminder_bot.chat.screens.screen import Screens

__all__ = ["OPENS", "SCREENS"]

SCREENS = Screens(today, habits, settings, asked_back)

# Commands that only open a screen, with its path.
OPENS = {"today": "today", "habits": "habits", "settings": "settings", "timezone": "zone"}

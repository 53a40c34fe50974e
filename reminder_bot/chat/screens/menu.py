"""The screens there are, and the commands that do no more than open one."""

from reminder_bot.chat.screens import habits, settings, today
from reminder_bot.chat.screens.screen import Screens

__all__ = ["OPENS", "SCREENS"]

SCREENS = Screens(today, habits, settings)

# Commands that do no more than open a screen.
OPENS = {"today": "today", "habits": "habits", "settings": "settings", "timezone": "zone"}

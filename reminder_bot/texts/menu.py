"""The line beside each command in Telegram's menu."""

from reminder_bot.texts.translation import Translation


def commands(t: Translation) -> dict[str, str]:
    """Each command with its line in the menu, most used first."""
    return {
        "today": t.gettext("Where the day stands"),
        "water": t.gettext("Note a glass, or “/water 500”"),
        "habits": t.gettext("Habits and their times"),
        "stats": t.gettext("How it went"),
        "digest": t.gettext("Your last week again"),
        "undo": t.gettext("Take back the last answer"),
        "pause": t.gettext("Silence for a while"),
        "resume": t.gettext("End a pause"),
        "settings": t.gettext("Hours, diet, discretion and more"),
        "timezone": t.gettext("Your clock, when you travel"),
        "export": t.gettext("All your data as files"),
        "delete": t.gettext("Delete all your data"),
        "privacy": t.gettext("What is kept, and where"),
        "help": t.gettext("How it works, and health notes"),
        "start": t.gettext("Begin, or see today"),
    }

"""Labels of buttons that several kinds of messages have."""

from reminder_bot.texts.translation import Translation


def ticked(label: str, is_on: bool) -> str:
    return f"✓ {label}" if is_on else label


def yes(t: Translation) -> str:
    return t.gettext("Yes")


def no(t: Translation) -> str:
    return t.gettext("No")


def later(t: Translation) -> str:
    return t.gettext("Later")


def undo(t: Translation) -> str:
    return t.gettext("Undo")


def open_words(t: Translation) -> str:
    """Shows the words of a question or a digest that came discreetly."""
    return t.gettext("Open")


def back(t: Translation) -> str:
    return t.gettext("Back")


def close(t: Translation) -> str:
    """Deletes the message of a screen."""
    return t.gettext("Close")


def skip(t: Translation) -> str:
    return t.gettext("Skip")


def other(t: Translation) -> str:
    """More choices than those that are offered."""
    return t.gettext("Other")


def cancel(t: Translation) -> str:
    return t.gettext("Cancel")

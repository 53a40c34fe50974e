"""What the bot says to people who are not its users, and in groups."""

from html import escape

from reminder_bot.texts.translation import Translation


def start_first(t: Translation) -> str:
    return t.gettext("Send /start and I will ask what time it is for you.")


def not_invited(t: Translation) -> str:
    """For somebody whom the host does not allow to use the bot."""
    return t.gettext("This bot is private. Its host can add you.")


def in_private(t: Translation, username: str) -> str:
    """The answer in a group. username: the bot's."""
    return t.gettext("I talk in private only: {link}").format(
        link=f"https://t.me/{escape(username)}"
    )

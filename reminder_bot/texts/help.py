"""What /help answers."""

from reminder_bot.texts import safety
from reminder_bot.texts.translation import Translation


def how_it_works(t: Translation) -> str:
    """How to use the bot, then the health notes."""
    return "\n".join(
        [
            t.gettext(
                "I ask about water, fermented food, quiet minutes and bedtime. Tap a button, or "
                "type yes, no, 2 glasses or 500 ml."
            ),
            t.gettext(
                "/today shows the day and corrects it. /water notes a glass, /undo takes back the"
                " last answer. /habits changes what I ask and when."
            ),
            t.gettext(
                "/stats shows how it went, /digest your last week. /pause keeps me silent until"
                " /resume. /timezone is for travel, /settings has the rest."
            ),
            t.gettext(
                "/privacy says what is kept, /export hands it over, /delete removes it all."
                " /start shows today, /help this."
            ),
            "",
            safety.health_notes(t),
        ]
    )

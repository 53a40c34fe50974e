"""Every sentence that a person reads, and what people type.

    check_in       questions, their results, toasts        setup     the first contact, zones and hours
    commands       what commands answer                    digest    the weekly digest
    names          habits, diets, topics            formats   dates, times, places
    translation    which language (gettext)
    understanding  typed words → replies, amounts, times

Functions take the translation first and return Telegram's HTML; what people or files provide is
escaped here. Callers write `digest.caption(t, …)`.
"""

from reminder_bot.texts import (
    buttons,
    charts,
    check_in,
    digest,
    errors,
    foods,
    formats,
    habits,
    help,
    hours,
    menu,
    names,
    notices,
    own_data,
    pauses,
    safety,
    settings,
    setup,
    stats,
    strangers,
    today,
    undo,
    water,
    zones,
)

__all__ = [
    "buttons",
    "charts",
    "check_in",
    "digest",
    "errors",
    "foods",
    "formats",
    "habits",
    "help",
    "hours",
    "menu",
    "names",
    "notices",
    "own_data",
    "pauses",
    "safety",
    "settings",
    "setup",
    "stats",
    "strangers",
    "today",
    "undo",
    "water",
    "zones",
]

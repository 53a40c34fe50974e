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
    charts,
    check_in,
    commands,
    digest,
    formats,
    habits,
    hours,
    menu,
    names,
    pauses,
    settings,
    setup,
    stats,
    today,
    zones,
)

__all__ = [
    "charts",
    "check_in",
    "commands",
    "digest",
    "formats",
    "habits",
    "hours",
    "menu",
    "names",
    "pauses",
    "settings",
    "setup",
    "stats",
    "today",
    "zones",
]

"""Every sentence that a person reads, a module for each subject; and reading what people type.

    habits                  habit_words (each kind's name, question and result)
    sent by the bot itself  check_in (a card's lines and buttons), foods (suggestions), notices,
                            digest
    the first contact       setup (its steps), zones, hours, strangers (people who are no users)
    screens                 today, water, habits, settings, hours, pauses, zones, stats, asked_back
    commands                help, own_data (privacy, export, delete), undo, menu (Telegram's list)
    what keeps people safe  safety (health notes, footer), foods (caveats, allergens)
    what went wrong         errors
    used by all             names, formats (dates, times, portions), buttons, charts (in pictures)

    translation             which language (gettext)
    understanding           typed words → replies, amounts, times

A function takes the translation first and returns Telegram's HTML, in which typed words and the
content's words are escaped; labels of buttons, toasts and the words in pictures are plain text.
Callers write `texts.digest.caption(t, …)`.

Give gettext each sentence in a statement of its own: Babel does not look inside f-strings.
"""

from reminder_bot.texts import (
    asked_back,
    buttons,
    charts,
    check_in,
    digest,
    errors,
    foods,
    formats,
    habit_words,
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
    "asked_back",
    "buttons",
    "charts",
    "check_in",
    "digest",
    "errors",
    "foods",
    "formats",
    "habit_words",
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

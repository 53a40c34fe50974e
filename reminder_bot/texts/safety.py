"""Sentences that protect people's health; tests/texts/test_safety.py checks where each of them is
shown.

A food's caveat and its allergens are in `foods`, the notice about short sleep is in `hours`.
"""

from collections.abc import Iterable
from html import escape

from reminder_bot.content import FOOTER, SAFETY_FIRST, SAFETY_MORE
from reminder_bot.texts.translation import Translation


def not_medical_advice(t: Translation) -> str:
    return t.gettext("General information, not medical advice.")


def ask_your_doctor_first(t: Translation) -> str:
    return t.gettext("Pregnant, immune-weak or on a fluid limit: ask your doctor first.")


def ask_your_doctor_first_more(t: Translation) -> str:
    return t.gettext(
        "Pregnant, immune-weak or on a fluid limit: ask your doctor first. More in /help."
    )


def fluid_limit(t: Translation) -> str:
    """Beside every goal for water."""
    return t.gettext("On a fluid limit? Leave water off, or turn Limit on: a goal is a target.")


def too_much_in_a_day(t: Translation) -> str:
    """Before more than 3.5 l of a day are recorded."""
    return t.gettext(
        "That is a lot. Drinking far beyond thirst can be dangerous: headache, vomiting or"
        " confusion is an emergency."
    )


def self_harm(t: Translation) -> str:
    """The answer to words that may tell of self-harm."""
    return t.gettext(
        "If you think of harming yourself: call your emergency number or a crisis line now; you"
        " don't have to be sure."
    )


def digest_footer(t: Translation) -> str:
    return escape(t.gettext(FOOTER), quote=False)


def health_notes_button(t: Translation) -> str:
    return t.gettext("Health notes")


def more_button(t: Translation) -> str:
    """Shows the rest of the health notes."""
    return t.gettext("More")


def health_notes(t: Translation) -> str:
    """What matters most, in five lines."""
    return _notes(t, t.gettext("Health notes"), SAFETY_FIRST)


def more_health_notes(t: Translation) -> str:
    """The rest of the health notes, a line each."""
    return _notes(t, t.gettext("More health notes"), SAFETY_MORE)


def _notes(t: Translation, title: str, notes: Iterable[str]) -> str:
    lines = [escape(t.gettext(note), quote=False) for note in notes]
    return "\n".join([f"<b>{title}</b>", *(f"• {line}" for line in lines)])

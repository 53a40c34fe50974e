"""What is asked back if typed words could mean two things."""

from typing import assert_never

from reminder_bot.domain.intake import Doubt
from reminder_bot.texts import formats, safety
from reminder_bot.texts.translation import Translation


def which_one(t: Translation) -> str:
    return t.gettext("Which one?")


def both_button(t: Translation, count: int) -> str:
    return t.gettext("Both") if count == 2 else t.gettext("All of them")


def neither_button(t: Translation) -> str:
    return t.gettext("Neither")


def what(t: Translation, number: int) -> str:
    return t.gettext("{number} what?").format(number=number)


def glasses_button(t: Translation, number: int) -> str:
    return t.ngettext("{n} glass", "{n} glasses", number).format(n=number)


def minutes_button(t: Translation, number: int) -> str:
    return t.ngettext("{n} minute", "{n} minutes", number).format(n=number)


def ml_button(t: Translation, number: int) -> str:
    return t.gettext("{n} ml").format(n=number)


def doubt(t: Translation, doubt: Doubt, amount_ml: int) -> str:
    """Why an amount is asked back. It fits a pop-up."""
    match doubt:
        case Doubt.SIP:
            return t.gettext("{ml} ml is only a sip. Shall I note it?").format(ml=amount_ml)
        case Doubt.IN_AN_HOUR:
            return t.gettext(
                "{ml} ml more makes over a litre within an hour. Shall I note it?"
            ).format(ml=formats.number(t, amount_ml))
        case Doubt.IN_A_DAY:
            return safety.too_much_in_a_day(t)
        case _:
            assert_never(doubt)


def note_it_button(t: Translation, amount_ml: int) -> str:
    return t.gettext("Note {ml} ml").format(ml=formats.number(t, amount_ml))


def no_button(t: Translation) -> str:
    """Nothing is recorded then."""
    return t.gettext("Don't note it")


def nothing_recorded(t: Translation) -> str:
    return t.gettext("Nothing was recorded.")


def minutes_at(t: Translation, clock: str, minutes: int) -> str:
    return t.gettext("{time} · {minutes} min").format(time=clock, minutes=minutes)

"""What is asked back if typed words could mean two things."""

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


def nothing_recorded(t: Translation) -> str:
    return t.gettext("Nothing was recorded.")


def minutes_at(t: Translation, clock: str, minutes: int) -> str:
    return t.gettext("{time} · {minutes} min").format(time=clock, minutes=minutes)

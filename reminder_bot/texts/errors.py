"""What could not be understood or done, and what to do instead.

Sentences about a single subject (a city, hours, an amount) are in the module of that subject.
"""

from reminder_bot.engine.configuring import Impossible
from reminder_bot.texts.translation import Translation


def not_understood(t: Translation) -> str:
    return t.gettext("I didn't get that. Tap a button above, or see /help.")


def no_open_question(t: Translation) -> str:
    return t.gettext("Nothing is open right now. I'll ask when it's time.")


def asks_nothing(t: Translation) -> str:
    """In reply to a message that is no question."""
    return t.gettext(
        "That message asks nothing. Reply to a question, or send 500 ml on its own, not as a reply."
    )


def takes_yes_or_no(t: Translation) -> str:
    """In reply to a question that is not about an amount."""
    return t.gettext("That question takes a yes or a no. Send an amount on its own, like 500 ml.")


def unknown_command(t: Translation) -> str:
    return t.gettext("I don't know this command. /help lists what I can do.")


def old_button(t: Translation) -> str:
    return t.gettext("This button is from an older message.")


def screen_gone(t: Translation) -> str:
    return t.gettext("This is not there any more. /settings shows what is.")


def too_fast(t: Translation) -> str:
    """For somebody whose messages came faster than they may be answered."""
    return t.gettext("That was faster than I may answer. I read it all, but left out some replies.")


def set_already(t: Translation) -> str:
    return t.gettext("It is set like that already.")


def impossible(t: Translation, impossible: Impossible) -> str:
    """Why a setting is refused, and what to do."""
    if impossible.slot is None or impossible.hours is None:
        return t.gettext("The weekend and the other days need a part of the night in common.")
    slot = f"{impossible.slot:%H:%M}"
    if impossible.kind is None:
        return t.gettext(
            "Your week at {time} would be in your quiet hours. Choose another hour."
        ).format(time=slot)
    return t.gettext(
        "{sign} {time} would be in your quiet hours, {sleep} to {wake}. "
        "Choose another time, or change the hours in /settings."
    ).format(
        sign=impossible.kind.spec.sign,
        time=slot,
        sleep=f"{impossible.hours.sleep:%H:%M}",
        wake=f"{impossible.hours.wake:%H:%M}",
    )

"""Wake and sleep times: asking for them, showing them, and why a pair is refused."""

from collections.abc import Sequence
from html import escape

from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import User
from reminder_bot.engine.configuring import Moved
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation

MOVES_NAMED = 3  # so that they fit into a toast


def title(t: Translation) -> str:
    return t.gettext("Hours")


def ask_wake(t: Translation) -> str:
    return t.gettext("When do you get up?")


def ask_sleep(t: Translation) -> str:
    return t.gettext("When do you want to be asleep?")


def lines(t: Translation, user: User) -> list[str]:
    """Wake and sleep time: one line, or two if the weekend differs."""
    hours = user.hours
    if hours.weekend == hours.weekdays:
        groups = [([1, 2, 3, 4, 5, 6, 7], hours.weekdays)]
    else:
        groups = [([1, 2, 3, 4, 5], hours.weekdays), ([6, 7], hours.weekend)]
    return [
        t.gettext("{days}: up at {wake}, asleep by {sleep}.").format(
            days=formats.weekdays(t, days),
            wake=f"{of_days.wake:%H:%M}",
            sleep=f"{of_days.sleep:%H:%M}",
        )
        for days, of_days in groups
    ]


def quiet(t: Translation, hours: DayHours) -> str:
    return t.gettext("Quiet from {sleep} to {wake}: nothing comes by itself.").format(
        sleep=f"{hours.sleep:%H:%M}", wake=f"{hours.wake:%H:%M}"
    )


def too_little_sleep(t: Translation, hours: DayHours) -> str:
    """A notice for less than 7 hours of sleep; it refuses nothing."""
    if hours.is_short:
        return t.gettext("That is short. If you can't sleep longer, a doctor can help.")
    length = formats.hours_long(hours.sleep_length)
    return t.gettext("That is {hours} h of sleep; 7 to 9 is advised for most adults.").format(
        hours=length
    )


def tap_or_send(t: Translation) -> str:
    return t.gettext("Tap a pair, or send two times like “6:30 22:30”.")


def not_two_times(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as two times. Send them like 07:00 23:00.").format(
        typed=escape(typed, quote=False)
    )


def impossible(t: Translation) -> str:
    return t.gettext(
        "These hours leave no day or no night: at least 8 hours awake and 3 asleep. Choose others."
    )


def moved(t: Translation, moves: Sequence[Moved]) -> str:
    """What new hours have moved, in one line; only the first few moves are named."""
    words = [_moved(t, each) for each in moves[:MOVES_NAMED]]
    if len(moves) > MOVES_NAMED:
        words.append(t.gettext("Others have moved, too: see /habits."))
    return " ".join(words)


def _moved(t: Translation, move: Moved) -> str:
    times = {"before": f"{move.before:%H:%M}", "after": f"{move.after:%H:%M}"}
    if move.kind is None:
        return t.gettext("Your week has moved from {before} to {after}.").format(**times)
    return t.gettext("{sign} {before} has moved to {after}.").format(
        sign=move.kind.spec.sign, **times
    )

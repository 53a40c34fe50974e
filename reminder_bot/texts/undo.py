"""What /undo answers."""

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import Habit
from reminder_bot.texts import names
from reminder_bot.texts.habit_words import words_of
from reminder_bot.texts.translation import Translation


def nothing_today(t: Translation) -> str:
    return t.gettext("Nothing to take back today. /today corrects other days.")


def taken_back(
    t: Translation, habit: Habit, clock: str, reply: Reply, amount_ml: int | None
) -> str:
    """What was taken back: the answer, or the amount of a habit with a goal."""
    if amount_ml and habit.goal_ml:
        what = words_of(habit.kind).amount_at(t, clock, amount_ml, habit)
    else:
        what = f"{clock} {names.reply(t, reply)}"
    line = t.gettext("Taken back: {what}").format(what=what)
    return f"{habit.kind.spec.sign} {line}"

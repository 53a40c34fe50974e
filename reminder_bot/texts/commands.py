"""The sentences that commands and settings answer with: help, privacy, erase, what cannot be set
and why.
"""

from html import escape

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import Habit
from reminder_bot.engine.configuring import Impossible
from reminder_bot.texts import check_in, names, setup
from reminder_bot.texts.translation import Translation


def screen_gone(t: Translation) -> str:
    return t.gettext("This is not there any more. /settings shows what is.")


def unknown_command(t: Translation) -> str:
    return t.gettext("I don't know this command. /help lists what I can do.")


def no_times(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as times. Send them like “weekdays 7:30”.").format(
        typed=escape(typed, quote=False)
    )


def impossible(t: Translation, impossible: Impossible) -> str:
    """Why a setting is refused, and what to do."""
    if impossible.slot is None:
        return t.gettext("The weekend and the other days need a part of the night in common.")
    slot = f"{impossible.slot:%H:%M}"
    if impossible.kind is None:
        return t.gettext(
            "Your week at {time} would be in your quiet hours. Choose another hour."
        ).format(time=slot)
    return t.gettext("{sign} {time} would be in your quiet hours. Choose another time.").format(
        sign=names.SIGN[impossible.kind], time=slot
    )


def no_water(t: Translation) -> str:
    return t.gettext("Water is not among your habits. /habits adds it.")


def nothing_to_take_back(t: Translation) -> str:
    return t.gettext("Nothing to take back today. /today corrects other days.")


def taken_back(t: Translation, habit: Habit, at: str, reply: Reply, amount: int | None) -> str:
    what = (
        check_in.amount_at(t, at, amount, habit.portion_ml)
        if amount and habit.goal_ml
        else f"{at} {names.reply(t, reply)}"
    )
    return f"{names.SIGN[habit.kind]} {t.gettext('Taken back: {what}').format(what=what)}"


def exported(t: Translation) -> str:
    return t.gettext("All that is known of you: a table for a spreadsheet, and the same as JSON.")


def help_text(t: Translation) -> str:
    return "\n".join(
        [
            t.gettext(
                "I ask about water, fermented food, quiet minutes and bedtime. Tap a button, or "
                "type yes, no,"
                " 2 glasses or 500 ml."
            ),
            t.gettext(
                "/today shows the day and corrects it. /water notes a glass."
                " /habits changes what I ask and when."
            ),
            t.gettext(
                "/stats shows how it went, /digest your last week. /pause keeps me silent."
                " /settings has the rest."
            ),
            t.gettext("/privacy says what is kept, /export hands it over, /delete removes it all."),
            "",
            setup.health_notes(t),
        ]
    )


def privacy(t: Translation) -> str:
    return "\n".join(
        [
            f"<b>{t.gettext('What is kept')}</b>",
            t.gettext(
                "Your Telegram number, time zone, hours, diet, habits, the questions asked and "
                "your answers."
                " The words of a habit of your own. No name, no place, nothing else you write."
            ),
            t.gettext(
                "It stays in the database of whoever hosts this bot and goes to nobody else."
                " Telegram carries the messages."
            ),
            t.gettext("/delete removes all of it at once."),
        ]
    )


def ask_erase(t: Translation, rows: int) -> str:
    return t.ngettext(
        "This deletes all that is known of you: {rows} row. It can't be undone.",
        "This deletes all that is known of you: {rows} rows. It can't be undone.",
        rows,
    ).format(rows=rows)


def erase_all(t: Translation) -> str:
    return t.gettext("Delete all")


def keep(t: Translation) -> str:
    return t.gettext("Keep")


def erased(t: Translation, rows: int) -> str:
    return t.ngettext(
        "Deleted: {rows} row. Nothing is known of you here any more. /start begins anew.",
        "Deleted: {rows} rows. Nothing is known of you here any more. /start begins anew.",
        rows,
    ).format(rows=rows)


def kept(t: Translation) -> str:
    return t.gettext("Nothing was deleted.")

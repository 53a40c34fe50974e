"""The sentences of /habits: the list, one habit, its times, adding one."""

from html import escape

from reminder_bot.domain.habit import Habit
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def title(t: Translation) -> str:
    return t.gettext("Your habits")


def none_is_on(t: Translation) -> str:
    return t.gettext("None is on. Add one below.")


def add_button(t: Translation) -> str:
    return t.gettext("Add")


def not_today(t: Translation) -> str:
    """In the list, for a habit that has no time today."""
    return t.gettext("not today")


def times_a_day(t: Translation, count: int) -> str:
    return t.ngettext("{n} time a day", "{n} times a day", count).format(n=count)


# One habit


def goal(t: Translation, habit: Habit) -> str:
    return t.gettext("Goal {goal} ml a day, a glass is {glass} ml.").format(
        goal=formats.number(t, habit.goal_ml or 0), glass=habit.portion_ml
    )


def too_few_questions(t: Translation) -> str:
    """Below the goal and the times."""
    return t.gettext(
        "A glass for each time does not reach it. Days below the goal are not counted."
    )


def questions_added(t: Translation, count: int) -> str:
    return t.ngettext(
        "{n} time added, so that a glass for each reaches the goal.",
        "{n} times added, so that a glass for each reaches the goal.",
        count,
    ).format(n=count)


def goal_out_of_reach(t: Translation, habit: Habit, goal_ml: int, needed: int) -> str:
    return t.gettext(
        "{goal} ml would take {n} glasses of {glass} ml, more times than fit in your day. "
        "A larger glass helps."
    ).format(goal=formats.number(t, goal_ml), n=needed, glass=habit.portion_ml)


def no_other_glass(t: Translation, habit: Habit) -> str:
    return t.gettext(
        "With a smaller glass your times cannot reach {goal} ml. Lower the goal, or add times."
    ).format(goal=formats.number(t, habit.goal_ml or 0))


def limit(t: Translation, habit: Habit) -> str:
    return t.gettext(
        "Limit {limit} ml a day, a glass is {glass} ml. Every drink counts, nothing is asked."
    ).format(limit=formats.number(t, habit.goal_ml or 0), glass=habit.portion_ml)


def limit_button(t: Translation, *, is_on: bool) -> str:
    return t.gettext("Limit: on") if is_on else t.gettext("Limit: off")


def less_button(t: Translation, ml: int) -> str:
    return t.gettext("− {ml} ml").format(ml=ml)


def more_button(t: Translation, ml: int) -> str:
    return t.gettext("+ {ml} ml").format(ml=ml)


def glass_button(t: Translation, ml: int | None) -> str:
    return t.gettext("Glass {ml} ml").format(ml=ml)


def repeat_button(t: Translation, repeats: int) -> str:
    """How often a question is repeated: 0 is off, 1 gentle, any other number firm."""
    labels = {0: t.gettext("Repeat: off"), 1: t.gettext("Repeat: gentle")}
    return labels.get(repeats, t.gettext("Repeat: firm"))


def sound_button(t: Translation, *, is_loud: bool) -> str:
    return t.gettext("Sound: on") if is_loud else t.gettext("Sound: off")


def remove_button(t: Translation) -> str:
    return t.gettext("Remove")


def removed(t: Translation) -> str:
    return t.gettext("Removed. Add brings it back with its history.")


def goal_out_of_range(t: Translation, least_ml: int, most_ml: int) -> str:
    return t.gettext("The goal can be {least} to {most} ml.").format(
        least=formats.number(t, least_ml), most=formats.number(t, most_ml)
    )


# Its times


def evening(t: Translation) -> str:
    """Bedtime's prompt, beside its question in the morning."""
    return t.gettext("Evening")


def morning(t: Translation) -> str:
    return t.gettext("Morning")


def times_button(t: Translation) -> str:
    return t.gettext("Times")


def not_asked(t: Translation) -> str:
    """In place of the times, for days without any."""
    return t.gettext("not asked")


def send_other_times(t: Translation) -> str:
    return t.gettext("Send other times like “weekdays 7:30” or “every 90 min from 9 to 20”.")


def tap_removes_a_time(t: Translation) -> str:
    return t.gettext("A tap on a time takes it out.")


def earlier_button(t: Translation, minutes: int) -> str:
    return t.gettext("− {minutes} min").format(minutes=minutes)


def later_button(t: Translation, minutes: int) -> str:
    return t.gettext("+ {minutes} min").format(minutes=minutes)


def not_times(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as times. Send them like “weekdays 7:30”.").format(
        typed=escape(typed, quote=False)
    )


def add_time_button(t: Translation) -> str:
    return t.gettext("Add a time")


def usual_times_button(t: Translation) -> str:
    return t.gettext("Usual times")


def ask_time_to_add(t: Translation) -> str:
    return t.gettext("Which time shall I add?")


def too_many_times(t: Translation, most: int) -> str:
    return t.gettext("At most {n} times a day.").format(n=most)


# Adding one


def not_own_words(t: Translation, typed: str) -> str:
    return t.gettext("“{typed}” is no habit. Send a few words, like “Walk after lunch”.").format(
        typed=escape(typed, quote=False)
    )


def add_title(t: Translation) -> str:
    return t.gettext("Add a habit")


def own_title(t: Translation) -> str:
    return t.gettext("Your own habit")


def ask_own_words(t: Translation) -> str:
    return t.gettext("Send it in a few words, like “Walk after lunch”. I ask once a day.")

"""What things are called: habits, diets, topics of facts, and how certain a fact is."""

from html import escape
from typing import assert_never

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.digest import HabitWeek
from reminder_bot.domain.fact import Certainty
from reminder_bot.domain.food import Diet
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.texts.habit_words import words_of
from reminder_bot.texts.translation import Translation


def diet(t: Translation, wish: Diet) -> str:
    names = {
        Diet.VEGAN: t.gettext("vegan"),
        Diet.NO_DAIRY: t.gettext("no dairy"),
        Diet.NO_GLUTEN: t.gettext("no gluten"),
        Diet.NO_SOY: t.gettext("no soy"),
        Diet.NO_FISH: t.gettext("no fish or shellfish"),
        Diet.NO_NUTS: t.gettext("no nuts"),
        Diet.NO_ALCOHOL: t.gettext("no alcohol or traces"),
        Diet.LOW_SALT: t.gettext("low salt"),
        Diet.LOW_FODMAP: t.gettext("low FODMAP"),
        Diet.LOW_TYRAMINE: t.gettext("low tyramine, histamine"),
    }
    return names[wish]


def topic(t: Translation, topic: str) -> str:
    """What a fact is about, as the setting names it. Facts are wider than the habit that they
    belong to: not every fact about probiotics is about food.
    """
    names = {
        "hydration": t.gettext("Water"),
        "probiotic": t.gettext("Probiotics"),
        "meditation-stress": t.gettext("Stress"),
        "sleep": t.gettext("Sleep"),
        "prebiotic-fibre": t.gettext("Fibre"),
        "sugar-diet": t.gettext("Sugar and diet"),
        "skincare": t.gettext("Skincare"),
        "antibiotics": t.gettext("Antibiotics"),
        "gut-skin-axis": t.gettext("Gut and skin"),
    }
    return names[topic]


def reply(t: Translation, reply: Reply) -> str:
    """A reply, as it is shown beside its habit."""
    match reply:
        case Reply.YES:
            return t.gettext("yes")
        case Reply.NO:
            return t.gettext("no")
        case Reply.SKIPPED:
            return t.gettext("skipped")
        case _:
            assert_never(reply)


def with_sign(t: Translation, of: Habit | HabitWeek) -> str:
    """A habit's name with its sign, escaped."""
    return f"{of.kind.spec.sign} {escape(habit(t, of.kind, of.words), quote=False)}"


def habit(t: Translation, kind: HabitKind, words: str | None = None) -> str:
    """A habit's name, not escaped; that of a custom habit is in the user's own words."""
    own = words if kind is HabitKind.CUSTOM else None
    return own or words_of(kind).name(t)


def certainty(t: Translation, certainty: Certainty) -> str:
    names = {
        Certainty.GOOD: t.gettext("well supported"),
        Certainty.MODERATE: t.gettext("some evidence"),
        Certainty.EARLY: t.gettext("early research"),
    }
    return names[certainty]

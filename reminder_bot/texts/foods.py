"""Suggesting a food: how to eat it, its allergens, and what to be careful about."""

from collections.abc import Iterable
from html import escape

from reminder_bot.domain.food import Food, allergens
from reminder_bot.domain.user import User
from reminder_bot.texts.translation import Translation

LONGEST_SUGGESTION = 160
SIGN_AND_SPACE = 2  # stand before the suggestion
LONGEST_ALERT = 200  # Telegram's limit


def ask(t: Translation, user: User, food: Food | None, *, is_new: bool) -> str:
    """The question, with one food that fits the diet, escaped.

    Until the user has set a diet, the allergens are named. For a new food the caveat follows, for a
    known one how to eat it, sentence by sentence as far as there is room; see `is_caveat_cut`.
    """
    question = t.gettext("Something fermented today?")
    if food is None:
        return question
    parts = [question, t.gettext("{food}, maybe.").format(food=t.gettext(food.name))]
    advice = _sentences(caveat(t, food)) if is_new and food.caveat else [t.gettext(food.serving)]
    if not user.diet and (tags := allergens(food)):
        contains = _contains(t, tags)
        # A caveat may name the allergens itself, alone or at the beginning of a longer sentence.
        # They are named only once.
        advice = [each for each in advice if each != contains]
        if not any(each.startswith(contains.removesuffix(".")) for each in advice):
            parts.append(contains)
    for sentence in advice:
        if len(" ".join([*parts, sentence])) + SIGN_AND_SPACE <= LONGEST_SUGGESTION:
            parts.append(sentence)
    return escape(" ".join(parts), quote=False)


def caveat(t: Translation, food: Food) -> str:
    """What to be careful about with a food, as plain text for an alert."""
    return t.gettext(food.caveat)[:LONGEST_ALERT] if food.caveat else ""


def is_caveat_cut(t: Translation, user: User, food: Food) -> bool:
    """Whether the question has no room for all of a food's caveat."""
    question = ask(t, user, food, is_new=True)
    return any(escape(each, quote=False) not in question for each in _sentences(caveat(t, food)))


def good_to_know_button(t: Translation) -> str:
    """Shows the caveat that the question has no room for."""
    return t.gettext("Good to know")


def _sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop."""
    return [each if each.endswith(".") else f"{each}." for each in text.split(". ") if each]


def _contains(t: Translation, tags: Iterable[str]) -> str:
    return t.gettext("Contains {allergens}.").format(
        allergens=", ".join(_allergen(t, each) for each in tags)
    )


def _allergen(t: Translation, tag: str) -> str:
    names = {
        "dairy": t.gettext("milk"),
        "soy": t.gettext("soy"),
        "gluten": t.gettext("gluten"),
        "fish": t.gettext("fish"),
        "shellfish": t.gettext("shellfish"),
        "nuts": t.gettext("nuts"),
    }
    return names[tag]

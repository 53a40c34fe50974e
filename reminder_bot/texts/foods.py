"""Suggesting a food: how to eat it, its allergens, for whom it can be unsafe, what is good to know.

A suggestion has two lines. The first is the question with the food, how to eat it, and its
allergens; the second says for whom the food can be unsafe. Neither the allergens nor the second
line is ever shortened: what gives way to a lock screen is how to eat it, and what is good to know.
"""

from collections.abc import Iterable, Iterator
from html import escape

from reminder_bot.domain.food import Caution, Food, allergens, cautions, possible_allergens
from reminder_bot.texts.translation import Translation

LONGEST_LINE = 160
SIGN_AND_SPACE = 2  # stand before the suggestion
LONGEST_ALERT = 200  # Telegram's limit


def question(t: Translation, kind: str) -> str:
    """The question that a food of this kind is suggested with, which may also stand alone."""
    questions = {
        "fermented": t.gettext("Something fermented today?"),
        "prebiotic": t.gettext("Some fibre today?"),
        "hydration": t.gettext("Something to drink?"),
    }
    return questions[kind]


def ask(t: Translation, food: Food, *, is_new: bool) -> str:
    """The question, with one food that fits the diet, escaped. The caveat of a new food is added as
    far as there is room; see `is_caveat_cut`.
    """
    named = [question(t, food.kind), t.gettext("{food}, maybe.").format(food=t.gettext(food.name))]
    with_allergens = [*_allergens(t, food)]
    first = [*named, t.gettext(food.serving), *with_allergens]
    if len(" ".join(first)) + SIGN_AND_SPACE > LONGEST_LINE:
        first = [*named, *with_allergens]
    second = [*_cautions(t, food)]
    for sentence in _sentences(caveat(t, food)) if is_new else ():
        if len(" ".join([*second, sentence])) <= LONGEST_LINE:
            second.append(sentence)
    lines = (" ".join(each) for each in (first, second) if each)
    return escape("\n".join(lines), quote=False)


def caveat(t: Translation, food: Food) -> str:
    """What is good to know about a food, as plain text for an alert."""
    return t.gettext(food.caveat)[:LONGEST_ALERT] if food.caveat else ""


def is_caveat_cut(t: Translation, food: Food) -> bool:
    """Whether the question has no room for all of a food's caveat."""
    asked = ask(t, food, is_new=True)
    return any(escape(each, quote=False) not in asked for each in _sentences(caveat(t, food)))


def good_to_know_button(t: Translation) -> str:
    """Shows the caveat that the question has no room for."""
    return t.gettext("Good to know")


def _sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop."""
    return [each if each.endswith(".") else f"{each}." for each in text.split(". ") if each]


def _allergens(t: Translation, food: Food) -> Iterator[str]:
    """They are named every time. Nobody who avoids one by their diet is offered the food."""
    if contained := allergens(food):
        yield t.gettext("Contains {allergens}.").format(allergens=_listed(t, contained))
    if possible := possible_allergens(food):
        yield t.gettext("May contain {allergens}.").format(allergens=_listed(t, possible))


def _listed(t: Translation, tags: Iterable[str]) -> str:
    return ", ".join(_allergen(t, each) for each in tags)


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


def _cautions(t: Translation, food: Food) -> Iterator[str]:
    """Salt comes last: it matters by the amount, the others by a spoonful."""
    sentences = {
        Caution.ALCOHOL: t.gettext(
            "Can hold alcohol: best avoided in pregnancy, by children and with weak immunity, "
            "above all home-brewed."
        ),
        Caution.RAW: t.gettext("Unpasteurised: not in pregnancy or with weak immunity."),
        Caution.HOME_MADE: t.gettext(
            "Home-made: only from pasteurised milk, and not with weak immunity."
        ),
        Caution.TYRAMINE: t.gettext("Not with MAOI antidepressants or linezolid."),
        Caution.SALT: t.gettext(
            "Salty: keep it small with high blood pressure, heart or kidney disease."
        ),
    }
    said = cautions(food)
    yield from (sentences[each] for each in said if each is not Caution.SALT)
    if food.caution is not None:
        yield t.gettext(food.caution)
    if Caution.SALT in said:
        yield sentences[Caution.SALT]

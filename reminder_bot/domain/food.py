"""Food ideas: which fit a diet, and which one to suggest next.

A tag says what is certain. Without `vegan` or `gluten-free` it is not certain, so these must be
there; `dairy` and `high-sodium` mean trouble, so these must not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reminder_bot.domain.least_shown import choose_by_seed, least_often_shown

__all__ = ["Diet", "Food", "allergens", "fitting", "suggest"]

_ALLERGENS = ("dairy", "soy", "gluten", "fish", "shellfish", "nuts")


class Diet(StrEnum):
    """What a user may ask to be spared."""

    VEGAN = "vegan"
    NO_DAIRY = "no-dairy"
    NO_GLUTEN = "no-gluten"
    LOW_SALT = "low-salt"


@dataclass(frozen=True, slots=True)
class Food:
    """kind: fermented, prebiotic (any fermentable fibre or plant food) or hydration; caveat: what
    to mind, if anything.

    live_cultures: usually, if-unheated, no; None where it does not apply.
    """

    id: str
    name: str
    kind: str
    live_cultures: str | None
    serving: str
    tags: frozenset[str]
    caveat: str | None
    is_in_article: bool


def fitting(foods: Iterable[Food], kind: str, diet: frozenset[str]) -> list[Food]:
    """The foods of a kind that certainly suit a diet, a set of values of Diet; ValueError for an
    unknown one.
    """
    wishes = [Diet(wish) for wish in diet]
    return [
        food for food in foods if food.kind == kind and all(_suits(food, wish) for wish in wishes)
    ]


def _suits(food: Food, wish: Diet) -> bool:
    match wish:
        case Diet.VEGAN:
            return "vegan" in food.tags
        case Diet.NO_DAIRY:
            return "dairy" not in food.tags
        case Diet.NO_GLUTEN:
            return "gluten-free" in food.tags
        case Diet.LOW_SALT:
            return "high-sodium" not in food.tags


def suggest(foods: Iterable[Food], shown: Sequence[str], seed: int) -> Food:
    """The food to suggest next: none repeats before all were shown.

    shown: ids in the order they were shown, repeats included. ValueError when no food fits.
    """
    unseen = least_often_shown(foods, shown)
    if not unseen:
        raise ValueError("suggest needs at least one fitting food, got none")
    return choose_by_seed(unseen, seed)


def allergens(food: Food) -> tuple[str, ...]:
    """The tags that name an allergen which is certainly in it; what is only possible stands in
    the caveat.
    """
    return tuple(tag for tag in _ALLERGENS if tag in food.tags)

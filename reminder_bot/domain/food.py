"""Food ideas: which ones suit a diet, and which one to suggest next.

A tag states what is certain. A missing `vegan` or `gluten-free` means that it is not certain, so a
food for such a diet must have the tag. `dairy` and `high-sodium` rule a food out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from reminder_bot.domain.least_shown import choose_by_seed, least_often_shown

__all__ = ["Diet", "Food", "allergens", "fitting", "suggest"]

_ALLERGENS = ("dairy", "soy", "gluten", "fish", "shellfish", "nuts")


class Diet(StrEnum):
    """What a user may ask to avoid."""

    VEGAN = "vegan"
    NO_DAIRY = "no-dairy"
    NO_GLUTEN = "no-gluten"
    LOW_SALT = "low-salt"


@dataclass(frozen=True, slots=True)
class Food:
    """One food idea.

    kind: fermented, prebiotic (any fermentable fibre or plant food) or hydration. live_cultures:
    usually, if-unheated or no; None if it does not apply. caveat: what to be careful about.
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
    """The foods of a kind that certainly suit a diet.

    diet: values of Diet; ValueError for an unknown one.
    """
    wishes = [Diet(wish) for wish in diet]
    of_kind = (food for food in foods if food.kind == kind)
    return [food for food in of_kind if all(_suits(food, wish) for wish in wishes)]


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
    assert_never(wish)


def suggest(foods: Iterable[Food], shown: Sequence[str], seed: int) -> Food:
    """The food to suggest next; none repeats before all were shown. ValueError if no food fits.

    shown: ids in the order they were shown, with repeats.
    """
    candidates = least_often_shown(foods, shown)
    if not candidates:
        raise ValueError("suggest needs at least one fitting food, got none")
    return choose_by_seed(candidates, seed)


def allergens(food: Food) -> tuple[str, ...]:
    """The allergens it certainly contains. Possible ones are in the caveat."""
    return tuple(tag for tag in _ALLERGENS if tag in food.tags)

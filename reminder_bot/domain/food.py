"""Food ideas: which ones suit a diet, what a person must be told about them, and which one to
suggest next.

A tag states what is certain. A missing `vegan` or `gluten-free` means that it is not certain, so a
food for such a diet must have the tag. What a food may contain rules it out as what it contains
does.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from reminder_bot.domain.seeded import choose_by_seed

__all__ = [
    "ALLERGENS",
    "Caution",
    "Diet",
    "Food",
    "allergens",
    "cautions",
    "fitting",
    "possible_allergens",
    "suggest",
]

ALLERGENS = ("dairy", "soy", "gluten", "fish", "shellfish", "nuts")
# Eaten in drops, and no probiotics by their own caveats: never suggested.
CONDIMENT = "condiment"
# What most shops have, the mildest first.
STAPLES = ("yogurt", "kefir", "sauerkraut", "kimchi")


class Diet(StrEnum):
    """What a user may ask to avoid; the first ones are what most people look for."""

    VEGAN = "vegan"
    NO_DAIRY = "no-dairy"
    NO_GLUTEN = "no-gluten"
    NO_SOY = "no-soy"
    NO_FISH = "no-fish"  # nor shellfish
    NO_NUTS = "no-nuts"
    NO_ALCOHOL = "no-alcohol"  # nor traces of it
    LOW_SALT = "low-salt"
    LOW_FODMAP = "low-fodmap"
    LOW_TYRAMINE = "low-tyramine"  # and low in histamine


class Caution(StrEnum):
    """For whom a food can be unsafe. The value is the tag that says so."""

    ALCOHOL = "trace-alcohol"
    RAW = "raw"  # live vegetables and cheeses that are sold unpasteurised
    HOME_MADE = "home-made"  # of milk
    TYRAMINE = "tyramine"
    SALT = "high-sodium"


@dataclass(frozen=True, slots=True)
class Food:
    """One food idea.

    kind: fermented, prebiotic (any fermentable fibre or plant food) or hydration. live_cultures:
    usually, if-unheated or no; None if it does not apply. may_contain: allergens of some kinds or
    brands. caution: what can make this food unsafe, beyond what its tags say. caveat: good to know
    when buying or preparing it.
    """

    id: str
    name: str
    kind: str
    live_cultures: str | None
    serving: str
    tags: frozenset[str]
    caveat: str | None
    is_in_article: bool
    may_contain: frozenset[str] = frozenset()
    caution: str | None = None


def fitting(foods: Iterable[Food], kind: str, diet: frozenset[str]) -> list[Food]:
    """The foods of a kind that may be suggested and certainly suit a diet.

    diet: values of Diet; ValueError for an unknown one.
    """
    wishes = [Diet(wish) for wish in diet]
    of_kind = (food for food in foods if food.kind == kind and CONDIMENT not in food.tags)
    return [food for food in of_kind if all(_suits(food, wish) for wish in wishes)]


def _suits(food: Food, wish: Diet) -> bool:
    match wish:
        case Diet.VEGAN:
            return "vegan" in food.tags
        case Diet.NO_DAIRY:
            return _is_free_of(food, "dairy")
        case Diet.NO_GLUTEN:
            return "gluten-free" in food.tags
        case Diet.NO_SOY:
            return _is_free_of(food, "soy")
        case Diet.NO_FISH:
            return _is_free_of(food, "fish", "shellfish")
        case Diet.NO_NUTS:
            return _is_free_of(food, "nuts")
        case Diet.NO_ALCOHOL:
            return _is_free_of(food, "trace-alcohol")
        case Diet.LOW_SALT:
            return _is_free_of(food, "high-sodium")
        case Diet.LOW_FODMAP:
            # Lactose is one of the FODMAPs.
            has_lactose = "dairy" in food.tags and not food.tags & {"lactose-free", "low-lactose"}
            return not has_lactose and _is_free_of(food, "high-fodmap")
        case Diet.LOW_TYRAMINE:
            return _is_free_of(food, "tyramine", "histamine")
    assert_never(wish)


def _is_free_of(food: Food, *tags: str) -> bool:
    return not (food.tags | food.may_contain) & set(tags)


def suggest(
    foods: Collection[Food], kind: str, diet: frozenset[str], shown: Sequence[str], seed: int
) -> Food | None:
    """The food of a kind to suggest next; None if none suits the diet.

    The one that was shown longest ago, those that were never shown first, and of these the staples.
    Salty ones come at most every third time. Foods without live cultures are suggested only if
    nothing else fits.

    shown: ids in the order they were shown, with repeats; those of other kinds are ignored.
    """
    fits = fitting(foods, kind, diet)
    fits = [food for food in fits if food.live_cultures != "no"] or fits
    if not fits:
        return None
    of_kind = {food.id: food for food in foods if food.kind == kind}
    history = [of_kind[each] for each in shown if each in of_kind]
    last_shown = {food.id: place for place, food in enumerate(history)}
    if any(_is_salty(food) for food in history[-2:]):
        fits = [food for food in fits if not _is_salty(food)] or fits
    unknown = [food for food in fits if food.id not in last_shown]
    known = [food for food in fits if food.id in last_shown]
    if unknown and not (known and _is_joined_late(fits, history)):
        return _of_unknown(unknown, seed)
    return min(known, key=lambda food: last_shown[food.id])


def _of_unknown(unknown: Collection[Food], seed: int) -> Food:
    """The next of the foods that were never shown."""
    staples = [food for name in STAPLES for food in unknown if food.id == name]
    if staples:
        return staples[0]
    # So many salty ones may be left that they need every third place.
    salty = [food for food in unknown if _is_salty(food)]
    return choose_by_seed(salty if 3 * len(salty) >= len(unknown) else unknown, seed)


def _is_salty(food: Food) -> bool:
    return Caution.SALT.value in food.tags


def _is_joined_late(fits: Iterable[Food], history: Sequence[Food]) -> bool:
    """Whether a food that was never shown has to wait for one that was: foods that suit a diet only
    after a change of it come every second time, so that the others are not forgotten.
    """
    times = Counter(food.id for food in history)
    is_first_round = all(times[food.id] <= 1 for food in fits)
    return not is_first_round and bool(history) and times[history[-1].id] == 1


def allergens(food: Food) -> tuple[str, ...]:
    """The allergens it contains, in a fixed order."""
    return tuple(each for each in ALLERGENS if each in food.tags)


def possible_allergens(food: Food) -> tuple[str, ...]:
    """The allergens that it contains in some kinds or brands only, in the same order."""
    return tuple(each for each in ALLERGENS if each in food.may_contain - food.tags)


def cautions(food: Food) -> tuple[Caution, ...]:
    """For whom it can be unsafe by its tags, in the order of `Caution`."""
    return tuple(each for each in Caution if each.value in food.tags)

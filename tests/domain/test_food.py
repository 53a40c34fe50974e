"""Which foods suit a diet, what must be said about them, and which one is suggested next."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from reminder_bot.content import foods
from reminder_bot.domain.food import (
    Caution,
    Diet,
    Food,
    allergens,
    cautions,
    fitting,
    possible_allergens,
    suggest,
)


def food(id: str, *tags: str, kind: str = "fermented") -> Food:
    return Food(id, id.title(), kind, None, "A bite.", frozenset(tags), None, False)


YOGURT = food("yogurt", "vegetarian", "dairy", "gluten-free")
MISO = food("miso", "vegan", "soy", "gluten", "high-sodium", "tyramine")
OAT_YOGURT = food("oat-yogurt", "vegan")
KIMCHI = food("kimchi", "fish", "shellfish", "high-sodium", "lactose-free")
COCONUT_KEFIR = food("coconut-kefir", "vegan", "gluten-free", "trace-alcohol")
APPLE = food("apple", "vegan", "gluten-free", kind="prebiotic")
FOODS = [YOGURT, MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR, APPLE]


@pytest.mark.parametrize(
    ("diet", "left"),
    [
        ((), [YOGURT, MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("vegan",), [MISO, OAT_YOGURT, COCONUT_KEFIR]),
        (("no-dairy",), [MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("no-gluten",), [YOGURT, COCONUT_KEFIR]),
        (("no-soy",), [YOGURT, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("no-fish",), [YOGURT, MISO, OAT_YOGURT, COCONUT_KEFIR]),
        (("no-alcohol",), [YOGURT, MISO, OAT_YOGURT, KIMCHI]),
        (("low-salt",), [YOGURT, OAT_YOGURT, COCONUT_KEFIR]),
        (("low-fodmap",), [MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("low-tyramine",), [YOGURT, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("vegan", "no-gluten"), [COCONUT_KEFIR]),
        (tuple(Diet), []),
    ],
)
def test_a_diet_leaves_what_certainly_suits_it(diet: tuple[str, ...], left: list[Food]) -> None:
    assert fitting(FOODS, "fermented", frozenset(diet)) == left


@pytest.mark.parametrize(
    ("wish", "allergen"),
    [
        ("no-dairy", "dairy"),
        ("no-soy", "soy"),
        ("no-fish", "fish"),
        ("no-fish", "shellfish"),
        ("no-nuts", "nuts"),
    ],
)
def test_what_a_food_may_contain_rules_it_out(wish: str, allergen: str) -> None:
    doubtful = replace(food("sauce"), may_contain=frozenset({allergen}))

    assert fitting([doubtful], "fermented", frozenset()) == [doubtful]
    assert fitting([doubtful], "fermented", frozenset({wish})) == []


@pytest.mark.parametrize(
    ("tags", "is_low"),
    [
        (("dairy",), False),
        (("dairy", "low-lactose"), True),
        (("dairy", "lactose-free"), True),
        (("high-fodmap",), False),
        ((), True),
    ],
)
def test_lactose_is_a_fodmap(tags: tuple[str, ...], is_low: bool) -> None:
    assert bool(fitting([food("it", *tags)], "fermented", frozenset({"low-fodmap"}))) is is_low


@pytest.mark.parametrize("tag", ["tyramine", "histamine"])
def test_tyramine_and_histamine_are_one_tick(tag: str) -> None:
    assert fitting([food("it", tag)], "fermented", frozenset({"low-tyramine"})) == []


def test_a_condiment_is_never_suggested() -> None:
    assert fitting([food("hot-sauce", "vegan", "condiment")], "fermented", frozenset()) == []


def test_a_kind_is_not_mixed_with_another() -> None:
    assert fitting(FOODS, "prebiotic", frozenset()) == [APPLE]


def test_an_unknown_diet_is_an_error_and_not_ignored() -> None:
    with pytest.raises(ValueError, match="keto"):
        fitting(FOODS, "fermented", frozenset({"keto"}))


# Suggesting one after the other


def suggested(diet: Callable[[int], str], days: int, seed: int = 7) -> list[str]:
    """The ids of the foods of the content that are suggested day by day. diet: by the day."""
    shown: list[str] = []
    for day in range(days):
        food = suggest(CONTENT, "fermented", frozenset(diet(day).split()), shown, seed)
        assert food is not None
        shown.append(food.id)
    return shown


def every(diet: str) -> Callable[[int], str]:
    return lambda day: diet


CONTENT = foods()
SALTY = {food.id for food in CONTENT if "high-sodium" in food.tags}
TICKS = pytest.mark.parametrize(
    "diet", ["", *Diet, "vegan no-gluten", "no-dairy low-fodmap", "no-soy no-alcohol"]
)


def test_the_staples_come_first_and_a_salty_one_at_most_every_third_day() -> None:
    first = suggested(every(""), 6)

    assert first[:3] == ["yogurt", "kefir", "sauerkraut"]
    assert first[5] == "kimchi"
    assert suggested(every("no-dairy"), 4)[0::3] == ["sauerkraut", "kimchi"]
    assert suggested(every("low-salt"), 2) == ["yogurt", "kefir"]


@TICKS
def test_salty_ideas_come_at_most_every_third_day(diet: str) -> None:
    shown = suggested(every(diet), 150)

    days = [day for day, food in enumerate(shown) if food in SALTY]

    assert all(later - day >= 3 for day, later in pairwise(days))


@TICKS
def test_no_food_repeats_before_all_that_may_come_were_suggested(diet: str) -> None:
    """A salty one may have to wait, so one of the others may come again before it."""
    live = {
        food.id
        for food in fitting(CONTENT, "fermented", frozenset(diet.split()))
        if food.live_cultures != "no"
    }
    shown = suggested(every(diet), 150)

    mild = live - SALTY
    assert set(shown) == live
    assert len({*shown[: len(mild)]}) == len(mild)
    last: dict[str, int] = {}
    for day, food in enumerate(shown):
        if food in last:
            assert day - last[food] >= len(mild)
        last[food] = day


def test_foods_that_fit_after_a_change_of_the_diet_are_spread_in() -> None:
    for seed in range(5):
        shown = suggested(lambda day: "vegan" if day < 60 else "", 120, seed)
        before = {*shown[:60]}

        new = [day for day, food in enumerate(shown) if food not in before]
        first = [day for day in new if shown.index(shown[day]) == day]

        assert len(first) >= 10
        assert all(later - day >= 2 for day, later in pairwise(first))


def test_foods_without_live_cultures_are_suggested_if_nothing_else_fits() -> None:
    dead = replace(YOGURT, id="bread", live_cultures="no")

    assert suggest([dead, YOGURT], "fermented", frozenset(), ["yogurt"], 1) == YOGURT
    assert suggest([dead], "fermented", frozenset(), [], 1) == dead


def test_what_was_shown_of_another_kind_does_not_matter() -> None:
    salty_apple = replace(APPLE, tags=frozenset({"high-sodium"}))

    assert suggest([MISO, salty_apple], "fermented", frozenset(), ["apple"], 1) == MISO


def test_a_seed_suggests_the_same_food() -> None:
    for seed in range(20):
        assert suggest(FOODS, "fermented", frozenset(), [], seed) == suggest(
            FOODS[::-1], "fermented", frozenset(), [], seed
        )


def test_without_a_fitting_food_none_is_suggested() -> None:
    assert suggest([MISO], "fermented", frozenset({"no-soy"}), [], seed=1) is None


# What must be said about one


def test_every_allergen_is_named_always_in_the_same_order() -> None:
    everything = food("stew", "nuts", "vegetarian", "shellfish", "fish", "gluten", "soy", "dairy")

    assert allergens(everything) == ("dairy", "soy", "gluten", "fish", "shellfish", "nuts")
    assert allergens(KIMCHI) == ("fish", "shellfish")
    assert allergens(MISO) == ("soy", "gluten")
    assert allergens(COCONUT_KEFIR) == ()


def test_a_possible_allergen_is_not_among_the_certain_ones() -> None:
    doubtful = replace(KIMCHI, may_contain=frozenset({"gluten", "dairy", "fish"}))

    assert allergens(doubtful) == ("fish", "shellfish")
    assert possible_allergens(doubtful) == ("dairy", "gluten")


def test_the_cautions_of_a_food_follow_from_its_tags_in_one_order() -> None:
    everything = food("stew", "high-sodium", "tyramine", "home-made", "raw", "trace-alcohol")

    assert cautions(everything) == tuple(Caution)
    assert cautions(KIMCHI) == (Caution.SALT,)
    assert cautions(YOGURT) == ()

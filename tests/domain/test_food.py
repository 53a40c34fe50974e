"""Which foods suit a diet, what must be said about them, and which one is suggested next."""

from dataclasses import replace

import pytest

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


def test_no_food_repeats_before_all_were_suggested() -> None:
    shown: list[str] = []

    for seed in range(12):
        shown.append(suggest(FOODS, shown, seed).id)

    assert [len(set(shown[:6])), len(set(shown[6:]))] == [6, 6]
    assert shown[5] != shown[6]


def test_a_seed_suggests_the_same_food() -> None:
    assert suggest(FOODS, [], seed=5) == suggest(FOODS[::-1], [], seed=5)


def test_no_fitting_food_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one fitting food"):
        suggest([], [], seed=1)


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

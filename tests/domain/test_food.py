"""Which foods suit a diet, and which one is suggested next."""

import pytest

from reminder_bot.domain.food import Diet, Food, allergens, fitting, suggest


def food(id: str, *tags: str, kind: str = "fermented") -> Food:
    return Food(id, id.title(), kind, None, "A bite.", frozenset(tags), None, False)


YOGURT = food("yogurt", "vegetarian", "dairy", "gluten-free")
MISO = food("miso", "vegan", "soy", "gluten", "high-sodium")
OAT_YOGURT = food("oat-yogurt", "vegan")
KIMCHI = food("kimchi", "fish", "shellfish", "high-sodium", "lactose-free")
COCONUT_KEFIR = food("coconut-kefir", "vegan", "gluten-free")
APPLE = food("apple", "vegan", "gluten-free", kind="prebiotic")
FOODS = [YOGURT, MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR, APPLE]


@pytest.mark.parametrize(
    ("diet", "left"),
    [
        ((), [YOGURT, MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("vegan",), [MISO, OAT_YOGURT, COCONUT_KEFIR]),
        (("no-dairy",), [MISO, OAT_YOGURT, KIMCHI, COCONUT_KEFIR]),
        (("no-gluten",), [YOGURT, COCONUT_KEFIR]),
        (("low-salt",), [YOGURT, OAT_YOGURT, COCONUT_KEFIR]),
        (tuple(Diet), [COCONUT_KEFIR]),
    ],
)
def test_a_diet_leaves_what_certainly_suits_it(diet: tuple[str, ...], left: list[Food]) -> None:
    assert fitting(FOODS, "fermented", frozenset(diet)) == left


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

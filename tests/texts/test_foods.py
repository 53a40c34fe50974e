"""A suggested food: its allergens and its cautions every time, and what is good to know if there is
room.
"""

from dataclasses import replace
from html import unescape
from itertools import combinations
from typing import Any

import pytest

from reminder_bot.chat import keyboards
from reminder_bot.chat.keyboards import food_of
from reminder_bot.content import foods as all_foods
from reminder_bot.domain.food import Diet, Food, fitting
from reminder_bot.domain.habit import HabitKind
from reminder_bot.texts import foods
from reminder_bot.texts.translation import translation
from tests.chat.cards import TEN, card, row
from tests.texts.reading import ENGLISH, LANGUAGES, assert_html, fits

LINE = 160
DIETS = [frozenset(each) for size in (1, 2) for each in combinations(Diet, size)]
ALLERGENS = {
    "dairy": "milk",
    "soy": "soy",
    "gluten": "gluten",
    "fish": "fish",
    "shellfish": "shellfish",
    "nuts": "nuts",
}
ALCOHOL = (
    "Can hold alcohol: best avoided in pregnancy, by children and with weak immunity, "
    "above all home-brewed."
)
RAW = "Unpasteurised: not in pregnancy or with weak immunity."
HOME_MADE = "Home-made: only from pasteurised milk, and not with weak immunity."
TYRAMINE = "Not with MAOI antidepressants or linezolid."
SALT = "Salty: keep it small with high blood pressure, heart or kidney disease."
# The foods of the content that must be shown with a caution, whatever their tags are.
CAUTIONS = {
    ALCOHOL: "kefir water-kefir coconut-kefir kombucha tepache beet-kvass bread-kvass",
    RAW: "sauerkraut kimchi vegan-kimchi fermented-pickles fermented-carrots curtido "
    "fermented-olives aged-cheese",
    HOME_MADE: "dahi",
    TYRAMINE: "aged-cheese miso kimchi vegan-kimchi sauerkraut natto fermented-pickles gochujang",
    SALT: "sauerkraut kimchi vegan-kimchi miso fermented-pickles fermented-carrots curtido "
    "fermented-olives cottage-cheese-live aged-cheese ayran beet-kvass",
    "On warfarin? No natto, unless your clinic agrees.": "natto",
    "Not safe in coeliac disease.": "sourdough",
    "take two hours apart from medicines.": "psyllium",
    "Ask first if you take water tablets or blood thinners.": "dandelion-greens",
    "Large amounts may matter with blood thinners: ask a pharmacist.": "garlic",
    "On a potassium limit for kidney disease? Ask your dietitian.": "banana",
    "keep it modest with thyroid disease.": "seaweed",
    "Cook dried beans fully: never eat them raw.": "white-beans",
    "Chill within an hour and use within a day; reheat until steaming.": "cooled-rice",
    "Chill within two hours of cooking.": "cooled-potatoes",
    "Some herbs are unsuitable in pregnancy or with medicines.": "herbal-tea",
}
# Words of a serving, and the diets that leave out what they name.
NAMED = {
    "yogurt milk cheese labneh butter": {Diet.VEGAN, Diet.NO_DAIRY},
    "egg omelette meat ham": {Diet.VEGAN},
    "fish shrimp tuna salmon": {Diet.VEGAN, Diet.NO_FISH},
    "bread toast sandwich wrap pasta crispbread granola porridge oats bulgur": {Diet.NO_GLUTEN},
    "soy tofu miso tempeh": {Diet.NO_SOY},
    "nuts almond walnut granola": {Diet.NO_NUTS},
    "beer wine": {Diet.NO_ALCOHOL},
    "olives pickle salted soy cheese": {Diet.LOW_SALT},
    "apple pear beans lentil chickpea hummus garlic onion stew chilli": {Diet.LOW_FODMAP},
    "cheese soy sauerkraut": {Diet.LOW_TYRAMINE},
}
every_food = pytest.mark.parametrize("food", all_foods(), ids=lambda food: str(food.id))


def food(caveat: str | None = None, name: str = "Kefir", *tags: str) -> Food:
    return Food(
        "kefir", name, "fermented", "usually", "A small glass.", frozenset(tags), caveat, True
    )


def suggested(food: Food, *, is_new: bool = True) -> list[str]:
    """The lines of a suggestion as they are read."""
    return unescape(foods.ask(ENGLISH, food, is_new=is_new)).split("\n")


def test_a_known_food_says_how_to_eat_it() -> None:
    assert suggested(food("Sour."), is_new=False) == [
        "Something fermented today? Kefir, maybe. A small glass."
    ]


def test_a_new_food_says_how_to_eat_it_and_then_what_is_good_to_know() -> None:
    assert suggested(food("Sour")) == [
        "Something fermented today? Kefir, maybe. A small glass.",
        "Sour.",
    ]


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("fermented", "Something fermented today?"),
        ("prebiotic", "Some fibre today?"),
        ("hydration", "Something to drink?"),
    ],
)
def test_a_kind_of_food_has_its_question(kind: str, question: str) -> None:
    assert foods.question(ENGLISH, kind) == question
    assert suggested(replace(food(), kind=kind))[0].startswith(f"{question} Kefir, maybe.")


def test_a_food_is_never_markup() -> None:
    question = foods.ask(ENGLISH, food("Salt & <fat>.", "<b>Ayran"), is_new=True)

    assert_html(question)
    assert "&lt;b&gt;Ayran, maybe. A small glass.\nSalt &amp; &lt;fat&gt;." in question


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
@every_food
def test_a_food_names_its_allergens_every_time(food: Food, is_new: bool) -> None:
    first = suggested(food, is_new=is_new)[0]
    contains = [ALLERGENS[tag] for tag in ALLERGENS if tag in food.tags]
    possible = [ALLERGENS[tag] for tag in ALLERGENS if tag in food.may_contain]

    assert (f"Contains {', '.join(contains)}." in first) is bool(contains)
    assert (f"May contain {', '.join(possible)}." in first) is bool(possible)


@every_food
def test_what_is_said_about_a_food_does_not_contradict_itself(food: Food) -> None:
    """Only the first line says what a food contains, and an allergen is in one of its sentences."""
    assert not food.tags & food.may_contain
    assert not (food.may_contain & {"dairy", "fish", "shellfish"} and "vegan" in food.tags)
    assert not ("gluten" in food.may_contain and "gluten-free" in food.tags)
    for text in (food.serving, food.caution or "", food.caveat or ""):
        assert "contain" not in text.lower()


@pytest.mark.parametrize(
    ("sentence", "food_id"),
    [(sentence, each) for sentence, ids in CAUTIONS.items() for each in ids.split()],
)
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_a_caution_is_said_whole_every_time(sentence: str, food_id: str, is_new: bool) -> None:
    asked = food_of(food_id)
    assert asked is not None

    assert sentence in suggested(asked, is_new=is_new)[1]


@every_food
def test_cautions_stand_before_what_is_good_to_know(food: Food) -> None:
    cautions = "".join(suggested(food, is_new=False)[1:])

    assert "".join(suggested(food, is_new=True)[1:]).startswith(cautions)


@pytest.mark.parametrize("diet", DIETS, ids=lambda diet: "+".join(sorted(diet)))
def test_no_suggestion_names_what_a_diet_leaves_out(diet: frozenset[str]) -> None:
    """Each food of each kind, for each tick and each two of them."""
    unwanted = {word for words, diets in NAMED.items() if diets & diet for word in words.split()}
    for kind in ("fermented", "prebiotic", "hydration"):
        fits_diet = fitting(all_foods(), kind, diet)
        assert len(fits_diet) >= 4
        for food in fits_diet:
            serving = food.serving.lower()
            assert not [word for word in unwanted if word in serving], food.id


HIDDEN = {
    Diet.VEGAN: {"milk", "fish", "shellfish"},
    Diet.NO_DAIRY: {"milk"},
    Diet.NO_GLUTEN: {"gluten"},
    Diet.NO_SOY: {"soy"},
    Diet.NO_FISH: {"fish", "shellfish"},
    Diet.NO_NUTS: {"nuts"},
}


@pytest.mark.parametrize("diet", DIETS, ids=lambda diet: "+".join(sorted(diet)))
def test_a_tick_removes_the_allergens_it_names_and_no_others(diet: frozenset[Diet]) -> None:
    removed = set().union(*(HIDDEN.get(each, set()) for each in diet))
    for kind in ("fermented", "prebiotic", "hydration"):
        for food in fitting(all_foods(), kind, diet):
            tags = food.tags | food.may_contain
            has = {name for tag, name in ALLERGENS.items() if tag in tags}
            assert not has & removed
            assert all(name in suggested(food, is_new=False)[0] for name in has)


NEVER_WITH = {
    Diet.NO_ALCOHOL: ALCOHOL,
    Diet.LOW_SALT: SALT,
    Diet.LOW_TYRAMINE: TYRAMINE,
}


@pytest.mark.parametrize("tick", NEVER_WITH)
def test_a_tick_leaves_out_what_its_caution_is_about(tick: Diet) -> None:
    for food in fitting(all_foods(), "fermented", frozenset({tick})):
        assert NEVER_WITH[tick] not in "\n".join(suggested(food))


@LANGUAGES
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
@every_food
def test_every_food_fits_a_lock_screen(food: Food, is_new: bool, language: str) -> None:
    """Cautions may be longer than the limit, because they are never cut."""
    first, *rest = foods.ask(translation(language), food, is_new=is_new).split("\n")

    assert fits(f"🥛 {first}", LINE, language), first
    assert len(rest) <= 1
    assert all(fits(each, 180, language) for each in rest), rest


def test_how_to_eat_a_food_gives_way_to_its_allergens() -> None:
    named = food(None, "W" * 110, "dairy")

    assert suggested(named) == [f"Something fermented today? {'W' * 110}, maybe. Contains milk."]


@every_food
def test_what_is_good_to_know_is_said_or_stands_behind_a_button(food: Food) -> None:
    asked: Any = row(HabitKind.PROBIOTIC, food_id=food.id, has_new_food=True)
    keyboard = keyboards.of_card(ENGLISH, card(asked), TEN)
    labels = [button["text"] for line in keyboard["inline_keyboard"] for button in line]

    question = "\n".join(suggested(food))
    sentences = foods.caveat(ENGLISH, food).rstrip(".").split(". ")

    assert all(each in question for each in sentences) is ("Good to know" not in labels)


@every_food
def test_what_is_good_to_know_is_never_cut_short(food: Food) -> None:
    """An alert holds 200 characters."""
    assert foods.caveat(ENGLISH, food) == (food.caveat or "")


def test_a_caveat_that_has_no_room_is_cut_whole_sentences_at_a_time() -> None:
    short, long = food("Sour."), food("Sour. " + "Chill it well " * 12 + ".")

    assert suggested(long)[1] == "Sour."
    assert foods.is_caveat_cut(ENGLISH, long)
    assert not foods.is_caveat_cut(ENGLISH, short)
    assert not foods.is_caveat_cut(ENGLISH, food("Salt & fat."))


def test_a_caveat_is_said_up_to_the_last_character_that_has_room() -> None:
    fitting, too_long = food("W" * (LINE - 1) + "."), food("W" * LINE + ".")

    assert len(suggested(fitting)[1]) == LINE
    assert not foods.is_caveat_cut(ENGLISH, fitting)
    assert foods.is_caveat_cut(ENGLISH, too_long)


def test_a_caveat_longer_than_an_alert_is_shortened() -> None:
    assert len(foods.caveat(ENGLISH, food("W" * 300))) == 200


def test_the_button_to_the_rest_of_a_caveat() -> None:
    assert foods.good_to_know_button(ENGLISH) == "Good to know"


def test_a_food_that_is_no_longer_known_is_none() -> None:
    assert food_of("no-such-food") is None

"""A suggested food: its allergens until a diet is set, what to mind the first time, in 160
characters.
"""

from dataclasses import replace
from html import unescape
from itertools import combinations
from typing import Any

import pytest

from reminder_bot.chat import keyboards
from reminder_bot.chat.keyboards import food_of
from reminder_bot.content import foods as all_foods
from reminder_bot.domain.food import Diet, Food
from reminder_bot.domain.habit import HabitKind
from reminder_bot.texts import foods
from reminder_bot.texts.translation import translation
from tests.chat.cards import ANA, TEN, card, row
from tests.texts.reading import ENGLISH, LANGUAGES, assert_html, fits

SUGGESTION = 160
FERMENTED = [food for food in all_foods() if food.kind == "fermented"]
DIETS = [frozenset(each) for size in range(len(Diet) + 1) for each in combinations(Diet, size)]
ON_A_DIET = replace(ANA, diet=frozenset({"low-salt"}))
ALLERGENS = {
    "dairy": "milk",
    "soy": "soy",
    "gluten": "gluten",
    "fish": "fish",
    "shellfish": "shellfish",
    "nuts": "nuts",
}
every_fermented = pytest.mark.parametrize("food", FERMENTED, ids=lambda food: str(food.id))


def food(caveat: str | None = None, name: str = "Kefir", *tags: str) -> Food:
    return Food(
        "kefir", name, "fermented", "usually", "A small glass.", frozenset(tags), caveat, True
    )


def test_a_known_food_says_how_to_eat_it() -> None:
    question = foods.ask(ENGLISH, ANA, food("Sour."), is_new=False)

    assert question == "Something fermented today? Kefir, maybe. A small glass."


def test_a_new_food_says_what_to_mind_with_it() -> None:
    question = foods.ask(ENGLISH, ANA, food("Can contain some alcohol"), is_new=True)

    assert question == "Something fermented today? Kefir, maybe. Can contain some alcohol."


def test_a_new_food_without_a_caveat_says_how_to_eat_it() -> None:
    assert "A small glass." in foods.ask(ENGLISH, ANA, food(), is_new=True)


def test_without_a_food_only_the_question_is_asked() -> None:
    assert foods.ask(ENGLISH, ANA, None, is_new=True) == "Something fermented today?"


def test_a_food_is_never_markup() -> None:
    question = foods.ask(ENGLISH, ANA, food("Salt & <fat>.", "<b>Ayran"), is_new=True)

    assert_html(question)
    assert "&lt;b&gt;Ayran, maybe. Salt &amp; &lt;fat&gt;." in question


@pytest.mark.parametrize("tag", ALLERGENS)
def test_each_allergen_is_named_until_a_diet_is_set(tag: str) -> None:
    sentence = f"Contains {ALLERGENS[tag]}."

    for is_new in (True, False):
        asked = food("Chill it.", "Kefir", tag)
        assert sentence in foods.ask(ENGLISH, ANA, asked, is_new=is_new)
        assert sentence not in foods.ask(ENGLISH, ON_A_DIET, asked, is_new=is_new)


def test_several_allergens_stand_in_one_sentence() -> None:
    question = foods.ask(ENGLISH, ANA, food(None, "Miso", "soy", "gluten", "fish"), is_new=True)

    assert "Contains soy, gluten, fish." in question


@pytest.mark.parametrize("sentence", ["Contains milk.", "Contains milk, and little of it."])
def test_an_allergen_is_not_named_twice(sentence: str) -> None:
    with_caveat = food(f"{sentence} Chill it.", "Kefir", "dairy")

    question = foods.ask(ENGLISH, ANA, with_caveat, is_new=True)

    assert question.count("Contains milk") == 1
    assert "Chill it." in question


@every_fermented
def test_no_food_of_the_content_hides_its_allergens(food: Food) -> None:
    wanted = {ALLERGENS[tag] for tag in food.tags & ALLERGENS.keys()}

    for is_new in (True, False):
        question = foods.ask(ENGLISH, ANA, food, is_new=is_new)
        sentences = [part for part in question.split(". ") if part.startswith("Contains")]
        assert all(any(name in part for part in sentences) for name in wanted), question


@LANGUAGES
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
@every_fermented
def test_every_food_fits_a_lock_screen_whatever_the_diet(
    food: Food, is_new: bool, language: str
) -> None:
    t = translation(language)

    for diet in DIETS:
        shown = f"🥛 {foods.ask(t, replace(ANA, diet=diet), food, is_new=is_new)}"
        assert fits(shown, SUGGESTION, language), shown


@every_fermented
def test_what_to_mind_with_a_new_food_is_said_or_stands_behind_a_button(food: Food) -> None:
    asked: Any = row(HabitKind.PROBIOTIC, food_id=food.id, has_new_food=True)
    keyboard = keyboards.of_card(ENGLISH, card(asked), TEN)
    labels = [button["text"] for line in keyboard["inline_keyboard"] for button in line]

    question = unescape(foods.ask(ENGLISH, ANA, food, is_new=True))
    sentences = foods.caveat(ENGLISH, food).rstrip(".").split(". ")

    assert all(each in question for each in sentences) is ("Good to know" not in labels)


@pytest.mark.parametrize("food", all_foods(), ids=lambda food: str(food.id))
def test_what_to_mind_with_a_food_is_never_cut_short(food: Food) -> None:
    """An alert holds 200 characters."""
    assert foods.caveat(ENGLISH, food) == (food.caveat or "")


def test_a_caveat_that_has_no_room_is_cut_whole_sentences_at_a_time() -> None:
    short, long = food("Sour."), food("Sour. " + "Ask a doctor first " * 6 + ".")

    question = foods.ask(ENGLISH, ANA, long, is_new=True)

    assert question.endswith("Sour.")
    assert foods.is_caveat_cut(ENGLISH, ANA, long)
    assert not foods.is_caveat_cut(ENGLISH, ANA, short)
    assert not foods.is_caveat_cut(ENGLISH, ANA, food("Salt & fat."))


def test_a_caveat_is_said_up_to_the_last_character_that_has_room() -> None:
    """The sign and a space before it count."""
    room = SUGGESTION - len("🥛 Something fermented today? Kefir, maybe. ")
    fitting, too_long = food("W" * (room - 1) + "."), food("W" * room + ".")

    assert len("🥛 " + foods.ask(ENGLISH, ANA, fitting, is_new=True)) == SUGGESTION
    assert not foods.is_caveat_cut(ENGLISH, ANA, fitting)
    assert foods.is_caveat_cut(ENGLISH, ANA, too_long)


def test_a_caveat_longer_than_an_alert_is_shortened() -> None:
    assert len(foods.caveat(ENGLISH, food("W" * 300))) == 200


def test_the_button_to_the_rest_of_a_caveat() -> None:
    assert foods.good_to_know_button(ENGLISH) == "Good to know"


def test_a_food_that_is_no_longer_known_is_none() -> None:
    assert food_of("no-such-food") is None

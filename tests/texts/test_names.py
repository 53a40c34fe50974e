"""What things are called: every kind has a name, and people's words are never markup."""

from html import unescape

import pytest

from reminder_bot.content import facts
from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.digest import HabitWeek
from reminder_bot.domain.fact import Certainty
from reminder_bot.domain.food import Diet
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.texts import names
from tests.texts.reading import ENGLISH, HOSTILE, assert_html


def test_an_own_habit_is_called_by_its_words() -> None:
    assert names.habit(ENGLISH, HabitKind.CUSTOM, "Walk") == "Walk"
    assert names.habit(ENGLISH, HabitKind.HYDRATION, "Walk") == "Water"


@pytest.mark.parametrize("typed", HOSTILE)
def test_the_words_of_an_own_habit_are_never_markup(typed: str) -> None:
    week = HabitWeek(HabitKind.CUSTOM, Adherence(1, 2), Adherence(1, 2), (), typed)

    for of in (Habit(1, HabitKind.CUSTOM, words=typed), week):
        shown = names.with_sign(ENGLISH, of)
        assert_html(shown)
        assert unescape(shown) == f"⭐ {typed}"


def test_every_diet_has_a_name() -> None:
    assert {diet: names.diet(ENGLISH, diet) for diet in Diet} == {
        Diet.VEGAN: "vegan",
        Diet.NO_DAIRY: "no dairy",
        Diet.NO_GLUTEN: "no gluten",
        Diet.NO_SOY: "no soy",
        Diet.NO_FISH: "no fish or shellfish",
        Diet.NO_NUTS: "no nuts",
        Diet.NO_ALCOHOL: "no alcohol or traces",
        Diet.LOW_SALT: "low salt",
        Diet.LOW_FODMAP: "low FODMAP",
        Diet.LOW_TYRAMINE: "low tyramine, histamine",
    }


def test_every_topic_of_the_facts_has_a_name() -> None:
    assert {topic: names.topic(ENGLISH, topic) for topic in {fact.topic for fact in facts()}} == {
        "hydration": "Water",
        "probiotic": "Probiotics",
        "meditation-stress": "Stress",
        "sleep": "Sleep",
        "prebiotic-fibre": "Fibre",
        "sugar-diet": "Sugar and diet",
        "skincare": "Skincare",
        "antibiotics": "Antibiotics",
        "gut-skin-axis": "Gut and skin",
    }


def test_every_reply_has_a_word() -> None:
    assert {reply: names.reply(ENGLISH, reply) for reply in Reply} == {
        Reply.YES: "yes",
        Reply.NO: "no",
        Reply.SKIPPED: "skipped",
    }


def test_every_certainty_is_told_in_plain_words() -> None:
    assert {each: names.certainty(ENGLISH, each) for each in Certainty} == {
        Certainty.GOOD: "well supported",
        Certainty.MODERATE: "some evidence",
        Certainty.EARLY: "early research",
    }

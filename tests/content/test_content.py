"""The shipped facts, foods and texts: their form, and what was checked about them."""

import json
import re
from collections import Counter
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from reminder_bot import content
from reminder_bot.domain.fact import Certainty, Fact, fitting
from reminder_bot.domain.food import ALLERGENS, Diet, Food
from reminder_bot.domain.food import fitting as fitting_foods

SHIPPED = Path(content.__file__).parent
FACTS, FOODS = content.facts(), content.foods()

TOPICS = {
    "probiotic": 26,
    "gut-skin-axis": 21,
    "sugar-diet": 13,
    "prebiotic-fibre": 8,
    "hydration": 7,
    "sleep": 7,
    "meditation-stress": 6,
    "antibiotics": 6,
    "skincare": 6,
}
CONDITIONS = {"general": 52, "acne": 18, "eczema": 15, "psoriasis": 8, "rosacea": 7}
CERTAINTIES = {Certainty.EARLY: 51, Certainty.MODERATE: 25, Certainty.GOOD: 24}
EVIDENCE = {
    "human trial": 30,
    "guideline": 22,
    "systematic review": 19,
    "human observational": 17,
    "expert opinion": 10,
    "mechanistic/animal": 2,
}
# Their texts name neither gut nor skin, so they are no facts for a digest.
ABOUT_NEITHER = {
    "antibiotics-not-for-colds",
    "water-life-stages",
    "too-much-water",
    "breathing-lowers-stress",
    "meditation-mostly-safe",
    "sleep-seven-hours",
    "sleep-seven-to-nine",
    "short-sleep-immunity",
    "caffeine-six-hours",
    "sugar-ten-percent",
    "fibre-25-grams",
    "fibre-long-game",
    "water-how-much",
    "probiotic-strain-names",
    "many-labels-no-proof",
    "probiotics-who-should-be-careful",
    "fermented-is-not-probiotic",
    "heat-ends-the-live-part",
    "prebiotic-means-food-for-microbes",
}
GUT = r"(?i)\b(gut|guts|bowel|stool|loo|diarrhoea|constipation|crohn's)\b"
SKIN = r"(?i)\b(skin|acne|eczema|rosacea|psoriasis|spots|moisturiser|fragrance)\b"
# The studies whose abstract does not say how many people took part.
SIZE_UNKNOWN = {
    "probiotics-personal-landing",
    "probiotics-after-antibiotics",
    "gos-skin-trial",
    "plantarum-cream-not-food",
    "sleep-and-gut-variety",
    "thirty-plants-a-week",
}
NUMBER = r"(?i)\b(\d[\d,]*|three|ten|twelve|sixteen|twenty-two|forty|forty-three|eighty-one)\b"
TAGS = {
    *(
        "vegan",
        "vegetarian",
        "lactose-free",
        "low-lactose",
        "gluten-free",
        "dairy",
        "gluten",
        "soy",
        "fish",
    ),
    *(
        "shellfish",
        "nuts",
        "high-sodium",
        "trace-alcohol",
        "caffeine",
        "added-sugar",
        "histamine",
        "high-fodmap",
    ),
    *("spicy", "iodine", "raw", "home-made", "tyramine", "condiment"),
}
FACT_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "habit": str,
    "condition": str,
    "text": str,
    "takeaway": str,
    "evidence": str,
    "certainty": str,
    "names_gut": bool,
    "names_skin": bool,
    "says_drink_more": bool,
    "about_infants": bool,
    "mentions_medicine": bool,
    "source": dict,
    "checked_on": str,
    "checked_against": str,
    "article_claim": (str, type(None)),
}
SOURCE_FIELDS: dict[str, type | tuple[type, ...]] = {
    "title": str,
    "authors_short": (str, type(None)),
    "year": (int, type(None)),
    "journal_or_body": str,
    "doi": (str, type(None)),
    "pmid": (str, type(None)),
    "url": str,
}
FOOD_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "name": str,
    "kind": str,
    "live_cultures": (str, type(None)),
    "serving": str,
    "tags": list,
    "may_contain": list,
    "caution": (str, type(None)),
    "caveat": (str, type(None)),
    "in_article": bool,
}

each_fact = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
each_food = pytest.mark.parametrize("food", FOODS, ids=lambda food: food.id)


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((SHIPPED / name).read_text(encoding="utf-8"))
    return found


def faults(row: dict[str, Any], fields: dict[str, type | tuple[type, ...]]) -> list[str]:
    """The names of fields that are missing, strange, of another type, empty, or framed by
    blanks.
    """
    return [
        name
        for name in {*row, *fields}
        if name not in row
        or name not in fields
        or not isinstance(row[name], fields[name])
        or (isinstance(row[name], str) and (not row[name] or row[name] != row[name].strip()))
    ]


def test_every_field_of_every_fact_has_its_type() -> None:
    found = {
        row["id"]: wrong
        for row in rows("facts.json")
        if (wrong := faults(row, FACT_FIELDS) + faults(row["source"], SOURCE_FIELDS))
    }

    assert found == {}


def test_every_field_of_every_food_has_its_type() -> None:
    found = {row["id"]: wrong for row in rows("foods.json") if (wrong := faults(row, FOOD_FIELDS))}

    assert found == {}


def test_no_value_is_lost_between_file_and_fact() -> None:
    read = [
        [
            *(
                fact.id,
                fact.topic,
                fact.condition,
                fact.text,
                fact.takeaway,
                fact.evidence,
                str(fact.certainty),
            ),
            *(fact.names_gut, fact.names_skin, fact.says_drink_more),
            *(fact.is_about_infants, fact.mentions_medicine),
            *(fact.source.title, fact.source.authors, fact.source.year, fact.source.published_by),
            *(fact.source.doi, fact.source.pmid, fact.source.url),
            *(fact.checked_on.isoformat(), fact.checked_against, fact.article_claim),
        ]
        for fact in FACTS
    ]
    written = [
        [
            value
            for name in FACT_FIELDS
            for value in (
                [row["source"][part] for part in SOURCE_FIELDS] if name == "source" else [row[name]]
            )
        ]
        for row in rows("facts.json")
    ]

    assert read == written


def test_the_facts_are_counted() -> None:
    """A fact that is lost or graded anew is seen here."""
    assert len(FACTS) == 100
    assert Counter(fact.topic for fact in FACTS) == TOPICS
    assert Counter(fact.condition for fact in FACTS) == CONDITIONS
    assert Counter(fact.certainty for fact in FACTS) == CERTAINTIES
    assert Counter(fact.evidence for fact in FACTS) == EVIDENCE


def test_ids_are_words_and_unique() -> None:
    for values in (FACTS, FOODS):
        ids = [value.id for value in values]

        assert len(set(ids)) == len(ids)
        assert [id for id in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id)] == []


@each_fact
def test_a_fact_fits_into_a_digest(fact: Fact) -> None:
    assert 100 <= len(fact.text) <= 240
    assert 20 <= len(fact.takeaway) <= 80
    assert fact.text[-1] in ".!?"
    assert "\n" not in fact.text + fact.takeaway


@each_fact
def test_a_source_can_be_opened_and_found(fact: Fact) -> None:
    source = fact.source

    assert re.fullmatch(r"https://(?!(www\.)?nccam\.)[a-z0-9.-]+\.[a-z]{2,}/\S+", source.url)
    assert source.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", source.doi)
    assert source.pmid is None or re.fullmatch(r"\d{7,8}", source.pmid)
    assert source.year is None or 1990 <= source.year <= 2026
    assert source.authors


@each_fact
def test_a_fact_says_when_and_against_what_it_was_checked(fact: Fact) -> None:
    seen = r"\b(abstract|page|bulletin|table|reports|summary)\b"

    assert date(2026, 11, 1) <= fact.checked_on
    assert re.search(seen, fact.checked_against)


@each_fact
def test_a_fact_for_a_digest_names_gut_or_skin(fact: Fact) -> None:
    if fact.id in ABOUT_NEITHER:
        assert not fact.names_gut
        assert not fact.names_skin
        return
    assert fact.names_gut or fact.names_skin
    assert not fact.names_gut or re.search(GUT, fact.text)
    assert not fact.names_skin or re.search(SKIN, fact.text)


@each_fact
def test_a_single_study_is_early_research_and_says_how_many_took_part(fact: Fact) -> None:
    """Early is what is small, single or indirect. An observation of more than ten thousand people
    counts as decent but limited, and so do three trials in one fact.
    """
    if fact.evidence not in {"human trial", "human observational"}:
        return
    sizes = [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\d", fact.text)]
    is_large = fact.evidence == "human observational" and max(sizes, default=0) > 10_000
    if not is_large and fact.id != "lgg-baby-eczema-prevention":
        assert fact.certainty is Certainty.EARLY
    assert fact.id in SIZE_UNKNOWN or re.search(NUMBER, fact.text)


def test_medicine_that_is_not_for_pregnancy_says_so() -> None:
    assert "retinoids (not in pregnancy)" in content.fact_of("acne-proven-options").text


def test_facts_that_say_to_drink_more_are_known() -> None:
    assert {fact.id for fact in FACTS if fact.says_drink_more} == {
        "water-how-much",
        "water-life-stages",
        "water-skin-small-study",
        "water-and-fibre-team",
    }


@each_fact
def test_an_identifier_is_where_the_link_leads(fact: Fact) -> None:
    source = fact.source

    if source.doi:
        assert source.url == f"https://doi.org/{source.doi}"
    elif source.pmid:
        assert source.url == f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"


@each_fact
def test_a_fact_promises_no_cure(fact: Fact) -> None:
    assert not re.search(
        r"\b(cures?|detox\w*|fixes)\b", f"{fact.text} {fact.takeaway}", re.IGNORECASE
    )


def test_facts_about_infants_are_known() -> None:
    assert {fact.id for fact in FACTS if fact.is_about_infants} == {
        "infant-ecoli-eczema",
        "lgg-baby-eczema-prevention",
        "multistrain-baby-eczema-null",
        "lgg-treating-eczema-null",
        "lgg-allergic-subgroup",
        "early-antibiotics-eczema",
    }
    assert len(fitting(FACTS)) == 75


def test_facts_about_medicine_are_known() -> None:
    assert {fact.id for fact in FACTS if fact.mentions_medicine} == {
        "rosacea-sibo-study",
        "acne-probiotic-plus-antibiotic",
        "acne-antibiotics-kept-short",
        "probiotics-after-antibiotics",
        "acne-proven-options",
        "acne-pills-and-bowel-disease",
    }


def test_the_foods_are_counted() -> None:
    assert Counter(food.kind for food in FOODS) == {
        "fermented": 37,
        "prebiotic": 36,
        "hydration": 4,
    }
    assert sum(food.is_in_article for food in FOODS) == 14


@each_food
def test_a_food_is_tagged_in_known_words_without_contradiction(food: Food) -> None:
    assert food.tags <= TAGS
    assert food.may_contain <= {*ALLERGENS}
    assert food.live_cultures in (
        ("usually", "if-unheated", "no") if food.kind == "fermented" else (None,)
    )
    assert not {"gluten", "gluten-free"} <= food.tags
    assert not food.tags >= {"dairy", "lactose-free"}
    assert "vegan" not in food.tags or not food.tags & {"dairy", "fish", "shellfish"}
    # Otherwise a missing tag would not mean that a food has no dairy.
    assert food.tags & {"dairy", "lactose-free"}


@each_food
def test_the_caveat_of_a_food_fits_into_an_alert(food: Food) -> None:
    assert food.caveat is None or len(food.caveat) <= 200


@pytest.mark.parametrize("size", [1, 2])
def test_every_two_ticks_leave_something_fermented_for_a_week(size: int) -> None:
    for diet in combinations(Diet, size):
        assert len(fitting_foods(FOODS, "fermented", frozenset(diet))) >= 7


@pytest.mark.parametrize("kind", ["fermented", "prebiotic", "hydration"])
def test_all_ticks_together_leave_something_to_suggest(kind: str) -> None:
    assert fitting_foods(FOODS, kind, frozenset(Diet))


def test_a_yogurt_that_is_not_strained_is_not_low_in_lactose() -> None:
    low = {food.id for food in FOODS if "low-lactose" in food.tags}

    assert low == {"greek-yogurt", "aged-cheese"}


def test_what_its_own_caveat_calls_no_probiotic_is_not_suggested() -> None:
    kept = {food.id for food in fitting_foods(FOODS, "fermented", frozenset())}

    assert {food.id for food in FOODS if food.kind == "fermented"} - kept == {
        "cider-vinegar",
        "gochujang",
        "fermented-hot-sauce",
    }

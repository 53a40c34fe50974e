"""Which facts a user may be told, and which one is told next."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.fact import Certainty, Fact, Source, choose, fitting

SOURCE = Source("A study", "Who W", 2020, "A journal", None, None, "https://example.org/1")
FACT = Fact(
    "plain",
    "sleep",
    "general",
    "Text.",
    "Do.",
    "guideline",
    Certainty.GOOD,
    False,
    False,
    SOURCE,
    None,
    names_gut=True,
    names_skin=True,
    says_drink_more=False,
    checked_on=date(2026, 11, 28),
    checked_against="the abstract",
)
INFANT = replace(FACT, id="infant", is_about_infants=True)
WATER = replace(FACT, id="water", topic="hydration")
TEN = [
    replace(FACT, id=f"fact-{number}", topic="sleep" if number % 2 else "hydration")
    for number in range(10)
]


def test_facts_about_infants_are_left_out() -> None:
    assert fitting([FACT, INFANT]) == [FACT]


def test_facts_about_infants_are_told_to_those_who_ask() -> None:
    assert fitting([FACT, INFANT], wants_infants=True) == [FACT, INFANT]


def test_an_unwanted_topic_is_left_out() -> None:
    assert fitting([FACT, WATER], unwanted_topics=frozenset({"hydration"})) == [FACT]


@given(
    seeds=st.lists(st.integers(), min_size=30, max_size=30),
    topics=st.permutations(["sleep", "hydration"]),
)
def test_no_fact_repeats_before_all_were_told(seeds: list[int], topics: list[str]) -> None:
    shown: list[str] = []

    for seed in seeds:
        shown.append(choose(TEN, shown, topics, seed).id)

    assert [len(set(shown[start : start + 10])) for start in (0, 10, 20)] == [10, 10, 10]


@given(seed=st.integers())
def test_no_fact_is_told_twice_in_a_row_when_all_were_told(seed: int) -> None:
    shown = [fact.id for fact in TEN]

    assert choose(TEN, shown, [], seed).id != shown[-1]


def test_the_preferred_topic_is_told_while_it_has_unseen_facts() -> None:
    shown = [fact.id for fact in TEN if fact.topic == "hydration"][:-1]

    assert choose(TEN, shown, ["hydration"], seed=1) == TEN[8]


def test_the_preferred_topic_gives_way_when_all_of_it_was_told() -> None:
    shown = [fact.id for fact in TEN if fact.topic == "hydration"]

    assert choose(TEN, shown, ["hydration"], seed=1).topic == "sleep"


def test_a_seed_chooses_the_same_fact_in_any_order() -> None:
    assert choose(TEN, [], [], seed=7) == choose(TEN[::-1], [], [], seed=7)


def test_seeds_spread_over_the_facts() -> None:
    assert len({choose(TEN, [], [], seed).id for seed in range(200)}) == 10


def test_the_only_fact_may_repeat() -> None:
    assert choose([FACT], ["plain", "plain"], [], seed=1) == FACT


def test_a_fact_that_was_added_later_is_told_first() -> None:
    assert choose([*TEN, FACT], [fact.id for fact in TEN] * 2, [], seed=3) == FACT


def test_no_fitting_fact_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one fitting fact"):
        choose([], [], ["sleep"], seed=1)

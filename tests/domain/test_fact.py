"""Which facts a user may be told, and which one is told next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from reminder_bot.content import facts
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
WATER = replace(FACT, id="water", topic="hydration", says_drink_more=True)
NEITHER = replace(FACT, id="neither", names_gut=False, names_skin=False)
GUT = replace(FACT, id="gut", names_skin=False)
# Ten facts about the skin, on two topics in turns.
TEN = [
    replace(
        FACT,
        id=f"fact-{number}",
        topic="sleep" if number % 2 else "hydration",
        names_gut=False,
    )
    for number in range(10)
]


def test_facts_about_neither_gut_nor_skin_are_left_out() -> None:
    assert fitting([FACT, NEITHER, GUT]) == [FACT, GUT]


def test_facts_about_infants_are_left_out() -> None:
    assert fitting([FACT, INFANT]) == [FACT]


def test_facts_about_infants_are_told_to_those_who_ask() -> None:
    assert fitting([FACT, INFANT], wants_infants=True) == [FACT, INFANT]


def test_an_unwanted_topic_is_left_out() -> None:
    assert fitting([FACT, WATER], unwanted_topics=frozenset({"hydration"})) == [FACT]


def test_who_drinks_less_is_not_told_to_drink_more() -> None:
    assert fitting([FACT, WATER], drinks_less=True) == [FACT]


def test_the_topic_of_the_habit_that_went_worst_is_preferred_in_every_second_digest() -> None:
    first, second = TEN[0], TEN[1]
    third_topic = replace(FACT, id="third", topic="skincare", names_gut=False)
    facts = [*TEN, third_topic]

    assert choose(facts, [first.id], ["skincare"], seed=1) == third_topic
    assert choose(facts, [first.id, second.id], ["hydration"], seed=1).topic in {
        "hydration",
        "skincare",
    }
    told = [choose(facts, [first.id, second.id], ["hydration"], seed).topic for seed in range(20)]
    assert "skincare" in told


def test_a_topic_with_most_of_what_is_left_comes_now() -> None:
    """Or it would come twice in a row at the end."""
    five = [each for each in TEN if each.topic == "sleep"][:3] + TEN[0:4:2]

    for seed in range(20):
        told: list[Fact] = []
        for _ in five:
            told.append(choose(five, [each.id for each in told], ["hydration"], seed))
        assert [each.topic for each in told] == ["sleep", "hydration"] * 2 + ["sleep"]


def test_a_seed_chooses_the_same_fact_in_any_order() -> None:
    for seed in range(20):
        assert choose(TEN, [], [], seed) == choose(TEN[::-1], [], [], seed)


def test_seeds_spread_over_the_facts() -> None:
    assert len({choose(TEN, [], [], seed).id for seed in range(200)}) == 10


def test_the_only_fact_may_repeat() -> None:
    assert choose([FACT], ["plain", "plain"], [], seed=1) == FACT


def test_no_fitting_fact_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one fitting fact"):
        choose([], [], ["sleep"], seed=1)


# 200 weeks of several kinds of people


class Kind(NamedTuple):
    """A kind of person: the settings and the habit that goes worst, by the week."""

    settings: Callable[[int], dict[str, Any]]
    worst: Callable[[int], Sequence[str]]


WEEKS = 200
HABITS = ("hydration", "probiotic", "meditation-stress", "sleep")
TWO_OFF = frozenset({"sleep", "gut-skin-axis"})
KINDS = {
    "without answers": Kind(lambda week: {}, lambda week: ()),
    "always late for water": Kind(lambda week: {}, lambda week: HABITS),
    "bad at fermented food": Kind(lambda week: {}, lambda week: ("probiotic", "sleep")),
    "with other weeks each time": Kind(
        lambda week: {}, lambda week: HABITS[week % 4 :] + HABITS[: week % 4]
    ),
    "on a lowered goal": Kind(lambda week: {"drinks_less": True}, lambda week: HABITS),
    "a parent from the first week": Kind(
        lambda week: {"wants_infants": True}, lambda week: ("sleep",)
    ),
    "a parent from week 100": Kind(
        lambda week: {"wants_infants": week >= 100}, lambda week: HABITS
    ),
    "a parent when all was told": Kind(
        lambda week: {"wants_infants": week >= 75}, lambda week: HABITS
    ),
    "without two topics for two years": Kind(
        lambda week: {"unwanted_topics": TWO_OFF if 20 <= week < 120 else frozenset()},
        lambda week: HABITS,
    ),
}


def told_to(kind: Kind, seed: int) -> tuple[list[Fact], list[set[str]]]:
    """The facts of 200 digests, and the ids that fitted at each."""
    told: list[Fact] = []
    fitted: list[set[str]] = []
    for week in range(WEEKS):
        fits = fitting(facts(), **kind.settings(week))
        told.append(choose(fits, [each.id for each in told], kind.worst(week), seed))
        fitted.append({each.id for each in fits})
    return told, fitted


@pytest.fixture(scope="module", params=KINDS)
def lives(request: pytest.FixtureRequest) -> list[tuple[list[Fact], list[set[str]]]]:
    return [told_to(KINDS[request.param], seed) for seed in (1, 7, 4242)]


Lives = list[tuple[list[Fact], list[set[str]]]]


def test_every_fact_is_about_gut_or_skin_and_fits(lives: Lives) -> None:
    for told, fitted in lives:
        assert all(fact.names_gut or fact.names_skin for fact in told)
        assert all(fact.id in fits for fact, fits in zip(told, fitted, strict=True))


def test_the_first_facts_are_about_the_link_of_gut_and_skin(lives: Lives) -> None:
    for told, _ in lives:
        assert all(fact.names_gut and fact.names_skin for fact in told[:4])


def test_no_topic_comes_twice_in_a_row(lives: Lives) -> None:
    for told, _ in lives:
        topics = [fact.topic for fact in told]
        assert all(one != next_one for one, next_one in pairwise(topics))


def test_no_fact_repeats_before_all_that_fit_were_told(lives: Lives) -> None:
    """From its first repeat on, a round is everything since; whoever joins late has a place in the
    round that is going on.
    """
    for told, fitted in lives:
        of_round: set[str] = set()
        for fact, fits in zip(told, fitted, strict=True):
            if fact.id in of_round:
                # All others were told, or are of the topic that came last week.
                missing = fits - of_round
                assert len(missing) <= 1
                of_round = set()
            of_round.add(fact.id)


def test_no_fact_comes_again_soon(lives: Lives) -> None:
    """Neither a group that joins late nor one that was left out is told in a run of repeats."""
    for told, fitted in lives:
        last: dict[str, int] = {}
        for week, fact in enumerate(told):
            assert week - last.get(fact.id, -WEEKS) >= len(fitted[week]) // 2
            last[fact.id] = week


def test_all_that_fits_is_told(lives: Lives) -> None:
    for told, fitted in lives:
        assert {fact.id for fact in told} == set().union(*fitted)


def test_the_preferred_topic_does_not_crowd_out_the_others(lives: Lives) -> None:
    """It is preferred in every second digest at most, so of two in a row one is another."""
    for told, _ in lives:
        for start in range(0, WEEKS - 12, 12):
            assert len({fact.topic for fact in told[start : start + 12]}) >= 4


def test_a_group_that_joins_late_is_spread() -> None:
    for seed in range(1, 6):
        told, _ = told_to(KINDS["a parent from week 100"], seed)

        ids = [fact.id for fact in told]
        weeks = [ids.index(fact.id) for fact in facts() if fact.is_about_infants]

        assert min(weeks) >= 100
        assert not any({week + 1, week + 2} <= {*weeks} for week in weeks)


@pytest.mark.parametrize("left", [1, 2])
def test_who_leaves_few_topics_on_is_told_all_of_them(left: int) -> None:
    """A topic has to come twice in a row then."""
    wanted = {"skincare", "sleep"} if left == 2 else {"skincare"}
    others = frozenset(fact.topic for fact in facts()) - wanted
    told, fitted = told_to(Kind(lambda week: {"unwanted_topics": others}, lambda week: ()), 1)

    assert {fact.topic for fact in told} == wanted
    assert {fact.id for fact in told[: len(fitted[0]) + 3]} == fitted[0]

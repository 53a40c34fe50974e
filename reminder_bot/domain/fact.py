"""The gut-skin facts: which fit a user, and which one the next digest tells.

A topic is the habit a fact belongs to, or a wider one (skincare, antibiotics, gut-skin-axis). Facts
about infants are told only to those who asked for them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reminder_bot.domain.least_shown import choose_by_seed, least_often_shown

__all__ = ["Certainty", "Fact", "Source", "choose", "fitting"]


class Certainty(StrEnum):
    """How sure the sentence is as we word it: a negative finding can be well supported."""

    GOOD = "good"
    MODERATE = "moderate"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from. None where the consulted text did not show it."""

    title: str
    authors: str | None
    year: int | None
    published_by: str
    doi: str | None
    pmid: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    id: str
    topic: str
    condition: str
    text: str
    takeaway: str
    evidence: str
    certainty: Certainty
    is_about_infants: bool
    mentions_medicine: bool
    source: Source
    article_claim: str | None


def fitting(
    facts: Iterable[Fact],
    *,
    wants_infants: bool = False,
    unwanted_topics: frozenset[str] = frozenset(),
) -> list[Fact]:
    """The facts that may be told to a user who thinks so."""
    return [
        fact
        for fact in facts
        if fact.topic not in unwanted_topics and (wants_infants or not fact.is_about_infants)
    ]


def choose(
    fitting: Iterable[Fact],
    already_shown: Sequence[str],
    preferred_topics: Sequence[str],
    seed: int,
) -> Fact:
    """The fact to tell next: none repeats before all were told; the topics, best first, decide
    among the unseen.

    already_shown: ids in the order they were told, repeats included. ValueError when no fact fits.
    """
    unseen = least_often_shown(fitting, already_shown)
    for topic in preferred_topics:
        if on_topic := [fact for fact in unseen if fact.topic == topic]:
            return choose_by_seed(on_topic, seed)
    if not unseen:
        raise ValueError("choose needs at least one fitting fact, got none")
    return choose_by_seed(unseen, seed)

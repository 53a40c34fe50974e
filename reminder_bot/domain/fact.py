"""The gut-skin facts: which ones a user may be told, and which one the next digest tells.

A topic is the habit that a fact belongs to, or a wider subject (skincare, antibiotics,
gut-skin-axis). Facts about infants are told only to those who asked for them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reminder_bot.domain.least_shown import choose_by_seed, least_often_shown

__all__ = ["Certainty", "Fact", "Source", "choose", "fitting"]


class Certainty(StrEnum):
    """How well the evidence supports a fact as it is worded, even one that reports no effect."""

    GOOD = "good"
    MODERATE = "moderate"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from. A field is None if the consulted text did not show it.

    url: a link that a person can open.
    """

    title: str
    authors: str | None
    year: int | None
    published_by: str
    doi: str | None
    pmid: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact.

    names_gut, names_skin: what its text is about. A fact with both is about the link of the two;
        one with neither is no fact for a digest.
    says_drink_more: it suits nobody who should drink less.
    checked_on, checked_against: when its text and its source were last compared, and with what.
    article_claim: the claim of the founding article that it examines, if any.
    """

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
    names_gut: bool
    names_skin: bool
    says_drink_more: bool
    checked_on: date
    checked_against: str

    @property
    def is_about_the_link(self) -> bool:
        return self.names_gut and self.names_skin


def fitting(
    facts: Iterable[Fact],
    *,
    wants_infants: bool = False,
    unwanted_topics: frozenset[str] = frozenset(),
) -> list[Fact]:
    """The facts that may be told to a user with these settings."""
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
    """The fact to tell next; none repeats before all were told. ValueError if no fact fits.

    It is one of those told least often: on the first preferred topic that has such a fact, or on
    any topic if none has. already_shown: ids in the order they were told, with repeats.
    """
    candidates = least_often_shown(fitting, already_shown)
    if not candidates:
        raise ValueError("choose needs at least one fitting fact, got none")
    for topic in preferred_topics:
        on_topic = [fact for fact in candidates if fact.topic == topic]
        if on_topic:
            return choose_by_seed(on_topic, seed)
    return choose_by_seed(candidates, seed)

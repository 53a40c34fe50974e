"""The gut-skin facts: which ones a user may be told, and which one the next digest tells.

A topic is the habit that a fact belongs to, or a wider subject (skincare, antibiotics,
gut-skin-axis). Facts about infants are told only to those who asked for them.

The facts are told in rounds: none repeats before all that fit were told. The first ones are about
the link of gut and skin. No topic comes twice in a row. In every second digest the topic of the
habit that went worst is preferred.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reminder_bot.domain.seeded import choose_by_seed

__all__ = ["Certainty", "Fact", "Source", "choose", "fitting"]

# The facts at the beginning that are about the link of gut and skin.
LINK_FIRST = 4


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
    drinks_less: bool = False,
) -> list[Fact]:
    """The facts about gut or skin that a digest may tell a user with these settings.

    drinks_less: they have lowered their goal for water.
    """
    return [
        fact
        for fact in facts
        if (fact.names_gut or fact.names_skin)
        and fact.topic not in unwanted_topics
        and (wants_infants or not fact.is_about_infants)
        and not (drinks_less and fact.says_drink_more)
    ]


def choose(
    fitting: Collection[Fact], told: Sequence[str], preferred_topics: Sequence[str], seed: int
) -> Fact:
    """The fact to tell next. ValueError if no fact fits.

    told: ids of what was told, the oldest first, with repeats. preferred_topics: the topics of the
    habits, the one that went worst first. The same history and seed choose the same fact.
    """
    if not fitting:
        raise ValueError("choose needs at least one fitting fact, got none")
    order = {fact_id: place for place, fact_id in enumerate(told)}
    topics = {fact.id: fact.topic for fact in fitting}
    last_topic = next((topics[each] for each in reversed(told) if each in topics), None)
    left = _left_of_the_round(fitting, told)
    allowed = [fact for fact in left if fact.topic != last_topic]
    if not allowed:
        # Only the topic of the last digest is left. A fact of another topic comes in between, if it
        # was told so long ago that half of the facts came since.
        since = len(told) - len(fitting) // 2
        others = [fact for fact in fitting if fact.topic != last_topic]
        allowed = [fact for fact in others if order.get(fact.id, -1) < since] or left
    if sum(fact.is_about_the_link for fact in fitting if fact.id in order) < LINK_FIRST:
        allowed = [fact for fact in allowed if fact.is_about_the_link] or allowed
    topic = _topic_of(allowed, left, fitting, preferred_topics, seed, len(told))
    on_topic = [fact for fact in allowed if fact.topic == topic]
    known = [fact for fact in on_topic if fact.id in order]
    unknown = [fact for fact in on_topic if fact.id not in order]
    # Facts that fit for the first time in a later round come at most every second week.
    if known and (not unknown or told.count(told[-1]) == 1):
        return min(known, key=lambda fact: order[fact.id])
    return choose_by_seed(unknown, seed)


def _left_of_the_round(fitting: Collection[Fact], told: Iterable[str]) -> list[Fact]:
    """The facts that were not told yet since everything was last begun anew.

    A round begins when a fact repeats. Facts that fit again later, or for the first time, are among
    the rest of the round, whatever the number of rounds that were told without them.
    """
    ids = {fact.id for fact in fitting}
    of_round: set[str] = set()
    for fact_id in told:
        if fact_id in of_round:
            of_round.clear()
        if fact_id in ids:
            of_round.add(fact_id)
    return [fact for fact in fitting if fact.id not in of_round] or list(fitting)


def _topic_of(
    allowed: Collection[Fact],
    left: Collection[Fact],
    fitting: Collection[Fact],
    preferred_topics: Sequence[str],
    seed: int,
    number: int,
) -> str:
    """The topic of the next fact, one of those that are allowed.

    Among all topics it is the one of which the largest share is left, so that each topic is spread
    over the whole round. number: how many facts were told before; the preference counts for every
    second one.
    """
    topics = {fact.topic for fact in allowed}
    of_round, of_all = (Counter(fact.topic for fact in each) for each in (left, fitting))
    # A topic with more than half of what is left has to come now, or it would come twice in a row
    # at the end.
    urgent = next((topic for topic in topics if 2 * of_round[topic] > len(left)), None)
    if urgent is not None:
        return urgent
    if number % 2 == 1:
        for topic in preferred_topics:
            if topic in topics:
                return topic
    largest = max(of_round[topic] / of_all[topic] for topic in topics)
    most_left = {topic for topic in topics if of_round[topic] / of_all[topic] == largest}
    candidates = (fact for fact in allowed if fact.topic in most_left)
    return choose_by_seed(candidates, seed + number).topic

"""The facts, the foods and the safety texts that ship with the program.

This module turns the two JSON files into values of the domain. The docstrings of `Fact`, `Source`
and `Food` say what may be null; tests/content checks the files. The texts below are those of the
content pack, word for word, without its two notes to developers.
"""

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from reminder_bot.domain.fact import Certainty, Fact, Source
from reminder_bot.domain.food import Food

__all__ = ["FOOTER", "SAFETY", "fact_of", "facts", "foods"]

FOOTER = (
    "General information, not medical advice. Studies describe groups, not you. "
    "Keep prescribed treatment going and ask a professional about symptoms that last."
)
"""Under every digest."""

SAFETY: tuple[str, ...] = (
    "Probiotics and live ferments: ask a doctor first if you have a weak immune system, "
    "are seriously ill, have a central line, or for premature babies. "
    "Avoid home brews in these cases and in pregnancy.",
    "Water: healthy adults can follow thirst. If you have heart, kidney or liver disease, "
    "or a fluid limit, use your care team's number and switch the bot's target to it. "
    "Don't drink large amounts quickly.",
    "Antibiotics: never stop, skip or start a course because of this bot. Ask your prescriber.",
    "Salt: kimchi, sauerkraut, miso, pickles and olives are salty.",
    "Alcohol traces: kefir, kombucha, kvass and tepache can contain some alcohol.",
    "Histamine: aged and fermented foods can cause flushing, headache or hives "
    "in sensitive people. Stop and seek advice.",
    "Allergies: milk, soy, gluten, fish, shellfish and tree nuts are tagged; "
    "always read the label.",
    "Fibre: increase slowly and drink with it.",
    "Medicines: natto (vitamin K) with warfarin, psyllium with tablets, "
    "large amounts of garlic with blood thinners: ask a pharmacist.",
    "Meditation: stop if it makes you feel worse. "
    "If you have thoughts of harming yourself, contact local emergency services.",
    "Urgent: swelling of lips or tongue, trouble breathing, blood in stool, "
    "fast-spreading or painful rash: get medical help now.",
)
"""Shown once during set-up, and with /help."""


@cache
def facts() -> tuple[Fact, ...]:
    return tuple(_fact(row) for row in _rows("facts.json"))


@cache
def foods() -> tuple[Food, ...]:
    return tuple(_food(row) for row in _rows("foods.json"))


def fact_of(fact_id: str) -> Fact:
    """The fact with this id, which must be one of `facts()`."""
    return next(fact for fact in facts() if fact.id == fact_id)


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        files(__name__).joinpath(name).read_text(encoding="utf-8")
    )
    return rows


def _fact(row: dict[str, Any]) -> Fact:
    source = row["source"]
    return Fact(
        id=row["id"],
        topic=row["habit"],
        condition=row["condition"],
        text=row["text"],
        takeaway=row["takeaway"],
        evidence=row["evidence"],
        certainty=Certainty(row["certainty"]),
        is_about_infants=row["about_infants"],
        mentions_medicine=row["mentions_medicine"],
        source=Source(
            title=source["title"],
            authors=source["authors_short"],
            year=source["year"],
            published_by=source["journal_or_body"],
            doi=source["doi"],
            pmid=source["pmid"],
            url=source["url"],
        ),
        article_claim=row["article_claim"],
        names_gut=row["names_gut"],
        names_skin=row["names_skin"],
        says_drink_more=row["says_drink_more"],
        checked_on=date.fromisoformat(row["checked_on"]),
        checked_against=row["checked_against"],
    )


def _food(row: dict[str, Any]) -> Food:
    return Food(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        live_cultures=row["live_cultures"],
        serving=row["serving"],
        tags=frozenset(row["tags"]),
        caveat=row["caveat"],
        is_in_article=row["in_article"],
        may_contain=frozenset(row["may_contain"]),
        caution=row["caution"],
    )

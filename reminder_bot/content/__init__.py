"""The facts, the foods and the safety texts that ship with the program.

This module turns the two JSON files into values of the domain. The docstrings of `Fact`, `Source`
and `Food` say what may be null; tests/content checks the files. What could not be checked against a
leaflet of a medicines agency is worded as a question to ask.
"""

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from reminder_bot.domain.fact import Certainty, Fact, Source
from reminder_bot.domain.food import Food

__all__ = ["FOOTER", "SAFETY_FIRST", "SAFETY_MORE", "fact_of", "facts", "foods"]

FOOTER = (
    "General information, not medical advice. Studies describe groups, not you. "
    "Keep prescribed treatment going and ask a professional about symptoms that last."
)
"""Under every digest."""

SAFETY_FIRST: tuple[str, ...] = (
    "On a fluid limit (heart, kidney, liver, low sodium, desmopressin)? Leave water off or "
    "switch on Limit. Your care team's number counts every drink.",
    "Medicines: no aged or fermented food with MAOI antidepressants or linezolid, no natto with "
    "warfarin. On lithium or water tablets, ask before you change salt or drinks.",
    "Pregnant: no kombucha or home brews, only pasteurised milk, cheese and kraut; ask about "
    "herbal teas and probiotics. Weak immunity or seriously ill: no raw milk, raw-milk cheese or "
    "home brews, and ask a doctor before live ferments.",
    "Allergies: milk, soy, gluten, fish, shellfish and tree nuts are named; others (sesame, "
    "peanut, celery, mustard, egg) are not. Always read the label.",
    "Urgent: swelling of lips or tongue, trouble breathing, blood in stool or black stool, a "
    "fast-spreading or painful rash, a blistering or peeling rash with fever: get medical help "
    "now.",
)
"""What matters most, shown at first sight: in the set-up's health notes and with /help."""

SAFETY_MORE: tuple[str, ...] = (
    "If you think of harming yourself: call your emergency number or a crisis line now; you don't "
    "have to be sure.",
    "If counting food or drink takes over, switch numbers off in /settings or stop me with /pause, "
    "and talk to somebody you trust or a doctor.",
    "Water: healthy adults under 65 can mostly follow thirst; later it is a poor guide. Don't "
    "drink large amounts quickly: headache, vomiting or confusion after it is an emergency.",
    "MAOI antidepressants, linezolid: no aged cheese, miso, kimchi, sauerkraut, natto, brined "
    "pickles, soy sauce or gochujang.",
    "Warfarin: no natto, and keep greens steady, unless your clinic agrees. Psyllium with tablets, "
    "large amounts of garlic with blood thinners: ask a pharmacist.",
    "Lithium, water tablets, some antidepressants, carbamazepine: ask how much salt and drink is "
    "right for you before you change either.",
    "Antibiotics: never stop, skip or start a course because of this bot. Ask your prescriber.",
    "Retinoid creams and acne pills: not in pregnancy unless your prescriber agrees; ask first.",
    "Live ferments and probiotics: with a central line, an artificial heart valve or a short "
    "bowel, and for premature babies, ask a doctor first.",
    "Diabetes: kombucha, tepache, kvass, sweet yogurt drinks, juice, honey and dried fruit are "
    "sugar. On insulin or tablets that can cause lows, ask before you cut carbohydrates.",
    "IBS: onion, garlic, pulses, apple and kraut can bloat; tick low FODMAP. Narrowed bowel, "
    "swallowing trouble, recent bowel surgery: ask before adding fibre or psyllium.",
    "Fibre: increase slowly and drink with it.",
    "Histamine: aged and fermented foods can cause flushing, headache or hives in sensitive "
    "people. Stop and seek advice; with hives, asthma or mast-cell disease, ask first.",
    "Salt: kimchi, sauerkraut, miso, pickles and olives are salty; keep them small with high blood "
    "pressure, heart or kidney disease.",
    "Alcohol: kefir, kombucha, kvass and tepache can contain some. It matters in pregnancy, for "
    "children, in recovery, when driving, and with disulfiram or metronidazole.",
    "Sleep: loud snoring with pauses, poor sleep for three months, bipolar disorder or epilepsy: "
    "ask a doctor before you change your sleep. Don't drive sleepy.",
    "Meditation: stop if it makes you feel worse. Eyes open or a slow walk is as good.",
    "Age: for adults. Under 18, with a parent; teenagers need 8 to 10 h of sleep.",
)
"""The rest of the health notes, shown after a tap."""


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

"""Which cities a typed name may mean, and with them which zone.

The table, cities.tsv, holds cities of 100,000 people and more, capitals, and the place each zone is
named after, most people first (tests/support/build_cities.py makes it). It is read for each
question and not
kept: that takes a few milliseconds, a person asks about once in their life, and it saves megabytes.

A line is `|key|key|…|⇥name⇥country⇥zone⇥population`. Keys are folded names, the city's own first. What is
asked is folded alike, so that case, accents and punctuation don't matter.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.resources import files
from itertools import chain

from reminder_bot.domain.zone import named

__all__ = ["City", "find", "fold"]

LONGEST_TEXT = 60
SHORTEST_PREFIX = 2
SHORTEST_MISSPELT = 4
# How alike a misspelt name must be (difflib's ratio): one letter off in a short one, one in six in
# a long one, so that Atlantis is not Atlanta. And how many letters longer or shorter it may be.
SHORT, LIKENESS_SHORT, LIKENESS = 6, 0.8, 0.84
LIKENESS_APART = 0.05
LETTERS_OFF = 2

# Letters that Unicode doesn't take apart, and marks that people leave out.
LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ə": "e",
    }
    | dict.fromkeys("'`´‘’ʻʼʾʿ.", "")
)
BETWEEN_WORDS = re.compile(r"[\W_]+")
SAINT = re.compile(r"\b(saint|sankt)\b")
# Countries as people call them, where the ISO table of the zone data has another name.
COUNTRIES = {
    "america": "US",
    "brasil": "BR",
    "burma": "MM",
    "czechia": "CZ",
    "deutschland": "DE",
    "england": "GB",
    "espana": "ES",
    "great britain": "GB",
    "holland": "NL",
    "north korea": "KP",
    "osterreich": "AT",
    "scotland": "GB",
    "south korea": "KR",
    "uae": "AE",
    "uk": "GB",
    "united kingdom": "GB",
    "usa": "US",
    "wales": "GB",
}


@dataclass(frozen=True, slots=True)
class City:
    """A city by its English name; `country` is its ISO code, "" for a zone that belongs to none."""

    name: str
    country: str
    zone: str
    population: int


def find(text: str, limit: int = 6) -> tuple[City, ...]:
    """The cities that `text` may mean, most likely first; () where it can't be read.

    "City, country", a country, and the name of a zone are understood as well. Of cities with one
    name in one zone only the largest is given: which of them is meant makes no difference to the
    clock.

    >>> [(city.name, city.country, city.zone) for city in find("münchen")]
    [('Munich', 'DE', 'Europe/Berlin')]
    """
    if len(text) > LONGEST_TEXT:
        return ()
    place, *region = (fold(part) for part in text.split(","))
    if not place:
        return ()
    table = _read("reminder_bot.content", "cities.tsv")
    zone = _typed_zone(text)
    if zone is not None:
        return (_best_known_in(zone, table),)
    found = _called(place, table)
    country = _country_called(region[-1]) if region else None
    return tuple([city for city in found if city.country == country] or found)[:limit]


def fold(name: str) -> str:
    """The name without case, accents and punctuation, its words one space apart.

    >>> fold("  São-Paulo "), fold("Łódź"), fold("St. John’s"), fold("Köln")
    ('sao paulo', 'lodz', 'st johns', 'koln')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    known = unicodedata.normalize("NFC", plain.casefold().translate(LETTERS))
    return SAINT.sub("st", BETWEEN_WORDS.sub(" ", known)).strip()


def _called(place: str, table: str) -> list[City]:
    """Cities of just that name; else a country's; else those that begin so; else of a name spelt
    much like it.
    """
    if exact := _just_called(place, table):
        return exact
    country = _country_called(place)
    if country is not None:
        inhabited = (city for city in _having(f"\t{country}\t", table) if city.population)
        return _largest_of_each(inhabited, lambda city: city.zone)
    begun = chain(_having(f"\n|{place}", table), _having(f"|{place}", table))
    misspelt = chain.from_iterable(_having(f"|{key}|", table) for key in _spelt_like(place, table))
    return _largest_of_each(
        begun if len(place) >= SHORTEST_PREFIX else (), _name_and_zone
    ) or _largest_of_each(misspelt, _name_and_zone)


def _just_called(place: str, table: str) -> list[City]:
    """By their first name, then larger ones by another, and small places of their own zone.

    York is not Toronto, which was called so once; Norfolk may be the island.
    """
    by_first_name = list(_having(f"\n|{place}|", table))
    largest = max((city.population for city in by_first_name), default=0)
    by_another = (
        city
        for city in _having(f"|{place}|", table)
        if city.population >= largest or not city.population
    )
    return _largest_of_each(chain(by_first_name, by_another), lambda city: city.zone)


def _having(part: str, table: str) -> Iterator[City]:
    """The cities whose line holds `part`; a line break at its start holds it to the line's."""
    found = table.find(part)
    while found >= 0:
        end = table.index("\n", found + 1)
        _, name, country, zone, population = table[
            table.rindex("\n", 0, found + 1) + 1 : end
        ].split("\t")
        yield City(name, country, zone, int(population))
        found = table.find(part, end)


def _spelt_like(place: str, table: str) -> list[str]:
    """The keys that begin with the same letter and differ little, most alike first."""
    if len(place) < SHORTEST_MISSPELT:
        return []
    shortest, longest = len(place) - 1 - LETTERS_OFF, len(place) - 1 + LETTERS_OFF
    enough = LIKENESS_SHORT if len(place) <= SHORT else LIKENESS
    matcher = SequenceMatcher(b=place, autojunk=False)
    likeness: dict[str, float] = {}
    for match in re.finditer(
        rf"\|({re.escape(place[0])}[^|\t\n]{{{shortest},{longest}}})(?=\|)", table
    ):
        matcher.set_seq1(match[1])
        if matcher.real_quick_ratio() >= enough and matcher.quick_ratio() >= enough:
            likeness[match[1]] = matcher.ratio()
    enough = max(enough, max(likeness.values(), default=1) - LIKENESS_APART)
    return sorted(
        (key for key in likeness if likeness[key] >= enough), key=lambda key: -likeness[key]
    )


def _largest_of_each(cities: Iterable[City], what: Callable[[City], Hashable]) -> list[City]:
    """Of cities alike in `what` the first, which is the largest."""
    first: dict[Hashable, City] = {}
    for city in cities:
        first.setdefault(what(city), city)
    return list(first.values())


def _name_and_zone(city: City) -> Hashable:
    return fold(city.name), city.zone


def _typed_zone(text: str) -> str | None:
    """A zone's name has a slash; those without one (Cuba, Japan, EST) are better read as a
    place.
    """
    return named(text) if "/" in text or text.strip().upper() in {"UTC", "GMT"} else None


def _best_known_in(zone: str, table: str) -> City:
    return next(_having(f"\t{zone}\t", table), City(zone, "", zone, 0))


def _country_called(name: str) -> str | None:
    for line in _read("tzdata", "zoneinfo/iso3166.tab").splitlines():
        code, _, official = line.partition("\t")
        if name and not line.startswith("#") and name in (code.lower(), fold(official)):
            return code
    return COUNTRIES.get(name)


def _read(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")

"""Which cities a typed name may mean, and which zones they are in.

The table, cities.tsv, has all cities of 100,000 people or more, all capitals, and the place after
which each zone is named, the most populous first (tests/support/build_cities.py writes it). It is
read for each question and not kept in memory: reading takes a few milliseconds, most people ask
only once, and the table would take megabytes.

A line is `|key|key|…|⇥name⇥country⇥zone⇥population`. Keys are folded names, first the one by which
the city is shown. The typed text is folded in the same way, so that case, accents and punctuation
don't matter. The table is searched as one string; a line break before a key means the first key.
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
# How similar a misspelt name must be (difflib's ratio): one wrong letter in a name of at most
# SHORT_NAME letters, one in six in a longer one, so that Atlantis is not Atlanta.
SHORT_NAME, SIMILARITY_OF_SHORT, SIMILARITY = 6, 0.8, 0.84
# Of similar names only those are offered that are nearly as similar as the best one.
SIMILARITY_RANGE = 0.05
# How many letters longer or shorter a similar name may be.
LENGTH_DIFFERENCE = 2

# Letters that Unicode does not decompose, and marks that people leave out.
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
# What people call countries for which the ISO table of the zone data has another name.
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
    """A city by its English name. country: ISO code, "" for a zone that belongs to no country."""

    name: str
    country: str
    zone: str
    population: int


def find(text: str, limit: int = 6) -> tuple[City, ...]:
    """The cities that `text` may mean, most likely first; () if there are none.

    "City, country", a country, and the name of a zone are understood, too. Of several cities with
    the same name in the same zone only the largest is returned, because the zone is what matters.

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
    in_country = [city for city in found if city.country == country]
    return tuple(in_country or found)[:limit]


def fold(name: str) -> str:
    """The name without case, accents and punctuation, and with single spaces.

    >>> fold("  São-Paulo "), fold("Łódź"), fold("St. John’s"), fold("Köln")
    ('sao paulo', 'lodz', 'st johns', 'koln')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    known = unicodedata.normalize("NFC", plain.casefold().translate(LETTERS))
    return SAINT.sub("st", BETWEEN_WORDS.sub(" ", known)).strip()


def _called(place: str, table: str) -> list[City]:
    """The cities with this name. If there are none, the zones of a country with this name, then
    cities whose name begins with it, then those with a similar name.
    """
    if named_so := _with_name(place, table):
        return named_so
    country = _country_called(place)
    if country is not None:
        inhabited = (city for city in _containing(f"\t{country}\t", table) if city.population)
        return _largest_of_each(inhabited, _zone)
    if len(place) >= SHORTEST_PREFIX:
        with_prefix = chain(_containing(f"\n|{place}", table), _containing(f"|{place}", table))
        if found := _largest_of_each(with_prefix, _name_and_zone):
            return found
    similar = (_containing(f"|{key}|", table) for key in _similar_keys(place, table))
    return _largest_of_each(chain.from_iterable(similar), _name_and_zone)


def _with_name(place: str, table: str) -> list[City]:
    """The cities with this name, then those that have it as another name, if these are larger or
    have a zone of their own (then their population is 0).

    So York is not Toronto, which once had that name, but Norfolk may be the island.
    """
    by_name = list(_containing(f"\n|{place}|", table))
    largest = max((city.population for city in by_name), default=0)
    by_other_name = (
        city
        for city in _containing(f"|{place}|", table)
        if city.population >= largest or not city.population
    )
    return _largest_of_each(chain(by_name, by_other_name), _zone)


def _containing(part: str, table: str) -> Iterator[City]:
    """The cities whose line contains `part`. With a line break in front it must begin the line."""
    found = table.find(part)
    while found >= 0:
        start = table.rindex("\n", 0, found + 1) + 1
        end = table.index("\n", found + 1)
        _, name, country, zone, population = table[start:end].split("\t")
        yield City(name, country, zone, int(population))
        found = table.find(part, end)


def _similar_keys(place: str, table: str) -> list[str]:
    """The keys with the same first letter that are similar enough, the most similar first."""
    if len(place) < SHORTEST_MISSPELT:
        return []
    required = SIMILARITY_OF_SHORT if len(place) <= SHORT_NAME else SIMILARITY
    matcher = SequenceMatcher(b=place, autojunk=False)
    similarity: dict[str, float] = {}
    for key in _keys_like(place, table):
        matcher.set_seq1(key)
        # The quick ratios are upper bounds and much cheaper.
        if matcher.real_quick_ratio() >= required and matcher.quick_ratio() >= required:
            similarity[key] = matcher.ratio()
    best = max(similarity.values(), default=1.0)
    required = max(required, best - SIMILARITY_RANGE)
    similar = [key for key in similarity if similarity[key] >= required]
    return sorted(similar, key=lambda key: -similarity[key])


def _keys_like(place: str, table: str) -> Iterator[str]:
    """The keys with the same first letter and about the same length."""
    rest = len(place) - 1
    shortest, longest = rest - LENGTH_DIFFERENCE, rest + LENGTH_DIFFERENCE
    first = re.escape(place[0])
    for match in re.finditer(rf"\|({first}[^|\t\n]{{{shortest},{longest}}})(?=\|)", table):
        yield match[1]


def _largest_of_each(cities: Iterable[City], key: Callable[[City], Hashable]) -> list[City]:
    """The first city, which is the largest, of each group of cities with the same `key`."""
    first: dict[Hashable, City] = {}
    for city in cities:
        first.setdefault(key(city), city)
    return list(first.values())


def _zone(city: City) -> Hashable:
    return city.zone


def _name_and_zone(city: City) -> Hashable:
    return fold(city.name), city.zone


def _typed_zone(text: str) -> str | None:
    """The zone with this name. Names without a slash (Cuba, Japan, EST) are read as places."""
    is_zone_name = "/" in text or text.strip().upper() in {"UTC", "GMT"}
    return named(text) if is_zone_name else None


def _best_known_in(zone: str, table: str) -> City:
    return next(_containing(f"\t{zone}\t", table), City(zone, "", zone, 0))


def _country_called(name: str) -> str | None:
    """The ISO code of a country by its code or name; `name` is folded."""
    if not name:
        return None
    for line in _read("tzdata", "zoneinfo/iso3166.tab").splitlines():
        code, _, official = line.partition("\t")
        if not line.startswith("#") and name in (code.lower(), fold(official)):
            return code
    return COUNTRIES.get(name)


def _read(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")

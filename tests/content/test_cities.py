"""Which cities a typed name may mean."""

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.content.cities import City, find, fold
from reminder_bot.domain.zone import city_of, is_known, lived_in

TABLE = (files("reminder_bot.content") / "cities.tsv").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if not line.startswith("#")]


def first(text: str) -> str:
    return next((f"{city.name}, {city.country}" for city in find(text)), "")


# Names


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("Berlin", "Berlin, DE"),
        ("  BERLIN ", "Berlin, DE"),
        ("münchen", "Munich, DE"),
        ("Munchen", "Munich, DE"),
        ("Munich", "Munich, DE"),
        ("Wien", "Vienna, AT"),
        ("Köln", "Cologne, DE"),
        ("cologne", "Cologne, DE"),
        ("Łódź", "Łódź, PL"),
        ("lodz", "Łódź, PL"),
        ("Zürich", "Zürich, CH"),
        ("sao paulo", "São Paulo, BR"),
        ("Moskva", "Moscow, RU"),
        ("Москва", "Moscow, RU"),
        ("Київ", "Kyiv, UA"),
        ("東京", "Tokyo, JP"),
        ("上海", "Shanghai, CN"),
        ("서울", "Seoul, KR"),
        ("القاهرة", "Cairo, EG"),
        ("Αθήνα", "Athens, GR"),
        ("St Johns", "St. John's, CA"),
        ("Sankt Petersburg", "Saint Petersburg, RU"),
        ("N'Djamena", "N'Djamena, TD"),
        ("Port au Prince", "Port-au-Prince, HT"),
        ("Frankfurt", "Frankfurt am Main, DE"),
        ("New York", "New York City, US"),
        ("LA", "Los Angeles, US"),
        ("Bombay", "Mumbai, IN"),
        ("Hawaii", "Honolulu, US"),
    ],
)
def test_a_city_is_found_by_the_names_people_type(text: str, city: str) -> None:
    assert first(text) == city


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
    assert find(text)[0].zone == zone


def test_every_zone_is_found_by_its_own_city() -> None:
    names = {
        zone: {zone.rpartition("/")[2].replace("_", " "), city_of(zone)} for zone in lived_in()
    }

    missing = {
        (zone, name)
        for zone in lived_in()
        for name in names[zone]
        if zone not in {city.zone for city in find(name, 20)}
    }

    assert missing == set()


def test_the_beginning_of_a_name_is_enough() -> None:
    assert first("Copenh") == "Copenhagen, DK"


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("berln", "Berlin, DE"),
        ("Pariss", "Paris, FR"),
        ("Melborne", "Melbourne, AU"),
        ("philadelfia", "Philadelphia, US"),
        ("Detriot", "Detroit, US"),
        ("Los Angelos", "Los Angeles, US"),
    ],
)
def test_a_misspelt_name_is_found(text: str, city: str) -> None:
    assert first(text) == city


# Names that several cities have


def test_cities_with_the_same_name_are_distinguished_by_their_zones() -> None:
    found = [(city.country, city.zone) for city in find("San Jose")]

    assert found == [
        ("US", "America/Los_Angeles"),
        ("CR", "America/Costa_Rica"),
        ("PH", "Asia/Manila"),
    ]


def test_of_cities_with_the_same_name_in_one_zone_the_largest_is_found() -> None:
    assert [city.zone for city in find("Springfield")] == ["America/Chicago", "America/New_York"]


def test_the_larger_city_comes_first() -> None:
    assert [city.country for city in find("London")] == ["GB", "CA"]


def test_a_city_by_its_own_name_comes_before_one_that_was_once_called_so() -> None:
    assert first("York") == "York, GB"


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("London, CA", "London, CA"),
        ("london,canada", "London, CA"),
        ("New York, US", "New York City, US"),
        ("New York, USA", "New York City, US"),
        ("San José, Costa Rica", "San José, CR"),
        ("Hyderabad, Pakistan", "Hyderabad, PK"),
    ],
)
def test_a_country_decides_between_cities_with_the_same_name(text: str, city: str) -> None:
    assert [f"{each.name}, {each.country}" for each in find(text)] == [city]


def test_a_country_without_such_a_city_is_ignored() -> None:
    assert find("Springfield, MA") == find("Springfield")


def test_no_more_cities_are_returned_than_asked_for() -> None:
    assert len(find("Sant", limit=3)) == 3


# Countries and zones


def test_a_country_means_the_largest_city_of_each_of_its_zones() -> None:
    assert first("Germany") == "Berlin, DE"
    assert [city.zone for city in find("USA", limit=3)] == [
        "America/New_York",
        "America/Los_Angeles",
        "America/Chicago",
    ]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("asia/kolkata", "Asia/Kolkata"),
        ("america/new york", "America/New_York"),
        ("US/Pacific", "US/Pacific"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("utc", "UTC"),
    ],
)
def test_the_name_of_a_zone_is_understood(text: str, zone: str) -> None:
    assert [city.zone for city in find(text)] == [zone]


def test_a_zone_that_belongs_to_no_place_keeps_its_name() -> None:
    assert find("US/Pacific") == (City("US/Pacific", "", "US/Pacific", 0),)


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
    assert find(text) == ()


@given(st.text(max_size=70))
def test_any_text_finds_known_zones_or_nothing(text: str) -> None:
    assert all(is_known(city.zone) for city in find(text))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# The table


def test_each_line_of_the_table_is_whole() -> None:
    line = re.compile(r"\|([^|\t]+\|)+\t[^|\t]+\t[A-Z]{2}\t[A-Za-z/_-]+\t\d+")

    assert len(ROWS) > 6000
    assert [row for row in ROWS if not line.fullmatch(row)] == []
    assert TABLE.endswith("\n")


def test_each_zone_of_the_table_is_known() -> None:
    assert {row.split("\t")[3] for row in ROWS} - set(lived_in()) == set()


def test_keys_are_folded_as_questions_are() -> None:
    keys = [key for row in ROWS for key in row.split("\t")[0].strip("|").split("|")]

    assert [key for key in keys if fold(key) != key] == []


def test_the_largest_cities_come_first() -> None:
    people = [int(row.rpartition("\t")[2]) for row in ROWS]

    assert people == sorted(people, reverse=True)


def test_the_table_says_where_it_is_from() -> None:
    assert "GeoNames" in TABLE.splitlines()[0]
    assert "CC BY 4.0" in TABLE.splitlines()[0]

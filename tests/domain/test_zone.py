"""Which zones a person may live in, and which of them show a given clock."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.zone import (
    _offsets,
    city_of,
    clocks,
    data_version,
    differing,
    fixed_zone,
    guess,
    has_changes,
    is_known,
    lived_in,
    named,
    nearest_clocks,
    zones_with_clock,
)
from tests.support import oracle

HOUR = timedelta(hours=1)
FOUR_YEARS = timedelta(days=4 * 365)
WINTER = datetime(2026, 11, 22, 15, 7, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
# Just before and after the clock changes of Berlin and New York, and the end of a year.
MOMENTS = [
    WINTER,
    SUMMER,
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 5, 59, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 0, tzinfo=UTC),
    datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
]
at_moments = pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%Y-%m-%dT%H:%M}")


def offset_of(zone: str, now: datetime) -> timedelta:
    offset = now.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset


def hours(offsets: list[timedelta]) -> list[float]:
    return [offset / HOUR for offset in offsets]


# The zone data


def test_the_zone_data_is_that_of_the_tzdata_wheel() -> None:
    year, number = version("tzdata").split(".")[:2]

    assert TZPATH == ()
    assert data_version() == f"{year}{chr(ord('a') + int(number) - 1)}"


def test_every_zone_of_the_database_is_known_and_its_legacy_names_too() -> None:
    assert all(is_known(zone) for zone in available_timezones() - {"Factory"})
    assert all(is_known(zone) for zone in ("Asia/Calcutta", "US/Pacific", "Etc/GMT-3", "UTC"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../etc/passwd",
        "/etc/passwd",
        "posix/Europe/Berlin",
        "right/UTC",
        "Factory",
        "Europe",
        "Europe/",
        "europe/berlin",
        "Europe/Berlin\n",
        "Europe/Berlin\x00",
        "zone.tab",
        "\ud800",
        "E" * 100_000,
    ],
    ids=lambda name: ascii(name)[:24],
)
def test_a_name_that_is_no_zone_is_not_known(name: str) -> None:
    assert not is_known(name)


@given(st.text())
def test_is_known_accepts_any_text(name: str) -> None:
    assert is_known(name) == (name in available_timezones() - {"Factory"})


def test_a_zone_is_found_in_any_case_and_with_spaces() -> None:
    found = [
        named(text) for text in (" asia/kolkata", "America/New York", "us/PACIFIC", "Atlantis", "")
    ]

    assert found == ["Asia/Kolkata", "America/New_York", "US/Pacific", None, None]


def test_people_live_in_the_zones_of_places_only() -> None:
    zones = lived_in()

    assert len(zones) == len(set(zones)) > 400
    assert set(zones) <= available_timezones()
    assert not any(zone.startswith("Etc/") or "/" not in zone for zone in zones)


def test_the_zone_with_most_people_comes_first() -> None:
    assert lived_in()[:3] == ("Asia/Shanghai", "Asia/Kolkata", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("zone", "city"),
    [
        ("Europe/Berlin", "Berlin"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("America/Port-au-Prince", "Port-au-Prince"),
        ("Asia/Kolkata", "Delhi"),
        ("America/Sao_Paulo", "São Paulo"),
        ("Atlantic/Canary", "Las Palmas"),
        ("Etc/GMT-3", "UTC+3"),
        ("Etc/GMT+10", "UTC−10"),
        ("Etc/GMT0", "UTC"),
        ("Etc/UTC", "UTC"),
        ("UTC", "UTC"),
        ("GMT", "UTC"),
    ],
)
def test_a_zone_is_shown_by_its_best_known_city(zone: str, city: str) -> None:
    assert city_of(zone) == city


# Fixed offsets


@pytest.mark.parametrize("hours", range(-12, 15))
def test_the_zone_of_a_whole_hour_has_this_offset(hours: int) -> None:
    zone = fixed_zone(hours * HOUR)

    assert zone is not None
    assert offset_of(zone, WINTER) == offset_of(zone, SUMMER) == hours * HOUR


@pytest.mark.parametrize("hours", [-13, 15, 5.5, -3.5, 5.75, 99])
def test_no_zone_is_invented_for_any_other_offset(hours: float) -> None:
    assert fixed_zone(hours * HOUR) is None


def test_zones_with_the_same_offsets_from_now_on_do_not_differ() -> None:
    zones = ["Europe/Berlin", "Europe/Paris", "Africa/Lagos", "Etc/GMT-1", "Europe/London"]

    assert differing(zones, WINTER) == ("Europe/Berlin", "Africa/Lagos", "Europe/London")


def test_a_clock_with_summer_time_has_changes() -> None:
    assert has_changes("America/St_Johns", WINTER)
    assert not has_changes("Asia/Kolkata", WINTER)


# Clocks


@at_moments
def test_every_clock_in_use_is_one_choice(now: datetime) -> None:
    offsets = [choice.offset for choice in clocks(now)]

    assert offsets == sorted({offset_of(zone, now) for zone in lived_in()})


@at_moments
def test_a_clock_shows_the_local_time(now: datetime) -> None:
    shown = {choice.offset: choice.shows for choice in clocks(now)}

    assert all(each == now and each.utcoffset() == offset for offset, each in shown.items())
    assert (
        shown[offset_of("Asia/Kathmandu", now)].time()
        == now.astimezone(ZoneInfo("Asia/Kathmandu")).time()
    )


@at_moments
@pytest.mark.parametrize(
    "zone", ["Europe/London", "Asia/Kathmandu", "Pacific/Chatham", "America/Adak", "Asia/Tokyo"]
)
def test_eight_clocks_around_the_guess_are_ordered_by_offset(now: datetime, zone: str) -> None:
    offsets = [choice.offset for choice in nearest_clocks(now, zone)]

    assert len(offsets) == 8
    assert offsets == sorted(set(offsets))
    assert offset_of(zone, now) in offsets


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", [-3, 0, 1, 2, 3, 5, 5.5, 8]),
        ("en-us", [-8, -7, -6, -5, -4, -3, 0, 1]),
        ("pt-br", [-6, -5, -4, -3, 0, 1, 2, 3]),
        ("en", [-5, -3, 0, 1, 2, 3, 5.5, 8]),
    ],
)
def test_likely_clocks_are_near_the_guess_and_have_many_people(
    language: str, expected: list[float]
) -> None:
    assert hours([choice.offset for choice in nearest_clocks(WINTER, guess(language))]) == expected


def test_the_clock_of_the_guess_is_offered_even_if_nobody_lives_by_it() -> None:
    offsets = hours([choice.offset for choice in nearest_clocks(WINTER, "Etc/GMT+12")])

    assert offsets[0] == -12
    assert len(offsets) == 8


def test_fewer_clocks_can_be_asked_for() -> None:
    assert hours(
        [choice.offset for choice in nearest_clocks(WINTER, "Europe/Berlin", count=3)]
    ) == [1, 2, 3]


# Zones with a clock


@pytest.mark.parametrize("now", MOMENTS[:3], ids=str)
def test_every_zone_is_offered_by_one_choice_with_the_same_future(now: datetime) -> None:
    offered = [
        choice.zone for clock in clocks(now) for choice in zones_with_clock(now, clock.offset)
    ]
    futures = {zone: tuple(oracle.changes(zone, now, now + FOUR_YEARS)) for zone in lived_in()}

    assert len({futures[zone] for zone in offered}) == len(offered)
    assert {futures[zone] for zone in offered} == set(futures.values())


@at_moments
def test_an_offered_zone_shows_the_clock_that_was_chosen(now: datetime) -> None:
    for clock in clocks(now):
        for choice in zones_with_clock(now, clock.offset):
            assert offset_of(choice.zone, now) == clock.offset


def test_choices_are_named_by_their_best_known_cities_most_people_first() -> None:
    choices = zones_with_clock(WINTER, -7 * HOUR)

    assert [(choice.zone, choice.cities) for choice in choices] == [
        ("America/Phoenix", ("Phoenix", "Vancouver", "Mazatlan")),
        ("America/Denver", ("Denver", "Ciudad Juárez")),
    ]


def test_the_preferred_zone_represents_the_zones_with_the_same_offsets() -> None:
    first, *others = zones_with_clock(WINTER, HOUR, preferred="Europe/Vienna")

    assert (first.zone, first.cities) == ("Europe/Vienna", ("Vienna", "Berlin", "Madrid"))
    assert "Europe/Vienna" not in {choice.zone for choice in others}


def test_a_preferred_zone_with_another_clock_changes_nothing() -> None:
    assert zones_with_clock(WINTER, HOUR, preferred="Asia/Tokyo") == zones_with_clock(WINTER, HOUR)


def test_zones_that_differ_after_the_next_clock_change_are_two_choices() -> None:
    winter = {choice.zone for choice in zones_with_clock(WINTER, HOUR)}

    assert {"Europe/Berlin", "Africa/Lagos"} <= winter


def test_a_clock_that_is_not_in_use_has_no_zone() -> None:
    assert zones_with_clock(WINTER, -12 * HOUR) == ()
    assert zones_with_clock(WINTER, timedelta(minutes=7)) == ()


def test_no_clock_needs_more_choices_than_fit_on_a_card() -> None:
    assert (
        max(len(zones_with_clock(now, clock.offset)) for now in MOMENTS for clock in clocks(now))
        <= 8
    )


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"aware datetime, got the naive 2026-01-01T00:00:00"):
        clocks(datetime(2026, 1, 1))  # noqa: DTZ001


# The guess


@pytest.mark.parametrize(
    ("language", "zone"),
    [
        ("de", "Europe/Berlin"),
        ("de-AT", "Europe/Vienna"),
        ("pt", "Europe/Lisbon"),
        ("pt-br", "America/Sao_Paulo"),
        ("pt_BR", "America/Sao_Paulo"),
        ("en", "Europe/London"),
        ("en-US", "America/New_York"),
        ("es-419", "America/Mexico_City"),
        ("zh-hans", "Asia/Shanghai"),
        ("zh-Hant-TW", "Asia/Taipei"),
        ("ar", "Africa/Cairo"),
        ("es-AR", "America/Argentina/Buenos_Aires"),
        ("tlh", "Europe/London"),
        ("", "Europe/London"),
        (None, "Europe/London"),
        ("-" * 100_000, "Europe/London"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_guess_follows_the_region_else_the_language(language: str | None, zone: str) -> None:
    assert guess(language) == zone


@given(st.text() | st.from_regex(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}", fullmatch=True))
def test_the_guess_is_a_zone_that_people_live_in(language: str) -> None:
    assert guess(language) in lived_in()


def test_a_change_of_the_clock_is_found_to_the_minute() -> None:
    first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)

    assert list(_offsets(ZoneInfo("Europe/Berlin"), first, last)) == [
        (first, HOUR),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 2 * HOUR),
    ]

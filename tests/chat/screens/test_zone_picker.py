"""A zone is chosen by the clock on the wall, or by a city; nobody has to know its name."""

import re
from datetime import UTC, datetime, timedelta

from reminder_bot.chat.screens.zone_picker import picker, zone_of_clock
from reminder_bot.texts.translation import translation
from tests.chat.conversation import Conversation, labels

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENGLISH = translation("en")


def buttons(view: str, argument: str = "", home: str = "Europe/Berlin") -> list[tuple[str, str]]:
    """Each button's label, and what it carries."""
    _, rows = picker(ENGLISH, NOON, home, view, argument, lambda verb, words: f"{verb} {words}")
    return [(each["text"], each["callback_data"]) for row in rows for each in row]


def test_six_to_eight_clocks_around_the_guess_come_first() -> None:
    clocks = [label for label, carried in buttons("") if carried.startswith("clock")]

    assert 6 <= len(clocks) <= 8
    assert "13:00" in clocks


def test_after_the_clocks_come_all_of_them_a_city_and_a_place() -> None:
    assert buttons("")[-3:] == [
        ("Other", "all "),
        ("Type a city", "city "),
        ("📍 Location", "location "),
    ]


def test_each_clock_carries_the_offset_that_it_shows() -> None:
    for label, carried in [*buttons(""), *buttons("all")]:
        if carried.startswith("clock"):
            shown = NOON + timedelta(minutes=int(carried.removeprefix("clock ")))
            assert label.endswith(f"{shown:%H:%M}")


def test_two_clocks_that_look_alike_say_their_day() -> None:
    """Kiritimati is a day ahead of Honolulu."""
    clocks = [label for label, _ in buttons("all")]

    assert len(set(clocks)) == len(clocks)
    assert {"Mon 02:00", "Tue 02:00"} <= set(clocks)


def test_a_clock_of_several_zones_is_chosen_by_its_cities() -> None:
    choices = buttons("clock", "60")

    assert ("Berlin, Madrid", "zone Europe/Berlin") in choices
    assert all(carried.startswith("zone ") for _, carried in choices)
    assert len(choices) > 1


def test_a_city_is_shown_with_its_country_and_its_clock() -> None:
    found = buttons("find", "Springfield")

    assert len(found) > 1
    assert all(re.fullmatch(r"Springfield, .+ · \d\d:\d\d", label) for label, _ in found)
    assert len({label for label, _ in found}) == len(found)


def test_where_words_are_awaited_there_are_no_buttons() -> None:
    for view in ("city", "lost", "nowhere"):
        assert buttons(view, "Atlantis") == []


def test_each_view_asks_its_own_question() -> None:
    views = {
        "": "",
        "clock": "60",
        "city": "",
        "find": "London",
        "lost": "x",
        "nowhere": "",
        "check": "Asia/Tokyo",
    }
    said = [
        picker(ENGLISH, NOON, "Europe/Berlin", view, argument, lambda *_: "x")[0]
        for view, argument in views.items()
    ]

    assert len(set(said)) == len(views)


def test_a_forged_clock_is_of_no_zone() -> None:
    for forged in ("", "x", "-", "1.5", "999999", "-99999", "13", "٣"):
        assert zone_of_clock(NOON, forged, "Europe/Berlin") == (), forged


def test_a_clock_east_of_greenwich_and_one_west_of_it_have_zones() -> None:
    assert "Asia/Kolkata" in zone_of_clock(NOON, "330", "Europe/Berlin")
    assert any(each.startswith("America/") for each in zone_of_clock(NOON, "-300", ""))


async def test_every_clock_of_the_world_leads_to_a_zone_that_shows_it(
    settled: Conversation,
) -> None:
    screen = await settled.go("zone/all")
    clocks = [each for row in labels(screen) for each in row if each != "Back"]

    assert "Which of these cities" not in screen.text
    assert len(clocks) > 35

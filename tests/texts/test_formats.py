"""How dates, times, places and numbers are written."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from reminder_bot.texts import formats
from tests.chat.cards import ANA, TEN
from tests.texts.reading import ENGLISH

MONDAY = date(2026, 3, 2)


def test_every_weekday_has_a_long_and_a_short_name() -> None:
    long = [formats.weekday(ENGLISH, iso) for iso in range(1, 8)]
    short = [formats.short_weekday(ENGLISH, iso) for iso in range(1, 8)]

    assert long == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert short == [each[:3] for each in long]


def test_every_month_has_its_short_name() -> None:
    dates = [formats.day_and_month(ENGLISH, date(2026, month, 31 % month + 1)) for month in MONTHS]

    assert [each.split()[1] for each in dates] == list(MONTHS.values())


MONTHS = dict(
    enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
)


@pytest.mark.parametrize(
    ("days", "wanted"),
    [
        ([1, 2, 3, 4, 5, 6, 7], "Every day"),
        ([1, 2, 3, 4, 5], "Mon–Fri"),
        ([6, 7], "Weekend"),
        ([1, 3, 5], "Mon, Wed, Fri"),
        ([7], "Sun"),
        ([1, 2, 3, 4, 5, 6], "Mon, Tue, Wed, Thu, Fri, Sat"),
    ],
)
def test_weekdays_are_told_in_few_words(days: list[int], wanted: str) -> None:
    assert formats.weekdays(ENGLISH, days) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1,000"),
        (1250, "1,250"),
        (20_005, "20,005"),
        (1_000_050, "1,000,050"),
    ],
)
def test_thousands_are_set_apart(value: int, wanted: str) -> None:
    assert formats.number(ENGLISH, value) == wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (formats.clock(TEN, ANA), "10:00"),
        (formats.clock(TEN, replace(ANA, zone="Asia/Kathmandu")), "14:45"),
        (formats.place("Europe/Berlin"), "Berlin"),
        (formats.place("Mars/<b>&"), "&lt;b&gt;&amp;"),
        (formats.place(None), ""),
        (formats.hours_pair(time(7), time(23)), "7 – 23"),
        (formats.hours_pair(time(8), time(0)), "8 – 24"),
        (formats.hours_pair(time(6, 30), time(22, 15)), "6:30 – 22:15"),
        (formats.hours_long(timedelta(hours=8)), "8"),
        (formats.hours_long(timedelta(hours=7, minutes=33)), "7.5"),
        (formats.hours_long(timedelta(hours=10)), "10"),
        (formats.day_and_month(ENGLISH, MONDAY), "2 Mar"),
        (formats.short_date(ENGLISH, MONDAY), "Mon 2 Mar"),
        (formats.long_date(ENGLISH, MONDAY), "Monday 2 Mar"),
    ],
)
def test_as_it_is_read(said: str, wanted: str) -> None:
    assert said == wanted


def test_the_groups_of_days_are_buttons_in_order() -> None:
    assert list(formats.day_groups(ENGLISH).items()) == [
        ("all", "All days"),
        ("wd", "Mon–Fri"),
        ("we", "Weekend"),
    ]

"""The words in the pictures."""

from datetime import date, timedelta

import pytest

from reminder_bot.domain.adherence import Adherence, Mark
from reminder_bot.texts import charts
from tests.texts.reading import ENGLISH

MONDAY = date(2026, 3, 2)


def test_every_mark_has_a_meaning_of_its_own() -> None:
    assert {mark: charts.mark(ENGLISH, mark) for mark in Mark} == {
        Mark.KEPT: "done",
        Mark.PARTLY: "partly",
        Mark.NO: "no",
        Mark.SKIPPED: "skipped",
        Mark.PAUSED: "paused",
        Mark.UNANSWERED: "no answer",
        Mark.NOT_DUE: "not counted",
    }


def test_a_week_has_seven_short_weekdays_from_monday_on() -> None:
    days = [charts.weekday(ENGLISH, MONDAY + timedelta(days=ahead)) for ahead in range(7)]

    assert days == ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]


def test_a_year_has_twelve_short_months() -> None:
    months = [charts.month(ENGLISH, date(2026, month, 1)) for month in range(1, 13)]

    assert months == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            charts.weeks_title(ENGLISH, date(2025, 12, 29), date(2026, 3, 22)),
            "Twelve weeks, 29 Dec to 22 Mar",
        ),
        (charts.own_habit(ENGLISH), "Your own habit"),
        (charts.kept(ENGLISH, Adherence(5, 7)), "5 of 7"),
        (charts.kept(ENGLISH, Adherence(0, 1)), "0 of 1"),
        (charts.kept(ENGLISH, Adherence(0, 0)), "not counted"),
        (charts.kept_last_week(ENGLISH, Adherence(5, 7)), "last week 5 of 7"),
        (charts.kept_last_week(ENGLISH, Adherence(0, 0)), ""),
        (charts.kept_last_week(ENGLISH, None), ""),
        (charts.days_kept(ENGLISH, Adherence(50, 84)), "50 of 84 days"),
        (charts.days_kept(ENGLISH, Adherence(0, 1)), "0 of 1 day"),
        (charts.days_kept(ENGLISH, Adherence(0, 0)), "not counted"),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted

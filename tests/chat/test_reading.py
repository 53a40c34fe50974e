"""What people type, read strictly: what is unclear is nothing, never something else."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.chat.reading import looks_like_amount, quoted, read_amount_ml, read_answer, read_times
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import LARGEST_ENTRY_ML


@pytest.mark.parametrize("text", ["yes", "Yes", " YES! ", "y", "yep", "ok.", "done", "👍", "👍🏽", "👍🏿", "✅", "✅️"])
def test_a_yes_in_its_many_forms(text: str) -> None:
    assert read_answer(text) is Reply.YES


@pytest.mark.parametrize("text", ["no", "No.", "NOPE", "n", "nah", "👎", "👎🏻", "❌"])
def test_a_no_in_its_many_forms(text: str) -> None:
    assert read_answer(text) is Reply.NO


@pytest.mark.parametrize("text", ["", " ", "yes no", "maybe", "not yet", "yesterday", "know", "👍👎", "1", "/yes"])
def test_what_is_neither_is_neither(text: str) -> None:
    assert read_answer(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500", 500), ("500 ml", 500), ("500ML", 500), ("0.5 l", 500), ("0,5l", 500), ("1 liter", 1000),
        ("1.5 litres", 1500), ("2 glasses", 500), ("1 glass", 250), ("0.5 glass", 125), ("2 cups", 500), ("2", 500),
        ("1", 250), ("8", 2000), ("11", 11), ("2000", 2000), ("2 l", 2000), ("  250 ml  ", 250), ("0.25 l", 250),
        ("٣", 750),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_millilitres(text: str, amount: int) -> None:
    assert read_amount_ml(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "-3 glasses", "1e9", "0", "0 ml", "2001", "9", "10 glasses", "2.1 l", "99999", "100000", "½", "two glasses",
        "500 mg", "5 0 0", "500ml500", "", "ml", "0x10", "NaN", "inf", "1.234", "1,5,0", "+2",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount_ml(text) is None


def test_a_glass_is_as_large_as_the_person_says() -> None:
    assert read_amount_ml("2 glasses", glass_ml=300) == 600


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("7 23", (time(7), time(23))),
        ("07:00-23:00", (time(7), time(23))),
        ("6:30 - 22.15", (time(6, 30), time(22, 15))),
        ("7am to 11pm", (time(7), time(23))),
        ("7 am - 11 pm", (time(7), time(23))),
        ("12am 12pm", (time(0), time(12))),
        ("8 and 24", (time(8), time(0))),
        ("8:00, 24:00", (time(8), time(0))),
        ("7h30", (time(7, 30),)),
        ("23:59", (time(23, 59),)),
        ("00:00", (time(0),)),
    ],
)
def test_clock_times_are_read_as_written(text: str, times: tuple[time, ...]) -> None:
    assert read_times(text) == times


@pytest.mark.parametrize(
    "text",
    [
        "25:00",
        "24:30",
        "7:60",
        "7:5",
        "2230",
        "um 22 Uhr",
        "",
        "-",
        "13pm",
        "0am",
        "seven",
        "7:00:00",
        "7 x",
    ],
)
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert read_times(text) is None


@given(text=st.text(max_size=200))
def test_nothing_that_is_typed_breaks_the_reading(text: str) -> None:
    read_answer(text)
    amount, times = read_amount_ml(text), read_times(text)
    looks_like_amount(text)

    assert amount is None or 0 < amount <= LARGEST_ENTRY_ML
    assert times is None or all(isinstance(each, time) for each in times)


@given(text=st.from_regex(r"[0-9:.apm h-]{1,12}", fullmatch=True))
def test_nothing_like_a_time_breaks_the_reading(text: str) -> None:
    read_times(text)
    read_amount_ml(text)


@given(text=st.text(max_size=5000))
def test_what_is_shown_back_is_short_and_on_one_line_without_tricks(text: str) -> None:
    shown = quoted(text)

    assert len(shown) <= 24
    assert not set(shown) & set("\n\r\t\u202e\u2066\u200b\u200f\0")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("25:00", "25:00"),
        ("a\nb", "a b"),
        ("\u202eevil", "evil"),
        ("x" * 30, "x" * 23 + "…"),
        ("💧" * 4000, "💧" * 23 + "…"),
    ],
)
def test_what_somebody_typed_is_shown_back_plainly(text: str, shown: str) -> None:
    assert quoted(text) == shown

"""What people type, read strictly: what is unclear is nothing, never something else."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import LARGEST_ENTRY_ML, HabitKind
from reminder_bot.texts.understanding import (
    LONGEST_PAUSE,
    MOST_TIMES,
    Phrase,
    is_answer,
    is_more_than_an_entry,
    looks_like_amount,
    quoted,
    read_amount_ml,
    read_answer,
    read_bare_number,
    read_choice,
    read_days,
    read_schedule,
    read_times,
    read_unit,
    tells_of_self_harm,
    wall_time,
)

ALL_YES = ["yes", "y", "yep", "yeah", "yup", "ok", "done", "👍", "✅", "+"]
ALL_NO = ["no", "n", "nope", "nah", "👎", "❌", "-"]


@pytest.mark.parametrize(
    "text", [*ALL_YES, "Yes", " YES! ", "Yeah!", "ok.", "👍🏽", "👍🏿", "✅️", "👍!", " + "]
)
def test_a_yes_in_its_many_forms(text: str) -> None:
    assert read_answer(text) is Reply.YES


@pytest.mark.parametrize("text", [*ALL_NO, "No.", "NOPE", "Nah!", "👎🏻", "❌️", " - "])
def test_a_no_in_its_many_forms(text: str) -> None:
    assert read_answer(text) is Reply.NO


@pytest.mark.parametrize(
    "text", ["", " ", "yes no", "maybe", "not yet", "yesterday", "know", "👍👎", "1", "/yes"]
)
def test_what_is_neither_is_neither(text: str) -> None:
    assert read_answer(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500", 500),
        ("500 ml", 500),
        ("500ML", 500),
        ("0.5 l", 500),
        ("0,5l", 500),
        ("1 liter", 1000),
        ("1.5 litres", 1500),
        ("2 glasses", 500),
        ("1 glass", 250),
        ("0.5 glass", 125),
        ("2 cups", 500),
        ("2", 500),
        ("1", 250),
        ("8", 2000),
        ("11", 11),
        ("2000", 2000),
        ("2 l", 2000),
        ("  250 ml  ", 250),
        ("0.25 l", 250),
        ("٣", 750),
    ],
)
def test_an_amount_is_read_in_millilitres(text: str, amount: int) -> None:
    assert read_amount_ml(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "7.30",
        "1.5",
        "0,5",
        "-3 glasses",
        "1e9",
        "0",
        "0 ml",
        "2001",
        "9",
        "10 glasses",
        "2.1 l",
        "99999",
        "100000",
        "½",
        "two glasses",
        "500 mg",
        "5 0 0",
        "500ml500",
        "",
        "ml",
        "0x10",
        "NaN",
        "inf",
        "1.234",
        "1,5,0",
        "+2",
    ],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount_ml(text) is None


@pytest.mark.parametrize("text", ["2001", "9 glasses", "2.1 l", "99999"])
def test_an_amount_may_be_more_than_an_entry_holds(text: str) -> None:
    assert is_more_than_an_entry(text)


@pytest.mark.parametrize("text", ["2000", "8 glasses", "2 l", "20.30", "a lot"])
def test_and_it_may_not_be(text: str) -> None:
    assert not is_more_than_an_entry(text)


@pytest.mark.parametrize("text", ["yes", "👎", "500", "500 ml", "7.30", "3000", " 5 "])
def test_some_words_can_only_be_an_answer(text: str) -> None:
    assert is_answer(text)


@pytest.mark.parametrize("text", ["Walk", "5 press-ups", "7:30", "weekdays 9", "Ok, Lisbon"])
def test_others_may_be_anything(text: str) -> None:
    assert not is_answer(text)


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5), (" 12 ", 12), ("0", 0), ("99999", 99999), ("٣", 3)]
)
def test_a_bare_number_has_no_unit(text: str, number: int) -> None:
    assert read_bare_number(text) == number


@pytest.mark.parametrize("text", ["5 ml", "7.30", "123456", "-1", "five", "", "²"])
def test_what_is_no_bare_number_is_none(text: str) -> None:
    assert read_bare_number(text) is None


WATER, FOOD = HabitKind.HYDRATION, HabitKind.PROBIOTIC
NAMES = {WATER: "water", FOOD: "fermented food", HabitKind.CUSTOM: "walk after lunch"}


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("both", set(NAMES)),
        ("All of them!", set(NAMES)),
        ("neither", set()),
        ("no", set()),
        ("only the water", {WATER}),
        ("just water", {WATER}),
        ("Water", {WATER}),
        ("💧", {WATER}),
        ("hydration", {WATER}),
        ("the food", {FOOD}),
        ("fermented  food.", {FOOD}),
        ("Walk after lunch", {HabitKind.CUSTOM}),
        ("walk", {HabitKind.CUSTOM}),
    ],
)
def test_which_of_several_is_meant(text: str, chosen: set[HabitKind]) -> None:
    assert read_choice(text, NAMES) == frozenset(chosen)


@pytest.mark.parametrize("text", ["yes", "", "500 ml", "the kefir", "only", "water and food"])
def test_an_unclear_choice_is_none(text: str) -> None:
    assert read_choice(text, NAMES) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("glasses", "glasses"),
        ("Cup", "glasses"),
        ("min.", "minutes"),
        ("ML", "ml"),
        ("neither", "none"),
        ("5 ml", None),
        ("hours", None),
    ],
)
def test_what_a_number_counts(text: str, unit: str | None) -> None:
    assert read_unit(text) == unit


@pytest.mark.parametrize(
    ("units", "amount"),
    [
        ("ml", 2),
        ("l litre litres liter liters", 2000),
        ("glass glasses cup cups", 500),
    ],
)
def test_a_unit_has_many_names(units: str, amount: int) -> None:
    for unit in units.split():
        assert read_amount_ml(f"2 {unit}") == read_amount_ml(f"2{unit}") == amount, unit


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


@pytest.mark.parametrize("between", [" ", "-", " - ", "–", " to ", " and ", ",", ", ", "/"])
def test_what_stands_between_two_times_has_many_forms(between: str) -> None:
    assert read_times(f"7:30{between}23") == (time(7, 30), time(23))


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


# When a habit is asked, in words

EVERY_DAY, WORKING_DAYS, WEEKEND = "1234567", "12345", "67"


@pytest.mark.parametrize(
    ("text", "weekdays", "times"),
    [
        ("7:30", EVERY_DAY, "07:30"),
        ("weekdays at 7:30", WORKING_DAYS, "07:30"),
        ("Weekdays 7:30", WORKING_DAYS, "07:30"),
        ("on weekdays at 7.30", WORKING_DAYS, "07:30"),
        ("7:30 on weekdays", WORKING_DAYS, "07:30"),
        ("at 7:30 weekdays", WORKING_DAYS, "07:30"),
        ("weekends 9", WEEKEND, "09:00"),
        ("weekend at 9am", WEEKEND, "09:00"),
        ("daily 8 20", EVERY_DAY, "08:00 20:00"),
        ("every day at 8, 20:15", EVERY_DAY, "08:00 20:15"),
        ("everyday 8", EVERY_DAY, "08:00"),
        ("mon 8", "1", "08:00"),
        ("Mondays at 8", "1", "08:00"),
        ("every monday 8", "1", "08:00"),
        ("mon wed fri 8, 12:30", "135", "08:00 12:30"),
        ("mon, wed, fri 8, 12:30", "135", "08:00 12:30"),
        ("mon and thu 8", "14", "08:00"),
        ("mon & thu 8", "14", "08:00"),
        ("mon-fri 8", WORKING_DAYS, "08:00"),
        ("mon – fri 8", WORKING_DAYS, "08:00"),
        ("monday to friday at 8", WORKING_DAYS, "08:00"),
        ("fri to mon 8", "5671", "08:00"),
        ("tue to thu 8", "234", "08:00"),
        ("8 and 20", EVERY_DAY, "08:00 20:00"),
        ("20 8 8", EVERY_DAY, "08:00 20:00"),
        ("7am 7pm", EVERY_DAY, "07:00 19:00"),
        ("every 90 min from 9 to 13:30", EVERY_DAY, "09:00 10:30 12:00 13:30"),
        ("every 2 h from 9 to 14", EVERY_DAY, "09:00 11:00 13:00"),
        ("every 2h 9-14", EVERY_DAY, "09:00 11:00 13:00"),
        ("every hour from 9 to 11", EVERY_DAY, "09:00 10:00 11:00"),
        ("every 1.5 hours from 9 until 12", EVERY_DAY, "09:00 10:30 12:00"),
        ("every 1,5 hours from 9 until 12", EVERY_DAY, "09:00 10:30 12:00"),
        ("weekdays every 3 hours from 9am to 3pm", WORKING_DAYS, "09:00 12:00 15:00"),
        ("every 3 hours from 9 to 15 on weekdays", WORKING_DAYS, "09:00 12:00 15:00"),
        ("every 60 minutes from 22 to 1", EVERY_DAY, "22:00 23:00 00:00 01:00"),
        ("  WEEKDAYS   7:30  ", WORKING_DAYS, "07:30"),
    ],
)
def test_a_plain_phrase_means_these_days_and_times(text: str, weekdays: str, times: str) -> None:
    found = read_schedule(text)

    assert found is not None
    assert found.weekdays == {int(each) for each in weekdays}
    assert sorted(found.times) == sorted(time.fromisoformat(each) for each in times.split())


@pytest.mark.parametrize(
    ("names", "weekdays"),
    [
        ("mon monday mondays", "1"),
        ("tue tues tuesday tuesdays", "2"),
        ("wed wednesday wednesdays", "3"),
        ("thu thur thurs thursday thursdays", "4"),
        ("fri friday fridays", "5"),
        ("sat saturday saturdays", "6"),
        ("sun sunday sundays", "7"),
        ("weekday weekdays workdays", WORKING_DAYS),
        ("weekend weekends", WEEKEND),
        ("daily everyday", EVERY_DAY),
    ],
)
def test_a_day_has_many_names(names: str, weekdays: str) -> None:
    wanted = Phrase(frozenset(int(each) for each in weekdays), (time(8),))

    for name in names.split():
        for before in ("", "on ", "every "):
            assert read_schedule(f"{before}{name} at 8") == wanted, name
        assert read_schedule(f"8 {name}") == read_schedule(f"8 on {name}") == wanted, name


@pytest.mark.parametrize(
    "interval",
    [
        *(f"every 120 {unit} from 9 to 13" for unit in ("m", "min", "minute", "minutes")),
        *(f"every 2 {unit} from 9 to 13" for unit in ("h", "hr", "hrs", "hour", "hours")),
        *(f"every 2 h {span}" for span in ("9 to 13", "9 until 13", "9 till 13", "9-13", "9–13")),
    ],
)
def test_an_interval_is_said_in_many_ways(interval: str) -> None:
    wanted = Phrase(frozenset(range(1, 8)), (time(9), time(11), time(13)))

    assert read_schedule(interval) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "never",
        "whenever",
        "mon",
        "weekdays",
        "every day",
        "mon tue",
        "25:00",
        "weekdays at 25",
        "someday 8",
        "every 10 min from 9 to 20",
        "every 0 min from 9 to 10",
        "every 13 h from 9 to 20",
        "every 90 min",
        "every 90 min from 9",
        "every 90 min from nine to ten",
        "every -90 min from 9 to 20",
        "every 15 min from 0 to 23",
        "8 8:15 8:30 8:45 9 9:15 9:30 9:45 10 10:15 10:30 10:45 11 11:15 11:30 11:45 12",
        "not 8",
        "8 weekdays 9",
        "mon--fri 8",
        "/habits",
        "8'; DROP TABLE users; --",
        "every " * 40,
        "to " * 60,
        "mon " * 49,
        "8 " * 99 + "x",
        "a" * 200,
        "every 1 h from " + "9" * 150,
        "٣ o'clock",
        "½ 8",
    ],
)
def test_a_phrase_that_is_unclear_is_asked_again(text: str) -> None:
    assert read_schedule(text) is None


@given(text=st.text(max_size=200))
def test_nothing_that_is_typed_breaks_the_reading_of_schedules_and_days(text: str) -> None:
    phrase, days = read_schedule(text), read_days(text)

    assert phrase is None or (
        phrase.weekdays <= set(range(1, 8)) and 1 <= len(phrase.times) <= MOST_TIMES
    )
    assert days is None or 1 <= days <= LONGEST_PAUSE


WORDS = [
    "every",
    "day",
    "mon",
    "fri",
    "weekdays",
    "at",
    "on",
    "and",
    "to",
    "from",
    "-",
    ",",
    "8",
    "20:15",
    "90",
    "min",
    "2",
    "h",
    "am",
    "pm",
    "24",
    "0",
    "1,5",
    "&",
    "until",
]


@given(
    words=st.lists(st.sampled_from(WORDS), max_size=14),
    between=st.sampled_from([" ", "", "  ", ", "]),
)
def test_nothing_like_a_phrase_breaks_the_reading(words: list[str], between: str) -> None:
    phrase = read_schedule(between.join(words))

    assert phrase is None or (phrase.times == tuple(sorted(set(phrase.times))) and phrase.weekdays)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("5d", 5),
        ("5", 5),
        ("1 day", 1),
        ("3 Days", 3),
        ("2 weeks", 14),
        ("1w", 7),
        (" 365 ", 365),
        ("52 weeks", 364),
    ],
)
def test_a_number_of_days_is_read(text: str, days: int) -> None:
    assert read_days(text) == days


@pytest.mark.parametrize(("units", "days"), [("d day days", 2), ("w week weeks", 14)])
def test_a_length_of_days_has_many_names(units: str, days: int) -> None:
    for unit in units.split():
        assert read_days(f"2 {unit}") == read_days(f"2{unit}") == days, unit


@pytest.mark.parametrize(
    "text", ["", "0", "0d", "366", "53 weeks", "-5", "5.5", "five", "5 d x", "5h", "1e2", "9999"]
)
def test_what_is_no_number_of_days_is_none(text: str) -> None:
    assert read_days(text) is None


@pytest.mark.parametrize(
    ("digits", "wanted"),
    [
        ("0730", time(7, 30)),
        ("0000", time(0)),
        ("2359", time(23, 59)),
        ("2400", None),
        ("0760", None),
        ("730", None),
        ("07:30", None),
        ("٠٧٣٠", None),
        ("-730", None),
        ("", None),
        ("07300", None),
    ],
)
def test_a_button_carries_a_time_as_four_digits(digits: str, wanted: time | None) -> None:
    assert wall_time(digits) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I want to hurt myself",
        "kill myself",
        "KILL MYSELF!!",
        "i'm killing my self",
        "I will cut myself again",
        "cutting myself",
        "thinking of harming myself",
        "hurting myself",
        "hang myself",
        "suicide",
        "I feel suicidal.",
        "self-harm",
        "I self harmed",
        "I want to end my life",
        "taking my own life",
        "end it all",
        "I want to die",
        "i just wanna die",
        "gonna die tonight",
        "I wish I was dead",
        "better off dead",
        "I don't want to live",
        "I don’t want to be alive any more",
        "I dont want to wake up",
        "no reason to live",
        "life is not worth living",
        "I can't go on",
        "kms",
        "yes but I want to kill\nmyself",
        "suicide squad",  # once too often does no harm
    ],
)
def test_words_may_tell_of_self_harm(text: str) -> None:
    assert tells_of_self_harm(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "killed it today",
        "I killed the workout",
        "this is killing me",
        "hurt my knee",
        "cut sugar",
        "cut the cake myself",
        "did it myself",
        "dying for a coffee",
        "kefir to die for",
        "deadline at 8",
        "dead tired",
        "my life is good",
        "want to live longer",
        "cant go today",
        "500 ml",
        "yes",
    ],
)
def test_most_words_do_not(text: str) -> None:
    assert not tells_of_self_harm(text)

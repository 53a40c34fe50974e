"""The callback data of a button is read back as it was written; anything else means nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.bot_api.callback_data import Tap, data, read

VERBS = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
ARGUMENTS = st.from_regex(r"[A-Za-z0-9_+/.-]{0,48}", fullmatch=True).filter(str.isascii)


@given(verb=VERBS.filter(str.isascii), argument=ARGUMENTS)
def test_callback_data_is_read_back_as_it_was_written(verb: str, argument: str) -> None:
    text = data(verb, argument)

    assert read(text) == Tap(verb, argument)
    assert len(text.encode()) <= 64


@given(
    text=st.one_of(
        st.text(max_size=80), st.from_regex(r"v[0-9]:[a-z]*:.{0,60}"), st.binary().map(repr)
    )
)
def test_any_text_is_read_as_a_plain_tap_or_as_none(text: str) -> None:
    tap = read(text)

    assert tap is None or data(tap.verb, tap.argument) == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "v1",
        "v1:",
        "v1::5",
        "v0:yes:5",
        "v2:yes:5",
        "yes:5",
        "v1:yes:",
        "v1:yes:5:6",
        "v1:YES:5",
        "v1:yes:5\n",
        " v1:yes:5",
        "v1:yes:５",
        "v1:yes:' OR 1=1 --",
        "v1:yes:../../etc/passwd\0",
        "v1:yes:" + "9" * 49,
        "v1:" + "a" * 13,
        "\0",
        "v1:yes:é",
    ],
)
def test_forged_outdated_and_malformed_data_means_nothing(text: str | None) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("argument", "number"),
    [
        ("1", 1),
        ("999999999999999999", 999999999999999999),
        ("0", None),
        ("-1", None),
        ("01", None),
        ("1e9", None),
        ("", None),
        ("1234567890123456789", None),
        ("+1", None),
        ("1.0", None),
        ("1_000", None),
    ],
)
def test_only_a_plain_number_is_an_id(argument: str, number: int | None) -> None:
    """At most 18 digits: what follows goes into a database column of 64 bits."""
    assert Tap("yes", argument).number == number


@pytest.mark.parametrize(
    ("verb", "argument"), [("Yes", ""), ("", ""), ("yes", "a b"), ("yes", "x" * 49), ("yes", "é")]
)
def test_a_button_that_could_not_be_read_back_is_refused_at_once(verb: str, argument: str) -> None:
    with pytest.raises(ValueError, match="a button cannot carry"):
        data(verb, argument)

"""Reading what people type: an answer, an amount, times of day, a number of days.

It is small and strict: for an unclear text it returns None, and the caller asks again. No library
that guesses dates is used, because those read "2230" as a year and "um 22 Uhr" as midnight. People
mostly tap buttons, and this covers what they type instead. The words of each language are in a
module of their own, such as `english`.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import time, timedelta
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.goal import MOST_QUESTIONS
from reminder_bot.domain.habit import GLASS_ML, LARGEST_ENTRY_ML, HabitKind
from reminder_bot.domain.schedule import window
from reminder_bot.texts.understanding import english

__all__ = [
    "MOST_GLASSES",
    "MOST_TIMES",
    "Phrase",
    "is_answer",
    "is_more_than_an_entry",
    "looks_like_amount",
    "quoted",
    "read_amount_ml",
    "read_answer",
    "read_bare_number",
    "read_choice",
    "read_days",
    "read_schedule",
    "read_times",
    "read_unit",
    "tells_of_self_harm",
    "wall_time",
]

MOST_GLASSES = 10  # a larger bare number means millilitres
SHORTEST_INTERVAL = timedelta(minutes=15)
LONGEST_INTERVAL = timedelta(hours=12)
MOST_TIMES = MOST_QUESTIONS
LONGEST_PAUSE = 365  # days
EVERY_WEEKDAY = frozenset(range(1, 8))
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")


def tells_of_self_harm(text: str) -> bool:
    """Whether somebody may think of harming themselves, by the words of every language."""
    plain = re.sub(r"['’`]", "", text.casefold())
    plain = " ".join(re.sub(r"[\W_]+", " ", plain).split())
    return english.SELF_HARM.search(plain) is not None


# Answers and amounts


def read_answer(text: str) -> Reply | None:
    """Yes or no; None if the text is neither."""
    word = _SKIN_TONES.sub("", text).strip().strip(".!").casefold()
    if word in english.YES:
        return Reply.YES
    return Reply.NO if word in english.NO else None


def read_amount_ml(text: str, glass_ml: int = GLASS_ML) -> int | None:
    """Millilitres of "500", "500 ml", "0.5 l", "2 glasses"; None for anything but 1 to 2,000 ml.

    A bare number up to 10 means glasses. One with a fraction is none: "7.30" is a time of day.
    """
    amount = _amount_ml(text, glass_ml)
    return amount if amount is not None and 0 < amount <= LARGEST_ENTRY_ML else None


def is_more_than_an_entry(text: str, glass_ml: int = GLASS_ML) -> bool:
    """Whether the text is an amount that is too large for one entry."""
    amount = _amount_ml(text, glass_ml)
    return amount is not None and amount > LARGEST_ENTRY_ML


def _amount_ml(text: str, glass_ml: int) -> int | None:
    found = english.AMOUNT.fullmatch(text.strip().casefold())
    if found is None:
        return None
    number = float(found["number"].replace(",", "."))
    is_bare = not (found["ml"] or found["litres"] or found["glasses"])
    if is_bare and not found["number"].isdecimal():
        return None
    if found["glasses"] or (is_bare and number <= MOST_GLASSES):
        number *= glass_ml
    elif found["litres"]:
        number *= 1000
    return round(number)


def is_answer(text: str) -> bool:
    """Whether the text can only answer a question: a yes, a no, an amount or a number."""
    is_amount = english.AMOUNT.fullmatch(text.strip().casefold()) is not None
    return is_amount or read_answer(text) is not None


def read_bare_number(text: str) -> int | None:
    """A whole number without a unit, of at most five digits; None for anything else."""
    found = english.AMOUNT.fullmatch(text.strip())
    return int(text) if found is not None and text.strip().isdecimal() else None


def read_choice(text: str, names: Mapping[HabitKind, str]) -> frozenset[HabitKind] | None:
    """Which of several habits are meant by "both", "only the water", "neither"; None if unclear.

    names: how the person knows each of the habits, in lower case; one word of them is enough.
    """
    words = " ".join(text.casefold().split()).strip(".!")
    if words in english.ALL_OF_THEM:
        return frozenset(names)
    if words in english.NONE_OF_THEM:
        return frozenset()
    words = english.ONLY.sub("", words)
    found = {
        kind
        for kind, name in names.items()
        if words in {name, kind.value, kind.spec.sign} or words in name.split()
    }
    return frozenset(found) if len(found) == 1 else None


def read_unit(text: str) -> str | None:
    """What a number counts: "glasses", "minutes" or "ml"; "none" of them; None if unclear."""
    word = text.strip().strip(".!").casefold()
    for unit, words in english.UNITS.items():
        if word in words:
            return unit
    return None


def looks_like_amount(text: str) -> bool:
    """Whether somebody seems to have meant an amount: the text contains a digit."""
    return any(character.isdigit() for character in text)


def read_days(text: str) -> int | None:
    """The number of days that "5d", "3" or "2 weeks" means, from 1 to 365; None if unclear."""
    found = english.DAYS.fullmatch(text.strip().casefold())
    if found is None:
        return None
    days = int(found["number"]) * (7 if found["weeks"] else 1)
    return days if 1 <= days <= LONGEST_PAUSE else None


# Times


def read_times(text: str) -> tuple[time, ...] | None:
    """The times of "7 23", "06:30-22:15", "7am to 11pm"; None if any part is not a time.

    >>> read_times("6:30 - 22.15")
    (datetime.time(6, 30), datetime.time(22, 15))
    """
    parts = filter(None, english.BETWEEN_TIMES.split(text.strip().casefold()))
    times: list[time] = []
    for part in parts:
        each = _time(part)
        if each is None:
            return None
        times.append(each)
    return tuple(times) or None


def _time(text: str) -> time | None:
    found = english.TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "pm" else 0)
    if hour == 24 and minute == 0:  # how some people write midnight
        hour = 0
    return _clock(hour, minute)


def wall_time(digits: str) -> time | None:
    """The time that four digits in a button's data mean; None if they are forged."""
    if len(digits) != 4 or not (digits.isascii() and digits.isdecimal()):
        return None
    return _clock(int(digits[:2]), int(digits[2:]))


def _clock(hour: int, minute: int) -> time | None:
    return time(hour, minute) if hour < 24 and minute < 60 else None


# Times on weekdays


class Phrase(NamedTuple):
    """Times and the weekdays (ISO) for which they are meant."""

    weekdays: frozenset[int]
    times: tuple[time, ...]


def read_schedule(text: str) -> Phrase | None:
    """What "weekdays at 7:30", "mon wed fri 8, 12:30" or "every 90 min from 9 to 20" means.

    Without a weekday it means every day. None if it is unclear or has more than 16 times.

    >>> read_schedule("weekends 9").times
    (datetime.time(9, 0),)
    """
    words = " ".join(text.strip().casefold().split())
    words = english.EVERY_DAY.sub(english.DAILY, words)
    span, words = _take_span(words)
    last, words = _take_last_days(words)
    first, words = _take_first_days(words)
    words = words.removeprefix(english.AT).strip()
    times = _interval(words) if words.startswith(english.EVERY) else read_times(words)
    if not times or len(set(times)) > MOST_TIMES:
        return None
    weekdays = span | last | first
    return Phrase(weekdays or EVERY_WEEKDAY, tuple(sorted(set(times))))


def _take_span(words: str) -> tuple[frozenset[int], str]:
    """The days of "mon-fri" or "sat to tue" in front, and the words behind them."""
    span = english.FROM_DAY_TO_DAY.match(words)
    if span is None or not {span["first"], span["last"]} <= english.WEEKDAYS.keys():
        return frozenset(), words
    first_day = english.WEEKDAYS[span["first"]][0]
    last_day = english.WEEKDAYS[span["last"]][-1]
    length = (last_day - first_day) % 7 + 1  # a span may run over the end of the week
    days = frozenset((first_day - 1 + ahead) % 7 + 1 for ahead in range(length))
    return days, words[span.end() :]


def _take_last_days(words: str) -> tuple[frozenset[int], str]:
    """The days of "9:00 on mon and fri", and the words before them."""
    days: set[int] = set()
    while found := english.DAY_AT_THE_END.search(words):
        if found["day"] not in english.WEEKDAYS:
            break
        days.update(english.WEEKDAYS[found["day"]])
        words = words[: found.start()]
    return frozenset(days), words


def _take_first_days(words: str) -> tuple[frozenset[int], str]:
    """The days of "mon, wed and fri 9:00", and the words behind them."""
    days: set[int] = set()
    while found := english.DAY_IN_FRONT.match(words):
        if found["day"] not in english.WEEKDAYS:
            break
        days.update(english.WEEKDAYS[found["day"]])
        words = words[found.end() :]
    return frozenset(days), words


def _interval(text: str) -> tuple[time, ...] | None:
    found = english.INTERVAL.fullmatch(text)
    if found is None:
        return None
    number = float((found["number"] or "1").replace(",", "."))
    every = timedelta(minutes=round(number * (60 if found["hours"] else 1)))
    start, end = _time(found["start"].strip()), _time(found["end"].strip())
    if start is None or end is None or not SHORTEST_INTERVAL <= every <= LONGEST_INTERVAL:
        return None
    return window(start, end, every)


# Showing it back


def quoted(text: str, length: int = 24) -> str:
    """What somebody typed, made safe to show it to them: short, on one line, without control and
    direction characters. It is not escaped.
    """
    # The Unicode categories that begin with C are controls, formats (which includes directions),
    # surrogates and unassigned characters.
    plain = "".join(
        character
        for character in " ".join(text.split())
        if unicodedata.category(character)[0] != "C"
    )
    return plain if len(plain) <= length else plain[: length - 1] + "…"

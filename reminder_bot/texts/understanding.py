"""Reading what people type: an answer, an amount, a time. Small and strict; what is unclear is
asked again.

Libraries that guess dates read "2230" as a year and "um 22 Uhr" as midnight; buttons come first,
and this covers what people type to a habit bot.
"""

import re
import unicodedata
from datetime import time, timedelta
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import GLASS_ML, LARGEST_ENTRY_ML
from reminder_bot.domain.schedule import window

__all__ = [
    "MOST_TIMES",
    "Phrase",
    "looks_like_amount",
    "quoted",
    "read_amount_ml",
    "read_answer",
    "read_days",
    "read_schedule",
    "read_times",
    "wall_time",
]

YES = frozenset({"yes", "y", "yep", "yeah", "yup", "ok", "done", "👍", "✅", "+"})
NO = frozenset({"no", "n", "nope", "nah", "👎", "❌", "-"})
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_AMOUNT = re.compile(r"(\d{1,5}(?:[.,]\d{1,2})?)\s*(ml|l|litres?|liters?|glass(?:es)?|cups?)?")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?")
_INTERVAL = re.compile(
    r"every\s+(\d{1,3}(?:[.,]5)?)?\s*(min(?:utes?)?|m|h(?:ours?|rs?)?)\s+(?:from\s+)?(.+?)\s*(?:to|until|till|-|–)\s*(.+)"
)
_DAYS = re.compile(r"(\d{1,3})\s*(d|days?|w|weeks?)?")
WEEKDAYS = {
    "mon": (1,),
    "monday": (1,),
    "mondays": (1,),
    "tue": (2,),
    "tues": (2,),
    "tuesday": (2,),
    "tuesdays": (2,),
    "wed": (3,),
    "wednesday": (3,),
    "wednesdays": (3,),
    "thu": (4,),
    "thur": (4,),
    "thurs": (4,),
    "thursday": (4,),
    "thursdays": (4,),
    "fri": (5,),
    "friday": (5,),
    "fridays": (5,),
    "sat": (6,),
    "saturday": (6,),
    "saturdays": (6,),
    "sun": (7,),
    "sunday": (7,),
    "sundays": (7,),
    "weekday": range(1, 6),
    "weekdays": range(1, 6),
    "workdays": range(1, 6),
    "weekend": (6, 7),
    "weekends": (6, 7),
    "daily": range(1, 8),
    "everyday": range(1, 8),
}
SHORTEST_INTERVAL = 15
MOST_TIMES = 16
LONGEST_PAUSE = 365


def read_answer(text: str) -> Reply | None:
    """Yes or no; None where the text is neither."""
    word = _SKIN_TONES.sub("", text).strip().strip(".!").casefold()
    if word in YES:
        return Reply.YES
    return Reply.NO if word in NO else None


def read_amount_ml(text: str, glass_ml: int = GLASS_ML) -> int | None:
    """Millilitres of "500", "500 ml", "0.5 l", "2 glasses"; None where it is no amount from 1 to
    2,000 ml.

    A bare number up to 10 means glasses.
    """
    found = _AMOUNT.fullmatch(text.strip().casefold())
    if found is None:
        return None
    number, unit = float(found[1].replace(",", ".")), found[2] or ""
    if unit.startswith(("glass", "cup")) or (not unit and number <= 10):
        number *= glass_ml
    elif unit.startswith("l"):
        number *= 1000
    amount = round(number)
    return amount if 0 < amount <= LARGEST_ENTRY_ML else None


def looks_like_amount(text: str) -> bool:
    """Whether somebody seems to have meant an amount: it has a digit."""
    return any(character.isdigit() for character in text)


def read_times(text: str) -> tuple[time, ...] | None:
    """The clock times of "7 23", "06:30-22:15", "7am to 11pm"; None where a part of it is no time.

    >>> read_times("6:30 - 22.15")
    (datetime.time(6, 30), datetime.time(22, 15))
    """
    parts = [
        part
        for part in re.split(r"\s*(?:-|–|to|and|,|/)\s*|\s+(?!am|pm)", text.strip().casefold())
        if part
    ]
    times = [_time(part) for part in parts]
    return (
        tuple(each for each in times if each is not None) if times and None not in times else None
    )


def _time(text: str) -> time | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    if hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def wall_time(digits: str) -> time | None:
    """The time that four digits of a button mean; None for forged ones."""
    if len(digits) != 4 or not (digits.isascii() and digits.isdecimal()):
        return None
    hour, minute = int(digits[:2]), int(digits[2:])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def quoted(text: str, length: int = 24) -> str:
    """What somebody typed, fit to be shown back: one line, no control or direction marks, short."""
    plain = "".join(
        character
        for character in " ".join(text.split())
        if unicodedata.category(character)[0] != "C"
    )
    return plain if len(plain) <= length else plain[: length - 1] + "…"


class Phrase(NamedTuple):
    """Times and the weekdays (ISO) they are meant for."""

    weekdays: frozenset[int]
    times: tuple[time, ...]


def read_schedule(text: str) -> Phrase | None:
    """What "weekdays at 7:30", "mon wed fri 8, 12:30" or "every 90 min from 9 to 20" means; None
    where it is unclear.

    Without a day every day is meant.

    >>> read_schedule("weekends 9").times
    (datetime.time(9, 0),)
    """
    words = re.sub(r"\bevery\s+day\b", "daily", " ".join(text.strip().casefold().split()))
    weekdays: set[int] = set()
    if (span := re.match(r"([a-z]+)\s*(?:-|–|to)\s*([a-z]+)\s*,?\s*", words)) and {
        span[1],
        span[2],
    } <= WEEKDAYS.keys():
        first_day, last_day = WEEKDAYS[span[1]][0], WEEKDAYS[span[2]][-1]
        weekdays |= {
            (first_day - 1 + ahead) % 7 + 1 for ahead in range((last_day - first_day) % 7 + 1)
        }
        words = words[span.end() :]
    while (last := re.search(r"[\s,]+(?:on\s+|and\s+)?([a-z]+)$", words)) and last[1] in WEEKDAYS:
        weekdays |= set(WEEKDAYS[last[1]])
        words = words[: last.start()]
    while (first := re.match(r"(?:on\s+|every\s+)?([a-z]+)\s*(?:,|and\b|&)?\s*", words)) and first[
        1
    ] in WEEKDAYS:
        weekdays |= set(WEEKDAYS[first[1]])
        words = words[first.end() :]
    words = words.removeprefix("at ").strip()
    times = _interval(words) if words.startswith("every") else read_times(words)
    if not times or len(set(times)) > MOST_TIMES:
        return None
    return Phrase(frozenset(weekdays or range(1, 8)), tuple(sorted(set(times))))


def _interval(text: str) -> tuple[time, ...] | None:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return None
    number = float((found[1] or "1").replace(",", "."))
    every = round(number * (60 if found[2].startswith("h") else 1))
    start, end = _time(found[3].strip()), _time(found[4].strip())
    if start is None or end is None or not SHORTEST_INTERVAL <= every <= 720:
        return None
    return window(start, end, timedelta(minutes=every))


def read_days(text: str) -> int | None:
    """How many days "5d", "3", "2 weeks" are, from 1 to 365; None where it is unclear."""
    found = _DAYS.fullmatch(text.strip().casefold())
    if found is None:
        return None
    days = int(found[1]) * (7 if (found[2] or "").startswith("w") else 1)
    return days if 1 <= days <= LONGEST_PAUSE else None

"""Reading what people type: an answer, an amount, a time. Small and strict; what is unclear is asked again.

Libraries that guess dates read "2230" as a year and "um 22 Uhr" as midnight; buttons come first, and this
covers what people type to a habit bot.
"""

import re
import unicodedata
from datetime import time

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import GLASS_ML, LARGEST_ENTRY_ML

__all__ = ["looks_like_amount", "quoted", "read_amount_ml", "read_answer", "read_times"]

YES = frozenset({"yes", "y", "yep", "yeah", "yup", "ok", "done", "👍", "✅", "+"})
NO = frozenset({"no", "n", "nope", "nah", "👎", "❌", "-"})
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_AMOUNT = re.compile(r"(\d{1,5}(?:[.,]\d{1,2})?)\s*(ml|l|litres?|liters?|glass(?:es)?|cups?)?")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?")


def read_answer(text: str) -> Reply | None:
    """Yes or no; None where the text is neither."""
    word = _SKIN_TONES.sub("", text).strip().strip(".!").casefold()
    if word in YES:
        return Reply.YES
    return Reply.NO if word in NO else None


def read_amount_ml(text: str, glass_ml: int = GLASS_ML) -> int | None:
    """Millilitres of "500", "500 ml", "0.5 l", "2 glasses"; None where it is no amount from 1 to 2,000 ml.

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
    parts = [part for part in re.split(r"\s*(?:-|–|to|and|,|/)\s*|\s+(?!am|pm)", text.strip().casefold()) if part]
    times = [_time(part) for part in parts]
    return tuple(each for each in times if each is not None) if times and None not in times else None


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


def quoted(text: str, length: int = 24) -> str:
    """What somebody typed, fit to be shown back: one line, no control or direction marks, short."""
    plain = "".join(character for character in " ".join(text.split()) if unicodedata.category(character)[0] != "C")
    return plain if len(plain) <= length else plain[: length - 1] + "…"

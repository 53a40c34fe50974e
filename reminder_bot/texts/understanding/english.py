"""English words and forms: answers, units, weekdays, times."""

import re

YES = frozenset({"yes", "y", "yep", "yeah", "yup", "ok", "done", "👍", "✅", "+"})
NO = frozenset({"no", "n", "nope", "nah", "👎", "❌", "-"})

# What answers "Which one?"
ALL_OF_THEM = frozenset({"both", "all", "all of them", "both of them", "everything"})
NONE_OF_THEM = NO | {"neither", "none", "none of them", "nothing", "cancel"}
ONLY = re.compile(r"^(?:(?:only|just)\s+)?(?:the\s+)?")

# What answers "5 what?"
UNITS = {
    "glasses": frozenset({"glass", "glasses", "cup", "cups"}),
    "minutes": frozenset({"m", "min", "minute", "minutes"}),
    "ml": frozenset({"ml"}),
    "none": NONE_OF_THEM,
}

AMOUNT = re.compile(
    r"(?P<number>\d{1,5}(?:[.,]\d{1,2})?)\s*"
    r"(?:(?P<ml>ml)|(?P<litres>l|litres?|liters?)|(?P<glasses>glass(?:es)?|cups?))?"
)
"""A number, with a unit or without: "500", "0.5 l", "2 glasses"."""

DAYS = re.compile(r"(?P<number>\d{1,3})\s*(?:(?P<days>d|days?)|(?P<weeks>w|weeks?))?")
"""A length of whole days or weeks: "5d", "3", "2 weeks"."""

TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s*(?P<half>am|pm)?")
"""A time of day: "7", "7:30", "7.30", "7h30", "7 pm"."""

BETWEEN_TIMES = re.compile(r"\s*(?:-|–|to|and|,|/)\s*|\s+(?!am|pm)")

INTERVAL = re.compile(
    r"every\s+(?P<number>\d{1,3}(?:[.,]5)?)?\s*"
    r"(?:(?P<minutes>min(?:utes?)?|m)|(?P<hours>h(?:ours?|rs?)?))\s+"
    r"(?:from\s+)?(?P<start>.+?)\s*(?:to|until|till|-|–)\s*(?P<end>.+)"
)
"""Times at regular intervals: "every 90 min from 9 to 20", "every hour 9-17"."""

EVERY = "every"  # begins an interval

EVERY_DAY = re.compile(r"\bevery\s+day\b")
DAILY = "daily"

FROM_DAY_TO_DAY = re.compile(r"(?P<first>[a-z]+)\s*(?:-|–|to)\s*(?P<last>[a-z]+)\s*,?\s*")
DAY_IN_FRONT = re.compile(r"(?:on\s+|every\s+)?(?P<day>[a-z]+)\s*(?:,|and\b|&)?\s*")
DAY_AT_THE_END = re.compile(r"[\s,]+(?:on\s+|and\s+)?(?P<day>[a-z]+)$")
AT = "at "  # may stand before times

_NAMES: dict[tuple[int, ...], str] = {
    (1,): "mon monday mondays",
    (2,): "tue tues tuesday tuesdays",
    (3,): "wed wednesday wednesdays",
    (4,): "thu thur thurs thursday thursdays",
    (5,): "fri friday fridays",
    (6,): "sat saturday saturdays",
    (7,): "sun sunday sundays",
    (1, 2, 3, 4, 5): "weekday weekdays workdays",
    (6, 7): "weekend weekends",
    (1, 2, 3, 4, 5, 6, 7): "daily everyday",
}

WEEKDAYS = {name: days for days, names in _NAMES.items() for name in names.split()}
"""Weekdays (ISO) by each of their names; days are in ascending order."""

SELF_HARM = re.compile(
    r"\b(?:"
    r"(?:kill|kil|hurt|harm|cut|hang|shoot|drown|poison|starve|unalive)(?:t?ing)? my ?self"
    r"|suicid\w*"
    r"|self harm\w*|selfharm\w*"
    r"|end(?:ing)? my(?: own)? life|tak(?:e|ing) my(?: own)? life|end(?:ing)? it all"
    r"|(?:want to|wanna|going to|gonna|wish i could|wish to) (?:just )?die"
    r"|(?:want to be|wish i was|wish i were|better off|rather be) dead"
    r"|(?:do not|dont|never) (?:really )?(?:want to|wanna) (?:live|be alive|exist|wake up)"
    r"|(?:no|any) reason to live|nothing to live for|not worth living|tired of living"
    r"|(?:cannot|cant) go on(?: living)?"
    r"|kms"
    r")\b"
)
"""Words that may tell of self-harm; apostrophes are gone, and hyphens are spaces. Showing the line
about help once too often does no harm.
"""

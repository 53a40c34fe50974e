"""The habits: what each kind of habit is, in one table, and one habit of one user.

A new kind of habit is one entry in `HabitKind` and one class of words in `texts.habit_words`. mypy
names the field or the sentence that is missing.

The figures are product decisions: when a habit is asked, what a yes records, and the goal. The
default goal is a glass less than what the default slots ask for. The optional habits are asked at
times when water is asked anyway, so that both arrive as one card.
"""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum, unique
from typing import Protocol, Self, assert_never

from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.schedule import window

__all__ = [
    "GLASS_ML",
    "LARGEST_ENTRY_ML",
    "LARGEST_GOAL_ML",
    "OFFERED_AT_SETUP",
    "PORTIONS_ML",
    "SMALLEST_GOAL_ML",
    "AfterWaking",
    "BeforeSleep",
    "Glasses",
    "Habit",
    "HabitKind",
    "HabitSpec",
    "Measure",
    "Role",
    "default_goal_ml",
    "default_slots",
]

GLASS_ML = 250
LARGEST_ENTRY_ML = 2000
SMALLEST_GOAL_ML, LARGEST_GOAL_ML = 500, 3500
PORTIONS_ML = (150, 200, 250, 300, 330, 500)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WIND_DOWN_BEFORE_SLEEP = 45 * MINUTE
# If a day is too short for the usual time, a habit is asked this long before sleep time.
LATEST_BEFORE_SLEEP = HOUR
# The value of a kind is a part of callback data and of paths of screens, and a word of a stored
# suggestion, and its column is 16 characters wide. Only PostgreSQL would refuse a longer one.
VALUE = re.compile(r"[a-z][a-z0-9_-]{0,15}", re.ASCII)
# An emoji may be followed by the character that asks for its coloured form.
COLOURED = "\N{VARIATION SELECTOR-16}"


class Role(StrEnum):
    """What a reminder is for: a question, or an evening prompt whose answer is not counted."""

    QUESTION = "question"
    WIND_DOWN = "wind_down"


class Measure(StrEnum):
    """What a yes records: that it was done, or how much of it."""

    DONE = "done"
    MILLILITRES = "millilitres"  # counted towards a goal; a tap records one portion
    MINUTES = "minutes"  # a timer measures them


class SlotRule(Protocol):
    """When a habit is asked by default: the slots that follow from a day's hours."""

    def slots(self, hours: DayHours) -> tuple[time, ...]: ...


@dataclass(frozen=True, slots=True)
class AfterWaking:
    """Once a day, `after` wake time, but at least an hour before sleep time."""

    after: timedelta

    def slots(self, hours: DayHours) -> tuple[time, ...]:
        after = min(self.after, hours.waking_length - LATEST_BEFORE_SLEEP)
        return (wall(minutes(hours.wake) + after // MINUTE),)


@dataclass(frozen=True, slots=True)
class BeforeSleep:
    """Once a day, `before` sleep time."""

    before: timedelta

    def slots(self, hours: DayHours) -> tuple[time, ...]:
        return (wall(minutes(hours.sleep) - self.before // MINUTE),)


@dataclass(frozen=True, slots=True)
class Glasses:
    """At most `most` times a day, `every` apart.

    The first is `after_waking` after wake time, the last at least `before_sleep` before sleep time.
    """

    most: int
    every: timedelta
    after_waking: timedelta
    before_sleep: timedelta

    def slots(self, hours: DayHours) -> tuple[time, ...]:
        first = wall(minutes(hours.wake) + self.after_waking // MINUTE)
        last = wall(minutes(hours.sleep) - self.before_sleep // MINUTE)
        return window(first, last, self.every)[: self.most]


@dataclass(frozen=True, slots=True, kw_only=True)
class HabitSpec:
    """What sets one kind of habit apart.

    sign: the emoji before its name and its questions.
    drawing: the sign in pictures: the path of an SVG line drawing on a grid of 24 by 24 units. It
        is kept here as data, so that a kind is one entry; `pictures.shapes` draws it.
    topic: the topic of the digest's facts that belong to it (`Fact.topic`).
    asked: when it is asked by default.
    grace: how late a question is still worth asking.
    measure: what a yes records.
    roles: its reminders: a question, or a wind-down in the evening and a question about that night
        the next morning.
    is_frequent: the next question comes soon. So it makes no sound by default, it is not sent again
        if Telegram may have sent it already, and for a slot that is never answered the digest
        suggests to drop it instead of repeating it.
    is_about_last_night: its question is asked in the morning and counts for the day before.
    food_kind: the kind of food (`Food.kind`) that its question suggests, None if it suggests none.
    is_offered_at_setup: everybody is asked about it during set-up; the others are off until a user
        adds them.
    is_tried_at_setup: it can be done at once, so the last card of the set-up may ask about it.
    """

    sign: str
    drawing: str
    topic: str
    asked: SlotRule
    grace: timedelta
    measure: Measure = Measure.DONE
    roles: tuple[Role, ...] = (Role.QUESTION,)
    is_frequent: bool = False
    is_about_last_night: bool = False
    food_kind: str | None = None
    is_offered_at_setup: bool = False
    is_tried_at_setup: bool = False

    def __post_init__(self) -> None:
        """Refuse what would fail only when somebody is asked."""
        refusal = self._refusal()
        if refusal:
            raise ValueError(f"the habit with the sign {self.sign!r}: {refusal}")

    def _refusal(self) -> str | None:
        emoji = self.sign.removesuffix(COLOURED)
        if len(emoji) != 1 or emoji.isascii():
            return "the sign must be one emoji of one character"
        if self.grace < MINUTE:
            return f"grace is {self.grace}, so every question would be too late: set at least 1 min"
        if self.roles not in {(Role.QUESTION,), (Role.WIND_DOWN, Role.QUESTION)}:
            given = ", ".join(self.roles) or "empty"
            return f"roles are {given}: set a question, or a wind-down and a question"
        if Role.WIND_DOWN in self.roles and not self.is_about_last_night:
            return (
                "a wind-down is about the night that the next morning's question asks about: set "
                "is_about_last_night, or remove the wind-down from the roles"
            )
        return None


@unique
class HabitKind(StrEnum):
    """Every kind of habit with its specification, in the order in which habits are shown.

    The value is stored in the database and written by /export; it never changes.
    """

    spec: HabitSpec

    def __new__(cls, value: str, spec: HabitSpec | None = None) -> Self:
        # `spec` is optional only for mypy, which checks HabitKind("sugar"), a lookup, against this.
        if spec is None:
            raise TypeError(f"a kind of habit is a value and a specification, got {value!r} alone")
        if VALUE.fullmatch(value) is None:
            raise ValueError(
                f"the kind of habit {value!r}: a value is a small letter, then at most 15 small "
                "letters, digits, hyphens or underscores"
            )
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.spec = spec
        return kind

    HYDRATION = (
        "hydration",
        HabitSpec(
            sign="💧",
            drawing=(
                "M12 3.2 C9.2 6.6 6 10.6 6 14.4 a6 6 0 0 0 12 0 C18 10.6 14.8 6.6 12 3.2 Z "
                "M9.2 14.6 a2.8 2.8 0 0 0 2.4 2.8"
            ),
            topic="hydration",
            asked=Glasses(
                most=6, every=150 * MINUTE, after_waking=30 * MINUTE, before_sleep=90 * MINUTE
            ),
            grace=30 * MINUTE,
            measure=Measure.MILLILITRES,
            is_frequent=True,
            is_offered_at_setup=True,
            is_tried_at_setup=True,
        ),
    )
    PROBIOTIC = (
        "probiotic",
        HabitSpec(
            sign="🥛",
            drawing=(
                "M8 3.2 h8 v3.2 h-8 Z "
                "M8.6 6.4 C8.6 8 6 8.6 6 11.4 V18 a2.8 2.8 0 0 0 2.8 2.8 h6.4 "
                "a2.8 2.8 0 0 0 2.8 -2.8 V11.4 C18 8.6 15.4 8 15.4 6.4 "
                "M6 13.6 c2 -1.3 4 1.3 6 0 s4 -1.3 6 0"
            ),
            topic="probiotic",
            asked=AfterWaking(5 * HOUR),
            grace=4 * HOUR,  # it can wait for dinner
            food_kind="fermented",
            is_offered_at_setup=True,
            is_tried_at_setup=True,
        ),
    )
    MEDITATION = (
        "meditation",
        HabitSpec(
            sign="🧘",
            drawing=(
                "M12 4.6 c3.4 3.6 3.4 9.4 0 13.4 c-3.4 -4 -3.4 -9.8 0 -13.4 Z "
                "M8.8 10.6 C7.2 9.2 5.2 8.4 3.2 8.4 C3.4 13.8 7 17.6 12 18 "
                "M15.2 10.6 c1.6 -1.4 3.6 -2.2 5.6 -2.2 C20.6 13.8 17 17.6 12 18 "
                "M7 20.6 h10"
            ),
            topic="meditation-stress",
            asked=AfterWaking(1 * HOUR),
            grace=2 * HOUR,
            measure=Measure.MINUTES,
            is_offered_at_setup=True,
            is_tried_at_setup=True,
        ),
    )
    BEDTIME = (
        "bedtime",
        HabitSpec(
            sign="🌙",
            drawing="M19.8 14.4 A8.2 8.2 0 1 1 9.6 4.2 a6.6 6.6 0 0 0 10.2 10.2 Z",
            topic="sleep",
            asked=AfterWaking(15 * MINUTE),
            grace=4 * HOUR,
            roles=(Role.WIND_DOWN, Role.QUESTION),
            is_about_last_night=True,
            is_offered_at_setup=True,
        ),
    )
    FIBRE = (
        "fibre",
        HabitSpec(
            sign="🌾",
            drawing=(
                "M6.2 17.6 C3.6 10.6 9 4.6 20 4.2 C20.6 14.6 14 20.6 6.2 17.6 Z "
                "M4 20.4 C6.6 15.4 9.6 12 14 9.6"
            ),
            topic="prebiotic-fibre",
            asked=AfterWaking(330 * MINUTE),
            grace=4 * HOUR,
            food_kind="prebiotic",
        ),
    )
    SUGAR = (
        "sugar",
        HabitSpec(
            sign="🍎",
            drawing=(
                "M12 3.4 l7.4 4.1 v8.6 l-7.4 4.1 -7.4 -4.1 V7.5 Z "
                "M4.6 7.5 L12 11.6 l7.4 -4.1 "
                "M12 11.6 V20.2"
            ),
            topic="sugar-diet",
            asked=BeforeSleep(3 * HOUR),
            grace=4 * HOUR,
        ),
    )
    SKINCARE = (
        "skincare",
        HabitSpec(
            sign="🧴",
            drawing=(
                "M8 10.4 h8 a1.8 1.8 0 0 1 1.8 1.8 v6.8 a1.8 1.8 0 0 1 -1.8 1.8 h-8 "
                "a1.8 1.8 0 0 1 -1.8 -1.8 v-6.8 a1.8 1.8 0 0 1 1.8 -1.8 Z "
                "M12 10.4 V4.6 "
                "M14.6 4.6 H8.8 a2.4 2.4 0 0 0 -2.4 2.4 "
                "M9.4 15.4 h5.2"
            ),
            topic="skincare",
            asked=BeforeSleep(75 * MINUTE),
            grace=2 * HOUR,
        ),
    )
    BREAK = (
        "break",
        HabitSpec(
            sign="🍃",
            drawing=(
                "M4.6 9.6 h11.4 v5.6 a4.2 4.2 0 0 1 -4.2 4.2 h-3 a4.2 4.2 0 0 1 -4.2 -4.2 Z "
                "M16 11 h1.4 a2.6 2.6 0 0 1 0 5.2 H15.8 "
                "M8.4 3.6 v2.6 "
                "M12.2 3.6 v2.6"
            ),
            topic="meditation-stress",
            asked=AfterWaking(8 * HOUR),
            grace=2 * HOUR,
        ),
    )
    CUSTOM = (
        "custom",
        HabitSpec(
            sign="⭐",
            drawing=(
                "M12 3.6 l2.6 5.4 5.9 .8 -4.3 4.1 1.1 5.9 -5.3 -2.9 -5.3 2.9 1.1 -5.9 -4.3 -4.1 "
                "5.9 -.8 Z"
            ),
            topic="gut-skin-axis",
            asked=AfterWaking(630 * MINUTE),
            grace=4 * HOUR,
        ),
    )


OFFERED_AT_SETUP = tuple(kind for kind in HabitKind if kind.spec.is_offered_at_setup)


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit of one user.

    goal_ml, portion_ml: None for habits that are not measured. words: the user's name for a custom
    habit. is_removed: it is no longer asked, its records are kept. is_limit: goal_ml is the most
    that they may drink a day: nothing is asked, and no day is judged.
    """

    id: int
    kind: HabitKind
    goal_ml: int | None = None
    portion_ml: int | None = None
    words: str | None = None
    is_removed: bool = False
    is_limit: bool = False


def default_slots(kind: HabitKind, role: Role, hours: DayHours) -> tuple[time, ...]:
    """The wall times at which a habit is asked on a day with these hours."""
    match role:
        case Role.WIND_DOWN:
            return BeforeSleep(WIND_DOWN_BEFORE_SLEEP).slots(hours)
        case Role.QUESTION:
            return kind.spec.asked.slots(hours)
    assert_never(role)


def default_goal_ml(kind: HabitKind, hours: DayHours) -> int | None:
    """A glass for each default slot but one, so that one may be missed; None for a kind that is not
    counted in millilitres.
    """
    if kind.spec.measure is not Measure.MILLILITRES:
        return None
    asks = len(default_slots(kind, Role.QUESTION, hours))
    return GLASS_ML * max(asks - 1, 1)

"""The one change of a slot that a digest suggests, based on how its questions were answered.

in the week, a slot was …               suggestion
answered late three times or more       move it to when the answers come
asked five times or more, no answer     frequent habits: drop it; others: repeat the question
about last night, six noes or more      stop asking: a question about sleep can keep people awake
  and nothing else
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.day import MINUTES_A_DAY, minutes, wall
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours, Hours

__all__ = ["Asked", "Change", "Suggestion", "suggest"]

HALF_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
LATE_FROM = timedelta(minutes=40)
LATE_TIMES, SILENT_TIMES, NO_TIMES = 3, 5, 6
# Limits within one reminder: a moved slot keeps this distance from the others, and a slot is not
# dropped if fewer would be left on a day.
MINUTES_BETWEEN_SLOTS = 45
FEWEST_SLOTS = 2


class Change(StrEnum):
    MOVE = "move"
    DROP = "drop"
    REPEAT = "repeat"
    STOP = "stop"


class Asked(NamedTuple):
    """One question of the week: when it arrived, and when and how it was answered, if it was.

    A wait counts from the arrival, because a late bot makes no late answer.
    """

    reminder_id: int
    kind: HabitKind
    slot: time
    arrived_at: datetime
    replied_at: datetime | None
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change of one slot. `to` is the new slot of a move.

    >>> Suggestion.parse("move 4 hydration 1500 1600").to
    datetime.time(16, 0)
    """

    change: Change
    reminder_id: int
    kind: HabitKind
    slot: time
    to: time | None = None

    @classmethod
    def parse(cls, text: str) -> "Suggestion":
        """Read what `format` wrote."""
        change, reminder_id, kind, slot, *to = text.split()
        return cls(
            Change(change),
            int(reminder_id),
            HabitKind(kind),
            _time(slot),
            _time(to[0]) if to else None,
        )

    def format(self) -> str:
        to = f" {self.to:%H%M}" if self.to is not None else ""
        return f"{self.change} {self.reminder_id} {self.kind} {self.slot:%H%M}{to}"


def _time(text: str) -> time:
    return time(int(text[:2]), int(text[2:]))


def suggest(
    asked: Iterable[Asked],
    slots: Mapping[int, Sequence[Collection[time]]],
    repeats: Mapping[int, int],
    hours: Hours,
) -> Suggestion | None:
    """The change that the most late or missing answers speak for, the earlier slot among equals;
    None if no slot needs a change.

    slots: the current slots by reminder, a collection for each weekday. A slot that was changed
        during the week is not among them and gets no suggestion.
    repeats: the current number of repeats by reminder.
    """
    found: list[_Weighed] = []
    for (reminder_id, slot), group in groupby(sorted(asked, key=_of_slot), key=_of_slot):
        days = [day for day in slots.get(reminder_id, ()) if slot in day]
        if days:
            questions = list(group)
            found += _late_slot(questions, days, hours)
            found += _silent_slot(questions, days, repeats.get(reminder_id, 0))
            found += _bad_nights(questions)
    if not found:
        return None
    return max(found, key=lambda each: (each.weight, -minutes(each.suggestion.slot))).suggestion


class _Weighed(NamedTuple):
    """weight: how many late or missing answers speak for the suggestion."""

    weight: int
    suggestion: Suggestion


def _of_slot(asked: Asked) -> tuple[int, time]:
    return asked.reminder_id, asked.slot


def _late_slot(
    questions: Sequence[Asked], days: Sequence[Collection[time]], hours: Hours
) -> Iterator[_Weighed]:
    """Move a slot that is often answered late."""
    reminder_id, kind, slot, *_ = questions[0]
    if kind.spec.is_about_last_night:  # the morning after is the right time to ask
        return
    waits = [each.replied_at - each.arrived_at for each in questions if each.replied_at is not None]
    late = sorted(wait for wait in waits if wait >= LATE_FROM)
    if len(late) >= LATE_TIMES:
        median = late[len(late) // 2]
        neighbours = {each for day in days for each in day if each != slot}
        to = _moved(slot, median, neighbours, hours)
        if to is not None:
            yield _Weighed(len(late), Suggestion(Change.MOVE, reminder_id, kind, slot, to))


def _silent_slot(
    questions: Sequence[Asked], days: Sequence[Collection[time]], repeats: int
) -> Iterator[_Weighed]:
    """Drop or repeat a slot that is never answered."""
    reminder_id, kind, slot, *_ = questions[0]
    is_silent = all(each.replied_at is None for each in questions)
    if kind.spec.is_about_last_night or not is_silent or len(questions) < SILENT_TIMES:
        return
    if kind.spec.is_frequent:
        change = Change.DROP
        can_change = all(len(day) > FEWEST_SLOTS for day in days)
    else:
        change = Change.REPEAT
        can_change = repeats == 0
    if can_change:
        yield _Weighed(len(questions), Suggestion(change, reminder_id, kind, slot))


def _bad_nights(questions: Sequence[Asked]) -> Iterator[_Weighed]:
    """Stop asking about nights that were all answered with no."""
    reminder_id, kind, slot, *_ = questions[0]
    are_bad = all(each.reply is Reply.NO for each in questions)
    if kind.spec.is_about_last_night and are_bad and len(questions) >= NO_TIMES:
        yield _Weighed(len(questions), Suggestion(Change.STOP, reminder_id, kind, slot))


def _moved(slot: time, late: timedelta, neighbours: Collection[time], hours: Hours) -> time | None:
    """The slot moved by `late`, in steps of half an hour; None if there is no room."""
    steps = max(round(late / HALF_HOUR), 1)
    minutes_later = steps * (HALF_HOUR // MINUTE)
    to = wall(minutes(slot) + minutes_later)
    until_day_ends = (minutes(hours.day_ends) - minutes(slot)) % MINUTES_A_DAY or MINUTES_A_DAY
    if minutes_later >= until_day_ends:  # a slot in quiet hours is after sleep time already
        return None
    day_kinds = (hours.weekdays, hours.weekend)
    if any(_is_after_sleep(slot, minutes_later, to, day) for day in day_kinds):
        return None
    if any(_minutes_apart(to, each) < MINUTES_BETWEEN_SLOTS for each in neighbours):
        return None
    return to


def _is_after_sleep(slot: time, minutes_later: int, to: time, day: DayHours) -> bool:
    """Whether a move would take the slot out of its day.

    If an evening question is answered the next morning, the slot must not move to the morning.
    """
    until_sleep = (minutes(day.sleep) - minutes(slot)) % MINUTES_A_DAY
    return minutes_later >= until_sleep or day.are_quiet_at(to)


def _minutes_apart(one: time, other: time) -> int:
    """Minutes between two wall times, the shorter way around the clock."""
    ahead = (minutes(one) - minutes(other)) % MINUTES_A_DAY
    return min(ahead, MINUTES_A_DAY - ahead)

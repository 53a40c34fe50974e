"""The one change a digest suggests, read from how a week's questions were answered.

It must be worth a person's attention: at least three answers, or five silences, of the same slot
speak for it. What is answered late is moved to where the answers come; water that nobody answers is
dropped; another habit's question that nobody answers is asked once more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from reminder_bot.domain.day import minutes, wall
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import Hours

__all__ = ["Asked", "Change", "Suggestion", "suggest"]

LATE_FROM = timedelta(minutes=40)
LATE_TIMES, SILENT_TIMES = 3, 5
# A slot moved closer to its neighbour than this would only be asked twice.
LEAST_BETWEEN = 45


class Change(StrEnum):
    MOVE = "move"
    DROP = "drop"
    REPEAT = "repeat"


class Asked(NamedTuple):
    """One question of the week: when it was due, and when it was answered, if it was."""

    reminder_id: int
    kind: HabitKind
    slot: time
    due_at: datetime
    replied_at: datetime | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`to` is the new slot of a move.

    >>> Suggestion.parse("move 4 hydration 1500 1600")
    Suggestion(change=<Change.MOVE: 'move'>, reminder_id=4, kind=<HabitKind.HYDRATION: 'hydration'>, \
slot=datetime.time(15, 0), to=datetime.time(16, 0))
    """

    change: Change
    reminder_id: int
    kind: HabitKind
    slot: time
    to: time | None = None

    @classmethod
    def parse(cls, text: str) -> "Suggestion":
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
    """The change that most of the week speaks for; None where nothing stands out.

    slots (a collection for each weekday), repeats: by reminder, as they are now; what was changed
    meanwhile is not suggested.
    """
    found: list[tuple[int, Suggestion]] = []
    for (reminder_id, slot), group in groupby(sorted(asked, key=_of_slot), key=_of_slot):
        of_slot = list(group)
        days = [day for day in slots.get(reminder_id, ()) if slot in day]
        if not days or of_slot[0].kind is HabitKind.BEDTIME:
            continue
        beside = {each for day in days for each in day}
        waits = [each.replied_at - each.due_at for each in of_slot if each.replied_at is not None]
        late = sorted(wait for wait in waits if wait >= LATE_FROM)
        silent = sum(each.replied_at is None for each in of_slot)
        kind = of_slot[0].kind
        if len(late) >= LATE_TIMES:
            to = _moved(slot, late[len(late) // 2], beside, hours)
            if to is not None:
                found.append((len(late), Suggestion(Change.MOVE, reminder_id, kind, slot, to)))
        elif silent >= SILENT_TIMES and silent == len(of_slot):
            if kind is HabitKind.HYDRATION and all(len(day) > 2 for day in days):
                found.append((silent, Suggestion(Change.DROP, reminder_id, kind, slot)))
            elif kind is not HabitKind.HYDRATION and not repeats.get(reminder_id):
                found.append((silent, Suggestion(Change.REPEAT, reminder_id, kind, slot)))
    return max(found, key=lambda each: (each[0], -minutes(each[1].slot)))[1] if found else None


def _of_slot(asked: Asked) -> tuple[int, time]:
    return asked.reminder_id, asked.slot


def _moved(slot: time, late: timedelta, others: Collection[time], hours: Hours) -> time | None:
    """Half an hour's step nearest to where the answers come; None where there is no room."""
    later = max(round(late / timedelta(minutes=30)), 1) * 30
    to = wall(minutes(slot) + later)
    # An answer of the next morning does not mean that time: a slot stays in the day it is asked
    # for.
    is_over = any(
        each.are_quiet_at(to) or (minutes(each.sleep) - minutes(slot)) % 1440 <= later
        for each in (hours.weekdays, hours.weekend)
    )
    is_near = any(_apart(to, other) < LEAST_BETWEEN for other in others if other != slot)
    return None if is_over or is_near else to


def _apart(one: time, other: time) -> int:
    """Minutes between two wall times, the shorter way around the clock."""
    ahead = (minutes(one) - minutes(other)) % 1440
    return min(ahead, 1440 - ahead)

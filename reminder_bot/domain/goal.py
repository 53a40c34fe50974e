"""Which goals of water the questions of a day can reach, and where more questions fit.

A yes to a question records one glass, so a goal needs as many questions as it has glasses. If a day
has fewer, questions are added where they are farthest from the others. If that leaves too little
time between two of them, all are spread evenly over the day.
"""

from collections.abc import Sequence
from datetime import time, timedelta
from itertools import pairwise

from reminder_bot.domain.day import MINUTES_A_DAY, minutes, wall
from reminder_bot.domain.hours import DayHours

__all__ = ["MOST_QUESTIONS", "questions_needed", "with_more_questions"]

MOST_QUESTIONS = 16  # a day
MINUTES_APART = 45
STEP = 5  # minutes
# No question is added sooner after waking, or later before sleep time.
AFTER_WAKING, BEFORE_SLEEP = 30, 90
MINUTE = timedelta(minutes=1)


def questions_needed(goal_ml: int, portion_ml: int) -> int:
    """How many glasses make up the goal, rounded up.

    >>> questions_needed(1250, 200)
    7
    """
    return -(-goal_ml // portion_ml)


def with_more_questions(
    slots: Sequence[time], count: int, hours: DayHours
) -> tuple[time, ...] | None:
    """The slots of a day with others added, `count` in all; None if so many do not fit.

    >>> usual = [time(7, 30), time(10), time(12, 30), time(15), time(17, 30), time(20)]
    >>> str(with_more_questions(usual, 7, DayHours(time(7), time(23)))[-1])
    '21:30:00'
    """
    if count > MOST_QUESTIONS:
        return None
    first, last = AFTER_WAKING, hours.waking_length // MINUTE - BEFORE_SLEEP
    taken = [(minutes(slot) - minutes(hours.wake)) % MINUTES_A_DAY for slot in slots]
    added = _with_added(taken, count, range(first, last + 1, STEP)) or _spread(count, first, last)
    if added is None:
        return None
    return tuple(wall(minutes(hours.wake) + each) for each in sorted(added))


def _with_added(taken: Sequence[int], count: int, free: range) -> list[int] | None:
    """Add minutes of `free`, each as far as possible from the others, the earliest among equals."""
    found = list(taken)
    while len(found) < count:
        distances = {each: min(abs(each - other) for other in found) for each in free}
        farthest = max(distances, key=lambda each: distances[each])
        if distances[farthest] < MINUTES_APART:
            return None
        found.append(farthest)
    return found


def _spread(count: int, first: int, last: int) -> list[int] | None:
    steps = (last - first) // STEP
    found = [first + steps * each // (count - 1) * STEP for each in range(count)]
    is_apart = all(later - each >= MINUTES_APART for each, later in pairwise(found))
    return found if is_apart else None

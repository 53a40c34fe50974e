"""Terms: what held for a habit from a day on, and on which days less was asked than usual.

A goal counts from the day on which it was set, so changing it changes no earlier day. The other
terms are spans of days on which the bot asked less (`Gap`); they count for one habit, or for all.

Days are those of the user when the term was recorded. Somebody who flies west may live a day twice,
and set a goal for a day that is earlier than that of the goal before: the one that was set last
counts. The present goal holds today, whatever the terms say: an older release, which may run beside
this one, records no terms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.habit import Habit

__all__ = ["GapTerm", "GoalTerm", "Terms"]


@dataclass(frozen=True, slots=True)
class GoalTerm:
    """The goal, or the limit, and the size of a glass from `first_day` on."""

    habit_id: int
    first_day: date
    goal_ml: int
    portion_ml: int
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class GapTerm:
    """A span of days, both included. habit_id: None for all habits of the user."""

    habit_id: int | None
    gap: Gap
    first_day: date
    last_day: date


class Terms:
    """The terms of one user. goals: in the order in which they were set."""

    def __init__(self, goals: Sequence[GoalTerm] = (), gaps: Iterable[GapTerm] = ()) -> None:
        self._goals = goals
        self._gaps = tuple(gaps)

    def goal(self, habit: Habit, day: date, today: date) -> tuple[int | None, int | None]:
        """The goal and the size of a glass on a day, in millilitres; (None, None) for a habit that
        is not measured.
        """
        term = self._goal_term(habit, day, today)
        if term is None:
            return habit.goal_ml, habit.portion_ml
        return term.goal_ml, term.portion_ml

    def is_limit(self, habit: Habit, day: date, today: date) -> bool:
        """Whether the goal of a day was a limit."""
        term = self._goal_term(habit, day, today)
        return habit.is_limit if term is None else term.is_limit

    def _goal_term(self, habit: Habit, day: date, today: date) -> GoalTerm | None:
        """The term that holds on a day; None if what the habit has at present holds."""
        if day >= today or habit.goal_ml is None:
            return None
        of_habit = [each for each in self._goals if each.habit_id == habit.id]
        until_day = [each for each in of_habit if each.first_day <= day]
        # The first goal also holds before its day: earlier days can be filled in.
        return next(iter([*until_day[-1:], *of_habit[:1]]), None)

    def gaps(self, habit_id: int, day: date) -> frozenset[Gap]:
        return frozenset(
            each.gap
            for each in self._gaps
            if each.habit_id in (None, habit_id) and each.first_day <= day <= each.last_day
        )

    @property
    def first_day(self) -> date | None:
        """The day on which the user was first asked; None if it is not recorded."""
        return min((each.first_day for each in self._gaps if each.gap is Gap.FIRST), default=None)

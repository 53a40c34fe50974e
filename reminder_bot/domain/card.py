"""The card: one message that shows one or several check-ins, as a value."""

from dataclasses import dataclass
from datetime import time

from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import Habit, Role
from reminder_bot.domain.schedule import Schedule
from reminder_bot.domain.user import User

__all__ = ["Card", "Row", "is_ahead", "is_done"]


@dataclass(frozen=True, slots=True)
class Row:
    """One check-in on a card.

    done_ml: what was drunk that day so far. is_done: the habit is done for the day, so nothing is
    asked. is_loud: the message arrives with a sound. has_new_food: the food was never suggested
    before, so its caveat is shown.
    """

    check_in: CheckIn
    habit: Habit
    done_ml: int
    is_done: bool
    is_loud: bool
    has_new_food: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One message to a user: normally one row, several if check-ins became due together."""

    user: User
    rows: tuple[Row, ...]

    @property
    def is_silent(self) -> bool:
        """The evening prompt makes a sound once: the second one must not wake anybody."""
        return not any(row.is_loud and not _is_second_wind_down(row) for row in self.rows)


def _is_second_wind_down(row: Row) -> bool:
    return row.check_in.role is Role.WIND_DOWN and row.check_in.ask > 1


def is_done(check_in: CheckIn, habit: Habit, schedule: str, amount: int, times: int) -> bool:
    """Whether the habit is done for the day that the check-in counts for, so nothing is asked.

    amount, times: the sum and the number of that day's entries. A habit with a goal is done when
    the goal is reached; before the first ask it is enough to be ahead of the schedule.
    """
    if check_in.role is Role.WIND_DOWN:
        # The entry of the day is about the evening before; this prompt is about the coming one.
        return False
    if not habit.goal_ml:
        return times > 0
    if amount >= habit.goal_ml:
        return True
    is_first_ask = check_in.ask == 1
    return is_first_ask and amount > 0 and is_ahead(check_in, schedule, amount, habit.goal_ml)


def is_ahead(check_in: CheckIn, schedule: str, done_ml: int, goal_ml: int) -> bool:
    """Whether the day already holds the share of the goal that is expected after this slot.

    Each slot of the weekday counts as an equal share. False if the schedule has changed and no
    longer has the check-in's slot, because then no share is expected after it.
    """
    # The zone and the end of the day do not matter: only the slots are read.
    slots = Schedule.parse("UTC", time(), schedule).slots[check_in.day.weekday()]
    if check_in.slot not in slots:
        return False
    slots_until_now = slots.index(check_in.slot) + 1
    # done_ml / goal_ml >= slots_until_now / len(slots), without rounding
    return done_ml * len(slots) >= goal_ml * slots_until_now

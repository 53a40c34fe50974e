"""What one message about check-ins has to show: a row for each, with where its day stands."""

from dataclasses import dataclass

from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import Habit
from reminder_bot.domain.user import User

__all__ = ["Card", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """One check-in on a card. `done_ml` is what the day holds so far; `is_loud` how it arrives.

    is_done: there is nothing to ask. has_new_food: its food was never suggested before, so what to
    mind is said.
    """

    check_in: CheckIn
    habit: Habit
    done_ml: int
    is_done: bool
    is_loud: bool
    has_new_food: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One message of a user: normally one row, several where check-ins came due together."""

    user: User
    rows: tuple[Row, ...]

    @property
    def is_silent(self) -> bool:
        return not any(row.is_loud for row in self.rows)

"""The card: one message that shows one or several check-ins, as a value."""

from dataclasses import dataclass

from reminder_bot.domain.check_in import CheckIn
from reminder_bot.domain.habit import Habit
from reminder_bot.domain.user import User

__all__ = ["Card", "Row"]


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
        return not any(row.is_loud for row in self.rows)

"""What was done: habit, day, amount. It comes from a reply or a command; Undo marks it, nothing is overwritten."""

from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`amount` is millilitres for hydration, minutes for meditation, else None."""

    id: int
    habit_id: int
    day: date
    amount: int | None
    recorded_at: datetime
    check_in_id: int | None

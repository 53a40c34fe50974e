"""What was done: from a reply, a command or the day's card. Undo marks it; nothing is
overwritten.
"""

from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`day` is the one it counts for; `amount` is millilitres or minutes, None where nothing is
    measured.
    """

    id: int
    habit_id: int
    day: date
    amount: int | None
    recorded_at: datetime
    check_in_id: int | None

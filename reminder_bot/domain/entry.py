"""An entry: what was done, recorded from a reply, a command or the day's card.

An entry is never changed. Undo marks it as undone and a new one takes its place.
"""

from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. day: the day it counts for. amount: millilitres or minutes, None if not measured.

    check_in_id: the check-in it replies to, None for what was recorded without being asked.
    """

    id: int
    habit_id: int
    day: date
    amount: int | None
    recorded_at: datetime
    check_in_id: int | None

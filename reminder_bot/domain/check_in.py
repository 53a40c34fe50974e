"""One due instance of a reminder: one row, normally one message, at most one reply.

    planned ──claim──▶ claimed ──sent──▶ sent ──┬─ yes, no, skipped ─▶ replied ──undo──▶ sent
       ▲                 │  │                   ├─ nobody answered ──▶ unanswered
       │◀── try later ───┘  │                   └─ Later, a repeat ──▶ planned (the next ask)
       │                    └─ no clear answer ─▶ ambiguous ──┬─▶ planned (one further copy)
       │                                                      └─▶ uncertain
       ├─ too late ─▶ misfired
       └─ paused, gone, done already ─▶ cancelled

A tap is stronger than all of them: it proves delivery, so it may come in any state and makes it
replied. An *ask* is one send: the first, a Later, or a repeat. Lateness is ours (misfired), silence
is theirs (unanswered); the two are never mixed up.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.hours import Hours

__all__ = [
    "BACK_FILL",
    "EVENING_BEFORE_SLEEP",
    "TIMER_MINUTES",
    "CheckIn",
    "Later",
    "Reply",
    "Status",
    "later_at",
]

BACK_FILL = timedelta(days=14)
TIMER_MINUTES = 5
EVENING_BEFORE_SLEEP = timedelta(hours=3)


class Status(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    AMBIGUOUS = "ambiguous"
    SENT = "sent"
    REPLIED = "replied"
    UNANSWERED = "unanswered"
    MISFIRED = "misfired"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"


class Reply(StrEnum):
    YES = "yes"
    NO = "no"
    SKIPPED = "skipped"


class Later(StrEnum):
    """When to ask again; the timer is the five quiet minutes themselves, and what is asked is
    how they were.
    """

    TIMER = "timer"
    QUARTER = "15m"
    HOUR = "1h"
    EVENING = "evening"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check-in as it stands. Instants are aware UTC; `day` is the person's day it was asked
    on.
    """

    id: int
    user_id: int
    habit_id: int
    reminder_id: int
    kind: HabitKind
    role: Role
    day: date
    slot: time
    due_at: datetime
    send_after: datetime
    send_until: datetime
    closes_at: datetime
    status: Status
    ask: int
    copies: int
    attempts: int = 0
    repeats_left: int = 0
    reply: Reply | None = None
    replied_at: datetime | None = None
    sent_at: datetime | None = None
    message_id: int | None = None
    food_id: str | None = None
    amount: int | None = None
    timer_minutes: int | None = None

    @property
    def is_snoozed(self) -> bool:
        """Waiting to be asked again: its last message says when."""
        return self.status is Status.PLANNED and self.ask > 1

    def is_open(self, now: datetime) -> bool:
        return self.reply is None and now < self.closes_at


def later_at(choice: Later, hours: Hours, now: datetime) -> datetime:
    """When a snoozed check-in would be asked again: by interval, or three hours before sleep
    time.
    """
    if choice is Later.EVENING:
        return hours.sleeps_at(hours.day_of(now)) - EVENING_BEFORE_SLEEP
    minutes = {Later.TIMER: TIMER_MINUTES, Later.QUARTER: 15, Later.HOUR: 60}[choice]
    return now + timedelta(minutes=minutes)

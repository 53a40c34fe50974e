"""One due instance of a reminder: one row, normally one message, at most one reply.

    planned ──claim──▶ claimed ──sent──▶ sent ──┬─ yes, no, skipped ─▶ replied ──undo──▶ sent
       ▲                 │  │                   ├─ no answer ────────▶ unanswered
       │◀─── release ────┘  │                   └─ snooze, repeat ───▶ planned (the next ask)
       │                    └─ outcome unknown ─▶ ambiguous ──┬─▶ planned (one further copy)
       │                                                      └─▶ uncertain
       ├─ too late ─▶ misfired
       └─ paused, unreachable, already done ─▶ cancelled

A tap proves delivery, so it is accepted in every state and makes the check-in replied. An *ask* is
one send: the first, one after a snooze, or a repeat. Being late is our fault (misfired), silence is
the person's choice (unanswered); the two are never mixed up.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import assert_never

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

# How far back a day can still be answered or corrected.
BACK_FILL = timedelta(days=14)
TIMER_MINUTES = 5
# "This evening" begins this long before sleep time. A notice that a pause ends comes then, too.
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
    """What a snooze button offers. TIMER starts the quiet minutes; the next ask ends them."""

    TIMER = "timer"
    QUARTER = "15m"
    HOUR = "1h"
    EVENING = "evening"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One check-in as it is stored.

    day: the person's day on which it was due. send_until: an ask after this instant is too late.
    closes_at: when it expires unanswered. copies: how often an ambiguous send was repeated.
    attempts: failed sends of this ask. food_id: the food it suggests. amount: what the reply
    recorded, millilitres or minutes. timer_minutes: the length of the timer that was started last.
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
        """Whether it waits for its next ask; its last message says when that is."""
        return self.status is Status.PLANNED and self.ask > 1

    def is_open(self, now: datetime) -> bool:
        return self.reply is None and now < self.closes_at


def later_at(choice: Later, hours: Hours, now: datetime) -> datetime:
    """When a check-in that is snoozed now will be asked again.

    EVENING is in the past if sleep time is less than three hours away; then it is not offered.
    """
    match choice:
        case Later.TIMER:
            return now + timedelta(minutes=TIMER_MINUTES)
        case Later.QUARTER:
            return now + timedelta(minutes=15)
        case Later.HOUR:
            return now + timedelta(hours=1)
        case Later.EVENING:
            return hours.sleeps_at(hours.day_of(now)) - EVENING_BEFORE_SLEEP
    assert_never(choice)

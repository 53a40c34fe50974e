"""Cards as values, for tests of what is written and drawn: Ana in Berlin, Monday 2 March 2026,
asked at ten.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from reminder_bot.domain.card import Card, Row
from reminder_bot.domain.check_in import CheckIn, Status
from reminder_bot.domain.habit import Habit, HabitKind, Measure, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup, User

TEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA = User(7, "en", Setup.DONE, "Europe/Berlin", DayHours(time(7), time(23)))
LARGEST = 2**63 - 1


def row(
    kind: HabitKind,
    role: Role = Role.QUESTION,
    *,
    id: int = 1,
    done_ml: int = 0,
    slot: time = time(10),
    words: str | None = None,
    has_new_food: bool = False,
    **values: Any,
) -> Row:
    """A check-in that was sent at ten and is open; `values` are fields of CheckIn."""
    is_counted = kind.spec.measure is Measure.MILLILITRES
    habit = Habit(1, kind, 1500, 250) if is_counted else Habit(1, kind, words=words)
    check_in = CheckIn(
        id=id,
        user_id=7,
        habit_id=1,
        reminder_id=1,
        kind=kind,
        role=role,
        day=date(2026, 3, 2),
        slot=slot,
        due_at=TEN,
        send_after=TEN,
        send_until=TEN + timedelta(hours=2),
        closes_at=TEN + timedelta(hours=8),
        status=Status.SENT,
        ask=1,
        copies=0,
        message_id=5,
    )
    check_in = replace(check_in, **values)
    return Row(check_in, habit, done_ml, is_done=False, is_loud=True, has_new_food=has_new_food)


def card(*rows: Row, user: User = ANA) -> Card:
    return Card(user, rows)

"""A write that names a wrong column or status fails mypy.

Each of these lines is wrong, and says so to mypy. If mypy took one for right, it would report an
unused `type: ignore`, and the test of types would fail.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from reminder_bot.storage.check_ins import CheckInChanges
from reminder_bot.storage.digests import insert_digest
from reminder_bot.storage.habits import HabitChanges
from reminder_bot.storage.reminders import ReminderChanges
from reminder_bot.storage.tables import check_ins, habits, reminders, users
from reminder_bot.storage.users import UserChanges

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from reminder_bot.storage.check_ins import update_check_in
    from reminder_bot.storage.claims import OutcomeRow
    from reminder_bot.storage.habits import update_habit
    from reminder_bot.storage.reminders import update_reminder
    from reminder_bot.storage.users import update_user

    def wrong_writes(connection: Connection, now: datetime) -> None:
        update_user(connection, 7, paused_untill=now)  # type: ignore[call-arg]
        update_user(connection, 7, zone=3)  # type: ignore[arg-type]
        update_check_in(connection, 7, status="sennt")  # type: ignore[arg-type]
        update_check_in(connection, 7, food=None)  # type: ignore[call-arg]
        update_habit(connection, 7, goal=1500)  # type: ignore[call-arg]
        update_reminder(connection, 7, is_loud="yes")  # type: ignore[arg-type]
        insert_digest(connection, user_id=7)  # type: ignore[call-arg]

    WRONG_ROW: OutcomeRow = {
        "id": 7,
        "status": "sennt",  # type: ignore[typeddict-item]
        "claimed_by": None,
    }


CHANGES = [
    (users, UserChanges),
    (habits, HabitChanges),
    (reminders, ReminderChanges),
    (check_ins, CheckInChanges),
]


@pytest.mark.parametrize(("table", "changes"), CHANGES, ids=lambda each: getattr(each, "name", ""))
def test_what_can_be_changed_are_columns(table: "Table", changes: Callable[..., object]) -> None:
    assert set(changes.__annotations__) <= set(table.c.keys())

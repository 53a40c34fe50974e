"""A reminder moves on from the due time that was read, and from no other."""

from datetime import timedelta

from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage.database import Database
from reminder_bot.storage.reminders import move_on, set_next_due
from reminder_bot.storage.tables import reminders
from tests.storage.conftest import NOW
from tests.support.people import rows_of, settle

DAY = timedelta(days=1)


async def test_a_reminder_that_another_has_moved_stays_as_it_is(database: Database) -> None:
    await settle(database, NOW, habits=[HabitKind.HYDRATION, HabitKind.MEDITATION])
    mine, moved = [row["id"] for row in await rows_of(database, reminders)]
    with database.transaction() as connection:
        set_next_due(connection, [(mine, NOW), (moved, NOW + 2 * DAY)])

    await database.write(move_on, [(mine, NOW, NOW + DAY), (moved, NOW, NOW + DAY)])

    found = {row["id"]: row["next_due_at"] for row in await rows_of(database, reminders)}
    assert found == {mine: NOW + DAY, moved: NOW + 2 * DAY}

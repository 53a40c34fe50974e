"""What is on record for the days of a user's habits."""

from datetime import date, timedelta

import pytest

from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine.counting import streaks_of
from reminder_bot.storage.entries import insert_entry
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.tables import check_ins
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import BERLIN, load_user, settle
from tests.support.world import local

QUIET = HabitKind.MEDITATION


@pytest.mark.parametrize("length", [83, 84, 85, 400])
async def test_a_streak_has_no_horizon(bench: Bench, length: int) -> None:
    """On each day until 2 March something was done; before that, nobody was asked."""
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    await bench.tick(local("2026-03-02 10:00", BERLIN))
    last = date(2026, 3, 2)
    with bench.database.transaction() as connection:
        habit = list_habits(connection, [7])[7][QUIET]
        for back in range(length):
            day = last - back * ONE_DAY
            insert_entry(connection, 7, habit.id, day, 5, bench.now, None)
        # As if the first question had been asked on the first of these days.
        connection.execute(check_ins.update().values(day=last - (length - 1) * ONE_DAY))

    user, now = await load_user(bench.database), bench.now + timedelta(hours=1)
    with bench.database.connection() as connection:
        assert streaks_of(connection, user, {QUIET: habit}, now) == {QUIET: length}

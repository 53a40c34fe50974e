"""Terms come back as they were recorded, in their order, and those of one user only."""

from datetime import date

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.term import GapTerm, GoalTerm
from reminder_bot.storage.database import Database
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.terms import insert_terms, load_terms
from tests.storage.conftest import NOW
from tests.support.people import settle

DAY, LATER, TODAY = NOW.date(), date(2026, 3, 5), date(2026, 4, 1)


async def test_terms_are_those_of_the_user_in_the_order_of_recording(database: Database) -> None:
    for user_id in (7, 8):
        await settle(database, NOW, user_id=user_id)
    with database.transaction() as connection:
        water = list_habits(connection, [7])[7][HabitKind.HYDRATION]
        insert_terms(
            connection,
            [
                (7, GoalTerm(water.id, LATER, 2000, 500)),
                (7, GoalTerm(water.id, date(2026, 3, 4), 1750, 250, is_limit=True)),
                (7, GapTerm(None, Gap.BLOCKED, LATER, date(2026, 3, 6))),
                (8, GapTerm(None, Gap.RETURN, LATER, LATER)),
            ],
        )

    with database.connection() as connection:
        terms = load_terms(connection, 7)

    other = Habit(water.id + 1, HabitKind.PROBIOTIC)
    assert terms.goal(water, DAY, TODAY) == (water.goal_ml, water.portion_ml)
    # What was set last counts, also if it was set for an earlier day.
    assert terms.goal(water, date(2026, 3, 4), TODAY) == (1750, 250)
    assert terms.goal(water, LATER, TODAY) == (1750, 250)
    assert terms.is_limit(water, LATER, TODAY)
    assert not terms.is_limit(water, TODAY, TODAY)
    assert terms.gaps(other.id, LATER) == frozenset({Gap.BLOCKED})
    assert terms.gaps(other.id, date(2026, 3, 6)) == frozenset({Gap.BLOCKED})
    assert terms.gaps(other.id, date(2026, 3, 7)) == frozenset()
    assert terms.gaps(other.id, DAY) == frozenset({Gap.FIRST})
    assert terms.goal(other, DAY, TODAY) == (None, None)
    assert terms.first_day == DAY

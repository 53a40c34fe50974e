"""What is on record for the days of a user's habits, with what held on each of them."""

from datetime import date, datetime, timedelta

import pytest

from reminder_bot.chat.people import welcome_back
from reminder_bot.domain.adherence import Mark, cell
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine import configuring, replying
from reminder_bot.engine.counting import records_of, streaks_of
from reminder_bot.engine.entries import rows_of
from reminder_bot.storage.cards import list_cards
from reminder_bot.storage.entries import insert_entry
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.tables import check_ins
from reminder_bot.storage.users import record_unreachable
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import BERLIN, check_ins_of, load_user, settle
from tests.support.world import local

QUIET, WATER, BED = HabitKind.MEDITATION, HabitKind.HYDRATION, HabitKind.BEDTIME
OF_WATER = ("07:30", "10:00", "12:30", "15:00", "17:30", "20:00")
HOUR = timedelta(hours=1)


def at(text: str, zone: str = BERLIN) -> datetime:
    """The instant of "02 07:30" in March 2026."""
    return local(f"2026-03-{text}", zone)


async def asked(bench: Bench, day: int, *times: str) -> None:
    for each in times:
        await bench.tick(at(f"{day:02} {each}"))


async def marks(bench: Bench, now: datetime, kind: HabitKind = WATER) -> dict[int, Mark]:
    """The mark of each day of March with a record."""
    user = await load_user(bench.database)
    with bench.database.connection() as connection:
        of_user = list_habits(connection, [7])[7]
        found = records_of(connection, user, of_user, date(2026, 3, 1), date(2026, 3, 31), now)
    return {day.day: cell(record).mark for day, record in found.get(kind, {}).items()}


async def drink(bench: Bench, ml: int, day: int) -> None:
    with bench.database.transaction() as connection:
        water = list_habits(connection, [7])[7][WATER]
        insert_entry(connection, 7, water.id, date(2026, 3, day), ml, bench.now, None)


async def set_goal(bench: Bench, goal_ml: int) -> None:
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        water = list_habits(connection, [7])[7][WATER]
        configuring.set_goal(connection, user, water, goal_ml, bench.now)


async def test_a_goal_counts_from_the_day_on_which_it_was_set(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[WATER])
    await set_goal(both, 1000)
    for day in (2, 3, 4):
        await asked(both, day, *OF_WATER)
        await drink(both, 1000, day)
    before = await marks(both, at("05 05:00"))
    await asked(both, 5, *OF_WATER)

    await set_goal(both, 1500)
    await drink(both, 1000, 5)

    assert before == dict.fromkeys((2, 3, 4), Mark.KEPT)
    assert await marks(both, at("06 05:00")) == before | {5: Mark.PARTLY}


async def set_limit(bench: Bench, *, is_limit: bool) -> None:
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        water = list_habits(connection, [7])[7][WATER]
        configuring.set_limit(connection, user, water, bench.now, is_limit=is_limit)


async def test_a_limit_counts_from_the_day_on_which_it_was_set(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER])
    for day in (2, 3):
        await asked(bench, day, *OF_WATER)
        await drink(bench, 1250, day)
    before = await marks(bench, at("03 21:00"))
    await bench.plan(at("04 09:00"))
    await set_limit(bench, is_limit=True)
    await drink(bench, 3000, 4)
    during = await marks(bench, at("05 05:00"))
    await bench.plan(at("05 09:00"))
    await set_limit(bench, is_limit=False)
    await drink(bench, 1250, 5)

    assert before == dict.fromkeys((2, 3), Mark.KEPT)
    assert during == before | {4: Mark.NOT_DUE}
    assert await marks(bench, at("05 10:00")) == during | {5: Mark.KEPT}


async def test_what_was_never_more_than_a_limit_has_no_records(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER])
    await set_limit(bench, is_limit=True)
    for day in (2, 3, 4):
        await drink(bench, 1250, day)

    assert await marks(bench, at("05 05:00")) == {}


async def test_a_past_day_shows_the_goal_that_held_then(bench: Bench) -> None:
    """On /today, and on the message of a question that is answered later."""
    await settle(bench.database, MONDAY, habits=[WATER])
    await set_goal(bench, 1000)
    await asked(bench, 2, "07:30")
    await asked(bench, 3, "07:30")
    await set_goal(bench, 2000)

    ids = [each.id for each in await check_ins_of(bench.database)]
    user = await load_user(bench.database)
    with bench.database.connection() as connection:
        rows = [rows_of(connection, user, date(2026, 3, day), bench.now)[0].habit for day in (2, 3)]
        cards = [list_cards(connection, [each])[0].rows[0].habit for each in ids]

    assert [each.goal_ml for each in rows] == [each.goal_ml for each in cards] == [1000, 2000]


async def test_a_larger_glass_makes_no_past_day_one_that_could_be_kept(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER])
    await set_goal(bench, 1500)
    await asked(bench, 2, *OF_WATER[:-1])  # five of 250 ml
    await bench.tick(at("03 05:00"))

    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        water = list_habits(connection, [7])[7][WATER]
        configuring.set_portion(connection, user, water, 500, bench.now)

    assert (await marks(bench, at("03 05:00")))[2] is Mark.NOT_DUE


async def test_a_goal_that_is_set_on_a_day_that_is_lived_twice_counts_from_it(
    bench: Bench,
) -> None:
    """At one in the afternoon of the 3rd in Auckland it is the 2nd in Honolulu, where she lands."""
    zone = "Pacific/Auckland"
    await settle(bench.database, local("2026-02-27 09:00", zone), zone=zone, habits=[WATER])
    await bench.plan(at("03 13:00", zone))
    await set_goal(bench, 3000)
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        configuring.set_zone(connection, user, "Pacific/Honolulu", bench.now)
    await set_goal(bench, 1000)

    for day in (1, 2, 3):
        await drink(bench, 1000, day)

    found = await marks(bench, at("06 12:00", "Pacific/Honolulu"))
    assert {day: found[day] for day in (2, 3)} == {2: Mark.KEPT, 3: Mark.KEPT}


async def test_the_day_on_which_a_habit_is_added_is_neutral(bench: Bench) -> None:
    await settle(bench.database, at("02 07:00"), habits=[QUIET])
    await asked(bench, 2, "08:00")
    await asked(bench, 3, "08:00")

    assert await marks(bench, at("04 05:00"), QUIET) == {2: Mark.NOT_DUE, 3: Mark.UNANSWERED}


async def test_a_habit_that_is_added_again_begins_anew(bench: Bench) -> None:
    user = await settle(bench.database, MONDAY, habits=[QUIET])
    await asked(bench, 2, "08:00")
    with bench.database.transaction() as connection:
        configuring.remove_habit(connection, user, QUIET, at("02 09:00"))
        configuring.choose_habits(connection, user, [QUIET], at("03 07:00"))
    await asked(bench, 3, "08:00")
    await asked(bench, 4, "08:00")

    assert await marks(bench, at("05 05:00"), QUIET) == {
        2: Mark.UNANSWERED,
        3: Mark.NOT_DUE,
        4: Mark.UNANSWERED,
    }


async def test_the_days_of_a_block_are_neutral_unless_they_were_kept(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[QUIET])
    await asked(both, 2, "08:00")
    await asked(both, 3, "08:00")
    with both.database.transaction() as connection:
        record_unreachable(connection, [7], at("03 09:00"))
    blocked = await marks(both, at("04 05:00"), QUIET)
    user = await load_user(both.database)
    with both.database.transaction() as connection:
        welcome_back(connection, user, at("05 07:00"))
    await asked(both, 5, "08:00")
    await asked(both, 6, "08:00")

    assert blocked == {2: Mark.UNANSWERED, 3: Mark.NOT_DUE}
    assert await marks(both, at("07 05:00"), QUIET) == blocked | {
        5: Mark.NOT_DUE,
        6: Mark.UNANSWERED,
    }


async def test_a_day_with_a_question_for_which_the_bot_was_too_late_is_neutral(
    both: Bench,
) -> None:
    """On the 3rd it is away at ten and at half past twelve: the latter is planned and misfires. On
    the 4th it is away from ten until half past twelve, when it asks in time. On the 5th it is not.
    """
    await settle(both.database, MONDAY, habits=[WATER])
    await set_goal(both, 500)
    await asked(both, 2, *OF_WATER)
    await asked(both, 3, "07:30", "13:30", "15:00", "17:30", "20:00")
    await asked(both, 4, "07:30", "12:30", "15:00", "17:30", "20:00")
    await asked(both, 5, *OF_WATER)

    assert await marks(both, at("06 05:00")) == {
        2: Mark.UNANSWERED,
        3: Mark.NOT_DUE,
        4: Mark.NOT_DUE,
        5: Mark.UNANSWERED,
    }


async def test_all_days_of_a_downtime_are_neutral_with_its_nights(bench: Bench) -> None:
    """It is away from the afternoon of the 3rd until the morning of the 5th, when it asks about the
    night of the 4th. The morning of the 4th would have asked about that of the 3rd.
    """
    await settle(bench.database, MONDAY, habits=[BED])
    await asked(bench, 3, "07:15")
    await asked(bench, 5, "07:20")
    await asked(bench, 6, "07:15")

    assert await marks(bench, at("07 05:00"), BED) == {
        2: Mark.UNANSWERED,
        4: Mark.UNANSWERED,
        5: Mark.UNANSWERED,
    }


async def test_last_night_is_not_missed_while_its_question_is_open(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[BED])
    await asked(bench, 3, "07:15")
    (question,) = [each for each in await check_ins_of(bench.database) if each.sent_at]
    open_ = await marks(bench, at("03 23:00"), BED)
    with bench.database.transaction() as connection:
        user = await load_user(bench.database)
        replying.reply(connection, user, question, Reply.NO, at("03 23:01"))

    assert open_ == {2: Mark.NOT_DUE}
    assert await marks(bench, at("03 23:02"), BED) == {2: Mark.NO}


@pytest.mark.parametrize("length", [83, 84, 85, 400])
async def test_a_streak_has_no_horizon(bench: Bench, length: int) -> None:
    """On each day until 2 March something was done; before that, nobody was asked."""
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    await bench.tick(at("02 10:00"))
    last = date(2026, 3, 2)
    with bench.database.transaction() as connection:
        habit = list_habits(connection, [7])[7][QUIET]
        for back in range(length):
            day = last - back * ONE_DAY
            insert_entry(connection, 7, habit.id, day, 5, bench.now, None)
        # As if the first question had been asked on the first of these days.
        connection.execute(check_ins.update().values(day=last - (length - 1) * ONE_DAY))

    user, now = await load_user(bench.database), bench.now + HOUR
    with bench.database.connection() as connection:
        assert streaks_of(connection, user, {QUIET: habit}, now) == {QUIET: length}

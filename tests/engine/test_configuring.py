"""What somebody changes about themselves: computed anew at once, refused where it contradicts
itself.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from reminder_bot.domain.adherence import Mark, cell
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.schedule import Schedule
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.engine import configuring
from reminder_bot.engine.configuring import Impossible, Moved
from reminder_bot.engine.counting import records_of
from reminder_bot.storage import reminders as storage
from reminder_bot.storage.database import Database
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.reminders import Reminder
from reminder_bot.storage.tables import habits, notices, pauses, reminders, users
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import BERLIN, change, check_ins_of, load_user, rows_of, settle
from tests.support.world import local

WATER, FOOD, QUIET, BED = OFFERED_AT_SETUP
TEN = local("2026-03-02 10:00", BERLIN)
SUNDAY = local("2026-03-08 18:00", BERLIN)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EARLY, LATE = DayHours(time(6), time(22)), DayHours(time(10), time(2))
NIGHT_SHIFT = DayHours(time(22), time(14))


def at(text: str) -> datetime:
    return local(f"2026-03-{text}", BERLIN)


async def do(
    database: Database, step: Callable[..., Any], *arguments: Any, user_id: int = 7
) -> Any:
    """One of the module's steps, in a transaction of its own."""
    user = await load_user(database, user_id)
    with database.transaction() as connection:
        return step(connection, user, *arguments)


async def standing(database: Database, kind: HabitKind, role: Role = Role.QUESTION) -> Reminder:
    with database.connection() as connection:
        found = storage.list_reminders(connection, [7], with_removed=True)
    return next(each for each in found if (each.kind, each.role) == (kind, role))


async def slots_of(
    database: Database, kind: HabitKind, role: Role = Role.QUESTION
) -> list[list[str]]:
    schedule = Schedule.parse(BERLIN, time(4), (await standing(database, kind, role)).schedule)
    return [[f"{each:%H:%M}" for each in times] for times in schedule.slots]


async def ticks(bench: Bench, *instants: datetime) -> None:
    for each in instants:
        await bench.tick(each)


async def set_slots(
    database: Database, kind: HabitKind, slots: dict[int, tuple[time, ...]], now: datetime
) -> None:
    await do(database, configuring.set_slots, await standing(database, kind), slots, now)


async def next_due(database: Database, kind: HabitKind) -> datetime | None:
    return (await standing(database, kind)).next_due_at


async def next_digest(database: Database) -> datetime | None:
    due_at: datetime | None = (await rows_of(database, users))[0]["next_digest_at"]
    return due_at


# Which habits


async def test_a_chosen_habit_is_asked_from_now_on(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET])

    await do(database, configuring.choose_habits, [QUIET, WATER], MONDAY)

    (water, _) = sorted(await rows_of(database, habits), key=lambda row: str(row["kind"]))
    assert (water["kind"], water["goal_ml"], water["portion_ml"]) == (WATER, 1250, 250)
    assert await next_due(database, WATER) == at("02 07:30")
    assert await next_due(database, QUIET) == at("02 08:00")


async def test_a_habit_that_is_not_chosen_any_more_is_asked_no_more_and_stays_on_record(
    both: Bench,
) -> None:
    await settle(both.database, MONDAY, habits=[QUIET, WATER])
    await both.tick(at("02 08:00"))
    asked = len(both.messenger.sent)

    await do(both.database, configuring.choose_habits, [WATER], both.now)
    await ticks(both, at("02 10:00"), at("03 07:30"), at("03 08:00"))

    kinds = [kind for each in both.messenger.cards[asked:] for kind in each.kinds]
    assert set(kinds) == {WATER}
    assert await next_due(both.database, QUIET) is None
    assert {each.kind for each in await check_ins_of(both.database)} == {QUIET, WATER}


async def test_what_was_planned_and_waits_is_cancelled_with_its_habit(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    await both.plan(TEN)

    await do(both.database, configuring.remove_habit, QUIET, TEN)
    await both.dispatch()

    assert both.messenger.sent == []
    assert [each.status for each in await check_ins_of(both.database)] == [Status.CANCELLED]


async def test_a_snoozed_question_and_its_repeats_go_with_their_habit(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    with bench.database.transaction() as connection:
        connection.execute(reminders.update().values(repeats=3))
    await bench.tick(TEN)

    await do(bench.database, configuring.remove_habit, QUIET, TEN + MINUTE)
    await ticks(bench, *(TEN + minutes * MINUTE for minutes in (30, 60, 90)))

    assert len(bench.messenger.sent) == 1


async def test_a_habit_comes_back_as_it_was(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET])
    await set_slots(database, QUIET, dict.fromkeys(range(1, 8), (time(12),)), MONDAY)
    await do(database, configuring.remove_habit, QUIET, MONDAY)

    await do(database, configuring.choose_habits, [QUIET], MONDAY)

    assert len(await rows_of(database, habits)) == len(await rows_of(database, reminders)) == 1
    assert await next_due(database, QUIET) == at("02 12:00")


async def test_removing_what_is_not_there_changes_nothing(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET])

    await do(database, configuring.remove_habit, WATER, MONDAY)

    assert await next_due(database, QUIET) == at("02 08:00")


# When


async def test_other_times_hold_from_the_next_one_on(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET])

    await set_slots(database, QUIET, {1: (time(21), time(9)), 6: ()}, MONDAY)

    assert await slots_of(database, QUIET) == [["09:00", "21:00"], *[["08:00"]] * 4, [], ["08:00"]]
    assert await next_due(database, QUIET) == at("02 09:00")


async def test_a_time_after_midnight_comes_last_in_its_day(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET], hours=("10:00", "02:00"))

    await set_slots(database, QUIET, {1: (time(0, 30), time(23), time(0, 30))}, MONDAY)

    assert (await slots_of(database, QUIET))[0] == ["23:00", "00:30"]


@pytest.mark.parametrize("slot", [time(23), time(3), time(6, 59)])
async def test_a_time_in_quiet_hours_is_refused_when_it_is_set(
    sqlite: Database, slot: time
) -> None:
    await settle(sqlite, MONDAY, habits=[QUIET])

    with pytest.raises(Impossible) as refused:
        await set_slots(sqlite, QUIET, {1: (time(9), slot)}, MONDAY)

    assert (refused.value.slot, refused.value.kind) == (slot, QUIET)
    assert await slots_of(sqlite, QUIET) == [["08:00"]] * 7


async def test_a_time_in_the_weekends_quiet_hours_is_refused_for_the_weekend_alone(
    sqlite: Database,
) -> None:
    await settle(sqlite, MONDAY, habits=[QUIET], weekend=("10:00", "23:00"))

    await set_slots(sqlite, QUIET, {5: (time(7),)}, MONDAY)
    with pytest.raises(Impossible):
        await set_slots(sqlite, QUIET, {6: (time(7),)}, MONDAY)

    assert await slots_of(sqlite, QUIET) == [*[["08:00"]] * 4, ["07:00"], *[["11:00"]] * 2]


async def test_what_is_due_in_this_second_is_asked_before_its_times_change(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[QUIET], slots="1234567 10:00")

    await set_slots(both.database, QUIET, dict.fromkeys(range(1, 8), (time(12),)), TEN)
    await both.tick(TEN)
    await both.tick(at("02 12:00"))

    assert both.messenger.asked_at() == [TEN, at("02 12:00")]


# Hours


async def test_times_that_were_never_changed_follow_the_hours(database: Database) -> None:
    await settle(database, MONDAY)

    await do(database, configuring.set_hours, EARLY, LATE, MONDAY)

    assert await slots_of(database, QUIET) == [["07:00"]] * 5 + [["11:00"]] * 2
    assert await slots_of(database, BED, Role.WIND_DOWN) == [["21:15"]] * 5 + [["01:15"]] * 2
    assert await next_due(database, QUIET) == at("02 07:00")


async def test_what_is_due_when_the_hours_change_is_still_asked(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET])
    eight = at("02 08:00")

    await do(database, configuring.set_hours, LATE, None, eight)

    assert [each.due_at for each in await check_ins_of(database)] == [eight]
    assert await next_due(database, QUIET) == at("02 11:00")


async def test_times_of_ones_own_stay_where_they_are(database: Database) -> None:
    await settle(database, MONDAY)
    await set_slots(database, QUIET, {1: (time(12),)}, MONDAY)

    await do(database, configuring.set_hours, EARLY, None, MONDAY)

    assert await slots_of(database, QUIET) == [["12:00"], *[["08:00"]] * 6]


async def test_hours_are_stored_as_they_were_said(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET], weekend=("09:00", "00:00"))

    moves = await do(database, configuring.set_hours, EARLY, None, MONDAY)

    user = await load_user(database)
    assert (user.weekday_hours, user.weekend_hours) == (EARLY, None)
    assert moves == []


async def test_the_usual_goal_follows_the_hours_and_one_of_ones_own_does_not(
    database: Database,
) -> None:
    short = DayHours(time(7), time(15, 30))
    await settle(database, MONDAY, habits=[WATER])
    await do(database, configuring.set_digest, 7, time(12), MONDAY)

    await do(database, configuring.set_hours, short, None, MONDAY)
    assert (await rows_of(database, habits))[0]["goal_ml"] == 500
    with database.transaction() as connection:
        connection.execute(habits.update().values(goal_ml=1000))
    await do(database, configuring.set_hours, EARLY, None, MONDAY)

    assert (await rows_of(database, habits))[0]["goal_ml"] == 1000


async def test_hours_without_a_common_night_are_refused_and_nothing_is_changed(
    sqlite: Database,
) -> None:
    await settle(sqlite, MONDAY, habits=[QUIET])
    before = [await rows_of(sqlite, table) for table in (users, reminders)]

    with pytest.raises(Impossible) as refused:
        await do(sqlite, configuring.set_hours, EARLY, DayHours(time(21), time(10)), MONDAY)

    assert (refused.value.slot, refused.value.kind) == (None, None)
    assert [await rows_of(sqlite, table) for table in (users, reminders)] == before


async def test_times_of_ones_own_that_become_impossible_move_to_the_nearest_possible_ones(
    database: Database,
) -> None:
    await settle(database, MONDAY, habits=[QUIET])
    await set_slots(database, QUIET, dict.fromkeys(range(1, 8), (time(12), time(21))), MONDAY)

    moves = await do(database, configuring.set_hours, EARLY, DayHours(time(9), time(20)), MONDAY)

    assert moves == [Moved(QUIET, time(21), time(19))]
    assert await slots_of(database, QUIET) == [["12:00", "21:00"]] * 5 + [["12:00", "19:00"]] * 2


async def test_the_digest_of_somebody_who_works_at_night_moves_to_a_waking_hour(
    database: Database,
) -> None:
    await settle(database, MONDAY, habits=[QUIET])

    moves = await do(database, configuring.set_hours, NIGHT_SHIFT, None, MONDAY)

    assert moves == [Moved(None, time(18), time(22))]
    assert (await load_user(database)).digest_at == time(22)
    assert await next_digest(database) == at("08 22:00")


async def test_moves_of_a_removed_habit_are_not_told(database: Database) -> None:
    await settle(database, MONDAY, habits=[QUIET, WATER])
    await set_slots(database, QUIET, dict.fromkeys(range(1, 8), (time(22, 30),)), MONDAY)
    await do(database, configuring.remove_habit, QUIET, MONDAY)

    assert await do(database, configuring.set_hours, EARLY, None, MONDAY) == []


async def test_a_removed_habits_times_follow_too_so_that_it_comes_back_at_a_waking_hour(
    database: Database,
) -> None:
    await settle(database, MONDAY, habits=[QUIET, WATER])
    await do(database, configuring.remove_habit, QUIET, MONDAY)

    await do(database, configuring.set_hours, LATE, None, MONDAY)

    assert await slots_of(database, QUIET) == [["11:00"]] * 7
    assert await next_due(database, QUIET) is None


# The zone


async def test_after_a_move_the_same_times_are_asked_by_the_clock_there(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")

    await do(bench.database, configuring.set_zone, "Asia/Tokyo", MONDAY)

    assert await next_due(bench.database, QUIET) == local("2026-03-03 10:00", "Asia/Tokyo")
    assert await next_digest(bench.database) == local("2026-03-08 18:00", "Asia/Tokyo")


@pytest.mark.parametrize(
    "there", ["America/New_York", "Pacific/Honolulu", "Asia/Tokyo", "Pacific/Kiritimati"]
)
async def test_no_slot_of_a_day_is_asked_twice_because_the_zone_changed(
    bench: Bench, there: str
) -> None:
    slots = ("08:00", "10:00", "12:30", "21:00")
    await settle(bench.database, MONDAY, habits=[FOOD, QUIET], slots=f"1234567 {','.join(slots)}")
    await ticks(bench, *(at(f"02 {slot}") for slot in slots[:2]))

    await do(bench.database, configuring.set_zone, there, bench.now)
    ahead = [local(f"2026-03-{day} {slot}", there) for day in ("02", "03", "04") for slot in slots]
    await ticks(bench, *(each for each in ahead if each > bench.now))
    await do(bench.database, configuring.set_zone, BERLIN, bench.now)
    ahead = [at(f"{day} {slot}") for day in ("04", "05", "06") for slot in slots]
    await ticks(bench, *(each for each in ahead if each > bench.now))

    asked = [
        (each.kind, each.day, each.slot)
        for sent in bench.messenger.cards
        for each in sent.check_ins
    ]
    assert len(asked) == len(set(asked))
    assert len(asked) >= 2 * 2 * 4


# The digest's day and hour


async def test_the_digest_is_moved_at_once(database: Database) -> None:
    await settle(database, MONDAY)

    await do(database, configuring.set_digest, 5, time(9, 30), MONDAY)

    user = await load_user(database)
    assert (user.digest_weekday, user.digest_at) == (5, time(9, 30))
    assert await next_digest(database) == at("06 09:30")


@pytest.mark.parametrize(("weekday", "hour"), [(7, 8), (5, 6), (5, 23)])
async def test_a_digest_in_quiet_hours_is_refused(
    sqlite: Database, weekday: int, hour: int
) -> None:
    await settle(sqlite, MONDAY, weekend=("09:00", "23:00"))

    with pytest.raises(Impossible) as refused:
        await do(sqlite, configuring.set_digest, weekday, time(hour), MONDAY)

    assert (refused.value.slot, refused.value.kind) == (time(hour), None)
    assert await next_digest(sqlite) == SUNDAY


async def digests_until(bench: Bench, day: int, zone: str) -> list[datetime]:
    """When digests are sent if a round comes each hour until this day of March."""
    last = local(f"2026-03-{day:02} 23:00", zone)
    while bench.now < last:
        await bench.tick(bench.now + HOUR)
    return [each.due_at for each in bench.messenger.digests]


@pytest.mark.parametrize(("there", "hours_ahead"), [("Asia/Tokyo", 8), ("Asia/Kolkata", 4.5)])
async def test_whoever_flies_east_past_the_hour_of_the_digest_gets_it_late(
    bench: Bench, there: str, hours_ahead: float
) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await bench.tick(at("08 17:30"))

    await do(bench.database, configuring.set_zone, there, bench.now)

    due_at = SUNDAY - timedelta(hours=hours_ahead)
    assert await next_digest(bench.database) == due_at
    assert await digests_until(bench, 16, there) == [due_at, due_at + 7 * DAY]


async def test_whoever_flies_west_after_the_digest_does_not_get_it_again(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await bench.tick(SUNDAY)

    await do(bench.database, configuring.set_zone, "Pacific/Honolulu", bench.now + MINUTE)

    there = local("2026-03-15 18:00", "Pacific/Honolulu")
    assert await digests_until(bench, 16, "Pacific/Honolulu") == [SUNDAY, there]


async def test_a_digest_whose_hour_is_moved_back_on_its_day_comes_at_once(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await bench.tick(at("08 12:00"))

    await do(bench.database, configuring.set_digest, 7, time(10), bench.now)

    assert await digests_until(bench, 16, BERLIN) == [at("08 10:00"), at("15 10:00")]


async def test_a_digest_that_was_sent_does_not_come_again_when_its_hour_is_moved(
    bench: Bench,
) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await bench.tick(SUNDAY)

    for hour in (21, 9):
        await do(bench.database, configuring.set_digest, 7, time(hour), bench.now + MINUTE)

    assert await digests_until(bench, 16, BERLIN) == [SUNDAY, at("15 09:00")]


async def test_a_digest_moved_to_a_day_that_has_passed_waits_for_the_next_one(
    bench: Bench,
) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await bench.tick(at("05 12:00"))

    await do(bench.database, configuring.set_digest, 3, time(18), bench.now)

    assert await next_digest(bench.database) == at("11 18:00")


# From the week's first day and from its last: each of the six distances, within an ISO week and
# over its end.
@pytest.mark.parametrize(
    ("before", "after"), [(1, day) for day in range(2, 8)] + [(7, day) for day in range(1, 7)]
)
async def test_however_the_day_is_moved_no_day_is_told_twice(
    bench: Bench, before: int, after: int
) -> None:
    """Of a longer gap the last seven days are told; the shorter one's digest begins where the
    last one ended.
    """
    await settle(bench.database, MONDAY, habits=[QUIET], digest_weekday=before)
    first = next(day for day in range(9, 16) if date(2026, 3, day).isoweekday() == before)
    await bench.tick(at(f"{first:02} 18:00"))

    await do(bench.database, configuring.set_digest, after, time(18), bench.now + HOUR)
    for day in range(first + 1, 32):
        await bench.tick(at(f"{day:02} 18:00"))

    told = [(each.begins_on, each.last_day) for each in bench.messenger.digests]
    days = [begin + count * DAY for begin, end in told for count in range((end - begin).days + 1)]
    assert len(days) == len(set(days)), told
    gaps = [later.due_at - earlier.due_at for earlier, later in pairwise(bench.messenger.digests)]
    assert all(5 * DAY <= gap <= 13 * DAY for gap in gaps)
    assert all(end.isoweekday() % 7 + 1 == after for _, end in told[1:])


# Pauses


async def test_a_pause_is_silence(bench: Bench) -> None:
    await settle(bench.database, MONDAY)
    await bench.tick(at("02 08:00"))
    asked = len(bench.messenger.sent)

    await do(bench.database, configuring.pause, None, bench.now)
    await ticks(
        bench, *(at(f"{day:02} {hour}:00") for day in range(2, 10) for hour in (10, 12, 18))
    )

    assert len(bench.messenger.sent) == asked
    assert (await load_user(bench.database)).paused_until is None


async def test_what_waited_when_a_pause_began_is_not_sent(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    await bench.plan(TEN)

    await do(bench.database, configuring.pause, 3, TEN)
    await bench.dispatch()

    assert bench.messenger.sent == []


@pytest.mark.parametrize(("days", "until"), [(1, "03 07:00"), (5, "07 09:00"), (7, "09 07:00")])
async def test_a_pause_of_some_days_ends_when_the_next_day_begins(
    bench: Bench, days: int, until: str
) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], weekend=("09:00", "23:00"))

    await do(bench.database, configuring.pause, days, TEN)
    assert (await load_user(bench.database)).paused_until == at(until)
    await ticks(bench, TEN + HOUR, at(until) - MINUTE)
    assert bench.messenger.cards == []
    await ticks(bench, at(until), at(until) + HOUR, at(until) + 2 * HOUR)

    assert len(bench.messenger.cards) == 1
    user = await load_user(bench.database)
    assert (user.paused_at, user.paused_until) == (None, None)


async def test_the_evening_before_a_pause_ends_one_line_says_so(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])

    await do(bench.database, configuring.pause, 3, TEN)
    await ticks(bench, *(at(f"{day:02} {hour}:00") for day in range(2, 8) for hour in (12, 20, 21)))

    assert [(each.kind, each.due_at) for each in bench.messenger.notices] == [
        ("pause-ends", at("04 20:00"))
    ]
    assert [each.at for each in bench.messenger.sent if each.what in bench.messenger.notices] == [
        at("04 20:00")
    ]


async def test_a_pause_that_began_in_its_last_evening_is_not_announced(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])

    await do(bench.database, configuring.pause, 1, at("02 20:00"))

    assert await rows_of(bench.database, notices) == []


async def test_an_endless_pause_announces_nothing(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])

    await do(bench.database, configuring.pause, None, TEN)

    assert await rows_of(bench.database, notices) == []


async def test_a_pause_made_longer_is_announced_once_at_its_new_end(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[QUIET])
    await do(both.database, configuring.pause, 3, TEN)

    await do(both.database, configuring.pause, 5, TEN + DAY)
    await ticks(both, *(at(f"{day:02} {hour:02}:00") for day in range(3, 9) for hour in (8, 20)))

    assert [each.due_at for each in both.messenger.notices] == [at("07 20:00")]
    assert [
        (row["first_day"], row["last_day"]) for row in await rows_of(both.database, pauses)
    ] == [(date(2026, 3, 2), date(2026, 3, 2)), (date(2026, 3, 3), date(2026, 3, 7))]


async def test_who_comes_back_early_is_asked_again_and_not_told_of_an_end(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await do(bench.database, configuring.pause, 5, TEN)

    await do(bench.database, configuring.resume, at("04 07:30"))
    await ticks(bench, at("04 08:00"), at("04 12:00"), at("06 20:00"))

    assert bench.messenger.notices == []
    assert bench.messenger.asked_at()[0] == at("04 08:00")


async def test_resuming_what_was_not_paused_changes_nothing(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    before = await rows_of(bench.database, users)

    await do(bench.database, configuring.resume, TEN)

    assert (await rows_of(bench.database, users), await rows_of(bench.database, pauses)) == (
        before,
        [],
    )


async def test_a_pause_of_an_hour_leaves_no_day_behind(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await do(bench.database, configuring.pause, None, TEN)

    await do(bench.database, configuring.resume, TEN + HOUR)

    assert await rows_of(bench.database, pauses) == []


async def records(database: Database, now: datetime, kind: HabitKind = QUIET) -> Any:
    user = await load_user(database)
    with database.connection() as connection:
        of_user = list_habits(connection, [7])[7]
        return records_of(connection, user, of_user, date(2026, 3, 1), date(2026, 3, 14), now).get(
            kind, {}
        )


async def test_the_days_of_a_pause_are_neutral_with_the_one_on_which_it_ends(
    both: Bench,
) -> None:
    await settle(both.database, MONDAY, habits=[QUIET])
    await both.tick(at("02 08:00"))
    await do(both.database, configuring.pause, 3, at("03 07:30"))
    await ticks(both, at("04 08:00"), at("06 07:00"), at("06 08:00"), at("07 08:00"))

    days = await records(both.database, at("08 05:00"))

    marks = {day.day: cell(record).mark for day, record in days.items()}
    assert marks == {
        2: Mark.UNANSWERED,
        **dict.fromkeys((3, 4, 5), Mark.PAUSED),
        6: Mark.NOT_DUE,
        7: Mark.UNANSWERED,
    }


async def test_the_days_of_a_pause_that_goes_on_are_neutral_already(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET])
    await do(bench.database, configuring.pause, 10, TEN)

    days = await records(bench.database, at("04 12:00"))

    assert {day.day: cell(record).mark for day, record in days.items()} == dict.fromkeys(
        (2, 3, 4), Mark.PAUSED
    )


async def test_no_digest_comes_during_a_pause_and_the_next_one_after_it(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[QUIET])
    await do(both.database, configuring.pause, 7, at("05 10:00"))

    await ticks(both, SUNDAY, SUNDAY + HOUR, at("14 12:00"))
    assert both.messenger.digests == []
    await ticks(both, at("15 17:59"), at("15 18:00"))

    assert [each.due_at for each in both.messenger.digests] == [SUNDAY + 7 * DAY]


async def test_after_a_downtime_a_pause_ends_when_it_should_have_ended(bench: Bench) -> None:
    """And what has been due since is judged like after any other downtime."""
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")
    await do(bench.database, configuring.pause, 2, TEN)

    await bench.tick(at("05 11:00"))

    assert [
        (row["first_day"], row["last_day"]) for row in await rows_of(bench.database, pauses)
    ] == [(date(2026, 3, 2), date(2026, 3, 3))]
    assert [each.check_ins[0].due_at for each in bench.messenger.cards] == [at("05 10:00")]


async def test_everybody_whose_pause_is_over_is_resumed_in_one_round(
    both: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuring, "BATCH", 2)
    for user_id in range(1, 6):
        await settle(both.database, MONDAY, user_id=user_id, habits=[QUIET])
        await do(both.database, configuring.pause, 1, TEN, user_id=user_id)

    assert await configuring.resume_due(both.database, at("03 06:59")) == 0
    assert await configuring.resume_due(both.database, at("03 07:00")) == 5

    assert {row["paused_at"] for row in await rows_of(both.database, users)} == {None}


async def test_an_unknown_zone_holds_up_nobodys_return_from_a_pause(both: Bench) -> None:
    for user_id in (6, 7, 8):
        await settle(both.database, MONDAY, user_id=user_id, habits=[QUIET])
        await do(both.database, configuring.pause, 1, TEN, user_id=user_id)
    await change(both.database, 7, zone="Mars/Olympus")

    await both.tick(at("03 08:00"))

    assert sorted(each.user_id for each in both.messenger.cards) == [6, 8]


# Applying what a digest suggested


async def suggest(
    database: Database, change: Change, kind: HabitKind, slot: time, to: time | None = None
) -> bool:
    suggestion = Suggestion(change, (await standing(database, kind)).id, kind, slot, to)
    done: bool = await do(database, configuring.apply, suggestion, MONDAY)
    return done


async def test_a_slot_is_moved_on_every_day_that_has_it(database: Database) -> None:
    await settle(database, MONDAY, habits=[WATER], slots="12345 10:00,15:00 67 11:00")

    assert await suggest(database, Change.MOVE, WATER, time(15), time(16)) is True

    assert await slots_of(database, WATER) == [["10:00", "16:00"]] * 5 + [["11:00"]] * 2


async def test_a_slot_is_left_out(database: Database) -> None:
    await settle(database, MONDAY, habits=[WATER], slots="1234567 10:00,15:00,20:00")

    assert await suggest(database, Change.DROP, WATER, time(15)) is True

    assert await slots_of(database, WATER) == [["10:00", "20:00"]] * 7


async def test_a_question_is_asked_once_more(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")

    assert await suggest(bench.database, Change.REPEAT, QUIET, time(10)) is True
    await ticks(bench, *(TEN + minutes * MINUTE for minutes in (0, 29, 30, 60, 90)))

    assert bench.messenger.asked_at() == [TEN, TEN + 30 * MINUTE]


async def test_a_habit_is_asked_about_no_more(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[QUIET], slots="1234567 10:00")

    assert await suggest(bench.database, Change.STOP, QUIET, time(10)) is True
    await ticks(bench, TEN)

    assert bench.messenger.asked_at() == []


async def test_a_slot_that_is_gone_is_not_moved(sqlite: Database) -> None:
    await settle(sqlite, MONDAY, habits=[WATER], slots="1234567 10:00")

    assert await suggest(sqlite, Change.MOVE, WATER, time(15), time(16)) is False

    assert await slots_of(sqlite, WATER) == [["10:00"]] * 7


@pytest.mark.parametrize("change", list(Change))
async def test_a_removed_habit_is_not_changed(sqlite: Database, change: Change) -> None:
    await settle(sqlite, MONDAY, habits=[WATER], slots="1234567 10:00")
    await do(sqlite, configuring.remove_habit, WATER, MONDAY)
    before = await rows_of(sqlite, reminders)

    assert await suggest(sqlite, change, WATER, time(10), time(16)) is False

    assert await rows_of(sqlite, reminders) == before


async def test_nobody_changes_another_persons_reminder(database: Database) -> None:
    await settle(database, MONDAY, habits=[WATER], slots="1234567 10:00")
    await settle(database, MONDAY, user_id=8, habits=[WATER], slots="1234567 10:00")
    mine = Suggestion(Change.MOVE, (await standing(database, WATER)).id, WATER, time(10), time(16))

    assert await do(database, configuring.apply, mine, MONDAY, user_id=8) is False

    assert {row["schedule"] for row in await rows_of(database, reminders)} == {"1234567 10:00"}


async def test_a_slot_moved_into_what_are_quiet_hours_by_now_is_refused(sqlite: Database) -> None:
    await settle(sqlite, MONDAY, habits=[WATER], slots="1234567 10:00")

    with pytest.raises(Impossible):
        await suggest(sqlite, Change.MOVE, WATER, time(10), time(23, 30))


async def test_applied_twice_it_is_done_once(database: Database) -> None:
    await settle(database, MONDAY, habits=[WATER], slots="1234567 10:00")

    assert await suggest(database, Change.MOVE, WATER, time(10), time(11)) is True
    assert await suggest(database, Change.MOVE, WATER, time(10), time(11)) is False

    assert await slots_of(database, WATER) == [["11:00"]] * 7


# Nothing is asked about a night that is none of ours


async def test_a_change_on_the_first_day_does_not_ask_about_the_night_before_they_came(
    database: Database,
) -> None:
    await settle(database, at("02 06:50"), asked_since=at("02 06:50"))

    await do(database, configuring.set_hours, EARLY, None, at("02 05:55"))

    assert await next_due(database, BED) == at("03 06:15")


async def test_after_a_pause_nobody_is_asked_about_a_night_of_it(bench: Bench) -> None:
    await settle(bench.database, at("02 06:50"))
    await do(bench.database, configuring.pause, 2, at("02 12:01"))

    await configuring.resume_due(bench.database, at("04 07:00"))

    assert await next_due(bench.database, BED) == at("05 07:15")
    assert await next_due(bench.database, WATER) == at("04 07:30")


# The goal


async def change_goal(bench: Bench, goal_ml: int) -> int:
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        habit = list_habits(connection, [7])[7][WATER]
        return configuring.set_goal(connection, user, habit, goal_ml, TEN)


async def schedule_of_water(bench: Bench) -> str:
    return str((await rows_of(bench.database, reminders))[0]["schedule"])


async def test_a_goal_that_the_questions_reach_adds_none(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER])
    before = await schedule_of_water(bench)

    assert await change_goal(bench, 1500) == 0
    assert await schedule_of_water(bench) == before


async def test_a_higher_goal_adds_questions_on_the_days_that_have_any(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[WATER], slots="12345 08:00,12:00,16:00,20:00")

    assert await change_goal(both, 1500) == 2
    assert await schedule_of_water(both) == "12345 08:00,10:00,12:00,14:00,16:00,20:00"
    (row,) = await rows_of(both.database, reminders)
    assert row["next_due_at"] == at("02 12:00")


async def test_a_goal_that_no_questions_can_reach_changes_nothing(bench: Bench) -> None:
    await settle(bench.database, MONDAY, hours=("07:00", "15:00"), habits=[WATER])
    before = await rows_of(bench.database, habits), await rows_of(bench.database, reminders)

    with pytest.raises(configuring.OutOfReach) as refusal:
        await change_goal(bench, 3500)

    assert refusal.value.needed == 14
    assert (await rows_of(bench.database, habits), await rows_of(bench.database, reminders)) == (
        before
    )


async def test_a_higher_limit_adds_no_questions(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER], slots="1234567 12:00")
    user = await load_user(bench.database)
    with bench.database.transaction() as connection:
        water = list_habits(connection, [7])[7][WATER]
        configuring.set_limit(connection, user, water, TEN, is_limit=True)
    before = await schedule_of_water(bench)

    assert await change_goal(bench, 3500) == 0
    assert await schedule_of_water(bench) == before
    with bench.database.connection() as connection:
        water = list_habits(connection, [7])[7][WATER]
        assert configuring.can_be_reached(connection, user, water)


async def test_a_lower_goal_adds_no_questions_though_they_do_not_reach_it(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER], slots="1234567 12:00")

    assert await change_goal(bench, 1000) == 0
    assert await schedule_of_water(bench) == "1234567 12:00"

"""What is due becomes a check-in, once, whatever happens to the process, the schedule, the zone
or the clock.
"""

import logging
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.engine import planning
from reminder_bot.storage.tables import check_ins, reminders, users
from tests.engine.conftest import MONDAY
from tests.support.messenger import Bench
from tests.support.people import (
    BERLIN,
    change,
    check_ins_of,
    load_user,
    move_slots,
    rows_of,
    settle,
)
from tests.support.waiting import patience
from tests.support.world import local

EVERY_DAY_AT_TEN = "1234567 10:00"
TEN = local("2026-03-02 10:00", BERLIN)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


async def next_due(bench: Bench, user_id: int = 7) -> list[datetime | None]:
    return [
        row["next_due_at"]
        for row in await rows_of(bench.database, reminders, reminders.c.user_id == user_id)
    ]


async def test_a_due_reminder_becomes_a_check_in_and_moves_on(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)

    await both.plan(TEN)

    (check_in,) = await check_ins_of(both.database)
    assert (check_in.due_at, check_in.day, check_in.slot) == (TEN, date(2026, 3, 2), time(10))
    assert (check_in.status, check_in.send_after, check_in.send_until) == (
        Status.PLANNED,
        TEN,
        TEN + timedelta(hours=2),
    )
    assert await next_due(both) == [TEN + DAY]


async def test_nothing_is_planned_before_its_time(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)

    assert await bench.plan(TEN - SECOND) == 0
    assert await check_ins_of(bench.database) == []


async def test_the_same_round_twice_plans_once(both: Bench) -> None:
    await settle(both.database, MONDAY)
    eight = local("2026-03-02 08:00", BERLIN)
    await both.plan(eight)
    planned = await check_ins_of(both.database)

    assert await both.plan(eight) == 0
    assert await check_ins_of(both.database) == planned


async def test_a_reminder_that_did_not_move_on_plans_no_second_check_in(both: Bench) -> None:
    """As it would be where the row was written by another process."""
    await settle(both.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)
    await both.plan(TEN)
    with both.database.transaction() as connection:
        connection.execute(reminders.update().values(next_due_at=TEN))

    await both.plan(TEN + SECOND)

    assert [each.due_at for each in await check_ins_of(both.database)] == [TEN]
    assert await next_due(both) == [TEN + DAY]


async def test_a_crash_before_the_commit_leaves_all_as_it_was(both: Bench) -> None:
    await settle(both.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)

    async def crash() -> None:
        with both.database.transaction() as connection:
            planning.plan_due(connection, TEN)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await crash()

    assert await check_ins_of(both.database) == []
    assert await both.plan(TEN + SECOND) == 1


@pytest.mark.parametrize(
    "away",
    [timedelta(hours=8), timedelta(days=3), timedelta(weeks=3)],
    ids=["8 h", "3 d", "3 weeks"],
)
async def test_after_a_downtime_only_the_latest_of_a_habit_is_asked_and_only_in_its_grace(
    bench: Bench, away: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """Back at 14:00: food (12:00, 4 h) is in time; water (12:30, 30 min), meditation and bedtime
    are not.
    """
    back = local("2026-03-02 14:00", BERLIN)
    await settle(bench.database, back - away)

    await bench.tick(back)

    assert [each.kinds for each in bench.messenger.cards] == [[HabitKind.PROBIOTIC]]
    rows = await check_ins_of(bench.database)
    assert len(rows) == len({each.reminder_id for each in rows}) <= 5
    assert {each.status for each in rows} <= {Status.SENT, Status.MISFIRED}
    misfires = [record for record in caplog.records if "misfired" in record.message]
    assert len(misfires) <= 2 * 5


async def test_a_downtime_leaves_the_next_times_ahead(bench: Bench) -> None:
    back = local("2026-03-23 14:00", BERLIN)
    await settle(bench.database, MONDAY)

    await bench.tick(back)

    assert all(each is not None and back < each <= back + DAY for each in await next_due(bench))


async def test_what_fell_into_a_downtime_is_one_line_a_reminder(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.HYDRATION])

    await bench.plan(local("2026-03-20 12:30", BERLIN))

    lines = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert lines == ["misfired"]
    assert " until=2026-03-20T" in caplog.text


@pytest.mark.parametrize("seconds", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("has_ticked", [True, False], ids=["after the tick", "before the tick"])
async def test_a_slot_moved_ahead_around_its_time_is_neither_lost_nor_asked_twice(
    bench: Bench, seconds: int, has_ticked: bool
) -> None:
    """Moved before it is due, only the new one is asked; from then on the old one, and the new
    one in its turn.
    """
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)
    edited_at = TEN + seconds * SECOND
    if has_ticked:
        await bench.tick(edited_at)

    await move_slots(bench.database, 7, "1234567 10:30", edited_at)
    for tick in range(-2, 4):
        if tick * SECOND + TEN >= edited_at:
            await bench.tick(TEN + tick * SECOND)
    await bench.tick(TEN + timedelta(minutes=30))
    await bench.tick(TEN + timedelta(minutes=31))

    asked = [
        each.slot for each in await check_ins_of(bench.database) if each.message_id is not None
    ]
    assert asked == ([time(10, 30)] if seconds < 0 else [time(10), time(10, 30)])
    assert len(bench.messenger.accepted) == len(asked)


@pytest.mark.parametrize("seconds", [-2, -1, 0, 1, 2])
async def test_a_slot_moved_back_and_forth_around_its_time_is_asked_once(
    bench: Bench, seconds: int
) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)
    edited_at = TEN + seconds * SECOND

    for slots in ("1234567 11:00", "1234567 09:00", EVERY_DAY_AT_TEN):
        await move_slots(bench.database, 7, slots, edited_at)
    await bench.tick(max(edited_at, TEN))
    await bench.tick(TEN + timedelta(hours=5))

    assert [each.slot for each in await check_ins_of(bench.database)] == [time(10)]
    assert len(bench.messenger.accepted) == 1


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        # West: ten comes again on the same day and is not asked again. East: today's ten has passed
        # by there.
        ("America/New_York", [(2, BERLIN), (3, "America/New_York")]),
        ("Asia/Tokyo", [(2, BERLIN), (3, "Asia/Tokyo")]),
        # Over the date line the calendar shows the day before: its ten was lived through already in
        # Berlin.
        ("Pacific/Honolulu", [(2, BERLIN), (3, "Pacific/Honolulu")]),
    ],
)
async def test_no_slot_of_a_day_is_asked_twice_because_the_zone_changed(
    bench: Bench, there: str, asked: list[tuple[int, str]]
) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)
    await bench.tick(TEN)

    await fly(bench, there, TEN + timedelta(hours=1))
    await bench.run_until(local("2026-03-03 23:00", there), every=timedelta(minutes=30))

    assert [each.day for each in await check_ins_of(bench.database)] == [
        date(2026, 3, day) for day, _ in asked
    ]
    assert bench.messenger.asked_at() == [
        local(f"2026-03-{day:02} 10:00", zone) for day, zone in asked
    ]


async def fly(bench: Bench, there: str, now: datetime) -> None:
    user = await change(bench.database, 7, zone=there)
    with bench.database.transaction() as connection:
        planning.reschedule(connection, user, now)


async def test_a_week_of_flights_asks_each_slot_of_a_day_once(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC])
    zones = [
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "Asia/Tokyo",
        "America/New_York",
        "Pacific/Apia",
        BERLIN,
    ]

    for number, zone in enumerate(zones):
        await bench.run_until(
            MONDAY + timedelta(hours=20 * (number + 1)), every=timedelta(minutes=30)
        )
        await fly(bench, zone, bench.now)

    rows = await check_ins_of(bench.database)
    slots = [(each.reminder_id, each.day, each.slot) for each in rows]
    assert len(slots) == len(set(slots)) >= 6


@pytest.mark.parametrize(
    "unusable",
    [{"zone": "Mars/Olympus"}, {"weekend_wake": time(20), "weekend_sleep": time(12)}],
    ids=["zone", "hours"],
)
async def test_who_cannot_be_planned_waits_and_all_others_go_on(
    both: Bench, caplog: pytest.LogCaptureFixture, unusable: dict[str, Any]
) -> None:
    for user_id in (7, 8, 9):
        await settle(
            both.database,
            MONDAY,
            user_id=user_id,
            habits=[HabitKind.MEDITATION],
            slots=EVERY_DAY_AT_TEN,
        )
    await change(both.database, 8, **unusable)

    await both.plan(TEN)

    assert {row["user_id"] for row in await rows_of(both.database, check_ins)} == {7, 9}
    assert await next_due(both, 8) == [TEN + timedelta(hours=1)]
    assert "user=8" in caplog.text


async def test_who_is_asked_again_once_their_zone_is_known_again(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)
    await change(bench.database, 7, zone="Mars/Olympus")
    await bench.plan(TEN)
    await change(bench.database, 7, zone=BERLIN)

    await bench.run_until(TEN + DAY, every=timedelta(hours=1))

    assert bench.messenger.asked_at()[-1] == TEN + DAY


async def test_the_weekend_has_its_own_hours(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], weekend=("09:30", "01:00"))

    for day in range(2, 9):
        for hour in ("08:00", "10:30"):
            await bench.tick(local(f"2026-03-{day:02} {hour}", BERLIN))

    assert [f"{each.day:%a} {each.slot:%H:%M}" for each in await check_ins_of(bench.database)] == [
        "Mon 08:00",
        "Tue 08:00",
        "Wed 08:00",
        "Thu 08:00",
        "Fri 08:00",
        "Sat 10:30",
        "Sun 10:30",
    ]


async def at_different_times(bench: Bench, *slots: str) -> None:
    """Give the reminders of the only user these times, one each."""
    with bench.database.transaction() as connection:
        for row, slot in zip(await rows_of(bench.database, reminders), slots, strict=True):
            of_row = reminders.c.id == row["id"]
            connection.execute(reminders.update().where(of_row).values(schedule=f"1234567 {slot}"))
        planning.reschedule(connection, await load_user(bench.database), MONDAY)


async def test_what_is_due_within_three_minutes_goes_together(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC])
    await at_different_times(bench, "10:00", "10:03")

    await bench.tick(TEN)
    await bench.tick(TEN + timedelta(minutes=3))

    assert [each.kinds for each in bench.messenger.cards] == [
        [HabitKind.MEDITATION, HabitKind.PROBIOTIC]
    ]
    assert bench.messenger.asked_at() == [TEN + timedelta(minutes=3)]


async def test_what_is_due_four_minutes_apart_goes_apart(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC])
    await at_different_times(bench, "10:00", "10:04")

    await bench.tick(TEN)
    await bench.tick(TEN + timedelta(minutes=4))

    assert bench.messenger.asked_at() == [TEN, TEN + timedelta(minutes=4)]


async def test_who_waited_for_another_habit_does_not_wait_for_a_third(bench: Bench) -> None:
    await settle(
        bench.database,
        MONDAY,
        habits=[HabitKind.MEDITATION, HabitKind.PROBIOTIC, HabitKind.HYDRATION],
    )
    await at_different_times(bench, "10:00", "10:02", "10:04")

    for minute in range(6):
        await bench.tick(TEN + timedelta(minutes=minute))

    assert bench.messenger.asked_at() == [TEN + timedelta(minutes=2), TEN + timedelta(minutes=4)]


async def test_new_zone_data_computes_every_time_ahead_anew(both: Bench) -> None:
    """As if a government had moved its clocks: the stored times ahead are an hour off and are
    put right.
    """
    for user_id in (7, 8):
        await settle(both.database, MONDAY, user_id=user_id)
    right = await next_due(both, 7)
    with both.database.transaction() as connection:
        for row in await rows_of(both.database, reminders):
            of_row = reminders.c.id == row["id"]
            connection.execute(
                reminders.update()
                .where(of_row)
                .values(next_due_at=row["next_due_at"] + timedelta(hours=1))
            )

    assert await planning.recompute(both.database, MONDAY) == 2
    assert await next_due(both, 7) == await next_due(both, 8) == right


async def test_what_is_due_when_the_zone_data_changes_is_still_asked(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[HabitKind.MEDITATION], slots=EVERY_DAY_AT_TEN)

    await planning.recompute(bench.database, TEN + timedelta(minutes=5))
    await bench.tick(TEN + timedelta(minutes=5))

    assert len(bench.messenger.accepted) == 1


async def test_an_unknown_zone_does_not_stop_the_others_times(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for user_id in (7, 8, 9):
        await settle(bench.database, MONDAY, user_id=user_id, slots=EVERY_DAY_AT_TEN)
    await change(bench.database, 8, zone="Mars/Olympus")
    with bench.database.transaction() as connection:
        connection.execute(reminders.update().values(next_due_at=MONDAY + timedelta(days=9)))

    await planning.recompute(bench.database, MONDAY)

    assert set(await next_due(bench, 9)) == {TEN}
    assert "user=8" in caplog.text


@pytest.mark.parametrize("state", ["paused_at", "unreachable_at"])
async def test_nothing_is_planned_for_those_who_are_not_asked(bench: Bench, state: str) -> None:
    await settle(bench.database, MONDAY, slots=EVERY_DAY_AT_TEN)
    await change(bench.database, 7, **{state: MONDAY})

    await bench.tick(TEN)

    assert bench.messenger.sent == []
    assert await check_ins_of(bench.database) == []
    assert set(await next_due(bench)) == {None}


@pytest.mark.parametrize("state", ["paused_at", "unreachable_at"])
async def test_no_digest_is_due_for_those_who_are_not_asked(bench: Bench, state: str) -> None:
    await settle(bench.database, MONDAY)
    user = await change(bench.database, 7, **{state: MONDAY})

    with bench.database.transaction() as connection:
        earliest = planning.reschedule(connection, user, MONDAY)

    (row,) = await rows_of(bench.database, users)
    assert (earliest, row["next_digest_at"]) == (None, None)


async def test_nobody_is_asked_how_they_slept_before_they_came(bench: Bench) -> None:
    user = await settle(
        bench.database, MONDAY, habits=[HabitKind.BEDTIME], asked_since=MONDAY + timedelta(hours=4)
    )
    with bench.database.transaction() as connection:
        planning.reschedule(connection, user, MONDAY + timedelta(hours=5))

    rows = {row["role"]: row["next_due_at"] for row in await rows_of(bench.database, reminders)}

    assert rows[Role.QUESTION] == local("2026-03-03 07:15", BERLIN)
    assert rows[Role.WIND_DOWN] == local("2026-03-02 22:15", BERLIN)


async def test_more_than_a_batch_is_planned_in_one_round(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "BATCH", 4)
    for user_id in range(1, 11):
        await settle(
            bench.database,
            MONDAY,
            user_id=user_id,
            habits=[HabitKind.MEDITATION],
            slots=EVERY_DAY_AT_TEN,
        )

    assert await bench.plan(TEN) == 10


async def test_a_repeat_comes_once_after_a_prompt_that_nobody_answered(bench: Bench) -> None:
    await settle(bench.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])

    await bench.run_until(local("2026-03-03 06:00", BERLIN))

    wind_down = [local("2026-03-02 22:15", BERLIN), local("2026-03-02 22:35", BERLIN)]
    assert bench.messenger.asked_at() == wind_down


async def test_a_prompt_that_went_out_late_is_repeated_twenty_minutes_after_it_went_out(
    bench: Bench,
) -> None:
    await settle(bench.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])

    for minute in (36, 37, 40, 50, 56, 58):
        await bench.tick(local(f"2026-03-02 22:{minute}", BERLIN))

    assert bench.messenger.asked_at() == [
        local("2026-03-02 22:36", BERLIN),
        local("2026-03-02 22:56", BERLIN),
    ]


async def test_a_repeat_that_would_fall_into_quiet_hours_never_comes(bench: Bench) -> None:
    await settle(bench.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])

    for minute in (45, 58):
        await bench.tick(local(f"2026-03-02 22:{minute}", BERLIN))
    await bench.run_until(local("2026-03-03 06:00", BERLIN))

    assert bench.messenger.asked_at() == [local("2026-03-02 22:45", BERLIN)]


async def test_repeats_are_committed_before_what_is_due_leaves(both: Bench) -> None:
    """Else the one who sends waits for SQLite's only writer, which is held by the one who plans."""
    await settle(both.database, local("2026-03-02 20:00", BERLIN), habits=[HabitKind.BEDTIME])
    await both.tick(local("2026-03-02 22:15", BERLIN))
    both.clock.at = local("2026-03-02 22:35", BERLIN)

    statuses = []
    async for _ in planning.plan_in_batches(both.database, both.now):
        statuses += [each.status for each in await check_ins_of(both.database)]
        async with patience("what is due to leave"):
            await both.dispatch()

    assert statuses == [Status.PLANNED]
    assert len(both.messenger.cards) == 2


# More than the rate sends within a minute


async def crowd(
    bench: Bench, people: int, habits: Sequence[HabitKind] = (HabitKind.MEDITATION,)
) -> None:
    for user_id in range(1001, 1001 + people):
        await settle(bench.database, MONDAY, user_id=user_id, habits=habits, slots=EVERY_DAY_AT_TEN)


async def offsets(bench: Bench, on: datetime = TEN) -> dict[int, timedelta]:
    """How long after its time each person's check-in of that instant may leave."""
    rows = await rows_of(bench.database, check_ins, check_ins.c.due_at == on)
    return {row["user_id"]: row["send_after"] - row["due_at"] for row in rows}


async def plan_all(bench: Bench, now: datetime, *, rate: int) -> None:
    bench.clock.at = now
    await planning.plan(bench.database, now, rate=rate)


@pytest.mark.parametrize("people", [1, 60])
async def test_what_the_rate_sends_within_the_minute_leaves_at_its_time(
    bench: Bench, people: int
) -> None:
    await crowd(bench, people)

    await plan_all(bench, TEN, rate=1)

    assert set((await offsets(bench)).values()) == {timedelta(0)}


async def test_what_is_more_leaves_evenly_over_as_long_as_it_takes(bench: Bench) -> None:
    await crowd(bench, 80)

    await plan_all(bench, TEN, rate=1)

    places = sorted((await offsets(bench)).values())
    assert len(places) == 80
    assert places[0] < 5 * SECOND
    assert 60 * SECOND < places[-1] < 80 * SECOND
    assert max(later - earlier for earlier, later in pairwise(places)) < 5 * SECOND


async def test_everybody_has_the_same_place_every_day(bench: Bench) -> None:
    await crowd(bench, 61)
    await plan_all(bench, TEN, rate=1)
    await bench.dispatch(TEN + timedelta(minutes=2))

    await plan_all(bench, TEN + DAY, rate=1)

    assert await offsets(bench) == await offsets(bench, TEN + DAY)


async def test_however_it_is_cut_into_batches_the_places_are_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowd(bench, 61)
    await plan_all(bench, TEN, rate=1)
    whole = await offsets(bench)
    monkeypatch.setattr(planning, "BATCH", 7)

    await plan_all(bench, TEN + DAY, rate=1)

    assert await offsets(bench, TEN + DAY) == whole


async def test_what_one_person_is_asked_at_one_time_stays_one_card(bench: Bench) -> None:
    """Their graces differ: water is asked for half an hour, quiet minutes for two hours."""
    await crowd(bench, 20, [HabitKind.HYDRATION, HabitKind.MEDITATION])
    with bench.database.transaction() as connection:
        planning.plan_due(connection, TEN, window=timedelta(hours=1))

    for minute in range(60):
        await bench.dispatch(TEN + timedelta(minutes=minute))

    assert len(bench.messenger.cards) == 20
    assert {len(card.check_ins) for card in bench.messenger.cards} == {2}


@pytest.mark.parametrize("kind", [HabitKind.HYDRATION, HabitKind.MEDITATION])
async def test_nobody_is_given_a_place_at_which_it_is_too_late(
    bench: Bench, kind: HabitKind
) -> None:
    """Else it would be the same people every day who are never asked."""
    await crowd(bench, 60, [kind])

    with bench.database.transaction() as connection:
        planning.plan_due(connection, TEN, window=timedelta(hours=3))

    rows = await rows_of(bench.database, check_ins)
    grace = rows[0]["send_until"] - TEN
    places = sorted(row["send_after"] - TEN for row in rows)
    assert places[-1] < grace
    assert places[-1] > 0.8 * grace


async def test_what_waits_for_one_a_little_later_has_no_place_of_its_own(bench: Bench) -> None:
    await crowd(bench, 61)
    soon = TEN + timedelta(minutes=2)
    await settle(bench.database, MONDAY, user_id=7)
    with bench.database.transaction() as connection:
        of_ana = reminders.c.user_id == 7
        connection.execute(
            reminders.update().where(of_ana).values(schedule="1234567 10:02", next_due_at=soon)
        )
        first = (await rows_of(bench.database, reminders, of_ana))[0]["id"]
        connection.execute(
            reminders.update()
            .where(reminders.c.id == first)
            .values(schedule=EVERY_DAY_AT_TEN, next_due_at=TEN)
        )

    await plan_all(bench, TEN, rate=1)

    assert (await offsets(bench))[7] == timedelta(minutes=2)


@pytest.mark.parametrize("batch", [3, 4, 5, 8])
async def test_who_stands_at_a_batchs_edge_gets_one_card(
    both: Bench, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Each batch leaves as soon as it is planned; it holds more than one person's."""
    await crowd(both, 4, [HabitKind.HYDRATION, HabitKind.MEDITATION, HabitKind.PROBIOTIC])
    monkeypatch.setattr(planning, "BATCH", batch)
    both.clock.at = TEN

    planned = 0
    async for of_batch in planning.plan_in_batches(both.database, TEN):
        planned += of_batch
        await both.dispatch()

    assert planned == 12
    assert [len(card.check_ins) for card in both.messenger.cards] == [3] * 4

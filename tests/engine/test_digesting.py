"""One user's week, once: right figures, one fact, whatever happened to the clock, the zone or
the process.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from reminder_bot.content import facts
from reminder_bot.domain.check_in import CheckIn, Later, Reply, Status
from reminder_bot.domain.digest import Figures
from reminder_bot.domain.fact import fitting
from reminder_bot.domain.habit import HabitKind
from reminder_bot.engine import digesting, entries, planning, replying
from reminder_bot.storage.entries import insert_entry
from reminder_bot.storage.tables import check_ins, digests, habits, reminders, users
from tests.engine.conftest import MONDAY
from tests.support.messenger import AMBIGUOUS, Bench
from tests.support.people import BERLIN, change, check_ins_of, load_user, rows_of, settle
from tests.support.world import local

WATER, FOOD, QUIET, BED = (
    HabitKind.HYDRATION,
    HabitKind.PROBIOTIC,
    HabitKind.MEDITATION,
    HabitKind.BEDTIME,
)
# Sunday 8 March 2026; its digest covers Sunday 1 to Saturday 7.
SUNDAY = local("2026-03-08 18:00", BERLIN)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)


def figures_of(figures: Figures) -> dict[HabitKind, tuple[int, int, int, int]]:
    """Kept and due, this week and last."""
    return {
        each.kind: (each.this.kept, each.this.due, each.last.kept, each.last.due)
        for each in figures.habits
    }


async def reply(bench: Bench, check_in: CheckIn, given: Reply, at: datetime | None = None) -> None:
    with bench.database.transaction() as connection:
        user = await load_user(bench.database, check_in.user_id)
        replying.reply(connection, user, check_in, given, at or bench.now)


async def live(
    bench: Bench, days: Sequence[tuple[str, dict[HabitKind, str]]], zone: str = BERLIN
) -> None:
    """Days of a life: for each habit a letter an ask: y yes, n no, s skipped, . silence, x the
    bot was away.
    """
    for day, story in days:
        asks = {kind: iter(letters) for kind, letters in story.items()}
        known = {each.id for each in await check_ins_of(bench.database)}
        for hour in ("07:30", "08:00", "10:00", "12:00", "12:30", "15:00", "17:30", "20:00"):
            if bench.now >= local(f"{day} {hour}", zone):
                continue
            await bench.plan(local(f"{day} {hour}", zone))
            for each in await check_ins_of(bench.database):
                if each.id in known or each.status is not Status.PLANNED:
                    continue
                known.add(each.id)
                letter = next(asks.get(each.kind, iter("")), ".")
                if letter == "x":
                    with bench.database.transaction() as connection:
                        connection.execute(
                            check_ins.update()
                            .where(check_ins.c.id == each.id)
                            .values(status=Status.MISFIRED)
                        )
                    continue
                await bench.dispatch()
                if letter != ".":
                    given = {"y": Reply.YES, "n": Reply.NO, "s": Reply.SKIPPED}[letter]
                    await reply(bench, each, given)


async def test_the_figures_are_those_of_a_week_done_with_pen_and_paper(both: Bench) -> None:
    """Water: 6 glasses are asked a day and 5 make the goal. Bedtime of a day is answered the next
    morning.

    Each answer is followed by what it means for the day: kept, due (missed), or neutral.

    |       | water             | food         | quiet         | bed, told the next morning
    | Sun 1 | not asked before Monday          |               | yes, on Monday: kept
    | Mon 2 | 6 yes: kept       | yes: kept    | yes: kept     | yes: kept
    | Tue 3 | 4 yes, 2 no: due  | no: due      | yes: kept     | no: due
    | Wed 4 | silence: due      | skip: neutral| yes: kept     | silence: due
    | Thu 5 | bot away: neutral | yes: kept    | no: due       | bot away: neutral
    | Fri 6 | 6 yes: kept       | yes: kept    | yes: kept     | yes: kept
    | Sat 7 | skip: neutral     | no: due      | silence: due  | yes, on Sunday: kept
    |       | 2 of 4            | 3 of 5       | 4 of 6        | 4 of 6
    """
    await settle(both.database, MONDAY)
    await live(
        both,
        [
            ("2026-03-02", {BED: "y", WATER: "yyyyyy", FOOD: "y", QUIET: "y"}),
            ("2026-03-03", {BED: "y", WATER: "yynnyy", FOOD: "n", QUIET: "y"}),
            ("2026-03-04", {BED: "n", WATER: "......", FOOD: "s", QUIET: "y"}),
            ("2026-03-05", {BED: ".", WATER: "xxxxxx", FOOD: "y", QUIET: "n"}),
            ("2026-03-06", {BED: "x", WATER: "yyyyyy", FOOD: "y", QUIET: "y"}),
            ("2026-03-07", {BED: "y", WATER: "s", FOOD: "n", QUIET: "."}),
            ("2026-03-08", {BED: "y"}),
        ],
    )

    await both.tick(SUNDAY)

    (digest,) = both.messenger.digests
    assert figures_of(digest.figures) == {
        WATER: (2, 4, 0, 0),
        FOOD: (3, 5, 0, 0),
        QUIET: (4, 6, 0, 0),
        BED: (4, 6, 0, 0),
    }
    assert digest.last_day == date(2026, 3, 7)
    # Friday and Monday both kept all four.
    assert digest.figures.best_day is None


async def meditate(
    bench: Bench, days: Sequence[str], given: Reply = Reply.YES, zone: str = BERLIN
) -> None:
    """Be asked at ten on these days and say so."""
    for day in days:
        await bench.tick(local(f"{day} 10:00", zone))
        await reply(bench, (await check_ins_of(bench.database))[-1], given)


async def one_habit(bench: Bench, since: datetime = MONDAY, zone: str = BERLIN) -> None:
    await settle(bench.database, since, zone=zone, habits=[QUIET], slots="1234567 10:00")


async def test_last_week_stands_beside_this_one(bench: Bench) -> None:
    await one_habit(bench)
    await meditate(bench, [f"2026-03-{day:02}" for day in range(2, 6)])
    await bench.tick(SUNDAY)
    await meditate(bench, [f"2026-03-{day:02}" for day in range(9, 15)])

    await bench.tick(SUNDAY + WEEK)

    assert [figures_of(each.figures)[QUIET] for each in bench.messenger.digests] == [
        (4, 4, 0, 0),
        (6, 6, 4, 4),
    ]


async def test_a_week_with_a_clock_change_has_seven_days_and_comes_at_six_by_the_clock(
    bench: Bench,
) -> None:
    """Clocks go forward on Sunday 29 March and back on Sunday 25 October 2026 in Berlin."""
    await one_habit(bench, local("2026-03-22 05:00", BERLIN))
    await meditate(bench, [f"2026-03-{day}" for day in range(22, 29)])
    await bench.tick(local("2026-03-29 17:59", BERLIN))
    before = len(bench.messenger.digests)

    await bench.tick(local("2026-03-29 18:00", BERLIN))

    assert local("2026-03-29 18:00", BERLIN) - local("2026-03-22 18:00", BERLIN) == WEEK - HOUR
    assert figures_of(bench.messenger.digests[before].figures)[QUIET][:2] == (7, 7)


async def test_a_week_over_the_end_of_a_year_with_53_weeks(bench: Bench) -> None:
    """2026 has 53 ISO weeks; the digest of Sunday 3 January 2027 covers 27 December to 2
    January.
    """
    await one_habit(bench, local("2026-12-27 05:00", BERLIN))
    await meditate(bench, ["2026-12-27", "2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"])

    await bench.tick(local("2027-01-03 18:00", BERLIN))

    digest = bench.messenger.digests[-1]
    assert (date(2026, 12, 31).isocalendar().week, digest.last_day) == (53, date(2027, 1, 2))
    assert figures_of(digest.figures)[QUIET][:2] == (5, 5)


async def test_a_zone_changed_within_the_week_counts_each_day_once(bench: Bench) -> None:
    await one_habit(bench)
    await meditate(bench, ["2026-03-02", "2026-03-03", "2026-03-04"])
    user = await change(bench.database, 7, zone="Asia/Tokyo")
    with bench.database.transaction() as connection:
        planning.reschedule(connection, user, bench.now)
    await meditate(bench, ["2026-03-05", "2026-03-06", "2026-03-07"], zone="Asia/Tokyo")

    await bench.tick(local("2026-03-08 18:00", "Asia/Tokyo"))

    (digest,) = bench.messenger.digests
    assert digest.last_day == date(2026, 3, 7)
    assert figures_of(digest.figures)[QUIET][:2] == (6, 6)


async def test_a_digest_comes_once_however_often_it_is_planned(both: Bench) -> None:
    await one_habit(both)
    await both.tick(SUNDAY)
    with both.database.transaction() as connection:
        connection.execute(users.update().values(next_digest_at=SUNDAY))

    for _ in range(3):
        await both.tick()

    assert len(both.messenger.digests) == len(await rows_of(both.database, digests)) == 1


@pytest.mark.parametrize(
    ("began", "first", "begins_on"),
    [
        ("2026-03-04 03:00", "2026-03-08", date(2026, 3, 3)),  # it is Tuesday until four
        ("2026-03-04 05:00", "2026-03-08", date(2026, 3, 4)),
        ("2026-03-05 03:59", "2026-03-08", date(2026, 3, 4)),
        ("2026-03-05 04:00", "2026-03-15", date(2026, 3, 8)),
        ("2026-03-08 12:00", "2026-03-15", date(2026, 3, 8)),
    ],
)
async def test_the_first_digest_comes_after_three_whole_days_and_names_no_day_before(
    bench: Bench, began: str, first: str, begins_on: date
) -> None:
    began_at = local(began, BERLIN)
    await one_habit(bench, began_at)
    bench.clock.at = began_at
    due_at = (await rows_of(bench.database, users))[0]["next_digest_at"]

    for sunday in (SUNDAY, SUNDAY + WEEK):
        await bench.tick(sunday)

    assert due_at == local(f"{first} 18:00", BERLIN)
    digest = bench.messenger.digests[0]
    assert (digest.due_at, digest.begins_on) == (due_at, begins_on)


async def test_a_digest_that_an_older_release_planned_too_early_does_not_come(
    bench: Bench,
) -> None:
    await one_habit(bench, local("2026-03-06 05:00", BERLIN))
    with bench.database.transaction() as connection:
        connection.execute(users.update().values(next_digest_at=SUNDAY))

    await bench.tick(SUNDAY)

    assert bench.messenger.digests == []
    assert (await rows_of(bench.database, users))[0]["next_digest_at"] == SUNDAY + WEEK


async def test_two_digests_are_never_within_five_days(bench: Bench) -> None:
    """Moved from Sunday to Wednesday: the first Wednesday is three days away and is left out."""
    await one_habit(bench)
    await bench.tick(SUNDAY)
    user = await change(bench.database, 7, digest_weekday=3)
    with bench.database.transaction() as connection:
        planning.reschedule(connection, user, bench.now)

    await bench.run_until(SUNDAY + 2 * WEEK, every=timedelta(hours=6))

    assert [each.due_at for each in bench.messenger.digests] == [
        SUNDAY,
        local("2026-03-18 18:00", BERLIN),
    ]


async def test_five_days_are_enough_between_two_digests(bench: Bench) -> None:
    await one_habit(bench)
    await bench.tick(SUNDAY)
    user = await change(bench.database, 7, digest_weekday=5)
    with bench.database.transaction() as connection:
        planning.reschedule(connection, user, bench.now)

    await bench.run_until(SUNDAY + WEEK, every=timedelta(hours=6))

    assert bench.messenger.digests[-1].due_at == local("2026-03-13 18:00", BERLIN)


@pytest.mark.parametrize(
    ("late", "is_told"), [(timedelta(days=2) - HOUR, True), (timedelta(days=2), False)]
)
async def test_a_digest_may_be_two_days_late(bench: Bench, late: timedelta, is_told: bool) -> None:
    await one_habit(bench)
    await bench.tick(MONDAY + HOUR)

    await bench.run_until(SUNDAY + late, every=timedelta(days=30))

    assert bool(bench.messenger.digests) is is_told
    assert (await rows_of(bench.database, users))[0]["next_digest_at"] == SUNDAY + WEEK


async def test_after_three_weeks_of_downtime_only_the_latest_digest_comes(bench: Bench) -> None:
    await one_habit(bench)

    await bench.tick(SUNDAY + 2 * WEEK + 17 * HOUR)

    assert [each.due_at for each in bench.messenger.digests] == [SUNDAY + 2 * WEEK]


async def test_a_digest_waits_for_the_end_of_quiet_hours(bench: Bench) -> None:
    """Six in the evening is night for who works at night."""
    await settle(bench.database, MONDAY, hours=("21:00", "12:00"), habits=[QUIET])

    await bench.tick(SUNDAY)
    assert bench.messenger.digests == []
    await bench.tick(local("2026-03-08 21:00", BERLIN))

    assert len(bench.messenger.digests) == 1


async def test_an_empty_week_is_told_with_a_fact(bench: Bench) -> None:
    await one_habit(bench)
    await bench.run_until(SUNDAY, every=timedelta(hours=5))

    (digest,) = bench.messenger.digests

    assert (digest.figures.answers, digest.figures.best_day) == (0, None)
    assert digest.fact_id in {fact.id for fact in facts()}


async def test_a_later_correction_does_not_change_a_digest(both: Bench) -> None:
    await one_habit(both)
    await meditate(both, ["2026-03-02", "2026-03-03"])
    await both.tick(local("2026-03-04 10:00", BERLIN))
    await both.tick(SUNDAY)
    before = (await rows_of(both.database, digests))[0]["figures"]

    await reply(both, (await check_ins_of(both.database))[2], Reply.YES)
    await both.tick(SUNDAY + HOUR)

    assert (await rows_of(both.database, digests))[0]["figures"] == before
    assert figures_of(both.messenger.digests[0].figures)[QUIET][:2] == (2, 3)


async def test_a_digest_whose_answer_was_lost_comes_once_more_with_the_same_fact(
    bench: Bench,
) -> None:
    await one_habit(bench)
    bench.messenger.script.append(AMBIGUOUS)
    await bench.tick(SUNDAY)

    for hour in range(1, 4):
        bench.messenger.answered_at = bench.now
        await bench.tick(SUNDAY + hour * HOUR)

    assert len(bench.messenger.digests) == 2
    assert len({each.fact_id for each in bench.messenger.digests}) == 1


async def test_digests_are_planned_in_batches_so_that_the_first_are_sent_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digesting, "BATCH", 2)
    for user_id in range(1, 6):
        await settle(bench.database, MONDAY, user_id=user_id, habits=[QUIET])

    sent = []
    async for planned in digesting.plan_in_batches(bench.database, SUNDAY):
        await bench.dispatch(SUNDAY)
        sent.append((planned, len(bench.messenger.digests)))

    assert sent == [(2, 2), (2, 4), (1, 5)]


# The fact


async def tell(bench: Bench, weeks: int) -> list[str]:
    """Digests of so many weeks in a row; the facts that were told."""
    for week in range(weeks):
        async for _ in digesting.plan_in_batches(bench.database, SUNDAY + week * WEEK):
            pass
        await bench.dispatch(SUNDAY + week * WEEK)
    return [each.fact_id for each in bench.messenger.digests]


async def test_no_fact_repeats_before_all_that_fit_were_told_and_none_about_infants_is(
    bench: Bench,
) -> None:
    """Who did not ask for those is never told them, not when all others were told either."""
    await one_habit(bench)
    for_adults = {fact.id for fact in fitting(facts())}
    assert len(for_adults) < len(facts()), "the content has some about infants, or this shows less"

    told = await tell(bench, len(for_adults) + 25)

    assert set(told[: len(for_adults)]) == set(told) == for_adults
    assert told[len(for_adults)] != told[len(for_adults) - 1]


async def test_a_week_with_little_water_prefers_a_fact_about_water(bench: Bench) -> None:
    """In every second digest, and after those about the link of gut and skin."""
    await settle(bench.database, MONDAY, habits=[WATER, QUIET])
    (quiet,) = [row for row in await rows_of(bench.database, habits) if row["kind"] == QUIET]
    await tell(bench, 5)
    for back in range(7, 0, -1):
        day = SUNDAY + 5 * WEEK - back * timedelta(days=1)
        for hour in ("07:30", "10:00", "12:30", "15:00", "17:30", "20:00"):
            await bench.tick(local(f"{day:%Y-%m-%d} {hour}", BERLIN))
        with bench.database.transaction() as connection:
            insert_entry(connection, 7, quiet["id"], day.date(), 5, bench.now, None)

    told = await tell_again(bench, SUNDAY + 5 * WEEK)

    topics = {fact.id: fact.topic for fact in facts()}
    assert topics[told] == "hydration"


async def tell_again(bench: Bench, at: datetime) -> str:
    """The fact of one more digest."""
    async for _ in digesting.plan_in_batches(bench.database, at):
        pass
    await bench.dispatch(at)
    return bench.messenger.digests[-1].fact_id


async def test_a_fact_that_was_planned_but_never_sent_was_not_told(bench: Bench) -> None:
    await one_habit(bench)
    async for _ in digesting.plan_in_batches(bench.database, SUNDAY):
        pass
    (missed,) = await rows_of(bench.database, digests)
    await bench.dispatch(SUNDAY + 3 * timedelta(days=1))  # its grace is over

    async for _ in digesting.plan_in_batches(bench.database, SUNDAY + WEEK):
        pass

    assert [row["fact_id"] for row in await rows_of(bench.database, digests)] == [
        missed["fact_id"],
        missed["fact_id"],
    ]


async def test_who_has_lowered_the_goal_is_never_told_to_drink_more(bench: Bench) -> None:
    await settle(bench.database, MONDAY, habits=[WATER])
    with bench.database.transaction() as connection:
        connection.execute(update(habits).values(goal_ml=750))
    to_drink_more = {fact.id for fact in facts() if fact.says_drink_more}

    told = await tell(bench, len(fitting(facts(), drinks_less=True)) + 3)

    assert not to_drink_more & {*told}


async def test_topics_that_somebody_left_out_are_never_told(bench: Bench) -> None:
    await one_habit(bench)
    all_but_two = {fact.topic for fact in facts()} - {"hydration", "sleep"}
    await change(bench.database, 7, unwanted_topics=" ".join(all_but_two))
    left = {fact.id for fact in fitting(facts(), unwanted_topics=frozenset(all_but_two))}

    told = await tell(bench, len(left) + 2)

    assert set(told) == left


async def test_facts_about_infants_are_told_to_who_asked_for_them(bench: Bench) -> None:
    await one_habit(bench)
    topic = next(fact.topic for fact in facts() if fact.is_about_infants)
    unwanted = " ".join({fact.topic for fact in facts()} - {topic})
    await change(bench.database, 7, wants_infants=True, unwanted_topics=unwanted)
    of_topic = {fact.id for fact in fitting(facts(), wants_infants=True) if fact.topic == topic}

    assert set(await tell(bench, len(of_topic))) == of_topic


# The suggestion


async def late_week(bench: Bench) -> None:
    """Answered an hour late, day after day."""
    await one_habit(bench)
    for day in range(2, 8):
        await bench.tick(local(f"2026-03-{day:02} 10:00", BERLIN))
        await reply(bench, (await check_ins_of(bench.database))[-1], Reply.YES, bench.now + HOUR)


async def test_a_digest_suggests_what_the_week_speaks_for(both: Bench) -> None:
    await late_week(both)

    await both.tick(SUNDAY)

    (digest,) = both.messenger.digests
    assert digest.suggestion is not None
    assert digest.suggestion.format().split()[::2] == ["move", "meditation", "1100"]


async def test_the_answer_to_a_late_bot_is_not_late(bench: Bench) -> None:
    """It asks an hour late, and the answer comes ten minutes after the question."""
    await one_habit(bench)
    for day in range(2, 8):
        await bench.tick(local(f"2026-03-{day:02} 11:00", BERLIN))
        answered_at = bench.now + timedelta(minutes=10)
        await reply(bench, (await check_ins_of(bench.database))[-1], Reply.YES, answered_at)

    await bench.tick(SUNDAY)

    assert bench.messenger.digests[0].suggestion is None


async def test_a_wait_counts_from_the_first_time_that_a_question_arrived(bench: Bench) -> None:
    await one_habit(bench)
    for day in range(2, 8):
        await bench.tick(local(f"2026-03-{day:02} 10:00", BERLIN))
        check_in = (await check_ins_of(bench.database))[-1]
        user = await load_user(bench.database)
        with bench.database.transaction() as connection:
            replying.snooze(connection, user, check_in, Later.HOUR, bench.now)
        await bench.tick(bench.now + HOUR)
        await reply(bench, (await check_ins_of(bench.database))[-1], Reply.YES)

    await bench.tick(SUNDAY)

    suggestion = bench.messenger.digests[0].suggestion
    assert suggestion is not None
    assert suggestion.format().split()[::2] == ["move", "meditation", "1100"]


@pytest.mark.parametrize("given", [Reply.YES, Reply.NO])
async def test_what_was_entered_on_the_day_s_card_makes_no_suggestion(
    bench: Bench, given: Reply
) -> None:
    await one_habit(bench)
    for day in range(2, 8):
        await bench.tick(local(f"2026-03-{day:02} 10:00", BERLIN))
        user, now = await load_user(bench.database), bench.now + HOUR
        with bench.database.transaction() as connection:
            (row,) = entries.rows_of(connection, user, date(2026, 3, day), now)
            entries.record_answer(connection, user, row, date(2026, 3, day), given, now)

    await bench.tick(SUNDAY)

    assert bench.messenger.digests[0].figures.answers == 6
    assert bench.messenger.digests[0].suggestion is None


async def test_what_was_changed_meanwhile_is_not_suggested(bench: Bench) -> None:
    await late_week(bench)
    with bench.database.transaction() as connection:
        connection.execute(reminders.update().values(schedule="1234567 11:00"))

    await bench.tick(SUNDAY)

    assert bench.messenger.digests[0].suggestion is None


async def test_a_week_without_an_answer_is_told_without_a_suggestion(bench: Bench) -> None:
    await one_habit(bench)
    for day in range(2, 9):
        await bench.tick(local(f"2026-03-{day:02} 10:00", BERLIN))

    await bench.tick(SUNDAY)

    assert bench.messenger.digests[0].suggestion is None


# Whoever cannot be told


@pytest.mark.parametrize("state", ["paused_at", "unreachable_at"])
async def test_who_is_not_asked_gets_no_digest(bench: Bench, state: str) -> None:
    await one_habit(bench)
    await change(bench.database, 7, **{state: MONDAY})

    await bench.tick(SUNDAY)

    assert bench.messenger.digests == []


async def test_an_unknown_zone_holds_up_nobodys_digest(
    both: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    for user_id in (6, 7, 8):
        await settle(both.database, MONDAY, user_id=user_id, habits=[QUIET])
    await change(both.database, 7, zone="Mars/Olympus")

    await both.tick(SUNDAY)

    assert sorted(each.user_id for each in both.messenger.digests) == [6, 8]
    assert "digest_not_planned user=7" in caplog.text
    (row,) = await rows_of(both.database, users, users.c.id == 7)
    assert row["next_digest_at"] == SUNDAY + HOUR, "it is tried again in an hour"


async def test_a_zone_that_is_known_again_brings_the_digest_that_waited(bench: Bench) -> None:
    await one_habit(bench)
    await change(bench.database, 7, zone="Mars/Olympus")
    await bench.tick(SUNDAY)

    await change(bench.database, 7, zone=BERLIN)
    await bench.tick(SUNDAY + HOUR)

    assert [each.due_at for each in bench.messenger.digests] == [SUNDAY]
    assert (await rows_of(bench.database, users))[0]["next_digest_at"] == SUNDAY + WEEK

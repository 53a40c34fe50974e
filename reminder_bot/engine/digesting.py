"""Planning the weekly digest: the figures of its week and one fact, stored when it is planned.

After a downtime only the latest digest is planned, and only within its grace. Two digests are never
less than five days apart. The dispatcher sends them, as it sends check-ins.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta

from reminder_bot.content import facts
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.digest import (
    GRACE,
    Figures,
    figures,
    is_too_early,
    latest_digest_due,
    next_digest_due,
)
from reminder_bot.domain.fact import choose, fitting
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.suggestion import Suggestion, suggest
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.configuring import weekday_slots
from reminder_bot.engine.counting import records_of
from reminder_bot.engine.planning import default_goal
from reminder_bot.storage import check_ins, digests, habits, reminders, terms
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.users import update_user

__all__ = ["plan_in_batches"]

log = logging.getLogger(__name__)

# Digests in a transaction. On SQLite taps wait for its end. With 1,000 digests due, one tap in a
# hundred waited 0.27 s when this was 100, and 0.08 s now.
BATCH = 20


async def plan_in_batches(database: Database, now: datetime) -> AsyncIterator[int]:
    """Plan the digests due by `now`. Yields how many each transaction planned, so that the caller
    can dispatch them between two batches.
    """
    next_at = await database.read(digests.find_next_digest_at)
    if next_at is None or next_at > now:
        return
    due = BATCH
    while due >= BATCH:  # a smaller batch was the last one
        due, planned = await database.write(_plan_batch, now)
        yield planned


def _plan_batch(connection: Connection, now: datetime) -> tuple[int, int]:
    """Plan one batch; returns (users whose digest was due, digests planned)."""
    due = digests.list_users_due(connection, now, BATCH)
    return len(due), sum(_plan_one(connection, user, due_at, now) for user, due_at in due)


def _plan_one(connection: Connection, user: User, due_at: datetime, now: datetime) -> bool:
    if not user.is_asked:
        update_user(connection, user.id, next_digest_at=None)
        return False
    try:
        latest = latest_digest_due(user, now)
        hours = user.hours
    except (ValueError, KeyError, OSError) as error:
        log.error(
            "digest_not_planned",
            extra={"user": user.id, "error": error, "retry_after": UNREADABLE_RETRY},
        )
        update_user(connection, user.id, next_digest_at=now + UNREADABLE_RETRY)
        return False
    last_due_at = digests.find_last_due(connection, user.id)
    # Computed anew, because after an unknown zone the stored instant is only that of the retry.
    due_at = latest.due_at if latest is not None else due_at
    is_planned = False
    if (
        now < due_at + GRACE
        and next_digest_due(user, due_at - timedelta(microseconds=1), last_due_at).due_at == due_at
    ):
        last_day = hours.day_of(due_at) - ONE_DAY
        is_planned = _insert(connection, user, last_day, due_at, now)
        last_due_at = due_at
    else:
        log.warning("misfired", extra={"user": user.id, "digest_due_at": due_at})
    update_user(connection, user.id, next_digest_at=next_digest_due(user, now, last_due_at).due_at)
    return is_planned


def _insert(
    connection: Connection, user: User, last_day: date, due_at: datetime, now: datetime
) -> bool:
    began_on = terms.load_terms(connection, user.id).first_day
    if began_on is not None and is_too_early(began_on, last_day):
        return False  # the stored due time is that of an older release
    of_user = habits.list_habits(connection, [user.id]).get(user.id, {})
    # Two weeks, because the digest compares its week with the one before.
    records = records_of(connection, user, of_user, last_day - 13 * ONE_DAY, last_day, now)
    first_day = last_day - 6 * ONE_DAY
    covered_until = digests.find_last_day(connection, user.id)
    if covered_until is not None and covered_until >= last_day:
        return False
    if covered_until is not None and covered_until >= first_day:
        # The digest's weekday was changed: days that the last digest covers do not count twice.
        first_day = covered_until + ONE_DAY
    if began_on is not None:
        first_day = max(first_day, began_on)
    week = figures(of_user, records, last_day, first_day)
    fits = fitting(
        facts(),
        wants_infants=user.wants_infants,
        unwanted_topics=user.unwanted_topics,
        drinks_less=_drinks_less(user, of_user),
    )
    told = digests.list_told_facts(connection, user.id)
    fact = choose(fits, told, _preferred(week), seed=user.id)
    suggestion = _suggestion(connection, user, first_day, last_day) if week.answers else None
    return digests.insert_digest(
        connection,
        user_id=user.id,
        first_day=first_day,
        last_day=last_day,
        due_at=due_at,
        send_until=due_at + GRACE,
        fact_id=fact.id,
        figures=week,
        suggestion=suggestion,
    )


def _suggestion(
    connection: Connection, user: User, first_day: date, last_day: date
) -> Suggestion | None:
    of_user = reminders.list_reminders(connection, [user.id])
    slots = {each.id: weekday_slots(user, each) for each in of_user}
    repeats = {each.id: each.repeats for each in of_user}
    asked = check_ins.list_asked(connection, user.id, first_day, last_day)
    return suggest(asked, slots, repeats, user.hours)


def _drinks_less(user: User, of_user: Mapping[HabitKind, Habit]) -> bool:
    """Whether they have a limit for water or have lowered their goal: facts that say to drink more
    suit nobody who is on a fluid limit.
    """
    return any(
        habit.is_limit
        or (habit.goal_ml is not None and habit.goal_ml < (default_goal(user, kind) or 0))
        for kind, habit in of_user.items()
    )


def _preferred(week: Figures) -> list[str]:
    """The topics of the habits that were due, the one with the lowest adherence first: the digest
    prefers a fact about it.
    """
    due = [each for each in week.habits if each.this.share is not None]
    return [each.kind.spec.topic for each in sorted(due, key=lambda each: each.this.share or 0.0)]

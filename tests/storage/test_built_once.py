"""The statements of taps, of planning and of sending are built once, and not in each call.

Building one costs several times the processor time of its execution. What runs rarely, such as an
export, may build its statements where it reads best.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, event

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.notice import NoticeKind
from reminder_bot.domain.send_rate import SendRate
from reminder_bot.domain.term import GoalTerm
from reminder_bot.engine import planning
from reminder_bot.storage import (
    cards,
    check_ins,
    claims,
    digests,
    entries,
    habits,
    leases,
    notices,
    pending_edits,
    reminders,
    shared_rate,
    terms,
    updates,
    users,
)
from reminder_bot.storage.check_ins import ReplyRow
from reminder_bot.storage.claims import OutcomeRow
from reminder_bot.storage.database import Database
from reminder_bot.storage.due_work import find_due_work
from reminder_bot.storage.entries import NewEntry
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.storage.tables import check_ins as check_ins_table
from tests.storage.conftest import NOW
from tests.support.people import settle

Work = Callable[[Connection], object]

DAY = NOW.date()
SENT: OutcomeRow = {"id": 1, "status": Status.SENT, "claimed_by": None, "message_id": 5}
EDIT = PendingEdit(7, 5, None, "", 1, 0)
REPLY: ReplyRow = {
    "id": 1,
    "status": Status.REPLIED,
    "reply": Reply.YES,
    "replied_at": NOW,
    "claimed_by": None,
    "repeat_at": None,
}
ENTRY: NewEntry = {
    "user_id": 7,
    "habit_id": 1,
    "day": DAY,
    "amount": 250,
    "recorded_at": NOW,
    "check_in_id": 1,
}
TERM = GoalTerm(1, DAY, 1250, 250)

# Of user 7, whose first check-in and first habit have the id 1.
WORK: dict[str, Work] = {
    "record_updates": lambda c: updates.record_updates(c, [1, 2], NOW),
    "find_user": lambda c: users.find_user(c, 7),
    "list_users": lambda c: users.list_users(c, [7]),
    "record_asking_message": lambda c: users.record_asking_message(c, 7, "diet", 5),
    "update_user": lambda c: users.update_user(c, 7, awaits=""),
    "list_habits": lambda c: habits.list_habits(c, [7]),
    "find_check_in": lambda c: check_ins.find_check_in(c, 1, 7),
    "list_check_ins": lambda c: check_ins.list_check_ins(c, [1]),
    "record_replies": lambda c: check_ins.record_replies(c, [REPLY]),
    "find_by_message": lambda c: check_ins.find_by_message(c, 7, 5),
    "list_shown": lambda c: check_ins.list_shown(c, 7, DAY, DAY),
    "list_of_day": lambda c: check_ins.list_of_day(c, 7, DAY),
    "update_check_in": lambda c: check_ins.update_check_in(c, 1, status=Status.SENT),
    "record_message": lambda c: check_ins.record_message(c, [1], 5),
    "list_places": lambda c: check_ins.list_places(c, [1]),
    "list_skipped": lambda c: check_ins.list_skipped(c, [1], [DAY]),
    "list_asked": lambda c: check_ins.list_asked(c, 7, DAY, DAY),
    "list_outcomes": lambda c: check_ins.list_outcomes(c, [7], DAY, DAY),
    "plan_repeats": lambda c: check_ins.plan_repeats(c, NOW),
    "close_unanswered": lambda c: check_ins.close_unanswered(c, NOW, 9),
    "insert_entry": lambda c: entries.insert_entry(c, 7, 1, DAY, 250, NOW, None),
    "insert_entries": lambda c: entries.insert_entries(c, [ENTRY]),
    "undo_entry": lambda c: entries.undo_entry(c, 1, NOW),
    "undo_single": lambda c: entries.undo_single(c, 1, NOW),
    "list_entries": lambda c: entries.list_entries(c, 7, DAY, DAY),
    "list_done": lambda c: entries.list_done(c, [7], DAY, DAY),
    "load_terms": lambda c: terms.load_terms(c, 7),
    "insert_terms": lambda c: terms.insert_terms(c, [(7, TERM)]),
    "list_drunk": lambda c: entries.list_drunk(c, [7], DAY, DAY, NOW),
    "list_cards": lambda c: cards.list_cards(c, [1]),
    "list_cards_on": lambda c: cards.list_cards_on(c, [(7, 5)], users.list_users(c, [7])),
    "record_pending_edit": lambda c: pending_edits.record_pending_edit(c, 7, 5, NOW),
    "settle_pending_edits": lambda c: pending_edits.settle_pending_edits(c, [EDIT]),
    "renew_pending_edit": lambda c: pending_edits.renew_pending_edit(c, EDIT, NOW),
    "postpone_pending_edit": lambda c: pending_edits.postpone_pending_edit(c, EDIT, NOW),
    "list_due_pending_edits": lambda c: pending_edits.list_due_pending_edits(c, NOW, 9),
    "find_due_work": find_due_work,
    "list_due": lambda c: reminders.list_due(c, NOW, 9),
    "list_due of a user": lambda c: reminders.list_due(c, NOW, 9, 7),
    "list_reminders": lambda c: reminders.list_reminders(c, [7]),
    "move_on": lambda c: reminders.move_on(c, [(1, NOW, None)]),
    "users_due_soon": lambda c: reminders.users_due_soon(c, [7], NOW, timedelta(days=1)),
    "find_next": lambda c: claims.find_next(c, check_ins_table),
    "claim": lambda c: claims.claim(
        c, check_ins_table, NOW, limit=9, by="me", lease=timedelta(minutes=1)
    ),
    "record_outcomes": lambda c: claims.record_outcomes(c, check_ins_table, "me", [SENT]),
    "has_ambiguous": claims.has_ambiguous,
    "list_notices": lambda c: notices.list_notices(c, [1]),
    "delete_unsent_notices": lambda c: notices.delete_unsent_notices(c, 7, NoticeKind.NUDGE),
    "list_digests": lambda c: digests.list_digests(c, [1]),
}
ON_POSTGRESQL: dict[str, Work] = {
    "acquire_lease": lambda c: leases.acquire_lease(c, "poll", "me", timedelta(seconds=9)),
    "reserve": lambda c: shared_rate.reserve(c, 1, SendRate(30)),
}


@contextmanager
def executed(connection: Connection) -> Iterator[list[Any]]:
    """The statements that the block executes, as the objects that it gave to SQLAlchemy: built
    ones, and the texts that the driver gets directly.
    """
    found: list[Any] = []

    def watch(_: Connection, statement: Any, *_given: Any) -> None:
        found.append(statement)

    def watch_text(*given: Any) -> None:
        _, _, text, _, context, _ = given
        if context.compiled is None:
            found.append(text)

    event.listen(connection, "before_execute", watch)
    event.listen(connection, "before_cursor_execute", watch_text)
    yield found
    event.remove(connection, "before_execute", watch)
    event.remove(connection, "before_cursor_execute", watch_text)


def is_built_once(database: Database, work: Work) -> bool:
    with database.transaction() as connection:
        work(connection)  # the first call may build what depends on the database
        with executed(connection) as first:
            work(connection)
        with executed(connection) as second:
            work(connection)
    return first != [] and [id(each) for each in first] == [id(each) for each in second]


async def test_statements_of_frequent_work_are_built_once(database: Database) -> None:
    await settle(database, NOW - timedelta(hours=6))
    with database.transaction() as connection:
        planning.plan_due(connection, NOW)
    every = WORK if database.is_sqlite else WORK | ON_POSTGRESQL

    built_in_each_call = [name for name, work in every.items() if not is_built_once(database, work)]

    assert built_in_each_call == []

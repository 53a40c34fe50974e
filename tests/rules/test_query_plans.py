"""The statements that run all the time use the index that was made for them, however large the
tables are.

50,000 rows in every run; a million where there is time. The plans are asked of the real statements:
each call of a storage function is watched, and what it sends is explained.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.engine import Engine

from reminder_bot.domain.notice import NoticeKind
from reminder_bot.storage import (
    cards,
    check_ins,
    claims,
    digests,
    entries,
    exports,
    habits,
    notices,
    pauses,
    pending_edits,
    reminders,
    terms,
    updates,
    users,
)
from reminder_bot.storage.database import Database
from reminder_bot.storage.due_work import find_due_work
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.storage.tables import check_ins as check_ins_table
from reminder_bot.storage.tables import digests as digests_table
from reminder_bot.storage.tables import metadata
from reminder_bot.storage.tables import notices as notices_table
from tests.support.databases import new_postgresql, new_sqlite, quick_folder
from tests.support.postgres import Postgres

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = NOW.date()
LONG_AGO = datetime(2020, 1, 2, tzinfo=UTC)
LARGE = {
    "users",
    "habits",
    "reminders",
    "check_ins",
    "entries",
    "digests",
    "notices",
    "pauses",
    "redraws",
    "terms",
    "updates",
}
Statement = Callable[[Connection], object]

# Each statement of the running bot, and the index that answers it.
STATEMENTS: dict[str, tuple[Statement, set[str]]] = {
    "the agenda": (
        find_due_work,
        {
            "ix_reminders_next_due_at",
            "ix_check_ins_repeat_at",
            "ix_users_next_digest_at",
            "ix_check_ins_planned",
            "ix_digests_planned",
            "ix_check_ins_ambiguous",
            "ix_digests_ambiguous",
            "ix_check_ins_open",
            "ix_redraws_draw_after",
            "ix_users_paused_until",
            "ix_notices_planned",
            "ix_notices_ambiguous",
        },
    ),
    "find_next_due": (reminders.find_next_due, {"ix_reminders_next_due_at"}),
    "list_due": (lambda c: reminders.list_due(c, NOW, 500), {"ix_reminders_next_due_at"}),
    "list_due of a user": (lambda c: reminders.list_due(c, NOW, 500, 7), set()),
    "list_of": (lambda c: reminders.list_reminders(c, [7]), {"ix_reminders_user_id"}),
    "users_due_soon": (
        lambda c: reminders.users_due_soon(c, [7, 8], NOW, timedelta(minutes=3)),
        set(),
    ),
    "find_next": (lambda c: claims.find_next(c, check_ins_table), {"ix_check_ins_planned"}),
    "find_next of digests": (lambda c: claims.find_next(c, digests_table), {"ix_digests_planned"}),
    "claim": (
        lambda c: claims.claim(
            c, check_ins_table, NOW, limit=60, by="me", lease=timedelta(seconds=60)
        ),
        {"ix_check_ins_planned"},
    ),
    "claim of digests": (
        lambda c: claims.claim(
            c, digests_table, NOW, limit=60, by="me", lease=timedelta(seconds=60)
        ),
        {"ix_digests_planned"},
    ),
    "find_next of notices": (lambda c: claims.find_next(c, notices_table), {"ix_notices_planned"}),
    "claim of notices": (
        lambda c: claims.claim(
            c, notices_table, NOW, limit=60, by="me", lease=timedelta(seconds=60)
        ),
        {"ix_notices_planned"},
    ),
    "has_ambiguous": (
        claims.has_ambiguous,
        {"ix_check_ins_ambiguous", "ix_digests_ambiguous", "ix_notices_ambiguous"},
    ),
    "settle_ambiguous": (
        lambda c: claims.settle_ambiguous(c, NOW),
        {"ix_check_ins_ambiguous", "ix_digests_ambiguous", "ix_notices_ambiguous"},
    ),
    "find_next_close": (check_ins.find_next_close, {"ix_check_ins_open"}),
    "close_unanswered": (lambda c: check_ins.close_unanswered(c, NOW, 200), {"ix_check_ins_open"}),
    "find_next_repeat": (check_ins.find_next_repeat, {"ix_check_ins_repeat_at"}),
    "plan_repeats": (lambda c: check_ins.plan_repeats(c, NOW), {"ix_check_ins_repeat_at"}),
    "what somebody has seen": (
        lambda c: check_ins.list_shown(c, 7, DAY, DAY),
        {"ix_check_ins_user_id_day"},
    ),
    "a card by its message": (
        lambda c: cards.list_cards_on(c, [(7, 5), (8, 5)], users.list_users(c, [7, 8])),
        {"ix_check_ins_user_id_message_id"},
    ),
    "list_check_ins": (lambda c: check_ins.list_check_ins(c, [1, 2]), set()),
    "settle_pending_edits": (
        lambda c: pending_edits.settle_pending_edits(
            c, [PendingEdit(7, 5, None, "", 1, 0), PendingEdit(8, 5, None, "", 1, 0)]
        ),
        set(),
    ),
    "cards by id": (lambda c: cards.list_cards(c, [1, 2, 3]), set()),
    "outcomes of a week": (
        lambda c: check_ins.list_outcomes(c, [7], DAY - timedelta(days=13), DAY),
        {"ix_check_ins_user_id_day"},
    ),
    "questions of a day": (
        lambda c: check_ins.list_of_day(c, 7, DAY),
        {"ix_check_ins_user_id_day"},
    ),
    "questions of a week": (
        lambda c: check_ins.list_asked(c, 7, DAY - timedelta(days=6), DAY),
        {"ix_check_ins_user_id_day"},
    ),
    "cancel_planned": (lambda c: check_ins.cancel_planned(c, 7), {"ix_check_ins_habit_id"}),
    "skips": (lambda c: check_ins.list_skipped(c, [1, 2], [DAY]), {"ix_check_ins_habit_id"}),
    "foods": (lambda c: check_ins.list_foods(c, [7]), set()),
    "entries of a day": (lambda c: entries.list_done(c, [7], DAY, DAY), {"ix_entries_user_id_day"}),
    "what was drunk": (
        lambda c: entries.list_drunk(c, [7], DAY, DAY, NOW),
        {"ix_entries_user_id_day"},
    ),
    "entries to correct": (
        lambda c: entries.list_entries(c, 7, DAY, DAY),
        {"ix_entries_user_id_day"},
    ),
    "has_been_asked": (lambda c: check_ins.has_been_asked(c, 7), set()),
    "has_used_timer": (lambda c: check_ins.has_used_timer(c, 7), set()),
    "undo_single": (lambda c: entries.undo_single(c, 1, NOW), set()),
    "undo_entry": (lambda c: entries.undo_entry(c, 1, NOW), {"uq_entries_check_in_id"}),
    "find_next_pending_edit": (pending_edits.find_next_pending_edit, {"ix_redraws_draw_after"}),
    "list_due_pending_edits": (
        lambda c: pending_edits.list_due_pending_edits(c, LONG_AGO, 60),
        {"ix_redraws_draw_after"},
    ),
    "find_next_digest_at": (digests.find_next_digest_at, {"ix_users_next_digest_at"}),
    "list_users_due": (lambda c: digests.list_users_due(c, NOW, 100), {"ix_users_next_digest_at"}),
    "find_digest_at": (lambda c: digests.find_digest_at(c, 7), set()),
    "digests by id": (lambda c: digests.list_digests(c, [1, 2]), set()),
    "the last digest": (lambda c: digests.find_last_digest(c, 7), set()),
    "the last day told": (lambda c: digests.find_last_day(c, 7), set()),
    "find_last_due": (lambda c: digests.find_last_due(c, 7), set()),
    "notices by id": (lambda c: notices.list_notices(c, [1, 2]), set()),
    "delete_unsent_notices": (
        lambda c: notices.delete_unsent_notices(c, 7, NoticeKind.NUDGE),
        set(),
    ),
    "paused days": (
        lambda c: pauses.list_paused_days(c, 7, DAY, DAY),
        {"ix_pauses_user_id_last_day"},
    ),
    "terms of a user": (lambda c: terms.load_terms(c, 7), {"ix_terms_user_id"}),
    "the first day of a user": (
        lambda c: check_ins.find_first_day(c, 7),
        {"ix_check_ins_user_id_day"},
    ),
    "find_next_resume": (pauses.find_next_resume, {"ix_users_paused_until"}),
    "list_users_to_resume": (
        lambda c: pauses.list_users_to_resume(c, NOW, 100),
        {"ix_users_paused_until"},
    ),
    "habits of a user": (lambda c: habits.list_habits(c, [7]), set()),
    "an export": (
        lambda c: exports.list_rows(c, 7),
        {"ix_entries_user_id_day", "ix_reminders_user_id"},
    ),
    "facts told": (lambda c: digests.list_told_facts(c, 7), set()),
    "delete_old_updates": (
        lambda c: updates.delete_old_updates(c, LONG_AGO),
        {"ix_updates_handled_at"},
    ),
    "erase": (
        lambda c: users.erase(c, 7),
        {"ix_reminders_user_id", "ix_check_ins_user_id_day", "ix_entries_user_id_day"},
    ),
}
ON_POSTGRESQL: dict[str, tuple[Statement, set[str]]] = {
    "has_expired_lease": (
        claims.has_expired_lease,
        {"ix_check_ins_claimed", "ix_digests_claimed", "ix_notices_claimed"},
    ),
}
# Used by foreign keys alone: what hangs on a habit goes with it, and a database looks for it there.
BY_KEYS = {"ix_reminders_habit_id", "ix_entries_habit_id", "ix_terms_habit_id"}


# As it stands in SQL that is formatted once more.
FIGURES = '{{"habits": {{}}, "answers": 0, "best_day": null}}'


def filling(rows: int) -> list[str]:
    """SQL that both databases know: so many check-ins of rows / 50 users, few of them waiting
    for anything.
    """
    people = max(rows // 50, 50)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
    waiting = (
        "WHEN i % 1000 = 0 THEN 'planned' WHEN i % 1000 = 1 THEN 'claimed' "
        "WHEN i % 10000 = 2 THEN 'ambiguous'"
    )
    return [
        f"""INSERT INTO users (id, language, zone, wake, sleep, diet, setup, setup_view,
            digest_weekday, digest_at, next_digest_at, paused_until, created_at)
            {numbers.format(people)}
            SELECT i, 'en', 'Europe/Berlin', '07:00:00.000000', '23:00:00.000000', '', 'done', '',
            7, '18:00:00.000000', '2026-03-08 17:00:00.000000',
            CASE WHEN i % 50 = 0 THEN {{future}} END, '2026-01-01 00:00:00.000000' FROM n""",
        """INSERT INTO habits (user_id, kind)
            SELECT id, kind FROM users CROSS JOIN (SELECT 'hydration' AS kind
            UNION SELECT 'probiotic' UNION SELECT 'meditation' UNION SELECT 'bedtime') AS kinds""",
        """INSERT INTO reminders (user_id, habit_id, role, schedule, repeats, is_loud, next_due_at)
            SELECT user_id, id, 'question', '1234567 10:00', 0, TRUE, '2026-03-03 09:00:00.000000'
            FROM habits""",
        f"""INSERT INTO check_ins (user_id, habit_id, reminder_id, day, slot, due_at, send_after,
            send_until, closes_at, status, attempts, copies, ask, repeats_left, message_id,
            leased_until, ambiguous_at, repeat_at)
            {numbers.format(rows)}
            SELECT r.user_id, habit_id, r.id, {{day}}, '10:00:00.000000', {{at}}, {{at}},
            {{at}}, {{at}},
            CASE {waiting} WHEN i % 100 = 3 THEN 'sent' ELSE 'unanswered' END, 0, 0, 1, 0, i,
            {{at}}, {{at}},
            CASE WHEN i % 1000 = 3 THEN {{at}} END
            FROM n JOIN reminders r ON r.user_id = 1 + i % {people}
            JOIN habits h ON h.id = r.habit_id AND h.kind = 'hydration'""",
        """INSERT INTO entries (user_id, habit_id, check_in_id, day, recorded_at)
            SELECT user_id, habit_id, id, day, due_at FROM check_ins WHERE id % 2 = 0""",
        f"""INSERT INTO digests (user_id, last_day, due_at, send_after, send_until, status,
            attempts, copies, fact_id, figures)
            {numbers.format(rows)}
            SELECT 1 + i % {people}, {{day}}, {{at}}, {{at}}, {{at}},
            CASE {waiting} ELSE 'sent' END, 0, 0, 'x', '{FIGURES}' FROM n""",
        f"""INSERT INTO notices (user_id, kind, due_at, send_after, send_until, status, attempts,
            copies)
            {numbers.format(rows)}
            SELECT 1 + i % {people}, 'nudge', {{at}}, {{at}}, {{at}},
            CASE {waiting} ELSE 'sent' END, 0, 0 FROM n""",
        f"""INSERT INTO pauses (user_id, first_day, last_day)
            {numbers.format(rows)} SELECT 1 + i % {people}, {{day}}, {{day}} FROM n""",
        f"""INSERT INTO terms (user_id, kind, first_day, last_day)
            {numbers.format(rows)} SELECT 1 + i % {people}, 'return', {{day}}, {{day}} FROM n""",
        """INSERT INTO redraws (user_id, message_id, view, version, attempts, draw_after)
            SELECT user_id, message_id, '', 1, 0, due_at FROM check_ins""",
        f"""INSERT INTO updates (id, handled_at) {numbers.format(rows)} SELECT i, {{at}} FROM n""",
        "ANALYZE",
    ]


def fill(database: Database, rows: int, server: Postgres | None) -> None:
    people = max(rows // 50, 50)
    if database.is_sqlite:
        fits = {
            "day": f"date('2020-01-01', '+' || (i / {people}) || ' days')",
            "future": "'2026-03-09 05:00:00.000000'",
            "at": f"strftime('%Y-%m-%d 09:00:00.000000', '2020-01-01', '+' || (i / {people}) || ' "
            f"days')",
        }
    else:
        fits = {
            "day": f"DATE '2020-01-01' + i / {people}",
            "future": "TIMESTAMPTZ '2026-03-09 05:00+00'",
            "at": f"TIMESTAMPTZ '2020-01-01 09:00+00' + (i / {people}) * INTERVAL '1 day'",
        }
    script = ";\n".join(filling(rows)).format(**fits)
    if server is None:
        with closing(sqlite3.connect(database.file)) as connection:
            connection.executescript(f"{script};")
    else:
        server.psql(str(make_url(database.url).database), script)


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plans(database: Database, statement: Statement) -> str:
    """How the database would run all that a storage function sends; what it did is taken back."""
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    lines: list[str] = []
    with database._writer.connect() as connection:
        with watched() as seen:
            statement(connection)
        for sent, parameters in seen:
            if "RETURNING" in sent and "INSERT" in sent:
                continue
            found = connection.exec_driver_sql(explain + sent, parameters)
            lines += [str(row[-1]) for row in found]
        connection.rollback()
    return "\n".join(lines)


def scans(plan: str) -> set[str]:
    """Large tables that are read from one end to the other."""
    # SQLite also says SEARCH of a min() for which it reads all: what counts is whether an index is
    # named.
    of_sqlite = re.findall(r"\b(?:SCAN|SEARCH) (\w+)$", plan, re.MULTILINE)
    of_postgresql = re.findall(r"Seq Scan on (\w+)", plan)
    return {each for each in (*of_sqlite, *of_postgresql) if each in LARGE}


async def check(database: Database, rows: int, server: Postgres | None = None) -> None:
    fill(database, rows, server)
    statements = STATEMENTS if database.is_sqlite else STATEMENTS | ON_POSTGRESQL
    used: set[str] = set()
    faults: list[str] = []
    for name, (statement, wanted) in statements.items():
        plan = plans(database, statement)
        used |= {index for index in all_indexes() if re.search(rf"\b{index}\b", plan)}
        if scans(plan):
            faults.append(f"{name} reads all of {scans(plan)}:\n{plan}")
        elif missing := wanted - used:
            faults.append(f"{name} does not use {missing}:\n{plan}")
    assert not faults, "\n\n".join(faults)
    if not database.is_sqlite:
        assert all_indexes() - used <= BY_KEYS, "indexes that no statement uses cost every write"


def all_indexes() -> set[str]:
    return {str(index.name) for table in metadata.tables.values() for index in table.indexes}


def test_each_index_is_named_by_a_statement() -> None:
    named = {index for _, indexes in (STATEMENTS | ON_POSTGRESQL).values() for index in indexes}

    assert all_indexes() == named | BY_KEYS


@pytest.mark.parametrize(
    "rows", [50_000, pytest.param(1_000_000, marks=[pytest.mark.soak, pytest.mark.timeout(1500)])]
)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_no_statement_of_the_running_bot_reads_a_whole_table(
    kind: str, rows: int, request: pytest.FixtureRequest
) -> None:
    with quick_folder() as folder:
        server = request.getfixturevalue("postgres") if kind == "postgresql" else None
        database = Database(new_postgresql(server) if server else new_sqlite(folder))
        try:
            await check(database, rows, server)
        finally:
            await database.close()


async def test_an_index_that_is_gone_is_missed() -> None:
    """So that this file shows something."""
    with quick_folder() as folder:
        database = Database(new_sqlite(folder))
        try:
            with database.transaction() as connection:
                connection.execute(text("DROP INDEX ix_check_ins_planned"))
            with pytest.raises(AssertionError, match="check_ins"):
                await check(database, 2000)
        finally:
            await database.close()

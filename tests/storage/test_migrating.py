"""Revisions of the database: upgraded in one transaction, equal to the tables, unknown refused."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage import migrating, migrations
from reminder_bot.storage.backing_up import back_up, restore
from reminder_bot.storage.database import Database, DatabaseUnusable
from reminder_bot.storage.digests import find_last_digest
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.migrating import bring_up, bring_up_aside, revision
from reminder_bot.storage.migrations import HEAD
from reminder_bot.storage.tables import metadata
from reminder_bot.storage.terms import load_terms
from tests.support.databases import quick_folder
from tests.support.people import check_ins_of, load_user
from tests.support.postgres import Postgres


async def tables_of(database: Database) -> set[str]:
    with database.connection() as connection:
        return set(inspect(connection).get_table_names())


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return ScriptDirectory.from_config(config)


def test_the_known_newest_revision_is_the_newest_of_the_files() -> None:
    """HEAD is written down, so that a start need not load Alembic to know it."""
    assert script().get_heads() == [HEAD]


def test_revisions_are_numbered_in_order() -> None:
    """Newer than the program is told by comparing the numbers."""
    numbers = [each.revision for each in script().walk_revisions()][::-1]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


async def test_an_empty_database_is_upgraded_to_the_newest_revision(empty_url: str) -> None:
    database = Database(empty_url)
    try:
        assert revision(database) is None
        bring_up(database)

        assert revision(database) == HEAD
        assert await tables_of(database) == {*metadata.tables, "alembic_version"}
    finally:
        await database.close()


async def test_the_migrations_create_the_tables_of_tables_py(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    with database.connection() as connection:
        assert differences(connection) == []


async def test_bringing_up_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO state VALUES ('kept', 'yes')"))

    bring_up(database)
    bring_up(database)

    with database.connection() as connection:
        assert connection.execute(text("SELECT name, value FROM state")).all() == [("kept", "yes")]


async def test_a_database_newer_than_the_program_is_refused_with_advice(
    database: Database,
) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(
        DatabaseUnusable, match=f"9999, newer than this program's {HEAD}: install the newer"
    ):
        bring_up(database)

    assert revision(database) == "9999"


# Ends the process, as kill -9 does, when the migration has half of its work done.
KILLED = """
import os, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from reminder_bot.storage.migrating import upgrade

count = 0

@event.listens_for(Engine, "before_cursor_execute")
def before(connection, cursor, statement, parameters, context, executemany):
    global count
    count += "CREATE" in statement
    if count == 12:
        os._exit(9)

upgrade(sys.argv[1])
"""


@pytest.mark.outage
async def test_killed_in_the_middle_of_an_upgrade_nothing_has_changed(empty_url: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, empty_url)
    assert await process.wait() == 9

    database = Database(empty_url)
    try:
        assert await tables_of(database) == set()
        bring_up(database)
        assert revision(database) == HEAD
    finally:
        await database.close()


async def test_a_failure_in_the_middle_of_an_upgrade_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = migrating._upgrade

    def fails(connection: Any) -> None:
        upgrade(connection)
        raise KeyboardInterrupt

    database = Database(empty_url)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(migrating, "_upgrade", fails)
            with pytest.raises(KeyboardInterrupt):
                bring_up(database)

        assert await tables_of(database) == set()
    finally:
        await database.close()


async def test_replicas_that_start_at_once_upgrade_once(postgres: Postgres) -> None:
    with quick_folder() as folder:
        url = postgres.new_database(folder.name.lower())
    replicas = [Database(url) for _ in range(4)]
    try:
        await asyncio.gather(*(asyncio.to_thread(bring_up, each) for each in replicas))

        assert [revision(each) for each in replicas] == [HEAD] * 4
    finally:
        for each in replicas:
            await each.close()


@pytest.mark.parametrize(
    ("content", "cure"),
    [
        (
            b"this is no database, but some text that is long enough to be read as one" * 20,
            "is not an SQLite database",
        ),
        (b"SQLite format 3\0" + bytes(200), "is not an SQLite database|is damaged|cannot be used"),
    ],
)
async def test_a_file_that_is_not_a_database_is_refused_and_left_as_it_is(
    folder: Path, content: bytes, cure: str
) -> None:
    file = folder / "bot.sqlite3"
    file.write_bytes(content)
    database = Database(f"sqlite:///{file}")
    try:
        with pytest.raises(DatabaseUnusable, match=cure):
            bring_up(database)
    finally:
        await database.close()

    assert file.read_bytes() == content


async def test_a_missing_folder_is_an_error_for_the_host(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'nowhere' / 'bot.sqlite3'}")
    try:
        with pytest.raises(
            DatabaseUnusable, match="cannot be opened: check that its folder exists"
        ):
            bring_up(database)
    finally:
        await database.close()


async def test_a_running_bot_makes_a_new_database_at_once_and_finds_it_again(
    empty_url: str,
) -> None:
    database = Database(empty_url)
    try:
        await bring_up_aside(database)
        await bring_up_aside(database)
        bring_up(database)

        assert revision(database) == HEAD
    finally:
        await database.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_JP"])
def test_a_postgresql_database_that_cannot_store_every_character_is_refused(
    postgres: Postgres, encoding: str
) -> None:
    name = f"{encoding.lower()}_{uuid4().hex}"
    create = f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    postgres.psql("postgres", create)

    for use in (migrating.upgrade, migrating.state):
        with pytest.raises(
            DatabaseUnusable, match=f"keeps text as {encoding}: make one with ENCODING 'UTF8'"
        ):
            use(postgres.url(name))


def test_a_postgresql_database_can_be_reached_through_its_socket(postgres: Postgres) -> None:
    name = f"socket_{uuid4().hex}"
    postgres.new_database(name)

    migrating.upgrade(postgres.socket_url(name))

    assert migrating.state(postgres.url(name)) == (HEAD, HEAD)


@pytest.mark.parametrize(
    "address",
    ["/bot?service=nowhere", "/bot?hostaddr=1.2.3.4,5.6.7.8&host=a", "a,b/bot?port=1,2,3"],
)
def test_an_address_that_libpq_refuses_is_not_tried_again(address: str) -> None:
    with pytest.raises(DatabaseUnusable, match="cannot be used: "):
        migrating.state(f"postgresql://{address}")


@pytest.mark.parametrize("name", ["a?b", "100%", "a#b", "ä b", "\udcff"])
async def test_a_database_in_a_directory_of_any_name_is_upgraded_and_backed_up(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    file = tmp_path / name / "bot.sqlite3"
    database = Database(f"sqlite:///{file}")
    to_first_revision = partial(to_revision, "0001")
    with database.transaction() as connection:
        to_first_revision(connection)

    try:
        await bring_up_aside(database)

        assert revision(database) == HEAD
    finally:
        await database.close()
    assert back_up(database.url, tmp_path / name / "copy") == HEAD
    restore(database.url, tmp_path / name / "copy", datetime(2026, 1, 5, tzinfo=UTC))
    assert file.exists()


# From 0.1.0, with a life in it


def to_revision(revision: str, connection: Connection) -> None:
    """The database as the release with this revision left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


# What 0.1.0 writes, with the columns it knows; `at` is an instant.
OF_THE_PREVIOUS_RELEASE = (
    """INSERT INTO users (id, language, zone, wake, sleep, diet, setup, setup_view, digest_weekday,
       digest_at, created_at)
       VALUES ({user}, 'en', 'Europe/Berlin', '07:00:00.000000', '23:00:00.000000', 'vegan', 'done',
       '', 7, '18:00:00.000000', {at})""",
    "INSERT INTO habits (id, user_id, kind, goal_ml, portion_ml) VALUES ({user}, {user}, "
    "'hydration', 1500, 250)",
    """INSERT INTO reminders (id, user_id, habit_id, role, schedule, repeats, is_loud, next_due_at)
       VALUES ({user}, {user}, {user}, 'question', '1234567 07:30,10:00', 0, FALSE, {at})""",
    """INSERT INTO check_ins (id, user_id, habit_id, reminder_id, day, slot, due_at, send_after,
       send_until, status, attempts, copies, closes_at, ask, repeats_left, reply, replied_at,
       message_id)
       VALUES ({user}, {user}, {user}, {user}, '2026-03-02', '10:00:00.000000', {at}, {at},
       {at}, 'replied', 0, 0, {at}, 1, 0, 'yes', {at},
       5)""",
    """INSERT INTO entries (id, user_id, habit_id, check_in_id, day, amount, recorded_at)
       VALUES ({user}, {user}, {user}, {user}, '2026-03-02', 250, {at})""",
    """INSERT INTO digests (id, user_id, last_day, due_at, send_after, send_until, status, attempts,
       copies, fact_id, figures, message_id)
       VALUES ({user}, {user}, '2026-03-07', {at}, {at}, {at}, 'sent', 0, 0, 'x',
       '{{"habits": {{"hydration": [5, 7, 3, 6]}}, "answers": 20, "best_day": "2026-03-03"}}',
       6)""",
    """INSERT INTO redraws (user_id, message_id, check_in_id, view, version, attempts, draw_after)
       VALUES ({user}, 5, {user}, '', 1, 0, {at})""",
)


async def live_with_the_previous_release(database: Database, user_id: int) -> None:
    at = "'2026-03-02 09:00:00.000000'" if database.is_sqlite else "'2026-03-02 09:00+00'"
    with database.transaction() as connection:
        for statement in OF_THE_PREVIOUS_RELEASE:
            connection.exec_driver_sql(statement.format(user=user_id, at=at))


async def everything(url: str) -> dict[str, list[dict[str, Any]]]:
    """All rows as they are stored, read without our tables on a connection that knows nothing of
    earlier.
    """
    database = Database(url)
    try:
        tables = sorted(await tables_of(database) - {"alembic_version"})
        with database.connection() as connection:
            return {
                table: [
                    dict(row)
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
                ]
                for table in tables
            }
    finally:
        await database.close()


@pytest.fixture
async def of_0_1_0(empty_url: str) -> AsyncIterator[Database]:
    """A database of 0.1.0 in which Ana has a day, an answer and a digest."""
    database = Database(empty_url)
    migrating._change(database, partial(to_revision, "0001"))
    await live_with_the_previous_release(database, 7)
    yield database
    await database.close()


async def bring_up_here(database: Database) -> None:
    bring_up(database)


UPGRADES = pytest.mark.parametrize(
    "upgrade", [bring_up_here, bring_up_aside], ids=["here", "aside"]
)


@UPGRADES
async def test_an_upgrade_from_the_first_release_keeps_every_row(
    of_0_1_0: Database, upgrade: Any
) -> None:
    before = await everything(of_0_1_0.url)

    await upgrade(of_0_1_0)

    after = await everything(of_0_1_0.url)
    assert revision(of_0_1_0) == HEAD
    assert all(
        before[table]
        for table in ("users", "habits", "reminders", "check_ins", "entries", "digests")
    )
    assert {
        table: [
            {name: row[name] for name in old} for row, old in zip(after[table], rows, strict=True)
        ]
        for table, rows in before.items()
    } == before


async def test_an_upgraded_database_has_the_tables_of_tables_py(
    of_0_1_0: Database,
) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    bring_up(of_0_1_0)

    with of_0_1_0.connection() as connection:
        assert differences(connection) == []


async def test_after_an_upgrade_people_are_as_they_were(of_0_1_0: Database) -> None:
    bring_up(of_0_1_0)

    user = await load_user(of_0_1_0)
    (check_in,) = await check_ins_of(of_0_1_0)
    with of_0_1_0.connection() as connection:
        water = list_habits(connection, [7])[7][HabitKind.HYDRATION]
        digest = find_last_digest(connection, 7)
    assert (user.diet, user.is_discreet, user.is_tidy, user.wants_infants) == (
        frozenset({"vegan"}),
        False,
        False,
        False,
    )
    assert (user.unwanted_topics, user.awaits, user.paused_until) == (frozenset(), "", None)
    assert (check_in.reply, check_in.amount, check_in.timer_minutes) == (Reply.YES, 250, None)
    assert (water.goal_ml, water.words, water.is_removed) == (1500, None, False)
    assert digest is not None
    assert (digest.begins_on, digest.suggestion) == (date(2026, 3, 1), None)


async def test_an_upgrade_records_the_present_goal_and_the_first_day(of_0_1_0: Database) -> None:
    """She was stored on Monday 2 March; her goal is not known to have been another one before."""
    bring_up(of_0_1_0)

    with of_0_1_0.connection() as connection:
        terms = load_terms(connection, 7)
        water = list_habits(connection, [7])[7][HabitKind.HYDRATION]
    raised = replace(water, goal_ml=3000, portion_ml=500)
    assert terms.goal(raised, date(2026, 2, 1), date(2026, 3, 9)) == (1500, 250)
    assert terms.goal(raised, date(2026, 3, 9), date(2026, 3, 9)) == (3000, 500)
    assert terms.first_day == date(2026, 3, 2)


async def test_the_previous_release_runs_on_while_a_new_one_is_rolled_out(
    of_0_1_0: Database,
) -> None:
    """It knows nothing of the new columns: the database itself fills them."""
    bring_up(of_0_1_0)

    await live_with_the_previous_release(of_0_1_0, 8)

    assert await load_user(of_0_1_0, 8) == replace(await load_user(of_0_1_0, 7), id=8)


@UPGRADES
@pytest.mark.outage
async def test_killed_in_the_middle_of_a_later_upgrade_nothing_is_lost(
    of_0_1_0: Database, upgrade: Any
) -> None:
    before = await everything(of_0_1_0.url)
    killed = KILLED.replace(
        '"CREATE" in statement', '"ALTER" in statement or "CREATE" in statement'
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", killed, of_0_1_0.url)
    assert await process.wait() == 9
    assert await everything(of_0_1_0.url) == before
    assert revision(of_0_1_0) == "0001"

    await upgrade(of_0_1_0)

    assert revision(of_0_1_0) == HEAD


# A rolling upgrade: the release before runs on on the newer tables

# What the program of 0002 writes beside what 0.1.0 did.
OF_0002 = (
    """UPDATE users SET is_discreet = TRUE, unwanted_topics = 'sleep', awaits = 'wake',
       awaits_message_id = 5, awaits_until = {at}, asked_since = {at} WHERE id = {user}""",
    "INSERT INTO habits (id, user_id, kind, words) VALUES ({user} + 100, {user}, 'custom_1', "
    "'Stretch')",
    "UPDATE check_ins SET timer_minutes = 5 WHERE user_id = {user}",
    "UPDATE digests SET first_day = '2026-03-01', suggestion = 'later', file_id = 'AgAC' WHERE "
    "user_id = {user}",
    """INSERT INTO notices (user_id, kind, due_at, send_after, send_until, status, attempts, copies)
       VALUES ({user}, 'nudge', {at}, {at}, {at}, 'planned', 0, 0)""",
    "INSERT INTO pauses (user_id, first_day, last_day) VALUES ({user}, '2026-02-01', '2026-02-02')",
    "INSERT INTO state (name, value) VALUES ('zone_data {user}', '2026f')",
    "INSERT INTO updates (id, handled_at) VALUES ({user}, {at})",
    "DELETE FROM updates WHERE id = {user}",
)


async def live_with_0002(database: Database, user_id: int) -> None:
    await live_with_the_previous_release(database, user_id)
    at = "'2026-03-02 09:00:00.000000'" if database.is_sqlite else "'2026-03-02 09:00+00'"
    with database.transaction() as connection:
        for statement in OF_0002:
            connection.exec_driver_sql(statement.format(user=user_id, at=at))


def of_user(rows: list[dict[str, Any]], user_id: int) -> list[dict[str, Any]]:
    """A user's rows without the numbers that tell them apart."""
    return [
        {name: value for name, value in row.items() if not name.endswith("id") or name == "file_id"}
        for row in rows
        if row.get("user_id", row.get("id")) == user_id
    ]


async def test_the_release_before_replicas_runs_on_while_they_are_rolled_out(
    empty_url: str,
) -> None:
    database = Database(empty_url)
    try:
        migrating._change(database, partial(to_revision, "0002"))
        await live_with_0002(database, 7)
        await bring_up_aside(database)

        await live_with_0002(database, 8)

        rows = await everything(empty_url)
        for table in (
            "users",
            "habits",
            "reminders",
            "check_ins",
            "entries",
            "digests",
            "notices",
            "pauses",
        ):
            assert of_user(rows[table], 7) == of_user(rows[table], 8) != []
    finally:
        await database.close()


@pytest.mark.parametrize("old", ["0001", "0002"])
async def test_no_migration_changes_or_drops_what_an_older_release_uses(
    empty_url: str, old: str
) -> None:
    def columns(connection: Connection) -> dict[tuple[str, str], dict[str, Any]]:
        inspector = inspect(connection)
        return {
            (table, column["name"]): {
                "type": str(column["type"]),
                "nullable": column["nullable"],
                **column,
            }
            for table in inspector.get_table_names()
            for column in inspector.get_columns(table)
        }

    def plain(column: dict[str, Any]) -> tuple[str, bool, Any]:
        return str(column["type"]), column["nullable"], column["default"]

    database = Database(empty_url)
    try:
        migrating._change(database, partial(to_revision, old))
        with database.connection() as connection:
            before = columns(connection)
        bring_up(database)
        with database.connection() as connection:
            after = columns(connection)
    finally:
        await database.close()

    assert {name: plain(column) for name, column in before.items()} == {
        name: plain(after[name]) for name in before
    }
    known = {table for table, _ in before}
    added = [
        column
        for (table, name), column in after.items()
        if table in known and (table, name) not in before
    ]
    assert all(column["nullable"] or column["default"] is not None for column in added)

"""Moving everything from SQLite to PostgreSQL, for a host who has outgrown one file.

The transfer is one transaction on the target: if it is interrupted, the target is as empty as
before, and the transfer can be tried again. The source is only read, while the process holds the
lock of a running bot and a write transaction that keeps other writers out. Both are at the
program's revision: the empty target is upgraded, an older source is refused, because a transfer
that changes its source would leave no way back.

Rows are written with COPY, a batch at a time. PostgreSQL reads the values as SQLite stores them:
numbers, texts, and dates and times in ISO format, in UTC. Claims of a process that is gone are
ambiguous in the copy, as they would be at a start on the file. Nothing is kept in the server's
session between transactions, so that a pooling proxy may be in use.

Afterwards a mark file stands beside the SQLite file, and `run` refuses the database because of it.
The file is not renamed: a bot that is started with the old settings would create a new, empty
database in its place and know nobody.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, false, func, select, text
from sqlalchemy.exc import DBAPIError

from reminder_bot.files import private_opener
from reminder_bot.storage.address import AddressError, read_address
from reminder_bot.storage.claims import end_claims
from reminder_bot.storage.database import (
    Connection,
    Database,
    DatabaseUnusable,
    is_away,
    sqlite_file,
    without_password,
)
from reminder_bot.storage.migrating import bring_up, revision
from reminder_bot.storage.migrations import HEAD
from reminder_bot.storage.tables import leases, metadata, users

__all__ = ["Moved", "check_address", "refuse_moved", "transfer"]

log = logging.getLogger(__name__)

BATCH = 5000
LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a transfer did.

    mark: the file that keeps the old database from being used, None if it could not be written.
    """

    people: int
    rows: int
    file: Path
    mark: Path | None


Report = Callable[[int, int], None]
"""Is given how many rows were copied, and how many there are."""


def refuse_moved(url: str) -> None:
    """Raise DatabaseUnusable if the database was moved to PostgreSQL, because it is out of date."""
    file = sqlite_file(url)
    if file is not None and os.path.exists(_mark_of(file)):
        raise DatabaseUnusable(
            f"{file} was moved to PostgreSQL: set REMINDER_BOT_DATABASE_URL to that, "
            f"or delete {_mark_of(file)} to go on with the data from before the move"
        )


def check_address(url: str) -> None:
    """Raise DatabaseUnusable for what is no address of a PostgreSQL database.

    The message does not repeat the address, which may hold a password.
    """
    try:
        if read_address(url).file is None:
            return
        fault = "is one of SQLite"
    except AddressError as error:
        fault = str(error).partition(": ")[0]
    raise DatabaseUnusable(
        "that is no address to move to: write it like postgresql://user:password@host/database, "
        f"what is neither letter nor digit in the password as %40 (the address given {fault})"
    )


def transfer(
    source_url: str, target_url: str, now: datetime, report: Report = lambda _copied, _all: None
) -> Moved:
    """Copy everything from the SQLite database to a PostgreSQL one without users.

    report: called after each batch. Raises DatabaseUnusable.
    """
    file = sqlite_file(source_url)
    if file is None:
        raise DatabaseUnusable(
            "REMINDER_BOT_DATABASE_URL is a PostgreSQL address already: leave it at SQLite until "
            "all is moved"
        )
    if not os.path.exists(file):
        raise DatabaseUnusable(f"there is no database at {file}: nothing to move")
    source, target = Database(source_url), Database(target_url)
    # Imported here, because `refuse_moved` also runs where the driver is not installed.
    import psycopg

    try:
        source.hold()
        _check_source(source)
        _check_target(target)
        bring_up(target)
        people, rows = _move(source, target, now, report)
    except (DBAPIError, OSError, sqlite3.Error, psycopg.Error) as error:
        raise DatabaseUnusable(_fault(file, error)) from error
    finally:
        source.close_connections()
        target.close_connections()
    return Moved(people, rows, file, _write_mark(file, now))


def _check_source(source: Database) -> None:
    found = revision(source)
    if found is None:
        raise DatabaseUnusable(f"{source.file} holds no tables of this bot: is it the right file?")
    if found > HEAD:
        raise DatabaseUnusable(
            f"{source.file} has revision {found}, newer than this program's {HEAD}: install the "
            f"newer program"
        )
    if found < HEAD:
        raise DatabaseUnusable(
            f"{source.file} has revision {found}, older than this program's {HEAD}: "
            "back it up, then bring it there with `reminder-bot migrate`"
        )


def _check_target(target: Database) -> None:
    """Refuse a target that is not empty, before anything is changed there."""
    found = revision(target)
    if found is not None and found > HEAD:
        raise DatabaseUnusable(
            f"the PostgreSQL database has revision {found}, newer than this program's {HEAD}: "
            "install the newer program, or name an empty database"
        )
    if found is None:
        return
    with target.connection() as connection:
        _refuse_people(connection)


def _refuse_people(connection: Connection) -> None:
    if people := _count(connection, users):
        raise DatabaseUnusable(
            f"the PostgreSQL database holds people already ({people}): name an empty one; nothing "
            f"was changed"
        )


def _refuse_bot(connection: Connection) -> None:
    query = select(leases.c.name).where(leases.c.leased_until > func.clock_timestamp()).limit(1)
    if connection.execute(query).first() is not None:
        raise DatabaseUnusable(
            "a bot runs on the PostgreSQL database: stop it first; nothing was changed"
        )


def _move(source: Database, target: Database, now: datetime, report: Report) -> tuple[int, int]:
    """How many people and how many rows were moved."""
    is_complete = False
    tables = metadata.sorted_tables
    try:
        # The write transaction on the source writes nothing. It keeps other writers out, so that
        # the copy and the counts are of the same moment.
        with source.transaction() as reading, target.transaction(LONGEST) as writing:
            names = ", ".join(table.name for table in tables)
            # Keeps a bot from adding rows meanwhile.
            writing.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
            _refuse_people(writing)
            _refuse_bot(writing)
            for table in reversed(tables):  # a bot without users leaves rows in `state`
                writing.execute(delete(table))
            # The source has instants in UTC without an offset.
            writing.execute(text("SET LOCAL TIME ZONE 'UTC'"))
            total, copied = sum(_count(reading, table) for table in tables), 0
            for table in tables:
                for count in _copy(reading, writing, table):
                    copied += count
                    report(copied, total)
            end_claims(writing, now, all_of_them=True)
            counts = {table.name: _compare(reading, writing, table) for table in tables}
            is_complete = True
    except Exception as error:
        if is_complete and is_away(error):
            raise DatabaseUnusable(
                "the PostgreSQL database went away at the last moment, and perhaps everything is "
                "there: run the transfer again; if it finds people there already, all of them "
                "were moved"
            ) from error
        raise
    return counts[users.name], sum(counts.values())


def _copy(reading: Connection, writing: Connection, table: Table) -> Iterator[int]:
    """Copy a table; yields the number of rows of each batch."""
    query = select(table).order_by(*table.primary_key.columns).compile(reading)
    # Around SQLAlchemy, which would convert each value.
    source = reading.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    found = source.execute(str(query))
    count = 0
    while rows := found.fetchmany(BATCH):
        _insert(writing, table, rows)
        count += len(rows)
        yield len(rows)
    _advance_sequence(writing, table)
    log.info("table_copied", extra={"table": table.name, "count": count})


def _insert(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert a batch of rows, which have their values in the order of the columns.

    Raises DatabaseUnusable that names the row PostgreSQL refuses: SQLite accepts values that
    PostgreSQL does not, such as a text that is too long.
    """
    from reminder_bot.storage import postgresql

    try:
        with connection.begin_nested():
            postgresql.copy_rows(connection, table, rows)
    except postgresql.REFUSED as error:
        if len(rows) > 1:
            middle = len(rows) // 2
            for half in (rows[:middle], rows[middle:]):
                _insert(connection, table, half)
            return
        key = " ".join(
            f"{column.name}={value}"
            for column, value in zip(table.columns, rows[0], strict=True)
            if column.primary_key
        )
        # The error's text may quote what people wrote, so only its type is shown.
        raise DatabaseUnusable(
            f"PostgreSQL refuses the row {key} of {table.name} ({type(error).__name__}): "
            "fix it in the SQLite database; nothing was moved"
        ) from None


def _advance_sequence(connection: Connection, table: Table) -> None:
    """Continue the numbering of new rows after the greatest id that was copied."""
    column = table.autoincrement_column
    if column is None:
        return
    following = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(select(func.setval(sequence, following, false())))


def _compare(reading: Connection, writing: Connection, table: Table) -> int:
    expected, copied = _count(reading, table), _count(writing, table)
    if expected != copied:
        raise DatabaseUnusable(
            f"of {expected} rows of {table.name} only {copied} arrived: nothing was moved, "
            f"try again"
        )
    return expected


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _fault(file: Path, error: Exception) -> str:
    """One line for the host.

    It can quote the error: `_insert` handles the errors that contain what people wrote.
    """
    cause = getattr(error, "orig", None) or error
    reason = without_password((str(cause).splitlines() or [type(cause).__name__])[0])
    if isinstance(cause, sqlite3.Error):
        return f"{file} cannot be read ({reason}): nothing was moved"
    if is_away(error):
        return (
            f"the PostgreSQL database cannot be reached ({reason}): nothing was moved; "
            f"fix that and try again"
        )
    return f"the PostgreSQL database cannot be used ({reason}): nothing was moved"


def _mark_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.moved")


def _write_mark(file: Path, now: datetime) -> Path | None:
    mark = _mark_of(file)
    try:
        with open(mark, "w", opener=private_opener) as out:
            out.write(
                f"{file.name} was moved to PostgreSQL ({now:%Y-%m-%d %H:%M} UTC) and is as it was "
                "then. While this file stands here, `reminder-bot run` refuses it. Once the bot "
                "has run well for a while, both can go.\n"
            )
    except OSError:
        return None  # a full disk may be the reason for the transfer
    return mark

"""Upgrading a database to the program's revision, and refusing one from a newer program.

The whole upgrade is one transaction, on SQLite as on PostgreSQL: if the process is killed in the
middle, nothing has changed. On PostgreSQL a transaction-scoped advisory lock lets several replicas
start at once.

A running bot does not import Alembic (see `bring_up_aside`), because a module is never unloaded and
Alembic takes a tenth of the bot's memory.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from reminder_bot.storage.database import (
    Database,
    DatabaseUnusable,
    is_away,
    is_refused,
    without_password,
)
from reminder_bot.storage.migrations import HEAD
from reminder_bot.storage.tables import metadata

__all__ = ["bring_up", "bring_up_aside", "revision", "state", "upgrade"]

ADVISORY_LOCK = 7_145_201_142  # any number, the same in all replicas and releases
LONGEST_UPGRADE = timedelta(hours=1)  # other replicas that start wait for it as long
VERSIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> str:
    """Bring the database at `url` to the program's revision; returns that revision."""
    database = Database(url)
    try:
        bring_up(database)
    finally:
        database.close_connections()
    return HEAD


def state(url: str) -> tuple[str | None, str]:
    """The revision the database at `url` has (None: empty) and the one the program wants."""
    database = Database(url)
    try:
        return revision(database), HEAD
    finally:
        database.close_connections()


def revision(database: Database) -> str | None:
    """The revision of an open database; None if it has no tables yet.

    Raises DatabaseUnusable.
    """
    with _explained(database), database.connection() as connection:
        if not database.is_sqlite:
            _refuse_encoding(connection)
        return _revision(connection)


def bring_up(database: Database) -> None:
    """Upgrade an open database to HEAD if it is older.

    Raises DatabaseUnusable, whose text says what to do.
    """
    found = revision(database)
    if found == HEAD:
        _prove_writable(database)
        database.make_private()
        return
    if found is not None and found > HEAD:
        raise DatabaseUnusable(
            f"the database has revision {found}, newer than this program's {HEAD}: "
            "install the newer program again, or restore the backup from before the upgrade"
        )
    _change(database, _upgrade)
    database.make_private()


def _change(database: Database, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction, in one process at a time."""
    with _explained(database), database.transaction(LONGEST_UPGRADE) as connection:
        if not database.is_sqlite:
            key = {"key": ADVISORY_LOCK}
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
        work(connection)


@contextmanager
def _explained(database: Database) -> Iterator[None]:
    """Turn an error that does not pass by itself into DatabaseUnusable, which says what to do."""
    try:
        yield
    except Exception as error:
        if _is_worth_waiting(database, error):
            raise
        raise DatabaseUnusable(_cure(database, error)) from error


async def bring_up_aside(database: Database) -> None:
    """Like `bring_up`, without importing Alembic into this process.

    A new database gets its tables directly; the upgrade of an old one runs in a child process.
    """
    is_done = await asyncio.to_thread(_bring_up_without_alembic, database)
    if is_done:
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        # The URL may contain a password, which an argument would show in the process list.
        output, _ = await child.communicate(_encoded(database.url))
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode == os.EX_CONFIG:
        raise DatabaseUnusable(_decoded(output).strip())
    if child.returncode != 0:
        raise ConnectionError(_decoded(output).strip() or "the upgrade failed")


def _bring_up_without_alembic(database: Database) -> bool:
    """Whether the database is at HEAD now. A new one gets its tables; an old one stays as it is."""
    found = revision(database)
    if found == HEAD:
        _prove_writable(database)
    elif found is None:
        _change(database, _create)
    else:
        return False
    database.make_private()
    return True


def _prove_writable(database: Database) -> None:
    """Write something, so that a read-only database fails at the start and not at the first tap."""
    with _explained(database), database.transaction() as connection:
        connection.execute(text("DELETE FROM state WHERE name = 'never'"))
        if database.is_sqlite:
            connection.execute(text("INSERT INTO state VALUES ('never', '')"))
            connection.execute(text("DELETE FROM state WHERE name = 'never'"))


def _refuse_encoding(connection: Connection) -> None:
    """Raise DatabaseUnusable for a database that cannot hold every character people write."""
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise DatabaseUnusable(
            f"the PostgreSQL database keeps text as {encoding}: make one with ENCODING 'UTF8' "
            f"TEMPLATE template0"
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _create(connection: Connection) -> None:
    """Create the tables as they are now; a test checks that the migrations lead there as well."""
    if _revision(connection) is not None:
        return  # another process has created them meanwhile
    metadata.create_all(connection, checkfirst=False)
    connection.execute(
        text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(VERSIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _is_worth_waiting(database: Database, error: Exception) -> bool:
    """Whether an error at the start passes by itself or does not come from the database.

    In both cases there is nothing for the host to fix.
    """
    if not isinstance(error, SQLAlchemyError | OSError) and not hasattr(error, "sqlstate"):
        return True
    return (
        "database is locked" in str(error)
        if database.is_sqlite
        else is_away(error) and not is_refused(error)
    )


def _cure(database: Database, error: BaseException) -> str:
    """One line for the host: what is wrong with the database and what to do about it."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    place = str(database.file) if database.is_sqlite else "the PostgreSQL database"
    cures = {
        "readonly": f"{place} is read-only: give the bot's user the right to write it and its "
        f"folder",
        "unable to open": f"{place} cannot be opened: check that its folder exists and may be "
        f"written",
        "not a database": f"{place} is not an SQLite database: restore a backup; the file was "
        f"left as it is",
        "malformed": f"{place} is damaged: restore a backup; the file was left as it is",
        "full": f"no room left for {place}: free some space on its disk",
    }
    for sign, cure in cures.items():
        if sign in reason:
            return cure
    return f"{place} cannot be used: {without_password(reason)}"


def _encoded(text: str) -> bytes:
    """For the pipe to the child process: a path need not be text, nor the locale be UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _main() -> int:
    """Upgrade the database whose address is on stdin, and write what is wrong to stdout."""
    try:
        upgrade(_decoded(sys.stdin.buffer.read()))
    except DatabaseUnusable as error:
        os.write(sys.stdout.fileno(), _encoded(str(error)))
        return os.EX_CONFIG
    except Exception as error:
        if not is_away(error):
            raise
        os.write(sys.stdout.fileno(), type(error).__name__.encode())
        return os.EX_TEMPFAIL
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(_main())

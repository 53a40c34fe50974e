"""Backing up an SQLite database, and restoring a backup.

A backup can be made while the bot runs, with SQLite's backup API: a plain copy of a live file lost
58 committed rows when it was tried. It is made in one read transaction: otherwise each write of
the bot would start the backup again from the first page. A copy is checked and synced before it
gets its final name, so that a file with that name is always complete.

A restore replaces the file in one step, while it holds the lock of a running bot. The old file is
kept beside it under another name, together with a journal that a crash may have left: SQLite would
otherwise apply that journal to the new file.

PostgreSQL has its own tools for this.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from reminder_bot.files import make_private, private_opener
from reminder_bot.storage.database import (
    BUSY_TIMEOUT_MS,
    JOURNALS,
    Database,
    DatabaseUnusable,
    sqlite_file,
)
from reminder_bot.storage.file_watch import new_generation
from reminder_bot.storage.migrations import HEAD

__all__ = ["ProgressCalls", "back_up", "restore"]

PAGES_A_STEP = 4096  # 16 MB with the usual pages of 4 KiB
STEPS_A_CALL = 10_000  # of SQLite's virtual machine


@dataclass(frozen=True, slots=True)
class ProgressCalls:
    """The functions that are called while a file is copied and checked.

    copied: after each step but the last, with the number of pages copied so far, and of all pages.
    checking: often, while the copy is checked.
    """

    copied: Callable[[int, int], None] = lambda done, total: None
    checking: Callable[[], None] = lambda: None


def back_up(url: str, target: Path, shown: ProgressCalls = ProgressCalls()) -> str:
    """Copy the database at `url` to the new file `target` and return its revision.

    Raises DatabaseUnusable.
    """
    file = _file_of(url, "pg_dump")
    if not os.path.exists(file):
        raise DatabaseUnusable(f"there is no database at {file}: nothing to back up")
    if os.path.lexists(target):
        raise DatabaseUnusable(
            f"{target} is there already: name another file, or move that one away"
        )
    with _checked_copy(file, target, "rw", shown) as (copy, revision):
        copy.replace(target)
        _sync(target.parent)
    return revision


def restore(
    url: str, source: Path, now: datetime, shown: ProgressCalls = ProgressCalls()
) -> Path | None:
    """Replace the database at `url` with a copy of `source`; returns where the old one is kept, or
    None if there was none.

    Raises DatabaseUnusable if a bot runs on the database, or if `source` is not a complete backup.
    """
    file = _file_of(url, "psql or pg_restore")
    if not os.path.isfile(source):
        raise DatabaseUnusable(
            f"there is no file {source}: name a backup made by `reminder-bot backup`"
        )
    database = Database(url)
    database.hold()
    try:
        with _checked_copy(source, file, "ro", shown) as (copy, revision):
            if revision > HEAD:
                raise DatabaseUnusable(
                    f"{source} has revision {revision}, newer than this program's {HEAD}: install "
                    f"the newer program"
                )
            kept = _keep(file, now) if file.exists() else None
            copy.replace(file)
            _sync(file.parent)
            return kept
    finally:
        database.close_connections()


def _file_of(url: str, tool: str) -> Path:
    file = sqlite_file(url)
    if file is None:
        raise DatabaseUnusable(f"this is for SQLite only: use {tool} for the PostgreSQL database")
    return file


@contextmanager
def _checked_copy(
    source: Path, target: Path, mode: str, shown: ProgressCalls
) -> Iterator[tuple[Path, str]]:
    """A complete copy of `source` beside `target`, and its revision.

    The copy is deleted at the end unless it has been renamed.
    """
    copy = None
    try:
        number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(number)
        copy = Path(name)
        revision = _copy(source, copy, mode, shown)
        _sync(copy)
        yield copy, revision
    except sqlite3.Error as error:
        raise DatabaseUnusable(
            f"{source} cannot be copied to {target} ({error}): nothing was changed"
        ) from error
    except OSError as error:
        raise DatabaseUnusable(
            f"{target} cannot be written ({error.strerror}): name a place that this user may "
            f"write, with room for it"
        ) from error
    finally:
        if copy is not None:
            for suffix in ("", *JOURNALS):
                copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, copy: Path, mode: str, shown: ProgressCalls) -> str:
    with closing(_opened(copy, "rw")) as new:
        # Closed before the check, so that a writer waits for the copy only.
        with closing(_opened(source, mode)) as old:
            _copy_pages(old, new, shown)
        # The backup needs no other file beside it.
        new.execute("PRAGMA journal_mode = DELETE").fetchone()
        # A bot notices it if the copy is written over the file that it runs on.
        new.execute(f"PRAGMA user_version = {new_generation()}")
        if (found := _check(new, shown)) != "ok":
            raise DatabaseUnusable(
                f"{source} is damaged ({found.splitlines()[0]}): use another backup"
            )
        try:
            (revision,) = new.execute("SELECT version_num FROM alembic_version").fetchone() or (
                None,
            )
        except sqlite3.OperationalError:
            revision = None
    if revision is None:
        raise DatabaseUnusable(f"{source} holds no tables of this bot: is it the right file?")
    return str(revision)


def _copy_pages(old: sqlite3.Connection, new: sqlite3.Connection, shown: ProgressCalls) -> None:
    def after_step(_: int, left: int, total: int) -> None:
        if left:  # the check follows the last step
            shown.copied(total - left, total)

    old.execute("BEGIN")
    # Waits for a writer, at most BUSY_TIMEOUT_MS; `backup` would wait without a limit.
    old.execute("SELECT count(*) FROM sqlite_master").fetchone()
    old.backup(new, pages=PAGES_A_STEP, progress=after_step, sleep=0)


def _check(new: sqlite3.Connection, shown: ProgressCalls) -> str:
    """The result of SQLite's check: "ok", or what is damaged."""
    is_interrupted = False

    def call() -> bool:
        nonlocal is_interrupted
        try:
            shown.checking()
        except KeyboardInterrupt:  # sqlite3 would swallow it
            is_interrupted = True
        return is_interrupted

    new.set_progress_handler(call, STEPS_A_CALL)
    try:
        return str(new.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.OperationalError:
        if is_interrupted:
            raise KeyboardInterrupt from None
        raise
    finally:
        new.set_progress_handler(None, 0)


def _keep(file: Path, now: datetime) -> Path:
    """Keep the database and its journals under a new name; returns that name."""
    name = f"{file.name}.before-restore-{now:%Y%m%dT%H%M%SZ}"
    kept, count = file.with_name(name), 1
    while os.path.lexists(kept):
        count += 1
        kept = file.with_name(f"{name}-{count}")
    try:
        with closing(_opened(file, "rw")) as old:
            # Applies and deletes a journal that a crash has left.
            old.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise DatabaseUnusable(f"{file} is in use by another program: end it first") from error
    except sqlite3.DatabaseError:
        pass  # the database is damaged, which may be the reason for the restore
    try:
        os.link(file, kept)  # not renamed: at every moment there is a database in its place
    except OSError:
        with open(file, "rb") as old, open(kept, "xb", opener=private_opener) as new:
            shutil.copyfileobj(old, new)
    make_private(kept)
    for suffix in JOURNALS:
        journal = file.with_name(file.name + suffix)
        if journal.exists() and journal.stat().st_size:
            journal.rename(kept.with_name(kept.name + suffix))
            make_private(kept.with_name(kept.name + suffix))
        journal.unlink(missing_ok=True)
    return kept


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(os.fsencode(file.absolute()))}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
    )


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

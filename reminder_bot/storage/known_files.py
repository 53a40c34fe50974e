"""Which SQLite files this bot has had, so that it never makes a new one in place of a lost one.

The list is a file in the data directory. If a database that it names is missing or empty, a start
is refused, because a new one would know nobody and answer everybody as a stranger. A first start,
where nothing is listed, and `restore` need no flag.
"""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from reminder_bot.files import private_opener
from reminder_bot.storage.database import DatabaseUnusable, sqlite_file

__all__ = ["record_known", "refuse_lost"]

log = logging.getLogger(__name__)

NAME = "known-databases"
HEADING = (
    "# The databases that this bot has had, one a line. If one of them is lost, it is not replaced "
    "by an\n# empty one unless the bot is started with `reminder-bot run --new`.\n"
)


def refuse_lost(url: str, folder: Path) -> None:
    """Raise DatabaseUnusable if the SQLite file is known in the data directory, but lost."""
    file = sqlite_file(url)
    if file is None or _name_of(file, folder) not in _listed(folder) or _has_tables(file):
        return
    what = "is empty" if os.path.exists(file) else "is missing"
    raise DatabaseUnusable(
        f"the database {file} {what}, although this bot has had one: restore a backup with "
        f"`reminder-bot restore FILE`, or move the file back; `reminder-bot run --new` begins with "
        f"an empty database"
    )


def record_known(url: str, folder: Path) -> None:
    """Note that the SQLite file exists. A directory that can't be written is no error."""
    file = sqlite_file(url)
    if file is None:
        return
    listed = _listed(folder)
    name = _name_of(file, folder)
    if name in listed:
        return
    text = HEADING + "".join(f"{each}\n" for each in [*listed, name])
    new = folder / f"{NAME}.new"
    try:
        with open(new, "w", opener=private_opener) as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(folder / NAME)
    except OSError as error:
        log.warning("known_databases_not_written", extra={"error": error})


def _listed(folder: Path) -> list[str]:
    try:
        lines = (folder / NAME).read_text("ascii", "replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line and not line.startswith("#")]


def _name_of(file: Path, folder: Path) -> str:
    """The path as it is listed: from the data directory if it is inside, as that may be moved."""
    path = file.absolute()
    shown = path.relative_to(folder) if path.is_relative_to(folder) else path
    return quote(os.fsencode(shown))


def _has_tables(file: Path) -> bool:
    """Whether there is a database with tables; also if it can't be read, which opening it tells."""
    try:
        if file.stat().st_size == 0:
            return False
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    address = f"file:{quote(os.fsencode(file.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            query = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
            return bool(connection.execute(query).fetchone()[0])
    except sqlite3.Error:
        return True

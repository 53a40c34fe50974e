"""Creates databases with many people quickly.

The bot's own code sets up fifty people; SQL statements copy their rows for all others. Each person
has six reminders, as after onboarding with five habits. The fifty people have 25 zones and two wake
times, which spreads their reminders over the day. All reminders are due tomorrow or later, so only
those that a benchmark makes due are due while it runs.
"""

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Table

from reminder_bot.clock import machine_time
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind
from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import habits, reminders, users
from tests.benchmarks.processes import OTHER_CORE, on_core
from tests.support.databases import new_postgresql, new_sqlite
from tests.support.people import settle
from tests.support.postgres import OPTIONS, Postgres

__all__ = [
    "REMINDERS_EACH",
    "DurablePostgres",
    "Store",
    "last_minute",
    "morning_zones",
    "populate",
    "postgres_server",
]

ZONES = (
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Halifax",
    "America/Sao_Paulo",
    "America/Noronha",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Noumea",
    "Pacific/Auckland",
    "Pacific/Apia",
)
HOURS = (("06:00", "22:00"), ("07:00", "23:00"))
FIVE = (*OFFERED_AT_SETUP, HabitKind.FIBRE)
ASKED = (HabitKind.HYDRATION, HabitKind.PROBIOTIC, HabitKind.MEDITATION, HabitKind.FIBRE)
REMINDERS_EACH = 6
PATTERNS = len(ZONES) * len(HOURS)
GLASSES = tuple(timedelta(minutes=150 * number) for number in range(-1, 5))


class DurablePostgres(Postgres):
    """A PostgreSQL server with fsync on a disk, as in production; other tests need neither."""

    is_in_memory = False

    def __init__(self, shared_buffers: str) -> None:
        self._shared_buffers = shared_buffers
        super().__init__()

    def start(self) -> None:
        durable = OPTIONS.replace("fsync=off", "fsync=on")
        sizes = f"-c shared_buffers={self._shared_buffers} -c max_wal_size=4GB"
        options = f"-h 127.0.0.1 -p {self.port} {durable} {sizes}"
        log = self._data / "server.log"
        self._run("pg_ctl", "-w", "-l", str(log), "-o", options, "start")
        self._pid = int((self._data / "postmaster.pid").read_text().split()[0])

    @property
    def processor_seconds(self) -> float:
        """Processor time of all processes of the server so far, also of those that have ended."""
        ticks = 0
        for pid, fields in self._processes():
            # utime and stime; of the first process also cutime and cstime, those of its children.
            ticks += sum(map(int, fields[11 : 15 if pid == self._pid else 13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def resident_mib(self) -> float:
        """Memory of all processes of the server, with what they share counted once."""
        total = 0
        for pid, _ in self._processes():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024

    def _processes(self) -> Iterator[tuple[int, list[str]]]:
        """Its processes: (pid, the fields of /proc/PID/stat from the third one on, see proc(5))."""
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = file.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # the process has ended
            pid = int(file.parent.name)
            if self._pid in {pid, int(fields[1])}:
                yield pid, fields


@contextmanager
def postgres_server(
    core: int = OTHER_CORE, shared_buffers: str = "512MB"
) -> Iterator[DurablePostgres]:
    with on_core(core):
        server = DurablePostgres(shared_buffers)
        server.start()
    try:
        yield server
    finally:
        server.stop()
        server.remove()


class Store:
    """A migrated database with plain SQL: on `server`, or a SQLite file in `folder`."""

    def __init__(self, folder: Path, server: DurablePostgres | None = None) -> None:
        self._server = server
        if server is None:
            place = folder / f"store-{uuid4().hex}"
            place.mkdir()
            self.url = new_sqlite(place)
            self._file = self.url.removeprefix("sqlite:///")
        else:
            self.url = new_postgresql(server)
            self._name = self.url.rpartition("/")[2]
        self.kind = "SQLite" if server is None else "PostgreSQL"

    def execute(self, *statements: str, is_durable: bool = True) -> None:
        """Execute all statements in one transaction."""
        with self._connected() as connection:
            if isinstance(connection, sqlite3.Connection) and not is_durable:
                connection.execute("PRAGMA synchronous = OFF")
            for each in ("BEGIN", *statements, "COMMIT"):
                connection.execute(each)

    def number(self, query: str) -> int:
        with self._connected() as connection:
            return int(connection.execute(query).fetchone()[0])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._connected() as connection:
            return [tuple(row) for row in connection.execute(query).fetchall()]

    def _connected(self) -> closing[Any]:
        if self._server is not None:
            return closing(psycopg.connect(self.url, autocommit=True))
        return closing(sqlite3.connect(self._file, timeout=30, isolation_level=None))

    def day(self, day: date) -> str:
        """A day as an SQL literal of this database."""
        return f"'{day}'" if self._server is None else f"DATE '{day}'"

    def instant(self, at: datetime) -> str:
        """An instant as an SQL literal of this database."""
        offset = "" if self._server is None else "+00"
        return f"'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}{offset}'"

    def make_due(self, due_at: datetime, ids: range, turn: int = 0) -> None:
        """Make one reminder of each user due at `due_at`, a whole minute.

        A quarter of the users get each kind of ASKED; another `turn` rotates the kinds. Their zones
        become such that `due_at` is in the morning, when all of them are awake.
        """
        statements = []
        zones = morning_zones(due_at)
        for number, zone in enumerate(zones):
            local = due_at.astimezone(ZoneInfo(zone))
            place = f"(user_id - {ids.start}) / {ids.step}"
            of_zone = f"{_among(ids)} AND {place} / {len(ASKED)} % {len(zones)} = {number}"
            statements.append(
                f"UPDATE users SET zone = '{zone}' WHERE {of_zone.replace('user_id', 'id')}"
            )
            for kind_number, kind in enumerate(ASKED):
                slots = (
                    [local + each for each in GLASSES] if kind is HabitKind.HYDRATION else [local]
                )
                times = ",".join(sorted(f"{each:%H:%M}" for each in slots))
                statements.append(
                    f"UPDATE reminders SET next_due_at = {self.instant(due_at)}, "
                    f"schedule = '1234567 {times}' "
                    f"WHERE {of_zone} AND ({place} + {turn}) % {len(ASKED)} = {kind_number} "
                    f"AND habit_id IN "
                    f"(SELECT id FROM habits WHERE kind = '{kind}' AND {_among(ids)})"
                )
        self.execute(*statements)

    def count_sent(self, ids: range) -> int:
        return self.number(
            f"SELECT count(*) FROM check_ins WHERE status = 'sent' AND {_among(ids)}"
        )

    @property
    def processor_seconds(self) -> float:
        """Processor time of the database server so far; 0 for SQLite, which runs in the bot."""
        return 0.0 if self._server is None else self._server.processor_seconds

    def remove(self) -> None:
        if self._server is None:
            Path(self._file).unlink()
        else:
            self._server.psql("postgres", f'DROP DATABASE "{self._name}" WITH (FORCE)')


def populate(store: Store, people: int) -> Store:
    """Fill the store with people whose ids begin with 1; their number is a multiple of fifty."""
    assert people % PATTERNS == 0, f"{people} is not a multiple of {PATTERNS}"
    asyncio.run(_settle(store.url))
    is_postgresql = store.kind == "PostgreSQL"
    # With this role PostgreSQL does not check foreign keys row by row.
    statements = ["SET LOCAL session_replication_role = replica"] if is_postgresql else []
    statements += [_copies(table, people // PATTERNS) for table in (users, habits, reminders)]
    if is_postgresql:
        statements += [
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            for table in ("habits", "reminders")
        ]
    store.execute(*statements, is_durable=False)
    if is_postgresql:
        store.execute("ANALYZE")
    return store


async def _settle(url: str) -> None:
    database = Database(url)
    now = machine_time() + timedelta(days=1)
    for number in range(PATTERNS):
        zone, hours = ZONES[number % len(ZONES)], HOURS[number // len(ZONES)]
        await settle(database, now, user_id=number + 1, zone=zone, hours=hours, habits=FIVE)
    await database.close()


def _copies(table: Table, blocks: int) -> str:
    """SQL that copies the rows of the first fifty people, until the table has `blocks` times fifty.

    A block is the rows of fifty people. In each copy, the primary key and the foreign keys are
    increased by a multiple of the number of keys in a block.
    """
    steps = {
        "users": PATTERNS,
        "habits": PATTERNS * len(FIVE),
        "reminders": PATTERNS * REMINDERS_EACH,
    }
    moved = {}
    for column in table.c:
        if column.foreign_keys:
            (foreign_key,) = column.foreign_keys
            moved[column.name] = steps[foreign_key.column.table.name]
        elif column.name == "id":
            moved[column.name] = steps[table.name]
    names = [column.name for column in table.c]
    values = [
        f"pattern.{name} + block.n * {moved[name]}" if name in moved else f"pattern.{name}"
        for name in names
    ]
    return (
        f"WITH RECURSIVE block(n) AS (SELECT 1 WHERE {blocks} > 1 "
        f"UNION ALL SELECT n + 1 FROM block WHERE n < {blocks - 1}) "
        f"INSERT INTO {table.name} ({', '.join(names)}) "
        f"SELECT {', '.join(values)} FROM block CROSS JOIN {table.name} pattern "
        f"WHERE pattern.id <= {steps[table.name]}"
    )


def _among(ids: range) -> str:
    if ids.step == 1:
        return f"user_id BETWEEN {ids.start} AND {ids.stop - 1}"
    return f"user_id IN ({','.join(map(str, ids))})"


def morning_zones(at: datetime) -> Sequence[str]:
    """Zones in which `at` is between 08:30 and noon, when all people here are awake."""
    found = [zone for zone in ZONES if 510 <= _minute(at.astimezone(ZoneInfo(zone))) < 720]
    assert found, f"in no zone is it morning at {at}"
    return found


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute


def last_minute() -> datetime:
    """The last whole minute; reminders that are due then are due now."""
    now: Any = machine_time()
    return now.replace(second=0, microsecond=0)  # type: ignore[no-any-return]

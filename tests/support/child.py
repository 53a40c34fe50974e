"""The bot as a child process that dies at a named point: `python -m tests.support.child`.

With `--nursery SOCKET` it imports the program once and forks a bot for each request. A start then
takes a tenth of a second, so that twenty kills at nine points on two databases take minutes.

The program has no code for this. Its functions are wrapped here, then its command line runs as
usual. A test arms a point by writing a file. When the child reaches that point, it records this on
disk and kills itself with SIGKILL, as the kernel would, or a power failure. What takes too long for
a test (leases, long polls, waits) is shortened, and SQLite can be made to find its disk full.
`python -m tests.repeat --delays` makes each commit and each call to Telegram take longer.

    planned         in the planning transaction, before its commit
    before claim    something is due and not claimed
    claimed         the claim is committed, no request has begun
    before request  the permit is given, the request is about to begin
    leaving         the send is marked as leaving, no byte has left
    accepted        Telegram has answered the send, the outcome is not recorded
    recorded        the outcome is committed
    fetched         updates have arrived, none is handled
    unconfirmed     their effect is committed, Telegram still keeps them
    edit pending    a tap is committed, its message is not edited
    edit made       the message is edited, the edit is not settled
"""

import asyncio
import gc
import json
import logging
import os
import random
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

from tests.support import measured

__all__ = ["ARM", "DELAYS", "HITS", "LOUD", "POINTS", "TUNING", "tuned"]

POINTS = (
    "planned",
    "before claim",
    "claimed",
    "before request",
    "leaving",
    "accepted",
    "recorded",
    "fetched",
    "unconfirmed",
    "edit pending",
    "edit made",
)
ARM, HITS, TUNING = "CHILD_ARM", "CHILD_HITS", "CHILD_TUNING"
DELAYS = "CHILD_DELAYS"  # seconds
LOUD = "CHILD_LOUD"  # all loggers of libraries are set to DEBUG

_is_sending = ContextVar("is_sending", default=False)


class _Crash:
    """Kills the process at the armed point: the one in the file `arm`, at the time of its count.

    arm: a file with `name count`; removed when the point is reached, so that the next process runs
    normally. hits: the file in which the point is recorded.
    """

    def __init__(self, arm: Path, hits: Path) -> None:
        self._arm = arm
        self._hits = hits
        self._seen = 0

    def at(self, point: str) -> None:
        try:
            armed, _, count = self._arm.read_text().rpartition(" ")
        except FileNotFoundError:
            return
        if armed != point:
            return
        self._seen += 1
        if self._seen < int(count):
            return
        file = os.open(self._hits, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"hit {point} {count}\n".encode())
        os.fsync(file)
        self._arm.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str, do: Callable[..., None]) -> None:
    """Call `do` with the arguments of each call of a function, before the function."""
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        do(*given, **named)
        return original(*given, **named)

    @wraps(original)
    async def awaited(*given: Any, **named: Any) -> Any:
        do(*given, **named)
        return await original(*given, **named)

    setattr(owner, name, awaited if iscoroutinefunction(original) else wrapped)


def _after(owner: Any, name: str, do: Callable[..., None]) -> None:
    """Call `do` with the result and the arguments of each call of a function, after it."""
    original = getattr(owner, name)

    @wraps(original)
    def wrapped(*given: Any, **named: Any) -> Any:
        result = original(*given, **named)
        do(result, *given, **named)
        return result

    @wraps(original)
    async def awaited(*given: Any, **named: Any) -> Any:
        result = await original(*given, **named)
        do(result, *given, **named)
        return result

    setattr(owner, name, awaited if iscoroutinefunction(original) else wrapped)


def _arm(crash: _Crash) -> None:
    from reminder_bot.bot_api.poller import Poller
    from reminder_bot.bot_api.sender import Sender
    from reminder_bot.chat.edit_settling import EditSettling
    from reminder_bot.chat.message_edits import MessageEditor
    from reminder_bot.chat.messages import Messages
    from reminder_bot.domain.check_in import Status
    from reminder_bot.engine.departures import Departures
    from reminder_bot.engine.dispatching import Dispatcher
    from reminder_bot.engine.outcomes import Recorder
    from reminder_bot.storage import check_ins, claims, digests, reminders

    def when(point: str, is_reached: object) -> None:
        if is_reached:
            crash.at(point)

    _after(reminders, "move_on", lambda _, connection, moves: when("planned", moves))
    _after(check_ins, "plan_repeats", lambda planned, *_: when("planned", planned))
    _after(digests, "insert_digest", lambda is_new, *_, **__: when("planned", is_new))
    _before(claims, "claim", lambda *_, **__: crash.at("before claim"))
    _after(Dispatcher, "_claim", lambda ids, *_: when("claimed", ids))
    for name in ("ask", "send_digest"):
        _mark_sending(Messages, name)
    _before(Sender, "_call", lambda *_, **__: when("before request", _is_sending.get()))
    _after(Departures, "_mark", lambda *_: crash.at("leaving"))
    _after(Sender, "_call", lambda *_, **__: when("accepted", _is_sending.get()))

    def is_sent(batch: Any) -> bool:
        return any(row.get("status") == Status.SENT for record in batch for row in record.rows)

    _after(Recorder, "_write", lambda _, self, batch: when("recorded", is_sent(batch)))

    def has_tap(batch: Any) -> bool:
        return any("callback_query" in raw for raw in batch)

    _before(Poller, "_handle", lambda self, batch: when("fetched", has_tap(batch)))
    _after(
        Poller,
        "_handle",
        lambda is_taken, self, batch: when("unconfirmed", is_taken and has_tap(batch)),
    )
    _before(
        MessageEditor,
        "edit",
        lambda self, pending_edit, loaded=None: when("edit pending", pending_edit.check_in_id),
    )
    _before(
        EditSettling,
        "settle",
        lambda self: when("edit made", any(each.check_in_id for each in self._made.values())),
    )


def _mark_sending(owner: Any, name: str) -> None:
    original = getattr(owner, name)

    @wraps(original)
    async def wrapped(*given: Any, **named: Any) -> Any:
        mark = _is_sending.set(True)
        try:
            return await original(*given, **named)
        finally:
            _is_sending.reset(mark)

    setattr(owner, name, wrapped)


def tuned(**values: float) -> dict[str, str]:
    """The environment that sets these waits, in seconds: lease, lease_margin, long_poll,
    read_timeout, refused_wait, busy_timeout, time_limit (of a transaction on PostgreSQL), leading
    (the lease of the replica that polls), and ticks (the longest interval of a step).
    """
    return {TUNING: " ".join(f"{name}={value:g}" for name, value in values.items())}


def _tune(values: dict[str, float]) -> None:
    from datetime import timedelta

    from reminder_bot.bot_api import poller, rate_limiter
    from reminder_bot.bot_api.sender import Sender
    from reminder_bot.bot_api.transport import Transport
    from reminder_bot.engine import dispatching, leading
    from reminder_bot.engine.ticking import Ticking
    from reminder_bot.storage import database

    def default(function: Any, name: str, value: object) -> None:
        assert name in function.__kwdefaults__, f"{function.__qualname__} has no {name}"
        function.__kwdefaults__[name] = value

    for name, value in values.items():
        match name:
            case "lease":
                dispatching.LEASE = timedelta(seconds=value)
            case "lease_margin":
                dispatching.LEASE_MARGIN = timedelta(seconds=value)
                rate_limiter.LOOK_EVERY = value / 4  # in time to give a claim back
            case "long_poll":
                poller.LONG_POLL = int(value)
            case "read_timeout":
                default(Transport.__init__, "read_timeout", value)
            case "refused_wait":
                default(Sender.__init__, "refused_wait", timedelta(seconds=value))
                default(poller.Poller.__init__, "refused_wait", value)
            case "busy_timeout":
                database.BUSY_TIMEOUT_MS = int(value * 1000)
            case "time_limit":
                database.Database.__init__.__defaults__ = (timedelta(seconds=value),)
            case "leading":
                leading.LENGTH, leading.MARGIN, leading.EVERY = (
                    timedelta(seconds=value),
                    value / 4,
                    value / 4,
                )
                poller.STANDING_BY = value / 8
            case "ticks":
                _limit_intervals(Ticking, value)
            case _:
                raise ValueError(f"{name} cannot be tuned")


def _limit_intervals(ticking: Any, longest: float) -> None:
    original = ticking.add
    ticking.add = lambda self, name, step, seconds: original(
        self, name, step, min(seconds, longest)
    )


def _delay(longest: float) -> None:
    """Let each commit and each call take up to `longest` seconds more, before it and after it.

    So what a fast machine does in a fixed order happens in any order that is possible.
    """
    from reminder_bot.bot_api.transport import Transport
    from reminder_bot.chat.edit_settling import EditSettling
    from reminder_bot.storage.database import Database

    def delayed(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @wraps(original)
        async def wrapped(*given: Any, **named: Any) -> Any:
            await asyncio.sleep(random.uniform(0, longest))
            result = await original(*given, **named)
            await asyncio.sleep(random.uniform(0, longest))
            return result

        setattr(owner, name, wrapped)

    for owner, name in ((Database, "write"), (Transport, "send"), (EditSettling, "settle")):
        delayed(owner, name)


def _fill_disk(pages: Path) -> None:
    """While the file `pages` exists, let SQLite report a full disk if the database would have more
    pages than the number in the file.
    """
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    def look(connection: Any, *_: Any) -> None:
        limit = pages.read_text() if pages.exists() else str(2**31)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {int(limit)}")
        cursor.close()

    event.listen(Pool, "checkout", look)


def main(words: Sequence[str] = ("run",)) -> int:
    """Run `reminder-bot` with these arguments, armed and tuned as the environment says."""
    environment = os.environ
    if ARM in environment:
        _arm(_Crash(Path(environment[ARM]), Path(environment[HITS])))
    _tune(
        {
            name: float(value)
            for name, value in (each.split("=") for each in environment.get(TUNING, "").split())
        }
    )
    if DELAYS in environment:
        _delay(float(environment[DELAYS]))
    if "CHILD_PAGES" in environment:
        _fill_disk(Path(environment["CHILD_PAGES"]))

    if LOUD in environment:
        _let_libraries_log_everything()

    from reminder_bot.cli import main as run

    return run(words)


def _let_libraries_log_everything() -> None:
    """After the log is set up, set every logger that there is to DEBUG."""
    from reminder_bot import logs

    set_up = logs.set_up

    def set_up_loudly(*given: Any) -> None:
        set_up(*given)
        for name in ("", *logging.root.manager.loggerDict):
            logging.getLogger(name).setLevel(logging.DEBUG)

    logs.set_up = set_up_loudly  # type: ignore[assignment]


def nurse(path: str) -> None:
    """Fork `reminder-bot` for each connection.

    The client sends JSON: environment, folder, words, and the files that are stdin, stdout and
    stderr; is_measured: run it as `measured` does. It gets the pid at once, and the exit code when
    the command has ended.
    """
    import psycopg  # noqa: F401
    import sqlalchemy.dialects.postgresql.psycopg
    import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

    import reminder_bot.app  # noqa: F401
    from reminder_bot.domain.zone import clocks

    # Computing the zones of a year takes some tenths of a second. Done here, for the year of most
    # journeys, it is inherited by all forked processes.
    clocks(datetime(2026, 3, 2, tzinfo=UTC))
    gc.freeze()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{path}.new")
    listening.listen()
    os.rename(f"{path}.new", path)
    waiting = selectors.DefaultSelector()
    waiting.register(listening, selectors.EVENT_READ)
    # When the test process ends, stdin is closed, and the nursery ends, too.
    waiting.register(sys.stdin.fileno(), selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listening:
                connection, _ = listening.accept()
                pid = _fork(json.loads(connection.makefile().readline()))
                connection.sendall(f"{pid}\n".encode())
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
            elif key.data is None:
                return
            else:
                pid, connection = key.data
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                _, status = os.waitpid(pid, 0)
                with connection:
                    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _fork(wanted: dict[str, Any]) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.dup2(os.open(wanted["stdin"], os.O_RDONLY), 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            os.dup2(os.open(wanted[name], flags, 0o644), number)
        # Close the sockets of the nursery. Their Python objects are never collected in this
        # process, so none of them closes a descriptor that has been used again by then.
        os.closerange(3, 1024)
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["folder"])
        code = measured.main() if wanted["is_measured"] else main(wanted["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    if "--nursery" in sys.argv:
        nurse(sys.argv[2])
    else:
        sys.exit(main())

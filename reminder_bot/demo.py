"""The demo's composition root: the real bot, a local Bot API server, and a user interface.

    page or terminal ◀─▶ people ◀─▶ Bot API server ◀─ HTTP ─▶ App ─▶ SQLite
           └─ clock mover ─ the clock file ─▶ all of them

The demo is not part of `simulator`, because `simulator` does not depend on the bot. Everything
runs in one process and one event loop. The bot runs as in production: it calls the server over
HTTP with a random token. The host's settings are not read.

All files are in one temporary folder, which is removed at the end. While it runs, the demo holds a
lock on a file in the folder. If the process was killed, the lock is free, and the next demo removes
the folder. The lock file gets its final name only after it was locked, so that the folder of a demo
that is just starting is never removed.
"""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from reminder_bot.app import App
from reminder_bot.clock import Clock, machine_time
from reminder_bot.domain.send_rate import SendRate
from reminder_bot.settings import Settings
from reminder_bot.simulator.clock_mover import ClockMover, UpcomingTimes
from reminder_bot.simulator.demo_month import DAYS, SimulatedMonth, month_start
from reminder_bot.simulator.page import Page, PortTaken
from reminder_bot.simulator.server import BotApiServer
from reminder_bot.simulator.terminal import Terminal
from reminder_bot.storage.database import Database
from reminder_bot.storage.digests import find_digest_at
from reminder_bot.storage.due_work import DueWork, find_due_work
from reminder_bot.storage.users import find_user

__all__ = ["Demo", "Options", "PortTaken", "run"]

NAME = "reminder-bot-demo-"
IN_MEMORY = Path("/dev/shm")  # noqa: S108  (mkdtemp creates the folder there)
PORT = 8023  # fixed, so that the address is easy to recognise
# The local server has no rate limit, and moving through a week must not take minutes.
RATE = 500  # messages a second
USERNAME = "reminder_demo_bot"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for.

    port: None for PORT, or any free port if PORT is taken.
    speed: how many times faster than real time the clock runs.
    seed: simulate a month first, with this seed.
    """

    port: int | None = None
    opens_browser: bool = True
    is_in_terminal: bool = False
    speed: float = 1.0
    seed: int | None = None


async def run(options: Options) -> int:
    """Run a demo until a signal ends it; raises PortTaken."""
    _remove_stale_folders()
    stopping = asyncio.Event()
    with _folder() as folder:
        _on_signals(stopping, folder)
        demo = asyncio.create_task(_run_demo(folder, options))
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({demo, stop}, return_when=asyncio.FIRST_COMPLETED)
        is_stopped = not demo.done()
        for task in (demo, stop):
            task.cancel()
        await asyncio.gather(demo, stop, return_exceptions=True)
        if not demo.cancelled() and not is_stopped:
            demo.result()  # raises its error
    return 0


async def _run_demo(folder: Path, options: Options) -> None:
    if options.seed is not None:
        start = month_start(machine_time())
        Clock.move(folder / "clock", start - machine_time())
    async with Demo(folder).running() as demo:
        if not options.is_in_terminal:
            await _listen(demo.page, options.port)
        month = await demo.start_month(options.seed) if options.seed is not None else None
        if not options.is_in_terminal:
            # Printed before the month is simulated, which can be watched on the page.
            _print(f"The demo is at {demo.page.address} (Ctrl-C ends it, and nothing stays)")
            if options.opens_browser:
                _open_browser(demo.page.address)
        if month is not None:
            await month.run(machine_time(), _show_progress)
            _show_progress(None)
            Clock.move(demo.clock_file, timedelta(0))
        demo.mover.speed = options.speed
        demo.mover.on_change()
        if options.is_in_terminal:
            await demo.run_terminal()
        else:
            await demo.wait_until_ended()


async def _listen(page: Page, port: int | None) -> None:
    """Start the page; None for PORT or, if another program uses that, any free port."""
    try:
        await page.start(PORT if port is None else port)
    except PortTaken:
        if port is not None:
            raise
        await page.start(0)


class Demo:
    """One demo with its files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.clock_file = folder / "clock"
        self.clock = Clock(self.clock_file)
        token = f"{secrets.randbelow(9 * 10**9) + 10**9}:{secrets.token_urlsafe(32)}"
        self.server = BotApiServer(token=token, clock=self.clock, username=USERNAME, keep_log=False)
        self._folder = folder
        self._token = token
        self._running: asyncio.Task[int] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Demo"]:
        """Run the server and the bot; entered when the bot has set its commands and polls."""
        async with self.server:
            app = App(self._settings(), send_rate=SendRate(RATE))
            app.ticking.watch_every = 1.0  # seconds; the mover wakes the steps when work is due
            app.message_editor.settling.settle_every = 0.0  # the mover waits for each edit
            bot = _RunningBot(app)
            self.mover = ClockMover(self.clock, self.clock_file, bot, self.server.updates)
            self.page = Page(self.server, self.mover)
            self._running = asyncio.create_task(app.run())
            clock = asyncio.create_task(self.mover.run())
            try:
                await self._ready(app)
                yield self
            finally:
                clock.cancel()
                await asyncio.gather(clock, return_exceptions=True)
                await self.page.stop()
                await bot.close()
                app.stopping.set()
                await self._running

    async def wait_until_ended(self) -> None:
        """Wait until the bot ends, which only an error causes."""
        assert self._running is not None
        await asyncio.wait({self._running})

    async def start_month(self, seed: int) -> SimulatedMonth:
        """Set up the first person for a simulated month."""
        self.page.is_language_fixed = True
        month = SimulatedMonth(self.page.person(1), self.mover, self.clock, seed)
        await month.set_up()
        return month

    async def run_terminal(self) -> None:
        """Run the first person's chat in the terminal."""
        person = self.page.person(1)
        await Terminal(person, self.server.chats.by_id[person.id], self.mover, self.clock).run()

    async def _ready(self, app: App) -> None:
        assert self._running is not None
        # Set once the bot's commands and description are stored, which the page shows.
        ready = asyncio.create_task(app.menu_is_set.wait())
        await asyncio.wait({ready, self._running}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            self._running.result()
            raise RuntimeError("the bot ended before it was ready")

    def _settings(self) -> Settings:
        # Not `load()`: the host's settings for a real bot do not apply.
        settings = Settings(
            data_dir=self._folder,
            database_url=f"sqlite:///{self._folder / 'reminder-bot.sqlite3'}",
            api_base_url=self.server.base_url,
            clock_file=self.clock_file,
        )
        return settings.with_token(self._token)


class _RunningBot:
    """Answers the clock mover's questions about the running bot.

    It has a `Database` of its own: a move queries the due work about a thousand times and must not
    wait while the bot uses its connections.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._database = Database(app.settings.database_url)
        self._due_work: DueWork | None = None

    async def close(self) -> None:
        await self._database.close()

    @property
    def is_idle(self) -> bool:
        return self._app.is_idle

    async def next_due_at(self) -> datetime | None:
        self._due_work = due_work = await self._database.read(find_due_work)
        # An ambiguous send is settled when Telegram has answered another call, not at a set time.
        ambiguous = due_work.ambiguous_times
        instants = [
            each for each in due_work if isinstance(each, datetime) and each not in ambiguous
        ]
        return min(instants, default=None)

    def wake(self) -> None:
        if self._due_work is not None:
            self._app.wake_steps(self._due_work, self._app.clock.now())

    async def upcoming_times(self, person_id: int) -> UpcomingTimes:
        user = await self._app.database.read(find_user, person_id)
        digest_at = await self._app.database.read(find_digest_at, person_id)
        if user is None or user.zone is None:
            return UpcomingTimes(None, None, None)
        hours, now = user.hours, self._app.clock.now()
        tomorrow = hours.day_of(now) + timedelta(days=1)
        return UpcomingTimes(user.zone, hours.wakes_at(tomorrow), digest_at)


# The folder


def _parent_folders() -> list[Path]:
    """Where demo folders can be, the preferred one first: in memory, where no commit waits for a
    disk. If the host has set TMPDIR, only there.
    """
    usual = [Path(tempfile.gettempdir())]
    parents = usual if os.environ.get("TMPDIR") else [IN_MEMORY, *usual]
    return [each for each in parents if each.is_dir() and os.access(each, os.W_OK | os.X_OK)]


@contextmanager
def _folder() -> Iterator[Path]:
    """Create a locked folder for this demo, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix=NAME, dir=_parent_folders()[0]))
    lock = os.open(folder / "lock.new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "lock.new").rename(folder / "lock")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_stale_folders() -> None:
    """Remove the folders of this user's demos that were killed."""
    for folder in chain.from_iterable(each.glob(f"{NAME}*") for each in _parent_folders()):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            lock = os.open(folder / "lock", os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                # Raises BlockingIOError while that demo runs.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


# The process


def _on_signals(stopping: asyncio.Event, folder: Path) -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal end the demo; a second signal ends it at once."""

    def stop() -> None:
        if stopping.is_set():
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(130)  # child processes end when their pipes close
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)


def _show_progress(day: int | None) -> None:
    """Show the progress of the simulated month in a terminal, on one line; None removes it."""
    if sys.stderr.isatty():
        line = "\r\x1b[K" if day is None else f"\rSimulating a month: day {day} of {DAYS}"
        print(line, end="", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    with suppress(OSError):  # if the terminal is closed, SIGHUP ends the demo
        print(text, flush=True)


def _open_browser(address: str) -> None:
    """Open the page if there is a desktop: a text browser would take over this terminal."""
    if sys.platform == "linux" and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

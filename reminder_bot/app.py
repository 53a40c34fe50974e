"""The composition root: builds the parts, runs them, and stops them in order.

    open the database ──▶ connect to Telegram ──▶ recover ──▶ run ──▶ stop

Each start phase is retried until it works or the process is to stop. Recovering restores a halt,
computes due times again after new zone data, and takes over what the last process had claimed.
While the bot runs, the step `due_work` reads what is due next, wakes the steps that have something
to do, and sleeps until something else is due. It also runs within a second after something was
written, because that may be due.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from reminder_bot import __version__, texts
from reminder_bot.activity import Activity
from reminder_bot.bot_api.errors import WrongToken
from reminder_bot.bot_api.poller import Poller
from reminder_bot.bot_api.rate_limiter import RateLimiter
from reminder_bot.bot_api.sender import Sender
from reminder_bot.bot_api.transport import open_bot
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.messages import Messages
from reminder_bot.chat.updates import Chat, is_slow
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import FREE_RATE, SendRate
from reminder_bot.domain.zone import clocks, data_version
from reminder_bot.engine import configuring, digesting, expiring, leading, planning
from reminder_bot.engine.dispatching import Dispatcher
from reminder_bot.engine.leading import Leading
from reminder_bot.engine.ticking import Ticking
from reminder_bot.heartbeat import Heartbeat
from reminder_bot.memory import release_freed_memory
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.settings import Settings
from reminder_bot.storage import shared_rate
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.due_work import DueWork, find_due_work
from reminder_bot.storage.known_files import record_known
from reminder_bot.storage.migrating import bring_up_aside
from reminder_bot.storage.shared_rate import ReservedPermits
from reminder_bot.storage.updates import find_state, record_state
from reminder_bot.texts.translation import translation

__all__ = ["App", "WrongToken", "run"]

log = logging.getLogger(__name__)

# Seconds. A service manager allows 25, and a locked SQLite file may need 5 of them.
STOP_WITHIN = 18.0
STOP_TAKING_WITHIN = 8.0  # updates that are not handled by then stay unconfirmed at Telegram
LONGEST_START_WAIT = 15.0
# How often due work is looked for, even if nothing is due and nothing was written. On PostgreSQL,
# another replica may write what is due, so it is looked for when the lease is renewed.
LOOK_AT_LEAST_EVERY, LOOK_AT_LEAST_EVERY_SHARED = 60.0, leading.EVERY
LOOK_AFTER_WRITE = 1.0
LOOK_AGAIN = timedelta(seconds=1)  # while something is due that cannot be done yet
# Steps are woken when something is due. They also run at this interval, in case that was missed.
AT_LEAST_EVERY = 600.0
REPORT_EVERY = 60.0
RELEASE_MEMORY_EVERY = 300.0
ONCE_A_DAY = 24 * 3600.0
# Enough for 1,000 messages a second if an answer takes 200 ms. Each connection costs a handshake.
MOST_CONNECTIONS = 200
# Allocations between two runs of the garbage collector. A batch creates about ten thousand objects,
# none of them in a cycle, so more frequent runs would find nothing to free.
COLLECT_AFTER = 50_000
# How long a process that is stopped, or loses its connection, while it reserves permits may delay
# the other processes.
RESERVE_TIMEOUT = timedelta(seconds=2)


class App:
    """One running bot. send_rate: used instead of the rate in the settings (demo, benchmarks)."""

    def __init__(self, settings: Settings, *, send_rate: SendRate | None = None) -> None:
        assert settings.token is not None, "the command line asks for a token first"
        self.settings = settings
        self.clock = Clock(settings.clock_file)
        self.database = Database(settings.database_url)
        self.send_rate = send_rate or SendRate(settings.send_rate, settings.paid_broadcast)
        self.rate_limiter = RateLimiter(
            self.send_rate,
            clock=self.clock if self.clock.is_moved_by_file else None,
            reserve=None if self.database.is_sqlite else self._reserve,
        )
        # Sends at once: the rate can be kept as long as Telegram answers within two seconds.
        in_flight = 2 * self.send_rate.rate
        self.bot = open_bot(
            settings.token,
            settings.api_base_url,
            connections=min(in_flight, MOST_CONNECTIONS),
            proxy=settings.proxy,
        )
        self.heartbeat = Heartbeat(settings.data_dir)
        self.ticking = Ticking(self.clock, on_watch=self._watch)
        self.database.on_write = self._look_soon
        self._look: asyncio.TimerHandle | None = None
        self.leading = Leading(self.database)
        self.activity = Activity(self.leading.is_leading)
        self.renderer = Renderer()
        self.sender = Sender(
            self.bot,
            self.rate_limiter,
            self.clock,
            on_halt=self._record_halt,
            may_edit=self.leading.is_leading,
            activity=self.activity,
        )
        self.messages = Messages(self.sender, self.clock, self.renderer)
        self.message_editor = MessageEditor(self.database, self.sender, self.messages, self.clock)
        wake = partial(self.ticking.wake, "send")
        self.dispatcher = Dispatcher(
            self.database, self.messages, self.clock, in_flight=in_flight, on_room=wake
        )
        self.chat = Chat(
            self.database,
            self.sender,
            self.message_editor,
            self.clock,
            allowed_users=settings.allowed_users,
        )
        self.poller = Poller(
            self.bot,
            self.chat.take,
            is_database_up=self.database.is_up,
            is_slow=is_slow,
            on_answer=self.sender.note_answer,
            may_poll=None if self.database.is_sqlite else self.leading.is_leading,
        )
        self.sender.on_call = self.poller.note_call
        self.stopping = asyncio.Event()
        self.ready = asyncio.Event()
        self.menu_is_set = asyncio.Event()
        self._halted_until: datetime | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in progress now. Work that is due later is in `find_due_work`."""
        return self.dispatcher.is_idle and self.chat.is_idle and not self.ticking.is_running

    async def run(self) -> int:
        """Run until the process is to stop; returns the exit code."""
        self.database.hold()
        try:
            await self._retry_until_done("database", self._open_database)
            await self.bot.request.initialize()
            await self._retry_until_done("telegram", self._connect)
            await self._retry_until_done("database", self._recover)
            if self.stopping.is_set():
                return 0
            self._start()
            polling = asyncio.create_task(self.poller.run())
            # If polling ends by itself, end the process: it would run on without any updates.
            polling.add_done_callback(lambda _: self.stopping.set())
            await self.stopping.wait()
            log.info("stopping")
            return await self._stop(polling)
        finally:
            self.heartbeat.end()
            await self.rate_limiter.close()
            await self.chat.close()
            await self.renderer.close()
            await self.bot.request.shutdown()
            await self.database.close()

    async def _open_database(self) -> None:
        await bring_up_aside(self.database)
        record_known(self.settings.database_url, self.settings.data_dir)
        await asyncio.to_thread(self.database.watch_file)

    async def _connect(self) -> None:
        self.chat.username = await self.sender.connect()

    async def _retry_until_done(
        self, needed: str, step: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Try a step of the start until it works or the process is to stop.

        A bot often starts before its network is up. needed: what the step needs, for the log.
        """
        wait = 0.5
        while not self.stopping.is_set():
            self.heartbeat.beat()
            try:
                await self._run_unless_stopped(step())
                return
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning(
                    "start_delayed",
                    extra={"needs": needed, "error": error, "retry_after": wait},
                )
            try:
                async with asyncio.timeout(wait):
                    await self.stopping.wait()
            except TimeoutError:
                wait = min(wait * 2, LONGEST_START_WAIT)

    async def _run_unless_stopped(self, step: Coroutine[Any, Any, None]) -> None:
        """Run a step, or cancel it when the process is to stop."""
        work, stop = asyncio.create_task(step), asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)

    async def _recover(self) -> None:
        """Continue what the last process left behind. Each part can be repeated safely."""
        now = self.clock.now()
        await self._restore_halt(now)
        await self._apply_zone_data(now)
        await self.dispatcher.start(now)
        await self.leading.step(now)

    def _start(self) -> None:
        now = self.clock.now()
        self.heartbeat.beat()
        look_every = LOOK_AT_LEAST_EVERY if self.database.is_sqlite else LOOK_AT_LEAST_EVERY_SHARED
        for name, step, seconds in (
            ("due_work", self._wake_for_due_work, look_every),
            ("send", self._send, AT_LEAST_EVERY),
            ("edit", self._edit_messages, AT_LEAST_EVERY),
            ("close", self._close_unanswered, AT_LEAST_EVERY),
            ("delete_updates", self._delete_old_updates, 3600.0),
            ("menu", self._set_menu, ONCE_A_DAY),
            ("report", self.activity.step, REPORT_EVERY),
            ("memory", release_freed_memory, RELEASE_MEMORY_EVERY),
        ):
            self.ticking.add(name, step, seconds)
        if not self.database.is_sqlite:  # the only process on a file leads for ever
            self.ticking.add("lead", self.leading.step, leading.EVERY)
        self.ticking.start()
        # Load all zones now, in a thread: it takes 0.2 s, by which the first tap would be delayed.
        self._warming = asyncio.create_task(asyncio.to_thread(clocks, now))
        if not self.settings.allowed_users:
            log.info(
                "open_to_everybody",
                extra={"hint": "set REMINDER_BOT_ALLOWED_USERS to restrict who may use the bot"},
            )
        if self.send_rate.is_paid:
            log.info(
                "paid_broadcast",
                extra={
                    "rate": self.send_rate.rate,
                    "free_rate": FREE_RATE,
                    "hint": "each message above the free rate costs 0.1 Star",
                },
            )
        self.ready.set()
        log.info(
            "ready",
            extra={
                "version": __version__,
                "zone_data": data_version(),
                "database": "sqlite" if self.database.is_sqlite else "postgresql",
                "bot": f"@{self.chat.username}",
            },
        )

    def _watch(self) -> None:
        """Called by the watchdog: note for `health` that the bot lives, and what is wrong."""
        fault = self.database.file_fault()
        if fault != self.heartbeat.fault:
            if fault is not None:
                log.error("database_lost", extra={"hint": fault})
            else:
                log.warning("database_is_back")
        self.heartbeat.beat(fault)

    def _look_soon(self) -> None:
        """Look for due work shortly, because something was written."""
        if self._look is None:
            loop = asyncio.get_running_loop()
            self._look = loop.call_later(LOOK_AFTER_WRITE, self._look_now)

    def _look_now(self) -> None:
        self._look = None
        self.ticking.wake("due_work")

    async def _wake_for_due_work(self, now: datetime) -> timedelta | None:
        """Read once what is due next, and wake the steps that have something to do.

        Returns how long nothing else is due; None if nothing is.
        """
        due_work = await self.database.read(find_due_work)
        self.wake_steps(due_work, now)
        if due_work.has_expired_lease or any(due_work.ambiguous_times):
            return LOOK_AGAIN
        next_at = min((each for each in due_work if isinstance(each, datetime)), default=None)
        if next_at is None:
            return None
        return next_at - now if next_at > now else LOOK_AGAIN

    def wake_steps(self, due_work: DueWork, now: datetime) -> None:
        """Wake the steps that have something to do."""
        answered_at = self.sender.answered_at
        # An ambiguous send is settled only after Telegram has answered a later call: until then it
        # may be unreachable, and a further copy would become ambiguous, too.
        can_settle = answered_at is not None and any(
            since is not None and since <= answered_at for since in due_work.ambiguous_times
        )
        for name, instants, is_needed in (
            ("send", due_work.send_times, can_settle or due_work.has_expired_lease),
            ("close", (due_work.close_at,), False),
            ("edit", (due_work.edit_at,), False),
        ):
            if is_needed or any(each is not None and each <= now for each in instants):
                self.ticking.wake(name)

    async def _send(self, now: datetime) -> None:
        """Plan what is due and dispatch it, batch by batch."""
        try:
            await configuring.resume_due(self.database, now)
            async for _ in planning.plan_in_batches(self.database, now, rate=self.send_rate.rate):
                await self.dispatcher.step(now)
            async for _ in digesting.plan_in_batches(self.database, now):
                await self.dispatcher.step(now)
        finally:
            await self.dispatcher.step(now)

    async def _edit_messages(self, now: datetime) -> None:
        if self.leading.is_leading():
            await self.message_editor.step(now)

    async def _set_menu(self, now: datetime) -> None:
        if self.leading.is_leading():
            t = translation("en")
            await self.sender.set_menu(texts.menu.commands(t), texts.setup.description(t))
            self.menu_is_set.set()

    async def _close_unanswered(self, now: datetime) -> None:
        if await expiring.close_unanswered(self.database, now):
            self.ticking.wake("edit")

    async def _delete_old_updates(self, now: datetime) -> None:
        await expiring.delete_old_updates(self.database, now)

    async def _apply_zone_data(self, now: datetime) -> None:
        """Compute all future due times again if the zone data has changed since the last start."""
        version = data_version()
        last = await self.database.read(find_state, "zone_data")
        if last == version:
            return
        if last is not None:
            count = await planning.recompute(self.database, now)
            log.info("zone_data_changed", extra={"old": last, "new": version, "users": count})
        await self.database.write(record_state, "zone_data", version)

    async def _reserve(self, permits: int, send_rate: SendRate, ahead: float) -> ReservedPermits:
        return await self.database.write_urgently(
            RESERVE_TIMEOUT, shared_rate.reserve, permits, send_rate, ahead
        )

    async def _record_halt(self, length: timedelta) -> None:
        """Store a halt, so that it outlasts a restart and binds all processes of this token."""
        now = self.clock.now()
        until = now + length
        if self._halted_until is not None and until <= self._halted_until + timedelta(seconds=1):
            return  # several answers with status 429 often arrive together
        self._halted_until = until
        try:
            await self.database.write(shared_rate.record_halt, now, length)
        except Exception as error:
            if not is_away(error):
                raise
            # The rate limiter of this process keeps the halt; only a restart would lose it.
            log.warning("halt_not_stored", extra={"seconds": length, "error": error})

    async def _restore_halt(self, now: datetime) -> None:
        left = await self.database.read(shared_rate.find_halt, now)
        if left:
            log.warning("halt_restored", extra={"seconds": round(left.total_seconds())})
            self.rate_limiter.halt(left.total_seconds())

    async def _stop(self, polling: "asyncio.Task[None]") -> int:
        """Claim nothing more, finish the sends in progress, and confirm handled updates."""
        self.poller.stop()
        # Wait only for requests that have begun; all other sends stay planned.
        self.rate_limiter.refuse_all_but_replies()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                try:
                    await self._stop_polling(polling)
                except Exception:  # the caller closes the database next, so every step must end
                    await self._stop_steps()
                    raise
                await self._stop_steps()
        except TimeoutError:
            # Sends that are still in progress become ambiguous at the next start.
            log.warning("stop_timed_out", extra={"seconds": STOP_WITHIN})
        self.activity.report()
        return 0

    async def _stop_steps(self) -> None:
        await self.leading.stop()
        await self.ticking.stop()
        await self.dispatcher.stop()
        await self.chat.finish()

    async def _stop_polling(self, polling: "asyncio.Task[None]") -> None:
        """Finish the updates that are being handled. Those that are not finished in time stay
        unconfirmed, so that Telegram delivers them again.
        """
        try:
            async with asyncio.timeout(STOP_TAKING_WITHIN):
                await polling
        except TimeoutError:
            log.warning("updates_left_unconfirmed", extra={"seconds": STOP_TAKING_WITHIN})


async def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT; raises WrongToken or DatabaseUnusable at the start."""
    app = App(settings)
    # Exclude the objects of the imports from garbage collection: they live as long as the process.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stopping.set)
    return await app.run()

"""The composition root: builds the parts, runs them, and takes them down in order."""

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
from reminder_bot.chat.updates import Chat
from reminder_bot.clock import Clock
from reminder_bot.domain.send_rate import FREE_RATE, SendRate
from reminder_bot.domain.zone import clocks, data_version
from reminder_bot.engine import configuring, digesting, expiring, leading, planning
from reminder_bot.engine.dispatching import Dispatcher
from reminder_bot.engine.leading import Leading
from reminder_bot.engine.ticking import Ticking
from reminder_bot.heartbeat import Heartbeat
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.settings import Settings
from reminder_bot.storage import shared_rate
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.due_work import DueWork, find_due_work
from reminder_bot.storage.migrating import bring_up_aside
from reminder_bot.storage.shared_rate import ReservedPermits
from reminder_bot.storage.updates import find_state, record_state
from reminder_bot.texts.translation import translation

__all__ = ["App", "WrongToken", "run"]

log = logging.getLogger(__name__)

STOP_WITHIN = (
    18.0  # seconds; a service manager gives 25, and a locked SQLite file may take 5 to let go
)
STOP_TAKING_WITHIN = 8.0  # what is not taken by then stays with Telegram
LONGEST_START_WAIT = 15.0
# Steps are woken by what is due; this is for the case that a look misses something.
AT_LEAST_EVERY = 60.0
ONCE_A_DAY = 24 * 3600.0
MOST_CONNECTIONS = 200  # the highest rate, at 200 ms an answer; each costs a handshake
# Objects made before the collector looks through them: a batch makes some ten thousand, and none of
# them in a cycle.
COLLECT_AFTER = 50_000
# Who is stopped or cut off while it takes turns keeps the others' sends waiting no longer than
# this.
RESERVING = timedelta(seconds=2)


class App:
    """One running bot. pace: how fast messages leave, where it is not for the settings to say
    (demo, benchmarks).
    """

    def __init__(self, settings: Settings, *, pace: SendRate | None = None) -> None:
        assert settings.token is not None, "the command line asks for a token first"
        self.settings = settings
        self.clock = Clock(settings.clock_file)
        self.database = Database(settings.database_url)
        self.pace = pace or SendRate(settings.send_rate, settings.paid_broadcast)
        self.rate_limiter = RateLimiter(
            self.pace,
            clock=self.clock if self.clock.is_moved_by_file else None,
            reserve=None if self.database.is_sqlite else self._reserve,
        )
        in_flight = 2 * self.pace.rate
        self.bot = open_bot(
            settings.token.get_secret_value(),
            settings.api_base_url,
            connections=min(in_flight, MOST_CONNECTIONS),
            proxy=settings.proxy_address,
        )
        self.ticking = Ticking(self.clock)
        self.leading = Leading(self.database)
        self.activity = Activity(self.leading.is_leading)
        self.renderer = Renderer()
        self.sender = Sender(
            self.bot,
            self.rate_limiter,
            self.clock,
            on_halt=self._keep_halt,
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
            on_answer=self.sender.note_answer,
            may_poll=self.leading.is_leading,
        )
        self.heartbeat = Heartbeat(settings.data_dir)
        self.stopping = asyncio.Event()
        self.ready = asyncio.Event()
        self.offered = asyncio.Event()
        self._halted_until: datetime | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way; what is due by now stands in the agenda, not here."""
        return self.dispatcher.is_idle and self.chat.is_idle and not self.ticking.is_running

    async def run(self) -> int:
        """Run until told to stop; 0 when everything in flight was finished."""
        self.database.hold()
        try:
            await self._until_stopped("the database", self._open_database)
            await self.bot.request.initialize()
            await self._until_stopped("Telegram", self._greet)
            await self._until_stopped("the database", self._take_over)
            if self.stopping.is_set():
                return 0
            self._start()
            polling = asyncio.create_task(self.poller.run())
            # Should it ever end by itself, the process ends with it: deaf, it would look alive.
            polling.add_done_callback(lambda _: self.stopping.set())
            await self.stopping.wait()
            log.info("stopping: finishing what is in flight")
            return await self._stop(polling)
        finally:
            self.heartbeat.end()
            await self.rate_limiter.close()
            await self.renderer.close()
            await self.bot.request.shutdown()
            await self.database.close()

    async def _open_database(self) -> None:
        await bring_up_aside(self.database)

    async def _greet(self) -> None:
        self.chat.username = await self.sender.connect()

    async def _until_stopped(
        self, what: str, step: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Try until it works or the process is to stop: a bot often starts before its network."""
        wait = 0.5
        while not self.stopping.is_set():
            self.heartbeat.beat()
            try:
                await self._or_stopped(step())
                return
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning(
                    "%s is not there yet (%s): trying again in %.1f s",
                    what,
                    type(error).__name__,
                    wait,
                )
            try:
                async with asyncio.timeout(wait):
                    await self.stopping.wait()
            except TimeoutError:
                wait = min(wait * 2, LONGEST_START_WAIT)

    async def _or_stopped(self, step: Coroutine[Any, Any, None]) -> None:
        """Do a step, or give it up when the process is to stop meanwhile."""
        work, stop = asyncio.create_task(step), asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.gather(work, stop, return_exceptions=True)

    async def _take_over(self) -> None:
        """Take up what the last process left; each part can be repeated."""
        now = self.clock.now()
        await self._restore_halt(now)
        await self._follow_zone_data(now)
        await self.dispatcher.start(now)
        await self.leading.step(now)

    def _start(self) -> None:
        now = self.clock.now()
        for name, step, seconds in (
            ("look", self._look, 1.0),
            ("lead", self.leading.step, leading.EVERY),
            ("send", self._send, AT_LEAST_EVERY),
            ("draw", self._draw, AT_LEAST_EVERY),
            ("close", self._close, AT_LEAST_EVERY),
            ("forget", lambda now: expiring.forget(self.database, now), 3600.0),
            ("offer", self._offer, ONCE_A_DAY),
            ("report", self.activity.step, AT_LEAST_EVERY),
        ):
            self.ticking.add(name, step, seconds)
        self.ticking.start()
        self._warming = asyncio.create_task(
            asyncio.to_thread(clocks, now)
        )  # 0.2 s once, not under the first tap
        if not self.settings.allowed_users:
            log.info("open to everybody: set REMINDER_BOT_ALLOWED_USERS to keep it to some")
        if self.pace.is_paid:
            log.info(
                "up to %d messages a second: what exceeds %d is paid for, 0.1 Star a message",
                self.pace.rate,
                FREE_RATE,
            )
        self.ready.set()
        log.info(
            "ready version=%s zone_data=%s database=%s bot=@%s",
            __version__,
            data_version(),
            "sqlite" if self.database.is_sqlite else "postgresql",
            self.chat.username,
        )

    async def _look(self, now: datetime) -> None:
        """One read of what is due next; it wakes the steps that have something to do."""
        self.heartbeat.beat()
        self.rouse(await self.database.read(find_due_work), now)

    def rouse(self, due_work: DueWork, now: datetime) -> None:
        """Wake the steps that have something to do."""
        answered_at = self.sender.answered_at
        is_settling = answered_at is not None and any(
            since is not None and since <= answered_at
            for since in (
                due_work.doubt_since,
                due_work.telling_doubt_since,
                due_work.notifying_doubt_since,
            )
        )
        for name, instants, is_needed in (
            ("send", due_work.send_times, is_settling or due_work.has_lease_run_out),
            ("close", (due_work.close_at,), False),
            ("draw", (due_work.edit_at,), False),
        ):
            if is_needed or any(each is not None and each <= now for each in instants):
                self.ticking.wake(name)

    async def _send(self, now: datetime) -> None:
        """Plan what is due and set it on its way, batch by batch; what comes due together goes
        on one card.
        """
        try:
            await configuring.resume_due(self.database, now)
            async for _ in planning.plan_in_batches(self.database, now, rate=self.pace.rate):
                await self.dispatcher.step(now)
            await digesting.plan_digests(self.database, now)
        finally:
            await self.dispatcher.step(now)

    async def _draw(self, now: datetime) -> None:
        if self.leading.is_leading():
            await self.message_editor.step(now)

    async def _offer(self, now: datetime) -> None:
        if self.leading.is_leading():
            t = translation("en")
            await self.sender.set_menu(texts.menu.commands(t), texts.setup.description(t))
            self.offered.set()

    async def _close(self, now: datetime) -> None:
        if await expiring.close_unanswered(self.database, now):
            self.ticking.wake("draw")

    async def _follow_zone_data(self, now: datetime) -> None:
        """Governments change clocks: with new zone data every due time ahead is computed anew."""
        version = data_version()
        last = await self.database.read(find_state, "zone_data")
        if last == version:
            return
        if last is not None:
            count = await planning.recompute(self.database, now)
            log.info(
                "zone data changed from %s to %s: due times computed anew users=%d",
                last,
                version,
                count,
            )
        await self.database.write(record_state, "zone_data", version)

    async def _reserve(self, turns: int, pace: SendRate, ahead: float) -> ReservedPermits:
        return await self.database.write_urgently(
            RESERVING, shared_rate.reserve, turns, pace, ahead
        )

    async def _keep_halt(self, length: timedelta) -> None:
        """Let a halt outlive a restart, and hold for all who share the token."""
        now = self.clock.now()
        until = now + length
        if self._halted_until is not None and until <= self._halted_until + timedelta(seconds=1):
            return  # one 429 seldom comes alone
        self._halted_until = until
        try:
            await self.database.write(shared_rate.record_halt, now, length)
        except Exception as error:
            if not is_away(error):
                raise
            # The gate keeps it as long as this process lives; the send that met it has its own
            # outcome to record.
            log.warning("a halt is not kept over a restart: the database is away")

    async def _restore_halt(self, now: datetime) -> None:
        left = await self.database.read(shared_rate.find_halt, now)
        if left:
            log.warning(
                "Telegram asked for silence before the restart seconds=%d", left.total_seconds()
            )
            self.rate_limiter.halt(left.total_seconds())

    async def _stop(self, polling: "asyncio.Task[None]") -> int:
        """Claim nothing more, finish what is in flight, confirm what was taken."""
        self.poller.stop()
        # What has not left yet stays planned: only requests under way are waited for.
        self.rate_limiter.refuse_all_but_replies()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                try:
                    await self._stop_polling(polling)
                except Exception:  # polling has failed: no step may use what is closed next
                    await self._stop_steps()
                    raise
                await self._stop_steps()
        except TimeoutError:
            log.warning(
                "not everything came back in %.0f s; what is in doubt is settled at the next start",
                STOP_WITHIN,
            )
        self.activity.report()
        return 0

    async def _stop_steps(self) -> None:
        await self.leading.stop()
        await self.ticking.stop()
        await self.dispatcher.stop()
        await self.chat.finish()

    async def _stop_polling(self, polling: "asyncio.Task[None]") -> None:
        """Let the updates in hand be taken; those that wait for the database too long come
        again.
        """
        try:
            async with asyncio.timeout(STOP_TAKING_WITHIN):
                await polling
        except TimeoutError:
            log.warning(
                "updates are left with Telegram: they could not be taken in %.0f s",
                STOP_TAKING_WITHIN,
            )


async def run(settings: Settings) -> int:
    """Run the bot until SIGTERM or SIGINT; raises WrongToken or DatabaseUnusable at the start."""
    app = App(settings)
    # What the imports made stays for good: the collector need not look through it again and again.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stopping.set)
    return await app.run()

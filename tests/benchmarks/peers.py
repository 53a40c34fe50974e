"""Common designs of a reminder bot, each in a process of its own, to compare the bot with.

    python -m tests.benchmarks.peers WAY BASE_URL REMINDERS FOLDER [DEFAULTS]

    job-queue   python-telegram-bot's Application and JobQueue, one job for each reminder
    job-store   APScheduler with SQLAlchemyJobStore on SQLite, one cron job for each reminder
    orm         SQLAlchemy's ORM on SQLite: loads due rows, sends 64 at a time, updates and commits

All of them call `send_message` with python-telegram-bot's default transport. Without DEFAULTS they
have no misfire grace, and a connection pool that waits instead of raising; otherwise they would
lose most messages. They have no claims, leases, rate limit or quiet hours.

A peer prints a line when its reminders are stored. On a command it makes all of them due shortly,
and prints when. It prints another line when every reminder is sent or lost.
"""

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.util import datetime_to_utc_timestamp
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.ext import Application, ContextTypes
from telegram.request import HTTPXRequest

from tests.benchmarks.processes import BOT_CORE, SOURCES, Child
from tests.benchmarks.telegram import TOKEN, Telegram

__all__ = ["WAYS", "Peer"]

WAYS = {
    "job-queue": "JobQueue with a job for each reminder",
    "job-store": "APScheduler with a job store",
    "orm": "ORM and default transport",
}
TEXT = "💧 A glass of water? <b>500</b> of 1500 ml so far."
BATCH, IN_FLIGHT = 500, 64


class Peer(Child):
    """The process of one implementation with a number of reminders."""

    def __init__(
        self,
        way: str,
        telegram: Telegram,
        reminders: int,
        folder: Path,
        *,
        has_defaults: bool = False,
    ) -> None:
        folder.mkdir(exist_ok=True)
        words = [
            "-m",
            "tests.benchmarks.peers",
            way,
            telegram.base_url(),
            str(reminders),
            str(folder),
        ]
        environment = telegram.environment | {"HOME": str(folder), "PYTHONPATH": SOURCES}
        super().__init__(
            words + ["defaults"] * has_defaults, folder / "peer.log", BOT_CORE, environment
        )

    def wait_until_ready(self, timeout: float = 900.0) -> float:
        """Seconds from the start until all reminders are stored."""
        self.hear(timeout)
        return time.monotonic() - self.started_at

    def begin(self) -> float:
        """Make all reminders due shortly; return the monotonic time at which they are."""
        due: float = self.ask("begin")
        return due

    def wait_until_ended(self, timeout: float = 900.0) -> None:
        self.hear(timeout)


def keyboard(number: int) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [
            [
                InlineKeyboardButton("Yes", callback_data=f"v1:yes:{number}"),
                InlineKeyboardButton("No", callback_data=f"v1:no:{number}"),
                InlineKeyboardButton("Later", callback_data=f"v1:later:{number}"),
            ],
            [InlineKeyboardButton("Yes, 500 ml", callback_data=f"v1:more:{number}")],
        ]
    )


async def send(bot: Bot, chat_id: int) -> int:
    message = await bot.send_message(
        chat_id, TEXT, parse_mode="HTML", reply_markup=keyboard(chat_id)
    )
    return message.message_id


def tomorrow_at(number: int) -> datetime:
    """A time tomorrow; the times of different numbers are spread over the day."""
    return datetime.now(UTC) + timedelta(days=1, minutes=number % 1440)


def soon(reminders: int) -> timedelta:
    """An estimate of how long it takes to make all reminders due."""
    return timedelta(seconds=2 + reminders / 1000)


def request(has_defaults: bool) -> HTTPXRequest:
    """The library's transport. By default a call fails after a second without a connection."""
    return HTTPXRequest() if has_defaults else HTTPXRequest(pool_timeout=600)


class JobCounter:
    """Counts the jobs that APScheduler has finished: executed, failed or missed."""

    def __init__(self, scheduler: Any, wanted: int) -> None:
        self._left = wanted
        self.all = asyncio.Event()
        scheduler.add_listener(self._note, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED)

    def _note(self, _: object) -> None:
        self._left -= 1
        if self._left == 0:
            self.all.set()


# JobQueue


async def job_queue(base_url: str, reminders: int, folder: Path, has_defaults: bool) -> None:
    async def ask(context: ContextTypes.DEFAULT_TYPE) -> None:
        assert context.job is not None
        assert context.job.chat_id is not None
        await send(context.bot, context.job.chat_id)

    application = (
        Application.builder()
        .token(TOKEN)
        .base_url(f"{base_url}/bot")
        .request(request(has_defaults))
        .build()
    )
    queue = application.job_queue
    assert queue is not None
    named: dict[str, Any] = {} if has_defaults else {"job_kwargs": {"misfire_grace_time": None}}

    def add(at: Callable[[int], datetime]) -> None:
        for number in range(1, reminders + 1):
            queue.run_once(ask, at(number), chat_id=number, **named)

    add(tomorrow_at)
    async with application:
        await application.start()
        await ready()
        counter = JobCounter(queue.scheduler, reminders)
        queue.scheduler.remove_all_jobs()
        due = datetime.now(UTC) + soon(reminders)
        add(lambda _: due)
        await begun(due)
        await counter.all.wait()
        say("ended")
        await application.stop()


# APScheduler with a job store


class Stored:
    """Holds the bot for stored jobs, whose pickle has only a function's name and arguments."""

    bot: Bot


async def ask_stored(chat_id: int) -> None:
    await send(Stored.bot, chat_id)


async def job_store(base_url: str, reminders: int, folder: Path, has_defaults: bool) -> None:
    file = folder / "jobs.sqlite3"
    is_new = not file.exists()
    store = SQLAlchemyJobStore(f"sqlite:///{file}")
    defaults: dict[str, Any] = {} if has_defaults else {"misfire_grace_time": None}
    scheduler = AsyncIOScheduler(jobstores={"default": store}, job_defaults=defaults, timezone=UTC)
    Stored.bot = Bot(TOKEN, f"{base_url}/bot", request=request(has_defaults))
    async with Stored.bot:
        scheduler.start()
        if is_new:
            scheduler.add_job(
                ask_stored, cron(tomorrow_at(1)), args=[1], id="1", next_run_time=tomorrow_at(1)
            )
            fill(store, reminders)
        await ready()
        counter = JobCounter(scheduler, reminders)
        due = datetime.now(UTC) + soon(reminders)
        make_due(store, due)
        scheduler.wakeup()
        await begun(due)
        await counter.all.wait()
        say("ended")
        scheduler.shutdown(wait=False)


def cron(at: datetime) -> CronTrigger:
    return CronTrigger(hour=at.hour, minute=at.minute, timezone="Europe/Berlin")


def fill(store: SQLAlchemyJobStore, reminders: int) -> None:
    """Copy the stored job in one transaction; add_job would commit for each of them."""
    with store.engine.begin() as connection:
        job = pickle.loads(connection.execute(select(store.jobs_t.c.job_state)).scalar_one())
        rows = []
        for number in range(2, reminders + 1):
            at = tomorrow_at(number)
            own = {"id": str(number), "args": (number,), "trigger": cron(at), "next_run_time": at}
            rows.append(row(str(number), job | own))
        if rows:
            connection.execute(store.jobs_t.insert(), rows)


def make_due(store: SQLAlchemyJobStore, due: datetime) -> None:
    with store.engine.begin() as connection:
        jobs = connection.execute(select(store.jobs_t.c.id, store.jobs_t.c.job_state)).all()
        connection.execute(store.jobs_t.delete())
        rows = [row(id_, pickle.loads(state) | {"next_run_time": due}) for id_, state in jobs]
        connection.execute(store.jobs_t.insert(), rows)


def row(id_: str, job: dict[str, Any]) -> dict[str, Any]:
    next_run_time = datetime_to_utc_timestamp(job["next_run_time"])
    return {
        "id": id_,
        "next_run_time": next_run_time,
        "job_state": pickle.dumps(job, pickle.HIGHEST_PROTOCOL),
    }


# The ORM


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    zone: Mapped[str]


class Reminder(Base):
    __tablename__ = "reminders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[wall_time]
    next_due_at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[User] = relationship()


class CheckIn(Base):
    __tablename__ = "check_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminders.id"))
    due_at: Mapped[datetime]
    status: Mapped[str]
    message_id: Mapped[int | None]


async def orm(base_url: str, reminders: int, folder: Path, has_defaults: bool) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'orm.sqlite3'}")
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    now = datetime.now(UTC).replace(tzinfo=None)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        for number in range(1, reminders + 1):
            session.add(User(id=number, zone="Europe/Berlin"))
            session.add(Reminder(user_id=number, at=now.time(), next_due_at=now))
    async with Bot(TOKEN, f"{base_url}/bot", request=request(has_defaults)) as bot:
        await ready()
        due = datetime.now(UTC)
        await begun(due)
        semaphore = asyncio.Semaphore(IN_FLIGHT)

        async def ask(check_in: CheckIn, reminder: Reminder) -> None:
            async with semaphore:
                check_in.message_id = await send(bot, reminder.user.id)
            check_in.status = "sent"

        while True:
            async with sessions() as session:
                query = (
                    select(Reminder)
                    .options(joinedload(Reminder.user))
                    .order_by(Reminder.next_due_at)
                )
                found = (
                    await session.scalars(query.where(Reminder.next_due_at <= now).limit(BATCH))
                ).all()
                if not found:
                    break
                planned = []
                for reminder in found:
                    planned.append(
                        CheckIn(
                            reminder_id=reminder.id, due_at=reminder.next_due_at, status="planned"
                        )
                    )
                    reminder.next_due_at = tomorrow(reminder)
                session.add_all(planned)
                await session.commit()
                await asyncio.gather(*map(ask, planned, found))
                await session.commit()
        say("ended")
    await engine.dispose()


def tomorrow(reminder: Reminder) -> datetime:
    day = reminder.next_due_at.date() + timedelta(days=1)
    local = datetime.combine(day, reminder.at, ZoneInfo(reminder.user.zone))
    return local.astimezone(UTC).replace(tzinfo=None)


# Messages to the benchmark


def say(word: str) -> None:
    print(json.dumps(word), flush=True)


async def ready() -> None:
    """Print that all reminders are stored, and wait for the command to begin."""
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)


async def begun(due: datetime) -> None:
    """Print the monotonic time at which all reminders are due."""
    print(json.dumps(time.monotonic() + (due - datetime.now(UTC)).total_seconds()), flush=True)


if __name__ == "__main__":
    _, way, base_url, reminders, folder, *defaults = sys.argv
    runs: dict[str, Callable[[str, int, Path, bool], Coroutine[Any, Any, None]]] = {
        "job-queue": job_queue,
        "job-store": job_store,
        "orm": orm,
    }
    asyncio.run(runs[way](base_url, int(reminders), Path(folder), bool(defaults)))

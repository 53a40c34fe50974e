"""What `reminder-bot check` checks: one line for each check, with what to do if it fails.

Every check runs, whatever the others found. Nothing is changed or created, because `check` may run
as another user than the bot and must not leave a file that the bot can't write. Telegram is called
without the sender: only the Bot API's JSON and the Date header are needed.
"""

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reminder_bot.bot_api.proxy import find_proxy
from reminder_bot.bot_api.transport import NotSent, PerhapsSent, Transport, open_session
from reminder_bot.clock import Clock
from reminder_bot.settings import NO_TOKEN, Settings

__all__ = [
    "Finding",
    "clock",
    "data_dir",
    "database",
    "disk",
    "findings",
    "token",
    "webhook",
    "zone_data",
]

# A check-in is promised within its minute, so some seconds do no harm. A smaller limit could not be
# measured: the Date header has whole seconds, and the answer takes some time to arrive.
_MOST_SKEW = timedelta(seconds=5)
# About what ten thousand users write in a month. SQLite needs space for its journal, too.
_LEAST_FREE = 200_000_000
# Each year some government changes its rules, so older zone data is an hour off somewhere.
_MOST_YEARS = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. text: what was found; if the check fails, what is wrong and what to
    do about it.
    """

    what: str
    text: str
    is_ok: bool = True

    def __str__(self) -> str:
        return f"{'ok' if self.is_ok else 'fails':<6}{self.what:<11}{self.text}"


def findings(settings: Settings) -> list[Finding]:
    """All findings, in the order in which a host would fix them."""
    return [
        Finding("settings", f"data in {settings.data_dir}"),
        *asyncio.run(_about_telegram(settings)),
        data_dir(settings),
        disk(settings),
        database(settings),
        zone_data(Clock(settings.clock_file).now()),
    ]


async def _about_telegram(settings: Settings) -> list[Finding]:
    about_token = await token(settings)
    if about_token.is_ok:
        about_webhook = await webhook(settings)
    else:
        about_webhook = Finding("webhook", "not checked: fix the token first", is_ok=False)
    return [about_token, about_webhook, await clock(settings)]


async def token(settings: Settings) -> Finding:
    """Whether Telegram knows the token, and the username of its bot."""
    if settings.token is None:
        return Finding("token", NO_TOKEN, is_ok=False)
    try:
        status, answer = await _call(settings, "getMe")
    except (NotSent, PerhapsSent) as error:
        return Finding("token", f"{error}: check the network, then try again", is_ok=False)
    if status in (401, 404):
        return Finding(
            "token", "Telegram does not know it: copy it again from @BotFather", is_ok=False
        )
    if not answer.get("ok"):
        return Finding("token", f"Telegram answered {status}: try again in a minute", is_ok=False)
    return Finding("token", f"@{answer['result'].get('username')}")


async def webhook(settings: Settings) -> Finding:
    """Whether a webhook is set. Only its host is shown, because its path may hold a secret."""
    try:
        status, answer = await _call(settings, "getWebhookInfo")
    except (NotSent, PerhapsSent) as error:
        return Finding("webhook", f"{error}: check the network, then try again", is_ok=False)
    if not answer.get("ok"):
        return Finding("webhook", f"Telegram answered {status}: try again in a minute", is_ok=False)
    url = (answer.get("result") or {}).get("url")
    if not url:
        return Finding("webhook", "none; updates are polled")
    return Finding(
        "webhook",
        f"one is set at {urlsplit(url).hostname}: stop the program that uses it; `run` removes it",
        is_ok=False,
    )


async def clock(settings: Settings) -> Finding:
    """How far this machine's clock is from Telegram's."""
    wall = Clock(settings.clock_file)
    proxy = find_proxy(settings.api_base_url, settings.proxy)
    session, options = open_session(settings.api_base_url, proxy)
    try:
        async with session, asyncio.timeout(15):
            before = wall.now()
            async with session.get(
                settings.api_base_url, allow_redirects=False, **options
            ) as answer:
                # Telegram wrote its Date header about half-way between request and answer.
                local_time = before + (wall.now() - before) / 2
                date = answer.headers.get("Date", "")
    except Exception as error:  # of aiohttp, or of the package for SOCKS proxies
        fault = (
            f"Telegram's time is unknown ({type(error).__name__}): check the network, then try "
            f"again"
        )
        return Finding("clock", fault, is_ok=False)
    try:
        # The header has whole seconds, rounded down: half a second more is the expected value.
        telegram_time = parsedate_to_datetime(date) + timedelta(seconds=0.5)
    except ValueError:
        fault = (
            f"{settings.api_base_url} sent no Date header: set REMINDER_BOT_API_BASE_URL to a Bot "
            f"API server"
        )
        return Finding("clock", fault, is_ok=False)
    skew = local_time - telegram_time
    side = "ahead of" if skew > timedelta(0) else "behind"
    text = f"{abs(skew.total_seconds()):.1f} s {side} Telegram's"
    if abs(skew) > _MOST_SKEW:
        return Finding(
            "clock",
            f"{text}, at most {_MOST_SKEW.seconds} s allowed: turn on time synchronisation "
            f"(timedatectl set-ntp true)",
            is_ok=False,
        )
    return Finding("clock", text)


def data_dir(settings: Settings) -> Finding:
    """Whether this user may write where the bot keeps its files."""
    place = _nearest_that_exists(settings.data_dir)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"test")
    except OSError as error:
        fault = (
            f"{settings.data_dir} can't be written ({error.strerror}): make it writable for the "
            f"user who runs the bot"
        )
        return Finding("data dir", fault, is_ok=False)
    return Finding(
        "data dir",
        "writable" if place == settings.data_dir else "does not exist yet: `run` creates it",
    )


def disk(settings: Settings) -> Finding:
    """How much space is left where the SQLite file is, or in the data directory if the database is
    on PostgreSQL.
    """
    from reminder_bot.storage.database import sqlite_file

    file = sqlite_file(settings.database_url)
    place = _nearest_that_exists(file.parent if file else settings.data_dir)
    free = shutil.disk_usage(place).free
    text = f"{free / 1e6:,.0f} MB free at {place}"
    if file and free < _LEAST_FREE:
        return Finding(
            "disk",
            f"{text}, at least {_LEAST_FREE / 1e6:,.0f} MB needed: free some space there",
            is_ok=False,
        )
    return Finding("disk", text)


def _nearest_that_exists(folder: Path) -> Path:
    """The folder itself, or else its nearest parent that exists."""
    return next(each for each in (folder, *folder.parents) if os.path.exists(each))


def database(settings: Settings) -> Finding:
    """Whether the database can be used, and at which revision its tables are."""
    from reminder_bot.storage.database import (
        DatabaseUnusable,
        is_away,
        sqlite_file,
        without_password,
    )
    from reminder_bot.storage.known_files import refuse_lost
    from reminder_bot.storage.migrating import state

    kind = settings.database_url.partition(":")[0]
    file = sqlite_file(settings.database_url)
    try:
        refuse_lost(settings.database_url, settings.data_dir)
        if file is not None:
            file.stat()
    except DatabaseUnusable as error:
        return Finding("database", str(error), is_ok=False)
    except (FileNotFoundError, NotADirectoryError):
        return Finding("database", f"{kind}, does not exist yet: `run` creates it")
    except OSError as error:
        fault = f"{file} can't be read ({error.strerror}): make it readable for the bot's user"
        return Finding("database", fault, is_ok=False)
    try:
        revision, head = state(settings.database_url)
    except DatabaseUnusable as error:
        return Finding("database", str(error), is_ok=False)
    except Exception as error:
        if not is_away(error):
            raise
        reason = without_password(str(getattr(error, "orig", None) or error)).splitlines() or [
            type(error).__name__
        ]
        remedy = (
            "start its server, or fix REMINDER_BOT_DATABASE_URL"
            if file is None
            else "try again in a minute"
        )
        return Finding("database", f"{kind}, can't be reached ({reason[0]}): {remedy}", is_ok=False)
    if revision is None:
        return Finding("database", f"{kind}, empty: `run` creates its tables")
    if revision > head:
        fault = f"{kind}, at revision {revision}, but this program knows revisions up to {head}"
        remedy = "install the newer program again, or restore the backup from before the upgrade"
        return Finding("database", f"{fault}: {remedy}", is_ok=False)
    if revision < head:
        return Finding(
            "database",
            f"{kind}, at revision {revision}, but this program needs {head}: run `reminder-bot "
            f"migrate`",
            is_ok=False,
        )
    return Finding("database", f"{kind}, at revision {revision}")


def zone_data(now: datetime) -> Finding:
    """Which version of the time zone data is used, and whether it may be out of date."""
    from reminder_bot.domain.zone import data_version

    version = data_version()
    if now.year - int(version[:4]) > _MOST_YEARS:
        return Finding(
            "zone data",
            f"{version}, more than a year old: run `pip install --upgrade tzdata`",
            is_ok=False,
        )
    return Finding("zone data", version)


async def _call(settings: Settings, method: str) -> tuple[int, dict[str, Any]]:
    """Telegram's HTTP status and JSON. Raises NotSent or PerhapsSent when there is no answer."""
    assert settings.token is not None
    transport = Transport(settings.api_base_url, connections=1, proxy=settings.proxy)
    await transport.initialize()
    try:
        url = f"{settings.api_base_url}/bot{settings.token}/{method}"
        status, payload = await transport.do_request(url, "POST")
    finally:
        await transport.shutdown()
    return status, Transport.parse_json_payload(payload)

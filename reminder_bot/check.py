"""What `reminder-bot check` looks at: one line each, with the cure where it fails.

Nothing here changes anything, except that the data directory is made, without which SQLite has no place
to look. Telegram is asked in plain calls: only the Bot API's own words and the Date header are needed.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from reminder_bot.chat.transport import NotSent, PerhapsSent, Transport
from reminder_bot.clock import Clock
from reminder_bot.settings import NO_TOKEN, Settings, SettingsError

__all__ = ["Finding", "clock", "database", "findings", "token", "webhook", "zone_data"]

# A check-in is promised at its minute; the Date header is cut to the second and travels for a while.
_MOST_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands. text: what it is when it is well, else what is wrong and the cure."""

    what: str
    text: str
    is_ok: bool = True

    def __str__(self) -> str:
        return f"{'ok' if self.is_ok else 'fails':<6}{self.what:<11}{self.text}"


def findings(settings: Settings) -> list[Finding]:
    """Everything, in the order a host would mend it."""
    about_telegram = asyncio.run(_about_telegram(settings))
    return [
        Finding("settings", f"data in {settings.data_dir}"),
        *about_telegram,
        database(settings),
        zone_data(),
    ]


async def _about_telegram(settings: Settings) -> list[Finding]:
    found = [await token(settings)]
    if found[0].is_ok:
        found.append(await webhook(settings))
    found.append(await clock(settings))
    return found


async def token(settings: Settings) -> Finding:
    """Whether Telegram knows the token, and as whom."""
    if settings.token is None:
        return Finding("token", NO_TOKEN, is_ok=False)
    try:
        status, answer = await _asked(settings, "getMe")
    except (NotSent, PerhapsSent) as error:
        return Finding("token", f"{error}: look at the network, then try again", is_ok=False)
    if status in (401, 404):
        return Finding("token", "Telegram does not know it: get it again from @BotFather", is_ok=False)
    if not answer.get("ok"):
        return Finding("token", f"Telegram answered {status}: {answer.get('description')}", is_ok=False)
    return Finding("token", f"@{answer['result'].get('username')}")


async def webhook(settings: Settings) -> Finding:
    """Whether a webhook is left behind; only its host is told, an address may hold a secret."""
    try:
        _, answer = await _asked(settings, "getWebhookInfo")
    except (NotSent, PerhapsSent) as error:
        return Finding("webhook", f"{error}: look at the network, then try again", is_ok=False)
    url = (answer.get("result") or {}).get("url")
    if not url:
        return Finding("webhook", "none, updates are polled")
    return Finding(
        "webhook",
        f"one is set at {urlsplit(url).hostname}: stop the program that uses it; `run` takes it away",
        is_ok=False,
    )


async def clock(settings: Settings) -> Finding:
    """How far the clock is from Telegram's."""
    wall = Clock(settings.clock_file)
    timeout = aiohttp.ClientTimeout(total=15)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            before = wall.now()
            async with session.get(settings.api_base_url, allow_redirects=False) as answer:
                here = before + (wall.now() - before) / 2
                there = parsedate_to_datetime(answer.headers["Date"]) + timedelta(seconds=0.5)
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("clock", f"Telegram can't be asked the time ({type(error).__name__})", is_ok=False)
    except (KeyError, ValueError):
        return Finding("clock", f"{settings.api_base_url} does not tell the time: is it Telegram?", is_ok=False)
    skew = here - there
    side = "ahead of" if skew > timedelta(0) else "behind"
    text = f"{abs(skew.total_seconds()):.1f} s {side} Telegram's"
    if abs(skew) > _MOST_SKEW:
        return Finding("clock", f"{text}: switch on time synchronisation (timedatectl set-ntp true)", is_ok=False)
    return Finding("clock", text)


def database(settings: Settings) -> Finding:
    """Whether the database can be used, and its revision."""
    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.migrating import state

    try:
        settings.make_place_of_database()
        revision, head = state(settings.database_url)
    except (DatabaseUnusable, SettingsError) as error:
        return Finding("database", str(error), is_ok=False)
    kind = settings.database_url.partition(":")[0]
    if revision is None:
        return Finding("database", f"{kind}, empty: `run` makes its tables")
    if revision != head:
        return Finding("database", f"{kind}, at revision {revision}, wanted {head}: reminder-bot migrate", is_ok=False)
    return Finding("database", f"{kind}, at revision {revision}")


def zone_data() -> Finding:
    """Which zone data says when 08:00 is."""
    from reminder_bot.domain.zone import data_version

    return Finding("zone data", data_version())


async def _asked(settings: Settings, method: str) -> tuple[int, dict[str, Any]]:
    """Telegram's HTTP status and answer; NotSent or PerhapsSent when there is none."""
    assert settings.token is not None
    transport = Transport(connections=1)
    await transport.initialize()
    try:
        url = f"{settings.api_base_url}/bot{settings.token.get_secret_value()}/{method}"
        status, payload = await transport.do_request(url, "POST")
    finally:
        await transport.shutdown()
    return status, Transport.parse_json_payload(payload)

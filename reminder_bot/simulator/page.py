"""Serves the demo's page: a chat in the browser of the same machine.

    page ── actions and moves of the clock (POST) ─▶ people, clock mover
         ◀─ the whole chat, then its changes (server-sent events) ── chats

Any program that can connect to the port could act as the person. Therefore:
- The server listens on 127.0.0.1 only.
- The address begins with a secret path, which the page's own requests have as well, because they
  are relative. Without it, a program of another user on this machine is refused.
- A request with another Host is refused, which prevents DNS rebinding.
- A request of another site is refused by its Origin or its Sec-Fetch-Site.
- The bot's messages are sent as text and entities (`page_events`), and the content security policy
  allows no script but the page's own file.
"""

import asyncio
import json
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from reminder_bot.simulator.chats import Chat
from reminder_bot.simulator.clock_mover import (
    MAX_SPEED,
    ClockMover,
    Destination,
    NoSuchDestination,
    Progress,
)
from reminder_bot.simulator.messages import File
from reminder_bot.simulator.page_actions import ACTIONS, Refused, read_json, read_number
from reminder_bot.simulator.page_events import ChatFeed, bot_profile
from reminder_bot.simulator.person import Person
from reminder_bot.simulator.server import BotApiServer
from reminder_bot.simulator.transcripts import as_json, as_text

__all__ = ["CONTENT_SECURITY_POLICY", "Page", "PortTaken"]

FILES = Path(__file__).parent / "page"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
IMAGES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
MAX_BODY = 64 * 1024  # bytes
HEARTBEAT_INTERVAL = 15.0  # seconds
# Changes within this time are sent together: moving through a week causes about a thousand.
BATCH_DELAY = 0.03  # seconds
# Name and language of each person. If possible, the first one gets the browser's language.
PEOPLE = {1: ("Ana", "en"), 2: ("Kenji", "ja")}


class PortTaken(Exception):
    """The requested port can't be bound; the text says what to do."""


class Page:
    """The web server of the page: call `start`, and `stop` at the end."""

    def __init__(self, server: BotApiServer, mover: ClockMover) -> None:
        self._server = server
        self._mover = mover
        self._people: dict[int, Person] = {}
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._secret = secrets.token_urlsafe(16)
        self._changes = 0  # of the clock, which are not in any chat
        self.port = 0
        self.is_language_fixed = False
        mover.on_change = self._notify_pages

    @property
    def address(self) -> str:
        """With the secret; everything that the page requests is below it."""
        return f"http://127.0.0.1:{self.port}{self._root}"

    @property
    def _root(self) -> str:
        return f"/{self._secret}/"

    def person(self, number: int, language: str | None = None) -> Person:
        """Return one of PEOPLE. `language` is used only on the first call for that person."""
        if number not in self._people:
            name, default = PEOPLE[number]
            self._people[number] = self._server.person(1000 + number, name, language or default)
        return self._people[number]

    async def start(self, port: int) -> None:
        """Listen on `port`, or on any free one for 0; raises PortTaken."""
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_BODY)
        root = self._root
        app.router.add_get(root, self._index)
        for name in ("chat.css", "chat.js", "icon.svg"):
            app.router.add_get(f"{root}{name}", self._file)
        app.router.add_get(f"{root}events", self._events)
        app.router.add_post(f"{root}act", self._act)
        app.router.add_post(f"{root}clock", self._move)
        app.router.add_get(f"{root}sent/{{id}}", self._sent)
        app.router.add_get(f"{root}transcript.{{form:json|txt}}", self._transcript)
        app.on_response_prepare.append(_add_headers)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, handle_signals=False
        )
        await self._runner.setup()
        try:
            listening = _listening(port)
        except OSError as error:
            await self._runner.cleanup()
            raise PortTaken(
                f"port {port} can't be used ({error.strerror}): choose another with --port, or "
                f"leave it out"
            ) from None
        self.port = listening.getsockname()[1]
        await web.SockSite(self._runner, listening).start()

    async def stop(self) -> None:
        self._stopping.set()
        self._mover.stop()
        self._notify_pages()
        if self._runner is not None:
            await self._runner.cleanup()

    # Requests that act

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Refuse the requests that the docstring of the module lists."""
        hosts = [f"127.0.0.1:{self.port}", f"localhost:{self.port}"]
        if request.headers.getall("Host", []) not in [[host] for host in hosts]:
            return web.Response(status=403, text=f"This is the demo at {hosts[0]}\n")
        secret = request.path.removeprefix("/").partition("/")[0].encode(errors="replace")
        if not secrets.compare_digest(secret, self._secret.encode()):
            return web.Response(status=403, text="Open the address that the demo has printed.\n")
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
        has_foreign_origin = origin is not None and origin not in [
            f"http://{each}" for each in hosts
        ]
        # A link on another site may open the page itself, but nothing else.
        is_from_other_site = site not in {"same-origin", "none"} and request.path != self._root
        if has_foreign_origin or is_from_other_site:
            return web.Response(status=403, text="Requests of other pages are refused.\n")
        try:
            return await handler(request)
        except Refused as refused:
            return web.json_response({"error": str(refused)}, status=409)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        language = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
        if 2 <= len(language) <= 16 and language.isascii() and not self.is_language_fixed:
            self.person(1, language)
        return await self._file(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = FILES / (request.path.removeprefix(self._root) or "index.html")
        return web.Response(
            body=file.read_bytes(), content_type=TYPES[file.suffix], charset="utf-8"
        )

    async def _act(self, request: web.Request) -> web.StreamResponse:
        person, given = self._person(request), await read_json(request)
        act = ACTIONS.get(str(given.get("act")))
        if act is None:
            raise web.HTTPBadRequest(text=f"act is one of {', '.join(ACTIONS)}\n")
        try:
            return web.json_response(await act(person, given))
        except RuntimeError as error:  # a person who has blocked the bot can't write
            raise Refused(str(error)) from None

    async def _move(self, request: web.Request) -> web.StreamResponse:
        person, given = self._person(request), await read_json(request)
        if "stop" in given:
            self._mover.stop()
            return web.json_response({})
        if "speed" in given:
            self._mover.speed = read_number(given, "speed", 1, MAX_SPEED)
            self._notify_pages()
            return web.json_response({})
        if self._mover.is_moving:
            raise Refused("The clock is moving already.")
        if given.get("to") not in list(Destination):
            raise web.HTTPBadRequest(text=f"to is one of {', '.join(Destination)}\n")
        try:
            result = await self._mover.move(person, Destination(given["to"]))
        except NoSuchDestination as error:
            raise Refused(str(error)) from None
        return web.json_response({"result": result})

    # Requests that read

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the page was closed
            await response.write(b"retry: 500\n\n")
            await self._send_events(self._person(request), response)
        return response

    async def _send_events(self, person: Person, response: web.StreamResponse) -> None:
        """Send the whole chat and then its changes, until the demo stops."""
        chat = self._chat(person)
        feed = ChatFeed(chat)
        extra = self._introduction(person)
        while not self._stopping.is_set():
            sent = self._state(feed)
            event = {**extra, **feed.take_changes(), "clock": await self._clock(person)}
            await response.write(_encode(event))
            extra = {}
            has_changed = partial(self._has_changed, feed, sent)
            while not await chat.changes.wait_until(has_changed, HEARTBEAT_INTERVAL):
                await response.write(b":\n\n")  # raises ConnectionError if the page was closed
            await asyncio.sleep(BATCH_DELAY)

    def _introduction(self, person: Person) -> dict[str, Any]:
        """What only the first event contains: names, the bot's description and its commands."""
        language = str(person.user.get("language_code", ""))
        return {
            "is_first": True,
            "name": person.user["first_name"],
            "bot": self._server.bot["first_name"],
            **bot_profile(self._server.profile, language),
        }

    def _state(self, feed: ChatFeed) -> tuple[object, ...]:
        return feed.state, self._changes

    def _has_changed(self, feed: ChatFeed, sent: tuple[object, ...]) -> bool:
        return self._stopping.is_set() or sent != self._state(feed)

    async def _sent(self, request: web.Request) -> web.StreamResponse:
        """A file that the bot has sent to this person."""
        wanted = request.match_info["id"]
        for message in self._person(request).messages:
            for version in message.versions:
                if version.file is not None and version.file.file_id == wanted:
                    return _download(version.file)
        raise web.HTTPNotFound

    async def _transcript(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        chat, zone = self._chat(person), (await self._mover.upcoming_times(person)).zone
        name = f"{person.user['first_name'].lower()}.{request.match_info['form']}"
        headers = {"Content-Disposition": f'attachment; filename="transcript-{name}"'}
        if request.match_info["form"] == "json":
            text = json.dumps(as_json(chat, zone), ensure_ascii=False, indent=1)
            return web.Response(text=text, content_type="application/json", headers=headers)
        return web.Response(text=as_text(chat, zone), headers=headers)

    async def _clock(self, person: Person) -> dict[str, Any]:
        now = self._server.clock.now()
        progress = self._mover.progress
        zone = (await self._mover.upcoming_times(person)).zone
        return {
            "now": now.timestamp(),
            "zone": zone,
            "speed": self._mover.speed,
            "moving": None if progress is None else _move_in_progress(progress, now),
        }

    # Used by several requests

    def _person(self, request: web.Request) -> Person:
        number = request.query.get("person", "1")
        if number not in map(str, PEOPLE):
            raise web.HTTPNotFound
        return self.person(int(number))

    def _chat(self, person: Person) -> Chat:
        return self._server.chats.by_id[person.id]

    def _notify_pages(self) -> None:
        self._changes += 1
        for person in self._people.values():
            self._chat(person).changes.notify()


def _move_in_progress(progress: Progress, now: datetime) -> dict[str, float]:
    whole = (progress.destination - progress.began_at) / timedelta(seconds=1)
    done = (now - progress.began_at) / timedelta(seconds=1)
    share = min(max(done / whole, 0.0), 1.0) if whole > 0 else 1.0
    return {"destination": progress.destination.timestamp(), "share": share}


def _encode(event: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def _download(file: File) -> web.Response:
    """Photos are displayed; any other file is only offered for saving, whatever its type."""
    if file.kind == "photo":
        for magic, content_type in IMAGES.items():
            if file.content.startswith(magic):
                return web.Response(body=file.content, content_type=content_type)
    name = quote(file.filename, safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening

"""The demo's page: a chat in the browser, served on this machine to this machine.

    page ── acts, moves of the clock (POST) ──▶ people, mover
         ◀── what there is, then what is new (server-sent events) ── chats

Whoever can reach the port could play the person, so: it listens on 127.0.0.1 alone; a name that a
stranger's page may have bent to this address is refused by its Host; a foreign page's request by
its Origin, or by the Sec-Fetch-Site that browsers add. What the bot sends is shown as text
(`showing`), and the content security policy lets nothing run but the page's own file.
"""

import asyncio
import json
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from reminder_bot.simulator.chats import Chat, Reach
from reminder_bot.simulator.clock_mover import MAX_SPEED, ClockMover, Destination, NoSuchDestination
from reminder_bot.simulator.messages import File, Message
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
MAX_BODY, MAX_TEXT_LENGTH = 64 * 1024, 4096
HEARTBEAT_INTERVAL = 15.0  # seconds
# What comes together is told together: a move through a week is a thousand changes.
BATCH_DELAY = 0.03
TAP_TIMEOUT = 20.0
# Two people whose phones speak languages of far-away places. The first one's is the browser's.
PEOPLE = {1: ("Ana", "en"), 2: ("Kenji", "ja")}

Act = Callable[[Person, dict[str, Any]], Awaitable[dict[str, Any]]]


class PortTaken(Exception):
    """The port that was asked for is somebody else's; the text says what to do."""


class _Refused(Exception):
    """An act that can't be done; the text is for the person at the page."""


class Page:
    """Use it as `await page.start(port)` … `await page.stop()`; port 0: any that is free."""

    def __init__(self, server: BotApiServer, mover: ClockMover) -> None:
        self._server = server
        self._mover = mover
        self._people: dict[int, Person] = {}
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        self._demo = secrets.token_hex(8)
        self._changes = 0
        self.port = 0
        self.is_language_fixed = False
        mover.on_change = self._notify_pages

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def person(self, number: int, language: str | None = None) -> Person:
        """One of the people; their phone's language is settled when they are met first."""
        if number not in self._people:
            name, usual = PEOPLE[number]
            self._people[number] = self._server.person(1000 + number, name, language or usual)
        return self._people[number]

    async def start(self, port: int) -> None:
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_BODY)
        app.router.add_get("/", self._index)
        for name in ("chat.css", "chat.js", "icon.svg"):
            app.router.add_get(f"/{name}", self._file)
        app.router.add_get("/events", self._events)
        app.router.add_post("/act", self._act)
        app.router.add_post("/clock", self._move)
        app.router.add_get("/sent/{id}", self._sent)
        app.router.add_get("/transcript.{form:json|txt}", self._transcript)
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
                f"port {port} can't be had ({error.strerror}): choose another with --port, or "
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

    # What comes in

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        hosts = [f"127.0.0.1:{self.port}", f"localhost:{self.port}"]
        if request.headers.getall("Host", []) not in [[host] for host in hosts]:
            return web.Response(status=403, text=f"This is the demo at {self.address}\n")
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
        is_foreign = origin is not None and origin not in [f"http://{host}" for host in hosts]
        if is_foreign or (site not in {"same-origin", "none"} and request.path != "/"):
            return web.Response(status=403, text="Another page may not ask this one.\n")
        try:
            return await handler(request)
        except _Refused as refused:
            return web.json_response({"error": str(refused)}, status=409)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        language = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
        if 2 <= len(language) <= 16 and language.isascii() and not self.is_language_fixed:
            self.person(1, language)
        return await self._file(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = FILES / (request.path.removeprefix("/") or "index.html")
        return web.Response(
            body=file.read_bytes(), content_type=TYPES[file.suffix], charset="utf-8"
        )

    async def _act(self, request: web.Request) -> web.StreamResponse:
        person, given = self._person(request), await _json(request)
        act = _ACTS.get(str(given.get("act")))
        if act is None:
            raise web.HTTPBadRequest(text=f"act is one of {', '.join(_ACTS)}\n")
        try:
            return web.json_response(await act(person, given))
        except RuntimeError as error:  # who has blocked the bot can't write
            raise _Refused(str(error)) from None

    async def _move(self, request: web.Request) -> web.StreamResponse:
        person, given = self._person(request), await _json(request)
        if "stop" in given:
            self._mover.stop()
            return web.json_response({})
        if "speed" in given:
            self._mover.speed = _number(given, "speed", 1, MAX_SPEED)
            self._notify_pages()
            return web.json_response({})
        if self._mover.is_moving:
            raise _Refused("The clock is on its way already.")
        if given.get("to") not in list(Destination):
            raise web.HTTPBadRequest(text=f"to is one of {', '.join(Destination)}\n")
        try:
            return web.json_response(
                {"result": await self._mover.move(person, Destination(given["to"]))}
            )
        except NoSuchDestination as error:
            raise _Refused(str(error)) from None

    # What goes out

    async def _events(self, request: web.Request) -> web.StreamResponse:
        person = self._person(request)
        chat, feed = self._chat(person), ChatFeed(self._chat(person))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        language = str(person.user.get("language_code", ""))
        first = {
            "demo": self._demo,
            "name": person.user["first_name"],
            "bot": self._server.bot["first_name"],
        }
        first |= bot_profile(self._server.profile, language)
        with suppress(ConnectionError):
            await response.write(b"retry: 500\n\n")
            while not self._stopping.is_set():
                seen = self._state(feed)
                await response.write(
                    _event({**first, **feed.take_changes(), "clock": await self._clock(person)})
                )
                first = {}
                has_changed = partial(self._has_changed, feed, seen)
                while not await chat.changes.wait_until(has_changed, HEARTBEAT_INTERVAL):
                    await response.write(b":\n\n")  # finds out whether anybody listens still
                await asyncio.sleep(BATCH_DELAY)
        return response

    def _state(self, feed: ChatFeed) -> tuple[object, ...]:
        return feed.seen, self._changes

    def _has_changed(self, feed: ChatFeed, seen: tuple[object, ...]) -> bool:
        return self._stopping.is_set() or seen != self._state(feed)

    async def _sent(self, request: web.Request) -> web.StreamResponse:
        """A file that is in this person's chat."""
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
        progress, now = self._mover.progress, self._server.clock.now()
        moving = None
        if progress is not None:
            whole = (progress.destination - progress.began_at) / timedelta(seconds=1)
            done = (now - progress.began_at) / timedelta(seconds=1)
            moving = {
                "destination": progress.destination.timestamp(),
                "share": min(max(done / whole, 0.0), 1.0) if whole > 0 else 1.0,
            }
        zone = (await self._mover.upcoming_times(person)).zone
        return {"now": now.timestamp(), "zone": zone, "speed": self._mover.speed, "moving": moving}

    # Help

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


async def _send(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    text = given.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT_LENGTH:
        raise web.HTTPBadRequest(text=f"text has 1 to {MAX_TEXT_LENGTH} characters\n")
    await person.send(
        text.strip(), _message(person, given["reply_to"]) if given.get("reply_to") else None
    )
    return {}


async def _tap(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    """Ends when the bot has answered, with what it shows, as on a phone."""
    message, data = _message(person, given.get("message")), given.get("data")
    if data not in {
        button.data for version in message.versions for row in version.buttons for button in row
    }:
        raise _Refused("This message has no such button.")
    tap = await person.tap_raw(str(data), message.message_id)
    try:
        toast = await tap.answered(TAP_TIMEOUT)
    except AssertionError:
        return {"is_answered": False}
    return {"is_answered": True} | (
        {"toast": toast.text, "is_alert": toast.is_alert} if toast is not None else {}
    )


async def _location(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    await person.share_location(
        _number(given, "latitude", -90, 90), _number(given, "longitude", -180, 180)
    )
    return {}


async def _delete(person: Person, given: dict[str, Any]) -> dict[str, Any]:
    await person.delete(_message(person, given.get("message")))
    return {}


async def _block(person: Person, _: dict[str, Any]) -> dict[str, Any]:
    if person.reach is not Reach.OPEN:
        raise _Refused("There is nothing to block.")
    await person.block()
    return {}


async def _unblock(person: Person, _: dict[str, Any]) -> dict[str, Any]:
    if person.reach is not Reach.BLOCKED:
        raise _Refused("There is nothing to unblock.")
    await person.unblock()
    return {}


_ACTS: dict[str, Act] = {
    "send": _send,
    "tap": _tap,
    "location": _location,
    "delete": _delete,
    "block": _block,
    "unblock": _unblock,
}


def _message(person: Person, number: Any) -> Message:
    for message in person.messages:
        if message.message_id == number:
            return message
    raise _Refused("This message is gone.")


def _number(given: dict[str, Any], name: str, least: float, most: float) -> float:
    value = given.get(name)
    if not isinstance(value, int | float) or not least <= value <= most:
        raise web.HTTPBadRequest(text=f"{name} is a number from {least:g} to {most:g}\n")
    return float(value)


async def _json(request: web.Request) -> dict[str, Any]:
    # A form of another page can't send this type without being asked first.
    given = None
    if request.content_type == "application/json":
        with suppress(ValueError):
            given = await request.json()
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected\n")
    return given


def _event(news: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(news, ensure_ascii=False)}\n\n".encode()


def _download(file: File) -> web.Response:
    """A picture to look at; everything else only to be saved, whatever it says it is."""
    if file.kind == "photo":
        kind = next(
            (kind for magic, kind in IMAGES.items() if file.content.startswith(magic)), None
        )
        if kind is not None:
            return web.Response(body=file.content, content_type=kind)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}"
    }
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

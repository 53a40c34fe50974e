"""A local Bot API server on 127.0.0.1 for tests and the demo.

It implements the part of the Bot API that this bot uses. Results and refusals are Telegram's, with
one exception: unknown parameters are refused, while Telegram ignores them. Dates come from the
given clock; delays and long polls take real time.

The state survives `stop` and `start`. The port stays reserved in between, so that connections to a
stopped server are refused and no other process can listen there.

    request ─▶ read ─▶ on_call ─▶ faults before ─▶ accepted
                                                      └─▶ on_accepted ─▶ faults after ─▶ answer
"""

import asyncio
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from aiohttp import web

from reminder_bot.clock import Clock
from reminder_bot.simulator.bot_api import BotApi
from reminder_bot.simulator.calls import Call, Log
from reminder_bot.simulator.chats import Chats
from reminder_bot.simulator.faults import Fault, Faults
from reminder_bot.simulator.parameters import read_parameters
from reminder_bot.simulator.person import Group, Person
from reminder_bot.simulator.profile import Profile
from reminder_bot.simulator.refusal import Refusal
from reminder_bot.simulator.requests import read_path, read_raw
from reminder_bot.simulator.updates import Updates

__all__ = ["BotApiServer"]

_BODY_LIMIT = 60 * 1024**2  # above Telegram's limit of 50 MB for a file
_ABORT_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER with 0 s: close sends a reset

Hook = Callable[[Call], Awaitable[None]]


class BotApiServer:
    """The server: `async with BotApiServer(token=..., clock=...) as server`.

    port: 0 for any free port.
    on_call: awaited after a request was read, before anything else happens.
    on_accepted: awaited after the call has taken effect, before the answer is sent.
    is_token_revoked: while true, every call is refused with 401.
    is_dropping: while true, every connection is reset at its next request, which is not read.
    """

    def __init__(
        self,
        *,
        token: str,
        clock: Clock,
        username: str = "reminder_test_bot",
        port: int = 0,
        keep_log: bool = True,
    ) -> None:
        bot_id = int(token.partition(":")[0])
        bot = {"id": bot_id, "is_bot": True, "first_name": "Reminder", "username": username}
        abilities = dict.fromkeys(_ABILITIES, False)
        self.token = token
        self.clock = clock
        self.port = port
        self.bot: dict[str, Any] = bot
        self.chats = Chats(clock, bot)
        self.updates = Updates(clock)
        self.faults = Faults()
        self.calls = Log(is_kept=keep_log)
        self.on_call: Hook | None = None
        self.on_accepted: Hook | None = None
        self.is_token_revoked = False
        self.is_dropping = False
        self._api = BotApi(self.chats, self.updates, {**bot, **abilities, "can_join_groups": True})
        self._anchor: socket.socket | None = None
        self._runner: web.ServerRunner | None = None
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[Call]:
        return self.calls.calls

    def accepted(self, method: str, chat_id: int | None = None) -> list[Call]:
        """The calls that took effect, including those whose answer was lost."""
        return self.calls.accepted(method, chat_id)

    @property
    def profile(self) -> Profile:
        """The commands and descriptions that the bot has set."""
        return self._api.profile

    async def start(self) -> None:
        """Listen, on the same port as before if the server was stopped."""
        if self._anchor is None:
            self._anchor = _bound(self.port)
            self.port = self._anchor.getsockname()[1]
        self._stopping.clear()
        self.updates.open()
        # The factory raises the limit for bodies, which is 1 MiB by default.
        server = web.Server(self._handle, request_factory=_make_request, access_log=None)
        self._runner = web.ServerRunner(server, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.SockSite(self._runner, _bound(self.port), backlog=4096).start()

    async def stop(self) -> None:
        """Reset all connections and refuse new ones; the state is kept for `start`."""
        self._stopping.set()
        self.updates.close()
        if self._runner is not None and self._runner.server is not None:
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
        self._runner = None

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        """Refuse all connections inside the block, as if Telegram were unreachable."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()

    def person(
        self,
        id: int,
        first_name: str = "Ana",
        language_code: str | None = "en",
        username: str | None = None,
    ) -> Person:
        """Create a person. The bot can't write to them before they have sent something."""
        user: dict[str, Any] = {"id": id, "is_bot": False, "first_name": first_name}
        user |= {"language_code": language_code} if language_code else {}
        user |= {"username": username} if username else {}
        return Person(user, self.chats, self.updates)

    def group(self, id: int, title: str) -> Group:
        """Create a group that the bot is in; `id` is negative."""
        return Group(id, title, self.chats, self.updates)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.is_dropping or self._stopping.is_set():
            return _reset(request)
        try:
            call = await self._read(request)
        except Refusal as refusal:
            return _refused(refusal)
        if self.on_call is not None:
            await self.on_call(call)
        answer = await self._answer(call)
        if answer is None or self._stopping.is_set():
            call.status = 0
            return _reset(request)
        return answer

    async def _read(self, request: web.BaseRequest) -> Call:
        """Read a call and log it, even if its parameters are refused."""
        call = Call("", {}, self.clock.now(), time.monotonic())
        self.calls.add(call)
        try:
            call.method = request.path.rpartition("/")[2]  # for the log, if the next line raises
            call.method = read_path(request.path, self.token)
            if self.is_token_revoked:
                raise Refusal(401, "Unauthorized")
            call.parameters = await read_raw(request)
            call.parameters = read_parameters(call.method, call.parameters)
        except Refusal as refusal:
            call.status, call.description = refusal.code, refusal.description
            raise
        call.chat_id = call.parameters.get("chat_id")
        call.message_id = call.parameters.get("message_id")
        return call

    async def _answer(self, call: Call) -> web.Response | None:
        """Carry out a call with its injected fault; return None to reset the connection."""
        chat_id = call.chat_id if isinstance(call.chat_id, int) else None
        fault = self.faults.take(call.method, chat_id)
        if fault is not None and not fault.is_accepted:
            await self._pause(fault.seconds)
            if fault.status is not None:
                return _scripted(call, fault)
        answer = await self._accept(call)
        if fault is not None and fault.is_accepted:
            await self._pause(fault.seconds)
            if fault.status is not None:
                return _scripted(call, fault)
        return answer

    async def _accept(self, call: Call) -> web.Response:
        try:
            result = await self._api.call(call.method, call.parameters)
        except Refusal as refusal:
            call.status, call.description = refusal.code, refusal.description
            return _refused(refusal)
        call.status = 200
        self.calls.mark_accepted(call, result)
        if self.on_accepted is not None:
            await self.on_accepted(call)
        return _json_answer(200, {"ok": True, "result": result})

    async def _pause(self, seconds: float) -> None:
        """Wait in real time, but only until the server is stopped."""
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)


_ABILITIES = (
    "can_read_all_group_messages",
    "supports_inline_queries",
    "can_connect_to_business",
    "has_main_web_app",
    "has_topics_enabled",
    "allows_users_to_create_topics",
    "can_manage_bots",
)


def _bound(port: int) -> socket.socket:
    # Two sockets share the port: the anchor reserves it and never listens, the other one serves.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def _make_request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: Any
) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(
        message, payload, protocol, writer, task, loop, client_max_size=_BODY_LIMIT
    )


def _reset(request: web.BaseRequest) -> web.Response:
    """Reset the connection without an answer."""
    if request.transport is not None:
        raw = request.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT_AT_ONCE)
        request.transport.abort()
    return web.Response()


def _refused(refusal: Refusal) -> web.Response:
    return _json_answer(refusal.code, refusal.as_wire())


def _scripted(call: Call, fault: Fault) -> web.Response | None:
    """The answer that a fault sends; None if it resets the connection."""
    call.status = fault.status or 0
    if not call.status:
        return None
    content_type = "text/html" if fault.is_html else "application/json"
    if not fault.is_html:
        call.description = json.loads(fault.body)["description"]
    return web.Response(status=call.status, body=fault.body, content_type=content_type)


def _json_answer(status: int, answer: dict[str, Any]) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(answer).encode(), content_type="application/json"
    )

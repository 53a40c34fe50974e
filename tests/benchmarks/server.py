"""A fast Bot API server for load: it answers every call after 30 ms, with little work of its own.

    python -m tests.benchmarks.server CERTIFICATE CORE

The simulator's server checks every call, which would dominate the measurement. This one only finds
the end of a request and its chat id. The first segment of a path, before /bot…, names the calling
process. The server reads commands from stdin and writes answers to stdout, one line of JSON each;
tests.benchmarks.telegram is the client.

Several bots, each with a token of its own, may run at the same time: each polls for the taps on its
own messages. Taps come on messages that have not been tapped yet: one at a time at random times, or
all at once, so that they wait for the next poll together.
"""

import asyncio
import json
import os
import random
import re
import ssl
import sys
from collections import Counter, defaultdict, deque
from time import monotonic, time
from typing import Any
from urllib.parse import unquote_to_bytes

DELAY = 0.03  # seconds until an answer, about the round trip to Telegram
PATH = re.compile(rb"(?:POST|GET) (?:/(\w+))?/bot([^/]+)/(\w+)")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
CHAT = re.compile(rb'chat_id[="\': \r\n]+(-?\d+)')
OFFSET = re.compile(rb'offset[="\': ]+(\d+)')
TIMEOUT = re.compile(rb'timeout[="\': ]+(\d+)')
QUERY = re.compile(rb'callback_query_id[="\': ]+(\w+)')
MESSAGE = re.compile(rb'message_id[="\': ]+(\d+)')
YES = re.compile(rb'callback_data[\\"\': ]+(v1:yes:[^"\\]+)')

BOT = b'{"id":4711001,"is_bot":true,"first_name":"Reminders","username":"reminders_bot"}'
REFUSAL = (
    b'{"ok":false,"error_code":429,"description":"Too Many Requests",'
    b'"parameters":{"retry_after":3}}'
)
SENDS = frozenset({b"sendMessage", b"sendPhoto", b"sendDocument"})
EDITS = frozenset({b"editMessageText", b"editMessageMedia", b"editMessageReplyMarkup"})
AT_ONCE = frozenset({b"answerCallbackQuery"})
FIXED = {
    b"getMe": BOT,
    b"getMyCommands": b"[]",
    b"getMyDescription": b'{"description":""}',
}


class Inbox:
    """What waits for the getUpdates of one bot: its updates, and its calls if there are none."""

    def __init__(self) -> None:
        self.updates: deque[tuple[int, bytes]] = deque()
        self.pollers: dict[Session, asyncio.TimerHandle] = {}

    def poll(self, session: "Session", body: bytes) -> None:
        offset = _number(OFFSET, body)
        while self.updates and self.updates[0][0] < offset:
            self.updates.popleft()
        if self.updates:
            session.answer(self.batch())
        else:
            self.pollers[session] = asyncio.get_running_loop().call_later(
                _number(TIMEOUT, body), self.end_poll, session
            )

    def end_poll(self, session: "Session") -> None:
        if self.leave(session):
            session.answer(self.batch())

    def end_polls(self) -> None:
        for session in list(self.pollers):
            self.end_poll(session)

    def batch(self) -> bytes:
        return b"[%b]" % b",".join(update for _, update in list(self.updates)[:100])

    def leave(self, session: "Session") -> bool:
        """Forget a call that waits; whether there was one."""
        handle = self.pollers.pop(session, None)
        if handle is not None:
            handle.cancel()
        return handle is not None


class Telegram:
    """The state of the server: sends, the inboxes of bots, and taps."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.delay = DELAY
        self.limits: tuple[tuple[int, float], ...] = ()
        self.inboxes: defaultdict[bytes, Inbox] = defaultdict(Inbox)  # by token
        self.next_update, self.next_message, self.next_query = 1, 1, 1
        self.tapping: asyncio.Task[None] | None = None
        self.forget()

    def forget(self) -> None:
        self.at: list[float] = []
        self.chats: list[int] = []
        self.senders: list[str] = []
        self.methods: Counter[str] = Counter()
        self.refused_at: list[float] = []
        # (token, chat, message, the request's body), or what was offered in place of one
        self.newest: list[tuple[bytes, int, int, bytes]] = []
        self.keeps_bodies = False
        self.forget_taps()

    def forget_taps(self) -> None:
        self.taps: dict[str, dict[str, Any]] = {}
        self.tapped: dict[tuple[int, int], dict[str, Any]] = {}

    def take(
        self, session: "Session", sender: bytes, token: bytes, method: bytes, body: bytes
    ) -> None:
        self.methods[method.decode()] += 1
        if method == b"getUpdates":
            self.inboxes[token].poll(session, body)
        elif method in SENDS:
            self.send(session, sender, token, body)
        elif method in AT_ONCE:
            self.note_answer(body)
            session.answer(b"true")
        else:
            if method in EDITS:
                self.note_edit(body)
                result = self.message(_number(CHAT, body), _number(MESSAGE, body))
            else:
                result = FIXED.get(method, b"true")
            self.loop.call_later(self.delay, session.answer, result)

    def send(self, session: "Session", sender: bytes, token: bytes, body: bytes) -> None:
        at = monotonic()
        for most, seconds in self.limits:
            if len(self.at) >= most and at - self.at[-most] < seconds:
                self.refused_at.append(at)
                self.loop.call_later(self.delay, session.reply, 429, REFUSAL)
                return
        chat, message = _number(CHAT, body), self.next_message
        self.next_message += 1
        self.at.append(at)
        self.chats.append(chat)
        self.senders.append(sender.decode())
        if self.keeps_bodies:
            self.newest.append((token, chat, message, body))
        self.loop.call_later(self.delay, session.answer, self.message(chat, message))

    def message(self, chat: int, message: int) -> bytes:
        return (
            b'{"message_id":%d,"from":%b,'
            b'"chat":{"id":%d,"first_name":"Somebody","type":"private"},'
            b'"date":%d,"text":"A glass of water? 500 of 1500 ml so far."}'
            % (message, BOT, chat, int(time()))
        )

    # Taps

    def leave(self, session: "Session") -> None:
        for inbox in self.inboxes.values():
            inbox.leave(session)

    async def tap(self, rate: float) -> None:
        while True:
            await asyncio.sleep(random.expovariate(rate))
            if self.newest:
                self.add_tap(*self.newest.pop(random.randrange(len(self.newest))))
                self.deliver()

    def tap_all(self) -> None:
        for each in self.newest:
            self.add_tap(*each)
        self.newest.clear()
        at = monotonic()
        for tap in self.taps.values():
            tap["at"] = at
        self.deliver()

    def deliver(self) -> None:
        """Answer the polls of bots that have updates."""
        for inbox in self.inboxes.values():
            if inbox.updates:
                inbox.end_polls()

    def add_tap(self, token: bytes, chat: int, message: int, body: bytes) -> None:
        found = YES.search(body) or YES.search(unquote_to_bytes(body.replace(b"+", b" ")))
        if found is None:
            return
        query, self.next_query = f"q{self.next_query}", self.next_query + 1
        person = {"id": chat, "is_bot": False, "first_name": "Somebody", "language_code": "en"}
        update = {
            "update_id": self.next_update,
            "callback_query": {
                "id": query,
                "from": person,
                "chat_instance": str(chat),
                "data": found[1].decode(),
                "message": {
                    "message_id": message,
                    "date": int(time()),
                    "chat": {"id": chat, "first_name": "Somebody", "type": "private"},
                    "text": "A glass of water?",
                },
            },
        }
        waiting = self.inboxes[token].updates
        waiting.append((self.next_update, json.dumps(update).encode()))
        self.next_update += 1
        self.taps[query] = self.tapped[chat, message] = {
            "at": monotonic(),
            "answered": None,
            "shown": None,
            "answers": 0,
        }

    def nudge(self, token: bytes) -> None:
        """Deliver a tap on a button that does not exist."""
        person = {"id": 1, "is_bot": False, "first_name": "Somebody"}
        message = {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}
        query = {"id": "nudge", "from": person, "data": "v1:none", "message": message}
        update = {"update_id": self.next_update, "callback_query": query}
        self.inboxes[token].updates.append((self.next_update, json.dumps(update).encode()))
        self.next_update += 1
        self.deliver()

    def note_answer(self, body: bytes) -> None:
        found = QUERY.search(body)
        tap = self.taps.get(found[1].decode()) if found else None
        if tap is None:
            return
        tap["answers"] += 1
        if tap["answered"] is None:
            tap["answered"] = monotonic() - tap["at"]

    def note_edit(self, body: bytes) -> None:
        tap = self.tapped.get((_number(CHAT, body), _number(MESSAGE, body)))
        if tap is not None and tap["shown"] is None:
            tap["shown"] = monotonic() - tap["at"]

    # Commands

    def command(self, do: str, **given: Any) -> Any:
        match do:
            case "forget":
                self.forget()
            case "forget_taps":
                self.forget_taps()
            case "keep_bodies":
                self.keeps_bodies = True
            case "limit":
                self.limits = tuple(
                    (int(most), float(seconds)) for most, seconds in given["limits"]
                )
            case "count":
                return len(self.at)
            case "log":
                return {
                    "at": self.at,
                    "chats": self.chats,
                    "senders": self.senders,
                    "methods": self.methods,
                    "refused_at": self.refused_at,
                }
            case "offer":
                self.newest += [
                    (given["token"].encode(), chat, message, b'callback_data":"v1:yes:%d"' % number)
                    for chat, message, number in given["messages"]
                ]
            case "nudge":
                self.nudge(given["token"].encode())
            case "tap_all":
                self.tap_all()
            case "count_open_taps":
                return sum(
                    each["answered"] is None or each["shown"] is None for each in self.taps.values()
                )
            case "start_tapping":
                self.tapping = self.loop.create_task(self.tap(given["rate"]))
            case "stop_tapping":
                assert self.tapping is not None
                self.tapping.cancel()
            case "taps":
                return list(self.taps.values())
            case _:
                raise ValueError(f"no such command: {do}")
        return None


class Session(asyncio.Protocol):
    """A keep-alive connection. Requests are not pipelined."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._telegram.leave(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, rest = self._received[:end], self._received[end + 4 :]
            if CHUNKED.search(head):
                whole = _unchunked(rest)
                if whole is None:
                    return
                body, self._received = whole
            else:
                length = _number(LENGTH, head)
                if len(rest) < length:
                    return
                body, self._received = rest[:length], rest[length:]
            path = PATH.match(head)
            if path is None:
                self.reply(404, b'{"ok":false,"error_code":404,"description":"Not Found"}')
            else:
                self._telegram.take(self, path[1] or b"", path[2], path[3], body)

    def answer(self, result: bytes) -> None:
        self.reply(200, b'{"ok":true,"result":%b}' % result)

    def reply(self, status: int, payload: bytes) -> None:
        if self._transport is not None:
            self._transport.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(payload), payload)
            )


def _number(pattern: re.Pattern[bytes], data: bytes) -> int:
    found = pattern.search(data)
    return int(found[1]) if found else 0


def _unchunked(data: bytes) -> tuple[bytes, bytes] | None:
    """The body of a chunked request and the bytes after it; None while it is incomplete."""
    body = b""
    while True:
        size, found, data = data.partition(b"\r\n")
        if not found:
            return None
        length = int(size, 16)
        if len(data) < length + 2:
            return None
        body, data = body + data[:length], data[length + 2 :]
        if length == 0:
            return body, data


async def serve(certificate: str) -> None:
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    telegram = Telegram()
    listening = await loop.create_server(
        lambda: Session(telegram), "127.0.0.1", 0, ssl=context, backlog=1024
    )
    _say(listening.sockets[0].getsockname()[1])
    commands = asyncio.StreamReader(limit=2**20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    async for line in commands:
        _say(telegram.command(**json.loads(line)))


def _say(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    asyncio.run(serve(sys.argv[1]))

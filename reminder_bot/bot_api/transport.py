"""How a call reaches Telegram, and what is known of it when it fails.

python-telegram-bot maps the errors; the bytes travel over connections of our own
(bot_api.connections), because the library's default transport costs many times the processor time and
gets worse with concurrency. A call's parameters go as one JSON object: half the work of a form
whose fields are JSON again. (Tried and left: aiohttp takes twice the time a call; pyreqwest 0.15.1
aborted the process in 2 of 15 ends, after its client had been closed; uvloop 0.23 would save a
tenth of a message, and connects without happy eyeballs.) Whoever sends needs one more thing than
the library tells: was the call *surely not* accepted (`NotSent`), or *perhaps* (`PerhapsSent`)?
sendMessage has no idempotency key, so that is the difference between asking again and asking twice.
The library's own errors cannot say it (a TimedOut is both), so it is decided here, where the
connection is seen:

- no connection, or none in time: not sent;
- the request went out and no whole answer of Telegram's came back (late, cut off, HTML of a proxy,
  a server error that is not the Bot API's JSON): perhaps;
- a server error in the Bot API's own words: not accepted, by policy.
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast
from uuid import uuid4

from httptools import HttpParserError

# The library's next way to tell a wait; without it each 429 costs a deprecation warning.
os.environ.setdefault("PTB_TIMEDELTA", "1")

from telegram import Bot
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

from reminder_bot.bot_api.connections import Connections, NotConnected, NotSentAnyMore

__all__ = ["File", "NotSent", "PerhapsSent", "Transport", "call", "open_bot"]


class NotSent(NetworkError):
    """Telegram did not get the call, or said that it did not take it."""


class PerhapsSent(NetworkError):
    """The call went out; whether Telegram accepted it is not known."""


class File(NamedTuple):
    """A file to send along, as a field of a call."""

    name: str
    content: bytes
    mime: str


_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class _Fields:
    """A call's parameters as plain values, in the place of the library's RequestData."""

    def __init__(self, fields: Mapping[str, Any], may_send: Callable[[], bool] | None) -> None:
        self._fields = fields
        self.may_send = may_send

    @property
    def body(self) -> tuple[bytes, str]:
        """What is to be sent, and what kind it is: one JSON object, or a form where a file goes
        along.
        """
        values = {name: value for name, value in self._fields.items() if value is not None}
        files = {
            name: values.pop(name)
            for name, value in self._fields.items()
            if isinstance(value, File)
        }
        if not files:
            return _JSON.encode(values).encode(errors="replace"), "application/json"
        words = {
            name: each if isinstance(each, str) else json.dumps(each)
            for name, each in values.items()
        }
        return _form(words, files)


class _Answer(NamedTuple):
    """What came already, for the library to say what it means."""

    status: int
    payload: bytes


async def call(
    request: BaseRequest, address: str, *, may_send: Callable[[], bool] | None = None, **fields: Any
) -> Any:
    """One call with plain values, through the library's error mapping; fields that are None are
    left out.

    Building and re-reading the library's objects costs most of a call; few calls need more than
    this, and none of its mapping where the call succeeds.
    may_send: asked at the last moment before the call leaves; where it says no, the call is
    NotSent.
    """
    answer = _Answer(
        *await request.do_request(address, "POST", cast(RequestData, _Fields(fields, may_send)))
    )
    if 200 <= answer.status <= 299:
        told = request.parse_json_payload(answer.payload)
        if "result" not in told:
            raise PerhapsSent("an answer that is not Telegram's (a success without a result)")
        return told["result"]
    return await request.post(address, cast(RequestData, answer))


class Transport(BaseRequest):
    """python-telegram-bot's way out, over connections of its own.

    base_url: where all calls go; a proxy that the environment names for it is used.
    connections: how many calls may be under way at once; connect_timeout: seconds for one of them
    to be free and to stand; read_timeout: seconds for an answer.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connections: int,
        read_timeout: float = 15.0,
        connect_timeout: float = 10.0,
    ) -> None:
        self._base_url = base_url
        self._most = connections
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._connections: Connections | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        if self._connections is None:
            self._connections = Connections(self._base_url, self._most)

    async def shutdown(self) -> None:
        if self._connections is not None:
            self._connections.close()
            self._connections = None
            await asyncio.sleep(0)  # a closed connection is gone in the loop's next round

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: Any = None,  # the library's RequestData, or one of ours in its place
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if isinstance(request_data, _Answer):
            return request_data
        assert self._connections is not None, "Transport.initialize() comes first"
        if read_timeout is None or read_timeout is BaseRequest.DEFAULT_NONE:
            read_timeout = self._read_timeout
        given = request_data if isinstance(request_data, _Fields) else None
        body, kind = given.body if given is not None else _body(request_data)
        try:
            status, payload = await self._connections.ask(
                method,
                url,
                body,
                kind,
                connect_timeout=self._connect_timeout,
                read_timeout=read_timeout,
                may_send=given.may_send if given is not None else None,
            )
        except NotConnected as error:
            raise NotSent(f"no connection to Telegram ({error})") from error
        except NotSentAnyMore as error:
            raise NotSent("it was not to be sent any more") from error
        except (OSError, HttpParserError) as error:
            raise PerhapsSent(f"no answer from Telegram ({type(error).__name__})") from error
        return _judged(status, payload)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Telegram's answer as a dict. The library's own version logs what it cannot read; this
        one does not.
        """
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise PerhapsSent("an answer that is not Telegram's (no JSON)") from error
        if not isinstance(answer, dict) or ("result" not in answer and "description" not in answer):
            raise PerhapsSent("an answer that is not Telegram's (neither result nor description)")
        return answer


def _body(request_data: RequestData | None) -> tuple[bytes, str]:
    if request_data is None:
        return b"", ""
    return _form(request_data.json_parameters, request_data.multipart_data or {})


def _form(words: Mapping[str, str], files: Mapping[str, tuple[str, Any, str]]) -> tuple[bytes, str]:
    """multipart/form-data (RFC 7578)."""
    boundary = uuid4().hex
    parts = [(f'name="{name}"', word.encode(errors="replace")) for name, word in words.items()]
    parts += [
        (f'name="{name}"; filename="{_quoted(filename)}"\r\nContent-Type: {mime}', content)
        for name, (filename, content, mime) in files.items()
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for head, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _judged(status: int, payload: bytes) -> tuple[int, bytes]:
    """The answer itself, unless it is a server error: those are told apart here."""
    if status < 500:
        return status, payload
    try:
        description = json.loads(payload)["description"]
    except (ValueError, KeyError, TypeError):
        raise PerhapsSent(f"server error {status} without a word of Telegram's") from None
    raise NotSent(f"Telegram answered {status}: {str(description)[:100]}")


def open_bot(token: str, base_url: str, *, connections: int = 64) -> Bot:
    """A Bot whose calls go to `{base_url}/bot{token}/{method}`; `async with` it, or initialize()
    it.

    getUpdates waits on connections of its own, so that a long poll never takes a place from a send.
    """
    base = base_url.rstrip("/")
    return Bot(
        token=token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=Transport(base, connections=connections),
        get_updates_request=Transport(base, connections=2),
    )

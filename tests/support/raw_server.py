"""A server that sends exactly the bytes that a test chooses."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trustme

__all__ = ["OK", "RawServer", "Say", "closing", "running", "silence", "trusted_context"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Say = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """Answers each request with the next of `says`: bytes, or a function that gets the connection.
    If none is left, it answers with OK.
    """

    def __init__(self) -> None:
        self.says: list[Say] = []
        self.requests: list[bytes] = []
        self.connections: list[asyncio.StreamWriter] = []
        self.ended = 0  # connections that are closed
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self.requests.append(head + body)
                said = self.says.pop(0) if self.says else OK
                if isinstance(said, bytes):
                    writer.write(said)
                else:
                    await said(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended += 1
            writer.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def targets(self) -> list[bytes]:
        return [request.split(b" ")[1] for request in self.requests]


Some = TypeVar("Some", bound=RawServer)


@asynccontextmanager
async def running(
    server: Some,
    context: ssl.SSLContext | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Some]:
    listening = await asyncio.start_server(server.serve, host, port, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for each in server.connections:
            each.transport.abort()
        await asyncio.sleep(0)


def closing(data: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    """Send these bytes and close the connection."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        writer.close()

    return say


async def silence(_: asyncio.StreamWriter) -> None:
    """Send nothing."""


def trusted_context(folder: Path, *names: str) -> tuple[ssl.SSLContext, Path]:
    """The TLS context of a server with these names, and a file with the certificate of the
    authority that has issued its certificate.
    """
    authority = trustme.CA()
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context, file

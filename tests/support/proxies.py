"""Small real proxies on this machine: CONNECT (RFC 9110, 9.3.6) and SOCKS5 (RFC 1928, 1929)."""

import asyncio
import struct

from tests.support.raw_server import RawServer

__all__ = ["ConnectProxy", "SocksProxy"]


class _Tunnels(RawServer):
    """Opens tunnels and records them.

    hosts: names that only the proxy can resolve, with their addresses.
    may_open: tunnels are opened only while this event is set.
    asked: the host and port of each tunnel that was requested.
    """

    def __init__(self, hosts: dict[str, str] | None = None) -> None:
        super().__init__()
        self._hosts = hosts or {}
        self.asked: list[tuple[str, int]] = []
        self.may_open = asyncio.Event()
        self.may_open.set()

    async def open_tunnel(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.asked.append((host, port))
        await self.may_open.wait()
        reader, writer = await asyncio.open_connection(self._hosts.get(host, host), port)
        self.connections.append(writer)
        return reader, writer

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                target.write(data)
        except ConnectionError:
            pass
        target.close()


class ConnectProxy(_Tunnels):
    """Opens the tunnels that are requested, or answers with the bytes of `refusal`."""

    def __init__(self, hosts: dict[str, str] | None = None, *, refusal: bytes = b"") -> None:
        super().__init__(hosts)
        self._refusal = refusal

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        if self._refusal:
            writer.write(self._refusal)
            writer.close()
            return
        host, _, port = self.targets[-1].decode().rpartition(":")
        server_reader, server_writer = await self.open_tunnel(host.strip("[]"), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self.carry(reader, server_writer), self.carry(server_reader, writer))


class SocksProxy(_Tunnels):
    """Asks for a user name and a password if `credentials` are given."""

    def __init__(
        self, hosts: dict[str, str] | None = None, *, credentials: tuple[str, str] | None = None
    ) -> None:
        super().__init__(hosts)
        self._credentials = credentials
        self.seen: list[tuple[str, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            if await self._is_let_in(reader, writer):
                host, port = await self._target(reader)
                server_reader, server_writer = await self.open_tunnel(host, port)
                writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                await asyncio.gather(
                    self.carry(reader, server_writer), self.carry(server_reader, writer)
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _is_let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self._credentials else 0
        if wanted not in methods:
            writer.write(b"\x05\xff")
            return False
        writer.write(bytes([5, wanted]))
        if self._credentials is None:
            return True
        await reader.readexactly(1)
        self.seen.append((await self._text(reader), await self._text(reader)))
        is_known = self.seen[-1] == self._credentials
        writer.write(b"\x01\x00" if is_known else b"\x01\x01")
        return is_known

    async def _target(self, reader: asyncio.StreamReader) -> tuple[str, int]:
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = await self._text(reader)
        else:
            host = ".".join(str(byte) for byte in await reader.readexactly(4))
        (port,) = struct.unpack(">H", await reader.readexactly(2))
        return host, port

    async def _text(self, reader: asyncio.StreamReader) -> str:
        (length,) = await reader.readexactly(1)
        return (await reader.readexactly(length)).decode()

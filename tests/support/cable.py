"""A connection to a server on this machine that can be interrupted like a network: nothing passes,
and neither side is notified.
"""

import asyncio
from types import TracebackType
from typing import Self

__all__ = ["Cable"]


class Cable:
    """Forwards the connections to `port` to the server. Data that is in transit during a cut
    arrives after the repair, unless one side has closed the connection by then.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._is_whole = asyncio.Event()
        self._is_whole.set()
        self._joined: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.close()
        for each in self._joined:
            each.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    def cut(self) -> None:
        self._is_whole.clear()

    def heal(self) -> None:
        self._is_whole.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._join(reader, writer))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await self._is_whole.wait()
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self._server_port
            )
            writers.append(server_writer)
            await asyncio.gather(
                self._carry(reader, server_writer), self._carry(server_reader, writer)
            )
        except ConnectionError:
            pass  # one side has closed its connection; the other one is closed below
        finally:
            for each in writers:
                each.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while True:
            data = await source.read(65536)
            await self._is_whole.wait()
            if not data:
                raise ConnectionResetError
            target.write(data)
            await target.drain()

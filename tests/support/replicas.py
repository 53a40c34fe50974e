"""A world with several bots on one database. Each replica has its own folder, log and process."""

import asyncio
import re
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Self

from tests.support.cable import Cable
from tests.support.crashing import CrashingWorld, MeasuredWorld
from tests.support.nursery import ForkedWorld
from tests.support.stopwatch import Stopwatch
from tests.support.world import World

__all__ = ["Line", "MeasuredReplica", "Replica", "ReplicatedWorld"]

_REQUEST = re.compile(rb"(?:POST|GET) /bot[^/ ]+/(\w+) HTTP/1")


class Line(Cable):
    """The connection of one replica to Telegram, which records its calls: the time on the monotonic
    clock, and the method.
    """

    def __init__(self, server_port: int) -> None:
        super().__init__(server_port)
        self.calls: list[tuple[float, str]] = []

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        read = source.read

        async def noted(n: int = -1) -> bytes:
            data = await read(n)
            self.calls += [(time.monotonic(), method.decode()) for method in _REQUEST.findall(data)]
            return data

        source.read = noted  # type: ignore[method-assign]
        await super()._carry(source, target)

    async def calls_so_far(self) -> int:
        """The number of calls made so far, including those that have not been read here yet."""
        count = -1
        while count != len(self.calls):
            count = len(self.calls)
            await asyncio.sleep(0.05)
        return count

    def since(self, at: float) -> list[str]:
        return [method for called_at, method in self.calls if called_at >= at]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Joining(World):
    """A replica: it uses the server and the clock of its ReplicatedWorld, and also the database,
    unless it gets another address for it.
    """

    def join(self, world: "ReplicatedWorld", database_url: str | None, api_url: str | None) -> Self:
        self.server, self.clock_file, self.clock = world.server, world.clock_file, world.clock
        self.database_url = database_url or world.database_url
        self.environment = world.environment | self.environment
        if api_url is not None:
            self.environment["REMINDER_BOT_API_BASE_URL"] = api_url
        return self

    @property
    def polls(self) -> bool:
        """Whether its last log line about leading says that it leads, which means that it polls."""
        roles = re.findall(r" reminder_bot\.engine\.leading (leading|standing_by)\b", self.log())
        return bool(roles) and roles[-1] == "leading"


class Replica(_Joining, ForkedWorld):
    pass


class MeasuredReplica(_Joining, MeasuredWorld):
    """A replica that reports when its permits were given, and can be stopped while time passes."""


class ReplicatedWorld(CrashingWorld):
    """What the replicas share: Telegram, people, clock, database and checker. It runs no bot
    itself. tuning: see `child.tuned`.
    """

    def __init__(self, folder: Path, database_url: str, **tuning: float) -> None:
        super().__init__(folder, database_url, **tuning)
        self.replicas: list[Replica | MeasuredReplica] = []

    async def __aexit__(self, failed: object, *more: object) -> None:
        for each in self.replicas:
            await each.kill()
        await super().__aexit__(failed, *more)

    async def add(self, *, database_url: str | None = None, api_url: str | None = None) -> Replica:
        """Start one more replica and wait until it is ready.

        database_url, api_url: its own address of the database and of Telegram, if it has one.
        """
        replica = Replica(self._new_folder(), self.database_url).join(self, database_url, api_url)
        self.replicas.append(replica)
        await replica.start()
        return replica

    async def add_measured(self, *, api_url: str | None = None) -> MeasuredReplica:
        replica = MeasuredReplica(self._new_folder(), self.database_url).join(self, None, api_url)
        self.replicas.append(replica)
        await replica.start()
        return replica

    def _new_folder(self) -> Path:
        folder = self.folder / f"replica_{len(self.replicas)}"
        folder.mkdir()
        return folder

    def log(self) -> str:
        """The logs of all replicas."""
        return "\n".join(each.log() for each in self.replicas)

    @property
    def pollers(self) -> list[Replica | MeasuredReplica]:
        """The running replicas whose last log line about leading says that they poll."""
        alive = [
            each
            for each in self.replicas
            if each.process is not None and each.process.returncode is None
        ]
        return [each for each in alive if each.polls]

    async def poller(self) -> Replica | MeasuredReplica:
        """The replica that polls. While the lease changes hands, wait until exactly one does.

        On a busy machine it can change hands at any time.
        """
        await self.until(lambda: len(self.pollers) == 1, "one of them to poll")
        return self.pollers[0]

    def other_than(self, replica: World) -> Replica | MeasuredReplica:
        """The other one of two."""
        (other,) = (each for each in self.replicas if each is not replica)
        return other

    async def dead(self) -> Replica | MeasuredReplica:
        """Wait until a replica has killed itself at the armed point, and return it."""

        def ended() -> list[Replica | MeasuredReplica]:
            return [
                each
                for each in self.replicas
                if each.process is not None and each.process.returncode is not None
            ]

        await self.until(lambda: bool(ended()), "one of them to die")
        (dead,) = ended()
        assert dead.process is not None
        assert dead.process.returncode == -signal.SIGKILL, dead.log_end()
        return dead

    async def polled_by(self, replica: World) -> timedelta:
        """Wait until this replica polls. Returns how long that took, without the time in which no
        processor was free.
        """
        stopwatch = Stopwatch()
        await self.until(lambda: replica in self.pollers, "a takeover")
        return timedelta(seconds=stopwatch.free_seconds)

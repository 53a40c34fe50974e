"""The Bot API server of tests.benchmarks.server from outside: started, asked what it was sent,
told to tap.
"""

from pathlib import Path
from typing import Any, NamedTuple

import trustme

from tests.benchmarks.processes import OTHER_CORE, Child

__all__ = ["TOKEN", "Log", "Tap", "Telegram"]

TOKEN = "4711001:this-is-a-token-for-tests-0123456789"


class Log(NamedTuple):
    """The sends that were accepted, in order: when (monotonic), to whom, from which process; and
    what got a 429.
    """

    at: list[float]
    chats: list[int]
    senders: list[str]
    methods: dict[str, int]
    refused_at: list[float]


class Tap(NamedTuple):
    """Seconds from a tap until the bot answered it, and until its message shows it; None where
    it did not.
    """

    at: float
    answered: float | None
    shown: float | None


class Telegram:
    """One server with a certificate of its own, which `environment` lets a child process trust."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        certificate = folder / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        authority.cert_pem.write_to_path(folder / "authority.pem")
        self.environment = {"SSL_CERT_FILE": str(folder / "authority.pem")}
        self.process = Child(
            ["-m", "tests.benchmarks.server", str(certificate), str(OTHER_CORE)],
            folder / "server.log",
            OTHER_CORE,
        )
        self.port: int = self.process.hear()

    def __enter__(self) -> "Telegram":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.end()

    def base_url(self, sender: str = "") -> str:
        """The address for one process; with a name of it, the log tells it apart."""
        return f"https://127.0.0.1:{self.port}" + (f"/{sender}" if sender else "")

    def forget(self) -> None:
        self.process.ask("forget")

    def keep_bodies(self) -> None:
        """From now on, until `forget`, sends are kept so that their buttons can be tapped."""
        self.process.ask("keep_bodies")

    def limit(self, *limits: tuple[int, float]) -> None:
        """Refuse with 429 what comes beyond so many sends in so many seconds."""
        self.process.ask("limit", limits=limits)

    @property
    def count(self) -> int:
        count: int = self.process.ask("count")
        return count

    def log(self) -> Log:
        return Log(**self.process.ask("log"))

    def forget_taps(self) -> None:
        self.process.ask("forget_taps")

    def start_tapping(self, rate: float) -> None:
        self.process.ask("start_tapping", rate=rate)

    def stop_tapping(self) -> None:
        self.process.ask("stop_tapping")

    def taps(self) -> list[Tap]:
        found: list[dict[str, Any]] = self.process.ask("taps")
        return [Tap(**each) for each in found]

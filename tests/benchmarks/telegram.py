"""Starts the server of tests.benchmarks.server in a process of its own, and sends it commands."""

from pathlib import Path
from typing import Any, NamedTuple

import trustme

from tests.benchmarks.processes import OTHER_CORE, Child

__all__ = ["TOKEN", "Log", "Tap", "Telegram"]

TOKEN = "4711001:this-is-a-token-for-tests-0123456789"


class Log(NamedTuple):
    """The accepted sends in order: their times, chats and senders. All times are monotonic."""

    at: list[float]
    chats: list[int]
    senders: list[str]  # the name that each calling process has in its base URL
    methods: dict[str, int]  # how often each method was called
    refused_at: list[float]  # the times of sends that got a 429


class Tap(NamedTuple):
    """A tap at `at`; seconds until the bot answered it and until it edited the message, or None.

    answers: how many times it was answered.
    """

    at: float
    answered: float | None
    shown: float | None
    answers: int


class Telegram:
    """A server with a self-issued certificate, which a child process with `environment` trusts."""

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
        """The base URL for a bot; with `sender`, the log shows who sent a message."""
        return f"https://127.0.0.1:{self.port}" + (f"/{sender}" if sender else "")

    def forget(self) -> None:
        self.process.ask("forget")

    def keep_bodies(self) -> None:
        """Keep the bodies of sends until `forget`, so that their buttons can be tapped."""
        self.process.ask("keep_bodies")

    def limit(self, *limits: tuple[int, float]) -> None:
        """Answer 429 beyond any limit: a number of sends within a number of seconds."""
        self.process.ask("limit", limits=limits)

    @property
    def count(self) -> int:
        count: int = self.process.ask("count")
        return count

    def log(self) -> Log:
        return Log(**self.process.ask("log"))

    def forget_taps(self) -> None:
        self.process.ask("forget_taps")

    def offer(self, messages: list[tuple[int, int, int]], token: str = TOKEN) -> None:
        """Let messages of the bot with this token be tapped, too.

        A message is (chat, message, the number in the button's data).
        """
        self.process.ask("offer", messages=messages, token=token)

    def nudge(self, token: str = TOKEN) -> None:
        """Let the bot with this token write something. So it looks for due work within a second.

        It does not notice what another program writes into its database for up to a minute.
        """
        self.process.ask("nudge", token=token)

    def tap_all(self) -> None:
        """Tap all messages that can be tapped; the next poll finds all of these taps."""
        self.process.ask("tap_all")

    @property
    def open_taps(self) -> int:
        """How many taps are not answered yet, or whose message is not edited yet."""
        count: int = self.process.ask("count_open_taps")
        return count

    def start_tapping(self, rate: float) -> None:
        self.process.ask("start_tapping", rate=rate)

    def stop_tapping(self) -> None:
        self.process.ask("stop_tapping")

    def taps(self) -> list[Tap]:
        found: list[dict[str, Any]] = self.process.ask("taps")
        return [Tap(**each) for each in found]

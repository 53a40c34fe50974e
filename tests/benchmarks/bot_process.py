"""The real bot as a child process, with another rate limit if a benchmark needs one.

    python -m tests.benchmarks.bot_process RATE    `reminder-bot run` with this rate limit

Settings can't raise the limit, so this process passes it to App. No other module of the
benchmarks depends on the bot's internals, except `databases`.
"""

import sys
import time
from pathlib import Path
from typing import Any, Self

from tests.benchmarks.processes import BOT_CORE, SOURCES, Child, until
from tests.benchmarks.telegram import TOKEN, Telegram

__all__ = ["FREE", "PAID", "UNLIMITED", "Bot"]

UNLIMITED = 20_000  # messages a second; no process here can send as many
FREE, PAID = 30, 1_000  # messages a second that Telegram accepts


class Bot(Child):
    """A bot on a database; `rate` replaces the default rate limit."""

    def __init__(
        self,
        telegram: Telegram,
        url: str,
        folder: Path,
        *,
        rate: int | None = None,
        sender: str = "",
        token: str = TOKEN,
        core: int = BOT_CORE,
        clock_file: Path | None = None,
        profile: Path | None = None,
    ) -> None:
        self.token = token
        folder.mkdir(exist_ok=True)
        command = ["-m", "reminder_bot", "run"]
        if rate is not None:
            command = ["-m", "tests.benchmarks.bot_process", str(rate)]
        if profile is not None:
            command = ["-m", "cProfile", "-o", str(profile), *command]
        environment = telegram.environment | {
            "HOME": str(folder),
            "PYTHONPATH": SOURCES,
            "REMINDER_BOT_TOKEN": token,
            "REMINDER_BOT_API_BASE_URL": telegram.base_url(sender),
            "REMINDER_BOT_DATABASE_URL": url,
            "REMINDER_BOT_DATA_DIR": str(folder),
            "REMINDER_BOT_CLOCK_FILE": str(clock_file or ""),
        }
        super().__init__(command, folder / "bot.log", core, environment, talks=False)

    def wait_until_ready(self) -> float:
        """Wait for the log line `ready`; return the seconds since the start of the process."""

        def is_ready() -> bool:
            if self.has_ended:
                raise RuntimeError(f"the bot ended\n{self.log()[-3000:]}")
            return " ready " in self.log()

        until(is_ready, "the bot to be ready", every=0.01)
        return time.monotonic() - self.started_at

    def warm_up(self) -> Self:
        """Wait until the bot is ready and has finished the work of its first seconds."""
        self.wait_until_ready()
        time.sleep(1.5)
        return self


def main(rate: int) -> int:
    from reminder_bot import app, cli
    from reminder_bot.domain.send_rate import SendRate

    class AppWithRate(app.App):
        def __init__(self, settings: Any) -> None:
            super().__init__(settings, send_rate=SendRate(rate))

    app.App = AppWithRate  # type: ignore[assignment,misc]
    return cli.main(["run"])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

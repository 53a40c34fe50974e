"""The real bot as a child process, and what is lifted for load: its rate, in code only.

    python -m tests.benchmarks.bot_process RATE    `reminder-bot run` with another rate of its gate

All that these benchmarks know of the bot's inside stands here.
"""

import sys
import time
from pathlib import Path
from typing import Any, Self

from tests.benchmarks.processes import BOT_CORE, ROOT, Child, until
from tests.benchmarks.telegram import TOKEN, Telegram

__all__ = ["FREE", "LIFTED", "PAID", "Bot"]

LIFTED = 20_000  # beyond what any process here can send
FREE, PAID = 30, 1_000  # messages a second that Telegram takes


class Bot(Child):
    """One bot on a database; `rate` where it is another than the default."""

    def __init__(
        self,
        telegram: Telegram,
        url: str,
        folder: Path,
        *,
        rate: int | None = None,
        sender: str = "",
        core: int = BOT_CORE,
        clock_file: Path | None = None,
        profile: Path | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        command = (
            ["-m", "reminder_bot", "run"]
            if rate is None
            else ["-m", "tests.benchmarks.bot_process", str(rate)]
        )
        if profile is not None:
            command = ["-m", "cProfile", "-o", str(profile), *command]
        environment = telegram.environment | {
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "REMINDER_BOT_TOKEN": TOKEN,
            "REMINDER_BOT_API_BASE_URL": telegram.base_url(sender),
            "REMINDER_BOT_DATABASE_URL": url,
            "REMINDER_BOT_DATA_DIR": str(folder),
            "REMINDER_BOT_CLOCK_FILE": str(clock_file or ""),
        }
        super().__init__(command, folder / "bot.log", core, environment, talks=False)

    def wait_until_ready(self) -> float:
        """Seconds from the start to the ready line."""

        def is_ready() -> bool:
            if self.has_ended:
                raise RuntimeError(f"the bot ended\n{self.log()[-3000:]}")
            return " ready " in self.log()

        until(is_ready, "the bot to be ready", every=0.01)
        return time.monotonic() - self.started_at

    def settle(self) -> Self:
        """Ready, and what is warmed up behind the ready line is warm."""
        self.wait_until_ready()
        time.sleep(1.5)
        return self


def main(rate: int) -> int:
    from reminder_bot import app, cli
    from reminder_bot.domain.send_rate import SendRate

    class Lifted(app.App):
        def __init__(self, settings: Any) -> None:
            super().__init__(settings, pace=SendRate(rate))

    app.App = Lifted  # type: ignore[assignment,misc]
    return cli.main(["run"])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""The command line: `run`, `migrate`, `check`.

Parsing comes first and alone, so that --help and a wrong word answer at once; each command imports what
it needs. A fault of the configuration is one line on stderr and exit code 78 (EX_CONFIG), which
service managers are told not to restart on.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reminder_bot import __version__

if TYPE_CHECKING:
    from reminder_bot.settings import Settings

__all__ = ["main"]

EX_CONFIG = 78


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 wrong words, 78 wrong configuration, 130 interrupted."""
    command = _parser().parse_args(arguments).command
    from reminder_bot.settings import SettingsError

    try:
        return {"run": _run, "migrate": _migrate, "check": _check}[command]()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reminder-bot",
        description="A Telegram bot that looks after gut and skin with small daily habits.",
        epilog="Settings are environment variables, REMINDER_BOT_…, or lines of .env: see README.md.",
    )
    parser.add_argument("--version", action="version", version=f"reminder-bot {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="run | migrate | check")
    commands.add_parser("run", help="run the bot until it is told to stop")
    commands.add_parser("migrate", help="bring the database to this version's tables (run does it, too)")
    commands.add_parser("check", help="look at settings, token, database and clock, and say what to mend")
    return parser


def _settings() -> "Settings":
    """The settings, loaded, with the log set up and the warnings in it."""
    import logging

    from reminder_bot import logs
    from reminder_bot.settings import Settings

    settings = Settings.load()
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    for warning in settings.warnings:
        logging.getLogger(__name__).warning(warning)
    return settings


def _run() -> int:
    settings = _settings()
    if settings.token is None:
        settings = _with_asked_token(settings)

    import asyncio

    from reminder_bot.app import WrongToken, run
    from reminder_bot.storage.database import DatabaseUnusable

    settings.make_place_of_database()
    try:
        return asyncio.run(run(settings))
    except (WrongToken, DatabaseUnusable) as error:
        return _refused(error, settings)


def _migrate() -> int:
    settings = _settings()

    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.migrating import state, upgrade

    settings.make_place_of_database()
    try:
        upgrade(settings.database_url)
        revision, _ = state(settings.database_url)
    except DatabaseUnusable as error:
        return _refused(error, settings)
    print(f"the database is at revision {revision}")
    return 0


def _check() -> int:
    from reminder_bot import check
    from reminder_bot.settings import SettingsError

    try:
        settings = _settings()
    except SettingsError as error:
        print(check.Finding("settings", str(error), is_ok=False))
        return 1
    findings = check.findings(settings)
    print(*findings, sep="\n")
    return 0 if all(finding.is_ok for finding in findings) else 1


def _refused(error: Exception, settings: "Settings") -> int:
    from reminder_bot.logs import redacted

    print(redacted(str(error), settings.secrets), file=sys.stderr)
    return EX_CONFIG


def _with_asked_token(settings: "Settings") -> "Settings":
    """The settings with a token that the host typed. SettingsError without a terminal, or without an answer."""
    import asyncio
    import getpass

    from reminder_bot import check, logs
    from reminder_bot.settings import NO_TOKEN, SettingsError, fault_of_token

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(NO_TOKEN)
    print("The bot needs a token: in Telegram, talk to @BotFather, send /newbot, copy the token.", file=sys.stderr)
    while True:
        try:
            token = getpass.getpass("Token (not shown): ").strip()
        except EOFError:
            token = ""
        if not token:
            raise SettingsError(NO_TOKEN)
        if fault := fault_of_token(token):
            print(f"This {fault}.", file=sys.stderr)
            continue
        settings = settings.with_token(token)
        logs.set_up(settings.log_level, settings.log_format, settings.secrets)
        finding = asyncio.run(check.token(settings))
        if finding.is_ok:
            print(f"Telegram knows it: {finding.text}.", file=sys.stderr)
            _offer_to_save(settings, token)
            return settings
        print(f"{finding.text}.", file=sys.stderr)


def _offer_to_save(settings: "Settings", token: str) -> None:
    file = settings.saved_token_file
    print(f"Save it in {file}, readable by you alone? [Y/n] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("", "y", "yes"):
        return
    settings.make_data_dir()
    new = file.with_name("token.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(token + "\n")
    new.replace(file)

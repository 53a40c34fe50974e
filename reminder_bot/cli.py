"""The command line: `run`, `demo`, `migrate`, `check`, `health`, `backup`, `restore`, `transfer`.

Parsing comes first and alone, so that --help and a wrong word answer at once; each command imports
what it needs. A fault of the configuration is one line on stderr and exit code 78 (EX_CONFIG),
which service managers are told not to restart on.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reminder_bot import __version__

if TYPE_CHECKING:
    from reminder_bot.settings import Settings

__all__ = ["main"]

EX_CONFIG = 78


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 wrong words, 78 wrong configuration, 130 interrupted."""
    words = _parser().parse_args(arguments)
    from reminder_bot.settings import SettingsError

    try:
        match words.command:
            case "backup":
                return _backup(words.file)
            case "restore":
                return _restore(words.file)
            case "transfer":
                return _transfer(words.url)
            case "demo":
                return _demo(words)
        return {"run": _run, "migrate": _migrate, "check": _check, "health": _health}[
            words.command
        ]()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reminder-bot",
        description="A Telegram bot that looks after gut and skin with small daily habits.",
        epilog="Settings are environment variables, REMINDER_BOT_…, or lines of .env: see "
        "README.md.",
    )
    parser.add_argument("--version", action="version", version=f"reminder-bot {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="run the bot until it is told to stop")
    demo = commands.add_parser(
        "demo", help="try the bot in a browser: no token, no account, nothing stays"
    )
    demo.add_argument(
        "--port",
        type=int,
        choices=range(1, 65536),
        metavar="N",
        help="the page's port (usually 8023)",
    )
    demo.add_argument("--no-browser", action="store_true", help="only print the page's address")
    demo.add_argument(
        "--terminal", action="store_true", help="the chat in this terminal, without a page"
    )
    demo.add_argument(
        "--speed", type=_speed, default=1.0, metavar="X", help="time runs X times faster"
    )
    demo.add_argument(
        "--seed", type=int, metavar="N", help="begin after a month of somebody's answers"
    )
    demo.add_argument("--verbose", action="store_true", help="show the bot's log")
    commands.add_parser(
        "migrate", help="bring the database to this version's tables (run does it, too)"
    )
    commands.add_parser(
        "check", help="look at settings, token, database and clock, and say what to mend"
    )
    commands.add_parser(
        "health", help="whether the bot runs on this machine: exit code 0, or 1 and why not"
    )
    backup = commands.add_parser(
        "backup", help="copy the database to a new file, also while the bot runs"
    )
    restore = commands.add_parser(
        "restore", help="put a backup in the database's place; the bot must not run"
    )
    for parser_of_file in (backup, restore):
        parser_of_file.add_argument("file", metavar="FILE", type=Path)
    transfer = commands.add_parser(
        "transfer",
        help="move everything from SQLite to an empty PostgreSQL database; the bot must not run",
    )
    transfer.add_argument(
        "url",
        metavar="URL",
        help="postgresql://user:password@host/database; or -, to be asked for it (or to send it "
        "to standard input): "
        "a password in the command itself can be seen in the list of processes",
    )
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not 1 <= speed <= 86_400:
        raise argparse.ArgumentTypeError("a number from 1 (real time) to 86400 (a day a second)")
    return speed


def _settings() -> "Settings":
    """The settings, loaded, with the log set up and the warnings in it."""
    import logging

    from reminder_bot import logs
    from reminder_bot.settings import Settings

    settings = Settings.load()
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    for warning in settings.warnings:
        logging.getLogger(__name__).warning("settings_warning", extra={"hint": warning})
    return settings


def _run() -> int:
    settings = _settings()
    if settings.token is None:
        settings = _with_asked_token(settings)

    import asyncio

    from reminder_bot.app import WrongToken, run
    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.transferring import refuse_moved

    settings.make_place_of_database()
    try:
        refuse_moved(settings.database_url)
        return asyncio.run(run(settings))
    except (WrongToken, DatabaseUnusable) as error:
        return _refused(error, settings)


def _demo(words: argparse.Namespace) -> int:
    import asyncio

    from reminder_bot import logs
    from reminder_bot.demo import Options, PortTaken, run

    logs.set_up("INFO" if words.verbose else "WARNING", "text", ())
    options = Options(words.port, not words.no_browser, words.terminal, words.speed, words.seed)
    try:
        return asyncio.run(run(options))
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1


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
    from reminder_bot.logs import redacted
    from reminder_bot.settings import SettingsError

    try:
        settings = _settings()
    except SettingsError as error:
        print(check.Finding("settings", str(error), is_ok=False))
        return 1
    findings = check.findings(settings)
    print(redacted("\n".join(map(str, findings)), settings.secrets))
    return 0 if all(finding.is_ok for finding in findings) else 1


def _health() -> int:
    """What a container asks every minute: nothing is loaded but the settings."""
    from reminder_bot.heartbeat import fault_of_heartbeat
    from reminder_bot.settings import Settings, SettingsError

    try:
        fault = fault_of_heartbeat(Settings.load().data_dir)
    except SettingsError as error:
        fault = str(error)
    print(fault or "the bot runs", file=sys.stderr if fault else sys.stdout)
    return 1 if fault else 0


def _backup(file: Path) -> int:
    settings = _settings()

    from reminder_bot.storage.backing_up import back_up
    from reminder_bot.storage.database import DatabaseUnusable

    try:
        revision = back_up(settings.database_url, file)
    except DatabaseUnusable as error:
        return _refused(error, settings, 1)
    print(
        f"{file} holds a checked copy of the database, {file.stat().st_size / 1e6:.1f} MB, at "
        f"revision {revision}"
    )
    return 0


def _restore(file: Path) -> int:
    settings = _settings()

    from reminder_bot.clock import Clock
    from reminder_bot.storage.backing_up import restore
    from reminder_bot.storage.database import DatabaseUnusable

    settings.make_place_of_database()
    try:
        kept = restore(settings.database_url, file, Clock().now())
    except DatabaseUnusable as error:
        return _refused(error, settings, 1)
    print(
        f"the database is what {file} holds" + (f"; the one from before is {kept}" if kept else "")
    )
    return 0


def _transfer(url: str) -> int:
    settings = _settings()

    import asyncio

    from reminder_bot import logs
    from reminder_bot.clock import Clock
    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.transferring import check_address, transfer

    source, target = settings.database_url, _asked_address() if url == "-" else url
    try:
        check_address(target)
        settings = settings.model_copy(
            update={"database_url": target}
        )  # with its password among the secrets
        logs.set_up(settings.log_level, settings.log_format, settings.secrets)
        moved = asyncio.run(transfer(source, target, Clock(settings.clock_file).now()))
    except DatabaseUnusable as error:
        return _refused(error, settings, 1)
    print(
        f"everything is in PostgreSQL now (people: {moved.people}, rows: {moved.rows}): "
        "set REMINDER_BOT_DATABASE_URL to its address, and start the bot"
    )
    if moved.mark is not None:
        print(
            f"{moved.file} stays as it is; so that nobody goes on with it, {moved.mark} keeps "
            f"`run` from it"
        )
    else:
        print(
            f"{moved.file} stays as it is, and could not be marked: move it away, so that nobody "
            f"goes on with it"
        )
    return 0


def _asked_address() -> str:
    """An address that stands in no list of processes and in no history: typed unseen, or from
    standard input.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    import getpass

    try:
        return getpass.getpass("Address of the PostgreSQL database (not shown): ").strip()
    except EOFError:
        return ""


def _refused(error: Exception, settings: "Settings", code: int = EX_CONFIG) -> int:
    from reminder_bot.logs import redacted

    print(redacted(str(error), settings.secrets), file=sys.stderr)
    return code


def _with_asked_token(settings: "Settings") -> "Settings":
    """The settings with a token that the host typed. SettingsError without a terminal, or
    without an answer.
    """
    import asyncio
    import getpass

    from reminder_bot import check, logs
    from reminder_bot.settings import NO_TOKEN, SettingsError, fault_of_token

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(NO_TOKEN)
    print(
        "The bot needs a token: in Telegram, talk to @BotFather, send /newbot, copy the token.",
        file=sys.stderr,
    )
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

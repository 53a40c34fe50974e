"""The command line: `run`, `demo`, `migrate`, `check`, `health`, `backup`, `restore`, `transfer`.

Arguments are parsed before anything else is imported, so that --help and usage errors are shown at
once; each command imports what it needs. A configuration error is one line on stderr and exit code
78 (EX_CONFIG), after which service managers are told not to restart the bot.
"""

import argparse
import os
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reminder_bot import __version__

if TYPE_CHECKING:
    from reminder_bot.settings import Settings
    from reminder_bot.storage.backing_up import ProgressCalls

__all__ = ["main"]

EX_CONFIG = 78


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 success, 1 failure, 2 usage error, 78 configuration error, 130 interrupted by Ctrl-C.
    """
    _escape_what_cannot_be_shown()
    os.umask(0o077)  # also for files that libraries create
    options = _parser().parse_args(arguments)
    from reminder_bot.settings import SettingsError

    try:
        return COMMANDS[options.command](options)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    except KeyboardInterrupt:
        return 130


def _escape_what_cannot_be_shown() -> None:
    """Let a terminal or a pipe without UTF-8 get \\xe4 for ä, instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reminder-bot",
        description="A Telegram bot that looks after gut and skin with small daily habits.",
        epilog="Settings are environment variables named REMINDER_BOT_…, or lines of a file .env "
        "in the current directory. README.md lists them.",
    )
    parser.add_argument("--version", action="version", version=f"reminder-bot {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help)

    run = add("run", "run the bot until it is stopped with Ctrl-C or SIGTERM")
    _add_demo(add("demo", "try the bot in a browser, without a token; nothing is kept"))
    migrate = add("migrate", "bring the database's tables up to date (run does this, too)")
    for each in (run, migrate):
        each.add_argument(
            "--new",
            action="store_true",
            help="begin with an empty database if the one that was here is lost",
        )
    add("check", "check settings, token, clock, disk and database; say how to fix what fails")
    add("health", "tell whether the bot runs on this machine: exit code 0, or 1 and why not")
    backup = add("backup", "copy the SQLite database to a new file; the bot may be running")
    backup.add_argument("file", metavar="FILE", type=Path, help="the copy; it must not exist yet")
    restore = add("restore", "replace the SQLite database by a backup; the bot must be stopped")
    restore.add_argument("file", metavar="FILE", type=Path, help="a file that backup wrote")
    transfer = add(
        "transfer",
        "copy everything from SQLite to an empty PostgreSQL database; the bot must be stopped",
    )
    transfer.add_argument(
        "url",
        metavar="URL",
        help="postgresql://user:password@host/database, or - to type it or to read it from "
        "standard input: a password on the command line is visible in the list of processes",
    )
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument(
        "--port", type=_port, metavar="N", help="port of the page (default: 8023, or a free one)"
    )
    demo.add_argument(
        "--no-browser", action="store_true", help="print the page's address and open no browser"
    )
    demo.add_argument(
        "--terminal", action="store_true", help="chat in this terminal instead of in a page"
    )
    demo.add_argument(
        "--speed", type=_speed, default=1.0, metavar="X", help="let time pass X times faster"
    )
    demo.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help="start after a month of somebody's answers; the same N gives the same month",
    )
    demo.add_argument("--verbose", action="store_true", help="show the bot's log")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 1 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if not 1 <= speed <= 86_400:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a speed: use a number from 1 (real time) to 86400 (a day a second)"
        )
    return speed


def _settings() -> "Settings":
    """Load the settings, set up the log, and log the settings' warnings."""
    import logging

    from reminder_bot import logs
    from reminder_bot.settings import Settings

    settings = Settings.load()
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    for warning in settings.warnings:
        logging.getLogger(__name__).warning("settings_warning", extra={"hint": warning})
    return settings


def _run(options: argparse.Namespace) -> int:
    settings = _settings()
    if settings.token is None:
        settings = _ask_for_token(settings)

    from reminder_bot.app import WrongToken, run
    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.known_files import refuse_lost
    from reminder_bot.storage.transferring import refuse_moved

    settings.make_database_dir()
    try:
        refuse_moved(settings.database_url)
        if not options.new:
            refuse_lost(settings.database_url, settings.data_dir)
        return _run_in_event_loop(run(settings))
    except (WrongToken, DatabaseUnusable) as error:
        return _print_error(error, settings)


def _run_in_event_loop(main: Coroutine[Any, Any, int]) -> int:
    """Like asyncio.run, but on uvloop if it is installed (the extra `uvloop`).

    Its connections take less memory: after 4,000 messages the process has 105 MiB instead of 152.
    The processor time of a message is the same within 3 %. Only `run` uses it: the other commands
    make a few calls and end.
    """
    import asyncio

    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


def _demo(options: argparse.Namespace) -> int:
    import asyncio

    from reminder_bot import logs
    from reminder_bot.demo import Options, PortTaken, run

    logs.set_up("INFO" if options.verbose else "WARNING", "text", ())
    chosen = Options(
        options.port, not options.no_browser, options.terminal, options.speed, options.seed
    )
    try:
        return asyncio.run(run(chosen))
    except PortTaken as error:
        print(error, file=sys.stderr)
        return 1


def _migrate(options: argparse.Namespace) -> int:
    settings = _settings()

    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.known_files import record_known, refuse_lost
    from reminder_bot.storage.migrating import state, upgrade

    settings.make_database_dir()
    try:
        if not options.new:
            refuse_lost(settings.database_url, settings.data_dir)
        upgrade(settings.database_url)
        record_known(settings.database_url, settings.data_dir)
        revision, _ = state(settings.database_url)
    except DatabaseUnusable as error:
        return _print_error(error, settings)
    print(f"the database is at revision {revision}")
    return 0


def _check(options: argparse.Namespace) -> int:
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


def _health(options: argparse.Namespace) -> int:
    """Containers run this every minute, so it imports only the settings and the heartbeat."""
    from reminder_bot.heartbeat import fault_of_heartbeat
    from reminder_bot.settings import Settings, SettingsError

    try:
        fault = fault_of_heartbeat(Settings.load().data_dir)
    except SettingsError as error:
        fault = str(error)
    print(fault or "the bot runs", file=sys.stderr if fault else sys.stdout)
    return 1 if fault else 0


def _backup(options: argparse.Namespace) -> int:
    settings = _settings()
    file: Path = options.file

    from reminder_bot.storage.backing_up import back_up
    from reminder_bot.storage.database import DatabaseUnusable

    try:
        with _shown_copying() as shown:
            revision = back_up(settings.database_url, file, shown)
    except DatabaseUnusable as error:
        return _print_error(error, settings, 1)
    print(
        f"{file} holds a checked copy of the database, {file.stat().st_size / 1e6:.1f} MB, at "
        f"revision {revision}"
    )
    return 0


@contextmanager
def _shown_copying() -> "Iterator[ProgressCalls]":
    """Shows the progress of a backup or a restore that takes longer than a moment."""
    from reminder_bot.progress import Progress, StillWorking
    from reminder_bot.storage.backing_up import ProgressCalls

    checking = StillWorking("checking the copy")
    try:
        yield ProgressCalls(Progress("copying", unit="pages"), checking)
    finally:
        checking.clear()


def _restore(options: argparse.Namespace) -> int:
    settings = _settings()
    file: Path = options.file

    from reminder_bot.clock import Clock
    from reminder_bot.storage.backing_up import restore
    from reminder_bot.storage.database import DatabaseUnusable

    settings.make_database_dir()
    try:
        with _shown_copying() as shown:
            kept = restore(settings.database_url, file, Clock().now(), shown)
    except DatabaseUnusable as error:
        return _print_error(error, settings, 1)
    print(
        f"the database is restored from {file}"
        + (f"; the previous database is kept as {kept}" if kept else "")
    )
    return 0


def _transfer(options: argparse.Namespace) -> int:
    settings = _settings()

    from reminder_bot import logs
    from reminder_bot.clock import Clock
    from reminder_bot.progress import Progress
    from reminder_bot.storage.database import DatabaseUnusable
    from reminder_bot.storage.transferring import check_address, transfer

    source = settings.database_url
    target = _read_address() if options.url == "-" else options.url
    try:
        check_address(target)
        # From here on the log must not show the password of the new address.
        settings = replace(settings, database_url=target)
        logs.set_up(settings.log_level, settings.log_format, settings.secrets)
        now = Clock(settings.clock_file).now()
        moved = transfer(source, target, now, Progress("copying"))
    except DatabaseUnusable as error:
        return _print_error(error, settings, 1)
    print(
        f"everything was copied to PostgreSQL (people: {moved.people}, rows: {moved.rows}): "
        "set REMINDER_BOT_DATABASE_URL to its address, then start the bot"
    )
    if moved.mark is not None:
        print(f"{moved.file} is kept as it was; while {moved.mark} exists, run refuses to use it")
    else:
        print(
            f"{moved.file} is kept as it was, but could not be marked as moved: move it away, so "
            f"that the bot is not started on it again"
        )
    return 0


def _read_address() -> str:
    """Read the address from standard input, or let the host type it without an echo.

    So its password is neither in the list of processes nor in the history of the shell. Returns ""
    if no address was given.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    import getpass

    try:
        return getpass.getpass("Address of the PostgreSQL database (not shown): ").strip()
    except EOFError:
        return ""


def _print_error(error: Exception, settings: "Settings", code: int = EX_CONFIG) -> int:
    """Print an error without the secrets in it; returns the exit code."""
    from reminder_bot.logs import redacted

    print(redacted(str(error), settings.secrets), file=sys.stderr)
    return code


def _ask_for_token(settings: "Settings") -> "Settings":
    """Ask until the host has typed a token that Telegram knows; returns the settings with it.

    Raises SettingsError if there is no terminal, or if nothing was typed.
    """
    import asyncio
    import getpass

    from reminder_bot import check, logs
    from reminder_bot.settings import NO_TOKEN, SettingsError, fault_of_token

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(NO_TOKEN)
    print(
        "The bot needs a token: in Telegram, send /newbot to @BotFather, then copy the token.",
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


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "demo": _demo,
    "migrate": _migrate,
    "check": _check,
    "health": _health,
    "backup": _backup,
    "restore": _restore,
    "transfer": _transfer,
}

"""What each command does: a table from its name to its handler.

A command makes its changes in the caller's transaction. Its answer follows the commit; a crash in
between may lose it, which is acceptable because the person can send the command again.
"""

from collections.abc import Callable

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.chat import amounts, onboarding
from reminder_bot.chat.effects import (
    Effects,
    SendDigest,
    SendFiles,
    SendScreen,
    SendSetup,
    SendStats,
    SendText,
    edits,
)
from reminder_bot.chat.export_files import files_of
from reminder_bot.chat.keyboards import button, inline, of_help
from reminder_bot.chat.requests import CommandRequest
from reminder_bot.chat.screens.menu import OPENS, SCREENS
from reminder_bot.domain.habit import GLASS_ML, HabitKind
from reminder_bot.domain.user import Setup
from reminder_bot.engine import configuring, entries
from reminder_bot.storage import digests, exports, users
from reminder_bot.storage.database import Connection
from reminder_bot.texts.understanding import quoted, read_amount_ml, read_days

__all__ = ["HANDLERS", "NOT_REPEATED", "run_command"]

Handler = Callable[[Connection, CommandRequest], Effects]
# Commands that work before the set-up is finished.
ALWAYS = frozenset({"start", "help", "privacy", "delete", "export"})
# Commands that would change something twice: such an update is ignored when it is delivered again.
# The answers of the others are repeated, because the first one may have been lost.
NOT_REPEATED = frozenset({"water", "undo", "pause", "resume"})


def run_command(connection: Connection, name: str, request: CommandRequest) -> Effects:
    """Handle a command; the answer to an unknown one says how to find the others."""
    user = request.user
    SCREENS.leave(connection, user)
    if user.setup is not Setup.DONE and name not in ALWAYS:
        onboarding.resume(connection, user)
        return [SendSetup(user.id, user.setup_message_id)]
    if name in OPENS:
        return [SendScreen(user.id, OPENS[name])]
    return HANDLERS.get(name, _unknown)(connection, request)


def _say(request: CommandRequest, text: str) -> Effects:
    return [SendText(request.user.id, text)]


def _unknown(connection: Connection, request: CommandRequest) -> Effects:
    return _say(request, texts.errors.unknown_command(request.t))


def _start(connection: Connection, request: CommandRequest) -> Effects:
    user = request.user
    if user.setup is Setup.DONE:
        return [SendScreen(user.id, "today")]
    onboarding.resume(connection, user)
    return [SendSetup(user.id, user.setup_message_id)]


def _help(connection: Connection, request: CommandRequest) -> Effects:
    return [SendText(request.user.id, texts.help.how_it_works(request.t), of_help(request.t))]


def _privacy(connection: Connection, request: CommandRequest) -> Effects:
    return _say(request, texts.own_data.privacy(request.t))


def _water(connection: Connection, request: CommandRequest) -> Effects:
    """Record a glass, or the amount that was given. If a question about water is open, this is the
    answer to it, and that question's message shows it.
    """
    user, argument = request.user, request.argument
    rows = entries.rows_of(connection, user, user.hours.day_of(request.now), request.now)
    water = next((row for row in rows if row.habit.kind is HabitKind.HYDRATION), None)
    if water is None:
        return _say(request, texts.water.not_among_habits(request.t))
    portion = water.habit.portion_ml or GLASS_ML
    amount = read_amount_ml(argument, portion) if argument else portion
    if amount is None:
        return _say(request, amounts.cannot_read(request.t, argument, portion))
    return amounts.record(connection, request, water, amount)


def _undo(connection: Connection, request: CommandRequest) -> Effects:
    user, t = request.user, request.t
    undone = entries.undo_last(connection, user, request.now)
    if undone is None:
        return _say(request, texts.undo.nothing_today(t))
    at = texts.formats.clock(undone.at, user)
    text = texts.undo.taken_back(t, undone.habit, at, undone.reply, undone.amount)
    return [*edits(undone.pending_edits), SendText(user.id, text)]


def _pause(connection: Connection, request: CommandRequest) -> Effects:
    user, argument = request.user, request.argument
    if argument:
        days = read_days(argument)
        if days is None:
            return _say(request, texts.pauses.not_days(request.t, quoted(argument)))
        configuring.pause(connection, user, days, request.now)
    return [SendScreen(user.id, "pause")]


def _resume(connection: Connection, request: CommandRequest) -> Effects:
    was_paused = request.user.paused_at is not None
    configuring.resume(connection, request.user, request.now)
    text = texts.pauses.resumed if was_paused else texts.pauses.not_paused
    return _say(request, text(request.t))


def _stats(connection: Connection, request: CommandRequest) -> Effects:
    return [SendStats(request.user.id)]


def _digest(connection: Connection, request: CommandRequest) -> Effects:
    user = request.user
    digest = digests.find_last_digest(connection, user.id)
    if digest is not None:
        return [SendDigest(user.id, digest.id)]
    due_at = digests.find_digest_at(connection, user.id)
    return _say(request, texts.digest.not_yet(request.t, user, due_at))


def _export(connection: Connection, request: CommandRequest) -> Effects:
    user, now = request.user, request.now
    rows = exports.list_rows(connection, user.id)
    # /export works before the set-up has asked for a zone.
    day = user.hours.day_of(now) if user.zone is not None else now.date()
    return [SendFiles(user.id, files_of(rows, day), texts.own_data.exported(request.t))]


def _delete(connection: Connection, request: CommandRequest) -> Effects:
    """Ask for confirmation, with the number of rows that would be deleted."""
    t = request.t
    rows = users.count_rows(connection, request.user.id)
    keyboard = inline(
        [
            [
                button(texts.own_data.delete_button(t), data("erase", "yes"), "danger"),
                button(texts.own_data.keep_button(t), data("erase", "no")),
            ]
        ]
    )
    return [SendText(request.user.id, texts.own_data.ask_delete(t, rows), keyboard)]


HANDLERS: dict[str, Handler] = {
    "start": _start,
    "help": _help,
    "privacy": _privacy,
    "water": _water,
    "undo": _undo,
    "pause": _pause,
    "resume": _resume,
    "stats": _stats,
    "digest": _digest,
    "export": _export,
    "delete": _delete,
}

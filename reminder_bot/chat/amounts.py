"""Amounts that people type, with /water or in words: recording them, and what is said instead."""

from reminder_bot import texts
from reminder_bot.chat.effects import Effects, React, SendScreen, edits
from reminder_bot.chat.requests import CommandRequest, TextRequest
from reminder_bot.chat.screens.asked_back import amount_path, path_of
from reminder_bot.engine import entries
from reminder_bot.engine.entries import DayRow
from reminder_bot.storage.database import Connection
from reminder_bot.texts.translation import Translation
from reminder_bot.texts.understanding import is_more_than_an_entry, quoted

__all__ = ["cannot_read", "record"]


def record(
    connection: Connection, request: CommandRequest | TextRequest, row: DayRow, amount: int
) -> Effects:
    """Record an amount of today. An open question's message shows it, else a new one does."""
    user = request.user
    recorded = entries.record_amount(connection, user, row, amount, request.now)
    if recorded.doubt is not None:
        today = user.hours.day_of(request.now)
        last = max((each.id for each in row.entries), default=0)
        return [SendScreen(user.id, amount_path(amount, recorded.doubt, today, last))]
    if recorded.check_in is not None:
        return [React(user.id, request.message_id, "👌"), *edits(recorded.pending_edits)]
    return [SendScreen(user.id, path_of(recorded))]


def cannot_read(t: Translation, text: str, glass_ml: int) -> str:
    """Why a text is no amount that can be recorded."""
    if is_more_than_an_entry(text, glass_ml):
        return texts.water.more_than_an_entry(t, quoted(text))
    return texts.water.not_an_amount(t, quoted(text))

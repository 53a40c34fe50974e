"""Closing check-ins that were not answered, and deleting the ids of old updates."""

from datetime import datetime, timedelta

from reminder_bot.storage import check_ins, updates
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import record_pending_edit

__all__ = ["close_unanswered", "delete_old_updates"]

BATCH = 200
# Telegram keeps unconfirmed updates for 24 hours and cannot deliver one again after that. The rest
# is a margin.
UPDATES_KEPT = timedelta(days=3)


async def close_unanswered(database: Database, now: datetime) -> int:
    """Close check-ins that were not answered in time, and record edits that remove the buttons of
    their messages; returns how many.
    """
    next_at = await database.read(check_ins.find_next_close)
    closed = 0
    while next_at is not None and next_at <= now:
        expired = await database.write(_close_batch, now)
        closed += expired
        if expired < BATCH:
            break
    return closed


def _close_batch(connection: Connection, now: datetime) -> int:
    """Close one batch; returns how many."""
    expired = check_ins.close_unanswered(connection, now, BATCH)
    for check_in_id, user_id, message_id in expired:
        if message_id is not None:
            record_pending_edit(connection, user_id, message_id, now, check_in_id)
    return len(expired)


async def delete_old_updates(database: Database, now: datetime) -> int:
    """Delete the ids of updates that cannot be delivered again; returns how many."""
    return await database.write(updates.delete_old_updates, now - UPDATES_KEPT)

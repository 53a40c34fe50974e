"""What is done when there is time: closing what nobody answered, and forgetting what no longer
matters.
"""

from datetime import datetime, timedelta

from reminder_bot.storage import check_ins
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.storage.updates import forget_updates

__all__ = ["close_unanswered", "forget"]

BATCH = 200
# Telegram keeps unconfirmed updates for a day; a copy can't come later.
UPDATES_KEPT = timedelta(days=3)


async def close_unanswered(database: Database, now: datetime) -> int:
    """Expire check-ins that nobody answered in time and owe their messages the loss of their
    buttons.
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
    """Expire one batch; returns how many."""
    expired = check_ins.close_unanswered(connection, now, BATCH)
    for check_in_id, user_id, message_id in expired:
        if message_id is not None:
            record_pending_edit(connection, user_id, message_id, now, check_in_id)
    return len(expired)


async def forget(database: Database, now: datetime) -> int:
    """Forget updates that can't come again; returns how many."""
    return await database.write(forget_updates, now - UPDATES_KEPT)

"""What happens before an update is handled: new users, users who return after blocking the bot, and
users whose stored time zone no longer exists.
"""

import logging
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from reminder_bot import texts
from reminder_bot.chat import onboarding
from reminder_bot.chat.effects import Effects, SendSetup, SendText, ToNewcomer
from reminder_bot.chat.keyboards import of_help
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import planning
from reminder_bot.storage import users
from reminder_bot.storage.database import Connection
from reminder_bot.texts.translation import translation

__all__ = ["ask_zone_again", "has_lost_zone", "meet_stranger", "record_membership", "welcome_back"]

log = logging.getLogger(__name__)


def meet_stranger(
    connection: Connection, user_id: int, language: str, command: str, now: datetime
) -> Effects:
    """Store a new user if the command is /start. Any other message of a stranger stores nothing."""
    if command == "start":
        users.insert_user(connection, user_id, language[:16], now)
        onboarding.plan_nudge(connection, user_id, now)
        return [ToNewcomer(SendSetup(user_id))]
    t = translation(language)
    answer = SendText(user_id, texts.strangers.start_first(t))
    if command == "help":
        answer = SendText(user_id, texts.help.how_it_works(t), of_help(t))
    elif command == "privacy":
        answer = SendText(user_id, texts.own_data.privacy(t))
    return [ToNewcomer(answer)]


def record_membership(
    connection: Connection, user: User | None, is_blocked: bool, is_new: bool, now: datetime
) -> None:
    """Record a block, after which nothing is sent, or the end of one, which resumes reminders.

    is_new: False if the update is delivered again.
    """
    if user is None or not is_new:
        return
    if is_blocked:
        users.record_unreachable(connection, [user.id], now)
    elif not has_lost_zone(user):
        welcome_back(connection, user, now)


def welcome_back(connection: Connection, user: User, now: datetime) -> User:
    """Mark a user who writes, taps or unblocks as reachable again."""
    if user.unreachable_at is None:
        return user
    users.update_user(connection, user.id, unreachable_at=None)
    back = users.find_user(connection, user.id)
    assert back is not None
    if back.zone is not None:
        planning.record_absence(connection, back, user.unreachable_at, now)
    if back.is_asked:
        planning.reschedule(connection, back, now)
    return back


def has_lost_zone(user: User) -> bool:
    """Whether the user's zone is missing from the zone data, perhaps since an update of it."""
    try:
        return user.zone is not None and ZoneInfo(user.zone) is None
    except (ValueError, KeyError, OSError):
        return True


def ask_zone_again(connection: Connection, user: User) -> User:
    """Go back to the step that asks for the zone: no reminder can be planned without it."""
    log.error("zone_unknown", extra={"user": user.id})
    users.update_user(connection, user.id, zone=None, setup=Setup.ZONE, setup_view="")
    return replace(user, zone=None, setup=Setup.ZONE, setup_view="")

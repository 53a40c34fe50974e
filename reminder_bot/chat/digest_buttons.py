"""The buttons of a digest that change something: apply its suggestion, exclude the topic of its
fact.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import Tap
from reminder_bot.chat.keyboards import Keyboard, of_digest
from reminder_bot.content import facts
from reminder_bot.domain.user import User
from reminder_bot.engine import configuring
from reminder_bot.storage.database import Connection
from reminder_bot.storage.digests import find_digest
from reminder_bot.storage.users import update_user
from reminder_bot.texts.translation import translation

__all__ = ["VERBS", "Said", "handle_tap"]

VERBS = frozenset({"apply", "notforme"})


class Said(NamedTuple):
    """The toast that answers a tap, and the digest's new buttons; None if they stay the same."""

    words: str
    keyboard: Keyboard | None = None


def handle_tap(connection: Connection, user: User, tap: Tap, now: datetime) -> Said:
    return (
        _apply(connection, user, tap, now)
        if tap.verb == "apply"
        else _leave_out(connection, user, tap)
    )


def _apply(connection: Connection, user: User, tap: Tap, now: datetime) -> Said:
    """Apply the suggestion of a digest and remove its button, even if it is outdated."""
    t = translation(user.language)
    digest = find_digest(connection, tap.number, user.id) if tap.number is not None else None
    if digest is None or digest.suggestion is None:
        return Said(texts.errors.old_button(t))
    keyboard = of_digest(t, replace(digest, suggestion=None))
    try:
        is_done = configuring.apply(connection, user, digest.suggestion, now)
    except configuring.Impossible as impossible:
        return Said(texts.errors.impossible(t, impossible), keyboard)
    return Said(
        texts.digest.suggestion_applied(t) if is_done else texts.digest.suggestion_outdated(t),
        keyboard,
    )


def _leave_out(connection: Connection, user: User, tap: Tap) -> Said:
    """Exclude this fact's topic from future digests; one topic always remains."""
    t = translation(user.language)
    fact = next((each for each in facts() if each.id == tap.argument), None)
    if fact is None:
        return Said(texts.errors.old_button(t))
    unwanted = user.unwanted_topics | {fact.topic}
    if {each.topic for each in facts()} <= unwanted:
        return Said(texts.digest.last_topic_stays(t))
    update_user(connection, user.id, unwanted_topics=" ".join(sorted(unwanted)))
    return Said(texts.digest.topic_left_out(t, texts.names.topic(t, fact.topic)))

"""The updates of one poll, handled in one transaction.

    record their numbers ─▶ read their senders ─▶ handle each ─▶ read what edited messages must show

Most updates are taps that answer a check-in. These are recorded together, because a statement costs
as much for a hundred rows as for ten. All others are handled one by one. The order of updates only
matters among those of one person, so a person's taps are recorded together only if all of their
updates in the batch are such taps.

What the edited messages must show is read in the same transaction, which saves reading it again
right after it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from reminder_bot.chat import people, taps, typed
from reminder_bot.chat.effects import Effects, MakeEdit
from reminder_bot.chat.message_edits import Message, load_edits
from reminder_bot.chat.requests import (
    Incoming,
    IncomingMembership,
    IncomingMessage,
    IncomingTap,
    TapRequest,
)
from reminder_bot.domain.user import User
from reminder_bot.storage.database import Connection
from reminder_bot.storage.updates import record_updates
from reminder_bot.storage.users import find_user, list_users

__all__ = ["run_batch"]


def run_batch(connection: Connection, batch: Sequence[Incoming], now: datetime) -> list[Effects]:
    """Handle updates in their order: the effects of each.

    An update that has taken effect before changes nothing.
    """
    new = record_updates(connection, [each.update_id for each in batch], now)
    found = list_users(connection, {each.user_id for each in batch})
    users = {each.user_id: found.get(each.user_id) for each in batch}

    replies: dict[int, TapRequest] = {}  # by the place in the batch
    others: list[int] = []
    of_person: dict[int, list[int]] = {}
    for at, each in enumerate(batch):
        of_person.setdefault(each.user_id, []).append(at)
    for user_id, places in of_person.items():
        requests = [_as_reply(users[user_id], batch[at], new, now) for at in places]
        together = {at: each for at, each in zip(places, requests, strict=True) if each is not None}
        if len(together) == len(places):
            replies |= together
        else:
            others += places

    effects: list[Effects] = [[] for _ in batch]
    if replies:
        of_replies = taps.run_replies(connection, list(replies.values()), now)
        for at, its in zip(replies, of_replies, strict=True):
            effects[at] = its
    for at in others:
        each = batch[at]
        # The person's earlier updates may have changed the user.
        if each.user_id in users:
            user = users.pop(each.user_id)
        else:
            user = find_user(connection, each.user_id)
        is_new = each.update_id in new
        new.discard(each.update_id)  # in case the batch has it twice
        effects[at] = _run_one(connection, user, each, is_new, now)
    # Recording a reply does not change the user.
    unchanged = {each.user.id: each.user for each in replies.values()}
    return _with_edits(connection, effects, now, unchanged)


def _as_reply(
    user: User | None, incoming: Incoming, new: set[int], now: datetime
) -> TapRequest | None:
    """A tap that can be recorded together with others; None for any other update."""
    if not isinstance(incoming, IncomingTap) or not taps.is_reply(incoming.tap):
        return None
    if user is None or user.unreachable_at is not None or people.has_lost_zone(user):
        return None
    if incoming.update_id not in new:
        return None
    return TapRequest(user, incoming.tap, incoming.message_id, incoming.callback_id, now)


def _run_one(
    connection: Connection, user: User | None, incoming: Incoming, is_new: bool, now: datetime
) -> Effects:
    match incoming:
        case IncomingTap():
            return taps.run_tap(connection, user, incoming, is_new, now)
        case IncomingMessage():
            return typed.run_message(connection, user, incoming, is_new, now)
        case IncomingMembership(is_blocked=is_blocked):
            people.record_membership(connection, user, is_blocked, is_new, now)
            return []
        case _:
            assert_never(incoming)


def _with_edits(
    connection: Connection,
    effects: Sequence[Effects],
    now: datetime,
    users: Mapping[int, User],
) -> list[Effects]:
    """The effects, with what the edited messages must show; each message is edited once.

    users: those that have not changed, by id.
    """
    pending = {
        each.message: each.pending for its in effects for each in its if isinstance(each, MakeEdit)
    }
    if not pending:
        return list(effects)
    found = load_edits(connection, list(pending.values()), now, users)
    loaded = {each.message: each for each in found}
    to_edit: set[Message] = set(pending)
    kept: list[Effects] = []
    for its in reversed(effects):  # the last edit of a message is the one that is made
        of_update: Effects = []
        for each in reversed(its):
            if not isinstance(each, MakeEdit):
                of_update.append(each)
            elif each.message in to_edit:
                to_edit.remove(each.message)
                of_update.append(MakeEdit(each.pending, loaded.get(each.message)))
        kept.append(of_update[::-1])
    return kept[::-1]

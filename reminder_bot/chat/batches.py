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
from reminder_bot.chat.message_edits import load_edits
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

    replies = _replies_together(batch, users, new, now)
    effects: list[Effects] = [[] for _ in batch]
    of_replies = taps.run_replies(connection, list(replies.values()), now) if replies else []
    for at, its in zip(replies, of_replies, strict=True):
        effects[at] = its
    for at, each in enumerate(batch):
        if at in replies:
            continue
        # An earlier update of the batch may have changed the user.
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


def _replies_together(
    batch: Sequence[Incoming], users: Mapping[int, User | None], new: set[int], now: datetime
) -> dict[int, TapRequest]:
    """The taps that are recorded together, by their places in the batch."""
    requests = [_as_reply(users[each.user_id], each, new, now) for each in batch]
    mixed = {each.user_id for each, request in zip(batch, requests, strict=True) if request is None}
    return {
        at: request
        for at, request in enumerate(requests)
        if request is not None and request.user.id not in mixed
    }


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
        each.pending.message: each.pending
        for its in effects
        for each in its
        if isinstance(each, MakeEdit)
    }
    if not pending:
        return list(effects)
    found = load_edits(connection, list(pending.values()), now, users)
    loaded = {each.message: each for each in found}
    kept: list[Effects] = []
    for its in reversed(effects):  # the last edit of a message is the one that is made
        of_update: Effects = []
        for each in reversed(its):
            if not isinstance(each, MakeEdit):
                of_update.append(each)
            elif (edit := pending.pop(each.pending.message, None)) is not None:
                of_update.append(MakeEdit(edit, loaded.get(edit.message)))
        kept.append(of_update[::-1])
    return kept[::-1]

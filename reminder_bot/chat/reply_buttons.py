"""Taps on check-ins: what each button does, and the toast that answers it.

Every tap is answered at once, and the message is edited to show what is recorded. An answer never
leads to a new message.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import Tap
from reminder_bot.chat.keyboards import MORE_WATER_ML
from reminder_bot.chat.requests import TapRequest
from reminder_bot.domain.check_in import CheckIn, Later, Reply
from reminder_bot.domain.habit import LARGEST_ENTRY_ML, Measure
from reminder_bot.domain.intake import Doubt
from reminder_bot.domain.user import User
from reminder_bot.engine import replying
from reminder_bot.engine.replying import NewReply, ReplyOutcome, Result
from reminder_bot.storage.check_ins import find_check_in, list_check_ins
from reminder_bot.storage.database import Connection
from reminder_bot.texts.translation import translation

__all__ = ["REPLIES", "VERBS", "handle_replies", "handle_tap", "toast"]

REPLIES = {"yes": Reply.YES, "more": Reply.YES, "no": Reply.NO, "skip": Reply.SKIPPED}
VERBS = frozenset({*REPLIES, "sure", "undo", "later", "back", *Later})
_SURE = re.compile(r"([1-9][0-9]{0,17})/([1-9][0-9]{0,3})/([1-3])", re.ASCII)


def handle_replies(
    connection: Connection, requests: Sequence[TapRequest], now: datetime
) -> list[Result | None]:
    """Record the replies of these taps together; None for a tap on no check-in of its user."""
    numbers = [request.tap.number for request in requests]
    found = list_check_ins(connection, [each for each in numbers if each is not None])
    replies: list[NewReply | None] = []
    for request, number in zip(requests, numbers, strict=True):
        check_in = found.get(number) if number is not None else None
        replies.append(None if check_in is None else _new_reply(request, check_in))
    results = iter(
        replying.reply_all(connection, [each for each in replies if each is not None], now)
    )
    return [None if each is None else next(results) for each in replies]


def _new_reply(request: TapRequest, check_in: CheckIn) -> NewReply | None:
    user, verb = request.user, request.tap.verb
    if check_in.user_id != user.id or user.zone is None:
        return None
    is_measured = check_in.kind.spec.measure is Measure.MILLILITRES
    amount = MORE_WATER_ML if verb == "more" and is_measured else None
    return NewReply(user, check_in, REPLIES[verb], request.message_id, amount)


def handle_tap(
    connection: Connection, user: User, tap: Tap, message_id: int, now: datetime
) -> Result | None:
    """Carry out another button of a check-in; None if this user has no such check-in."""
    if tap.verb == "sure":
        return _confirm(connection, user, tap, message_id, now)
    check_in = find_check_in(connection, tap.number, user.id) if tap.number is not None else None
    if check_in is None or user.zone is None:
        return None
    if tap.verb == "undo":
        return replying.undo(connection, user, check_in, now, message_id=message_id)
    if tap.verb in {"later", "back"}:
        view = f"later:{check_in.id}" if tap.verb == "later" else ""
        return replying.show(connection, check_in, view, now, message_id=message_id)
    if tap.verb == Later.TIMER and check_in.kind.spec.measure is not Measure.MINUTES:
        return None
    return replying.snooze(connection, user, check_in, Later(tap.verb), now, message_id=message_id)


def _confirm(
    connection: Connection, user: User, tap: Tap, message_id: int, now: datetime
) -> Result | None:
    """Record an amount that was asked back. It is asked back again if it is more serious now."""
    found = _SURE.fullmatch(tap.argument)
    check_in = find_check_in(connection, int(found[1]), user.id) if found else None
    if found is None or check_in is None or user.zone is None:
        return None
    amount = int(found[2])
    if check_in.kind.spec.measure is not Measure.MILLILITRES or amount > LARGEST_ENTRY_ML:
        return None
    return replying.reply(
        connection,
        user,
        check_in,
        Reply.YES,
        now,
        message_id=message_id,
        amount=amount,
        accepted=Doubt(int(found[3])),
    )


def toast(user: User, result: Result) -> str:
    """The toast that answers a tap; empty if the edited message shows what happened."""
    t = translation(user.language)
    match result.outcome:
        case ReplyOutcome.RECORDED_ALREADY:
            return texts.check_in.recorded_already(t)
        case ReplyOutcome.NOTHING_TO_UNDO:
            return texts.check_in.nothing_to_undo(t)
        case ReplyOutcome.DAY_IS_OVER:
            return texts.check_in.day_is_over(t)
        case ReplyOutcome.TOO_OLD:
            return texts.check_in.too_old(t)
        case ReplyOutcome.TOO_LATE_TO_SNOOZE:
            assert result.at is not None
            return texts.check_in.too_late_to_snooze(t, texts.formats.clock(result.at, user))
        case ReplyOutcome.FIRST_TIMER_STARTED:
            return texts.check_in.first_quiet_minutes(t)
        case ReplyOutcome.ASKED_BACK:
            assert result.doubt is not None
            assert result.amount is not None
            return texts.asked_back.doubt(t, result.doubt, result.amount)
        case (
            ReplyOutcome.RECORDED | ReplyOutcome.UNDONE | ReplyOutcome.SNOOZED | ReplyOutcome.SHOWN
        ):
            return ""
        case _:
            assert_never(result.outcome)

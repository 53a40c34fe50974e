"""What people type, and the locations that they share.

a set-up step asks for text ─▶ the step
it replies to a message ─────▶ the screen that asks for text there, or what is open on that card
a screen asks for text ──────▶ the screen
otherwise: yes or no to the newest card; an amount is water; what could mean two things is asked
back (`screens.asked_back`)

Words that may tell of self-harm are answered with where to find help, before all else.

Nothing is ever recorded for an older question, or for something else than what was asked.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from reminder_bot import texts
from reminder_bot.chat import amounts, onboarding, people, reply_buttons
from reminder_bot.chat.commands import NOT_REPEATED, run_command
from reminder_bot.chat.effects import (
    Effects,
    LookUpZone,
    PutLocationAway,
    React,
    SendScreen,
    SendSetup,
    SendText,
    edits,
)
from reminder_bot.chat.requests import CommandRequest, IncomingMessage, TextRequest
from reminder_bot.chat.screens.asked_back import (
    SMALLEST_ML,
    reply_path,
    what_path,
    which_path,
)
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import ScreenResult
from reminder_bot.domain.check_in import CheckIn, Reply
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import GLASS_ML, HabitKind, Measure
from reminder_bot.domain.typed_answer import meant
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import entries, replying
from reminder_bot.engine.entries import DayRow
from reminder_bot.storage import users
from reminder_bot.storage.check_ins import find_by_message, list_shown
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import (
    looks_like_amount,
    read_amount_ml,
    read_answer,
    read_bare_number,
    tells_of_self_harm,
)

__all__ = ["LONGEST_TEXT", "command_of", "run_message"]

LONGEST_TEXT = 200


def command_of(text: str) -> tuple[str, str]:
    """A command and what follows it; both are empty if the text is not a command.

    >>> command_of("/Water@OurBot 2 dl")
    ('water', '2 dl')
    """
    if not text.startswith("/"):
        return "", ""
    first, argument = (*text.split(maxsplit=1), "")[:2]
    return first.removeprefix("/").partition("@")[0].lower(), argument[:LONGEST_TEXT]


def run_message(
    connection: Connection,
    user: User | None,
    message: IncomingMessage,
    is_new: bool,
    now: datetime,
) -> Effects:
    """Handle a message in a private chat, once. is_new: False if it is delivered again."""
    text, message_id = message.text, message.message_id
    command, argument = command_of(text)
    if not command and tells_of_self_harm(text):
        # Whatever asks for text, and whoever writes it: nothing is recorded, and no word is kept.
        t = translation(message.language if user is None else user.language)
        return [SendText(message.user_id, texts.safety.self_harm(t))]
    if user is None:
        return people.meet_stranger(connection, message.user_id, message.language, command, now)
    has_lost_zone = people.has_lost_zone(user)
    if has_lost_zone:
        # Everything below computes with the user's zone.
        user = people.ask_zone_again(connection, user)
    user = people.welcome_back(connection, user, now)
    if command:
        if not is_new and command in NOT_REPEATED:
            return []  # handled already
        return run_command(connection, command, CommandRequest(user, argument, message_id, now))
    if has_lost_zone:
        return [SendSetup(user.id, user.setup_message_id)]
    if not is_new:
        return []
    if message.has_location:
        return _read_location(connection, user, message.location, message_id)
    cancel = texts.buttons.cancel(translation(user.language))
    if user.helper_message_id is not None and text == cancel:
        return [_put_location_away(connection, user, message_id)]
    request = TextRequest(
        user, text[:LONGEST_TEXT], message_id, message.reply_to, now, message.asking_path
    )
    return _read_text(connection, request)


# Text


def _read_text(connection: Connection, request: TextRequest) -> Effects:
    user, t, text = request.user, request.t, request.text
    if user.setup in {Setup.ZONE, Setup.HOURS} and text:
        onboarding.handle_text(connection, user, text, request.now)
        return _move_setup_card(connection, user, request.now)
    if user.setup is not Setup.DONE:
        onboarding.resume(connection, user)
        return [SendSetup(user.id, user.setup_message_id)]
    if not text:  # a sticker, a voice message
        return [SendText(user.id, texts.errors.not_understood(t))]
    if request.reply_to is not None:
        return _read_as_reply(connection, request, request.reply_to)
    awaited = SCREENS.awaited(user, request.now)
    if awaited is not None:
        effects = _read_for_screen(connection, request, awaited, user.awaits_message_id)
        if effects is not None:
            return effects
        SCREENS.leave(connection, user)
    return _read_by_itself(connection, request)


def _read_as_reply(connection: Connection, request: TextRequest, reply_to: int) -> Effects:
    """Text that replies to a message belongs to that message, whatever else is open."""
    user, path = request.user, request.asking_path
    if path is None and reply_to == user.awaits_message_id:
        path = user.awaits
    if path:
        effects = _read_for_screen(connection, request, path, reply_to)
        return effects or [SendText(user.id, texts.errors.not_understood(request.t))]
    on_message = find_by_message(connection, user.id, reply_to)
    if on_message:
        return _answer_card(connection, request, on_message, reply_to)
    return [SendText(user.id, texts.errors.asks_nothing(request.t))]


def _read_for_screen(
    connection: Connection, request: TextRequest, path: str, message_id: int | None
) -> Effects | None:
    """Handle text that the screen on a message asked for; None if it must mean something else."""
    user = request.user
    result = SCREENS.read(connection, user, path, request.text, request.now)
    if isinstance(result, ScreenResult):
        return _show_result(connection, user, result, message_id)
    return None if result is None else [SendText(user.id, result)]


def _show_result(
    connection: Connection, user: User, result: ScreenResult, message_id: int | None
) -> Effects:
    """Show the result below what was typed, and delete the screen that asked."""
    SCREENS.leave(connection, user)
    said: Effects = [SendText(user.id, result.words)] if result.words else []
    show = SendScreen(user.id, result.path, message_id, result.screen)
    return [*said, *edits(result.pending_edits), show]


# Answers


def _read_by_itself(connection: Connection, request: TextRequest) -> Effects:
    """Text that replies to nothing, and that no screen has asked for."""
    user, t, text = request.user, request.t, request.text
    reply = read_answer(text)
    if reply is not None:
        return _answer_newest(connection, request, reply)
    if not looks_like_amount(text):
        return [SendText(user.id, texts.errors.not_understood(t))]
    rows = entries.rows_of(connection, user, user.hours.day_of(request.now), request.now)
    number = read_bare_number(text)
    if number is not None and 0 < number < SMALLEST_ML:
        path = what_path(number, rows)
        if path is None:
            return [SendText(user.id, texts.errors.not_understood(t))]
        return [SendScreen(user.id, path)]
    water = _find_measured(rows, request.now)
    glass_ml = (water.habit.portion_ml if water is not None else None) or GLASS_ML
    amount = read_amount_ml(text, glass_ml)
    if amount is None:
        return [SendText(user.id, amounts.cannot_read(t, text, glass_ml))]
    if water is None:
        return [SendText(user.id, texts.water.not_among_habits(t))]
    return amounts.record(connection, request, water, amount)


def _find_measured(rows: Sequence[DayRow], now: datetime) -> DayRow | None:
    """The habit that an amount is for: the one that was asked about last, or else the first one
    that is counted in millilitres.
    """

    def asked(row: DayRow) -> int:
        question = row.check_in
        return (question.message_id or 0) if question is not None and question.is_open(now) else 0

    return max((row for row in rows if _is_measured(row.habit.kind)), key=asked, default=None)


def _answer_newest(connection: Connection, request: TextRequest, reply: Reply) -> Effects:
    """A yes or no that replies to nothing: the newest card, unless it could mean another one."""
    user, today = request.user, request.user.hours.day_of(request.now)
    shown = list_shown(connection, user.id, today - ONE_DAY, today)
    check_in, candidates = meant(shown, request.now)
    if check_in is not None:
        return _record(connection, request, check_in, reply)
    if candidates:
        return [SendScreen(user.id, which_path(reply, candidates))]
    return [SendText(user.id, texts.errors.no_open_question(request.t))]


def _answer_card(
    connection: Connection, request: TextRequest, on_message: Sequence[CheckIn], message_id: int
) -> Effects:
    """Text that replies to a card answers what is still open on it."""
    user, t, text = request.user, request.t, request.text
    still_open = [each for each in on_message if each.reply is None] or on_message[:1]
    reply = read_answer(text)
    if reply is not None:
        if len(still_open) > 1:
            return [SendScreen(user.id, which_path(reply, still_open, message_id))]
        return _record(connection, request, still_open[0], reply)
    if not looks_like_amount(text):
        return [SendText(user.id, texts.errors.not_understood(t))]
    water = next((each for each in still_open if _is_measured(each.kind)), None)
    if water is None:
        return [SendText(user.id, texts.errors.takes_yes_or_no(t))]
    of_user = list_habits(connection, [user.id], with_removed=True)[user.id]
    glass_ml = of_user[water.kind].portion_ml or GLASS_ML
    amount = read_amount_ml(text, glass_ml)
    if amount is None:
        return [SendText(user.id, amounts.cannot_read(t, text, glass_ml))]
    return _record(connection, request, water, Reply.YES, amount)


def _record(
    connection: Connection,
    request: TextRequest,
    check_in: CheckIn,
    reply: Reply,
    amount: int | None = None,
) -> Effects:
    user = request.user
    result = replying.reply(connection, user, check_in, reply, request.now, amount=amount)
    if result.doubt is not None:
        return [SendScreen(user.id, reply_path(result))]
    words = reply_buttons.toast(user, result)
    said: Effects = [SendText(user.id, words)] if words else []
    return [React(user.id, request.message_id, "👌"), *edits(result.pending_edits), *said]


def _is_measured(kind: HabitKind) -> bool:
    return kind.spec.measure is Measure.MILLILITRES


def _move_setup_card(connection: Connection, user: User, now: datetime) -> Effects:
    """Send the set-up card again, below what was typed.

    A pending edit of the old message is recorded in case that fails.
    """
    if user.setup_message_id is not None:
        due = now + replying.HEAD_START
        record_pending_edit(connection, user.id, user.setup_message_id, due)
    return [SendSetup(user.id, user.setup_message_id)]


# Locations


def _read_location(
    connection: Connection, user: User, location: tuple[float, float] | None, message_id: int
) -> Effects:
    """Look up the zone, if the set-up or /timezone asks for it; otherwise look at nothing."""
    if not _is_location_asked(user):
        return [_put_location_away(connection, user, message_id)]
    return [LookUpZone(user.id, location, partial(_use_zone, user.id, message_id))]


def _is_location_asked(user: User) -> bool:
    return user.setup is Setup.ZONE or (
        user.setup is Setup.DONE and user.helper_message_id is not None
    )


def _use_zone(
    user_id: int, message_id: int, connection: Connection, zone: str | None, now: datetime
) -> Effects:
    """Go on with the zone of a location; the user may have done anything since it was shared."""
    user = users.find_user(connection, user_id)
    if user is None:
        return []
    away = _put_location_away(connection, user, message_id, is_found=zone is not None)
    if not _is_location_asked(user):
        return [away]
    if user.setup is Setup.DONE:
        return [away, *_travel(connection, user, zone)]
    onboarding.check_zone(connection, user, zone)
    return [away, *_move_setup_card(connection, user, now)]


def _travel(connection: Connection, user: User, zone: str | None) -> Effects:
    """Ask whether the clock of a location shared from /timezone is the user's."""
    if zone is None:
        return [SendText(user.id, texts.zones.no_zone_there(translation(user.language)))]
    return _show_result(connection, user, ScreenResult(f"check/{zone}"), user.awaits_message_id)


def _put_location_away(
    connection: Connection, user: User, message_id: int, *, is_found: bool = False
) -> PutLocationAway:
    """Remove the location keyboard, the message that asked, and the person's answer to it."""
    users.update_user(connection, user.id, helper_message_id=None)
    t = translation(user.language)
    text = texts.zones.location_found(t) if is_found else texts.zones.location_not_shared(t)
    helper = () if user.helper_message_id is None else (user.helper_message_id,)
    return PutLocationAway(user.id, text, (message_id, *helper))

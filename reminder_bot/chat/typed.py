"""What people type, and the locations that they share.

a set-up step asks for text ─▶ the step       a screen asks for text ─▶ the screen
otherwise: the answer (yes, no, an amount) to the message that it replies to, or to the newest
open question
"""

from datetime import datetime
from functools import partial

from reminder_bot import texts
from reminder_bot.chat import onboarding, people, reply_buttons
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
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import ScreenResult
from reminder_bot.domain.check_in import CheckIn, Reply
from reminder_bot.domain.habit import GLASS_ML, LARGEST_ENTRY_ML, HabitKind, Measure
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import replying
from reminder_bot.storage import users
from reminder_bot.storage.check_ins import find_by_message, find_newest_open
from reminder_bot.storage.database import Connection
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import (
    is_too_large,
    looks_like_amount,
    quoted,
    read_amount_ml,
    read_answer,
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
    request = TextRequest(user, text[:LONGEST_TEXT], message_id, message.reply_to, now)
    return _read_text(connection, request)


# Text


def _read_text(connection: Connection, request: TextRequest) -> Effects:
    user, t, text = request.user, request.t, request.text
    if user.setup in {Setup.ZONE, Setup.HOURS} and text:
        onboarding.handle_text(connection, user, text, request.now)
        return _move_setup_card(connection, user, request.now)
    if user.setup is not Setup.DONE:
        return [SendSetup(user.id, user.setup_message_id)]
    if not text:  # a sticker, a voice message
        return [SendText(user.id, texts.errors.not_understood(t))]
    glass_ml = _glass_ml(connection, request)
    reply, amount = read_answer(text), read_amount_ml(text, glass_ml)
    if user.awaits and request.reply_to is None:
        effects = _read_for_screen(connection, request, reply, amount)
        if effects is not None:
            return effects
    if reply is None and amount is None:
        if is_too_large(text, glass_ml):
            return [SendText(user.id, texts.water.too_much_at_once(t, LARGEST_ENTRY_ML))]
        if looks_like_amount(text):
            return [SendText(user.id, texts.water.not_an_amount(t, quoted(text)))]
        return [SendText(user.id, texts.errors.not_understood(t))]
    return _read_reply(connection, request, reply or Reply.YES, amount)


def _read_for_screen(
    connection: Connection, request: TextRequest, reply: Reply | None, amount: int | None
) -> Effects | None:
    """Handle text that a screen asked for; None if no screen asked, or if the text answers a
    question instead.
    """
    user, text = request.user, request.text
    is_amount = amount is not None and not text.strip().isdecimal()
    if reply is not None or is_amount or _is_asked_since(connection, user, amount):
        return None
    result = SCREENS.read(connection, user, text, request.now)
    if isinstance(result, ScreenResult):
        return _show_result(connection, user, result)
    return None if result is None else [SendText(user.id, result)]


def _show_result(connection: Connection, user: User, result: ScreenResult) -> Effects:
    """Show the result below what was typed, and delete the screen that asked."""
    SCREENS.leave(connection, user)
    said: Effects = [SendText(user.id, result.words)] if result.words else []
    show = SendScreen(user.id, result.path, user.awaits_message_id, result.screen)
    return [*said, *edits(result.pending_edits), show]


def _read_reply(
    connection: Connection, request: TextRequest, reply: Reply, amount: int | None
) -> Effects:
    user = request.user
    check_in = _find_meant(connection, user, request.reply_to, amount)
    if check_in is None:
        return [SendText(user.id, texts.errors.no_open_question(request.t))]
    result = replying.reply(connection, user, check_in, reply, request.now, amount=amount)
    words = reply_buttons.toast(user, result)
    said: Effects = [SendText(user.id, words)] if words else []
    return [React(user.id, request.message_id, "👌"), *edits(result.pending_edits), *said]


def _is_asked_since(connection: Connection, user: User, amount: int | None) -> bool:
    """Whether a number answers a question about an amount that is newer than the screen that
    asked.
    """
    if amount is None or user.awaits_message_id is None:
        return False
    question = _find_newest_measured(connection, user)
    return question is not None and (question.message_id or 0) > user.awaits_message_id


def _glass_ml(connection: Connection, request: TextRequest) -> int:
    """What a typed glass holds: the portion of the habit that is meant, or else of the first one
    that has a portion.
    """
    user = request.user
    of_user = list_habits(connection, [user.id]).get(user.id, {})
    portions = {kind: habit.portion_ml for kind, habit in of_user.items() if habit.portion_ml}
    question = _find_measured(connection, user, request.reply_to)
    if question is not None and question.kind in portions:
        return portions[question.kind]
    return next(iter(portions.values()), GLASS_ML)


def _find_meant(
    connection: Connection, user: User, message_id: int | None, amount: int | None
) -> CheckIn | None:
    """The check-in that a typed answer is for: the one replied to, or the newest open one.

    An amount is only for habits that are counted in millilitres.
    """
    if amount is not None:
        return _find_measured(connection, user, message_id)
    on_message = find_by_message(connection, user.id, message_id) if message_id is not None else []
    return on_message[0] if on_message else find_newest_open(connection, user.id)


def _find_measured(connection: Connection, user: User, message_id: int | None) -> CheckIn | None:
    """The check-in that a typed amount is for."""
    on_message = find_by_message(connection, user.id, message_id) if message_id is not None else []
    if not on_message:
        return _find_newest_measured(connection, user)
    return next((each for each in on_message if _is_measured(each.kind)), None)


def _find_newest_measured(connection: Connection, user: User) -> CheckIn | None:
    kinds = [kind for kind in HabitKind if _is_measured(kind)]
    found = [find_newest_open(connection, user.id, kind) for kind in kinds]
    is_open = [each for each in found if each is not None]
    return max(is_open, key=lambda each: each.message_id or 0, default=None)


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
    return _show_result(connection, user, ScreenResult(f"check/{zone}"))


def _put_location_away(
    connection: Connection, user: User, message_id: int, *, is_found: bool = False
) -> PutLocationAway:
    """Remove the location keyboard, the message that asked, and the person's answer to it."""
    users.update_user(connection, user.id, helper_message_id=None)
    t = translation(user.language)
    text = texts.zones.location_found(t) if is_found else texts.zones.location_not_shared(t)
    helper = () if user.helper_message_id is None else (user.helper_message_id,)
    return PutLocationAway(user.id, text, (message_id, *helper))

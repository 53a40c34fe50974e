"""What each button does: a table from its verb to its handler.

Only the message, the person and the callback data are taken from a tap; everything else is read
from the database. A tap by another person, on an old message or with forged data changes nothing,
but it is answered, so that the button's spinner stops.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import Tap
from reminder_bot.chat import digest_buttons, onboarding, people, reply_buttons
from reminder_bot.chat.effects import (
    AnswerTap,
    AskLocation,
    EditButtons,
    EditText,
    Effects,
    MakeEdit,
    RemoveMessage,
    SendDigest,
    SendSetup,
    SendText,
    ShowStats,
    edits,
)
from reminder_bot.chat.keyboards import food_of, inline
from reminder_bot.chat.message_edits import SCREEN
from reminder_bot.chat.requests import IncomingTap, TapRequest
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen, ScreenResult, destination
from reminder_bot.chat.screens.stats import VIEWS
from reminder_bot.content import fact_of, facts
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import replying
from reminder_bot.storage import users
from reminder_bot.storage.database import Connection
from reminder_bot.storage.pending_edits import REPLACED, record_pending_edit
from reminder_bot.texts.translation import translation

__all__ = [
    "HANDLERS",
    "READ_ONLY_HANDLERS",
    "is_reply",
    "run_read_only_tap",
    "run_replies",
    "run_tap",
]

Handler = Callable[[Connection, TapRequest], Effects]
# Verbs of cards, which are built from the database. When such a tap is delivered again, its card is
# edited again.
SHOWN_FROM_RECORD = reply_buttons.VERBS | onboarding.VERBS
# What has to be read, so it stays until it is closed: what to do if sitting still feels bad, and
# why an amount is asked back.
ALERTS = frozenset({replying.ReplyOutcome.FIRST_TIMER_STARTED, replying.ReplyOutcome.ASKED_BACK})


def run_tap(
    connection: Connection, user: User | None, incoming: IncomingTap, is_new: bool, now: datetime
) -> Effects:
    """Handle a tap once. If it is delivered again, its message is at most edited again."""
    tap, message_id, callback_id = incoming.tap, incoming.message_id, incoming.callback_id
    if user is None:
        return [AnswerTap(callback_id, texts.strangers.start_first(incoming.t))]
    if not is_new and tap.verb in SHOWN_FROM_RECORD:
        return [AnswerTap(callback_id), _record_edit(connection, user.id, message_id, now)]
    if people.has_lost_zone(user):
        user = people.ask_zone_again(connection, user)
        text = texts.zones.ask_clock(translation(user.language))
        return [AnswerTap(callback_id, text), SendSetup(user.id, user.setup_message_id)]
    # "go" only shows a screen, and its first answer may have been lost.
    if not is_new and tap.verb != "go":
        return [AnswerTap(callback_id)]  # handled already, and its edit is pending
    user = people.welcome_back(connection, user, now)
    request = TapRequest(user, tap, message_id, callback_id, now)
    return _handler_of(tap)(connection, request)


def _handler_of(tap: Tap) -> Handler:
    # "back" and "skip" are on check-ins, with an id, and on the set-up card, without one.
    if tap.argument and tap.verb in reply_buttons.VERBS:
        return _reply
    return HANDLERS.get(tap.verb, _old_button)


def _record_edit(
    connection: Connection, user_id: int, message_id: int, now: datetime, view: str = ""
) -> MakeEdit:
    due = now + replying.HEAD_START
    return MakeEdit(record_pending_edit(connection, user_id, message_id, due, view=view))


def _old_button(connection: Connection, request: TapRequest) -> Effects:
    return [AnswerTap(request.callback_id, texts.errors.old_button(request.t))]


def is_reply(tap: Tap) -> bool:
    """Whether a tap answers a check-in, so that `run_replies` can handle it."""
    return tap.verb in reply_buttons.REPLIES and tap.number is not None


def run_replies(
    connection: Connection, requests: Sequence[TapRequest], now: datetime
) -> list[Effects]:
    """Handle taps that answer check-ins, together: the effects of each."""
    results = reply_buttons.handle_replies(connection, requests, now)
    return [
        _show_reply(connection, request, result)
        for request, result in zip(requests, results, strict=True)
    ]


def _reply(connection: Connection, request: TapRequest) -> Effects:
    """A button of a check-in."""
    user, tap = request.user, request.tap
    if is_reply(tap):
        (effects,) = run_replies(connection, [request], request.now)
        return effects
    result = reply_buttons.handle_tap(connection, user, tap, request.message_id, request.now)
    return _show_reply(connection, request, result)


def _show_reply(
    connection: Connection, request: TapRequest, result: replying.Result | None
) -> Effects:
    if result is None:
        return _old_button(connection, request)
    answer = AnswerTap(
        request.callback_id,
        reply_buttons.toast(request.user, result),
        is_alert=result.outcome in ALERTS,
    )
    return [answer, *edits(result.pending_edits)]


def _erase(connection: Connection, request: TapRequest) -> Effects:
    user, t = request.user, request.t
    if request.tap.argument == "yes":
        text = texts.own_data.deleted(t, users.erase(connection, user.id))
    else:
        text = texts.own_data.kept(t)
    return [
        AnswerTap(request.callback_id),
        EditText(user.id, request.message_id, text, inline([])),
    ]


def _visit(connection: Connection, request: TapRequest) -> Effects:
    """Show another screen in the same message (`go`), or do what the button says and show the
    screen that comes next (`do`).
    """
    user, tap, now = request.user, request.tap, request.now
    try:
        result = ScreenResult(destination(tap.argument))
        if tap.verb == "do":
            result = SCREENS.act(connection, user, tap.argument, now)
        # Loaded again, because the button may have changed the user's settings.
        changed = users.find_user(connection, user.id)
        assert changed is not None
        SCREENS.enter(connection, changed, result.path, now, request.message_id)
    except NoSuchScreen:
        return _old_button(connection, request)
    edit = _record_edit(connection, user.id, request.message_id, now, SCREEN + result.path)
    answer = AnswerTap(request.callback_id, result.words, result.is_alert)
    return [answer, edit, *edits(result.pending_edits)]


def _close(connection: Connection, request: TapRequest) -> Effects:
    SCREENS.leave(connection, request.user)
    return [AnswerTap(request.callback_id), RemoveMessage(request.user.id, request.message_id)]


def _resume_setup(connection: Connection, request: TapRequest) -> Effects:
    """The nudge's button: send the set-up card again and remove the nudge."""
    user = request.user
    onboarding.resume(connection, user)
    return [
        AnswerTap(request.callback_id),
        SendSetup(user.id, user.setup_message_id),
        RemoveMessage(user.id, request.message_id),
    ]


def _digest_button(connection: Connection, request: TapRequest) -> Effects:
    user = request.user
    words, keyboard = digest_buttons.handle_tap(connection, user, request.tap, request.now)
    effects: Effects = [AnswerTap(request.callback_id, words)]
    if keyboard is not None:
        effects.append(EditButtons(user.id, request.message_id, keyboard))
    return effects


def _set_up(connection: Connection, request: TapRequest) -> Effects:
    """A button of the set-up card."""
    user, tap = request.user, request.tap
    if not _is_setup_card(user, request.message_id):
        return _old_button(connection, request)
    stale = _adopt_setup_card(connection, user, request.message_id, request.now)
    onboarding.handle_tap(connection, user, tap.verb, tap.argument, request.now)
    edit = _record_edit(connection, user.id, request.message_id, request.now)
    return [AnswerTap(request.callback_id), edit, *stale]


def _location(connection: Connection, request: TapRequest) -> Effects:
    """The button that asks for a location, on the set-up card or on the zone's screen."""
    user, ask = request.user, AskLocation(request.user.id, request.user.language)
    if _is_setup_card(user, request.message_id):
        if user.setup is not Setup.ZONE:
            return _set_up(connection, request)  # like any button of a step that is over
        stale = _adopt_setup_card(connection, user, request.message_id, request.now)
        return [AnswerTap(request.callback_id), ask, *stale]
    is_asked_here = user.awaits_message_id in {None, request.message_id}  # None: not recorded yet
    if user.awaits.startswith("zone") and is_asked_here:
        return [AnswerTap(request.callback_id), ask]
    return _old_button(connection, request)


def _adopt_setup_card(
    connection: Connection, user: User, message_id: int, now: datetime
) -> Effects:
    """Record the tapped card as the set-up card, and delete the one that was recorded.

    They differ if a crash came between sending a new card and recording it.
    """
    stale = user.setup_message_id
    if stale == message_id:
        return []
    users.update_user(connection, user.id, setup_message_id=message_id)
    if stale is None:
        return []
    return [_record_edit(connection, user.id, stale, now, REPLACED)]


def _is_setup_card(user: User, message_id: int) -> bool:
    """Whether a message is the recorded set-up card, or a newer one that a crash kept from being
    recorded.
    """
    if user.setup is Setup.DONE:
        return message_id == user.setup_message_id
    return message_id >= (user.setup_message_id or 0)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(onboarding.VERBS, _set_up),
    **dict.fromkeys(digest_buttons.VERBS, _digest_button),
    "location": _location,
    "erase": _erase,
    "go": _visit,
    "do": _visit,
    "close": _close,
    "resume": _resume_setup,
}


# Read-only taps change nothing. So they need no transaction, and may be handled again when they are
# delivered again.


def run_read_only_tap(incoming: IncomingTap) -> Effects:
    """Show more about a message: a source, a caveat, another picture."""
    handler = READ_ONLY_HANDLERS.get(incoming.tap.verb)
    effects = handler(incoming) if handler is not None else None
    return effects or [AnswerTap(incoming.callback_id, texts.errors.old_button(incoming.t))]


def _source(incoming: IncomingTap) -> Effects | None:
    if incoming.tap.argument not in {fact.id for fact in facts()}:
        return None
    source = texts.digest.source(fact_of(incoming.tap.argument).source)
    return [
        AnswerTap(incoming.callback_id),
        SendText(incoming.user_id, source, reply_to=incoming.message_id),
    ]


def _food(incoming: IncomingTap) -> Effects | None:
    food = food_of(incoming.tap.argument)
    if food is None:
        return None
    return [AnswerTap(incoming.callback_id, texts.foods.caveat(incoming.t, food), is_alert=True)]


def _health(incoming: IncomingTap) -> Effects | None:
    """The rest of the health notes, for a stranger, too."""
    if incoming.tap.argument != "more":
        return None
    more = texts.safety.more_health_notes(incoming.t)
    return [
        AnswerTap(incoming.callback_id),
        SendText(incoming.user_id, more, reply_to=incoming.message_id),
    ]


def _stats(incoming: IncomingTap) -> Effects | None:
    view = incoming.tap.argument
    if view not in VIEWS:
        return None
    return [
        AnswerTap(incoming.callback_id),
        ShowStats(incoming.user_id, incoming.message_id, view),
    ]


def _digest(incoming: IncomingTap) -> Effects | None:
    if incoming.tap.number is None:
        return None
    return [AnswerTap(incoming.callback_id), SendDigest(incoming.user_id, incoming.tap.number)]


# A handler returns None if its button is for something that does not exist.
READ_ONLY_HANDLERS: dict[str, Callable[[IncomingTap], Effects | None]] = {
    "source": _source,
    "food": _food,
    "health": _health,
    "stats": _stats,
    "digest": _digest,
}

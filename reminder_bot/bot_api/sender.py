"""Calls to Telegram: each passes through the rate limiter, and `errors` maps its failures.

    Messages, handlers ─▶ Sender ─▶ RateLimiter (a permit) ─▶ transport ─▶ Telegram
                                                                  │
                         Outcome or EditOutcome ◀── errors ◀──────┘

The sender knows methods, texts and keyboards as Telegram's plain values; its callers decide what a
message says.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, TelegramError

from reminder_bot.activity import Activity, What
from reminder_bot.bot_api.answers import MAX_ID
from reminder_bot.bot_api.errors import WrongToken, is_message_gone, is_unchanged, outcome_of
from reminder_bot.bot_api.rate_limiter import Permit, Priority, RateLimiter
from reminder_bot.bot_api.transport import File, NotSent, PerhapsSent, call
from reminder_bot.clock import Clock
from reminder_bot.engine.departures import Departure
from reminder_bot.engine.messenger import EditOutcome, Outcome, OutcomeKind

__all__ = ["NO_BUTTONS", "ReplyMarkup", "Sender", "always"]

log = logging.getLogger(__name__)

T = TypeVar("T")
ReplyMarkup = dict[str, Any]
"""Telegram's JSON for a keyboard, as a plain dict."""
NO_BUTTONS: ReplyMarkup = {"inline_keyboard": []}
NO_PREVIEW = {"is_disabled": True}
# Half of the connections at the free rate: a rush of taps must not take them all from edits and
# reminders.
ANSWERS_AT_ONCE = 30
COUNTED_AS: dict[Priority, What] = {
    Priority.REPLY: "answered",
    Priority.REMINDER: "sent",
    Priority.DIGEST: "digests",
}


def always() -> bool:
    return True


class Sender:
    """Sends, edits and answers, through one rate limiter.

    on_halt: awaited with the wait that Telegram asked for of all chats, which must be stored for a
    restart and for all processes that share the token.
    may_edit: False while another replica edits messages, because an edit made here could be
    outdated.
    refused_wait: how long nothing is sent after Telegram has refused the token.
    activity: counts what became of the calls.
    """

    def __init__(
        self,
        bot: Bot,
        rate_limiter: RateLimiter,
        clock: Clock,
        *,
        on_halt: Callable[[timedelta], Awaitable[None]] | None = None,
        may_edit: Callable[[], bool] = always,
        refused_wait: timedelta = timedelta(seconds=30),
        activity: Activity | None = None,
    ) -> None:
        self._bot = bot
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._on_halt = on_halt
        self._may_edit = may_edit
        self._refused_wait = refused_wait
        self._activity = activity or Activity()
        self._answered_at: datetime | None = None
        # Called after each call, with whether Telegram answered it.
        self.on_call: Callable[[bool], None] = lambda _: None
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)

    @property
    def answered_at(self) -> datetime | None:
        """When a call last succeeded; sends that became ambiguous earlier can be settled."""
        return self._answered_at

    @property
    def is_halted(self) -> bool:
        """Whether nothing may be sent now, because Telegram asked for a wait."""
        return self._rate_limiter.halted_for > 0

    def note_answer(self) -> None:
        """Record that a call has just succeeded."""
        self._answered_at = self._clock.now()

    # At the start

    async def connect(self) -> str:
        """Check the token and remove a webhook, which would prevent polling; returns the username.

        Updates that wait at Telegram are kept. Raises WrongToken, or ConnectionError if Telegram
        does not answer.
        """
        try:
            me = await self._call_for(dict, "getMe")
            await self._call("deleteWebhook", drop_pending_updates=False)
        except InvalidToken as error:
            raise WrongToken(
                "REMINDER_BOT_TOKEN is refused by Telegram: copy it again from @BotFather, or "
                "make a new one there"
            ) from error
        except TelegramError as error:
            raise ConnectionError(error.message) from error
        return str(me.get("username", ""))

    async def set_menu(self, commands: dict[str, str], description: str) -> None:
        """Set the menu of commands and the description that an empty chat shows.

        Only what differs from Telegram's present values is set, because it limits how often that
        may be done.
        """
        wanted = [{"command": name, "description": line} for name, line in commands.items()]
        try:
            if await self._call("getMyCommands") != wanted:
                await self._call("setMyCommands", commands=wanted)
            current = await self._call_for(dict, "getMyDescription")
            if current.get("description") != description:
                await self._call("setMyDescription", description=description)
        except TelegramError as error:
            log.warning("menu_not_set", extra={"reason": outcome_of(error).reason})

    # New messages

    async def send(
        self,
        priority: Priority,
        user_id: int,
        is_wanted: Callable[[], bool] | None,
        method: str = "sendMessage",
        **fields: Any,
    ) -> Outcome:
        """Send a new message.

        is_wanted: called right before the request leaves; False cancels the send. A `Departure` is
        marked then as well. None for an answer, which is always wanted and waits for the end of a
        halt.
        """
        outcome = await self._send(priority, user_id, is_wanted, method, **fields)
        return self._counted(priority, outcome)

    async def say(self, chat_id: int, text: str, **fields: Any) -> Outcome:
        """Send a text in answer to what somebody sent or tapped."""
        outcome = await self._send(Priority.REPLY, chat_id, None, text=text, **fields)
        return self._counted(Priority.REPLY, outcome)

    def _counted(self, priority: Priority, outcome: Outcome) -> Outcome:
        if outcome.kind is OutcomeKind.SENT:
            self._activity.count(COUNTED_AS[priority])
        elif outcome.kind is not OutcomeKind.NOT_WANTED:
            self._activity.count("failed")
        return outcome

    async def show(
        self, user_id: int, picture: File, caption: str, keyboard: ReplyMarkup
    ) -> Outcome:
        """Send a picture that somebody asked for."""
        return await self.send(
            Priority.REPLY,
            user_id,
            None,
            "sendPhoto",
            photo=picture,
            caption=caption,
            reply_markup=keyboard,
        )

    async def send_file(self, user_id: int, file: File, caption: str) -> Outcome:
        """Send a file that somebody asked for."""
        return await self.send(
            Priority.REPLY, user_id, None, "sendDocument", document=file, caption=caption
        )

    # Answers and edits

    async def answer(
        self,
        callback_id: str,
        text: str = "",
        *,
        is_alert: bool = False,
        user_id: int | None = None,
    ) -> None:
        """Answer a tap, which stops the spinner on its button. user_id: who tapped."""
        if not await self._rate_limiter.wait_out_halt(user_id):
            return
        try:
            # Answers that waited for a connection would be given up after its time limit.
            async with self._answering:
                await self._call(
                    "answerCallbackQuery",
                    callback_query_id=callback_id,
                    text=text or None,
                    show_alert=is_alert or None,
                )
            self._activity.count("answered")
        except BadRequest:
            pass  # the tap is too old to be answered, which is normal after a downtime
        except TelegramError as error:
            self._activity.count("failed")
            await self._note_halt(outcome_of(error), user_id)

    async def edit(
        self,
        user_id: int,
        message_id: int,
        text: str,
        keyboard: ReplyMarkup,
        priority: Priority = Priority.REPLY,
        is_wanted: Callable[[], bool] = always,
    ) -> EditOutcome:
        """Give a message this text and these buttons.

        is_wanted: called right before the request leaves; False leaves the message as it is.
        """
        return await self._edit(
            priority,
            "editMessageText",
            is_wanted,
            chat_id=user_id,
            message_id=message_id,
            text=text,
            reply_markup=keyboard,
            parse_mode="HTML",
            link_preview_options=NO_PREVIEW,
        )

    async def edit_picture(
        self, user_id: int, message_id: int, picture: File, caption: str, keyboard: ReplyMarkup
    ) -> EditOutcome:
        """Replace the picture of a message."""
        return await self._edit(
            Priority.REPLY,
            "editMessageMedia",
            always,
            chat_id=user_id,
            message_id=message_id,
            media={
                "type": "photo",
                "media": "attach://picture",
                "caption": caption,
                "parse_mode": "HTML",
            },
            picture=picture,
            reply_markup=keyboard,
        )

    async def edit_buttons(
        self,
        user_id: int,
        message_id: int,
        keyboard: ReplyMarkup,
        priority: Priority = Priority.REPLY,
        is_wanted: Callable[[], bool] = always,
    ) -> EditOutcome:
        """Give a message other buttons and leave its text; `NO_BUTTONS` removes them."""
        return await self._edit(
            priority,
            "editMessageReplyMarkup",
            is_wanted,
            chat_id=user_id,
            message_id=message_id,
            reply_markup=keyboard,
        )

    async def delete(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool] = always
    ) -> EditOutcome:
        return await self._edit(
            Priority.REPLY, "deleteMessage", is_wanted, chat_id=user_id, message_id=message_id
        )

    async def react(self, user_id: int, message_id: int, emoji: str) -> None:
        """Acknowledge a typed answer silently. Reactions are not reliable in private chats, so this
        is never the only acknowledgement.
        """
        await self._edit(
            Priority.REPLY,
            "setMessageReaction",
            always,
            chat_id=user_id,
            message_id=message_id,
            reaction=[{"type": "emoji", "emoji": emoji}],
        )

    # The calls themselves

    async def _send(
        self,
        priority: Priority,
        chat_id: int,
        is_wanted: Callable[[], bool] | None,
        method: str = "sendMessage",
        **fields: Any,
    ) -> Outcome:
        """Send a new message. is_wanted: as in `send`."""
        permit = await self._rate_limiter.acquire(
            priority,
            chat_id,
            waits_out_halt=is_wanted is None,
            is_wanted=is_wanted,
            notes_departure=True,
        )
        if not permit:
            if chat_halt := timedelta(seconds=self._rate_limiter.chat_halted_for(chat_id)):
                # Put off until then: the others are sent meanwhile.
                reason = "its chat is halted"
                return Outcome(OutcomeKind.NOT_SENT, retry_after=chat_halt, reason=reason)
            halt_left = timedelta(seconds=self._rate_limiter.halted_for) or None
            return Outcome(OutcomeKind.NOT_WANTED, retry_after=halt_left)
        if is_wanted is not None and not is_wanted():
            self._rate_limiter.note_departure()
            return Outcome(OutcomeKind.NOT_WANTED)
        if method == "sendMessage":
            fields["link_preview_options"] = NO_PREVIEW
        if permit is Permit.PAID:
            fields["allow_paid_broadcast"] = True
        try:
            message = await self._call_with_permit(
                method,
                is_wanted or always,
                is_wanted.begin if isinstance(is_wanted, Departure) else None,
                chat_id=chat_id,
                parse_mode="HTML",
                **fields,
            )
        except TelegramError as error:
            if isinstance(error, NotSent) and is_wanted is not None and not is_wanted():
                return Outcome(OutcomeKind.NOT_WANTED)
            outcome = await self._note_halt(outcome_of(error), chat_id)
            # A refused id of a picture has nothing to do with the payment.
            has_file_id = isinstance(fields.get("photo"), str)
            if permit is Permit.PAID and outcome.kind is OutcomeKind.REFUSED and not has_file_id:
                return self._without_payment(outcome)
            return outcome
        if (message_id := _message_id(message)) is None:
            return Outcome(OutcomeKind.AMBIGUOUS, reason="an answer without a message")
        return Outcome(OutcomeKind.SENT, message_id, _file_id(message))

    def _without_payment(self, outcome: Outcome) -> Outcome:
        """Make a refused paid message one that is sent later, at the free rate.

        Telegram's 400 does not say whether the payment or the message was at fault.
        """
        hint = "sending at the free rate for ten minutes"
        log.error("paid_message_refused", extra={"reason": outcome.reason, "hint": hint})
        self._rate_limiter.use_free_rate()
        return Outcome(OutcomeKind.NOT_SENT, reason=outcome.reason)

    async def _edit(
        self,
        priority: Priority,
        method: str,
        is_wanted: Callable[[], bool],
        *,
        chat_id: int,
        **fields: Any,
    ) -> EditOutcome:
        if not await self._rate_limiter.acquire(priority, chat_id, notes_departure=True):
            return EditOutcome.NOT_SENT
        try:
            await self._call_with_permit(
                method, lambda: self._may_edit() and is_wanted(), chat_id=chat_id, **fields
            )
        except BadRequest as error:
            if is_unchanged(error):
                return EditOutcome.EDITED
            if not is_message_gone(error):
                self._activity.count("failed")
                log.error(
                    "edit_refused",
                    extra={"method": method, "chat": chat_id, "reason": error.message[:160]},
                )
            return EditOutcome.MESSAGE_GONE
        except Forbidden:
            return EditOutcome.MESSAGE_GONE
        except TelegramError as error:
            self._activity.count("failed")
            await self._note_halt(outcome_of(error), chat_id)
            return EditOutcome.NOT_SENT
        self._activity.count("edited")
        return EditOutcome.EDITED

    async def _call_with_permit(
        self,
        method: str,
        may_send: Callable[[], bool] = always,
        begin: Callable[[], Awaitable[bool]] | None = None,
        **fields: Any,
    ) -> Any:
        """Make a call that Telegram counts, and tell the rate limiter when it leaves."""
        has_left = False

        def leave() -> bool:
            nonlocal has_left
            if not may_send():
                return False
            has_left = True
            self._rate_limiter.note_departure()
            return True

        try:
            return await self._call(method, begin=begin, may_send=leave, **fields)
        finally:
            if not has_left:
                self._rate_limiter.note_departure()

    async def _call(self, method: str, **fields: Any) -> Any:
        """The result of one call."""
        try:
            result = await call(self._bot.request, f"{self._bot.base_url}/{method}", **fields)
        except (NotSent, PerhapsSent):
            self.on_call(False)
            raise
        self.note_answer()
        self.on_call(True)
        return result

    async def _call_for(self, kind: type[T], method: str, **fields: Any) -> T:
        """Like `_call`, for a result of this type; raises PerhapsSent for any other."""
        result = await self._call(method, **fields)
        if not isinstance(result, kind):
            raise PerhapsSent(f"{method} answered something that is not a {kind.__name__}")
        return result

    async def _note_halt(self, outcome: Outcome, chat_id: int | None) -> Outcome:
        """Halt what Telegram asked to halt, or all sends if it refuses the token; returns the
        outcome. chat_id: the chat of the call.
        """
        if outcome.reason.startswith("InvalidToken"):
            self._rate_limiter.halt(self._refused_wait.total_seconds())
            hint = "nothing can be sent: check REMINDER_BOT_TOKEN with @BotFather"
            log.error("token_refused", extra={"hint": hint})
        elif outcome.retry_after is not None:
            wait = outcome.retry_after
            if not self._rate_limiter.halt_after(chat_id, wait.total_seconds()):
                log.warning("chat_halt", extra={"chat": chat_id, "seconds": wait})
                return outcome
            log.warning("halt", extra={"seconds": wait})
            if self._on_halt is not None:
                await self._on_halt(wait)
        return outcome


def _message_id(message: Any) -> int | None:
    """The id of the message that a call has sent; None if the answer holds no valid id."""
    number = message.get("message_id") if isinstance(message, dict) else None
    return number if type(number) is int and 0 < number < MAX_ID else None


def _file_id(message: dict[str, Any]) -> str | None:
    """Telegram's id of a message's picture, with which it can be sent again without an upload."""
    match message.get("photo"):  # one entry for each size, the largest last
        case [*_, {"file_id": str(file_id)}]:
            return file_id
        case _:
            return None

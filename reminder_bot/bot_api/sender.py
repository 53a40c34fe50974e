"""Carrying messages to people: every call passes the gate, and every error is judged here, once.

| what happened | what it means |
|---|---|
| no connection, 429, a server error in Telegram's words | surely not sent: later |
| a late, cut-off or foreign answer | perhaps sent: ambiguous |
| 403, chat not found | the user is unreachable until they come back |
| 401, 404 | the token is refused: nobody can be written to, all wait |
| a 400 to a call that was to be paid for | perhaps the payment: later, and at the free rate for a while |
| any other 400 | our fault: logged, never retried for ever |

"Message is not modified" is success, "message to edit not found" and "query is too old" are normal
life.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.bot_api.rate_limiter import Permit, Priority, RateLimiter
from reminder_bot.bot_api.transport import File, NotSent, PerhapsSent, call
from reminder_bot.chat import keyboards
from reminder_bot.clock import Clock
from reminder_bot.content import facts
from reminder_bot.domain.card import Card
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.fact import Fact
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.engine.messenger import EditOutcome, Outcome, OutcomeKind
from reminder_bot.pictures import week_pictures
from reminder_bot.pictures.renderer import NotRendered, Renderer
from reminder_bot.texts.translation import translation

__all__ = ["TelegramMessenger", "WrongToken", "always", "card_text", "fact_of", "judged"]

log = logging.getLogger(__name__)

UNNAMED_HALT = timedelta(seconds=5)  # a 429 that does not say for how long
NO_PREVIEW = {"is_disabled": True}
GONE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message to delete not found",
    "message can't be deleted",
)


def judged(error: TelegramError) -> Outcome:
    """What an error says about the send that met it."""
    reason = f"{type(error).__name__}: {error.message}"[:160]
    match error:
        case RetryAfter():
            return Outcome(OutcomeKind.NOT_SENT, retry_after=_seconds(error), reason=reason)
        case PerhapsSent():
            return Outcome(OutcomeKind.AMBIGUOUS, reason=reason)
        case NotSent() | InvalidToken():
            return Outcome(OutcomeKind.NOT_SENT, reason=reason)
        case Forbidden():
            return Outcome(OutcomeKind.UNREACHABLE, reason=reason)
        case ChatMigrated():  # only groups migrate, and the bot writes to people
            return Outcome(OutcomeKind.REFUSED, reason=reason)
        case BadRequest():
            is_gone = "chat not found" in error.message.lower()
            return Outcome(
                OutcomeKind.UNREACHABLE if is_gone else OutcomeKind.REFUSED, reason=reason
            )
        case NetworkError() if "Too Many Requests" in error.message:
            return Outcome(OutcomeKind.NOT_SENT, retry_after=UNNAMED_HALT, reason=reason)
        case _:
            return Outcome(OutcomeKind.AMBIGUOUS, reason=reason)


def _seconds(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


def always() -> bool:
    return True


class WrongToken(Exception):
    """Telegram does not know the token; the text is one line with the cure."""


class TelegramMessenger:
    """Sends, edits and answers through one gate.

    on_halt: told for how long Telegram wants silence, to keep it over a restart and for all who
    share the token.
    may_draw: False where another replica looks after the messages by now; what is drawn here could
    be outdated.
    """

    def __init__(
        self,
        bot: Bot,
        rate_limiter: RateLimiter,
        clock: Clock,
        *,
        renderer: Renderer | None = None,
        on_halt: Callable[[timedelta], Awaitable[None]] | None = None,
        may_draw: Callable[[], bool] = lambda: True,
        refused_wait: timedelta = timedelta(seconds=30),
    ) -> None:
        self._bot = bot
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._renderer = renderer or Renderer()
        self._painting = asyncio.Lock()
        self._on_halt = on_halt
        self._may_draw = may_draw
        self._refused_wait = refused_wait
        self._answered_at: datetime | None = None

    @property
    def answered_at(self) -> datetime | None:
        return self._answered_at

    def note_answer(self) -> None:
        """Telegram answered a call well: what was in doubt before may be settled."""
        self._answered_at = self._clock.now()

    async def greet(self) -> str:
        """Learn the bot's username, and make sure that updates come by polling; what waits there
        stays.

        Raises WrongToken, and ConnectionError where Telegram does not answer.
        """
        try:
            me = await self._call("getMe")
            await self._call("deleteWebhook", drop_pending_updates=False)
        except InvalidToken as error:
            raise WrongToken(
                "REMINDER_BOT_TOKEN is refused by Telegram: copy it again from @BotFather, or "
                "make a new one there"
            ) from error
        except TelegramError as error:
            raise ConnectionError(error.message) from error
        return str(me.get("username", ""))

    async def offer(self, commands: dict[str, str], description: str) -> None:
        """Set the menu of commands and the words of the empty chat, where they differ: Telegram
        limits how often.
        """
        wanted = [{"command": name, "description": line} for name, line in commands.items()]
        try:
            if await self._call("getMyCommands") != wanted:
                await self._call("setMyCommands", commands=wanted)
            if (await self._call("getMyDescription")).get("description") != description:
                await self._call("setMyDescription", description=description)
        except TelegramError as error:
            log.warning("the menu of commands stays as it was: %s", judged(error).reason)

    # What the bot starts by itself

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome:
        """Send a card of check-ins as a new message; a discreet one says nothing of habits until
        it is opened.
        """
        t = translation(card.user.language)
        now = self._clock.now()
        is_discreet = card.user.is_discreet
        return await self._send(
            Priority.REMINDER,
            card.user.id,
            is_wanted,
            text=texts.check_in.discreet(t, len(card.rows))
            if is_discreet
            else card_text(card, now),
            reply_markup=keyboards.of_card(t, card, now, is_discreet=is_discreet),
            disable_notification=card.is_silent,
        )

    async def tell(self, user: User, digest: Digest, is_wanted: Callable[[], bool]) -> Outcome:
        """Send a digest, with its stored fact; to a discreet person only that it is there."""
        t = translation(user.language)
        if user.is_discreet:
            keyboard = keyboards.inline(
                [[keyboards.button(texts.check_in.open_it(t), data("digest", digest.id))]]
            )
            return await self._send(
                Priority.DIGEST,
                user.id,
                is_wanted,
                text=texts.digest.discreet_digest(t),
                reply_markup=keyboard,
            )
        return await self._send_digest(Priority.DIGEST, user, digest, is_wanted)

    async def tell_again(self, user: User, digest: Digest) -> Outcome:
        """Send a digest to somebody who asks for it."""
        return await self._send_digest(Priority.REPLY, user, digest, None)

    async def _send_digest(
        self, rank: Priority, user: User, digest: Digest, is_wanted: Callable[[], bool] | None
    ) -> Outcome:
        """With its picture; where that can't be drawn or taken, the words go out."""
        t = translation(user.language)
        caption = texts.digest.digest(t, digest, fact_of(digest.fact_id))
        keyboard = keyboards.of_digest(t, digest)
        picture = digest.file_id or await self.paint(
            partial(week_pictures.of_digest, t, user, digest), is_wanted or always
        )
        if is_wanted is not None and not is_wanted():  # its lease ended while others were painted
            return Outcome(OutcomeKind.NOT_WANTED)
        if picture is not None:
            outcome = await self._send(
                rank,
                user.id,
                is_wanted,
                "sendPhoto",
                photo=picture,
                caption=caption,
                reply_markup=keyboard,
            )
            if outcome.kind is not OutcomeKind.REFUSED:
                return outcome
            log.error("the picture of a digest was refused digest=%d: its words go out", digest.id)
        return await self._send(rank, user.id, is_wanted, text=caption, reply_markup=keyboard)

    async def notify(self, user: User, notice: Notice, is_wanted: Callable[[], bool]) -> Outcome:
        """Send a line that is no question; it makes no sound."""
        t = translation(user.language)
        rows = (
            [[keyboards.button(texts.check_in.go_on(t), data("resume"))]]
            if notice.kind is NoticeKind.NUDGE
            else []
        )
        return await self._send(
            Priority.REMINDER,
            user.id,
            is_wanted,
            text=texts.check_in.notice(t, user, notice),
            reply_markup=keyboards.inline(rows),
            disable_notification=True,
        )

    async def paint(
        self, draw: Callable[[], str | None], is_wanted: Callable[[], bool] = always
    ) -> File | None:
        """A picture as a file to send; None where there is none to draw, it can't be, or nobody
        wants it by now.

        One after the other: writing down what is to be painted takes milliseconds of the loop, and
        the painter has one child anyway, so that many at once would only keep taps waiting.
        """
        async with self._painting:
            svg = draw() if is_wanted() else None
            if svg is None:
                return None
            try:
                return File("week.png", await self._renderer.paint(svg), "image/png")
            except NotRendered as error:
                log.warning("a picture could not be drawn: %s", error)
                return None

    # What a person asked for

    async def say(self, chat_id: int, text: str, **fields: Any) -> Outcome:
        """Send an answer to what somebody sent or tapped."""
        return await self._send(Priority.REPLY, None, None, chat_id=chat_id, text=text, **fields)

    async def show(
        self, user_id: int, picture: File, caption: str, keyboard: keyboards.Keyboard
    ) -> Outcome:
        """Send a picture that somebody asked for."""
        return await self._send(
            Priority.REPLY,
            user_id,
            None,
            "sendPhoto",
            photo=picture,
            caption=caption,
            reply_markup=keyboard,
        )

    async def hand_over(self, user_id: int, file: File, caption: str) -> Outcome:
        """Send a file that somebody asked for."""
        return await self._send(
            Priority.REPLY, user_id, None, "sendDocument", document=file, caption=caption
        )

    async def answer(self, callback_id: str, text: str = "", *, is_alert: bool = False) -> None:
        """Stop the spinner of a tap; that the tap is too old by now is normal."""
        await self._rate_limiter.wait_out_halt()
        try:
            await self._call(
                "answerCallbackQuery",
                callback_query_id=callback_id,
                text=text or None,
                show_alert=is_alert or None,
            )
        except BadRequest:
            pass
        except TelegramError as error:
            await self._heed(judged(error))

    async def edit(
        self,
        user_id: int,
        message_id: int,
        text: str,
        keyboard: keyboards.Keyboard,
        rank: Priority = Priority.REPLY,
        is_wanted: Callable[[], bool] = always,
    ) -> EditOutcome:
        """Bring a message to this text and these buttons, if that is wanted still when it is its
        turn.
        """
        return await self._draw(
            rank,
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
        self,
        user_id: int,
        message_id: int,
        picture: File,
        caption: str,
        keyboard: keyboards.Keyboard,
    ) -> EditOutcome:
        """Put another picture in the place of one that was sent."""
        media = {
            "type": "photo",
            "media": "attach://picture",
            "caption": caption,
            "parse_mode": "HTML",
        }
        return await self._draw(
            Priority.REPLY,
            "editMessageMedia",
            always,
            chat_id=user_id,
            message_id=message_id,
            media=media,
            picture=picture,
            reply_markup=keyboard,
        )

    async def rebutton(
        self, user_id: int, message_id: int, keyboard: keyboards.Keyboard
    ) -> EditOutcome:
        """Give a message other buttons and leave all else."""
        return await self._draw(
            Priority.REPLY,
            "editMessageReplyMarkup",
            always,
            chat_id=user_id,
            message_id=message_id,
            reply_markup=keyboard,
        )

    async def strip(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool] = always
    ) -> EditOutcome:
        """Take the buttons off a message and leave its words."""
        return await self._draw(
            Priority.TIDYING,
            "editMessageReplyMarkup",
            is_wanted,
            chat_id=user_id,
            message_id=message_id,
            reply_markup=keyboards.inline([]),
        )

    async def delete(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool] = always
    ) -> EditOutcome:
        return await self._draw(
            Priority.REPLY, "deleteMessage", is_wanted, chat_id=user_id, message_id=message_id
        )

    async def react(self, user_id: int, message_id: int, emoji: str) -> None:
        """Acknowledge a typed answer silently; reactions are not reliable in private chats, so
        only beside an edit.
        """
        reaction = [{"type": "emoji", "emoji": emoji}]
        await self._draw(
            Priority.REPLY,
            "setMessageReaction",
            always,
            chat_id=user_id,
            message_id=message_id,
            reaction=reaction,
        )

    async def _send(
        self,
        rank: Priority,
        user_id: int | None,
        is_wanted: Callable[[], bool] | None,
        method: str = "sendMessage",
        **fields: Any,
    ) -> Outcome:
        turn = await self._rate_limiter.turn(rank, user_id, waits_out_halt=is_wanted is None)
        if not turn:
            return Outcome(
                OutcomeKind.NOT_WANTED,
                retry_after=timedelta(seconds=self._rate_limiter.halted_for) or None,
            )
        if is_wanted is not None and not is_wanted():
            return Outcome(OutcomeKind.NOT_WANTED)
        if user_id is not None:
            fields["chat_id"] = user_id
        if method == "sendMessage":
            fields["link_preview_options"] = NO_PREVIEW
        if turn is Permit.PAID:
            fields["allow_paid_broadcast"] = True
        try:
            message = await self._call(method, parse_mode="HTML", **fields)
        except TelegramError as error:
            outcome = await self._heed(judged(error))
            return (
                self._unpaid(outcome)
                if turn is Permit.PAID and outcome.kind is OutcomeKind.REFUSED
                else outcome
            )
        if not isinstance(message, dict) or not isinstance(message.get("message_id"), int):
            return Outcome(OutcomeKind.AMBIGUOUS, reason="an answer without a message")
        return Outcome(OutcomeKind.SENT, message["message_id"], _file_id(message))

    def _unpaid(self, outcome: Outcome) -> Outcome:
        log.error(
            "a paid message was refused, the free rate is kept for ten minutes: %s", outcome.reason
        )
        self._rate_limiter.use_free_rate()
        return Outcome(OutcomeKind.NOT_SENT, reason=outcome.reason)

    async def _draw(
        self, rank: Priority, method: str, is_wanted: Callable[[], bool], **fields: Any
    ) -> EditOutcome:
        if not await self._rate_limiter.turn(rank):
            return EditOutcome.NOT_SENT
        try:
            await self._call(method, may_send=lambda: self._may_draw() and is_wanted(), **fields)
        except BadRequest as error:
            said = error.message.lower()
            if "message is not modified" in said:
                return EditOutcome.EDITED
            if not any(sign in said for sign in GONE) and "chat not found" not in said:
                log.error(
                    "%s was refused chat=%s: %s", method, fields["chat_id"], error.message[:160]
                )
            return EditOutcome.MESSAGE_GONE
        except Forbidden:
            return EditOutcome.MESSAGE_GONE
        except TelegramError as error:
            await self._heed(judged(error))
            return EditOutcome.NOT_SENT
        return EditOutcome.EDITED

    async def _call(self, method: str, **fields: Any) -> Any:
        """One request, on the library's transport and error mapping, without building its
        objects.
        """
        result = await call(self._bot.request, f"{self._bot.base_url}/{method}", **fields)
        self.note_answer()
        return result

    async def _heed(self, outcome: Outcome) -> Outcome:
        """Halt the gate where Telegram asked for it, or where it refuses the token."""
        if outcome.reason.startswith("InvalidToken"):
            self._rate_limiter.halt(self._refused_wait.total_seconds())
            log.error(
                "Telegram refuses the token: nothing can be sent. Check REMINDER_BOT_TOKEN with "
                "@BotFather"
            )
        elif outcome.retry_after is not None:
            log.warning("Telegram asks for silence seconds=%d", outcome.retry_after.total_seconds())
            self._rate_limiter.halt(outcome.retry_after.total_seconds())
            if self._on_halt is not None:
                await self._on_halt(outcome.retry_after)
        return outcome


def card_text(card: Card, now: datetime) -> str:
    """What a card says: a line for each check-in."""
    t = translation(card.user.language)
    return "\n".join(
        texts.check_in.row_text(t, card.user, row, keyboards.food_of(row.check_in.food_id), now)
        for row in card.rows
    )


def _file_id(message: dict[str, Any]) -> str | None:
    """Telegram's name for the picture of a message, to send it again without the bytes."""
    sizes = message.get("photo") or [{}]
    file_id: str | None = sizes[-1].get("file_id")
    return file_id


def fact_of(fact_id: str) -> Fact:
    return next(fact for fact in facts() if fact.id == fact_id)

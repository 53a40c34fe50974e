"""Takes each update: checks that its sender is allowed, runs its handler, carries out the effects.

    update ─▶ one short transaction (its number and its changes together) ─▶ commit ─▶ effects

`take` returns when the transaction is committed, so that the poller may confirm the update; if it
is not, `take` raises. The effects (calls to Telegram) are carried out afterwards: in order for one
person, concurrently for different people. An update that is delivered again changes nothing and is
answered again.

python-telegram-bot reads the updates. Its Application is not used: it swallows what a handler
raises, and a tap would be confirmed and lost while the database is away.
"""

import asyncio
import logging

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import read
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat import people, taps, typed
from reminder_bot.chat.effects import AnswerTap, EffectRunner, Effects, SendText
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.requests import IncomingMessage, IncomingTap
from reminder_bot.clock import Clock
from reminder_bot.content.zone_at import zone_at
from reminder_bot.storage.database import Database
from reminder_bot.texts.translation import translation

__all__ = ["Chat"]

log = logging.getLogger(__name__)


class Chat:
    """Takes updates. It keeps nothing in memory but the effects that are in progress."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        message_editor: MessageEditor,
        clock: Clock,
        *,
        username: str = "",
        allowed_users: frozenset[int] = frozenset(),
    ) -> None:
        self._database = database
        self._effects = EffectRunner(database, sender, message_editor)
        self._clock = clock
        self.username = username
        self._allowed_users = allowed_users
        # By user: the effects of the newest update, which end after those of all earlier ones.
        self._following: dict[int, asyncio.Task[None]] = {}

    async def take(self, update: Update) -> None:
        """Commit what one update changes, and start its effects."""
        user_id = update.effective_user.id if update.effective_user else 0
        effects: Effects = []
        if update.callback_query is not None:
            effects = await self._on_tap(update.update_id, update.callback_query)
        elif update.my_chat_member is not None:
            await self._on_membership(update.update_id, update.my_chat_member)
        elif update.message is not None:
            effects = await self._on_message(update.update_id, update.message)
        if effects:
            self._follow(user_id, effects)

    @property
    def is_idle(self) -> bool:
        return not self._following

    async def finish(self) -> None:
        """Wait for the effects that are in progress."""
        while self._following:
            await asyncio.wait(set(self._following.values()))

    def _follow(self, user_id: int, effects: Effects) -> None:
        """Carry out effects after those of the same person's last update."""
        before = self._following.get(user_id)

        async def run() -> None:
            if before is not None:
                await asyncio.wait([before])  # unlike awaiting it, this raises none of its errors
            calls = (self._effects.run(effect) for effect in effects)
            for outcome in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(outcome, Exception):
                    log.error(
                        "effect_failed",
                        exc_info=outcome,
                        extra={"user": user_id, "error": outcome},
                    )

        task = asyncio.create_task(run())
        self._following[user_id] = task

        def done(_: object) -> None:
            if self._following.get(user_id) is task:
                del self._following[user_id]

        task.add_done_callback(done)

    def _is_allowed(self, user_id: int) -> bool:
        return not self._allowed_users or user_id in self._allowed_users

    async def _on_tap(self, update_id: int, query: CallbackQuery) -> Effects:
        user_id, language = query.from_user.id, query.from_user.language_code or "en"
        t = translation(language)
        if not self._is_allowed(user_id):
            return [AnswerTap(query.id, texts.strangers.not_invited(t))]
        tap, message = read(query.data), query.message
        if tap is None or message is None or message.chat.id != user_id:
            return [AnswerTap(query.id, texts.errors.old_button(t))]
        incoming = IncomingTap(update_id, user_id, tap, message.message_id, query.id, language)
        if tap.verb in taps.READ_ONLY_HANDLERS:
            return taps.run_read_only_tap(incoming)
        return await self._database.write(taps.run_tap, incoming, self._clock.now())

    async def _on_message(self, update_id: int, message: Message) -> Effects:
        """Handle a message of an allowed person in a private chat; tell others how to get there."""
        sender, text = message.from_user, message.text or ""
        if sender is None or sender.is_bot:
            return []
        language = sender.language_code or "en"
        t = translation(language)
        if message.chat.type != ChatType.PRIVATE:
            if not self._is_addressed(text):
                return []
            return [SendText(message.chat.id, texts.strangers.in_private(t, self.username))]
        if not self._is_allowed(sender.id):
            command, _ = typed.command_of(text)
            if command != "start":
                return []
            return [SendText(sender.id, texts.strangers.not_invited(t))]
        place, replied = message.location, message.reply_to_message
        # Looked up before the transaction, because it waits for another process.
        zone = await zone_at(place.latitude, place.longitude) if place is not None else None
        incoming = IncomingMessage(
            update_id,
            sender.id,
            text,
            message.message_id,
            replied.message_id if replied else None,
            language,
            is_location=place is not None,
            zone=zone,
        )
        return await self._database.write(typed.run_message, incoming, self._clock.now())

    def _is_addressed(self, text: str) -> bool:
        """Whether a command in a group is meant for this bot."""
        if not self.username or not text.startswith("/"):
            return False
        return text.split()[0].endswith(f"@{self.username}") or "@" not in text

    async def _on_membership(self, update_id: int, change: ChatMemberUpdated) -> None:
        if change.chat.type != ChatType.PRIVATE:
            return
        is_blocked = change.new_chat_member.status == ChatMemberStatus.BANNED
        await self._database.write(
            people.record_membership, update_id, change.chat.id, is_blocked, self._clock.now()
        )

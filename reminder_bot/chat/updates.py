"""Takes the updates of a poll: checks who sent them, handles them, carries out the effects.

    updates ─▶ one short transaction (their numbers and their changes) ─▶ commit ─▶ effects

`take` returns when the transaction is committed, so that the poller may confirm the updates; if it
is not, `take` raises. The effects (calls to Telegram) are carried out afterwards: taps are answered
first, because somebody looks at a spinner; all else follows in order for one person, concurrently
for different people. An update that is delivered again changes nothing and is answered again.

A tap is read from its JSON, because an object of python-telegram-bot would cost a fifth of the
processor time of a tap. The library reads all other updates. Its Application is not used: it
swallows what a handler raises, and a tap would be confirmed and lost while the database is away.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from telegram import ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from reminder_bot import texts
from reminder_bot.bot_api.answers import MAX_ID
from reminder_bot.bot_api.callback_data import read
from reminder_bot.bot_api.poller import RawUpdate
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat import taps, typed
from reminder_bot.chat.batches import run_batch
from reminder_bot.chat.effects import (
    AnswerTap,
    Effect,
    EffectRunner,
    Effects,
    MakeEdit,
    SendText,
)
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.requests import (
    Incoming,
    IncomingMembership,
    IncomingMessage,
    IncomingTap,
)
from reminder_bot.chat.screens.screen import asking_path
from reminder_bot.clock import Clock
from reminder_bot.content.zone_at import zone_at
from reminder_bot.storage.database import Database
from reminder_bot.texts.translation import translation

__all__ = ["Chat", "is_slow"]

log = logging.getLogger(__name__)


class _Direct(NamedTuple):
    """An update that is answered without the database."""

    user_id: int
    effects: Effects


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
        self._editor = message_editor
        self._effects = EffectRunner(database, sender, message_editor)
        self._clock = clock
        self.username = username
        self._allowed_users = allowed_users
        self._answering: set[asyncio.Task[None]] = set()
        # By user: the effects of the newest update, which end after those of all earlier ones.
        self._following: dict[int, asyncio.Task[None]] = {}

    async def take(self, raws: Sequence[RawUpdate]) -> None:
        """Commit what updates change, all of them or none, and start their effects."""
        found = [await self._read(raw) for raw in raws]
        batch = [each for each in found if isinstance(each, Incoming)]
        effects = iter(
            await self._database.write(run_batch, batch, self._clock.now()) if batch else []
        )
        following: list[tuple[int, Effects]] = []
        for each in found:
            if each is None:
                continue
            its = each.effects if isinstance(each, _Direct) else next(effects)
            for effect in its:
                if isinstance(effect, AnswerTap):
                    self._answer(each.user_id, effect)
            rest: Effects = [effect for effect in its if not isinstance(effect, AnswerTap)]
            if rest:
                following.append((each.user_id, rest))
        for user_id, its in following:
            self._follow(user_id, its)

    @property
    def is_idle(self) -> bool:
        return not self._answering and not self._following and self._editor.is_idle

    async def finish(self) -> None:
        """Wait for the effects that are in progress."""
        while self._answering or self._following:
            await asyncio.wait(self._answering | set(self._following.values()))
        await self._editor.finish()

    def _answer(self, user_id: int, effect: AnswerTap) -> None:
        task = asyncio.create_task(self._run(user_id, effect))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _follow(self, user_id: int, effects: Effects) -> None:
        """Carry out effects after those of the same person's earlier updates."""
        before = self._following.get(user_id)
        task = asyncio.create_task(self._run_after(before, user_id, effects))
        self._following[user_id] = task

        def done(_: object) -> None:
            if self._following.get(user_id) is task:
                del self._following[user_id]

        task.add_done_callback(done)

    async def _run_after(
        self, before: "asyncio.Task[None] | None", user_id: int, effects: Effects
    ) -> None:
        if before is not None:
            await asyncio.wait([before])  # unlike awaiting it, this raises none of its errors
            # What edits must show may have changed during the wait: let it be read again.
            effects = [
                replace(each, loaded=None) if isinstance(each, MakeEdit) else each
                for each in effects
            ]
        if len(effects) == 1:
            await self._run(user_id, effects[0])
        else:
            await asyncio.gather(*(self._run(user_id, each) for each in effects))

    async def _run(self, user_id: int, effect: Effect) -> None:
        try:
            await self._effects.run(effect)
        except Exception as error:
            log.error("effect_failed", exc_info=error, extra={"user": user_id, "error": error})

    def _is_allowed(self, user_id: int) -> bool:
        return not self._allowed_users or user_id in self._allowed_users

    # Reading updates: what is to be handled, what is answered at once, and None for the rest

    async def _read(self, raw: RawUpdate) -> Incoming | _Direct | None:
        if "callback_query" in raw:
            return self._read_tap(raw["update_id"], raw["callback_query"])
        update = Update.de_json(raw)
        if update.my_chat_member is not None:
            return self._read_membership(update.update_id, update.my_chat_member)
        if update.message is not None:
            return await self._read_message(update.update_id, update.message)
        return None

    def _read_tap(self, update_id: int, query: Any) -> Incoming | _Direct:
        sender, message, data = query["from"], query.get("message"), query.get("data")
        user_id, callback_id = _id(sender["id"]), str(query["id"])
        language = str(sender.get("language_code") or "en")
        t = translation(language)
        if not self._is_allowed(user_id):
            return _Direct(user_id, [AnswerTap(callback_id, texts.strangers.not_invited(t))])
        tap = read(data) if isinstance(data, str) else None
        if tap is None or message is None or message["chat"]["id"] != user_id:
            return _Direct(user_id, [AnswerTap(callback_id, texts.errors.old_button(t))])
        message_id = _id(message["message_id"])
        incoming = IncomingTap(update_id, user_id, tap, message_id, callback_id, language)
        if tap.verb in taps.READ_ONLY_HANDLERS:
            return _Direct(user_id, taps.run_read_only_tap(incoming))
        return incoming

    async def _read_message(
        self, update_id: int, message: Message
    ) -> IncomingMessage | _Direct | None:
        """A message of an allowed person in a private chat; others are told how to get there."""
        sender, text = message.from_user, message.text or ""
        if sender is None or sender.is_bot:
            return None
        user_id, chat_id, message_id = _id(sender.id), _id(message.chat.id), _id(message.message_id)
        language = str(sender.language_code or "en")
        t = translation(language)
        if message.chat.type != ChatType.PRIVATE:
            if not self._is_addressed(text):
                return None
            answer = texts.strangers.in_private(t, self.username)
            return _Direct(user_id, [SendText(chat_id, answer)])
        if not self._is_allowed(user_id):
            command, _ = typed.command_of(text)
            if command != "start":
                return None
            return _Direct(user_id, [SendText(user_id, texts.strangers.not_invited(t))])
        place, replied = message.location, message.reply_to_message
        # Looked up before the transaction, because it waits for another process.
        zone = await zone_at(place.latitude, place.longitude) if place is not None else None
        return IncomingMessage(
            update_id,
            user_id,
            text,
            message_id,
            _id(replied.message_id) if replied else None,
            language,
            is_location=place is not None,
            zone=zone,
            asking_path=asking_path(_carried(replied)) if replied else None,
        )

    def _read_membership(
        self, update_id: int, change: ChatMemberUpdated
    ) -> IncomingMembership | None:
        if change.chat.type != ChatType.PRIVATE:
            return None
        is_blocked = change.new_chat_member.status == ChatMemberStatus.BANNED
        return IncomingMembership(update_id, _id(change.chat.id), is_blocked)

    def _is_addressed(self, text: str) -> bool:
        """Whether a command in a group is meant for this bot."""
        if not self.username or not text.startswith("/"):
            return False
        return text.split()[0].endswith(f"@{self.username}") or "@" not in text


def is_slow(raw: RawUpdate) -> bool:
    """Whether handling an update takes up to a second: a location, or a request for all data."""
    message = raw.get("message")
    if not isinstance(message, dict):
        return False
    return "location" in message or str(message.get("text")).lower().startswith("/export")


def _carried(message: Message) -> list[str]:
    """The data of the buttons under a message."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup is not None else ()
    return [str(button.callback_data) for row in rows for button in row if button.callback_data]


def _id(value: Any) -> int:
    """An id of Telegram. Raises ValueError for anything else, so that the update is put aside."""
    if type(value) is not int or not 0 < abs(value) < MAX_ID:
        raise ValueError("an update with an id that Telegram does not use")
    return value
